#include "cni.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OUTPUT_BYTES_MAX = 256 * 1024 };

bool exists(const char *path) { return access(path, F_OK) == 0; }

static void enter(const char *netns) {
  int fd = open(netns, O_RDONLY | O_CLOEXEC);
  if (fd >= 0 && setns(fd, CLONE_NEWNET) == 0) return;
  dprintf(2, "failed to open netns \"%s\": %s", netns, strerror(errno));
  _exit(126);
}

static void collect(int fds[2], char *texts[2]) {
  size_t lengths[2] = {0, 0};
  for (int i = 0; i < 2; i++) texts[i] = calloc(1, OUTPUT_BYTES_MAX + 1);
  while (fds[0] >= 0 || fds[1] >= 0) {
    struct pollfd polls[2] = {{.fd = fds[0], .events = POLLIN}, {.fd = fds[1], .events = POLLIN}};
    if (poll(polls, 2, -1) < 0 && errno != EINTR) return;
    for (int i = 0; i < 2; i++) {
      if (fds[i] < 0 || polls[i].revents == 0) continue;
      ssize_t got = read(fds[i], texts[i] + lengths[i], OUTPUT_BYTES_MAX - lengths[i]);
      if (got > 0) lengths[i] += (size_t)got;
      if (got > 0 || (got < 0 && errno == EINTR)) continue;
      close(fds[i]);
      fds[i] = -1;
    }
  }
}

int run(char *const argv[], const char *input, const char *netns, char **output, char **errors) {
  int in[2], out[2], err[2], status;
  if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0) fail(11, "pipe: %s", strerror(errno));
  /* What is written must fit the pipe, for nobody reads while it is. */
  fcntl(in[1], F_SETPIPE_SZ, 256 * 1024);
  pid_t pid = fork();
  if (pid < 0) fail(11, "fork: %s", strerror(errno));
  if (pid == 0) {
    if (netns != NULL) enter(netns);
    dup2(in[0], 0), dup2(out[1], 1), dup2(err[1], 2);
    execvp(argv[0], argv);
    dprintf(2, "exec %s: %s", argv[0], strerror(errno));
    _exit(127);
  }
  close(in[0]), close(out[1]), close(err[1]);
  if (write(in[1], input, strlen(input)) < 0) errno = 0; /* it may end without reading */
  close(in[1]);
  char *texts[2];
  collect((int[]){out[0], err[0]}, texts);
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  *output = texts[0];
  *errors = texts[1];
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void ip_batch(const char *netns, const char *what, const char *lines) {
  char *output, *errors;
  char *argv[] = {"/usr/sbin/ip", "-batch", "-", NULL};
  if (run(argv, lines, netns, &output, &errors) == 0) return;
  errors[strcspn(errors, "\n")] = '\0';
  fail(11, "%s: %s", what, errors);
}

static char *find(const char *type) {
  for (const char *at = request.path; *at != '\0'; at += strcspn(at, ":"), at += *at == ':') {
    char *path = format("%.*s/%s", (int)strcspn(at, ":"), at, type);
    if (access(path, X_OK) == 0) return path;
    free(path);
  }
  fail(999, "failed to find plugin \"%s\" in path [%s]", type, request.path);
}

char *delegate(const char *type, const char *command, const char *config) {
  char *output, *errors;
  char *argv[] = {find(type), NULL};
  setenv("CNI_COMMAND", command, 1);
  int code = run(argv, config, NULL, &output, &errors);
  setenv("CNI_COMMAND", request.command, 1);
  if (code == 0) return output;
  struct slice reply = json_value(output), message = json_member(reply, "msg"), details = json_member(reply, "details");
  if (message.text == NULL) fail(999, "netplugin failed: %s", *errors != '\0' ? errors : output);
  char *more = json_text(details);
  fail(999, "%s%s%s", json_text(message), *more != '\0' ? "; " : "", more);
}
