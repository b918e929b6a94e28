/* examctl-init: PID 1 of a node. PROTOCOL.md says what it answers on its control socket. */
#include "../common/files.h"
#include "../control/listener.h"
#include "../control/spawn.h"
#include "operations.h"

#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CONTROL_FD = 3, TERMINATE_GRACE_MS = 2000 };

static bool stopping;
static struct timer kill_timer;

static void loopback_up(void) {
  struct ifreq request = {.ifr_name = "lo"};
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  if (ioctl(fd, SIOCGIFFLAGS, &request) == 0) {
    request.ifr_flags |= IFF_UP | IFF_RUNNING;
    ioctl(fd, SIOCSIFFLAGS, &request);
  }
  close(fd);
}

/* What programs expect of a running system; the mounts are the runtime's. */
static void prepare_run(void) {
  static const char *const folders[] = {"/run/lock", "/run/systemd/system", "/run/systemd/units", "/run/netns",
                                        "/run/user", "/run/sshd",           "/var/log/journal",   "/var/log/pods",
                                        "/var/log/containers"};
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) make_folders(folders[i]);
}

static void kill_all(struct timer *timer) {
  (void)timer;
  kill(-1, SIGKILL);
  loop_stop();
}

static void shut_down(void) {
  if (stopping) return;
  stopping = true;
  shells_hang_up();
  services_stop_all();
  kill(-1, SIGTERM);
  kill(-1, SIGCONT);
  timer_set(&kill_timer, TERMINATE_GRACE_MS, kill_all);
}

/* Nobody but PID 1 left: no need to wait for the rest of the grace. */
static bool alone(void) { return kill(-1, 0) < 0; }

static void signal_ready(struct source *source, uint32_t events) {
  struct signalfd_siginfo info;
  (void)events;
  while (read(source->fd, &info, sizeof info) == (ssize_t)sizeof info) {
    if (info.ssi_signo == SIGCHLD)
      children_reap(container_orphan);
    else
      shut_down();
  }
  if (stopping && alone()) loop_stop();
}

static void watch_signals(void) {
  static struct source source;
  const int signals[] = {SIGCHLD, SIGTERM, SIGINT, SIGPWR, SIGRTMIN + 3};
  sigset_t set;
  sigemptyset(&set);
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) sigaddset(&set, signals[i]);
  sigprocmask(SIG_BLOCK, &set, NULL);
  signal(SIGPIPE, SIG_IGN);
  source_open(&source, signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), EPOLLIN, signal_ready);
}

int main(void) {
  if (getpid() != 1) {
    /* Shutdown signals every process there is: only ever those of a pid namespace of its own. */
    dprintf(2, "examctl-init: runs as PID 1 of a node only\n");
    return 1;
  }
  umask(022);
  if (chdir("/") < 0) return 1;
  spawn_init();
  loop_init();
  watch_signals();
  loopback_up();
  prepare_run();
  if (!listen_inherited(CONTROL_FD)) dprintf(2, "examctl-init: descriptor %d is not a listening socket\n", CONTROL_FD);
  if (!listen_on("/run/systemd/private", true)) dprintf(2, "examctl-init: cannot listen on /run/systemd/private: %m\n");
  services_boot();
  loop_run();
  return 0;
}
