#include "../common/address.h"
#include "../common/loop.h"
#include "../common/queue.h"
#include "outside.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { QUERIES_MAX = 256, QUERY_BYTES_MAX = 1500, ANSWER_BYTES_MAX = 4096, DEADLINE_MS = 5000, QUERIES_PER_ROUND = 32 };

struct query {
  struct source source;
  struct timer deadline;
  struct queue in, out;
  int listener;
  struct sockaddr_storage client;
  socklen_t client_length;
};

struct listener {
  struct source source;
  const char *target;
};

static size_t queries;

static void query_end(struct query *query) {
  source_close(&query->source);
  timer_clear(&query->deadline);
  queue_free(&query->in);
  queue_free(&query->out);
  queries--;
  free_later(query);
}

static void too_late(struct timer *timer) { query_end(container_of(timer, struct query, deadline)); }

static void answered(struct source *source, uint32_t events) {
  struct query *query = container_of(source, struct query, source);
  if (events & EPOLLOUT) {
    if (!queue_write(&query->out, source->fd)) return query_end(query);
    if (query->out.length == 0) source_watch(source, EPOLLIN);
  }
  if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR))) return;
  ssize_t got = queue_read(&query->in, source->fd, ANSWER_BYTES_MAX);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  const unsigned char *bytes = (const unsigned char *)queue_head(&query->in);
  size_t length = query->in.length >= 2 ? (size_t)bytes[0] << 8 | bytes[1] : ANSWER_BYTES_MAX + 1;
  if (query->in.length >= 2 && query->in.length >= 2 + length) {
    sendto(query->listener, bytes + 2, length, MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&query->client,
           query->client_length);
    return query_end(query);
  }
  if (got <= 0 || query->in.length > ANSWER_BYTES_MAX) query_end(query);
}

/* What cannot be asked now is dropped, as by a busy server: the client asks again. */
static void ask(struct listener *listener, const char *question, size_t length, struct query *query) {
  struct address address;
  unsigned char head[2] = {(unsigned char)(length >> 8), (unsigned char)length};
  int fd = address_unix(&address, listener->target) ? socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0) : -1;
  if (fd < 0 || connect(fd, (struct sockaddr *)&address.bytes, address.length) < 0 || !queue_push(&query->out, head, 2) ||
      !queue_push(&query->out, question, length)) {
    if (fd >= 0) close(fd);
    queue_free(&query->out);
    free(query);
    return;
  }
  queries++;
  source_open(&query->source, fd, EPOLLIN | EPOLLOUT, answered);
  timer_set(&query->deadline, DEADLINE_MS, too_late);
}

static void ready(struct source *source, uint32_t events) {
  struct listener *listener = container_of(source, struct listener, source);
  (void)events;
  for (int i = 0; i < QUERIES_PER_ROUND; i++) {
    char question[QUERY_BYTES_MAX];
    struct query *query = queries < QUERIES_MAX ? calloc(1, sizeof *query) : NULL;
    struct sockaddr_storage client;
    socklen_t client_length = sizeof client;
    ssize_t got = recvfrom(source->fd, question, sizeof question, 0, (struct sockaddr *)&client, &client_length);
    if (got <= 0 || query == NULL) {
      free(query);
      if (got < 0) return;
      continue;
    }
    query->listener = source->fd;
    query->client = client;
    query->client_length = client_length;
    ask(listener, question, (size_t)got, query);
  }
}

void relay_datagrams(int fd, const char *target) {
  struct listener *listener = calloc(1, sizeof *listener);
  if (listener == NULL) exit(1);
  listener->target = target;
  source_open(&listener->source, fd, EPOLLIN, ready);
}
