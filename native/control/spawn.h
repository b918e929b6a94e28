#ifndef EXAMCTL_SPAWN_H
#define EXAMCTL_SPAWN_H
#include "../common/message.h"

#include <sys/types.h>

/* A process to start, in a session of its own. Descriptors: -1 means /dev/null. */
struct spawn {
  char **argv, **env;
  const char *cwd, *netns;
  uid_t uid;
  gid_t gid;
  int stdin_fd, stdout_fd, stderr_fd;
  /* The terminal side of a PTY that becomes all three and the controlling terminal; or -1. */
  int tty_fd;
  /* What the child exits with when the program cannot be run (127 as a shell, 203 as systemd). 0: 127 or 126. */
  int exec_failure_code;
  /* The start succeeds only when the program runs, and waits for that. */
  bool must_run;
};

/* Exit code of a child that could not be set up: as systemd's codes. */
enum { EXIT_SETUP_FAILED = 125 };

/* The child's pid, or -1 with errno (of what kept the program from running, with must_run). The caller still owns the descriptors. */
pid_t spawn_start(const struct spawn *spawn);
/* Must be called once, before the descriptor limit is raised. */
void spawn_init(void);

/* Fills argv, env, cwd, uid, gid and netns from a request. NULL, or what is wrong. Free argv and env. */
const char *spawn_from_request(struct spawn *spawn, const struct message *request);
void spawn_free(struct spawn *spawn);

/* Opens a PTY of the given size. False with errno. */
bool pty_open(int *leader, int *terminal, int cols, int rows);
void pty_resize(int leader, int cols, int rows);

/* 0-255 as a shell tells it: 128 + signal for a killed process. */
int exit_code(int status);
#endif
