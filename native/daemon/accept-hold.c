#include "daemon.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static void ready(struct source *source, uint32_t events) {
  char dropped[512];
  (void)events;
  ssize_t got = read(source->fd, dropped, sizeof dropped);
  if (got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR))) return;
  source_close(source);
  free_later(source);
}

void accept_hold(struct server *server, int fd) {
  (void)server;
  struct source *source = calloc(1, sizeof *source);
  if (source == NULL) {
    close(fd);
    return;
  }
  source_open(source, fd, EPOLLIN, ready);
}
