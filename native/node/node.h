#ifndef EXAMCTL_NODE_H
#define EXAMCTL_NODE_H
#include "../common/message.h"
#include "../common/strings.h"
#include "../common/unit.h"

#include <stdint.h>

/* client.c: asks PID 1. False (with a line on stderr) when it does not answer. Free the reply. */
bool ask(const char *operation, const struct strings *values, struct message *reply);
/* The same for an operation on one unit. */
bool ask_service(const char *name, const char *action, struct message *reply);
bool is_ok(const struct message *reply);
const char *value_of(const struct message *reply, const char *key);
int64_t number_of(const struct message *reply, const char *key);

/* pager.c: long output through less when a person looks; `from_end` starts at its end. pager_end waits for it. */
void pager_start(bool wanted, bool from_end);
void pager_end(void);

/* journal-read.c */
struct journal_filter {
  struct strings units; /* empty: all */
  const char *identifier, *pattern;
  int64_t since_us, until_us; /* 0: open */
  bool by_level;              /* only the syslog levels `from_level` (the gravest) to `to_level` */
  int from_level, to_level;
  long last;                  /* -1: all */
  bool newest_first;
  enum journal_output { OUTPUT_SHORT, OUTPUT_CAT, OUTPUT_ISO, OUTPUT_JSON } output;
};
/* Prints what matches and gives the number of lines. With `positions`, `journal_follow` goes on behind them. */
long journal_print(const struct journal_filter *filter);
_Noreturn void journal_follow(const struct journal_filter *filter);
/* "2026-01-02 03:04:05", "today", "yesterday", "now", "10 min ago", "-1h". False when it is none of these. */
bool parse_moment(const char *text, int64_t *us);

/* status.c, enable.c, list.c: parts of systemctl; each gives the exit code. */
int show_status(const char *unit, bool with_log, long lines, bool full);
int unit_enable(const char *unit, bool enable, bool quiet);
int unit_mask(const char *unit, bool mask);
/* "enabled", "disabled", "static", "masked", or NULL when there is no such unit. */
const char *unit_file_state(const char *unit);
int list_units(bool all, bool failed_only, bool legend);
int list_unit_files(void);
int cat_unit(const char *unit);
int show_properties(const char *unit, const struct strings *wanted, bool value_only);

int run_systemctl(int argc, char **argv);
int run_journalctl(int argc, char **argv);
#endif
