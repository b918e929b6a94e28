#include "daemon.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { REQUEST_BYTES_MAX = 8192, REQUEST_TIMEOUT_MS = 10000 };

void (*http_answer)(const struct server *server, const char *path, struct http_reply *reply) = http_health;

struct client {
  struct source source;
  struct timer deadline;
  struct queue in;
  const struct server *server;
};

static void client_free(struct client *client) {
  source_close(&client->source);
  timer_clear(&client->deadline);
  queue_free(&client->in);
  free_later(client);
}

static void timed_out(struct timer *timer) { client_free(container_of(timer, struct client, deadline)); }

static void answer(struct client *client) {
  char path[256] = "";
  char method[8] = "";
  sscanf(queue_head(&client->in), "%7s %255[^ ?\r\n]", method, path);
  struct http_reply reply = {.code = 404, .type = "text/plain; charset=utf-8", .body = "404 page not found\n"};
  http_answer(client->server, path, &reply);
  const char *body = reply.text != NULL ? reply.text : reply.body;
  char date[40], *text;
  time_t now = time(NULL);
  struct tm utc;
  strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &utc));
  int length = asprintf(&text,
                        "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nX-Content-Type-Options: nosniff\r\nDate: %s\r\n"
                        "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
                        reply.code, reply.code == 200 ? "OK" : reply.code == 404 ? "Not Found" : "Service Unavailable",
                        reply.type, date, strlen(body), strcmp(method, "HEAD") == 0 ? "" : body);
  if (length < 0) return;
  /* A fresh socket takes what is said here. */
  if (write(client->source.fd, text, (size_t)length) < 0) errno = 0;
  free(text);
}

static void ready(struct source *source, uint32_t events) {
  struct client *client = container_of(source, struct client, source);
  (void)events;
  ssize_t got = queue_read(&client->in, source->fd, REQUEST_BYTES_MAX);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0 || client->in.length > REQUEST_BYTES_MAX) return client_free(client);
  if (memmem(queue_head(&client->in), client->in.length, "\r\n\r\n", 4) == NULL) return;
  if (!queue_push(&client->in, "", 1)) return client_free(client);
  answer(client);
  client_free(client);
}

void accept_http(struct server *server, int fd) {
  struct client *client = calloc(1, sizeof *client);
  if (client == NULL) {
    close(fd);
    return;
  }
  client->server = server;
  source_open(&client->source, fd, EPOLLIN, ready);
  timer_set(&client->deadline, REQUEST_TIMEOUT_MS, timed_out);
}

void http_health(const struct server *server, const char *path, struct http_reply *reply) {
  (void)server;
  bool metrics = strcmp(path, "/metrics") == 0;
  if (!metrics && strcmp(path, "/healthz") != 0 && strcmp(path, "/livez") != 0 && strcmp(path, "/readyz") != 0) return;
  reply->code = 200;
  snprintf(reply->body, sizeof reply->body, "%s",
           metrics ? "# HELP process_start_time_seconds Start time of the process since unix epoch in seconds.\n"
                     "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds 1\n"
                   : "ok");
}
