#include "journal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = 4 * 1024 * 1024, LINE_BYTES_MAX = 48 * 1024 };

void journal_init(struct journal *journal, const char *unit) {
  *journal = (struct journal){.fd = -1};
  if (asprintf(&journal->path, "/var/log/journal/%s.log", unit) < 0) journal->path = NULL;
}

static void open_file(struct journal *journal) {
  if (journal->path == NULL) return;
  journal->fd = open(journal->path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0640);
  struct stat status;
  if (journal->fd >= 0 && fstat(journal->fd, &status) == 0) journal->bytes = (size_t)status.st_size;
}

static void rotate(struct journal *journal) {
  char *former;
  if (asprintf(&former, "%s.1", journal->path) < 0) return;
  if (rename(journal->path, former) < 0) unlink(journal->path);
  free(former);
  close(journal->fd);
  open_file(journal);
}

void journal_line(struct journal *journal, const char *identifier, pid_t pid, const char *text, size_t length) {
  if (journal->fd < 0) open_file(journal);
  if (journal->fd < 0) return;
  if (journal->bytes > FILE_BYTES_MAX) rotate(journal);
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  char head[192];
  int head_length = snprintf(head, sizeof head, "%lld\t%.100s\t%d\t",
                             (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000, identifier, pid);
  struct queue line = {0};
  queue_push(&line, head, (size_t)head_length);
  queue_push(&line, text, length);
  queue_push(&line, "\n", 1);
  journal->bytes += line.length;
  if (journal->fd >= 0) queue_write(&line, journal->fd);
  queue_free(&line);
}

void journal_output(struct journal *journal, const char *identifier, pid_t pid, const char *bytes, size_t length) {
  struct queue *partial = &journal->partial;
  while (length > 0) {
    const char *newline = memchr(bytes, '\n', length);
    size_t some = newline != NULL ? (size_t)(newline - bytes) : length;
    queue_push(partial, bytes, some);
    if (newline != NULL || partial->length >= LINE_BYTES_MAX) {
      if (partial->length > 0) journal_line(journal, identifier, pid, queue_head(partial), partial->length);
      queue_free(partial);
    }
    some += newline != NULL;
    bytes += some;
    length -= some;
  }
}

void journal_close(struct journal *journal) {
  if (journal->fd >= 0) close(journal->fd);
  queue_free(&journal->partial);
  free(journal->path);
  *journal = (struct journal){.fd = -1};
}
