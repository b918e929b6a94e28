#include "daemon.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* Holds a pod's namespaces, and reaps what ends in a shared pid namespace. */
static void reap(int number) {
  (void)number;
  while (waitpid(-1, NULL, WNOHANG) > 0) continue;
}

int run_pause(const struct flags *flags) {
  (void)flags;
  struct sigaction action = {.sa_handler = reap, .sa_flags = SA_NOCLDSTOP};
  sigaction(SIGCHLD, &action, NULL);
  for (;;) pause();
}
