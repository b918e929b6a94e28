#include "respond.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *text;
static int code;

static void answer(const struct request *request, struct reply *reply) {
  const char *agent = header_of(request, "User-Agent");
  snprintf(reply->headers, sizeof reply->headers, "X-App-Name: http-echo\r\nX-App-Version: 1.0.0\r\n");
  if (strcmp(request->path, "/health") == 0) {
    reply->type = "application/json";
    say(reply, "{\"status\":\"ok\"}\n");
    return;
  }
  reply->code = code;
  say(reply, "%s\n", text);
  log_line("[INFO] %s %s:%d \"%s %s HTTP/1.1\" %d %zu \"%s\" 25.1µs", request->host, request->client_ip,
           request->client_port, request->method, request->target, code, strlen(text) + 1, agent != NULL ? agent : "");
}

/* github.com/hashicorp/http-echo 1.0 */
int run_http_echo(char **argv) {
  const char *listen = option_of(argv, "listen", ":5678");
  const char *colon = strrchr(listen, ':');
  text = option_of(argv, "text", variable_of("ECHO_TEXT", NULL));
  code = atoi(option_of(argv, "status-code", "200"));
  if (text == NULL) {
    fprintf(stderr, "Missing -text option!\n");
    return 127;
  }
  int fd = listen_tcp(atoi(colon != NULL ? colon + 1 : listen));
  log_line("[INFO] server is listening on %s", listen);
  serve_http(fd, answer);
}
