#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define DEFAULT_PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static struct rlimit inherited_files;

void spawn_init(void) {
  getrlimit(RLIMIT_NOFILE, &inherited_files);
  struct rlimit raised = {.rlim_cur = inherited_files.rlim_max, .rlim_max = inherited_files.rlim_max};
  setrlimit(RLIMIT_NOFILE, &raised);
}

/* Where the parent awaits the error of a child that cannot run its program. */
static int report_fd = -1;

static _Noreturn void fail(const char *what, int code) {
  int failure = errno;
  if (report_fd >= 0 && write(report_fd, &failure, sizeof failure) < 0) code = EXIT_SETUP_FAILED;
  dprintf(2, "%s: %s\n", what, strerror(failure));
  _exit(code);
}

static void enter_netns(const char *path) {
  int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0 || setns(fd, CLONE_NEWNET) < 0) fail(path, EXIT_SETUP_FAILED);
}

static void become(const struct spawn *spawn) {
  if (spawn->gid != 0 && (setgroups(0, NULL) < 0 || setresgid(spawn->gid, spawn->gid, spawn->gid) < 0))
    fail("cannot set the group", EXIT_SETUP_FAILED);
  if (spawn->uid != 0 && setresuid(spawn->uid, spawn->uid, spawn->uid) < 0)
    fail("cannot set the user", EXIT_SETUP_FAILED);
}

static int child_run(void *argument) {
  const struct spawn *spawn = argument;
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  signal(SIGPIPE, SIG_DFL);
  setrlimit(RLIMIT_NOFILE, &inherited_files);
  setsid();
  int null_fd = open("/dev/null", O_RDWR);
  int stdio[3] = {spawn->stdin_fd, spawn->stdout_fd, spawn->stderr_fd};
  if (spawn->tty_fd >= 0) {
    ioctl(spawn->tty_fd, TIOCSCTTY, 0);
    stdio[0] = stdio[1] = stdio[2] = spawn->tty_fd;
  }
  /* Lift them above 2 first: a source must not be overwritten before it is copied. */
  for (int i = 0; i < 3; i++) stdio[i] = fcntl(stdio[i] >= 0 ? stdio[i] : null_fd, F_DUPFD_CLOEXEC, 3);
  for (int i = 0; i < 3; i++) dup2(stdio[i], i);
  if (null_fd > 2) close(null_fd);
  if (spawn->netns != NULL) enter_netns(spawn->netns);
  if (chdir(spawn->cwd != NULL ? spawn->cwd : "/") < 0) fail(spawn->cwd, EXIT_SETUP_FAILED);
  become(spawn);
  environ = spawn->env;
  execvp(spawn->argv[0], spawn->argv);
  int code = spawn->exec_failure_code ? spawn->exec_failure_code : errno == ENOENT ? 127 : 126;
  fail(spawn->argv[0], code);
}

/*
 * As vfork: the child has this memory until its program runs, and the parent waits for that. To copy an address space and to
 * fault its pages in again takes longer than all else that a start does. What the child changes of the memory is errno and
 * environ.
 */
static pid_t start_child(const struct spawn *spawn) {
  static char stack[64 * 1024] __attribute__((aligned(16)));
  char **own = environ;
  pid_t pid = clone(child_run, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, (void *)spawn);
  int failure = errno;
  environ = own;
  errno = failure;
  return pid;
}

static pid_t spawn_awaited(const struct spawn *spawn) {
  int report[2], failure = 0;
  if (pipe2(report, O_CLOEXEC) < 0) return -1;
  report_fd = report[1];
  pid_t pid = start_child(spawn);
  report_fd = -1;
  if (pid < 0) failure = errno;
  close(report[1]);
  /* Ends with the program's start, which closes the other end. */
  if (pid > 0 && read(report[0], &failure, sizeof failure) > 0) waitpid(pid, NULL, 0);
  close(report[0]);
  errno = failure;
  return failure == 0 ? pid : -1;
}

pid_t spawn_start(const struct spawn *spawn) { return spawn->must_run ? spawn_awaited(spawn) : start_child(spawn); }

static bool has_variable(char **env, const char *name) {
  size_t length = strlen(name);
  for (; *env != NULL; env++)
    if (strncmp(*env, name, length) == 0 && (*env)[length] == '=') return true;
  return false;
}

const char *spawn_from_request(struct spawn *spawn, const struct message *request) {
  size_t args = 0, envs = 0;
  int64_t uid, gid;
  *spawn = (struct spawn){.stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1, .tty_fd = -1};
  if (!message_number(request, "uid", 0, UINT32_MAX - 1, 0, &uid)) return "uid is not a user id";
  if (!message_number(request, "gid", 0, UINT32_MAX - 1, 0, &gid)) return "gid is not a group id";
  spawn->uid = (uid_t)uid;
  spawn->gid = (gid_t)gid;
  spawn->cwd = message_get(request, "cwd");
  spawn->netns = message_get(request, "netns");
  spawn->argv = message_all(request, "arg", &args);
  char **given = message_all(request, "env", &envs);
  spawn->env = calloc(envs + 3, sizeof *spawn->env);
  if (spawn->argv == NULL || given == NULL || spawn->env == NULL) {
    free(given);
    return "out of memory";
  }
  memcpy(spawn->env, given, envs * sizeof *given);
  free(given);
  if (!has_variable(spawn->env, "PATH")) spawn->env[envs++] = DEFAULT_PATH;
  if (!has_variable(spawn->env, "HOME")) spawn->env[envs++] = "HOME=/root";
  return args == 0 ? "no arg given: the command to run" : NULL;
}

void spawn_free(struct spawn *spawn) {
  free(spawn->argv);
  free(spawn->env);
  spawn->argv = spawn->env = NULL;
}

bool pty_open(int *leader, int *terminal, int cols, int rows) {
  *leader = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  if (*leader < 0) return false;
  if (unlockpt(*leader) < 0 || (*terminal = ioctl(*leader, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0) {
    close(*leader);
    return false;
  }
  pty_resize(*leader, cols, rows);
  return true;
}

void pty_resize(int leader, int cols, int rows) {
  struct winsize size = {.ws_col = (unsigned short)cols, .ws_row = (unsigned short)rows};
  ioctl(leader, TIOCSWINSZ, &size);
}

int exit_code(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }
