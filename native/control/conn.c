#include "conn.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST_TIMEOUT_MS = 10000, FLUSH_TIMEOUT_MS = 30000, LINGER_MS = 2000 };

static size_t open_count;

size_t conn_count(void) { return open_count; }

static void conn_free(struct conn *conn) {
  source_close(&conn->source);
  queue_free(&conn->in);
  queue_free(&conn->out);
  timer_clear(&conn->deadline);
  open_count--;
  free_later(conn);
}

static void conn_lost(struct conn *conn) {
  const struct conn_use *use = conn->use;
  conn->use = NULL;
  source_close(&conn->source);
  if (use != NULL && use->closed != NULL) use->closed(conn);
  conn_free(conn);
}

static void timed_out(struct timer *timer) { conn_lost(container_of(timer, struct conn, deadline)); }

static void take_request(struct conn *conn) {
  struct message request;
  int taken = message_take(&conn->in, &request);
  if (taken == 0) return;
  timer_clear(&conn->deadline);
  if (taken < 0) {
    queue_free(&conn->in);
    reply_error(conn, "invalid", "not a request: a length up to %d and that many bytes of NUL-terminated strings",
                MESSAGE_BYTES_MAX);
    return;
  }
  operation_start(conn, &request);
  message_free(&request);
}

static const struct conn_use request_use = {.data = take_request};

/*
 * All is sent: the client closes. Closing first, while it still writes (the stdin of a command that has ended), would
 * give it a broken pipe before it has read the answer.
 */
static void linger(struct conn *conn) {
  shutdown(conn->source.fd, SHUT_WR);
  timer_set(&conn->deadline, LINGER_MS, timed_out);
  source_watch(&conn->source, EPOLLIN);
}

static bool client_has_closed(struct conn *conn) {
  char unwanted[4096];
  ssize_t got = read(conn->source.fd, unwanted, sizeof unwanted);
  return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
}

static void ready(struct source *source, uint32_t events) {
  struct conn *conn = container_of(source, struct conn, source);
  if (events & EPOLLOUT) {
    size_t before = conn->out.length;
    if (!queue_write(&conn->out, source->fd)) return conn_lost(conn);
    if (conn->ending && conn->out.length == 0) return linger(conn);
    if (conn->out.length < before && conn->use != NULL && conn->use->drained != NULL) {
      conn->use->drained(conn);
      if (source->fd < 0) return;
    }
  }
  if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
    if (conn->ending) {
      /* Nothing more is wanted from the client; only that it is gone matters, once it has all. */
      if ((events & (EPOLLHUP | EPOLLERR)) || (conn->out.length == 0 && client_has_closed(conn)))
        return conn_free(conn);
    } else if (conn->in.length < CONN_INPUT_BYTES_MAX) {
      ssize_t got = queue_read(&conn->in, source->fd, CONN_INPUT_BYTES_MAX - conn->in.length);
      if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return conn_lost(conn);
      if (got > 0 && conn->use != NULL && conn->use->data != NULL) {
        conn->use->data(conn);
        if (source->fd < 0) return;
      }
    }
  }
  conn_update(conn);
}

void conn_update(struct conn *conn) {
  if (conn->source.fd < 0) return;
  /*
   * Who waits for `drained` waits for the poll: only what was just added to an empty backlog is tried at once. Once the
   * poll is asked for, it alone writes: a backlog that went here would go without a word. What fails here fails there too.
   */
  bool polled = conn->source.events & EPOLLOUT;
  if (conn->out.length > 0 && conn->out.length < CONN_BACKLOG_BYTES && !conn->ending && !polled)
    queue_write(&conn->out, conn->source.fd);
  uint32_t events = 0;
  if (conn->ending ? conn->out.length == 0 : conn->in.length < CONN_INPUT_BYTES_MAX) events |= EPOLLIN;
  if (conn->out.length > 0) events |= EPOLLOUT;
  source_watch(&conn->source, events);
}

void conn_open(int fd, bool restricted) {
  struct conn *conn = calloc(1, sizeof *conn);
  if (conn == NULL) {
    close(fd);
    return;
  }
  conn->use = &request_use;
  conn->restricted = restricted;
  open_count++;
  source_open(&conn->source, fd, EPOLLIN, ready);
  timer_set(&conn->deadline, REQUEST_TIMEOUT_MS, timed_out);
}

void conn_use(struct conn *conn, const struct conn_use *use, void *owner) {
  conn->use = use;
  conn->owner = owner;
}

void conn_end(struct conn *conn) {
  conn->use = NULL;
  conn->ending = true;
  queue_free(&conn->in);
  timer_set(&conn->deadline, FLUSH_TIMEOUT_MS, timed_out);
  if (!queue_write(&conn->out, conn->source.fd)) return conn_free(conn);
  if (conn->out.length == 0) return linger(conn);
  conn_update(conn);
}

int conn_detach(struct conn *conn, struct queue *in, struct queue *out) {
  *in = conn->in;
  *out = conn->out;
  conn->in = conn->out = (struct queue){0};
  int fd = source_release(&conn->source);
  conn_free(conn);
  return fd;
}

void reply_draft(struct conn *conn, struct draft *draft, bool keep) {
  if (!draft_end(draft, &conn->out)) {
    queue_free(&conn->out);
    draft_begin(draft, "error");
    draft_add(draft, "code=internal");
    draft_add(draft, "message=the answer does not fit");
    draft_end(draft, &conn->out);
    keep = false;
  }
  if (keep)
    conn_update(conn);
  else
    conn_end(conn);
}

void reply_ok(struct conn *conn) {
  struct draft draft;
  draft_begin(&draft, "ok");
  reply_draft(conn, &draft, false);
}

void reply_error(struct conn *conn, const char *code, const char *format, ...) {
  char *text = NULL;
  va_list arguments;
  va_start(arguments, format);
  if (vasprintf(&text, format, arguments) < 0) text = NULL;
  va_end(arguments);
  struct draft draft;
  draft_begin(&draft, "error");
  draft_add(&draft, "code=%s", code);
  draft_add(&draft, "message=%s", text != NULL ? text : code);
  free(text);
  reply_draft(conn, &draft, false);
}
