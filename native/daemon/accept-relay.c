#include "../common/relay.h"

#include "daemon.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* A server behind the socket that restarts is waited for this long; its clients notice a pause, not an error. */
enum { WAIT_MS = 5000, RETRY_FIRST_MS = 20, RETRY_MAX_MS = 400, RELAYS_MAX = 4096 };

struct waiting {
  struct timer timer;
  const char *target;
  int fd;
  int64_t retry_ms, give_up_ms;
};

static size_t relays;

static void ended(struct relay *relay, void *context) {
  (void)relay, (void)context;
  relays--;
}

/* 1: relayed. 0: nobody listens yet. -1: it cannot be. */
static int relay_to(const char *target, int fd) {
  struct address address;
  struct queue none_a = {0}, none_b = {0};
  if (!address_unix(&address, target)) return -1;
  int upstream = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (upstream < 0) return 0;
  if (connect(upstream, (struct sockaddr *)&address.bytes, address.length) == 0 &&
      relay_start(fd, upstream, &none_a, &none_b, ended, NULL) != NULL)
    return 1;
  close(upstream);
  return 0;
}

static void give_up(int fd) {
  relays--;
  close(fd);
}

static void retry(struct timer *timer) {
  struct waiting *waiting = container_of(timer, struct waiting, timer);
  int outcome = relay_to(waiting->target, waiting->fd);
  if (outcome == 0 && monotonic_ms() < waiting->give_up_ms) {
    if (waiting->retry_ms < RETRY_MAX_MS) waiting->retry_ms *= 2;
    return timer_set(timer, waiting->retry_ms, retry);
  }
  if (outcome != 1) give_up(waiting->fd);
  free_later(waiting);
}

void accept_relay(struct server *server, int fd) {
  if (relays >= RELAYS_MAX) {
    close(fd);
    return;
  }
  relays++;
  if (relay_to(server->target, fd) == 1) return;
  struct waiting *waiting = calloc(1, sizeof *waiting);
  if (waiting == NULL) return give_up(fd);
  waiting->target = server->target;
  waiting->fd = fd;
  waiting->retry_ms = RETRY_FIRST_MS;
  waiting->give_up_ms = monotonic_ms() + WAIT_MS;
  timer_set(&waiting->timer, waiting->retry_ms, retry);
}
