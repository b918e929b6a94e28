/*
 * examctl-run PATH
 *
 * Executes commands of the host for whoever started it, who may be too large to fork cheaply: `exec` of PROTOCOL.md on the
 * unix socket PATH (mode 0600). Writes a line to stdout once it listens, and ends when its stdin does: with its parent,
 * however that ends. Exits 2 for wrong arguments, 1 when it cannot listen.
 */
#include "../control/listener.h"
#include "../control/operations.h"
#include "../control/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

const struct operation operations[] = {
    {"exec", op_exec, false},
    {0},
};

const size_t execs_max = CONNECTIONS_MAX;

static void child_ended(struct source *source, uint32_t events) {
  struct signalfd_siginfo info;
  (void)events;
  while (read(source->fd, &info, sizeof info) == (ssize_t)sizeof info) children_reap(NULL);
}

static void parent_ended(struct source *source, uint32_t events) {
  char unwanted[64];
  (void)events;
  if (read(source->fd, unwanted, sizeof unwanted) == 0) loop_stop();
}

static void watch_children(void) {
  static struct source source;
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigprocmask(SIG_BLOCK, &set, NULL);
  signal(SIGPIPE, SIG_IGN);
  source_open(&source, signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), EPOLLIN, child_ended);
}

int main(int argc, char **argv) {
  static struct source parent;
  if (argc != 2) {
    dprintf(2, "usage: examctl-run PATH\n");
    return 2;
  }
  /* Nothing else of the parent's comes along. */
  syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0);
  spawn_init();
  loop_init();
  watch_children();
  source_open(&parent, STDIN_FILENO, EPOLLIN, parent_ended);
  if (!listen_on(argv[1], false)) {
    dprintf(2, "examctl-run: cannot listen on %s: %s\n", argv[1], strerror(errno));
    return 1;
  }
  if (dprintf(STDOUT_FILENO, "ready\n") < 0) return 1;
  loop_run();
  return 0;
}
