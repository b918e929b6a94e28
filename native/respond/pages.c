#include "respond.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

static const char *given; /* the first argument: a version or the name of a page */
static char *const *words;

static void hello_app(const struct request *request, struct reply *reply) {
  log_line("Serving request: %s", request->path);
  say(reply, "Hello, world!\nVersion: %s\nHostname: %s\n", given != NULL ? given : "1.0.0", host_name());
}

static void node_hello(const struct request *request, struct reply *reply) {
  (void)request;
  say(reply, "Hello Kubernetes!");
}

static void bootcamp(const struct request *request, struct reply *reply) {
  (void)request;
  say(reply, "Hello Kubernetes bootcamp! | Running on: %s | v=%s\n", host_name(), given != NULL ? given : "1");
}

static void ping_pong(const struct request *request, struct reply *reply) {
  bool own_name = strcmp(variable_of("ENABLE_DEFAULT_HOSTNAME", "true"), "true") == 0;
  const char *fallback = own_name ? "ping_pong_server" : variable_of("HOSTNAME", "ping_pong_server");
  say(reply, "Server Name: %s\nURL: http://%s%s\nClient IP: %s\nMethod: %s\nProtocol: HTTP/1.1\nHeaders:\n",
      variable_of("SERVER_NAME", fallback), request->host, request->target, request->client_ip, request->method);
  for (size_t i = 0; i < request->header_count; i++)
    if (strcasecmp(request->headers[i].name, "Host") != 0)
      say(reply, "%s: %s\n", request->headers[i].name, request->headers[i].value);
}

static void whoami(const struct request *request, struct reply *reply) {
  const char *name = option_of((char **)words, "name", variable_of("WHOAMI_NAME", NULL));
  if (strcmp(request->path, "/health") == 0) return;
  if (name != NULL) say(reply, "Name: %s\n", name);
  say(reply, "Hostname: %s\nIP: 127.0.0.1\nIP: ::1\nIP: %s\nRemoteAddr: %s:%d\n%s %s HTTP/1.1\nHost: %s\n", host_name(),
      request->own_ip, request->client_ip, request->client_port, request->method, request->target, request->host);
  for (size_t i = 0; i < request->header_count; i++)
    if (strcasecmp(request->headers[i].name, "Host") != 0)
      say(reply, "%s: %s\n", request->headers[i].name, request->headers[i].value);
  say(reply, "\n");
}

static void lower(char *text, const char *from, size_t size) {
  size_t i = 0;
  for (; from[i] != '\0' && i + 1 < size; i++) text[i] = (char)tolower((unsigned char)from[i]);
  text[i] = '\0';
}

static void echoserver(const struct request *request, struct reply *reply) {
  reply->type = "text/plain";
  say(reply, "\n\nHostname: %s\n\nPod Information:\n", host_name());
  if (getenv("POD_NAME") != NULL)
    say(reply, "\tnode name:\t%s\n\tpod name:\t%s\n\tpod namespace:\t%s\n\tpod IP:\t%s\n", variable_of("NODE_NAME", ""),
        variable_of("POD_NAME", ""), variable_of("POD_NAMESPACE", ""), variable_of("POD_IP", ""));
  else
    say(reply, "\t-no pod information available-\n");
  say(reply,
      "\nServer values:\n\tserver_version=nginx: 1.13.3 - lua: 10008\n\nRequest Information:\n\tclient_address=%s\n\tmethod=%s\n"
      "\treal path=%s\n\tquery=%s\n\trequest_version=1.1\n\trequest_scheme=http\n\trequest_uri=http://%s%s\n\nRequest Headers:\n",
      request->client_ip, request->method, request->target, request->query, request->host, request->target);
  for (size_t i = 0; i < request->header_count; i++) {
    char name[64];
    lower(name, request->headers[i].name, sizeof name);
    say(reply, "\t%s=%s\n", name, request->headers[i].value);
  }
  say(reply, "\nRequest Body:\n%s\n\n", request->body_length > 0 ? request->body : "\t-no body in request-");
}

static void say_json(struct reply *reply, const char *text) {
  say(reply, "\"");
  for (; *text != '\0'; text++)
    if (*text == '"' || *text == '\\') say(reply, "\\%c", *text);
    else if ((unsigned char)*text < ' ') say(reply, "\\u%04x", *text);
    else say(reply, "%c", *text);
  say(reply, "\"");
}

extern char **environ;

