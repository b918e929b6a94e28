#include "../common/relay.h"

#include "daemon.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * docker-proxy: holds a published port of the host, and carries the TCP connections that no DNAT rule of the container's
 * takes there: those to the loopback.
 */
enum { RELAYS_MAX = 512, BACKLOG = 4096 };

static const char known[] = "container-ip container-port host-ip host-port proto use-listen-fd ";
static struct address container;
static size_t relays;

static void unknown(const char *argument) {
  dprintf(2, "flag provided but not defined: %s\n", argument);
  exit(2);
}

static void ended(struct relay *relay, void *context) {
  (void)relay, (void)context;
  relays--;
}

static void accepted(struct server *server, int fd) {
  struct queue none_a = {0}, none_b = {0};
  (void)server;
  int upstream = relays < RELAYS_MAX ? socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0) : -1;
  if (upstream >= 0 &&
      (connect(upstream, (struct sockaddr *)&container.bytes, container.length) == 0 || errno == EINPROGRESS) &&
      relay_start(fd, upstream, &none_a, &none_b, ended, NULL) != NULL) {
    relays++;
    return;
  }
  if (upstream >= 0) close(upstream);
  close(fd);
}

/* Of one family only, as the two proxies of a port share it. -1 with errno. */
static int bind_host(const char *host, int port, int type) {
  struct address address;
  int on = 1;
  if (!address_make(&address, host, port)) {
    errno = EADDRNOTAVAIL;
    return -1;
  }
  int fd = socket(address.bytes.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  if (address.bytes.ss_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (type == SOCK_STREAM) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, (struct sockaddr *)&address.bytes, address.length) == 0 && (type != SOCK_STREAM || listen(fd, BACKLOG) == 0))
    return fd;
  int failure = errno;
  close(fd);
  errno = failure;
  return -1;
}

int run_docker_proxy(const struct flags *flags) {
  flags_check(flags, known, unknown);
  const char *proto = flag(flags, "proto", "tcp"), *host = flag(flags, "host-ip", "");
  int port = flag_port(flags, "host-port", -1);
  bool is_tcp = strcmp(proto, "tcp") == 0;
  int fd = bind_host(host, port, is_tcp ? SOCK_STREAM : SOCK_DGRAM);
  if (fd < 0 || !address_make(&container, flag(flags, "container-ip", ""), flag_port(flags, "container-port", -1))) {
    dprintf(2, "failed to listen on %s:%d/%s: %s\n", host, port, proto, strerror(errno));
    return 1;
  }
  if (is_tcp) serve_fd(fd, accepted, NULL);
  loop_run();
  return 0;
}
