#include "dns.h"

#include "../common/files.h"
#include "../common/message.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

/*
 * coredns: its sockets, its files and its log are here; what it does with them is decided at the other end of dns.sock
 * (PROTOCOL.md), which reads the Corefile through it.
 */
enum { FILE_BYTES_MAX = 512 * 1024, LISTENERS_MAX = 256, HELLO_BYTES_MAX = 512 * 1024, LAST_WORDS_MS = 120000 };

extern char **environ;

struct listener {
  char kind[16], host[128];
  int port;
  struct server *server;
  struct udp_listener *udp;
  bool wanted;
};

static const char *const kinds[] = {"health", "ready", "metrics"};
enum { KINDS = sizeof kinds / sizeof *kinds };

static struct listener listeners[LISTENERS_MAX];
static size_t listener_count;
static struct {
  int code;
  char *text;
} states[KINDS];
static const struct flags *started_with;
static bool configured, ending;
static struct source signals = {.fd = -1};
static struct timer last_words;

static void add_text(struct queue *body, const char *key, const char *value) {
  if (body->length + strlen(value) + 16 > HELLO_BYTES_MAX) return;
  if (!queue_push(body, key, strlen(key)) || !queue_push(body, value, strlen(value) + 1)) out_of_memory();
}

static void hello(struct queue *body) {
  char cwd[512], host[256] = "";
  gethostname(host, sizeof host - 1);
  add_text(body, "host=", host);
  for (int i = 0; i < started_with->argc; i++) add_text(body, "arg=", started_with->argv[i]);
  for (char **variable = environ; *variable != NULL; variable++) add_text(body, "env=", *variable);
  add_text(body, "cwd=", getcwd(cwd, sizeof cwd) != NULL ? cwd : "/");
  add_text(body, "resumed=", configured ? "1" : "0");
}

static void answer(const struct server *server, const char *path, struct http_reply *reply) {
  for (size_t i = 0; i < KINDS; i++) {
    if (strcmp(server->target, kinds[i]) != 0 || *path != '/' || strcmp(path + 1, kinds[i]) != 0) continue;
    reply->code = states[i].text != NULL ? states[i].code : 503;
    reply->text = states[i].text != NULL ? states[i].text : "";
  }
}

static void set_state(const char *kind, int code, const char *text) {
  for (size_t i = 0; i < KINDS; i++) {
    if (strcmp(kinds[i], kind) != 0) continue;
    free(states[i].text);
    states[i].code = code;
    states[i].text = strdup(text);
  }
}

static void listener_close(struct listener *listener) {
  if (listener->server != NULL) {
    source_close(&listener->server->source);
    timer_clear(&listener->server->pause);
    free_later(listener->server);
  }
  if (listener->udp != NULL) dns_close_udp(listener->udp);
  *listener = listeners[--listener_count];
}

static const char *target_of(const char *kind) {
  for (size_t i = 0; i < KINDS; i++)
    if (strcmp(kinds[i], kind) == 0) return kinds[i];
  return NULL;
}

/* Goes to the namespace that stands before an "@", and tells the address behind it. The way back, -1 when there is none. */
static int enter_namespace(const char *host, const char **address) {
  char path[128];
  const char *at = strrchr(host, '@');
  *address = at != NULL ? at + 1 : host;
  if (at == NULL) return -1;
  snprintf(path, sizeof path, "%.*s", (int)(at - host), host);
  int back = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), there = open(path, O_RDONLY | O_CLOEXEC);
  bool entered = back >= 0 && there >= 0 && setns(there, CLONE_NEWNET) == 0;
  int failure = errno;
  if (there >= 0) close(there);
  if (!entered && back >= 0) close(back);
  errno = failure;
  if (entered) return back;
  *address = NULL;
  return -1;
}

static void leave_namespace(int back) {
  int failure = errno;
  if (back < 0) return;
  if (setns(back, CLONE_NEWNET) < 0) exit(1);
  close(back);
  errno = failure;
}

/* False with errno. */
static bool listener_open(const char *kind, const char *host, int port) {
  struct listener *listener = &listeners[listener_count];
  const char *target = target_of(kind), *address;
  *listener = (struct listener){.port = port, .wanted = true};
  snprintf(listener->kind, sizeof listener->kind, "%s", kind);
  snprintf(listener->host, sizeof listener->host, "%s", host);
  int back = enter_namespace(host, &address);
  if (address == NULL) return false;
  listener->server = serve_tcp(address, port, target != NULL ? accept_http : accept_dns, target);
  if (listener->server != NULL && target == NULL) listener->udp = dns_serve_udp(address, port);
  leave_namespace(back);
  if (listener->server == NULL) return false;
  listener_count++;
  if (target != NULL || listener->udp != NULL) return true;
  int failure = errno;
  listener_close(listener);
  errno = failure;
  return false;
}

static struct listener *listener_find(const char *kind, const char *host, int port) {
  for (size_t i = 0; i < listener_count; i++)
    if (listeners[i].port == port && strcmp(listeners[i].kind, kind) == 0 && strcmp(listeners[i].host, host) == 0)
      return &listeners[i];
  return NULL;
}

