#include "../common/address.h"
#include "../common/files.h"
#include "../control/frames.h"
#include "../control/spawn.h"
#include "cri-log.h"
#include "operations.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* PID 1 as a container's monitor: keeps its stdio, writes its log, knows when and how it ended. */
enum { RUNTIME_TIMEOUT_MS = 60000, ERROR_BYTES_MAX = 4096, DRAIN_BYTES_MAX = 4 * 1024 * 1024, CHUNK_BYTES = 16384 };
/* What is kept of the output for the first who attaches, where that was asked for. */
enum { EARLY_BYTES_MAX = 64 * 1024 };
enum { ORPHANS_KEPT = 256, ADOPTION_TRIES_MAX = 500, ADOPTION_PAUSE_MS = 2 };

enum container_state { STARTING, RUNNING, EXITED };

struct container {
  char *id, *pid_file, *log_path, *console_path;
  enum container_state state;
  struct conn *starter; /* waits for the reply to container-run; NULL once it has gone */
  struct conn *attached[ATTACHMENTS_MAX];
  struct frame_sink sink;
  struct child runtime, init;
  struct source console, input, output[2]; /* with a terminal, output[0] is its leader and takes the input too */
  struct timer deadline;
  struct cri_log log;
  struct queue early; /* frames */
  bool tty, keeps_early;
  int status, adoption_tries;
  int64_t started_ms, finished_ms;
  struct container *next;
};

static struct container *containers;
static size_t container_count;

/* A container's init may be reaped before the runtime has told its pid. */
static struct {
  pid_t pid;
  int status;
} orphans[ORPHANS_KEPT];
static size_t orphans_seen;

void container_orphan(pid_t pid, int status) {
  orphans[orphans_seen % ORPHANS_KEPT].pid = pid;
  orphans[orphans_seen++ % ORPHANS_KEPT].status = status;
}

static bool take_orphan(pid_t pid, int *status) {
  for (size_t i = 0; i < ORPHANS_KEPT; i++)
    if (orphans[i].pid == pid) {
      *status = orphans[i].status;
      orphans[i].pid = 0;
      return true;
    }
  return false;
}

static struct container *find(const char *id) {
  for (struct container *container = containers; container != NULL; container = container->next)
    if (strcmp(container->id, id) == 0) return container;
  return NULL;
}

static void close_stdio(struct container *container) {
  source_close(&container->input);
  for (int i = 0; i < 2; i++) source_close(&container->output[i]);
  if (container->console.fd >= 0) unlink(container->console_path);
  source_close(&container->console);
  queue_free(&container->sink.to_stdin);
  queue_free(&container->early);
}

static void container_free(struct container *container) {
  for (struct container **at = &containers; *at != NULL; at = &(*at)->next)
    if (*at == container) {
      *at = container->next;
      break;
    }
  close_stdio(container);
  timer_clear(&container->deadline);
  cri_log_close(&container->log);
  free(container->id);
  free(container->pid_file);
  free(container->log_path);
  free(container->console_path);
  container_count--;
  free_later(container);
}

/* The container waits for the slowest who is attached, as with a real runtime. */
static bool behind(const struct container *container) {
  for (int i = 0; i < ATTACHMENTS_MAX; i++)
    if (container->attached[i] != NULL && container->attached[i]->out.length >= CONN_BACKLOG_BYTES) return true;
  return false;
}

static void watch(struct container *container) {
  uint32_t wanted = container->state == RUNNING && !behind(container) ? EPOLLIN : 0;
  uint32_t pending = container->sink.to_stdin.length > 0 ? EPOLLOUT : 0;
  source_watch(&container->output[0], wanted | (container->tty ? pending : 0));
  source_watch(&container->output[1], wanted);
  source_watch(&container->input, pending);
}

