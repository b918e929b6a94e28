#include "../control/spawn.h"
#include "operations.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * Of the last RING_BYTES of output, UNSENT_BYTES_MAX at most are not sent yet, so the rest can be sent again to a client
 * that comes back.
 */
enum {
  RING_BYTES = 1024 * 1024,
  UNSENT_BYTES_MAX = 512 * 1024,
  IN_FLIGHT_BYTES = 64 * 1024,
  INPUT_BYTES_MAX = 64 * 1024,
  CHUNK_BYTES = 16384,
  HANG_UP_GRACE_MS = 500,
  /*
   * A PTY gives at most 4 KiB at a time, and each piece wakes every process on its way to the browser. The first piece
   * after a pause goes at once; those within GATHER_MS of it go together, or when they are GATHER_BYTES.
   */
  GATHER_MS = 1,
  GATHER_BYTES = 32 * 1024,
};

struct shell {
  char *id;
  struct conn *conn; /* NULL: nobody is attached */
  struct child child;
  struct source pty;
  struct queue input;
  struct timer hang_up, gather;
  char *ring;
  /* Absolute offsets: of the byte after the last one, and of the next one for the client. */
  uint64_t end, sent;
  bool exited, removed;
  int status;
  struct shell *next;
};

static struct shell *shells;
static size_t shell_count;

static struct shell *find(const char *id) {
  for (struct shell *shell = shells; shell != NULL; shell = shell->next)
    if (strcmp(shell->id, id) == 0) return shell;
  return NULL;
}

static void shell_free(struct shell *shell) {
  source_close(&shell->pty);
  timer_clear(&shell->hang_up);
  timer_clear(&shell->gather);
  queue_free(&shell->input);
  munmap(shell->ring, RING_BYTES);
  free(shell->id);
  shell_count--;
  free_later(shell);
}

static void unlink_shell(struct shell *shell) {
  for (struct shell **at = &shells; *at != NULL; at = &(*at)->next)
    if (*at == shell) {
      *at = shell->next;
      return;
    }
}

static uint64_t oldest(const struct shell *shell) {
  return shell->end > RING_BYTES ? shell->end - RING_BYTES : 0;
}

/* Bytes that no client has been given, or that still wait in the connection's queue. */
static uint64_t unsent(const struct shell *shell) {
  return shell->end - shell->sent + (shell->conn != NULL ? shell->conn->out.length : 0);
}

static void detach(struct shell *shell) {
  struct conn *conn = shell->conn;
  if (conn == NULL) return;
  uint64_t waiting = conn->out.length;
  shell->conn = NULL;
  shell->sent -= waiting < shell->sent ? waiting : shell->sent;
  if (shell->sent < oldest(shell)) shell->sent = oldest(shell);
}

static void send_output(struct shell *shell) {
  struct conn *conn = shell->conn;
  if (conn == NULL) return;
  while (shell->sent < shell->end && conn->out.length < IN_FLIGHT_BYTES) {
    size_t at = shell->sent % RING_BYTES;
    size_t some = RING_BYTES - at < CHUNK_BYTES ? RING_BYTES - at : CHUNK_BYTES;
    if (some > shell->end - shell->sent) some = shell->end - shell->sent;
    if (!queue_push(&conn->out, shell->ring + at, some)) break;
    shell->sent += some;
  }
  if (shell->sent == shell->end && shell->exited && shell->pty.fd < 0) {
    shell->conn = NULL;
    conn_end(conn);
  } else {
    conn_update(conn);
  }
}

static void read_output(struct shell *shell) {
  while (shell->pty.fd >= 0 && unsent(shell) < UNSENT_BYTES_MAX) {
    size_t at = shell->end % RING_BYTES;
    size_t room = RING_BYTES - at < CHUNK_BYTES ? RING_BYTES - at : CHUNK_BYTES;
    ssize_t got = read(shell->pty.fd, shell->ring + at, room);
    if (got > 0) {
      shell->end += (uint64_t)got;
      if (!shell->exited) return; /* the loop comes back; others get their turn */
    } else if (got == 0 || (errno != EINTR && (errno != EAGAIN || shell->exited))) {
      source_close(&shell->pty);
    } else {
      return;
    }
  }
}

