#include "daemon.h"

#include "../common/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* containerd: its unix socket, and the streaming server on a free port of the loopback. */
static const char known[] = "address a config c help h log-level l root state version v ";

static void info(const char *message) {
  struct timespec now;
  struct tm utc;
  char when[32];
  clock_gettime(CLOCK_REALTIME, &now);
  strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", gmtime_r(&now.tv_sec, &utc));
  dprintf(2, "time=\"%s.%09ldZ\" level=info msg=\"%s\"\n", when, now.tv_nsec, message);
}

static void unknown(const char *argument) {
  if (argument[0] == '-')
    dprintf(2, "Incorrect Usage: flag provided but not defined: %s\n\ncontainerd: flag provided but not defined: %s\n",
            argument, argument);
  else
    dprintf(2, "No help topic for '%s'\n", argument);
  exit(1);
}

int run_containerd(const struct flags *flags) {
  flags_check(flags, known, unknown);
  const char *path = flag(flags, "address", flag(flags, "a", "/run/containerd/containerd.sock"));
  info("starting containerd\" revision=" CONTAINERD_REVISION " version=\"" CONTAINERD_VERSION);
  info("loading plugin\" id=io.containerd.grpc.v1.cri type=\"io.containerd.grpc.v1");
  make_parents(path);
  if (serve_unix(path, accept_relay, RUN_FOLDER "/containerd.sock") == NULL) {
    dprintf(2, "containerd: failed to get listener for main endpoint: cannot listen on %s: %m\n", path);
    return 1;
  }
  serve_tcp("127.0.0.1", 0, accept_hold, NULL);
  info("Start cri plugin with config");
  info("Start streaming server");
  char line[300];
  snprintf(line, sizeof line, "serving...\" address=\"%s", path);
  info(line);
  info("containerd successfully booted in 0.042105s");
  loop_run();
  return 0;
}
