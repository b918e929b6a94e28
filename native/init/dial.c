#include "../common/address.h"
#include "../common/relay.h"
#include "datagrams.h"
#include "netns-socket.h"
#include "operations.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A connection on its way: first the socket (from another namespace), then the connect. */
struct dial {
  struct conn *conn;
  struct source source;
  struct timer deadline;
  struct address address;
  bool datagrams;
};

/* Dials on their way and connections made. */
static size_t dial_count;

static void ended(void) { dial_count--; }

static void relay_ended(struct relay *relay, void *context) {
  (void)relay, (void)context;
  ended();
}

static void dial_free(struct dial *dial) {
  source_close(&dial->source);
  timer_clear(&dial->deadline);
  free_later(dial);
}

static void fail(struct dial *dial, int failure) {
  struct conn *conn = dial->conn;
  const char *code = failure == ECONNREFUSED                              ? "refused"
                     : failure == ETIMEDOUT                               ? "timeout"
                     : failure == ENETUNREACH || failure == EHOSTUNREACH ? "unreachable"
                     : failure == ENOENT                                  ? "not-found"
                                                                          : "unavailable";
  dial_free(dial);
  ended();
  reply_error(conn, code, "%s", strerror(failure));
}

static void timed_out(struct timer *timer) { fail(container_of(timer, struct dial, deadline), ETIMEDOUT); }

static void client_closed(struct conn *conn) {
  dial_free(conn->owner);
  ended();
}

static const struct conn_use dial_use = {.closed = client_closed};

static void connected(struct dial *dial) {
  struct conn *conn = dial->conn;
  int fd = source_release(&dial->source);
  bool datagrams = dial->datagrams;
  dial_free(dial);
  struct draft draft;
  draft_begin(&draft, "ok");
  draft_end(&draft, &conn->out);
  struct queue from_client, to_client;
  int client = conn_detach(conn, &from_client, &to_client);
  bool started = datagrams ? datagrams_start(client, fd, &to_client, &from_client, ended)
                           : relay_start(client, fd, &to_client, &from_client, relay_ended, NULL) != NULL;
  if (started) return;
  ended();
  queue_free(&from_client);
  queue_free(&to_client);
  close(client);
  close(fd);
}

static void connect_ready(struct source *source, uint32_t events) {
  struct dial *dial = container_of(source, struct dial, source);
  int failure = 0;
  socklen_t length = sizeof failure;
  (void)events;
  getsockopt(source->fd, SOL_SOCKET, SO_ERROR, &failure, &length);
  if (failure != 0) return fail(dial, failure);
  connected(dial);
}

static void start_connect(struct dial *dial, int fd) {
  int on = 1;
  if (dial->address.bytes.ss_family != AF_UNIX && !dial->datagrams)
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  int result = connect(fd, (struct sockaddr *)&dial->address.bytes, dial->address.length);
  int failure = errno;
  source_open(&dial->source, fd, 0, connect_ready);
  if (result == 0) return connected(dial);
  if (failure != EINPROGRESS) return fail(dial, failure);
  source_watch(&dial->source, EPOLLOUT);
}

static void socket_arrived(struct source *source, uint32_t events) {
  struct dial *dial = container_of(source, struct dial, source);
  (void)events;
  int fd = netns_socket_receive(source->fd);
  int failure = errno;
  source_close(source);
  if (fd < 0) return fail(dial, failure);
  start_connect(dial, fd);
}

void op_dial(struct conn *conn, const struct message *request) {
  const char *network = message_get(request, "network"), *text = message_get(request, "address");
  const char *netns = message_get(request, "netns");
  int64_t timeout_ms;
  struct address address;
  if (network == NULL) network = "tcp";
  bool local = strcmp(network, "unix") == 0, datagrams = strcmp(network, "udp") == 0;
  if (!local && !datagrams && strcmp(network, "tcp") != 0)
    return reply_error(conn, "invalid", "network is tcp, udp or unix");
  if (!message_number(request, "timeout_ms", 1, 600000, 5000, &timeout_ms))
    return reply_error(conn, "invalid", "timeout_ms is out of range");
  if (text == NULL || !(local ? address_unix(&address, text) : address_parse(&address, text)))
    return reply_error(conn, "invalid", "address is an IP address and port, or a path for network=unix");
  if (dial_count >= DIALS_MAX) return reply_error(conn, "exhausted", "%d connections are dialled already", DIALS_MAX);
  struct dial *dial = calloc(1, sizeof *dial);
  if (dial == NULL) return reply_error(conn, "exhausted", "out of memory");
  dial_count++;
  dial->conn = conn;
  dial->address = address;
  dial->datagrams = datagrams;
  dial->source.fd = -1;
  conn_use(conn, &dial_use, dial);
  timer_set(&dial->deadline, timeout_ms, timed_out);
  int type = (datagrams ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;
  bool elsewhere = netns != NULL && !local;
  int fd = elsewhere ? netns_socket_request(netns, address.bytes.ss_family, type)
                     : socket(address.bytes.ss_family, type, 0);
  if (fd < 0) return fail(dial, errno);
  if (elsewhere)
    source_open(&dial->source, fd, EPOLLIN, socket_arrived);
  else
    start_connect(dial, fd);
}