static void watch(struct shell *shell) {
  uint32_t events = unsent(shell) < UNSENT_BYTES_MAX ? EPOLLIN : 0;
  if (shell->input.length > 0) events |= EPOLLOUT;
  source_watch(&shell->pty, events);
}

static void send_gathered(struct shell *shell);

static void gather_over(struct timer *timer) {
  struct shell *shell = container_of(timer, struct shell, gather);
  send_gathered(shell);
  watch(shell);
}

static void send_gathered(struct shell *shell) {
  uint64_t before = shell->sent;
  send_output(shell);
  if (shell->sent > before) timer_set(&shell->gather, GATHER_MS, gather_over);
}

static void pump(struct shell *shell) {
  read_output(shell);
  bool gathering = shell->gather.set && shell->pty.fd >= 0 && !shell->exited;
  if (!gathering || shell->end - shell->sent >= GATHER_BYTES) send_gathered(shell);
  watch(shell);
}

/* False when nothing was taken: the terminal takes no more for now. */
static void take_input(struct shell *shell) {
  struct conn *conn = shell->conn;
  while (conn != NULL && conn->in.length > 0 && shell->input.length < INPUT_BYTES_MAX) {
    size_t some = INPUT_BYTES_MAX - shell->input.length;
    if (some > conn->in.length) some = conn->in.length;
    if (!queue_push(&shell->input, queue_head(&conn->in), some)) return;
    queue_drop(&conn->in, some);
    if (shell->pty.fd < 0 || shell->exited || !queue_write(&shell->input, shell->pty.fd)) queue_free(&shell->input);
  }
}

static void pty_ready(struct source *source, uint32_t events) {
  struct shell *shell = container_of(source, struct shell, pty);
  if (events & EPOLLOUT) {
    if (!queue_write(&shell->input, source->fd)) queue_free(&shell->input);
    take_input(shell);
  }
  pump(shell);
}

static void client_data(struct conn *conn) {
  take_input(conn->owner);
  watch(conn->owner);
}

static void client_drained(struct conn *conn) { pump(conn->owner); }

static void client_closed(struct conn *conn) {
  struct shell *shell = conn->owner;
  detach(shell);
  watch(shell);
}

static const struct conn_use shell_use = {.data = client_data, .drained = client_drained, .closed = client_closed};

static void exited(struct child *child, int status) {
  struct shell *shell = container_of(child, struct shell, child);
  shell->exited = true;
  shell->status = status;
  if (shell->removed) return shell_free(shell);
  pump(shell);
  events_changed();
}

static void kill_group(struct timer *timer) {
  struct shell *shell = container_of(timer, struct shell, hang_up);
  if (!shell->exited) kill(-shell->child.pid, SIGKILL);
}

static void hang_up(struct shell *shell) {
  source_close(&shell->pty);
  if (shell->exited) return;
  kill(-shell->child.pid, SIGHUP);
  kill(-shell->child.pid, SIGCONT);
  timer_set(&shell->hang_up, HANG_UP_GRACE_MS, kill_group);
}

static void remove_shell(struct shell *shell) {
  struct conn *conn = shell->conn;
  shell->conn = NULL;
  unlink_shell(shell);
  shell->removed = true;
  hang_up(shell);
  if (shell->exited) shell_free(shell);
  if (conn != NULL) conn_end(conn);
  events_changed();
}

/* Makes room for a new shell out of one that has ended and that nobody looks at. */
static void evict_one(void) {
  struct shell *last = NULL;
  for (struct shell *shell = shells; shell != NULL; shell = shell->next)
    if (shell->exited && shell->conn == NULL) last = shell;
  if (last != NULL) remove_shell(last);
}

