/*
 * examctl-pod: what a container runtime and a kubelet do to a node's files before a program of a pod starts and after it has
 * ended, in one process where a shell would start a dozen. Run by labd in the node, as its root.
 *
 *   namespace LOGS [NAME]                               the folder for logs and a network namespace with lo up
 *   bundle BUNDLE SNAPSHOT LOWER LOG LINK [FOLDER ...]  a container's root, and the files of a tar on stdin
 *   volumes STAMP [KIND PATH VALUE ...]                 volumes of a pod
 *   release CRUN STATE ID BUNDLE                        what is left of a container that has ended, but its root's files
 *   remove CRUN STATE [ID BUNDLE SNAPSHOT ...]          the same with these and the links to its log, for each
 *   close FILES LOGS [NAME]                             a pod's files, its logs and its network namespace
 *   inspect MANIFESTS                                   what a kubelet has to know of the node: lines NAME=VALUE, files in base64
 */
#include "pod.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int main(int argc, char **argv) {
  umask(022);
  const char *call = argc > 1 ? argv[1] : "";
  if (strcmp(call, "namespace") == 0) return make_namespace(argc - 2, argv + 2);
  if (strcmp(call, "bundle") == 0) return make_bundle(argc - 2, argv + 2);
  if (strcmp(call, "volumes") == 0) return make_volumes(argc - 2, argv + 2);
  if (strcmp(call, "release") == 0) return release_container(argc - 2, argv + 2);
  if (strcmp(call, "remove") == 0) return remove_containers(argc - 2, argv + 2);
  if (strcmp(call, "close") == 0) return close_pod(argc - 2, argv + 2);
  if (strcmp(call, "inspect") == 0) return inspect_node(argc - 2, argv + 2);
  fprintf(stderr, "examctl-pod: no such call: %s\n", call);
  return 2;
}

void die(const char *what, const char *path) {
  int failure = errno;
  fflush(stdout);
  fprintf(stderr, "%s %s: %s\n", what, path, strerror(failure));
  exit(1);
}
