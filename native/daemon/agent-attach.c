#include "agent.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

/* The process's own terminal or pipes joined to a container's stdio (PROTOCOL.md, agents.sock and frames). */
enum { CHUNK_BYTES = 16384, FRAME_BYTES_MAX = 1 << 20, HEAD_BYTES = 5, DETACH_FIRST = 0x10, DETACH_SECOND = 0x11 };
enum { STDIN, STDOUT, STDERR, EXIT, RESIZE, CLOSE = 255 };

static struct termios before;
static bool is_raw;

static void restore(void) {
  if (is_raw) tcsetattr(0, TCSADRAIN, &before);
}

static void make_raw(void) {
  struct termios raw;
  if (tcgetattr(0, &before) < 0) return;
  raw = before;
  cfmakeraw(&raw);
  is_raw = tcsetattr(0, TCSADRAIN, &raw) == 0;
  atexit(restore);
}

static void write_all(int fd, const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t written = write(fd, bytes, length);
    if (written < 0 && errno == EAGAIN) poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);
    else if (written < 0 && errno != EINTR) return;
    else if (written > 0) bytes += written, length -= (size_t)written;
  }
}

static int join_cluster(const char *path, const char *token, const char *what) {
  struct address address;
  char line[256];
  int fd = address_unix(&address, path) ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
  if (fd < 0 || connect(fd, (struct sockaddr *)&address.bytes, address.length) < 0) return -1;
  int length = snprintf(line, sizeof line, "%s %s\n", what, token);
  write_all(fd, line, (size_t)length);
  return fd;
}

static void send_frame(int fd, unsigned char channel, const char *bytes, size_t length) {
  char head[HEAD_BYTES] = {(char)channel};
  write_u32(head + 1, (uint32_t)length);
  write_all(fd, head, sizeof head);
  write_all(fd, bytes, length);
}

static void send_size(int fd) {
  struct winsize size;
  char text[64];
  if (ioctl(0, TIOCGWINSZ, &size) < 0 || size.ws_col == 0) return;
  int length = snprintf(text, sizeof text, "{\"cols\":%d,\"rows\":%d}", size.ws_col, size.ws_row);
  send_frame(fd, RESIZE, text, (size_t)length);
}

/* The frames that are there; the end of the container is the process's. */
static void take_frames(struct queue *in) {
  while (in->length >= HEAD_BYTES) {
    const char *head = queue_head(in);
    size_t length = read_u32(head + 1);
    unsigned char channel = (unsigned char)head[0];
    if (length > FRAME_BYTES_MAX) exit(1);
    if (in->length < HEAD_BYTES + length) return;
    const char *payload = head + HEAD_BYTES;
    if (channel == STDOUT || channel == STDERR) write_all(channel == STDOUT ? 1 : 2, payload, length);
    if (channel == EXIT) {
      char text[64] = "";
      memcpy(text, payload, length < sizeof text ? length : sizeof text - 1);
      const char *code = strpbrk(text, "0123456789");
      exit(code != NULL ? atoi(code) & 255 : 1);
    }
    queue_drop(in, HEAD_BYTES + length);
  }
}

/* Ctrl-P Ctrl-Q leaves a terminal and lets the container go on. */
static void take_input(int fd, bool tty, bool *is_open) {
  static bool half_way;
  char bytes[CHUNK_BYTES];
  ssize_t got = read(0, bytes, sizeof bytes);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    *is_open = false;
    return send_frame(fd, CLOSE, "", 1);
  }
  for (ssize_t i = 0; tty && i < got; i++) {
    if (half_way && bytes[i] == DETACH_SECOND) {
      write_all(1, "read escape sequence\r\n", 22);
      exit(0);
    }
    half_way = bytes[i] == DETACH_FIRST;
  }
  send_frame(fd, STDIN, bytes, (size_t)got);
}

static void take_signal(int signals, int fd, const char *path, const char *token) {
  struct signalfd_siginfo info;
  char what[32];
  if (read(signals, &info, sizeof info) != sizeof info) return;
  if (info.ssi_signo == SIGWINCH) return send_size(fd);
  snprintf(what, sizeof what, "signal %u", info.ssi_signo);
  int other = join_cluster(path, token, what);
  if (other >= 0) close(other);
}

void agent_attach(const struct message *order, struct draft *reply) {
  const char *path = message_get(order, "path"), *token = message_get(order, "token");
  int64_t tty = 0, wants_input = 0;
  struct queue in = {0};
  sigset_t caught;
  if (path == NULL || token == NULL || !message_number(order, "tty", 0, 1, 0, &tty) ||
      !message_number(order, "stdin", 0, 1, 0, &wants_input)) {
    draft_add(reply, "error=invalid argument");
    return;
  }
  int fd = join_cluster(path, token, "attach");
  if (fd < 0) {
    draft_add(reply, "error=%s", strerror(errno));
    return;
  }
  sigemptyset(&caught);
  sigaddset(&caught, SIGWINCH);
  sigaddset(&caught, SIGINT);
  sigaddset(&caught, SIGTERM);
  sigaddset(&caught, SIGHUP);
  sigprocmask(SIG_BLOCK, &caught, NULL);
  int signals = signalfd(-1, &caught, SFD_CLOEXEC);
  bool input_open = wants_input != 0;
  if (tty && isatty(0)) make_raw(), send_size(fd);
  for (;;) {
    struct pollfd polls[] = {{.fd = fd, .events = POLLIN},
                             {.fd = signals, .events = POLLIN},
                             {.fd = input_open ? 0 : -1, .events = POLLIN}};
    if (poll(polls, 3, -1) < 0 && errno != EINTR) exit(1);
    if (polls[0].revents != 0) {
      ssize_t got = queue_read(&in, fd, 65536);
      if (got == 0 || (got < 0 && errno != EINTR)) exit(137);
      take_frames(&in);
    }
    if (polls[1].revents & POLLIN) take_signal(signals, fd, path, token);
    if (input_open && polls[2].revents != 0) take_input(fd, tty != 0, &input_open);
  }
}
