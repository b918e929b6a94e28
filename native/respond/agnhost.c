#include "respond.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* registry.k8s.io/e2e-test-images/agnhost 2.5x: the commands that labs use. */

static time_t started;

static void netexec(const struct request *request, struct reply *reply) {
  char *value;
  if (strcmp(request->path, "/") == 0) {
    time_t now = time(NULL);
    char when[40];
    struct tm utc;
    strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S.000000000 +0000 UTC", gmtime_r(&now, &utc));
    say(reply, "NOW: %s m=+%lld.000000000", when, (long long)(now - started));
  } else if (strcmp(request->path, "/hostname") == 0 || strcmp(request->path, "/hostName") == 0) {
    say(reply, "%s", host_name());
  } else if (strcmp(request->path, "/clientip") == 0) {
    say(reply, "%s:%d", request->client_ip, request->client_port);
  } else if (strcmp(request->path, "/echo") == 0) {
    if ((value = parameter_of(request, "code")) != NULL) reply->code = atoi(value);
    if ((value = parameter_of(request, "msg")) != NULL) say(reply, "%s", value);
  } else if (strcmp(request->path, "/header") == 0) {
    value = parameter_of(request, "key");
    const char *header = value != NULL ? header_of(request, value) : NULL;
    say(reply, "%s", header != NULL ? header : "");
  } else if (strcmp(request->path, "/healthz") == 0 || strcmp(request->path, "/readyz") == 0) {
    reply->code = 200;
  } else if (strcmp(request->path, "/exit") == 0) {
    value = parameter_of(request, "code");
    kill(getppid(), value != NULL && atoi(value) != 0 ? SIGUSR1 : SIGTERM);
  } else if (strcmp(request->path, "/shell") == 0 || strcmp(request->path, "/shutdown") == 0) {
    value = parameter_of(request, "shellCommand");
    FILE *pipe = value != NULL ? popen(value, "r") : NULL;
    say(reply, "{\"output\":\"");
    for (int c; pipe != NULL && (c = fgetc(pipe)) != EOF;)
      if (c == '\n') say(reply, "\\n");
      else if (c == '"' || c == '\\') say(reply, "\\%c", c);
      else say(reply, "%c", c);
    say(reply, "\"}");
    if (pipe != NULL) pclose(pipe);
  } else {
    reply->code = 404;
    say(reply, "404 page not found\n");
  }
}

static void serve_hostname(const struct request *request, struct reply *reply) {
  log_line("HTTP request from %s:%d", request->client_ip, request->client_port);
  say(reply, "%s", host_name());
}

static void serve_text(const struct request *request, struct reply *reply) {
  char name[32];
  snprintf(name, sizeof name, "SERVE_PORT_%d", request->own_port);
  say(reply, "%s", variable_of(name, ""));
}

static void liveness(const struct request *request, struct reply *reply) {
  (void)request;
  bool ok = time(NULL) - started <= 10;
  reply->code = ok ? 200 : 500;
  if (ok) say(reply, "ok");
  else say(reply, "error: %lld.0", (long long)(time(NULL) - started));
}

/* "hostname", "clientip" and "echo TEXT" by UDP. */
static _Noreturn void answer_datagrams(int port) {
  int fd = listen_udp(port);
  for (;;) {
    char text[4096], reply[4200];
    struct sockaddr_storage client;
    socklen_t length = sizeof client;
    ssize_t got = recvfrom(fd, text, sizeof text - 1, 0, (struct sockaddr *)&client, &length);
    if (got < 0) continue;
    text[got] = '\0';
    text[strcspn(text, "\n")] = '\0';
    if (strcasecmp(text, "hostname") == 0) snprintf(reply, sizeof reply, "%s", host_name());
    else if (strncmp(text, "echo ", 5) == 0) snprintf(reply, sizeof reply, "%s", text + 5);
    else if (*text == '\0') continue;
    else snprintf(reply, sizeof reply, "malformed command");
    sendto(fd, reply, strlen(reply), 0, (struct sockaddr *)&client, length);
  }
}

