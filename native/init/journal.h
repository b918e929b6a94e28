#ifndef EXAMCTL_JOURNAL_H
#define EXAMCTL_JOURNAL_H
#include "../common/queue.h"

#include <sys/types.h>

/*
 * The log of one unit, for journalctl: lines "MICROSECONDS<tab>IDENTIFIER<tab>PID<tab>TEXT" in
 * /var/log/journal/UNIT.log. At 4 MiB the file becomes UNIT.log.1, and what was there before is dropped.
 */
struct journal {
  char *path;
  int fd;
  size_t bytes;
  struct queue partial;
};

/* Opens on the first line. */
void journal_init(struct journal *journal, const char *unit);
void journal_line(struct journal *journal, const char *identifier, pid_t pid, const char *text, size_t length);
/* Output as it comes: whole lines are written, the rest waits. */
void journal_output(struct journal *journal, const char *identifier, pid_t pid, const char *bytes, size_t length);
void journal_close(struct journal *journal);
#endif
