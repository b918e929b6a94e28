#ifndef EXAMCTL_RESPOND_H
#define EXAMCTL_RESPOND_H
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

/*
 * The small servers that labs run in pods, each under the name it has in its image. What they print is what their
 * originals print, as far as labs look at it.
 */

enum { HEADERS_MAX = 64, BODY_BYTES_MAX = 256 * 1024 };

struct request {
  char method[16], target[2048]; /* target as sent; path and query are parts of it */
  char path[1024], query[1024];
  char host[256];
  char client_ip[64], own_ip[64];
  int client_port, own_port;
  struct {
    char name[64], value[1024];
  } headers[HEADERS_MAX];
  size_t header_count;
  char *body;
  size_t body_length;
};

struct reply {
  int code;
  const char *type;
  char headers[512]; /* further ones, each with its line end */
  char *text;
  size_t length;
};

/* Adds to the reply's text. */
void say(struct reply *reply, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The value of a header, or NULL. */
const char *header_of(const struct request *request, const char *name);
/* The value of a query parameter, decoded, in memory of its own; NULL when it is not there. */
char *parameter_of(const struct request *request, const char *name);

/* A flag's value: --name=value, -name=value, --name value; the fallback when it is not there. */
const char *option_of(char **argv, const char *name, const char *fallback);
const char *variable_of(const char *name, const char *fallback);
const char *host_name(void);
/* As Go's log package: "2026/11/22 20:00:00 text". */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Listens; ends the program with Go's words when it cannot. */
int listen_tcp(int port);
int listen_udp(int port);
/* Serves HTTP, a process for each connection, until it is told to end. */
_Noreturn void serve_http(int fd, void (*answer)(const struct request *request, struct reply *reply));
/* A process for each connection that runs `talk`. */
_Noreturn void serve_connections(int fd, void (*talk)(int fd));

/* One a program. */
int run_http_echo(char **argv);
int run_agnhost(char **argv);
/* Programs that are one page each; false when there is none of that name. */
bool run_page(const char *name, char **argv);
#endif
