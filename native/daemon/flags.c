#include "daemon.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The length of the name in `--name=value`, and where the name starts. */
static size_t name_of(const char *argument, const char **name) {
  *name = argument + strspn(argument, "-");
  return strcspn(*name, "=");
}

/* Where `name` stands in the list, or NULL. */
static const char *known_at(const char *known, const char *name, size_t length) {
  for (const char *at = known; *at != '\0'; at += strcspn(at, " "), at += strspn(at, " ")) {
    const char *word = *at == '!' ? at + 1 : at;
    if (strncmp(word, name, length) == 0 && (word[length] == ' ' || word[length] == '\0')) return at;
  }
  return NULL;
}

/* The value of the argument at `*at`, which moves on when the value is an argument of its own. */
static const char *value_of(const struct flags *flags, int *at) {
  const char *equals = strchr(flags->argv[*at], '=');
  if (equals != NULL) return equals + 1;
  if (*at + 1 < flags->argc && flags->argv[*at + 1][0] != '-') return flags->argv[++*at];
  return "true";
}

_Noreturn static void help(const char *known) {
  dprintf(1, "Usage:\n  %s [flags]\n\nFlags:\n", program_invocation_short_name);
  for (const char *at = known; *at != '\0'; at += strcspn(at, " "), at += strspn(at, " ")) {
    const char *word = *at == '!' ? at + 1 : at;
    size_t length = strcspn(word, " ");
    dprintf(1, "      %s%.*s\n", length > 1 ? "--" : "-", (int)length, word);
  }
  exit(0);
}

void flags_check(const struct flags *flags, const char *known, void (*unknown)(const char *flag)) {
  if (strcmp(flag(flags, "help", flag(flags, "h", "false")), "true") == 0) help(known);
  for (int at = 1; at < flags->argc; at++) {
    const char *name, *argument = flags->argv[at];
    size_t length = name_of(argument, &name);
    const char *found = argument[0] == '-' && length > 0 ? known_at(known, name, length) : NULL;
    if (found == NULL) unknown(argument);
    const char *value = value_of(flags, &at);
    if (*found == '!') require_file(value);
  }
}

const char *flag(const struct flags *flags, const char *name, const char *fallback) {
  const char *value = fallback;
  for (int at = 1; at < flags->argc; at++) {
    const char *given;
    size_t length = name_of(flags->argv[at], &given);
    bool same = flags->argv[at][0] == '-' && length == strlen(name) && strncmp(given, name, length) == 0;
    const char *its = value_of(flags, &at);
    if (same) value = its;
  }
  return value;
}

int flag_port(const struct flags *flags, const char *name, int fallback) {
  const char *text = flag(flags, name, NULL);
  if (text == NULL) return fallback;
  char *end;
  long port = strtol(text, &end, 10);
  if (*end == '\0' && *text != '\0' && port >= 0 && port <= 65535) return (int)port;
  dprintf(2, "Error: invalid argument \"%s\" for \"--%s\" flag: strconv.ParseInt: parsing \"%s\": invalid syntax\n", text,
          name, text);
  exit(1);
}

void unknown_flag(const char *argument) {
  const char *program = program_invocation_short_name, *name;
  size_t length = name_of(argument, &name);
  if (argument[0] == '-')
    dprintf(2, "Error: unknown flag: --%.*s\n", (int)length, name);
  else
    dprintf(2, "Error: \"%s\" does not take any arguments, got [\"%s\"]\n", program, argument);
  dprintf(2, "Usage:\n  %s [flags]\n\nSee '%s --help' for the flags.\n", program, program);
  exit(1);
}
