#include "files.h"
#include "queue.h"
#include "unit.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ENVIRONMENT_BYTES_MAX = 64 * 1024 };

static void push_text(struct queue *word, const char *text) { queue_push(word, text, strlen(text)); }

static void push_specifier(struct queue *word, const struct unit *unit, char specifier) {
  const char *at = strchr(unit->name, '@'), *dot = strrchr(unit->name, '.');
  char host[65] = "";
  switch (specifier) {
    case '%': return push_text(word, "%");
    case 'n': return push_text(word, unit->name);
    case 'N': queue_push(word, unit->name, dot != NULL ? (size_t)(dot - unit->name) : strlen(unit->name)); return;
    case 'i':
    case 'I': if (at != NULL && dot != NULL) queue_push(word, at + 1, (size_t)(dot - at - 1)); return;
    case 'H': gethostname(host, sizeof host - 1); return push_text(word, host);
    case 't': return push_text(word, "/run");
    case 'S': return push_text(word, "/var/lib");
    default: queue_push(word, (char[]){'%', specifier}, 2);
  }
}

/* The length of the name behind `$`, and of all of it: `$NAME` or `${NAME}`. 0 when it is no variable. */
static size_t variable_at(const char *at, const char **name, size_t *whole) {
  bool braces = at[1] == '{';
  *name = at + 1 + braces;
  size_t length = 0;
  while (isalnum((unsigned char)(*name)[length]) || (*name)[length] == '_') length++;
  if (braces && (*name)[length] != '}') return 0;
  *whole = 1 + length + 2 * braces;
  return length;
}

static void end_word(struct queue *word, struct strings *argv) {
  strings_add(argv, word->length > 0 ? queue_head(word) : "", word->length);
  queue_free(word);
}

/* A word that is only `$NAME` becomes as many words as its value has. */
static bool expand_alone(const char **line, const struct strings *environment, struct strings *argv) {
  const char *name, *at = *line;
  size_t whole, length = *at == '$' && at[1] != '{' ? variable_at(at, &name, &whole) : 0;
  if (length == 0 || (at[whole] != '\0' && !isblank((unsigned char)at[whole]))) return false;
  const char *value = strings_variable(environment, name, length);
  while (value != NULL && *(value += strspn(value, " \t")) != '\0') {
    size_t some = strcspn(value, " \t");
    strings_add(argv, value, some);
    value += some;
  }
  *line = at + whole;
  return true;
}

bool unit_command(const struct unit *unit, const char *line, const struct strings *environment, struct strings *argv,
                  bool *ignore_failure) {
  *ignore_failure = false;
  for (line += strspn(line, " \t"); *line != '\0' && strchr("-@:+!", *line) != NULL; line++)
    if (*line == '-') *ignore_failure = true;
  while (*(line += strspn(line, " \t")) != '\0') {
    struct queue word = {0};
    if (expand_alone(&line, environment, argv)) continue;
    for (char quote = '\0'; *line != '\0' && (quote != '\0' || !isblank((unsigned char)*line)); line++) {
      const char *name;
      size_t whole, length = *line == '$' && quote != '\'' ? variable_at(line, &name, &whole) : 0;
      if (length > 0) {
        const char *value = strings_variable(environment, name, length);
        if (value != NULL) push_text(&word, value);
        line += whole - 1;
      } else if (*line == '$' && line[1] == '$') {
        push_text(&word, "$");
        line++;
      } else if (*line == '%' && line[1] != '\0') {
        push_specifier(&word, unit, *++line);
      } else if (*line == '\\' && line[1] != '\0' && quote != '\'') {
        line++;
        queue_push(&word, *line == 'n' ? "\n" : *line == 't' ? "\t" : line, 1);
      } else if (quote == '\0' && (*line == '"' || *line == '\'')) {
        quote = *line;
      } else if (quote != '\0' && *line == quote) {
        quote = '\0';
      } else {
        queue_push(&word, line, 1);
      }
    }
    end_word(&word, argv);
  }
  return argv->count > 0;
}

/* Lines NAME=value, values perhaps quoted, comments skipped. */
static void add_file(struct strings *environment, char *text) {
  for (char *line; (line = strsep(&text, "\n")) != NULL;) {
    line += strspn(line, " \t");
    char *equals = strchr(line, '=');
    if (*line == '#' || *line == ';' || equals == NULL) continue;
    size_t length = strlen(line);
    while (length > 0 && isspace((unsigned char)line[length - 1])) line[--length] = '\0';
    char *value = equals + 1, quote = *value;
    if ((quote == '"' || quote == '\'') && length > 0 && line[length - 1] == quote && line + length - 1 > value) {
      line[length - 1] = '\0';
      memmove(value, value + 1, strlen(value));
    }
    strings_set_variable(environment, line);
  }
}

bool unit_environment(const struct unit *unit, struct strings *environment, const char **missing) {
  for (size_t i = 0; i < unit->environment.count; i++)
    if (strchr(unit->environment.items[i], '=') != NULL) strings_set_variable(environment, unit->environment.items[i]);
  for (size_t i = 0; i < unit->environment_files.count; i++) {
    const char *path = unit->environment_files.items[i];
    bool optional = *path == '-';
    char *text = read_text(path + optional, ENVIRONMENT_BYTES_MAX);
    if (text == NULL && !optional) {
      *missing = path;
      return false;
    }
    if (text != NULL) add_file(environment, text);
    free(text);
  }
  return true;
}
