#include "frames.h"
#include "operations.h"
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A process that left behind others holding its output is given this long for stragglers. */
enum { STRAGGLER_MS = 250, HANG_UP_GRACE_MS = 500, CHUNK_BYTES = 16384 };

struct exec {
  struct conn *conn; /* NULL once the client has gone */
  struct child child;
  struct source input, output[2]; /* a PTY: output[0] alone, which input aliases */
  struct frame_sink sink;
  struct timer deadline, straggler;
  bool tty, exited, timed_out;
  int status;
};

static size_t exec_count;

static void exec_free(struct exec *exec) {
  source_close(&exec->input);
  for (int i = 0; i < 2; i++) source_close(&exec->output[i]);
  queue_free(&exec->sink.to_stdin);
  timer_clear(&exec->deadline);
  timer_clear(&exec->straggler);
  exec_count--;
  free_later(exec);
}

/* All output is in the connection's queue: tells the exit code and ends. */
static void finish(struct exec *exec) {
  struct conn *conn = exec->conn;
  if (conn != NULL) {
    char json[64];
    int length = snprintf(json, sizeof json, "{\"exitCode\":%d%s}", exit_code(exec->status),
                          exec->timed_out ? ",\"timedOut\":true" : "");
    frame_push(&conn->out, CHANNEL_EXIT, json, (size_t)length);
    conn_end(conn);
  }
  exec_free(exec);
}

static bool settle(struct exec *exec) {
  bool ended = exec->output[0].fd < 0 && exec->output[1].fd < 0;
  if (!exec->exited || !ended) return false;
  finish(exec);
  return true;
}

enum read_result { READ_SOME, READ_LATER, READ_ENDED };

static enum read_result read_output(struct exec *exec, int index) {
  char chunk[CHUNK_BYTES];
  ssize_t got = read(exec->output[index].fd, chunk, sizeof chunk);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return READ_LATER;
  if (got <= 0) return READ_ENDED;
  if (exec->conn != NULL)
    frame_push(&exec->conn->out, index == 0 ? CHANNEL_STDOUT : CHANNEL_STDERR, chunk, (size_t)got);
  return READ_SOME;
}

static bool client_is_behind(const struct exec *exec) {
  return exec->conn != NULL && exec->conn->out.length >= CONN_BACKLOG_BYTES;
}

static void watch_outputs(struct exec *exec) {
  for (int i = 0; i < 2; i++) {
    uint32_t events = client_is_behind(exec) ? 0 : EPOLLIN;
    if (i == 0 && exec->tty && exec->sink.to_stdin.length > 0) events |= EPOLLOUT;
    source_watch(&exec->output[i], events);
  }
}

static void pump_input(struct exec *exec) {
  struct source *to = exec->tty ? &exec->output[0] : &exec->input;
  if (to->fd >= 0 && !queue_write(&exec->sink.to_stdin, to->fd) && !exec->tty) source_close(to);
  if (to->fd < 0) queue_free(&exec->sink.to_stdin);
  if (exec->tty) {
    if (exec->sink.stdin_closed && exec->sink.to_stdin.length == 0 && to->fd >= 0 && !exec->exited) {
      static const char end_of_file = 4;
      exec->sink.stdin_closed = write(to->fd, &end_of_file, 1) < 0 && errno == EAGAIN;
    }
    watch_outputs(exec);
    return;
  }
  if (exec->sink.stdin_closed && exec->sink.to_stdin.length == 0) source_close(to);
  source_watch(to, exec->sink.to_stdin.length > 0 ? EPOLLOUT : 0);
}

static void client_data(struct conn *conn) {
  struct exec *exec = conn->owner;
  for (;;) {
    size_t before = conn->in.length;
    if (!frames_take(&exec->sink, &conn->in)) {
      queue_free(&conn->in);
      kill(-exec->child.pid, SIGKILL);
      return;
    }
    if (exec->sink.cols > 0 && exec->tty) pty_resize(exec->output[0].fd, exec->sink.cols, exec->sink.rows);
    exec->sink.cols = 0;
    size_t waiting = exec->sink.to_stdin.length;
    pump_input(exec);
    /* Whoever returns with bytes left must be woken again: by the process, which has not taken all of to_stdin. */
    bool progress = conn->in.length != before || exec->sink.to_stdin.length < waiting;
    if (!progress || conn->in.length == 0) return;
  }
}

static void input_ready(struct source *source, uint32_t events) {
  struct exec *exec = container_of(source, struct exec, input);
  (void)events;
  pump_input(exec);
  if (exec->conn != NULL) {
    client_data(exec->conn);
    conn_update(exec->conn);
  }
}

static void output_ready(struct exec *exec, int index, uint32_t events) {
  struct source *source = &exec->output[index];
  if ((events & EPOLLOUT) && exec->tty) {
    pump_input(exec);
    if (exec->conn != NULL) client_data(exec->conn);
  }
  if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
    if (!client_is_behind(exec) && read_output(exec, index) == READ_ENDED) source_close(source);
  if (exec->conn != NULL) conn_update(exec->conn);
  watch_outputs(exec);
  settle(exec);
}

static void stdout_ready(struct source *source, uint32_t events) {
  output_ready(container_of(source, struct exec, output[0]), 0, events);
}

static void stderr_ready(struct source *source, uint32_t events) {
  output_ready(container_of(source, struct exec, output[1]), 1, events);
}

static void client_drained(struct conn *conn) { watch_outputs(conn->owner); }

