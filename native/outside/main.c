/*
 * examctl-outside --netns PATH [--cgroup DIR]... --user ID --resolver IP --network IP/BITS --folder DIR
 *
 * The world outside a lab, as far as there is one: in the network namespace of the lab's switch it listens on the resolver's
 * port 53 and on ports 80 and 443 of the addresses that outside hosts have, and relays to dns.sock, http.sock and
 * https.sock in DIR. What is answered there is decided by whoever listens (native/PROTOCOL.md).
 * Goes to the background as soon as it listens, as the user ID without any privilege. Exits 2 for wrong arguments, 1
 * when something cannot be done.
 */
#include "../common/address.h"
#include "../common/loop.h"
#include "outside.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LISTEN_BACKLOG = 128, FILES_MAX = 2048 };

static _Noreturn void fail(int code, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  dprintf(2, "examctl-outside: ");
  vdprintf(2, format, arguments);
  dprintf(2, "\n");
  va_end(arguments);
  exit(code);
}

/* False with errno. */
static bool write_file(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  bool written = write(fd, text, strlen(text)) >= 0;
  int failure = errno;
  close(fd);
  errno = failure;
  return written;
}

static void join_cgroup(const char *folder) {
  char path[4096], pid[16];
  snprintf(path, sizeof path, "%s/cgroup.procs", folder);
  snprintf(pid, sizeof pid, "%d", getpid());
  if (!write_file(path, pid)) fail(1, "cannot join the cgroup %s: %s", folder, strerror(errno));
}

static int listen_on(int type, const char *host, int port) {
  struct address address;
  int on = 1;
  if (!address_make(&address, host, port)) fail(2, "%s is not an address", host);
  int fd = socket(address.bytes.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd >= 0) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address.bytes, address.length) < 0 ||
      (type == SOCK_STREAM && listen(fd, LISTEN_BACKLOG) < 0))
    fail(1, "cannot listen on %s port %d: %s", host, port, strerror(errno));
  return fd;
}

static void path_of(char *path, size_t size, const char *folder, const char *name) {
  struct address address;
  snprintf(path, size, "%s/%s", folder, name);
  if (!address_unix(&address, path)) fail(2, "--folder %s: a socket's path has at most 107 bytes", folder);
}

static struct network network_of(const char *text) {
  char address[INET_ADDRSTRLEN];
  int bits = 0;
  struct in_addr parsed;
  if (sscanf(text, "%15[0-9.]/%2d", address, &bits) != 2 || bits < 1 || bits > 32 ||
      inet_pton(AF_INET, address, &parsed) != 1)
    fail(2, "--network %s is not a network", text);
  in_addr_t mask = htonl(~0U << (32 - bits));
  return (struct network){.address = parsed.s_addr & mask, .mask = mask};
}

static void drop_privileges(const char *user) {
  struct rlimit files = {FILES_MAX, FILES_MAX};
  uid_t id = (uid_t)strtoul(user, NULL, 10);
  if (id == 0) fail(2, "--user must not be 0");
  setrlimit(RLIMIT_NOFILE, &files);
  if (setgroups(0, NULL) < 0 || setresgid(id, id, id) < 0 || setresuid(id, id, id) < 0 ||
      prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || chdir("/") < 0)
    fail(1, "cannot become user %s: %s", user, strerror(errno));
}

static void to_background(void) {
  int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
  pid_t child = fork();
  if (null_fd < 0 || child < 0) fail(1, "cannot go to the background: %s", strerror(errno));
  if (child > 0) _exit(0);
  setsid();
  for (int fd = 0; fd < 3; fd++) dup2(null_fd, fd);
}

int main(int argc, char **argv) {
  static struct outside outside;
  const char *netns = NULL, *user = NULL, *folder = NULL, *network = NULL;
  for (int at = 1; at < argc; at += 2) {
    const char *name = argv[at], *value = at + 1 < argc ? argv[at + 1] : NULL;
    if (value == NULL) fail(2, "%s needs a value", name);
    if (strcmp(name, "--netns") == 0) netns = value;
    else if (strcmp(name, "--user") == 0) user = value;
    else if (strcmp(name, "--folder") == 0) folder = value;
    else if (strcmp(name, "--resolver") == 0) outside.resolver = value;
    else if (strcmp(name, "--network") == 0) network = value;
    else if (strcmp(name, "--cgroup") == 0) join_cgroup(value);
    else fail(2, "%s is not an option", name);
  }
  if (netns == NULL || user == NULL || folder == NULL || outside.resolver == NULL || network == NULL)
    fail(2, "--netns, --user, --folder, --resolver and --network are needed");
  outside.network = network_of(network);
  path_of(outside.dns_socket, sizeof outside.dns_socket, folder, "dns.sock");
  path_of(outside.http_socket, sizeof outside.http_socket, folder, "http.sock");
  path_of(outside.https_socket, sizeof outside.https_socket, folder, "https.sock");
  int namespace = open(netns, O_RDONLY | O_CLOEXEC);
  if (namespace < 0 || setns(namespace, CLONE_NEWNET) < 0) fail(1, "%s: %s", netns, strerror(errno));
  close(namespace);
  /* The gateway says at once that there is no way on, instead of keeping silent. */
  if (!write_file("/proc/sys/net/ipv4/ip_forward", "1")) fail(1, "ip_forward: %s", strerror(errno));
  /* Nothing of the caller's comes along. */
  syscall(SYS_close_range, 3, ~0U, 0);
  /* A lab that eats all of its memory is to lose something else first; not every host lets us say so. */
  write_file("/proc/self/oom_score_adj", "-500");
  signal(SIGPIPE, SIG_IGN);
  int udp = listen_on(SOCK_DGRAM, outside.resolver, 53), tcp = listen_on(SOCK_STREAM, outside.resolver, 53);
  int http = listen_on(SOCK_STREAM, "0.0.0.0", 80), https = listen_on(SOCK_STREAM, "0.0.0.0", 443);
  drop_privileges(user);
  to_background();
  loop_init();
  relay_datagrams(udp, outside.dns_socket);
  relay_streams(tcp, outside.dns_socket, NULL);
  relay_streams(http, outside.http_socket, &outside.network);
  relay_streams(https, outside.https_socket, &outside.network);
  loop_run();
  return 0;
}
