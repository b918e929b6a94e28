#ifndef EXAMCTL_UNIT_H
#define EXAMCTL_UNIT_H
#include "strings.h"

#include <stdint.h>

/* A service unit as its files say: the settings of systemd.service(5) that this system honours. */
struct unit {
  char *name;           /* "kubelet.service" */
  char *path;           /* NULL: there is no such unit */
  bool masked;
  struct strings drop_ins; /* paths, in the order in which they apply */
  int64_t changed_ms;      /* the newest modification of any of its files */
  char *description, *documentation, *type, *restart, *working_directory, *user, *pid_file;
  struct strings start_pre, start, start_post, stop, reload; /* command lines */
  struct strings environment, environment_files, wanted_by;
  int64_t restart_ms, stop_ms, limit_interval_ms, limit_burst;
  bool remain_after_exit;
};

/* Units are looked for in these, in order; the last is NULL. */
extern const char *const unit_folders[];

/* "kubelet" -> "kubelet.service"; NULL when it can be no unit's name. Free it. */
char *unit_name(const char *text);
/* Reads the unit's file and drop-ins. `path` stays NULL when there is none; NULL without memory. */
struct unit *unit_load(const char *name);
void unit_free(struct unit *unit);
/* Newest modification of the files that unit_load would read now. */
int64_t unit_files_changed_ms(const char *name);

/*
 * Splits a command line as systemd does: quotes, ${VAR} and $VAR out of `environment`, %n %N %i %%. `ignore_failure` when
 * it starts with '-'. False when there is no command in it.
 */
bool unit_command(const struct unit *unit, const char *line, const struct strings *environment, struct strings *argv,
                  bool *ignore_failure);
/* Environment= and then EnvironmentFile=. False (with the path) when a file is missing that has no '-'. */
bool unit_environment(const struct unit *unit, struct strings *environment, const char **missing);
/* "100ms", "5s", "1min 30s", "infinity" (-1). */
int64_t parse_span_ms(const char *text, int64_t fallback);
#endif
