#include "../common/address.h"
#include "../common/relay.h"
#include "outside.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RELAYS_MAX = 512, ACCEPTS_PER_ROUND = 16, ACCEPT_PAUSE_MS = 100 };

struct listener {
  struct source source;
  struct timer pause;
  const char *target;
  const struct network *network;
};

static size_t relays;

static void ended(struct relay *relay, void *context) {
  (void)relay, (void)context;
  relays--;
}

/* An end of the connection; false when that is not IPv4. */
static bool end_of(int fd, int (*name)(int, struct sockaddr *restrict, socklen_t *restrict), struct sockaddr_in *end) {
  socklen_t length = sizeof *end;
  return name(fd, (struct sockaddr *)end, &length) == 0 && end->sin_family == AF_INET;
}

/* Puts the line before what the client sends; false for a connection to somewhere else. */
static bool announce(int fd, const struct network *network, struct queue *queue) {
  struct sockaddr_in from, to;
  char from_text[INET_ADDRSTRLEN], to_text[INET_ADDRSTRLEN], line[108];
  if (!end_of(fd, getpeername, &from) || !end_of(fd, getsockname, &to)) return false;
  if ((to.sin_addr.s_addr & network->mask) != network->address) return false;
  inet_ntop(AF_INET, &from.sin_addr, from_text, sizeof from_text);
  inet_ntop(AF_INET, &to.sin_addr, to_text, sizeof to_text);
  int length = snprintf(line, sizeof line, "PROXY TCP4 %s %s %d %d\r\n", from_text, to_text, ntohs(from.sin_port),
                        ntohs(to.sin_port));
  return queue_push(queue, line, (size_t)length);
}

/* Closes it as a port does that nobody listens on, as far as that is still possible. */
static void reset(int fd) {
  struct linger at_once = {.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(fd);
}

static void start(int fd, const struct listener *listener) {
  struct address address;
  struct queue to_client = {0}, to_upstream = {0};
  int upstream = -1;
  if (listener->network != NULL && !announce(fd, listener->network, &to_upstream)) return reset(fd);
  if (relays < RELAYS_MAX && address_unix(&address, listener->target))
    upstream = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (upstream >= 0 && connect(upstream, (struct sockaddr *)&address.bytes, address.length) == 0 &&
      relay_start(fd, upstream, &to_client, &to_upstream, ended, NULL) != NULL) {
    relays++;
    return;
  }
  queue_free(&to_upstream);
  if (upstream >= 0) close(upstream);
  close(fd);
}

static void accept_again(struct timer *timer) {
  source_watch(&container_of(timer, struct listener, pause)->source, EPOLLIN);
}

static void ready(struct source *source, uint32_t events) {
  struct listener *listener = container_of(source, struct listener, source);
  (void)events;
  for (int i = 0; i < ACCEPTS_PER_ROUND; i++) {
    int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)) {
      source_watch(source, 0);
      timer_set(&listener->pause, ACCEPT_PAUSE_MS, accept_again);
    }
    if (fd < 0) return;
    start(fd, listener);
  }
}

void relay_streams(int fd, const char *target, const struct network *network) {
  struct listener *listener = calloc(1, sizeof *listener);
  if (listener == NULL) exit(1);
  listener->target = target;
  listener->network = network;
  source_open(&listener->source, fd, EPOLLIN, ready);
}
