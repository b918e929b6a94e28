#include "agent.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LISTENERS_MAX = 256, ROUTES_MAX = 32 };

/* A path ends with "*" when everything that begins so is meant. */
struct route {
  char *path, *body;
  int code;
};

struct listener {
  char *key;
  struct server *server;
  struct source datagrams;
  struct route routes[ROUTES_MAX];
  size_t route_count;
};

static struct listener *listeners[LISTENERS_MAX];
/* Answers for the listeners that the program opened itself. */
static void (*fallback)(const struct server *, const char *, struct http_reply *);

static struct listener **find(const char *key) {
  struct listener **blank = NULL;
  for (size_t i = 0; i < LISTENERS_MAX; i++) {
    if (listeners[i] == NULL) {
      if (blank == NULL) blank = &listeners[i];
    } else if (strcmp(listeners[i]->key, key) == 0) {
      return &listeners[i];
    }
  }
  return blank;
}

static void forget_routes(struct listener *listener) {
  for (size_t i = 0; i < listener->route_count; i++) {
    free(listener->routes[i].path);
    free(listener->routes[i].body);
  }
  listener->route_count = 0;
}

static bool matches(const char *pattern, const char *path) {
  size_t length = strlen(pattern);
  if (length > 0 && pattern[length - 1] == '*') return strncmp(pattern, path, length - 1) == 0;
  return strcmp(pattern, path) == 0;
}

static void answer(const struct server *server, const char *path, struct http_reply *reply) {
  for (size_t i = 0; i < LISTENERS_MAX; i++) {
    if (listeners[i] == NULL || listeners[i]->server != server) continue;
    for (size_t j = 0; j < listeners[i]->route_count; j++) {
      const struct route *route = &listeners[i]->routes[j];
      if (!matches(route->path, path)) continue;
      reply->code = route->code;
      reply->type = route->body[0] == '{' ? "application/json" : "text/plain; charset=utf-8";
      reply->text = route->body;
      return;
    }
    return;
  }
  if (fallback != NULL) fallback(server, path, reply);
}

static void drop_datagram(struct source *source, uint32_t events) {
  char dropped[64];
  (void)events;
  if (recv(source->fd, dropped, sizeof dropped, MSG_TRUNC) < 0) errno = 0;
}

static bool open_udp(struct listener *listener, const char *host, int port) {
  struct address address;
  if (!address_make(&address, *host != '\0' ? host : "0.0.0.0", port)) return false;
  int fd = socket(address.bytes.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  if (bind(fd, (struct sockaddr *)&address.bytes, address.length) < 0) {
    int failure = errno;
    close(fd);
    errno = failure;
    return false;
  }
  source_open(&listener->datagrams, fd, EPOLLIN, drop_datagram);
  return true;
}

static bool open_listener(struct listener *listener, const struct message *order) {
  const char *kind = message_get(order, "kind"), *host = message_get(order, "address"), *path = message_get(order, "path");
  int64_t port = 0;
  if (!message_number(order, "port", 0, 65535, 0, &port)) return false;
  if (kind != NULL && strcmp(kind, "udp") == 0) return open_udp(listener, host != NULL ? host : "", (int)port);
  const char *to = message_get(order, "to");
  void (*accepted)(struct server *, int) = accept_http;
  if (kind != NULL && strcmp(kind, "hold") == 0) accepted = accept_hold;
  if (kind != NULL && strcmp(kind, "relay") == 0 && to != NULL) accepted = accept_relay;
  const char *target = accepted == accept_relay ? strdup(to) : "";
  if (target == NULL) out_of_memory();
  listener->server = path != NULL ? serve_unix(path, accepted, target) : serve_tcp(host != NULL ? host : "", (int)port, accepted, target);
  return listener->server != NULL;
}

static void set_routes(struct listener *listener, const struct message *order) {
  size_t paths = 0, codes = 0, bodies = 0;
  char **path = message_all(order, "route", &paths), **code = message_all(order, "code", &codes),
       **body = message_all(order, "body", &bodies);
  forget_routes(listener);
  for (size_t i = 0; path != NULL && code != NULL && body != NULL && i < paths && i < codes && i < bodies && i < ROUTES_MAX; i++)
    listener->routes[listener->route_count++] =
        (struct route){.path = strdup(path[i]), .code = atoi(code[i]), .body = strdup(body[i])};
  free(path), free(code), free(body);
}

void agent_listen(const struct message *order, struct draft *reply) {
  const char *key = message_get(order, "key");
  struct listener **place = key != NULL ? find(key) : NULL;
  if (place == NULL) {
    draft_add(reply, "error=too many listeners");
    return;
  }
  if (http_answer != answer) {
    fallback = http_answer;
    http_answer = answer;
  }
  if (*place == NULL) {
    struct listener *listener = calloc(1, sizeof *listener);
    if (listener == NULL) out_of_memory();
    listener->datagrams.fd = -1;
    listener->key = strdup(key);
    if (!open_listener(listener, order)) {
      draft_add(reply, "error=%s", errno == EADDRINUSE ? "bind: address already in use" : strerror(errno));
      free(listener->key);
      free(listener);
      return;
    }
    *place = listener;
  }
  set_routes(*place, order);
}

void agent_unlisten(const struct message *order) {
  const char *key = message_get(order, "key");
  struct listener **place = key != NULL ? find(key) : NULL;
  if (place == NULL || *place == NULL) return;
  struct listener *listener = *place;
  *place = NULL;
  if (listener->server != NULL) {
    timer_clear(&listener->server->pause);
    source_close(&listener->server->source);
    free_later(listener->server);
  }
  source_close(&listener->datagrams);
  forget_routes(listener);
  free(listener->key);
  free_later(listener);
}