/* False at the end of the stream or when it has nothing for now. */
static bool read_output(struct container *container, int index) {
  char chunk[CHUNK_BYTES];
  struct source *source = &container->output[index];
  if (source->fd < 0) return false;
  ssize_t got = read(source->fd, chunk, sizeof chunk);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (got <= 0) {
    source_close(source);
    return false;
  }
  cri_log_write(&container->log, index, chunk, (size_t)got);
  if (container->keeps_early && container->early.length < EARLY_BYTES_MAX)
    frame_push(&container->early, index == 0 ? CHANNEL_STDOUT : CHANNEL_STDERR, chunk, (size_t)got);
  for (int i = 0; i < ATTACHMENTS_MAX; i++) {
    struct conn *conn = container->attached[i];
    if (conn == NULL) continue;
    frame_push(&conn->out, index == 0 ? CHANNEL_STDOUT : CHANNEL_STDERR, chunk, (size_t)got);
    conn_update(conn);
  }
  return true;
}

static void pump_input(struct container *container) {
  struct source *to = container->tty ? &container->output[0] : &container->input;
  struct queue *waiting = &container->sink.to_stdin;
  if (to->fd < 0) queue_free(waiting);
  if (to->fd >= 0 && !queue_write(waiting, to->fd)) {
    queue_free(waiting);
    source_close(&container->input);
  }
  if (container->sink.stdin_closed && waiting->length == 0) source_close(&container->input);
}

static void input_has_room(struct container *container);

static void output_ready(struct container *container, int index, uint32_t events) {
  if (events & EPOLLOUT) input_has_room(container);
  if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) read_output(container, index);
  watch(container);
}

static void stdout_ready(struct source *source, uint32_t events) {
  output_ready(container_of(source, struct container, output[0]), 0, events);
}

static void stderr_ready(struct source *source, uint32_t events) {
  output_ready(container_of(source, struct container, output[1]), 1, events);
}

static void attached_data(struct conn *conn) {
  struct container *container = conn->owner;
  for (bool progress = true; progress && conn->in.length > 0;) {
    size_t before = conn->in.length;
    if (!frames_take(&container->sink, &conn->in)) queue_free(&conn->in);
    if (container->sink.cols > 0 && container->tty && container->output[0].fd >= 0)
      pty_resize(container->output[0].fd, container->sink.cols, container->sink.rows);
    container->sink.cols = 0;
    size_t waiting = container->sink.to_stdin.length;
    pump_input(container);
    progress = conn->in.length != before || container->sink.to_stdin.length < waiting;
  }
  watch(container);
}

static void input_has_room(struct container *container) {
  pump_input(container);
  for (int i = 0; i < ATTACHMENTS_MAX; i++)
    if (container->attached[i] != NULL && container->attached[i]->in.length > 0) {
      attached_data(container->attached[i]);
      conn_update(container->attached[i]);
    }
}

static void input_ready(struct source *source, uint32_t events) {
  struct container *container = container_of(source, struct container, input);
  (void)events;
  input_has_room(container);
  watch(container);
}

static void ended(struct container *container, int status) {
  container->state = EXITED;
  container->status = status;
  container->finished_ms = realtime_ms();
  /* The processes of its pid namespace are gone: what they wrote is in the pipes. */
  for (int i = 0; i < 2; i++)
    for (size_t bytes = 0; bytes < DRAIN_BYTES_MAX && read_output(container, i); bytes += CHUNK_BYTES) continue;
  close_stdio(container);
  cri_log_close(&container->log);
  char json[32];
  int length = snprintf(json, sizeof json, "{\"exitCode\":%d}", exit_code(status));
  for (int i = 0; i < ATTACHMENTS_MAX; i++) {
    struct conn *conn = container->attached[i];
    if (conn == NULL) continue;
    container->attached[i] = NULL;
    frame_push(&conn->out, CHANNEL_EXIT, json, (size_t)length);
    conn_end(conn);
  }
  events_changed();
}

static void init_exited(struct child *child, int status) {
  ended(container_of(child, struct container, init), status);
}

