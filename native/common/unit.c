#include "unit.h"

#include "files.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { UNIT_BYTES_MAX = 64 * 1024, DROP_INS_MAX = 64 };

const char *const unit_folders[] = {"/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system",
                                    "/usr/lib/systemd/system", "/lib/systemd/system", NULL};

char *unit_name(const char *text) {
  size_t length = strlen(text);
  if (length == 0 || length > 128 || text[0] == '.') return NULL;
  for (const char *at = text; *at != '\0'; at++)
    if (!isalnum((unsigned char)*at) && strchr("-_.@:\\", *at) == NULL) return NULL;
  static const char *const types[] = {".service", ".socket", ".target", ".timer", ".mount", ".path", ".slice", NULL};
  for (int i = 0; types[i] != NULL; i++)
    if (ends_with(text, types[i])) return strdup(text);
  char *name;
  return asprintf(&name, "%s.service", text) < 0 ? NULL : name;
}

int64_t parse_span_ms(const char *text, int64_t fallback) {
  static const struct {
    const char *name;
    double ms;
  } units[] = {{"ms", 1}, {"msec", 1}, {"s", 1000}, {"sec", 1000}, {"", 1000}, {"min", 60000}, {"m", 60000}, {"h", 3600000}, {"us", 0.001}};
  if (strcmp(text, "infinity") == 0) return -1;
  double total = 0;
  while (*text != '\0') {
    char *end, name[8] = "";
    double number = strtod(text, &end);
    if (end == text) return fallback;
    size_t length = strspn(end += strspn(end, " "), "abcdefghijklmnopqrstuvwxyz");
    if (length >= sizeof name) return fallback;
    memcpy(name, end, length);
    size_t i = 0;
    while (i < sizeof units / sizeof *units && strcmp(units[i].name, name) != 0) i++;
    if (i == sizeof units / sizeof *units) return fallback;
    total += number * units[i].ms;
    text = end + length;
    text += strspn(text, " ");
  }
  return (int64_t)total;
}

static void set_text(char **target, const char *value) {
  free(*target);
  *target = *value != '\0' ? strdup(value) : NULL;
}

/* An empty value empties the list. */
static void add_text(struct strings *list, const char *value) {
  if (*value == '\0')
    strings_free(list);
  else
    strings_add(list, value, strlen(value));
}

/* Adds the words of a line, with quotes honoured. */
static void add_words(struct strings *list, const char *value) {
  if (*value == '\0') return strings_free(list);
  char *word = malloc(strlen(value) + 1);
  if (word == NULL) return;
  while (*(value += strspn(value, " \t")) != '\0') {
    size_t length = 0;
    for (char quote = '\0'; *value != '\0' && (quote != '\0' || !isblank((unsigned char)*value)); value++) {
      if (quote == '\0' && (*value == '"' || *value == '\''))
        quote = *value;
      else if (quote != '\0' && *value == quote)
        quote = '\0';
      else
        word[length++] = *value;
    }
    strings_add(list, word, length);
  }
  free(word);
}

static bool is_true(const char *value) {
  return strcasecmp(value, "yes") == 0 || strcasecmp(value, "true") == 0 || strcasecmp(value, "on") == 0 ||
         strcmp(value, "1") == 0;
}

static void set(struct unit *unit, const char *key, const char *value) {
  const struct {
    const char *key;
    char **text;
  } texts[] = {{"Description", &unit->description}, {"Documentation", &unit->documentation}, {"Type", &unit->type},
               {"Restart", &unit->restart},         {"User", &unit->user},                   {"PIDFile", &unit->pid_file},
               {"WorkingDirectory", &unit->working_directory}};
  const struct {
    const char *key;
    struct strings *list;
    void (*add)(struct strings *, const char *);
  } lists[] = {{"ExecStartPre", &unit->start_pre, add_text},   {"ExecStart", &unit->start, add_text},
               {"ExecStartPost", &unit->start_post, add_text}, {"ExecStop", &unit->stop, add_text},
               {"ExecReload", &unit->reload, add_text},        {"Environment", &unit->environment, add_words},
               {"EnvironmentFile", &unit->environment_files, add_text}, {"WantedBy", &unit->wanted_by, add_words}};
  const struct {
    const char *key;
    int64_t *ms;
  } spans[] = {{"RestartSec", &unit->restart_ms}, {"TimeoutStopSec", &unit->stop_ms}, {"TimeoutSec", &unit->stop_ms},
               {"StartLimitIntervalSec", &unit->limit_interval_ms}, {"StartLimitInterval", &unit->limit_interval_ms}};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    if (strcmp(texts[i].key, key) == 0) return set_text(texts[i].text, value);
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
    if (strcmp(lists[i].key, key) == 0) return lists[i].add(lists[i].list, value);
  for (size_t i = 0; i < sizeof spans / sizeof *spans; i++)
    if (strcmp(spans[i].key, key) == 0) {
      *spans[i].ms = parse_span_ms(value, *spans[i].ms);
      return;
    }
  if (strcmp(key, "StartLimitBurst") == 0) unit->limit_burst = atoi(value);
  if (strcmp(key, "RemainAfterExit") == 0) unit->remain_after_exit = is_true(value);
}

