#include "agent.h"

#include "../common/files.h"
#include "../common/queue.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RETRY_FIRST_MS = 20, RETRY_MAX_MS = 500, TOKEN_BYTES_MAX = 65536, PATIENCE_MS = 3000 };

extern char **environ;

static struct {
  struct source source;
  struct timer retry;
  struct queue in, out;
  const struct flags *flags;
  int64_t retry_ms;
  bool greeted_before;
} agent = {.source.fd = -1, .retry_ms = RETRY_FIRST_MS};

static void attempt(struct timer *timer);

static void (*due)(void);
static struct timer patience;

void agent_begin(void) {
  void (*begin)(void) = due;
  due = NULL;
  timer_clear(&patience);
  if (begin != NULL) begin();
}

static void waited(struct timer *timer) {
  (void)timer;
  agent_begin();
}

static void lost(void) {
  source_close(&agent.source);
  queue_free(&agent.in);
  queue_free(&agent.out);
  timer_set(&agent.retry, agent.retry_ms, attempt);
  agent.retry_ms = agent.retry_ms * 2 > RETRY_MAX_MS ? RETRY_MAX_MS : agent.retry_ms * 2;
}

static void flush(void) {
  if (!queue_write(&agent.out, agent.source.fd)) return lost();
  source_watch(&agent.source, EPOLLIN | (agent.out.length > 0 ? EPOLLOUT : 0u));
}

static void ready(struct source *source, uint32_t events) {
  struct message order;
  (void)events;
  ssize_t got = queue_read(&agent.in, source->fd, 65536);
  if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return lost();
  int taken;
  while ((taken = message_take_up_to(&agent.in, LONG_MESSAGE_BYTES_MAX, &order)) > 0) {
    agent.greeted_before = true;
    agent.retry_ms = RETRY_FIRST_MS;
    /* Who is told something is not forgotten. */
    if (due != NULL) timer_set(&patience, PATIENCE_MS, waited);
    bool known = agent_order(&order, &agent.out);
    message_free(&order);
    if (!known) return lost();
  }
  if (taken < 0) return lost();
  flush();
}

static void greet(void) {
  struct draft hello;
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  draft_begin(&hello, "hello");
  draft_add(&hello, "program=%s", program_invocation_short_name);
  draft_add(&hello, "host=%s", host);
  draft_add(&hello, "pid=%d", getpid());
  draft_add(&hello, "resumed=%d", agent.greeted_before);
  for (int i = 0; i < agent.flags->argc; i++) draft_add(&hello, "arg=%s", agent.flags->argv[i]);
  for (char **variable = environ; *variable != NULL; variable++) draft_add(&hello, "env=%s", *variable);
  char *token = read_text("/var/run/secrets/kubernetes.io/serviceaccount/token", TOKEN_BYTES_MAX);
  if (token != NULL) draft_add(&hello, "token=%s", token);
  free(token);
  if (!draft_end(&hello, &agent.out)) out_of_memory();
}

static void attempt(struct timer *timer) {
  struct address address;
  (void)timer;
  const char *path = getenv("EXAMCTL_AGENTS_SOCKET");
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  source_open(&agent.source, fd, 0, ready);
  if (fd < 0 || !address_unix(&address, path != NULL ? path : RUN_FOLDER "/agents.sock") ||
      connect(fd, (struct sockaddr *)&address.bytes, address.length) < 0)
    return lost();
  greet();
  flush();
}

void agent_start(const struct flags *flags) {
  agent.flags = flags;
  agent_arguments(flags);
  attempt(&agent.retry);
}

void agent_ask(const struct flags *flags, void (*begin)(void)) {
  due = begin;
  timer_set(&patience, PATIENCE_MS, waited);
  agent_start(flags);
  if (agent.source.fd < 0) agent_begin();
}

int run_agent(const struct flags *flags) {
  agent_start(flags);
  loop_run();
  return 0;
}