static void start_failed(struct container *container, const char *why) {
  struct conn *conn = container->starter;
  container->starter = NULL;
  if (conn != NULL) reply_error(conn, "internal", "%s", why);
  container_free(container);
}

static pid_t read_pid_file(const struct container *container) {
  char *text = read_text(container->pid_file, 64);
  long pid = text != NULL ? strtol(text, NULL, 10) : 0;
  free(text);
  return pid > 1 && pid < 1 << 30 ? (pid_t)pid : 0;
}

static void adopt_again(struct timer *timer);

/* The runtime has done its part: its container is PID 1's from here on. */
static void adopt(struct container *container) {
  pid_t pid = read_pid_file(container);
  int init_status;
  bool over = pid > 0 && take_orphan(pid, &init_status);
  siginfo_t info;
  if (pid == 0) return start_failed(container, "the container runtime wrote no pid file");
  if (!over && waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0) {
    /* A process of the runtime between it and the container may still be ending: until then that is the parent. */
    if (container->adoption_tries++ < ADOPTION_TRIES_MAX)
      return timer_set(&container->deadline, ADOPTION_PAUSE_MS, adopt_again);
    return start_failed(container, "the container's process is not a child of PID 1");
  }
  if (!cri_log_open(&container->log, container->log_path)) {
    if (!over) kill(pid, SIGKILL);
    char text[160];
    snprintf(text, sizeof text, "cannot write the container's log: %s", strerror(errno));
    return start_failed(container, text);
  }
  container->state = RUNNING;
  container->init.pid = pid;
  container->started_ms = realtime_ms();
  struct conn *conn = container->starter;
  container->starter = NULL;
  if (!over) child_watch(&container->init, pid, init_exited);
  events_changed();
  if (conn != NULL) {
    struct draft draft;
    draft_begin(&draft, "ok");
    draft_add(&draft, "pid=%d", pid);
    draft_add(&draft, "started_ms=%lld", (long long)container->started_ms);
    reply_draft(conn, &draft, false);
  }
  watch(container);
  if (over) ended(container, init_status);
}

static void adopt_again(struct timer *timer) { adopt(container_of(timer, struct container, deadline)); }

static void runtime_exited(struct child *child, int status) {
  struct container *container = container_of(child, struct container, runtime);
  timer_clear(&container->deadline);
  if (status != 0) {
    char text[ERROR_BYTES_MAX + 1] = "";
    int from = container->output[1].fd >= 0 ? container->output[1].fd : -1;
    ssize_t got = from >= 0 ? read(from, text, ERROR_BYTES_MAX) : 0;
    while (got > 0 && (text[got - 1] == '\n' || text[got - 1] == '\r')) got--;
    text[got > 0 ? got : 0] = '\0';
    if (text[0] == '\0') snprintf(text, sizeof text, "the container runtime exited with %d", exit_code(status));
    return start_failed(container, text);
  }
  adopt(container);
}

static void runtime_hangs(struct timer *timer) {
  struct container *container = container_of(timer, struct container, deadline);
  kill(-container->runtime.pid, SIGKILL);
}