static void note_change(int64_t *newest, const char *path) {
  struct stat status;
  if (stat(path, &status) < 0) return;
  int64_t ms = (int64_t)status.st_mtim.tv_sec * 1000 + status.st_mtim.tv_nsec / 1000000;
  if (ms > *newest) *newest = ms;
}

static bool parse_file(struct unit *unit, const char *path) {
  char *text = read_text(path, UNIT_BYTES_MAX);
  if (text == NULL) return false;
  char *from = text, *to = text;
  /* A backslash at the end of a line joins it with the next. */
  for (; *from != '\0'; from++) {
    if (from[0] == '\\' && from[1] == '\n')
      *to++ = ' ', from++;
    else
      *to++ = *from;
  }
  *to = '\0';
  char *rest = text;
  for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
    line += strspn(line, " \t");
    size_t length = strlen(line);
    while (length > 0 && isspace((unsigned char)line[length - 1])) line[--length] = '\0';
    if (*line == '#' || *line == ';' || *line == '[') continue;
    char *equals = strchr(line, '=');
    if (equals == NULL) continue;
    char *key_end = equals;
    while (key_end > line && isblank((unsigned char)key_end[-1])) key_end--;
    *key_end = '\0';
    set(unit, line, equals + 1 + strspn(equals + 1, " \t"));
  }
  free(text);
  note_change(&unit->changed_ms, path);
  return true;
}

static int by_base_name(const void *a, const void *b) {
  const char *x = strrchr(*(char *const *)a, '/'), *y = strrchr(*(char *const *)b, '/');
  return strcmp(x, y);
}

/* The paths of NAME.d/\*.conf of all folders; of one base name the first folder's. */
static void find_drop_ins(const char *name, struct strings *found) {
  for (int i = 0; unit_folders[i] != NULL; i++) {
    char folder[512];
    snprintf(folder, sizeof folder, "%s/%s.d", unit_folders[i], name);
    DIR *open = opendir(folder);
    if (open == NULL) continue;
    for (struct dirent *entry; (entry = readdir(open)) != NULL && found->count < DROP_INS_MAX;) {
      char path[1024];
      bool known = false;
      if (!ends_with(entry->d_name, ".conf")) continue;
      for (size_t j = 0; j < found->count; j++) known = known || strcmp(strrchr(found->items[j], '/') + 1, entry->d_name) == 0;
      snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
      if (!known) strings_add(found, path, strlen(path));
    }
    closedir(open);
  }
  if (found->count > 1) qsort(found->items, found->count, sizeof *found->items, by_base_name);
}

/* The path of the unit's own file (of its template for name@instance), or NULL. Free it. */
static char *find_file(const char *name) {
  char template[160] = "";
  const char *at = strchr(name, '@'), *dot = strrchr(name, '.');
  if (at != NULL && dot != NULL && dot > at + 1)
    snprintf(template, sizeof template, "%.*s%s", (int)(at + 1 - name), name, dot);
  for (int i = 0; unit_folders[i] != NULL; i++)
    for (int try = 0; try < 2; try++) {
      char path[512];
      if (try == 1 && template[0] == '\0') continue;
      snprintf(path, sizeof path, "%s/%s", unit_folders[i], try == 0 ? name : template);
      if (access(path, F_OK) == 0) return strdup(path);
    }
  return NULL;
}

int64_t unit_files_changed_ms(const char *name) {
  int64_t newest = 0;
  struct strings drop_ins = {0};
  char *path = find_file(name);
  if (path != NULL) note_change(&newest, path);
  find_drop_ins(name, &drop_ins);
  for (size_t i = 0; i < drop_ins.count; i++) note_change(&newest, drop_ins.items[i]);
  strings_free(&drop_ins);
  free(path);
  return newest;
}

struct unit *unit_load(const char *name) {
  struct unit *unit = calloc(1, sizeof *unit);
  if (unit == NULL || (unit->name = strdup(name)) == NULL) {
    free(unit);
    return NULL;
  }
  unit->restart_ms = 100;
  unit->stop_ms = 90000;
  unit->limit_interval_ms = 10000;
  unit->limit_burst = 5;
  unit->path = find_file(name);
  if (unit->path == NULL) return unit;
  char target[64] = "";
  unit->masked = readlink(unit->path, target, sizeof target - 1) > 0 && strcmp(target, "/dev/null") == 0;
  parse_file(unit, unit->path);
  find_drop_ins(name, &unit->drop_ins);
  for (size_t i = 0; i < unit->drop_ins.count; i++) parse_file(unit, unit->drop_ins.items[i]);
  return unit;
}

void unit_free(struct unit *unit) {
  if (unit == NULL) return;
  char *texts[] = {unit->name,    unit->path,     unit->description,       unit->documentation, unit->type,
                   unit->restart, unit->pid_file, unit->working_directory, unit->user};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) free(texts[i]);
  struct strings *lists[] = {&unit->drop_ins, &unit->start_pre, &unit->start,       &unit->start_post,        &unit->stop,
                             &unit->reload,   &unit->wanted_by, &unit->environment, &unit->environment_files};
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) strings_free(lists[i]);
  free(unit);
}
