#include "node.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t pager;

void pager_start(bool wanted, bool from_end) {
  int ends[2];
  if (!wanted || !isatty(1) || access("/usr/bin/less", X_OK) < 0 || pipe(ends) < 0) return;
  fflush(stdout);
  pager = fork();
  if (pager == 0) {
    dup2(ends[0], 0);
    close(ends[0]);
    close(ends[1]);
    setenv("LESS", "FRSXMK", 1);
    execl("/usr/bin/less", "less", from_end ? "+G" : NULL, NULL);
    _exit(127);
  }
  close(ends[0]);
  if (pager > 0) dup2(ends[1], 1);
  close(ends[1]);
  signal(SIGPIPE, SIG_DFL);
}

void pager_end(void) {
  fflush(stdout);
  if (pager <= 0) return;
  close(1);
  while (waitpid(pager, NULL, 0) < 0) continue;
}
