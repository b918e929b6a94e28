#include "respond.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { HEAD_BYTES_MAX = 32 * 1024, IDLE_SECONDS = 60, CHILDREN_MAX = 256 };

void say(struct reply *reply, const char *format, ...) {
  char *text;
  va_list arguments;
  va_start(arguments, format);
  int length = vasprintf(&text, format, arguments);
  va_end(arguments);
  if (length < 0) exit(1);
  reply->text = realloc(reply->text, reply->length + (size_t)length + 1);
  if (reply->text == NULL) exit(1);
  memcpy(reply->text + reply->length, text, (size_t)length + 1);
  reply->length += (size_t)length;
  free(text);
}

const char *header_of(const struct request *request, const char *name) {
  for (size_t i = 0; i < request->header_count; i++)
    if (strcasecmp(request->headers[i].name, name) == 0) return request->headers[i].value;
  return NULL;
}

static int digit(char c) { return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10; }

char *parameter_of(const struct request *request, const char *name) {
  size_t length = strlen(name);
  for (const char *at = request->query; *at != '\0';) {
    size_t end = strcspn(at, "&");
    if (strncmp(at, name, length) == 0 && (at[length] == '=' || length == end)) {
      char *value = calloc(1, end + 1), *to = value;
      for (const char *from = at + length + (at[length] == '='); value != NULL && from < at + end; from++)
        if (*from == '%' && from + 2 < at + end && isxdigit((unsigned char)from[1]) && isxdigit((unsigned char)from[2])) {
          *to++ = (char)(digit(from[1]) * 16 + digit(from[2]));
          from += 2;
        } else {
          *to++ = *from == '+' ? ' ' : *from;
        }
      return value;
    }
    at += end + (at[end] == '&');
  }
  return NULL;
}

const char *option_of(char **argv, const char *name, const char *fallback) {
  size_t length = strlen(name);
  for (char **word = argv + 1; word[0] != NULL; word++) {
    const char *at = *word + strspn(*word, "-");
    if (at == *word || strncmp(at, name, length) != 0) continue;
    if (at[length] == '=') return at + length + 1;
    if (at[length] == '\0') return word[1] != NULL ? word[1] : "";
  }
  return fallback;
}

const char *variable_of(const char *name, const char *fallback) {
  const char *value = getenv(name);
  return value != NULL && *value != '\0' ? value : fallback;
}

const char *host_name(void) {
  static char name[256];
  gethostname(name, sizeof name - 1);
  return name;
}

void log_line(const char *format, ...) {
  char when[32];
  time_t now = time(NULL);
  struct tm utc;
  strftime(when, sizeof when, "%Y/%m/%d %H:%M:%S", gmtime_r(&now, &utc));
  fprintf(stderr, "%s ", when);
  va_list arguments;
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fputc('\n', stderr);
}

static int listen_on(int port, int type) {
  int off = 0, on = 1;
  struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
  struct sockaddr_in any4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  int fd = socket(AF_INET6, type | SOCK_CLOEXEC, 0);
  bool is_v6 = fd >= 0;
  if (is_v6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  else fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, is_v6 ? (struct sockaddr *)&any : (struct sockaddr *)&any4, is_v6 ? sizeof any : sizeof any4) == 0 &&
      (type == SOCK_DGRAM || listen(fd, 1024) == 0))
    return fd;
  log_line("listen %s :%d: bind: %s", type == SOCK_DGRAM ? "udp" : "tcp", port,
           errno == EADDRINUSE ? "address already in use" : errno == EACCES ? "permission denied" : strerror(errno));
  exit(1);
}

int listen_tcp(int port) { return listen_on(port, SOCK_STREAM); }
int listen_udp(int port) { return listen_on(port, SOCK_DGRAM); }

_Noreturn void serve_connections(int fd, void (*talk)(int fd)) {
  size_t children = 0;
  for (;;) {
    while (children > 0 && waitpid(-1, NULL, children >= CHILDREN_MAX ? 0 : WNOHANG) > 0) children--;
    int client = accept(fd, NULL, NULL);
    if (client < 0) continue;
    pid_t child = fork();
    if (child == 0) {
      close(fd);
      talk(client);
      _exit(0);
    }
    if (child > 0) children++;
    close(client);
  }
}

static void put_address(int (*name)(int, struct sockaddr *, socklen_t *), int fd, char *text, size_t size, int *port) {
  struct sockaddr_storage address = {0};
  socklen_t length = sizeof address;
  name(fd, (struct sockaddr *)&address, &length);
  const struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address;
  *port = ntohs(v6->sin6_port);
  if (address.ss_family == AF_INET)
    inet_ntop(AF_INET, &((struct sockaddr_in *)&address)->sin_addr, text, (socklen_t)size);
  else if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
    inet_ntop(AF_INET, v6->sin6_addr.s6_addr + 12, text, (socklen_t)size);
  else
    inet_ntop(AF_INET6, &v6->sin6_addr, text, (socklen_t)size);
}

