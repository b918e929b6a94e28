#include "node.h"

#include <dirent.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define JOURNAL_FOLDER "/var/log/journal"

enum { FOLLOW_POLL_MS = 200, FILES_MAX = 512 };

/* One line "MICROSECONDS<tab>IDENTIFIER<tab>PID<tab>TEXT" of a file that PID 1 wrote; the parts are NUL-terminated. */
struct entry {
  int64_t us;
  size_t order; /* lines of one microsecond keep their order */
  char *identifier, *pid, *text;
};

static struct entry *entries;
static size_t entry_count, entry_capacity;
static struct {
  char name[300];
  off_t offset;
} files[FILES_MAX];
static size_t file_count;
static char host[65];
static regex_t pattern;

static void add_line(char *line) {
  struct entry entry = {.us = strtoll(line, NULL, 10), .order = entry_count};
  if (strsep(&line, "\t") == NULL || (entry.identifier = strsep(&line, "\t")) == NULL ||
      (entry.pid = strsep(&line, "\t")) == NULL || line == NULL)
    return;
  entry.text = line;
  if (entry_count == entry_capacity) {
    size_t capacity = entry_capacity ? entry_capacity * 2 : 1024;
    struct entry *larger = realloc(entries, capacity * sizeof *larger);
    if (larger == NULL) return;
    entries = larger;
    entry_capacity = capacity;
  }
  entries[entry_count++] = entry;
}

/* Adds the whole lines of a file behind the offset, which moves on. The text stays allocated: entries point into it. */
static void read_file(const char *name, off_t *offset) {
  char path[400];
  struct stat status;
  snprintf(path, sizeof path, JOURNAL_FOLDER "/%s", name);
  FILE *file = fopen(path, "re");
  if (file == NULL) return;
  if (fstat(fileno(file), &status) == 0 && status.st_size < *offset) *offset = 0; /* rotated */
  size_t length = status.st_size > *offset ? (size_t)(status.st_size - *offset) : 0;
  char *text = length > 0 ? malloc(length + 1) : NULL;
  if (text != NULL && fseeko(file, *offset, SEEK_SET) == 0) {
    length = fread(text, 1, length, file);
    text[length] = '\0';
    for (char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
      *end = '\0';
      *offset += end + 1 - line;
      add_line(line);
    }
  }
  fclose(file);
}

static bool wanted_file(const struct journal_filter *filter, const char *name) {
  char unit[256];
  snprintf(unit, sizeof unit, "%.*s", (int)(strlen(name) - strlen(".log") - (ends_with(name, ".1") ? 2 : 0)), name);
  return filter->units.count == 0 || strings_has(&filter->units, unit);
}

static void read_all(const struct journal_filter *filter) {
  DIR *folder = opendir(JOURNAL_FOLDER);
  if (folder == NULL) return;
  for (struct dirent *item; (item = readdir(folder)) != NULL;) {
    bool former = ends_with(item->d_name, ".log.1");
    if ((!former && !ends_with(item->d_name, ".log")) || !wanted_file(filter, item->d_name)) continue;
    off_t unused = 0;
    if (former) {
      read_file(item->d_name, &unused);
      continue;
    }
    size_t at = 0;
    while (at < file_count && strcmp(files[at].name, item->d_name) != 0) at++;
    if (at == FILES_MAX) continue;
    if (at == file_count) {
      snprintf(files[at].name, sizeof files[at].name, "%s", item->d_name);
      file_count++;
    }
    read_file(files[at].name, &files[at].offset);
  }
  closedir(folder);
}

static int by_time(const void *a, const void *b) {
  const struct entry *x = a, *y = b;
  if (x->us != y->us) return x->us < y->us ? -1 : 1;
  return x->order < y->order ? -1 : x->order > y->order;
}

