#ifndef EXAMCTL_CRI_LOG_H
#define EXAMCTL_CRI_LOG_H
#include "../common/queue.h"

enum { CRI_STDOUT = 0, CRI_STDERR = 1 };

/*
 * A container's log as the kubelet reads it: "2026-01-02T03:04:05.000000006Z stdout F text\n", lines above 16 KiB in
 * parts tagged P. A file whose name ends with "-json.log" has Docker's lines instead, {"log":"text\n","stream":"stdout","time":"..."}. At 10 MiB the file is renamed to PATH.YYYYMMDD-HHMMSS, of which one is kept, as the kubelet rotates.
 */
struct cri_log {
  int fd;
  char *path, *rotated;
  size_t bytes;
  bool is_json;
  struct queue partial[2];
};

/* Makes the folders too. False with errno. */
bool cri_log_open(struct cri_log *log, const char *path);
void cri_log_write(struct cri_log *log, int stream, const char *bytes, size_t length);
/* Writes lines that lack their end, and closes. */
void cri_log_close(struct cri_log *log);
#endif
