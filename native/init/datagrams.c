#include "datagrams.h"

#include "../common/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { DATAGRAM_BYTES_MAX = 65535, BACKLOG_BYTES_MAX = 256 * 1024 };

struct datagrams {
  struct source stream, udp;
  struct queue to_stream, from_stream;
  void (*ended)(void);
};

static void finish(struct datagrams *both) {
  source_close(&both->stream);
  source_close(&both->udp);
  queue_free(&both->to_stream);
  queue_free(&both->from_stream);
  both->ended();
  free_later(both);
}

static void watch(struct datagrams *both) {
  source_watch(&both->stream, EPOLLIN | (both->to_stream.length > 0 ? EPOLLOUT : 0));
}

/* As with any datagram, one that cannot be sent is lost. */
static void send_datagrams(struct datagrams *both) {
  struct queue *queue = &both->from_stream;
  while (queue->length >= 2) {
    const unsigned char *head = (const unsigned char *)queue_head(queue);
    size_t length = (size_t)head[0] << 8 | head[1];
    if (queue->length < 2 + length) return;
    send(both->udp.fd, head + 2, length, MSG_NOSIGNAL);
    queue_drop(queue, 2 + length);
  }
}

static void stream_ready(struct source *source, uint32_t events) {
  struct datagrams *both = container_of(source, struct datagrams, stream);
  if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
    ssize_t got = queue_read(&both->from_stream, source->fd, DATAGRAM_BYTES_MAX);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return finish(both);
    send_datagrams(both);
  }
  if (!queue_write(&both->to_stream, source->fd)) return finish(both);
  watch(both);
}

static void udp_ready(struct source *source, uint32_t events) {
  struct datagrams *both = container_of(source, struct datagrams, udp);
  static unsigned char datagram[2 + DATAGRAM_BYTES_MAX];
  (void)events;
  /* An error (port unreachable) is taken here too; the client hears nothing, as from UDP. */
  ssize_t got = recv(source->fd, datagram + 2, DATAGRAM_BYTES_MAX, 0);
  if (got < 0) return;
  datagram[0] = (unsigned char)(got >> 8);
  datagram[1] = (unsigned char)got;
  if (both->to_stream.length < BACKLOG_BYTES_MAX) queue_push(&both->to_stream, datagram, 2 + (size_t)got);
  if (!queue_write(&both->to_stream, both->stream.fd)) return finish(both);
  watch(both);
}

bool datagrams_start(int stream, int udp, struct queue *to_stream, struct queue *from_stream, void (*ended)(void)) {
  struct datagrams *both = calloc(1, sizeof *both);
  if (both == NULL) return false;
  both->ended = ended;
  both->to_stream = *to_stream;
  both->from_stream = *from_stream;
  *to_stream = *from_stream = (struct queue){0};
  source_open(&both->stream, stream, EPOLLIN, stream_ready);
  source_open(&both->udp, udp, EPOLLIN, udp_ready);
  send_datagrams(both);
  watch(both);
  return true;
}
