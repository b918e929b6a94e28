#include "dns.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EXCHANGES_MAX = 1024, MESSAGE_BYTES_MAX = 65535 };

struct exchange {
  struct source source;
  struct timer deadline;
  uint32_t call;
  char protocol;
  bool connected;
  char address[128];
  unsigned char id[2];
  struct queue in, out;
  struct exchange *next, *before;
};

static struct exchange *first;
static size_t count;

static void end(struct exchange *exchange) {
  if (exchange->next != NULL) exchange->next->before = exchange->before;
  if (exchange->before != NULL) exchange->before->next = exchange->next;
  else first = exchange->next;
  count--;
  source_close(&exchange->source);
  timer_clear(&exchange->deadline);
  queue_free(&exchange->in);
  queue_free(&exchange->out);
  free_later(exchange);
}

/* As Go's net.OpError: "read udp 10.244.0.3:41000->8.8.8.8:53: i/o timeout". */
static void fail(struct exchange *exchange, const char *what, const char *why) {
  char local[80] = "";
  struct sockaddr_storage own;
  socklen_t length = sizeof own;
  const char *network = exchange->protocol == 'u' ? "udp" : "tcp";
  if (exchange->connected && getsockname(exchange->source.fd, (struct sockaddr *)&own, &length) == 0)
    print_address(local, sizeof local, &own, true);
  link_fail(exchange->call, "%s %s %s%s%s: %s", what, network, local, *local != '\0' ? "->" : "", exchange->address, why);
  end(exchange);
}

static void fail_call(struct exchange *exchange, const char *call, int failure) {
  char why[160];
  snprintf(why, sizeof why, "%s: %s", call, go_error(failure));
  fail(exchange, strcmp(call, "connect") == 0 ? "dial" : call, why);
}

static void timed_out(struct timer *timer) {
  struct exchange *exchange = container_of(timer, struct exchange, deadline);
  fail(exchange, exchange->connected ? "read" : "dial", "i/o timeout");
}

static void receive_datagram(struct exchange *exchange) {
  static unsigned char message[MESSAGE_BYTES_MAX];
  ssize_t got = recv(exchange->source.fd, message, sizeof message, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got < 0) return fail_call(exchange, "read", errno);
  /* Another answer than ours is not looked at. */
  if (got < 12 || memcmp(message, exchange->id, 2) != 0) return;
  link_reply(exchange->call, true, message, (size_t)got);
  end(exchange);
}

static void receive_stream(struct exchange *exchange) {
  ssize_t got = queue_read(&exchange->in, exchange->source.fd, MESSAGE_BYTES_MAX + 2);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got < 0) return fail_call(exchange, "read", errno);
  if (got == 0) {
    link_fail(exchange->call, "EOF");
    return end(exchange);
  }
  const unsigned char *head = (const unsigned char *)queue_head(&exchange->in);
  size_t length = exchange->in.length >= 2 ? (size_t)head[0] << 8 | head[1] : 0;
  if (exchange->in.length < 2 || exchange->in.length < 2 + length) return;
  link_reply(exchange->call, true, head + 2, length);
  end(exchange);
}

static void ready(struct source *source, uint32_t events) {
  struct exchange *exchange = container_of(source, struct exchange, source);
  if (!exchange->connected) {
    int failure = 0;
    socklen_t length = sizeof failure;
    getsockopt(source->fd, SOL_SOCKET, SO_ERROR, &failure, &length);
    if (failure != 0) return fail_call(exchange, "connect", failure);
    exchange->connected = true;
    if (exchange->protocol == 'c') {
      link_reply(exchange->call, true, "", 0);
      return end(exchange);
    }
  }
  if (events & EPOLLOUT) {
    if (!queue_write(&exchange->out, source->fd)) return fail_call(exchange, "write", errno);
    if (exchange->out.length == 0) source_watch(source, EPOLLIN);
  }
  if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR))) return;
  if (exchange->protocol == 'u') receive_datagram(exchange);
  else receive_stream(exchange);
}

void exchange_start(uint32_t call, char protocol, int64_t timeout_ms, const char *text, const unsigned char *message,
                    size_t length) {
  struct address address;
  char host[128];
  int port;
  bool udp = protocol == 'u';
  if (!split_url(text, host, sizeof host, &port) || !address_make(&address, host, port))
    return link_fail(call, "dial %s: address %s: no such host", udp ? "udp" : "tcp", text);
  if (length > MESSAGE_BYTES_MAX || count >= EXCHANGES_MAX) return link_fail(call, "too many exchanges");
  int fd = socket(address.bytes.ss_family, (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  struct exchange *exchange = calloc(1, sizeof *exchange);
  if (fd < 0 || exchange == NULL) out_of_memory();
  exchange->call = call;
  exchange->protocol = protocol;
  snprintf(exchange->address, sizeof exchange->address, "%s", text);
  if (length >= 2) memcpy(exchange->id, message, 2);
  exchange->next = first;
  if (first != NULL) first->before = exchange;
  first = exchange;
  count++;
  unsigned char head[2] = {(unsigned char)(length >> 8), (unsigned char)length};
  if (protocol == 't' && (!queue_push(&exchange->out, head, 2) || !queue_push(&exchange->out, message, length)))
    out_of_memory();
  source_open(&exchange->source, fd, udp ? EPOLLIN : EPOLLIN | EPOLLOUT, ready);
  timer_set(&exchange->deadline, timeout_ms, timed_out);
  if (connect(fd, (struct sockaddr *)&address.bytes, address.length) < 0 && errno != EINPROGRESS)
    return fail_call(exchange, "connect", errno);
  if (!udp) return;
  exchange->connected = true;
  if (send(fd, message, length, MSG_NOSIGNAL) < 0) fail_call(exchange, "write", errno);
}

void exchange_drop_all(void) {
  while (first != NULL) end(first);
}