static void echo_json(const struct request *request, struct reply *reply) {
  reply->type = "application/json; charset=utf-8";
  say(reply, "{\"host\":{\"hostname\":");
  say_json(reply, request->host);
  say(reply, ",\"ip\":\"::ffff:%s\",\"ips\":[]},\"http\":{\"method\":\"%s\",\"baseUrl\":\"\",\"originalUrl\":", request->client_ip,
      request->method);
  say_json(reply, request->target);
  say(reply, ",\"protocol\":\"http\"},\"request\":{\"params\":{\"0\":");
  say_json(reply, request->path);
  say(reply, "},\"query\":{},\"cookies\":{},\"body\":{},\"headers\":{");
  for (size_t i = 0; i < request->header_count; i++) {
    char name[64];
    lower(name, request->headers[i].name, sizeof name);
    say(reply, i > 0 ? "," : "");
    say_json(reply, name);
    say(reply, ":");
    say_json(reply, request->headers[i].value);
  }
  say(reply, "}},\"environment\":{");
  for (char **variable = environ; *variable != NULL; variable++) {
    size_t length = strcspn(*variable, "=");
    say(reply, "%s\"%.*s\":", variable > environ ? "," : "", (int)length, *variable);
    say_json(reply, *variable + length + 1);
  }
  say(reply, "}}");
}

static const struct {
  const char *name, *code;
} colors[] = {{"red", "#e74c3c"},      {"green", "#16a085"}, {"blue", "#2980b9"},
              {"blue2", "#30336b"},    {"pink", "#be2edd"},  {"darkblue", "#130f40"},
              {"lightgreen", "#55efc4"}};
enum { COLORS = sizeof colors / sizeof *colors };
static size_t color;

static void webapp_color(const struct request *request, struct reply *reply) {
  if (strcmp(request->path, "/color") == 0) return say(reply, "%s", colors[color].name);
  reply->type = "text/html; charset=utf-8";
  say(reply,
      "<!doctype html>\n<title>Hello from Flask</title>\n<body style=\"background: %s;\">\n\n<div style=\"color: #e4e4e4;\n"
      "    text-align:  center;\n    height: 90px;\n    vertical-align:  middle;\">\n\n  <h1>Hello from %s!</h1>\n\n  \n\n</div>",
      colors[color].code, host_name());
}

static void choose_color(char **argv) {
  const char *wanted = option_of(argv, "color", NULL), *from = "Color from command line argument =";
  srand((unsigned)time(NULL) ^ (unsigned)getpid());
  color = (size_t)rand() % COLORS;
  printf(" This is a sample web application that displays a colored background. \n"
         " A color can be specified in two ways. \n\n 1. As a command line argument with --color as the argument. "
         "Accepts one of red,green,blue,blue2,pink,darkblue \n 2. As an Environment variable APP_COLOR. Accepts one of "
         "red,green,blue,blue2,pink,darkblue \n 3. If none of the above then a random color is picked from the above list. \n"
         " Note: Command line argument precedes over environment variable.\n\n\n");
  if (wanted == NULL) {
    wanted = variable_of("APP_COLOR", NULL);
    from = "No Command line argument. Color from environment variable =";
  }
  if (wanted == NULL) printf("No command line argument or environment variable. Picking a Random Color =%s\n", colors[color].name);
  else printf("%s%s\n", from, wanted);
  for (size_t i = 0; wanted != NULL && i <= COLORS; i++) {
    if (i == COLORS) {
      printf("Color not supported. Received '%s' expected one of red,green,blue,blue2,pink,darkblue\n", wanted);
      exit(1);
    }
    if (strcmp(colors[i].name, wanted) != 0) continue;
    color = i;
    break;
  }
  printf(" * Serving Flask app 'app'\n * Running on all addresses (0.0.0.0)\n");
  fflush(stdout);
}

/* The pages of the shop in the ingress labs: a picture and a heading each. */
static void shop(const struct request *request, struct reply *reply) {
  (void)request;
  reply->type = "text/html; charset=utf-8";
  const char *page = given != NULL ? given : "shop";
  say(reply, "<!doctype html>\n<title>%s</title>\n<body>\n<h1>%s</h1>\n</body>\n", page, page);
  if (strcmp(page, "404 page not found") == 0) reply->code = 404;
}

