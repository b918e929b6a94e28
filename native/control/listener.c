#include "listener.h"

#include "../common/address.h"
#include "../common/files.h"
#include "operations.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LISTEN_BACKLOG = 1024, PRIVATE_LISTEN_BACKLOG = 128, ACCEPT_PAUSE_MS = 100 };

struct listener {
  struct source source;
  struct timer pause;
  bool restricted;
};

static void accept_again(struct timer *timer) {
  source_watch(&container_of(timer, struct listener, pause)->source, EPOLLIN);
}

static void ready(struct source *source, uint32_t events) {
  struct listener *listener = container_of(source, struct listener, source);
  (void)events;
  size_t limit = listener->restricted ? PRIVATE_CONNECTIONS_MAX : CONNECTIONS_MAX;
  /* Past the limit the queue of the socket fills, and whoever connects waits. */
  int fd = conn_count() < limit ? accept4(source->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK) : -1;
  if (fd >= 0) return conn_open(fd, listener->restricted);
  source_watch(source, 0);
  timer_set(&listener->pause, ACCEPT_PAUSE_MS, accept_again);
}

bool listen_inherited(int fd) {
  static struct listener listener;
  int listening = 0;
  socklen_t length = sizeof listening;
  if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) < 0 || !listening) return false;
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  fcntl(fd, F_SETFL, O_NONBLOCK);
  source_open(&listener.source, fd, EPOLLIN, ready);
  return true;
}

bool listen_on(const char *path, bool restricted) {
  static struct listener listener;
  struct address address;
  listener.restricted = restricted;
  if (!address_unix(&address, path)) return false;
  make_parents(path);
  unlink(path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  mode_t before = umask(0177);
  bool bound = bind(fd, (struct sockaddr *)&address.bytes, address.length) == 0;
  umask(before);
  if (!bound || listen(fd, restricted ? PRIVATE_LISTEN_BACKLOG : LISTEN_BACKLOG) < 0) {
    close(fd);
    return false;
  }
  source_open(&listener.source, fd, EPOLLIN, ready);
  return true;
}
