#include "dns.h"

#include "../common/message.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
  HEADER_BYTES = 12,
  QUERY_BYTES_MAX = 4096,
  QUERIES_MAX = 1024,
  ANSWER_TIMEOUT_MS = 8000,
  QUERIES_PER_ROUND = 32,
  CLIENTS_MAX = 512,
  CLIENT_IDLE_MS = 10000,
  CLIENT_QUERIES_MAX = 32
};

struct udp_listener {
  struct source source;
  int port;
};

/* A TCP connection: queries behind one another, answered in the order in which answers come. */
struct tcp_client {
  struct source source;
  struct timer idle;
  struct queue in, out;
  struct sockaddr_storage address;
  int port;
  size_t waiting;
  bool closed, freed;
};

struct query {
  bool used;
  uint32_t id;
  struct timer deadline;
  struct udp_listener *listener; /* or else */
  struct tcp_client *tcp;
  struct sockaddr_storage client;
  socklen_t client_length;
  size_t length;
  unsigned char question[QUERY_BYTES_MAX];
};

/* The place of a query is its id modulo QUERIES_MAX. */
static struct query *queries[QUERIES_MAX];
static uint32_t next_id;
static size_t clients;

const char *go_error(int failure) {
  static char text[128];
  snprintf(text, sizeof text, "%s", strerror(failure));
  text[0] = (char)tolower((unsigned char)text[0]);
  return text;
}

void print_address(char *text, size_t size, const struct sockaddr_storage *address, bool with_port) {
  char host[INET6_ADDRSTRLEN] = "";
  const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
  const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
  bool is_v6 = false;
  int port = ntohs(v4->sin_port);
  if (address->ss_family == AF_INET) {
    inet_ntop(AF_INET, &v4->sin_addr, host, sizeof host);
  } else if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
    inet_ntop(AF_INET, v6->sin6_addr.s6_addr + 12, host, sizeof host);
  } else {
    inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof host);
    is_v6 = true;
  }
  if (!with_port)
    snprintf(text, size, "%s", host);
  else
    snprintf(text, size, is_v6 ? "[%s]:%d" : "%s:%d", host, port);
}

static void client_free_if_done(struct tcp_client *client) {
  if (!client->closed || client->waiting > 0 || client->freed) return;
  client->freed = true;
  clients--;
  queue_free(&client->in);
  queue_free(&client->out);
  free_later(client);
}

static void client_close(struct tcp_client *client) {
  if (client->closed) return;
  client->closed = true;
  source_close(&client->source);
  timer_clear(&client->idle);
  client_free_if_done(client);
}

static void client_idle(struct timer *timer) { client_close(container_of(timer, struct tcp_client, idle)); }

static void take_queries(struct tcp_client *client);

static void query_end(struct query *query, const unsigned char *message, size_t length) {
  struct tcp_client *client = query->tcp;
  queries[query->id % QUERIES_MAX] = NULL;
  timer_clear(&query->deadline);
  if (query->listener != NULL)
    sendto(query->listener->source.fd, message, length, MSG_NOSIGNAL, (struct sockaddr *)&query->client,
           query->client_length);
  if (client != NULL) {
    client->waiting--;
    if (!client->closed) {
      unsigned char head[2] = {(unsigned char)(length >> 8), (unsigned char)length};
      if (queue_push(&client->out, head, 2) && queue_push(&client->out, message, length))
        source_watch(&client->source, EPOLLIN | EPOLLOUT);
      timer_set(&client->idle, CLIENT_IDLE_MS, client_idle);
      take_queries(client);
    }
    client_free_if_done(client);
  }
  free_later(query);
}

/* The question itself, marked as an answer: SERVFAIL. */
static void query_fail(struct query *query) {
  query->question[2] |= 0x80;
  query->question[3] = (unsigned char)((query->question[3] & 0x10) | 2);
  query_end(query, query->question, query->length);
}

static void no_answer(struct timer *timer) { query_fail(container_of(timer, struct query, deadline)); }

void dns_answer(uint32_t id, const unsigned char *message, size_t length) {
  struct query *query = queries[id % QUERIES_MAX];
  if (query == NULL || query->id != id) return;
  if (length < HEADER_BYTES || length > 65535) return query_fail(query);
  query_end(query, message, length);
}

void dns_fail_all(void) {
  for (size_t i = 0; i < QUERIES_MAX; i++)
    if (queries[i] != NULL) query_fail(queries[i]);
}