static void hello_kubernetes(const struct request *request, struct reply *reply) {
  (void)request;
  reply->type = "text/html; charset=utf-8";
  say(reply,
      "<!DOCTYPE html>\n<html>\n<head>\n    <title>Hello Kubernetes!</title>\n</head>\n<body>\n  <div class=\"main\">\n"
      "    <div class=\"content\">\n      <div id=\"message\">\n  %s\n</div>\n<div id=\"info\">\n  <table>\n    <tr>\n"
      "      <th>namespace:</th>\n      <td>%s</td>\n    </tr>\n    <tr>\n      <th>pod:</th>\n      <td>%s</td>\n    </tr>\n"
      "    <tr>\n      <th>node:</th>\n      <td>%s</td>\n    </tr>\n  </table>\n</div>\n    </div>\n  </div>\n</body>\n</html>\n",
      variable_of("MESSAGE", "Hello world!"), variable_of("KUBERNETES_NAMESPACE", "-"),
      variable_of("KUBERNETES_POD_NAME", host_name()), variable_of("KUBERNETES_NODE_NAME", "-"));
}

static void podinfo(const struct request *request, struct reply *reply) {
  reply->type = "application/json; charset=utf-8";
  if (strcmp(request->path, "/healthz") == 0 || strcmp(request->path, "/readyz") == 0)
    return say(reply, "{\n  \"status\": \"OK\"\n}");
  say(reply, "{\n  \"hostname\": ");
  say_json(reply, host_name());
  say(reply, ",\n  \"version\": \"6.9.0\",\n  \"revision\": \"unknown\",\n  \"color\": \"#34577c\",\n  \"message\": ");
  say_json(reply, variable_of("PODINFO_UI_MESSAGE", "greetings from podinfo v6.9.0"));
  say(reply, ",\n  \"goos\": \"linux\",\n  \"goarch\": \"amd64\",\n  \"runtime\": \"go1.24.1\",\n  \"num_goroutine\": \"8\",\n  \"num_cpu\": \"2\"\n}");
}

static const char *prefix;

static void talk_tcp_echo(int fd) {
  static char line[4096];
  ssize_t got;
  while ((got = read(fd, line, sizeof line)) > 0) {
    dprintf(fd, "%s ", prefix);
    if (write(fd, line, (size_t)got) < 0) return;
  }
}

static const struct page {
  const char *name;
  void (*answer)(const struct request *, struct reply *);
  const char *port_variable, *port_option;
  int port;
  const char *greeting;
} pages[] = {
    {"hello-app", hello_app, "PORT", NULL, 8080, "Server listening on port %d"},
    {"node-hello", node_hello, NULL, NULL, 8080, NULL},
    {"kubernetes-bootcamp", bootcamp, NULL, NULL, 8080, NULL},
    {"whoami", whoami, "WHOAMI_PORT_NUMBER", "port", 80, "Starting up on port %d"},
    {"echoserver", echoserver, NULL, NULL, 8080, NULL},
    {"echo-server", echo_json, "PORT", NULL, 80, "Listening on port %d."},
    {"ping_pong", ping_pong, "SRV_PORT", NULL, 8080, NULL},
    {"webapp-color", webapp_color, NULL, NULL, 8080, NULL},
    {"shop", shop, NULL, NULL, 8080, NULL},
    {"hello-kubernetes", hello_kubernetes, "PORT", NULL, 8080, "Listening on: http://%d"},
    {"podinfo", podinfo, "PODINFO_PORT", "port", 9898, NULL},
};

bool run_page(const char *name, char **argv) {
  words = argv;
  given = argv[1] != NULL && argv[1][0] != '-' ? argv[1] : NULL;
  if (strcmp(name, "tcp-echo") == 0) {
    prefix = argv[1] != NULL && argv[2] != NULL ? argv[2] : "hello";
    int fd = listen_tcp(argv[1] != NULL ? atoi(argv[1]) : 9000);
    fprintf(stderr, "listening on [::]:%s, prefix: %s\n", argv[1] != NULL ? argv[1] : "9000", prefix);
    serve_connections(fd, talk_tcp_echo);
  }
  for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
    const struct page *page = &pages[i];
    if (strcmp(page->name, name) != 0) continue;
    const char *text = page->port_variable != NULL ? variable_of(page->port_variable, NULL) : NULL;
    if (page->port_option != NULL) text = option_of(argv, page->port_option, text);
    int port = text != NULL ? atoi(text) : page->port;
    if (page->answer == webapp_color) choose_color(argv);
    int fd = listen_tcp(port);
    if (page->greeting != NULL) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
      log_line(page->greeting, port);
#pragma GCC diagnostic pop
    }
    serve_http(fd, page->answer);
  }
  return false;
}
