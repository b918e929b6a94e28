#include "cri-log.h"

#include "../common/files.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LINE_BYTES_MAX = 16 * 1024, FILE_BYTES_MAX = 10 * 1024 * 1024, STAMP_BYTES = 64 };

static bool open_file(struct cri_log *log) {
  log->fd = open(log->path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0640);
  struct stat status;
  if (log->fd < 0 || fstat(log->fd, &status) < 0) return false;
  log->bytes = (size_t)status.st_size;
  return true;
}

bool cri_log_open(struct cri_log *log, const char *path) {
  *log = (struct cri_log){.fd = -1, .path = strdup(path)};
  if (log->path == NULL) return false;
  make_parents(path);
  return open_file(log);
}

static void rotate(struct cri_log *log) {
  char *name;
  char when[32];
  struct tm utc;
  time_t now = time(NULL);
  strftime(when, sizeof when, "%Y%m%d-%H%M%S", gmtime_r(&now, &utc));
  if (asprintf(&name, "%s.%s", log->path, when) < 0) return;
  if (log->rotated != NULL && strcmp(log->rotated, name) != 0) unlink(log->rotated);
  if (rename(log->path, name) < 0) unlink(log->path);
  free(log->rotated);
  log->rotated = name;
  close(log->fd);
  open_file(log);
}

static size_t stamp(char *text, int stream, char tag) {
  struct timespec now;
  struct tm utc;
  clock_gettime(CLOCK_REALTIME, &now);
  gmtime_r(&now.tv_sec, &utc);
  size_t length = strftime(text, STAMP_BYTES, "%Y-%m-%dT%H:%M:%S", &utc);
  return length + (size_t)snprintf(text + length, STAMP_BYTES - length, ".%09ldZ %s %c ", now.tv_nsec,
                                   stream == CRI_STDOUT ? "stdout" : "stderr", tag);
}

static void flush(struct cri_log *log, struct queue *lines) {
  if (lines->length == 0) return;
  if (log->bytes + lines->length > FILE_BYTES_MAX && log->bytes > 0) rotate(log);
  log->bytes += lines->length;
  if (log->fd >= 0) queue_write(lines, log->fd); /* a full disk loses lines, not the container */
  queue_free(lines);
}

static void add_line(struct queue *lines, int stream, char tag, const char *bytes, size_t length) {
  char prefix[STAMP_BYTES];
  queue_push(lines, prefix, stamp(prefix, stream, tag));
  queue_push(lines, bytes, length);
  queue_push(lines, "\n", 1);
}

void cri_log_write(struct cri_log *log, int stream, const char *bytes, size_t length) {
  struct queue *partial = &log->partial[stream];
  struct queue lines = {0};
  while (length > 0) {
    const char *newline = memchr(bytes, '\n', length);
    size_t some = newline != NULL ? (size_t)(newline - bytes) : length;
    size_t room = LINE_BYTES_MAX - partial->length;
    bool full = some > room;
    if (full) some = room;
    if (newline == NULL && !full) {
      queue_push(partial, bytes, some);
      break;
    }
    if (partial->length > 0) {
      queue_push(partial, bytes, some);
      add_line(&lines, stream, full ? 'P' : 'F', queue_head(partial), partial->length);
      queue_free(partial);
    } else {
      add_line(&lines, stream, full ? 'P' : 'F', bytes, some);
    }
    size_t taken = some + (full ? 0 : 1);
    bytes += taken;
    length -= taken;
  }
  flush(log, &lines);
}

void cri_log_close(struct cri_log *log) {
  struct queue lines = {0};
  for (int stream = 0; stream < 2; stream++) {
    struct queue *partial = &log->partial[stream];
    if (partial->length > 0) add_line(&lines, stream, 'F', queue_head(partial), partial->length);
    queue_free(partial);
  }
  flush(log, &lines);
  if (log->fd >= 0) close(log->fd);
  free(log->path);
  free(log->rotated);
  *log = (struct cri_log){.fd = -1};
}