/* Takes a text off the frame; NULL at its end. The frame itself ends with a NUL. */
static const char *take_text(const unsigned char **body, size_t *length) {
  if (*length == 0) return NULL;
  const char *text = (const char *)*body;
  size_t used = strlen(text) + 1;
  if (used > *length) used = *length;
  *body += used;
  *length -= used;
  return text;
}

/* Opens what is new and then closes what is no longer wanted; all or nothing. */
static void listen_on(uint32_t call, const unsigned char *body, size_t length) {
  size_t before = listener_count;
  for (size_t i = 0; i < listener_count; i++) listeners[i].wanted = false;
  for (const char *kind; (kind = take_text(&body, &length)) != NULL;) {
    const char *host = take_text(&body, &length), *port_text = take_text(&body, &length);
    int port = port_text != NULL ? atoi(port_text) : 0;
    struct listener *known = host != NULL ? listener_find(kind, host, port) : NULL;
    if (known != NULL) {
      known->wanted = true;
      continue;
    }
    if (host != NULL && listener_count < LISTENERS_MAX && listener_open(kind, host, port)) continue;
    int failure = errno;
    while (listener_count > before) listener_close(&listeners[listener_count - 1]);
    return link_fail(call, "listen tcp %s:%d: bind: %s", host != NULL ? host : "", port,
                     failure == EADDRINUSE      ? "address already in use"
                     : failure == EADDRNOTAVAIL ? "cannot assign requested address"
                                                : go_error(failure));
  }
  for (size_t i = listener_count; i-- > 0;)
    if (!listeners[i].wanted) listener_close(&listeners[i]);
  configured = true;
  link_reply(call, true, "", 0);
}

static void read_file(uint32_t call, const char *path) {
  char *text = read_text(path, FILE_BYTES_MAX);
  if (text == NULL && errno == EINVAL) return link_fail(call, "read %s: is a directory", path);
  if (text == NULL) return link_fail(call, "open %s: %s", path, go_error(errno));
  link_reply(call, true, text, strlen(text));
  free(text);
}

static void find_files(uint32_t call, const char *pattern) {
  glob_t found = {0};
  struct queue body = {0};
  if (glob(pattern, 0, NULL, &found) == 0)
    for (size_t i = 0; i < found.gl_pathc && body.length < FILE_BYTES_MAX; i++)
      if (!queue_push(&body, found.gl_pathv[i], strlen(found.gl_pathv[i]) + 1)) out_of_memory();
  link_reply(call, true, body.length > 0 ? queue_head(&body) : "", body.length);
  queue_free(&body);
  globfree(&found);
}

static void start_exchange(uint32_t call, const unsigned char *body, size_t length) {
  if (length < 6) return link_fail(call, "no exchange");
  char protocol = (char)body[0];
  uint32_t timeout_ms = read_u32(body + 1);
  body += 5;
  length -= 5;
  const char *address = take_text(&body, &length);
  exchange_start(call, protocol, timeout_ms, address, body, length);
}

static void write_all(int fd, const unsigned char *bytes, size_t length) {
  while (length > 0) {
    ssize_t written = write(fd, bytes, length);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    bytes += written;
    length -= (size_t)written;
  }
}

static void take(char kind, const unsigned char *body, size_t length) {
  if (kind == 'O' && length > 0) return write_all(body[0] == 2 ? 2 : 1, body + 1, length - 1);
  if (kind == 'X') exit(length > 0 ? body[0] : 0);
  if (kind == 'S') {
    const char *name = take_text(&body, &length), *code = take_text(&body, &length);
    if (code != NULL) set_state(name, atoi(code), length > 0 ? (const char *)body : "");
    return;
  }
  if (length < 4) return;
  uint32_t id = read_u32(body);
  body += 4;
  length -= 4;
  if (kind == 'A') dns_answer(id, body, length);
  else if (kind == 'L') listen_on(id, body, length);
  else if (kind == 'F') read_file(id, (const char *)body);
  else if (kind == 'G') find_files(id, (const char *)body);
  else if (kind == 'E') start_exchange(id, body, length);
}

static void lost(void) {
  dns_fail_all();
  exchange_drop_all();
  if (ending) exit(0);
}

static void give_up(struct timer *timer) {
  (void)timer;
  exit(0);
}

static void signalled(struct source *source, uint32_t events) {
  struct signalfd_siginfo info;
  (void)events;
  if (read(source->fd, &info, sizeof info) != sizeof info) return;
  if (ending || info.ssi_signo != SIGTERM || !configured || !link_send('T', NULL, 0)) exit(0);
  ending = true;
  timer_set(&last_words, LAST_WORDS_MS, give_up);
}

void dns_follow(const struct flags *flags) {
  sigset_t ends;
  const char *given = getenv("EXAMCTL_DNS_SOCKET");
  if (given != NULL) link_target(given);
  started_with = flags;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  sigprocmask(SIG_BLOCK, &ends, NULL);
  source_open(&signals, signalfd(-1, &ends, SFD_NONBLOCK | SFD_CLOEXEC), EPOLLIN, signalled);
  link_keep(hello, take, lost);
}

int run_coredns(const struct flags *flags) {
  http_answer = answer;
  dns_follow(flags);
  loop_run();
  return 0;
}