/* What a service prints is "info" (systemd.exec: SyslogLevel); systemd gives its own messages about failures more. */
static int level_of(const struct entry *entry) {
  if (strcmp(entry->identifier, "systemd") != 0) return 6;
  if (strncmp(entry->text, "Failed to start ", 16) == 0) return 3;
  if (strstr(entry->text, ": Failed with result ") != NULL || strstr(entry->text, ": Start request repeated ") != NULL) return 4;
  return strstr(entry->text, ": Main process exited, ") != NULL ? 5 : 6;
}

static bool matches(const struct journal_filter *filter, const struct entry *entry) {
  if (filter->since_us > 0 && entry->us < filter->since_us) return false;
  if (filter->until_us > 0 && entry->us > filter->until_us) return false;
  if (filter->by_level && (level_of(entry) < filter->from_level || level_of(entry) > filter->to_level)) return false;
  if (filter->identifier != NULL && strcmp(filter->identifier, entry->identifier) != 0) return false;
  return filter->pattern == NULL || regexec(&pattern, entry->text, 0, NULL, 0) == 0;
}

static void print_json(const struct entry *entry) {
  printf("{\"__REALTIME_TIMESTAMP\":\"%lld\",\"_HOSTNAME\":\"%s\",\"SYSLOG_IDENTIFIER\":\"%s\",\"_PID\":\"%s\",\"PRIORITY\":\"%d\",\"MESSAGE\":\"",
         (long long)entry->us, host, entry->identifier, entry->pid, level_of(entry));
  for (const unsigned char *at = (const unsigned char *)entry->text; *at != '\0'; at++) {
    if (*at == '"' || *at == '\\')
      printf("\\%c", *at);
    else if (*at < 0x20)
      printf("\\u%04x", *at);
    else
      putchar(*at);
  }
  printf("\"}\n");
}

static void print(const struct journal_filter *filter, const struct entry *entry) {
  char when[40];
  time_t seconds = (time_t)(entry->us / 1000000);
  struct tm local;
  localtime_r(&seconds, &local);
  if (filter->output == OUTPUT_CAT) {
    puts(entry->text);
    return;
  }
  if (filter->output == OUTPUT_JSON) return print_json(entry);
  strftime(when, sizeof when, filter->output == OUTPUT_ISO ? "%Y-%m-%dT%H:%M:%S%z" : "%b %d %H:%M:%S", &local);
  if (strcmp(entry->pid, "0") == 0)
    printf("%s %s %s: %s\n", when, host, entry->identifier, entry->text);
  else
    printf("%s %s %s[%s]: %s\n", when, host, entry->identifier, entry->pid, entry->text);
}

static long print_entries(const struct journal_filter *filter) {
  size_t kept = 0;
  if (entry_count > 1) qsort(entries, entry_count, sizeof *entries, by_time);
  for (size_t i = 0; i < entry_count; i++)
    if (matches(filter, &entries[i])) entries[kept++] = entries[i];
  size_t count = filter->last >= 0 && (size_t)filter->last < kept ? (size_t)filter->last : kept;
  for (size_t i = 0; i < count; i++) print(filter, &entries[filter->newest_first ? kept - 1 - i : kept - count + i]);
  entry_count = 0;
  fflush(stdout);
  return (long)count;
}

long journal_print(const struct journal_filter *filter) {
  gethostname(host, sizeof host - 1);
  if (filter->pattern != NULL && regcomp(&pattern, filter->pattern, REG_EXTENDED | REG_NOSUB) != 0) {
    fprintf(stderr, "Bad pattern \"%s\".\n", filter->pattern);
    exit(1);
  }
  read_all(filter);
  return print_entries(filter);
}

void journal_follow(const struct journal_filter *filter) {
  struct journal_filter rest = *filter;
  rest.last = -1;
  for (;;) {
    nanosleep(&(struct timespec){.tv_nsec = FOLLOW_POLL_MS * 1000000L}, NULL);
    for (size_t i = 0; i < file_count; i++) read_file(files[i].name, &files[i].offset);
    if (entry_count > 0) print_entries(&rest);
  }
}
