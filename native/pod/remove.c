#include "../common/files.h"
#include "pod.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOG_LINKS "/var/log/containers"
#define NAMESPACES "/run/netns"
#define STATE_MAX (1 << 20)

/* Whether crun's state of a container names a process that there is; it may be another's by now. */
static bool may_run(const char *state) {
  char *status = joined(state, "status"), *text = read_text(status, STATE_MAX);
  char *pid = text == NULL ? NULL : strstr(text, "\"pid\"");
  int number = 0;
  bool may = pid == NULL || sscanf(pid, "\"pid\" : %d", &number) != 1 || (number > 0 && kill(number, 0) == 0);
  free(status);
  free(text);
  return may;
}

/* crun's delete, only where it has something to end: what it does for a container that has ended is to remove its state. */
static void forget(const char *crun, const char *root, const char *id) {
  char *state = joined(root, id);
  if (exists(state) && may_run(state)) {
    pid_t child = fork();
    if (child == 0) {
      int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
      if (null >= 0) dup2(null, STDERR_FILENO);
      execl(crun, crun, "--root", root, "--cgroup-manager=disabled", "delete", "--force", id, (char *)NULL);
      _exit(127);
    }
    while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR) continue;
  }
  remove_tree(state);
  free(state);
}

static void remove_bundle(const char *bundle) {
  char *root = joined(bundle, "rootfs");
  umount2(root, MNT_DETACH | UMOUNT_NOFOLLOW); /* not mounted is fine: then it ends with the folder */
  remove_tree(bundle);
  free(root);
}

/* The links in /var/log/containers that end in "-ID.log". */
static void remove_log_links(const char *id) {
  DIR *folder = opendir(LOG_LINKS);
  if (folder == NULL) return;
  size_t length = strlen(id);
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    const char *end = strrchr(entry->d_name, '-');
    if (end != NULL && strncmp(end + 1, id, length) == 0 && strcmp(end + 1 + length, ".log") == 0)
      unlinkat(dirfd(folder), entry->d_name, 0);
  }
  closedir(folder);
}

int release_container(int argc, char **argv) {
  if (argc != 4) return 2;
  forget(argv[0], argv[1], argv[2]);
  remove_bundle(argv[3]);
  return 0;
}

int remove_containers(int argc, char **argv) {
  if (argc < 2 || (argc - 2) % 3 != 0) return 2;
  for (int i = 2; i < argc; i += 3) {
    forget(argv[0], argv[1], argv[i]);
    remove_bundle(argv[i + 1]);
    remove_tree(argv[i + 2]);
    remove_log_links(argv[i]);
  }
  return 0;
}

/* iproute2's `ip netns delete` (ip/ipnetns.c). */
static void delete_namespace(const char *name) {
  char *path = joined(NAMESPACES, name);
  umount2(path, MNT_DETACH);
  if (unlink(path) < 0 && errno != ENOENT) die("remove", path);
  free(path);
}

int close_pod(int argc, char **argv) {
  if (argc < 2) return 2;
  remove_tree(argv[0]);
  remove_tree(argv[1]);
  if (argc > 2) delete_namespace(argv[2]);
  return 0;
}
