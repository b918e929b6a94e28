#include "../common/address.h"
#include "../common/relay.h"
#include "outside.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RELAYS_MAX = 512, ACCEPTS_PER_ROUND = 16, ACCEPT_PAUSE_MS = 100 };

struct listener {
  struct source source;
  struct timer pause;
  const char *target;
};

static size_t relays;

static void ended(struct relay *relay, void *context) {
  (void)relay, (void)context;
  relays--;
}

static void start(int fd, const char *target) {
  struct address address;
  struct queue none_a = {0}, none_b = {0};
  int upstream = -1;
  if (relays < RELAYS_MAX && address_unix(&address, target))
    upstream = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (upstream >= 0 && connect(upstream, (struct sockaddr *)&address.bytes, address.length) == 0 &&
      relay_start(fd, upstream, &none_a, &none_b, ended, NULL) != NULL) {
    relays++;
    return;
  }
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
    start(fd, listener->target);
  }
}

void relay_streams(int fd, const char *target) {
  struct listener *listener = calloc(1, sizeof *listener);
  if (listener == NULL) exit(1);
  listener->target = target;
  source_open(&listener->source, fd, EPOLLIN, ready);
}