static struct shell *create(const char *id, const struct spawn *wanted, int cols, int rows) {
  struct spawn spawn = *wanted;
  struct shell *shell = calloc(1, sizeof *shell);
  if (shell == NULL) return NULL;
  shell->ring = mmap(NULL, RING_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  shell->id = strdup(id);
  int leader = -1;
  if (shell->ring == MAP_FAILED || shell->id == NULL || !pty_open(&leader, &spawn.tty_fd, cols, rows)) goto failed;
  pid_t pid = spawn_start(&spawn);
  int failure = errno;
  close(spawn.tty_fd);
  errno = failure;
  if (pid < 0) goto failed;
  source_open(&shell->pty, leader, EPOLLIN, pty_ready);
  child_watch(&shell->child, pid, exited);
  shell_count++;
  shell->next = shells;
  shells = shell;
  events_changed();
  return shell;
failed:
  if (leader >= 0) close(leader);
  if (shell->ring != MAP_FAILED) munmap(shell->ring, RING_BYTES);
  free(shell->id);
  free(shell);
  return NULL;
}

static void attach(struct shell *shell, struct conn *conn, uint64_t from, bool created) {
  struct conn *former = shell->conn;
  detach(shell);
  if (former != NULL) {
    queue_free(&former->out);
    conn_end(former);
  }
  shell->sent = from < oldest(shell) ? oldest(shell) : from > shell->end ? shell->end : from;
  struct draft draft;
  draft_begin(&draft, "ok");
  draft_add(&draft, "offset=%llu", (unsigned long long)shell->sent);
  draft_add(&draft, "created=%d", created);
  reply_draft(conn, &draft, true);
  shell->conn = conn;
  conn_use(conn, &shell_use, shell);
  take_input(shell);
  pump(shell);
}

void op_shell(struct conn *conn, const struct message *request) {
  const char *id = message_get(request, "id");
  int64_t from, cols, rows;
  if (id == NULL || !valid_id(id)) return reply_error(conn, "invalid", "id is missing or not an id");
  if (!message_number(request, "from", 0, INT64_MAX, 0, &from) ||
      !message_number(request, "cols", 1, 1000, 80, &cols) || !message_number(request, "rows", 1, 1000, 24, &rows))
    return reply_error(conn, "invalid", "from, cols or rows is out of range");
  struct shell *shell = find(id);
  if (shell != NULL) {
    if (message_get(request, "cols") != NULL && shell->pty.fd >= 0) pty_resize(shell->pty.fd, (int)cols, (int)rows);
    return attach(shell, conn, (uint64_t)from, false);
  }
  if (shell_count >= SHELLS_MAX) evict_one();
  if (shell_count >= SHELLS_MAX) return reply_error(conn, "exhausted", "%d shells are open already", SHELLS_MAX);
  struct spawn spawn;
  const char *wrong = spawn_from_request(&spawn, request);
  if (wrong == NULL) shell = create(id, &spawn, (int)cols, (int)rows);
  int failure = errno;
  spawn_free(&spawn);
  errno = failure;
  if (wrong != NULL) return reply_error(conn, "invalid", "%s", wrong);
  if (shell == NULL) return reply_error(conn, "exhausted", "cannot start a shell: %m");
  attach(shell, conn, 0, true);
}

static struct shell *named(struct conn *conn, const struct message *request) {
  const char *id = message_get(request, "id");
  struct shell *shell = id != NULL ? find(id) : NULL;
  if (shell == NULL) reply_error(conn, "not-found", "there is no shell %.64s", id != NULL ? id : "without an id");
  return shell;
}

void op_shell_resize(struct conn *conn, const struct message *request) {
  int64_t cols, rows;
  if (!message_number(request, "cols", 1, 1000, 80, &cols) || !message_number(request, "rows", 1, 1000, 24, &rows))
    return reply_error(conn, "invalid", "cols or rows is out of range");
  struct shell *shell = named(conn, request);
  if (shell == NULL) return;
  if (shell->pty.fd >= 0) pty_resize(shell->pty.fd, (int)cols, (int)rows);
  reply_ok(conn);
}

void op_shell_list(struct conn *conn, const struct message *request) {
  (void)request;
  struct draft draft;
  draft_begin(&draft, "ok");
  for (struct shell *shell = shells; shell != NULL; shell = shell->next)
    if (shell->exited)
      draft_add(&draft, "shell=%s:exited:%d:%llu", shell->id, exit_code(shell->status), (unsigned long long)shell->end);
    else
      draft_add(&draft, "shell=%s:running::%llu", shell->id, (unsigned long long)shell->end);
  reply_draft(conn, &draft, false);
}

void op_shell_close(struct conn *conn, const struct message *request) {
  struct shell *shell = named(conn, request);
  if (shell == NULL) return;
  remove_shell(shell);
  reply_ok(conn);
}

void shells_hang_up(void) {
  for (struct shell *shell = shells; shell != NULL; shell = shell->next) hang_up(shell);
}