/* False when there are too many: the query is dropped, as by a server under load. */
static bool query_start(const unsigned char *question, size_t length, const struct sockaddr_storage *client, int port,
                        struct udp_listener *listener, socklen_t client_length, struct tcp_client *tcp) {
  char ip[80], client_port[8], own_port[8];
  unsigned char head[5];
  for (size_t tries = 0; tries < QUERIES_MAX && queries[next_id % QUERIES_MAX] != NULL; tries++) next_id++;
  if (queries[next_id % QUERIES_MAX] != NULL) return false;
  struct query *query = calloc(1, sizeof *query);
  if (query == NULL) return false;
  query->id = next_id++;
  query->listener = listener;
  query->tcp = tcp;
  query->client = *client;
  query->client_length = client_length;
  query->length = length;
  memcpy(query->question, question, length);
  queries[query->id % QUERIES_MAX] = query;
  if (tcp != NULL) tcp->waiting++;
  timer_set(&query->deadline, ANSWER_TIMEOUT_MS, no_answer);
  write_u32(head, query->id);
  head[4] = tcp != NULL ? 't' : 'u';
  print_address(ip, sizeof ip, client, false);
  snprintf(client_port, sizeof client_port, "%d", ntohs(((const struct sockaddr_in *)client)->sin_port));
  snprintf(own_port, sizeof own_port, "%d", port);
  const struct part parts[] = {{head, sizeof head},
                               {ip, strlen(ip) + 1},
                               {client_port, strlen(client_port) + 1},
                               {own_port, strlen(own_port) + 1},
                               {question, length}};
  if (!link_send('Q', parts, sizeof parts / sizeof *parts)) query_fail(query);
  return true;
}

static void datagram_ready(struct source *source, uint32_t events) {
  struct udp_listener *listener = container_of(source, struct udp_listener, source);
  unsigned char question[QUERY_BYTES_MAX];
  (void)events;
  for (int i = 0; i < QUERIES_PER_ROUND; i++) {
    struct sockaddr_storage client;
    socklen_t length = sizeof client;
    ssize_t got = recvfrom(source->fd, question, sizeof question, 0, (struct sockaddr *)&client, &length);
    if (got < 0) return;
    /* Too short, or an answer. */
    if (got < HEADER_BYTES || (question[2] & 0x80)) continue;
    query_start(question, (size_t)got, &client, listener->port, listener, length, NULL);
  }
}

struct udp_listener *dns_serve_udp(const char *host, int port) {
  struct address address;
  int off = 0;
  bool any = *host == '\0' || strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
  if (!address_make(&address, any ? "::" : host, port)) {
    errno = EADDRNOTAVAIL;
    return NULL;
  }
  int fd = socket(address.bytes.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd >= 0 && any) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  if (fd < 0 && any) {
    address_make(&address, "0.0.0.0", port);
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  }
  struct udp_listener *listener = calloc(1, sizeof *listener);
  if (fd < 0 || listener == NULL || bind(fd, (struct sockaddr *)&address.bytes, address.length) < 0) {
    int failure = errno;
    if (fd >= 0) close(fd);
    free(listener);
    errno = failure;
    return NULL;
  }
  listener->port = port;
  source_open(&listener->source, fd, EPOLLIN, datagram_ready);
  return listener;
}

void dns_close_udp(struct udp_listener *listener) {
  for (size_t i = 0; i < QUERIES_MAX; i++)
    if (queries[i] != NULL && queries[i]->listener == listener) query_fail(queries[i]);
  source_close(&listener->source);
  free_later(listener);
}

static void take_queries(struct tcp_client *client) {
  while (!client->closed && client->waiting < CLIENT_QUERIES_MAX && client->in.length >= 2) {
    const unsigned char *head = (const unsigned char *)queue_head(&client->in);
    size_t length = (size_t)head[0] << 8 | head[1];
    if (length < HEADER_BYTES || length > QUERY_BYTES_MAX) return client_close(client);
    if (client->in.length < 2 + length) return;
    unsigned char question[QUERY_BYTES_MAX];
    memcpy(question, head + 2, length);
    queue_drop(&client->in, 2 + length);
    if (!query_start(question, length, &client->address, client->port, NULL, 0, client)) return client_close(client);
  }
}

static void client_ready(struct source *source, uint32_t events) {
  struct tcp_client *client = container_of(source, struct tcp_client, source);
  if (events & EPOLLOUT) {
    if (!queue_write(&client->out, source->fd)) return client_close(client);
    if (client->out.length == 0) source_watch(source, EPOLLIN);
  }
  if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR))) return;
  if (client->in.length > QUERY_BYTES_MAX * 2) return client_close(client);
  ssize_t got = queue_read(&client->in, source->fd, QUERY_BYTES_MAX);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return client_close(client);
  take_queries(client);
}

void accept_dns(struct server *server, int fd) {
  struct tcp_client *client = clients < CLIENTS_MAX ? calloc(1, sizeof *client) : NULL;
  struct sockaddr_storage own = {0};
  socklen_t length = sizeof client->address, own_length = sizeof own;
  (void)server;
  if (client == NULL || getpeername(fd, (struct sockaddr *)&client->address, &length) < 0 ||
      getsockname(fd, (struct sockaddr *)&own, &own_length) < 0) {
    free(client);
    close(fd);
    return;
  }
  clients++;
  client->port = ntohs(((struct sockaddr_in *)&own)->sin_port);
  source_open(&client->source, fd, EPOLLIN, client_ready);
  timer_set(&client->idle, CLIENT_IDLE_MS, client_idle);
}