static void kill_group(struct timer *timer) {
  struct exec *exec = container_of(timer, struct exec, deadline);
  if (!exec->exited) kill(-exec->child.pid, SIGKILL);
}

static void run_too_long(struct timer *timer) {
  struct exec *exec = container_of(timer, struct exec, deadline);
  exec->timed_out = true;
  kill_group(timer);
}

static void client_closed(struct conn *conn) {
  struct exec *exec = conn->owner;
  exec->conn = NULL;
  for (int i = 0; i < 2; i++) source_close(&exec->output[i]);
  source_close(&exec->input);
  if (exec->exited) return exec_free(exec);
  kill(-exec->child.pid, SIGHUP);
  kill(-exec->child.pid, SIGCONT);
  timer_set(&exec->deadline, HANG_UP_GRACE_MS, kill_group);
}

static const struct conn_use exec_use = {.data = client_data, .drained = client_drained, .closed = client_closed};

/* Background processes still hold the output: takes what was written before the end and leaves. */
static void stragglers(struct timer *timer) {
  struct exec *exec = container_of(timer, struct exec, straggler);
  for (int i = 0; i < 2; i++)
    while (exec->output[i].fd >= 0) {
      if (client_is_behind(exec)) return timer_set(timer, STRAGGLER_MS, stragglers);
      if (read_output(exec, i) != READ_SOME) source_close(&exec->output[i]);
    }
  settle(exec);
}

static void exited(struct child *child, int status) {
  struct exec *exec = container_of(child, struct exec, child);
  exec->exited = true;
  exec->status = status;
  timer_clear(&exec->deadline);
  source_close(&exec->input);
  if (exec->conn == NULL) {
    kill(-child->pid, SIGKILL);
    return exec_free(exec);
  }
  if (!settle(exec)) timer_set(&exec->straggler, STRAGGLER_MS, stragglers);
}

static bool open_stdio(struct exec *exec, struct spawn *spawn, bool want_input, bool want_output, int cols,
                       int rows) {
  int ends[2];
  if (exec->tty) {
    if (!pty_open(&ends[0], &spawn->tty_fd, cols, rows)) return false;
    source_open(&exec->output[0], ends[0], EPOLLIN, stdout_ready);
    return true;
  }
  if (want_input) {
    if (pipe2(ends, O_CLOEXEC) < 0) return false;
    spawn->stdin_fd = ends[0];
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    source_open(&exec->input, ends[1], 0, input_ready);
  }
  for (int i = 0; want_output && i < 2; i++) {
    if (pipe2(ends, O_CLOEXEC) < 0) return false;
    *(i == 0 ? &spawn->stdout_fd : &spawn->stderr_fd) = ends[1];
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    source_open(&exec->output[i], ends[0], EPOLLIN, i == 0 ? stdout_ready : stderr_ready);
  }
  return true;
}

void op_exec(struct conn *conn, const struct message *request) {
  int64_t tty, want_input, want_output, must_run, cols, rows, timeout_ms;
  if (!message_number(request, "tty", 0, 1, 0, &tty) || !message_number(request, "stdin", 0, 1, 0, &want_input) ||
      !message_number(request, "output", 0, 1, 1, &want_output) ||
      !message_number(request, "must_run", 0, 1, 0, &must_run) ||
      !message_number(request, "cols", 1, 1000, 80, &cols) || !message_number(request, "rows", 1, 1000, 24, &rows) ||
      !message_number(request, "timeout_ms", 0, 86400000, 0, &timeout_ms))
    return reply_error(conn, "invalid", "tty, stdin, output, must_run, cols, rows or timeout_ms is out of range");
  if (exec_count >= execs_max) return reply_error(conn, "exhausted", "%zu commands run already", execs_max);
  struct spawn spawn;
  const char *wrong = spawn_from_request(&spawn, request);
  if (wrong != NULL) {
    spawn_free(&spawn);
    return reply_error(conn, "invalid", "%s", wrong);
  }
  struct exec *exec = calloc(1, sizeof *exec);
  if (exec == NULL) {
    spawn_free(&spawn);
    return reply_error(conn, "exhausted", "out of memory");
  }
  spawn.must_run = must_run != 0;
  exec_count++;
  exec->tty = tty != 0;
  exec->input.fd = exec->output[0].fd = exec->output[1].fd = -1;
  pid_t pid = open_stdio(exec, &spawn, want_input != 0, want_output != 0, (int)cols, (int)rows) ? spawn_start(&spawn) : -1;
  int failure = errno;
  int theirs[] = {spawn.stdin_fd, spawn.stdout_fd, spawn.stderr_fd, spawn.tty_fd};
  for (int i = 0; i < 4; i++)
    if (theirs[i] >= 0) close(theirs[i]);
  spawn_free(&spawn);
  if (pid < 0) {
    exec_free(exec);
    errno = failure;
    if (must_run) return reply_error(conn, "not-found", "%m");
    return reply_error(conn, "exhausted", "cannot start a process: %m");
  }
  child_watch(&exec->child, pid, exited);
  exec->conn = conn;
  if (timeout_ms > 0) timer_set(&exec->deadline, timeout_ms, run_too_long);
  conn_use(conn, &exec_use, exec);
  struct draft draft;
  draft_begin(&draft, "ok");
  draft_add(&draft, "pid=%d", pid);
  reply_draft(conn, &draft, true);
  if (conn->in.length > 0) client_data(conn);
}
