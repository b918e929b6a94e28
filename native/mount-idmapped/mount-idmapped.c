// examctl-mount-idmapped [--reverse [--writable]] BASE COUNT SOURCE TARGET [SOURCE TARGET ...]
//
// Bind-mounts each SOURCE read-only on TARGET with its owners shifted: on-disk ids 0..COUNT-1 appear as BASE..BASE+COUNT-1.
// So one root file system on disk serves every lab's own uid range. util-linux has X-mount.idmap only from 2.39 on.
// --reverse: on-disk ids BASE..BASE+COUNT-1 appear as 0..COUNT-1, and no other id can be made: how labs are archived.
// Exit 0 when all are mounted; otherwise 1 with the failing step on stderr and none of them left mounted.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// <linux/mount.h> and <sys/mount.h> of some distributions clash or lack these; the system call numbers are fixed.
#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE 1
#endif
#ifndef OPEN_TREE_CLOEXEC
#define OPEN_TREE_CLOEXEC O_CLOEXEC
#endif

static int fail(const char *what, const char *path) {
  fprintf(stderr, "examctl-mount-idmapped: %s %s: %s\n", what, path, strerror(errno));
  return -1;
}

static int write_map(pid_t pid, const char *name, const char *text) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return fail("open", path);
  ssize_t n = write(fd, text, strlen(text));
  close(fd);
  return n == (ssize_t)strlen(text) ? 0 : fail("write", path);
}

// A user namespace that maps from.. to to..: it outlives the child that was born in it through the descriptor.
static int make_userns(unsigned long from, unsigned long to, unsigned long count) {
  int ready[2], hold[2];
  if (pipe2(ready, O_CLOEXEC) || pipe2(hold, O_CLOEXEC)) return fail("pipe", "");
  pid_t pid = fork();
  if (pid < 0) return fail("fork", "");
  if (pid == 0) {
    close(ready[0]);
    close(hold[1]);
    char byte = unshare(CLONE_NEWUSER) == 0 ? 1 : 0;
    if (write(ready[1], &byte, 1) == 1) (void)!read(hold[0], &byte, 1);
    _exit(0);
  }
  close(ready[1]);
  close(hold[0]);
  char byte = 0;
  int fd = -1;
  if (read(ready[0], &byte, 1) != 1 || byte != 1) {
    errno = EPERM;
    fail("make a user namespace", "");
  } else {
    char map[64], path[64];
    snprintf(map, sizeof map, "%lu %lu %lu\n", from, to, count);
    snprintf(path, sizeof path, "/proc/%d/ns/user", pid);
    if (write_map(pid, "uid_map", map) == 0 && write_map(pid, "gid_map", map) == 0) {
      fd = open(path, O_RDONLY | O_CLOEXEC);
      if (fd < 0) fail("open", path);
    }
  }
  close(hold[1]);
  close(ready[0]);
  waitpid(pid, NULL, 0);
  return fd;
}

static int mount_one(int userns, int writable, const char *source, const char *target) {
  int tree = (int)syscall(SYS_open_tree, AT_FDCWD, source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  if (tree < 0) return fail("open_tree", source);
  struct mount_attr attr = {
      .attr_set = MOUNT_ATTR_IDMAP | MOUNT_ATTR_NODEV | (writable ? MOUNT_ATTR_NOSUID : MOUNT_ATTR_RDONLY),
      .userns_fd = (unsigned)userns,
  };
  int failed = 0;
  if (syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attr, sizeof attr))
    failed = fail("mount_setattr (needs Linux 5.19 or later for overlay layers)", source);
  else if (syscall(SYS_move_mount, tree, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH))
    failed = fail("move_mount", target);
  close(tree);
  return failed;
}

int main(int argc, char **argv) {
  int reverse = 0, writable = 0, first = 1;
  for (; first < argc && strncmp(argv[first], "--", 2) == 0; first++) {
    reverse |= strcmp(argv[first], "--reverse") == 0;
    writable |= strcmp(argv[first], "--writable") == 0;
  }
  if (argc - first < 4 || (argc - first) % 2 != 0 || (writable && !reverse)) {
    fprintf(stderr, "usage: %s [--reverse [--writable]] BASE COUNT SOURCE TARGET [SOURCE TARGET ...]\n", argv[0]);
    return 2;
  }
  unsigned long base = strtoul(argv[first], NULL, 10), count = strtoul(argv[first + 1], NULL, 10);
  int userns = reverse ? make_userns(base, 0, count) : make_userns(0, base, count);
  if (userns < 0) return 1;
  for (int i = first + 2; i < argc; i += 2) {
    if (mount_one(userns, writable, argv[i], argv[i + 1]) == 0) continue;
    while ((i -= 2) >= first + 2) umount2(argv[i + 1], MNT_DETACH);
    return 1;
  }
  return 0;
}
