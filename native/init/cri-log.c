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
  static const char json[] = "-json.log";
  size_t length = strlen(path);
  *log = (struct cri_log){.fd = -1, .path = strdup(path)};
  log->is_json = length > sizeof json && strcmp(path + length - (sizeof json - 1), json) == 0;
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

/* A string of JSON; bytes above 127 stand as they are. */
static void add_json(struct queue *lines, const char *bytes, size_t length) {
  for (size_t i = 0; i < length; i++) {
    unsigned char byte = (unsigned char)bytes[i];
    char text[8];
    if (byte == '"' || byte == '\\') queue_push(lines, "\\", 1);
    if (byte >= ' ') queue_push(lines, bytes + i, 1);
    else if (byte == '\t' || byte == '\r') queue_push(lines, byte == '\t' ? "\\t" : "\\r", 2);
    else queue_push(lines, text, (size_t)snprintf(text, sizeof text, "\\u%04x", byte));
  }
}

static void add_json_line(struct queue *lines, int stream, bool ended, const char *bytes, size_t length) {
  static const char head[] = "{\"log\":\"", end[] = "\\n";
  char when[STAMP_BYTES], tail[2 * STAMP_BYTES];
  size_t stamped = stamp(when, stream, 'F');
  const char *blank = memchr(when, ' ', stamped);
  queue_push(lines, head, sizeof head - 1);
  add_json(lines, bytes, length);
  if (ended) queue_push(lines, end, sizeof end - 1);
  int written = snprintf(tail, sizeof tail, "\",\"stream\":\"%s\",\"time\":\"%.*s\"}\n",
                         stream == CRI_STDOUT ? "stdout" : "stderr", (int)(blank - when), when);
  queue_push(lines, tail, (size_t)written);
}

static void add_line(struct cri_log *log, struct queue *lines, int stream, char tag, const char *bytes, size_t length) {
  char prefix[STAMP_BYTES];
  if (log->is_json) return add_json_line(lines, stream, tag == 'F', bytes, length);
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
      add_line(log, &lines, stream, full ? 'P' : 'F', queue_head(partial), partial->length);
      queue_free(partial);
    } else {
      add_line(log, &lines, stream, full ? 'P' : 'F', bytes, some);
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
    if (partial->length > 0) add_line(log, &lines, stream, log->is_json ? 'P' : 'F', queue_head(partial), partial->length);
    queue_free(partial);
  }
  flush(log, &lines);
  if (log->fd >= 0) close(log->fd);
  free(log->path);
  free(log->rotated);
  *log = (struct cri_log){.fd = -1};
}