/* The runtime hands over the terminal's leader. */
static void console_ready(struct source *source, uint32_t events) {
  struct container *container = container_of(source, struct container, console);
  (void)events;
  int from = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (from < 0) return;
  char name[256], control[CMSG_SPACE(sizeof(int))];
  struct iovec body = {.iov_base = name, .iov_len = sizeof name};
  struct msghdr message = {
      .msg_iov = &body, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  int leader = -1;
  /* The message follows at once; a peer that sends nothing is not waited for. */
  struct timeval second = {.tv_sec = 1};
  fcntl(from, F_SETFL, 0);
  setsockopt(from, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
  if (recvmsg(from, &message, MSG_CMSG_CLOEXEC) > 0) {
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header != NULL && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
      memcpy(&leader, CMSG_DATA(header), sizeof leader);
  }
  close(from);
  if (leader < 0) return;
  unlink(container->console_path);
  source_close(source);
  source_close(&container->output[0]);
  fcntl(leader, F_SETFL, O_NONBLOCK);
  source_open(&container->output[0], leader, 0, stdout_ready);
  watch(container);
}

static bool open_console(struct container *container) {
  struct address address;
  if (!address_unix(&address, container->console_path)) return false;
  make_parents(container->console_path);
  unlink(container->console_path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  if (bind(fd, (struct sockaddr *)&address.bytes, address.length) < 0 || listen(fd, 1) < 0) {
    close(fd);
    return false;
  }
  source_open(&container->console, fd, EPOLLIN, console_ready);
  return true;
}

static bool open_pipe(struct source *ours, int *theirs, bool output, void (*ready)(struct source *, uint32_t)) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return false;
  int mine = output ? 0 : 1;
  *theirs = ends[1 - mine];
  fcntl(ends[mine], F_SETFL, O_NONBLOCK);
  source_open(ours, ends[mine], 0, ready);
  return true;
}

static bool start_runtime(struct container *container, struct spawn *spawn, bool want_input) {
  bool opened = open_pipe(&container->output[0], &spawn->stdout_fd, true, stdout_ready) &&
                open_pipe(&container->output[1], &spawn->stderr_fd, true, stderr_ready) &&
                (container->tty || !want_input || open_pipe(&container->input, &spawn->stdin_fd, false, input_ready)) &&
                (!container->tty || open_console(container));
  pid_t pid = opened ? spawn_start(spawn) : -1;
  int failure = errno;
  int theirs[] = {spawn->stdin_fd, spawn->stdout_fd, spawn->stderr_fd};
  for (int i = 0; i < 3; i++)
    if (theirs[i] >= 0) close(theirs[i]);
  errno = failure;
  if (pid < 0) return false;
  child_watch(&container->runtime, pid, runtime_exited);
  return true;
}

static void starter_closed(struct conn *conn) { ((struct container *)conn->owner)->starter = NULL; }

static const struct conn_use starter_use = {.closed = starter_closed};

void op_container_run(struct conn *conn, const struct message *request) {
  const char *id = message_get(request, "id"), *log = message_get(request, "log");
  const char *pid_file = message_get(request, "pid_file"), *console = message_get(request, "console_socket");
  int64_t want_input, tty, keeps_early;
  if (id == NULL || !valid_id(id)) return reply_error(conn, "invalid", "id is missing or not an id");
  if (log == NULL || log[0] != '/' || pid_file == NULL || pid_file[0] != '/')
    return reply_error(conn, "invalid", "log and pid_file must be absolute paths");
  if (!message_number(request, "stdin", 0, 1, 0, &want_input) || !message_number(request, "tty", 0, 1, 0, &tty) ||
      !message_number(request, "keep_output", 0, 1, 0, &keeps_early) || (tty && console == NULL))
    return reply_error(conn, "invalid", "stdin, tty and keep_output are 0 or 1, and tty=1 needs console_socket");
  if (find(id) != NULL) return reply_error(conn, "conflict", "there is a container %s already", id);
  if (container_count >= CONTAINERS_MAX)
    return reply_error(conn, "exhausted", "%d containers are known already", CONTAINERS_MAX);
  struct spawn spawn;
  const char *wrong = spawn_from_request(&spawn, request);
  if (wrong != NULL) {
    spawn_free(&spawn);
    return reply_error(conn, "invalid", "%s", wrong);
  }
  struct container *container = calloc(1, sizeof *container);
  if (container == NULL) {
    spawn_free(&spawn);
    return reply_error(conn, "exhausted", "out of memory");
  }
  container_count++;
  container->console.fd = container->input.fd = container->output[0].fd = container->output[1].fd = -1;
  container->log.fd = -1;
  container->id = strdup(id);
  container->log_path = strdup(log);
  container->pid_file = strdup(pid_file);
  container->console_path = strdup(console != NULL ? console : "");
  container->tty = tty != 0;
  container->keeps_early = keeps_early != 0;
  container->next = containers;
  containers = container;
  unlink(pid_file);
  bool started = container->id != NULL && container->log_path != NULL && container->pid_file != NULL &&
                 container->console_path != NULL && start_runtime(container, &spawn, want_input != 0);
  int failure = errno;
  spawn_free(&spawn);
  container->starter = conn;
  if (!started) return start_failed(container, strerror(failure));
  conn_use(conn, &starter_use, container);
  timer_set(&container->deadline, RUNTIME_TIMEOUT_MS, runtime_hangs);
}

void op_container_list(struct conn *conn, const struct message *request) {
  (void)request;
  struct draft draft;
  draft_begin(&draft, "ok");
  for (struct container *container = containers; container != NULL; container = container->next) {
    static const char *const states[] = {"starting", "running", "exited"};
    char code[8] = "";
    if (container->state == EXITED) snprintf(code, sizeof code, "%d", exit_code(container->status));
    draft_add(&draft, "container=%s:%s:%d:%s:%lld:%lld", container->id, states[container->state], container->init.pid,
              code, (long long)container->started_ms, (long long)container->finished_ms);
  }
  reply_draft(conn, &draft, false);
}

static struct container *named(struct conn *conn, const struct message *request) {
  const char *id = message_get(request, "id");
  struct container *container = id != NULL ? find(id) : NULL;
  if (container == NULL)
    reply_error(conn, "not-found", "there is no container %.128s", id != NULL ? id : "without an id");
  return container;
}

void op_container_kill(struct conn *conn, const struct message *request) {
  const char *name = message_get(request, "signal");
  int number = name != NULL ? signal_number(name) : SIGTERM;
  if (number < 0) return reply_error(conn, "invalid", "signal is not a signal");
  struct container *container = named(conn, request);
  if (container == NULL) return;
  if (container->state == STARTING) return reply_error(conn, "conflict", "the container is not started yet");
  if (container->state == RUNNING) kill(container->init.pid, number);
  reply_ok(conn);
}

void op_container_forget(struct conn *conn, const struct message *request) {
  struct container *container = named(conn, request);
  if (container == NULL) return;
  if (container->state != EXITED) return reply_error(conn, "conflict", "the container has not ended");
  container_free(container);
  reply_ok(conn);
}

static void attached_closed(struct conn *conn) {
  struct container *container = conn->owner;
  for (int i = 0; i < ATTACHMENTS_MAX; i++)
    if (container->attached[i] == conn) container->attached[i] = NULL;
  container->sink.stdin_remaining = 0;
  watch(container);
}

static void attached_drained(struct conn *conn) { watch(conn->owner); }

static const struct conn_use attached_use = {
    .data = attached_data, .drained = attached_drained, .closed = attached_closed};

void op_container_attach(struct conn *conn, const struct message *request) {
  struct container *container = named(conn, request);
  if (container == NULL) return;
  if (container->state != RUNNING) return reply_error(conn, "conflict", "the container does not run");
  int slot = 0;
  while (slot < ATTACHMENTS_MAX && container->attached[slot] != NULL) slot++;
  if (slot == ATTACHMENTS_MAX)
    return reply_error(conn, "exhausted", "%d clients are attached already", ATTACHMENTS_MAX);
  struct draft draft;
  draft_begin(&draft, "ok");
  reply_draft(conn, &draft, true);
  conn_use(conn, &attached_use, container);
  container->attached[slot] = conn;
  if (container->keeps_early) {
    container->keeps_early = false;
    queue_push(&conn->out, queue_head(&container->early), container->early.length);
    queue_free(&container->early);
    conn_update(conn);
  }
  if (conn->in.length > 0) attached_data(conn);
}
