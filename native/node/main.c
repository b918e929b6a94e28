/* examctl-node: the tools of a node's administrator, each under its own name. */
#include "node.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
  const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
  const char *name = slash != NULL ? slash + 1 : argc > 0 ? argv[0] : "";
  if (strcmp(name, "systemctl") == 0) return run_systemctl(argc, argv);
  if (strcmp(name, "journalctl") == 0) return run_journalctl(argc, argv);
  fprintf(stderr, "%s: not a name this program goes by: systemctl journalctl\n", name);
  return 127;
}
