#include "pod.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

/* An overlay of SNAPSHOT over the image's layers LOWER, mounted on BUNDLE/rootfs. LINK, unless it is "", leads to LOG. */
int make_bundle(int argc, char **argv) {
  if (argc < 5) return 2;
  char *root = joined(argv[0], "rootfs"), *upper = joined(argv[1], "fs"), *work = joined(argv[1], "work");
  const char *lower = argv[2], *log = argv[3], *link = argv[4];
  need_folder(root);
  need_folder(upper);
  need_folder(work);
  for (int i = 5; i < argc; i++) need_folder(argv[i]);
  char *options = NULL;
  if (asprintf(&options, "lowerdir=%s,upperdir=%s,workdir=%s", lower, upper, work) < 0) die("mount", root);
  if (mount("overlay", root, "overlay", 0, options) < 0) die("mount an overlay on", root);
  if (link[0] != '\0') {
    /* What it is called by is a convenience: a container runs without it. */
    unlink(link);
    if (symlink(log, link) < 0) perror(link);
  }
  unpack_stdin();
  return 0;
}
