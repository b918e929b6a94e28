/*
 * examctl-launch --socket PATH --cgroup DIR [--cgroup DIR...] -- COMMAND [ARGUMENT...]
 *
 * Listens on the unix socket PATH (mode 0600) as descriptor 3, joins the cgroups, and becomes COMMAND with stdin and
 * stdout on /dev/null. Exits 2 for wrong arguments, 1 when something cannot be done, 127 when COMMAND cannot be run.
 */
#include "../common/address.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CONTROL_FD = 3, LISTEN_BACKLOG = 1024 };

static _Noreturn void fail(int code, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  dprintf(2, "examctl-launch: ");
  vdprintf(2, format, arguments);
  dprintf(2, "\n");
  va_end(arguments);
  exit(code);
}

static void listen_on(const char *path) {
  struct address address;
  if (!address_unix(&address, path)) fail(2, "--socket %s: the path is empty or longer than 107 bytes", path);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0) fail(1, "socket: %s", strerror(errno));
  umask(0177);
  if (unlink(path) < 0 && errno != ENOENT) fail(1, "%s: %s", path, strerror(errno));
  if (bind(fd, (struct sockaddr *)&address.bytes, address.length) < 0 || listen(fd, LISTEN_BACKLOG) < 0)
    fail(1, "cannot listen on %s: %s", path, strerror(errno));
  umask(022);
  if (fd == CONTROL_FD) return;
  if (dup2(fd, CONTROL_FD) < 0) fail(1, "dup2: %s", strerror(errno));
  close(fd);
}

static void join_cgroup(const char *folder) {
  char *path;
  if (asprintf(&path, "%s/cgroup.procs", folder) < 0) fail(1, "out of memory");
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0 || dprintf(fd, "%d", getpid()) < 0) fail(1, "cannot join the cgroup %s: %s", folder, strerror(errno));
  close(fd);
  free(path);
}

int main(int argc, char **argv) {
  static const char usage[] = "usage: examctl-launch --socket PATH [--cgroup DIR]... -- COMMAND [ARGUMENT]...";
  const char *socket_path = NULL;
  int at = 1;
  for (; at < argc && strcmp(argv[at], "--") != 0; at += 2) {
    if (at + 1 >= argc) fail(2, "%s", usage);
    if (strcmp(argv[at], "--socket") == 0)
      socket_path = argv[at + 1];
    else if (strcmp(argv[at], "--cgroup") == 0)
      join_cgroup(argv[at + 1]);
    else
      fail(2, "%s is not an option. %s", argv[at], usage);
  }
  if (socket_path == NULL || at + 1 >= argc) fail(2, "%s", usage);
  int null_fd = open("/dev/null", O_RDWR);
  if (null_fd < 0 || dup2(null_fd, 0) < 0 || dup2(null_fd, 1) < 0) fail(1, "/dev/null: %s", strerror(errno));
  if (null_fd > 2) close(null_fd);
  listen_on(socket_path);
  /* Nothing else of the caller's comes along. */
  if (syscall(SYS_close_range, CONTROL_FD + 1, ~0U, 0) < 0) fail(1, "close_range: %s", strerror(errno));
  execvp(argv[at + 1], argv + at + 1);
  fail(127, "cannot run %s: %s", argv[at + 1], strerror(errno));
}
