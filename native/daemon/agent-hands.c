#include "agent.h"

#include "../common/files.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Of what a program writes the beginning is kept, and it is said when there was more. */
enum { OUTPUT_BYTES_MAX = LONG_MESSAGE_BYTES_MAX / 4 * 3, ERROR_BYTES_MAX = 64 * 1024, FILE_BYTES_MAX = 1024 * 1024, TIMEOUT_MS = 10000 };

static const struct flags *own;

void agent_arguments(const struct flags *flags) { own = flags; }

static void write_all(int fd, const char *text, size_t length) {
  while (length > 0) {
    ssize_t written = write(fd, text, length);
    if (written < 0 && errno != EINTR) return;
    if (written > 0) text += written, length -= (size_t)written;
  }
}

static void print(const struct message *order) {
  size_t count = 0;
  char **lines = message_all(order, "line", &count);
  const char *to = message_get(order, "to");
  int fd = to != NULL && strcmp(to, "stdout") == 0 ? 1 : 2;
  for (size_t i = 0; lines != NULL && i < count; i++) {
    size_t length = strlen(lines[i]);
    lines[i][length] = '\n'; /* in place of its NUL: a line is written whole */
    write_all(fd, lines[i], length + 1);
    lines[i][length] = '\0';
  }
  free(lines);
}

struct run {
  struct queue in, out, err;
  int fds[3];
  bool truncated;
};

static void close_end(int *fd) {
  if (*fd >= 0) close(*fd);
  *fd = -1;
}

/* Feeds and reads a program until it has closed its outputs or the time is over. */
static bool attend(struct run *run, int64_t timeout_ms) {
  int64_t until_ms = monotonic_ms() + timeout_ms;
  while (run->fds[1] >= 0 || run->fds[2] >= 0) {
    struct pollfd polls[3];
    int64_t left_ms = until_ms - monotonic_ms();
    if (left_ms <= 0) return false;
    if (run->in.length == 0) close_end(&run->fds[0]);
    for (int i = 0; i < 3; i++) polls[i] = (struct pollfd){.fd = run->fds[i], .events = i == 0 ? POLLOUT : POLLIN};
    if (poll(polls, 3, (int)left_ms) < 0 && errno != EINTR) return false;
    if (run->fds[0] >= 0 && polls[0].revents != 0 && !queue_write(&run->in, run->fds[0])) close_end(&run->fds[0]);
    for (int i = 1; i < 3; i++) {
      struct queue *to = i == 1 ? &run->out : &run->err, rest = {0};
      if (to->length >= (i == 1 ? OUTPUT_BYTES_MAX : ERROR_BYTES_MAX)) to = &rest;
      if (run->fds[i] < 0 || polls[i].revents == 0) continue;
      ssize_t got = queue_read(to, run->fds[i], 65536);
      if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) close_end(&run->fds[i]);
      run->truncated |= rest.length > 0;
      queue_free(&rest);
    }
  }
  return true;
}

