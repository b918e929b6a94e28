#include "relay.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { BACKLOG_BYTES_MAX = 64 * 1024 };

static struct relay_end *other(struct relay_end *end) {
  return end == &end->relay->ends[0] ? &end->relay->ends[1] : &end->relay->ends[0];
}

static void finish(struct relay *relay) {
  for (int i = 0; i < 2; i++) {
    source_close(&relay->ends[i].source);
    queue_free(&relay->ends[i].out);
  }
  if (relay->ended != NULL) relay->ended(relay, relay->context);
  free_later(relay);
}

/* False when the end is broken. */
static bool flush(struct relay_end *end) {
  if (!queue_write(&end->out, end->source.fd)) return false;
  if (end->out.length == 0 && other(end)->read_ended && !end->write_ended) {
    end->write_ended = true;
    shutdown(end->source.fd, SHUT_WR);
  }
  return true;
}

static void watch(struct relay_end *end) {
  uint32_t events = 0;
  if (!end->read_ended && other(end)->out.length < BACKLOG_BYTES_MAX) events |= EPOLLIN;
  if (end->out.length > 0) events |= EPOLLOUT;
  source_watch(&end->source, events);
}

static void settle(struct relay *relay) {
  if (!flush(&relay->ends[0]) || !flush(&relay->ends[1])) return finish(relay);
  if (relay->ends[0].write_ended && relay->ends[1].write_ended) return finish(relay);
  watch(&relay->ends[0]);
  watch(&relay->ends[1]);
}

static void ready(struct source *source, uint32_t events) {
  struct relay_end *end = container_of(source, struct relay_end, source);
  if (!end->read_ended && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) &&
      other(end)->out.length < BACKLOG_BYTES_MAX) {
    ssize_t got = queue_read(&other(end)->out, source->fd, BACKLOG_BYTES_MAX);
    if (got == 0) end->read_ended = true;
    if (got < 0 && errno != EAGAIN && errno != EINTR) return finish(end->relay);
  }
  settle(end->relay);
}

struct relay *relay_start(int a, int b, struct queue *to_a, struct queue *to_b,
                          void (*ended)(struct relay *, void *), void *context) {
  struct relay *relay = calloc(1, sizeof *relay);
  if (relay == NULL) return NULL;
  relay->ended = ended;
  relay->context = context;
  relay->ends[0].out = *to_a;
  relay->ends[1].out = *to_b;
  *to_a = *to_b = (struct queue){0};
  relay->ends[0].relay = relay->ends[1].relay = relay;
  source_open(&relay->ends[0].source, a, EPOLLIN, ready);
  source_open(&relay->ends[1].source, b, EPOLLIN, ready);
  if (relay->ends[0].out.length > 0) source_watch(&relay->ends[0].source, EPOLLIN | EPOLLOUT);
  if (relay->ends[1].out.length > 0) source_watch(&relay->ends[1].source, EPOLLIN | EPOLLOUT);
  return relay;
}
