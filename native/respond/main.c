/*
 * examctl-respond: the small servers of the image catalogue, each under its own name. Static, some hundred kilobytes of
 * memory each, so that labs can run them by the dozen.
 */
#include "respond.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* As PID 1 of a container a program is deaf to signals that it does not catch. */
static void terminated(int number) {
  (void)number;
  _exit(0);
}

int main(int argc, char **argv) {
  const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
  const char *name = slash != NULL ? slash + 1 : argc > 0 ? argv[0] : "";
  signal(SIGTERM, terminated);
  signal(SIGINT, terminated);
  signal(SIGPIPE, SIG_IGN);
  if (strcmp(name, "http-echo") == 0) return run_http_echo(argv);
  if (strcmp(name, "agnhost") == 0) return run_agnhost(argv);
  if (run_page(name, argv)) return 0;
  fprintf(stderr, "%s: not a name this program goes by\n", name);
  return 127;
}