static pid_t start(char **argv, struct run *run) {
  int pipes[3][2] = {{-1, -1}, {-1, -1}, {-1, -1}};
  for (int i = 0; i < 3; i++)
    if (pipe2(pipes[i], O_CLOEXEC) < 0) return -1;
  pid_t pid = fork();
  if (pid == 0) {
    signal(SIGPIPE, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    dup2(pipes[0][0], 0);
    dup2(pipes[1][1], 1);
    dup2(pipes[2][1], 2);
    execvp(argv[0], argv);
    dprintf(2, "exec: \"%s\": %s\n", argv[0],
            errno == ENOENT ? "executable file not found in $PATH" : strerror(errno));
    _exit(127);
  }
  close(pipes[0][0]), close(pipes[1][1]), close(pipes[2][1]);
  run->fds[0] = pipes[0][1], run->fds[1] = pipes[1][0], run->fds[2] = pipes[2][0];
  for (int i = 0; i < 3; i++) fcntl(run->fds[i], F_SETFL, O_NONBLOCK);
  return pid;
}

/* Runs a program of the image with the process's own rights. */
static void execute(const struct message *order, struct draft *reply) {
  size_t count = 0;
  struct run run = {.fds = {-1, -1, -1}};
  int64_t timeout_ms;
  const char *input = message_get(order, "stdin");
  char **argv = message_all(order, "arg", &count);
  message_number(order, "timeout_ms", 1, 60000, TIMEOUT_MS, &timeout_ms);
  if (argv == NULL || count == 0) {
    draft_add(reply, "error=no program");
    free(argv);
    return;
  }
  if (input != NULL && !queue_push(&run.in, input, strlen(input))) out_of_memory();
  pid_t pid = start(argv, &run);
  int status = 0;
  if (pid < 0) {
    draft_add(reply, "error=fork: %s", strerror(errno));
  } else {
    if (!attend(&run, timeout_ms)) kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
    if (!queue_push(&run.out, "", 1) || !queue_push(&run.err, "", 1)) out_of_memory();
    draft_add(reply, "code=%d", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    draft_add(reply, "stdout=%s", queue_head(&run.out));
    draft_add(reply, "stderr=%s", queue_head(&run.err));
    if (run.truncated) draft_add(reply, "truncated=1");
  }
  for (int i = 0; i < 3; i++) close_end(&run.fds[i]);
  queue_free(&run.in), queue_free(&run.out), queue_free(&run.err);
  free(argv);
}

static void read_file(const struct message *order, struct draft *reply) {
  const char *path = message_get(order, "path");
  char *text = path != NULL ? read_text(path, FILE_BYTES_MAX) : NULL;
  if (text != NULL)
    draft_add(reply, "content=%s", text);
  else
    draft_add(reply, "error=%s", errno == ENOENT ? "no such file or directory" : strerror(errno));
  free(text);
}

/* In one step: who reads it sees the old or the new text. */
static void write_file(const struct message *order, struct draft *reply) {
  const char *path = message_get(order, "path"), *content = message_get(order, "content");
  char beside[4096];
  int64_t mode;
  message_number(order, "mode", 0, 07777, 0644, &mode);
  if (path == NULL || content == NULL || snprintf(beside, sizeof beside, "%s.tmp", path) >= (int)sizeof beside) {
    draft_add(reply, "error=invalid argument");
    return;
  }
  make_parents(path);
  int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, (mode_t)mode);
  if (fd >= 0) {
    fchmod(fd, (mode_t)mode);
    write_all(fd, content, strlen(content));
    close(fd);
  }
  if (fd < 0 || rename(beside, path) < 0)
    draft_add(reply, "error=%s", errno == ENOENT ? "no such file or directory" : strerror(errno));
}

static void send_signal(const struct message *order, struct draft *reply) {
  int64_t pid, number;
  if (!message_number(order, "pid", 1, INT32_MAX, 0, &pid) || !message_number(order, "signal", 1, 64, 0, &number) ||
      pid == 0 || number == 0)
    draft_add(reply, "error=invalid argument");
  else if (kill((pid_t)pid, (int)number) < 0)
    draft_add(reply, "error=%s", errno == ESRCH ? "no such process" : strerror(errno));
}

/* Goes on as another program, as a start script does with exec: same process, other arguments. */
static void become(const struct message *order, struct draft *reply) {
  size_t count = 0;
  char **argv = message_all(order, "arg", &count);
  if (argv != NULL && count > 0) execv(argv[0], argv);
  draft_add(reply, "error=%s", strerror(errno));
  free(argv);
}

static void keep(const struct message *order) {
  int64_t port, count;
  const char *host = message_get(order, "address");
  struct peer *peer = calloc(1, sizeof *peer);
  if (peer == NULL) out_of_memory();
  if (host == NULL || !message_number(order, "port", 1, 65535, 0, &port) || port == 0 ||
      !message_number(order, "count", 1, 16, 1, &count)) {
    free(peer);
    return;
  }
  peer_keep(peer, strdup(host), host, (int)port, (size_t)count);
}

bool agent_order(const struct message *order, struct queue *to) {
  const char *operation = message_operation(order), *id = message_get(order, "id");
  if (strcmp(operation, "print") == 0) return print(order), true;
  if (strcmp(operation, "unlisten") == 0) return agent_unlisten(order), true;
  if (strcmp(operation, "keep") == 0) return keep(order), true;
  if (strcmp(operation, "begin") == 0) return agent_begin(), true;
  if (strcmp(operation, "exit") == 0) {
    int64_t code;
    message_number(order, "code", 0, 255, 1, &code);
    exit((int)code);
  }
  static const struct {
    const char *name;
    void (*run)(const struct message *, struct draft *);
  } orders[] = {
      {"exec", execute},     {"read", read_file},      {"write", write_file}, {"signal", send_signal},
      {"become", become},    {"listen", agent_listen}, {"arp", agent_arp},    {"attach", agent_attach},
  };
  for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
    if (strcmp(orders[i].name, operation) != 0) continue;
    struct draft reply;
    draft_begin_long(&reply, "result");
    draft_add(&reply, "id=%s", id != NULL ? id : "");
    orders[i].run(order, &reply);
    return draft_end(&reply, to);
  }
  return false;
}
