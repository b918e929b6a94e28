#include "daemon.h"

#include "../common/files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RETRY_FIRST_MS = 100, RETRY_MAX_MS = 5000, HOSTS_BYTES_MAX = 65536 };

struct connection {
  struct source source;
  struct timer timer;
  struct peer *peer;
  int64_t retry_ms;
  bool connected;
};

static void attempt(struct timer *timer);

static void again(struct connection *connection) {
  source_close(&connection->source);
  if (connection->connected) {
    connection->connected = false;
    connection->retry_ms = RETRY_FIRST_MS;
    if (--connection->peer->connected == 0 && connection->peer->changed != NULL)
      connection->peer->changed(connection->peer);
  }
  timer_set(&connection->timer, connection->retry_ms, attempt);
  connection->retry_ms = connection->retry_ms * 2 > RETRY_MAX_MS ? RETRY_MAX_MS : connection->retry_ms * 2;
}

static void ready(struct source *source, uint32_t events) {
  struct connection *connection = container_of(source, struct connection, source);
  (void)events;
  if (!connection->connected) {
    int failure = 0;
    socklen_t length = sizeof failure;
    getsockopt(source->fd, SOL_SOCKET, SO_ERROR, &failure, &length);
    if (failure != 0) {
      if (connection->peer->failed != NULL) connection->peer->failed(connection->peer, failure);
      return again(connection);
    }
    connection->connected = true;
    source_watch(source, EPOLLIN);
    if (++connection->peer->connected == 1 && connection->peer->changed != NULL)
      connection->peer->changed(connection->peer);
    return;
  }
  char dropped[512];
  ssize_t got = read(source->fd, dropped, sizeof dropped);
  if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) again(connection);
}

static void attempt(struct timer *timer) {
  struct connection *connection = container_of(timer, struct connection, timer);
  const struct address *address = &connection->peer->address;
  int fd = socket(address->bytes.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
  if (fd < 0) return again(connection);
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  int result = connect(fd, (const struct sockaddr *)&address->bytes, address->length);
  int failure = errno;
  source_open(&connection->source, fd, 0, ready);
  if (result < 0 && failure != EINPROGRESS) {
    if (connection->peer->failed != NULL) connection->peer->failed(connection->peer, failure);
    return again(connection);
  }
  source_watch(&connection->source, EPOLLOUT);
}

bool resolve(const char *host, int port, struct address *address) {
  if (address_make(address, host, port)) return true;
  char *hosts = read_text("/etc/hosts", HOSTS_BYTES_MAX), *line_rest = hosts;
  bool found = false;
  for (char *line; !found && hosts != NULL && (line = strsep(&line_rest, "\n")) != NULL;) {
    line[strcspn(line, "#")] = '\0';
    char *rest = line, *ip = strtok_r(rest, " \t", &rest);
    for (char *name; !found && ip != NULL && (name = strtok_r(NULL, " \t", &rest)) != NULL;)
      found = strcmp(name, host) == 0 && address_make(address, ip, port);
  }
  free(hosts);
  return found;
}

void peer_keep(struct peer *peer, const char *name, const char *host, int port, size_t count) {
  peer->name = name;
  if (!resolve(host, port, &peer->address)) {
    klog('W', "logging.go:55", "dial tcp: lookup %s: no such host", host);
    return;
  }
  struct connection *connections = calloc(count, sizeof *connections);
  if (connections == NULL) out_of_memory();
  for (size_t i = 0; i < count; i++) {
    connections[i] = (struct connection){.peer = peer, .retry_ms = RETRY_FIRST_MS, .source.fd = -1};
    attempt(&connections[i].timer);
  }
}
