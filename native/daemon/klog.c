#include "daemon.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LINE_BYTES_MAX = 2048 };

static void write_line(char severity, const char *where, const char *format, va_list arguments) {
  char line[LINE_BYTES_MAX];
  struct timespec now;
  struct tm local;
  clock_gettime(CLOCK_REALTIME, &now);
  localtime_r(&now.tv_sec, &local);
  int length = snprintf(line, sizeof line, "%c%02d%02d %02d:%02d:%02d.%06ld %7d %s] ", severity, local.tm_mon + 1,
                        local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec, now.tv_nsec / 1000, getpid(), where);
  length += vsnprintf(line + length, sizeof line - (size_t)length - 1, format, arguments);
  if (length > LINE_BYTES_MAX - 2) length = LINE_BYTES_MAX - 2;
  line[length++] = '\n';
  while (write(2, line, (size_t)length) < 0 && errno == EINTR) continue;
}

void klog(char severity, const char *where, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  write_line(severity, where, format, arguments);
  va_end(arguments);
}

void command_failed(const char *format, ...) {
  char text[LINE_BYTES_MAX / 2];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  klog('E', "run.go:72", "\"command failed\" err=\"%s\"", text);
  exit(1);
}

void out_of_memory(void) {
  dprintf(2, "fatal error: runtime: out of memory\n");
  exit(2);
}

void require_file(const char *path) {
  if (*path == '\0' || access(path, R_OK) == 0) return;
  char reason[64];
  snprintf(reason, sizeof reason, "%s", strerror(errno));
  if (reason[0] >= 'A' && reason[0] <= 'Z') reason[0] = (char)(reason[0] + 'a' - 'A');
  command_failed("open %s: %s", path, reason);
}