/* False when it is not a request. `head` is cut up. */
static bool parse(char *head, struct request *request) {
  char *rest = head, *line = strsep(&rest, "\n");
  if (sscanf(line, "%15s %2047s HTTP/1.", request->method, request->target) != 2) return false;
  const char *question = strchr(request->target, '?');
  size_t length = question != NULL ? (size_t)(question - request->target) : strlen(request->target);
  snprintf(request->path, sizeof request->path, "%.*s", (int)length, request->target);
  if (question != NULL) snprintf(request->query, sizeof request->query, "%s", question + 1);
  while ((line = strsep(&rest, "\n")) != NULL && *line != '\r' && *line != '\0') {
    char *colon = strchr(line, ':');
    if (colon == NULL || request->header_count == HEADERS_MAX) continue;
    *colon = '\0';
    char *value = colon + 1 + strspn(colon + 1, " \t");
    value[strcspn(value, "\r")] = '\0';
    snprintf(request->headers[request->header_count].name, sizeof request->headers->name, "%s", line);
    snprintf(request->headers[request->header_count++].value, sizeof request->headers->value, "%s", value);
  }
  const char *host = header_of(request, "Host");
  snprintf(request->host, sizeof request->host, "%s", host != NULL ? host : "");
  return true;
}

static const char *reason(int code) {
  switch (code) {
    case 200: return "OK";
    case 201: return "Created";
    case 302: return "Found";
    case 400: return "Bad Request";
    case 404: return "Not Found";
    case 412: return "Precondition Failed";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    default: return "Status";
  }
}

static void (*answer_request)(const struct request *, struct reply *);

static void send_all(int fd, const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
    if (sent <= 0) _exit(0);
    bytes += sent;
    length -= (size_t)sent;
  }
}

static void talk_http(int fd) {
  static char buffer[HEAD_BYTES_MAX + 1];
  size_t have = 0;
  struct timeval idle = {.tv_sec = IDLE_SECONDS};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &idle, sizeof idle);
  for (;;) {
    char *end;
    buffer[have] = '\0';
    while ((end = strstr(buffer, "\r\n\r\n")) == NULL) {
      ssize_t got = have < HEAD_BYTES_MAX ? recv(fd, buffer + have, HEAD_BYTES_MAX - have, 0) : 0;
      if (got <= 0) return;
      have += (size_t)got;
      buffer[have] = '\0';
    }
    static struct request request;
    struct reply reply = {.code = 200, .type = "text/plain; charset=utf-8"};
    size_t head = (size_t)(end - buffer) + 4;
    memset(&request, 0, sizeof request);
    end[2] = '\0';
    if (!parse(buffer, &request)) return;
    put_address(getpeername, fd, request.client_ip, sizeof request.client_ip, &request.client_port);
    put_address(getsockname, fd, request.own_ip, sizeof request.own_ip, &request.own_port);
    const char *length_text = header_of(&request, "Content-Length");
    size_t wanted = length_text != NULL ? strtoul(length_text, NULL, 10) : 0;
    if (wanted > BODY_BYTES_MAX) return;
    request.body = calloc(1, wanted + 1);
    if (request.body == NULL) return;
    request.body_length = wanted;
    size_t at_hand = have - head < wanted ? have - head : wanted;
    memcpy(request.body, buffer + head, at_hand);
    memmove(buffer, buffer + head + at_hand, have - head - at_hand);
    have -= head + at_hand;
    for (ssize_t got; at_hand < wanted; at_hand += (size_t)got)
      if ((got = recv(fd, request.body + at_hand, wanted - at_hand, 0)) <= 0) return;
    answer_request(&request, &reply);
    char date[40], *answer;
    time_t now = time(NULL);
    struct tm utc;
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &utc));
    const char *connection = header_of(&request, "Connection");
    bool ends = connection != NULL && strcasecmp(connection, "close") == 0;
    /* As one: the body would wait until the other end has acknowledged the head, which it puts off by 40 ms. */
    int length = asprintf(&answer,
                          "HTTP/1.1 %d %s\r\n%sDate: %s\r\nContent-Length: %zu\r\nContent-Type: %s\r\n%s\r\n%s", reply.code,
                          reason(reply.code), reply.headers, date, reply.length, reply.type, ends ? "Connection: close\r\n" : "",
                          strcmp(request.method, "HEAD") != 0 && reply.text != NULL ? reply.text : "");
    if (length < 0) return;
    send_all(fd, answer, (size_t)length);
    free(answer);
    free(reply.text);
    free(request.body);
    if (ends) return;
  }
}

_Noreturn void serve_http(int fd, void (*answer)(const struct request *, struct reply *)) {
  answer_request = answer;
  serve_connections(fd, talk_http);
}