static int connect_to(char **argv) {
  char host[256];
  const char *address = argv[2], *colon = address != NULL ? strrchr(address, ':') : NULL;
  if (colon == NULL) {
    fprintf(stderr, "OTHER: address %s: missing port in address\n", address != NULL ? address : "");
    return 1;
  }
  int seconds = atoi(option_of(argv, "timeout", "1s"));
  snprintf(host, sizeof host, "%.*s", (int)(colon - address), address);
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
  if (getaddrinfo(host, colon + 1, &hints, &found) != 0) {
    fprintf(stderr, "DNS: lookup %s: no such host\n", host);
    return 1;
  }
  int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK, 0), failure = 0;
  socklen_t length = sizeof failure;
  if (connect(fd, found->ai_addr, found->ai_addrlen) < 0 && errno != EINPROGRESS) failure = errno;
  struct pollfd wait = {.fd = fd, .events = POLLOUT};
  if (failure == 0 && poll(&wait, 1, seconds > 0 ? seconds * 1000 : 1000) == 0) {
    fprintf(stderr, "TIMEOUT\n");
    return 1;
  }
  if (failure == 0) getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &length);
  if (failure == ECONNREFUSED) fprintf(stderr, "REFUSED\n");
  else if (failure != 0) fprintf(stderr, "OTHER: dial tcp %s: connect: %s\n", address, strerror(failure));
  return failure != 0;
}

static void print_resolv(const char *keyword) {
  char line[1024];
  FILE *file = fopen("/etc/resolv.conf", "r");
  while (file != NULL && fgets(line, sizeof line, file) != NULL) {
    size_t length = strlen(keyword);
    if (strncmp(line, keyword, length) != 0) continue;
    char *rest = line + length, *word;
    for (bool first = true; (word = strsep(&rest, " \t\n")) != NULL;)
      if (*word != '\0') {
        printf("%s%s", first ? "" : ",", word);
        first = false;
      }
  }
  printf("\n");
}

static void ended_badly(int number) {
  (void)number;
  _exit(1);
}

int run_agnhost(char **argv) {
  const char *command = argv[1] != NULL ? argv[1] : "help";
  started = time(NULL);
  signal(SIGUSR1, ended_badly);
  if (strcmp(command, "netexec") == 0) {
    int port = atoi(option_of(argv, "http-port", "8080")), udp = atoi(option_of(argv, "udp-port", "8081"));
    int fd = listen_tcp(port);
    log_line("Started HTTP server on port %d", port);
    if (udp > 0 && fork() == 0) answer_datagrams(udp);
    if (udp > 0) log_line("Started UDP server on port  %d", udp);
    serve_http(fd, netexec);
  }
  if (strcmp(command, "serve-hostname") == 0) {
    int fd = listen_tcp(atoi(option_of(argv, "port", "9376")));
    log_line("Serving on port %s.", option_of(argv, "port", "9376"));
    serve_http(fd, serve_hostname);
  }
  if (strcmp(command, "test-webserver") == 0) serve_http(listen_tcp(atoi(option_of(argv, "port", "80"))), serve_hostname);
  if (strcmp(command, "liveness") == 0) serve_http(listen_tcp(8080), liveness);
  if (strcmp(command, "porter") == 0) {
    extern char **environ;
    for (char **variable = environ; *variable != NULL; variable++) {
      int port;
      if (sscanf(*variable, "SERVE_PORT_%d=", &port) != 1) continue;
      int fd = listen_tcp(port);
      log_line("server on port \"%d\" started", port);
      if (fork() == 0) serve_http(fd, serve_text);
    }
    for (;;) pause();
  }
  if (strcmp(command, "pause") == 0) {
    printf("Paused\n");
    fflush(stdout);
    for (;;) pause();
  }
  if (strcmp(command, "connect") == 0) return connect_to(argv);
  if (strcmp(command, "dns-suffix") == 0) return print_resolv("search"), 0;
  if (strcmp(command, "dns-server-list") == 0) return print_resolv("nameserver"), 0;
  if (strcmp(command, "etc-hosts") == 0) return execlp("cat", "cat", "/etc/hosts", NULL);
  fprintf(stderr, "Error: unknown command \"%s\" for \"app\"\nRun 'app --help' for usage.\n", command);
  return 1;
}
