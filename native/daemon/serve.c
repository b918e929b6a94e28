#include "daemon.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LISTEN_BACKLOG = 4096, ACCEPT_PAUSE_MS = 100, ACCEPTS_PER_ROUND = 16 };

static void accept_again(struct timer *timer) {
  source_watch(&container_of(timer, struct server, pause)->source, EPOLLIN);
}

static void ready(struct source *source, uint32_t events) {
  struct server *server = container_of(source, struct server, source);
  (void)events;
  for (int i = 0; i < ACCEPTS_PER_ROUND; i++) {
    int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)) {
      source_watch(source, 0);
      timer_set(&server->pause, ACCEPT_PAUSE_MS, accept_again);
    }
    if (fd < 0) return;
    server->accepted(server, fd);
  }
}

struct server *serve_fd(int fd, void (*accepted)(struct server *, int), const char *target) {
  struct server *server = calloc(1, sizeof *server);
  if (server == NULL) out_of_memory();
  server->accepted = accepted;
  server->target = target;
  source_open(&server->source, fd, EPOLLIN, ready);
  return server;
}

static bool is_any(const char *host) {
  return *host == '\0' || strcmp(host, "*") == 0 || strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
}

struct server *serve_tcp(const char *host, int port, void (*accepted)(struct server *, int), const char *target) {
  struct address address;
  int on = 1, off = 0, fd = -1;
  bool any = is_any(host);
  if (any) {
    address_make(&address, "::", port);
    fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  } else if (!address_make(&address, host, port)) {
    errno = EADDRNOTAVAIL;
    return NULL;
  }
  if (fd < 0) {
    /* No IPv6 in this kernel. */
    if (any) address_make(&address, "0.0.0.0", port);
    fd = socket(address.bytes.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  }
  if (fd < 0) return NULL;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* accepted sockets inherit it */
  if (bind(fd, (struct sockaddr *)&address.bytes, address.length) == 0 && listen(fd, LISTEN_BACKLOG) == 0)
    return serve_fd(fd, accepted, target);
  int failure = errno;
  close(fd);
  errno = failure;
  return NULL;
}

struct server *serve_unix(const char *path, void (*accepted)(struct server *, int), const char *target) {
  struct address address;
  if (!address_unix(&address, path)) return NULL;
  unlink(path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return NULL;
  mode_t before = umask(0117);
  bool bound = bind(fd, (struct sockaddr *)&address.bytes, address.length) == 0;
  umask(before);
  if (bound && listen(fd, LISTEN_BACKLOG) == 0) return serve_fd(fd, accepted, target);
  close(fd);
  return NULL;
}

bool split_url(const char *url, char *host, size_t host_size, int *port) {
  const char *scheme = strstr(url, "://");
  const char *at = scheme != NULL ? scheme + 3 : url;
  size_t length = strcspn(at, "/");
  const char *colon = memrchr(at, ':', length);
  if (colon == NULL) return false;
  char *end;
  long number = strtol(colon + 1, &end, 10);
  if (end != at + length || end == colon + 1 || number < 0 || number > 65535) return false;
  size_t host_length = (size_t)(colon - at);
  if (host_length > 1 && at[0] == '[' && colon[-1] == ']') at++, host_length -= 2;
  if (host_length >= host_size) return false;
  memcpy(host, at, host_length);
  host[host_length] = '\0';
  *port = (int)number;
  return true;
}
