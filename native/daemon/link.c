#include "dns.h"

#include "../common/message.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RETRY_MS = 100, FRAME_BYTES_MAX = 1024 * 1024, BACKLOG_BYTES_MAX = 4 * 1024 * 1024, READ_BYTES_MAX = 64 * 1024 };

static const char *target = RUN_FOLDER "/dns.sock";
static struct source far_end = {.fd = -1};
static struct queue in, out;
static struct timer retry;
static void (*fill_hello)(struct queue *);
static void (*take_frame)(char, const unsigned char *, size_t);
static void (*tell_lost)(void);

void link_target(const char *path) { target = path; }

static void attempt(struct timer *timer);

static void drop(void) {
  source_close(&far_end);
  queue_free(&in);
  queue_free(&out);
  tell_lost();
  timer_set(&retry, RETRY_MS, attempt);
}

static bool push_frame(char kind, const struct part *parts, size_t count) {
  unsigned char head[5];
  size_t length = 1;
  for (size_t i = 0; i < count; i++) length += parts[i].length;
  write_u32(head, (uint32_t)length);
  head[4] = (unsigned char)kind;
  bool pushed = queue_push(&out, head, sizeof head);
  for (size_t i = 0; i < count; i++) pushed = pushed && queue_push(&out, parts[i].bytes, parts[i].length);
  if (!pushed) out_of_memory();
  return true;
}

static void take_frames(void) {
  while (in.length >= 4) {
    uint32_t length = read_u32(queue_head(&in));
    if (length < 1 || length > FRAME_BYTES_MAX) return drop();
    if (in.length < 4 + (size_t)length) return;
    /* A copy: what is done with it may end the connection. */
    unsigned char *frame = malloc((size_t)length + 1);
    if (frame == NULL) out_of_memory();
    memcpy(frame, queue_head(&in) + 4, length);
    frame[length] = '\0';
    queue_drop(&in, 4 + (size_t)length);
    take_frame((char)frame[0], frame + 1, length - 1);
    free(frame);
  }
}

static void ready(struct source *source, uint32_t events) {
  if (events & EPOLLOUT) {
    if (!queue_write(&out, source->fd)) return drop();
    if (out.length == 0) source_watch(source, EPOLLIN);
  }
  if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR))) return;
  ssize_t got = queue_read(&in, source->fd, READ_BYTES_MAX);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return drop();
  take_frames();
}

static void attempt(struct timer *timer) {
  struct address address;
  struct queue body = {0};
  int fd = address_unix(&address, target) ? socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0) : -1;
  if (fd < 0 || connect(fd, (struct sockaddr *)&address.bytes, address.length) < 0) {
    if (fd >= 0) close(fd);
    return timer_set(timer, RETRY_MS, attempt);
  }
  source_open(&far_end, fd, EPOLLIN | EPOLLOUT, ready);
  fill_hello(&body);
  push_frame('H', &(struct part){queue_head(&body), body.length}, 1);
  queue_free(&body);
}

void link_keep(void (*hello)(struct queue *), void (*take)(char, const unsigned char *, size_t), void (*lost)(void)) {
  fill_hello = hello;
  take_frame = take;
  tell_lost = lost;
  attempt(&retry);
}

bool link_send(char kind, const struct part *parts, size_t count) {
  if (far_end.fd < 0) return false;
  /* Who does not read will not answer either. */
  if (out.length > BACKLOG_BYTES_MAX) return false;
  push_frame(kind, parts, count);
  source_watch(&far_end, EPOLLIN | EPOLLOUT);
  return true;
}

void link_reply(uint32_t call, bool worked, const void *bytes, size_t length) {
  unsigned char head[5];
  write_u32(head, call);
  head[4] = worked;
  link_send('R', (struct part[]){{head, sizeof head}, {bytes, length}}, 2);
}

void link_fail(uint32_t call, const char *format, ...) {
  char text[1024];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  link_reply(call, false, text, (size_t)length < sizeof text ? (size_t)length : sizeof text - 1);
}
