#include "../common/files.h"
#include "pod.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#define NAMESPACES "/run/netns"
#define CNI "/etc/cni/net.d"
#define TEXT_MAX (1 << 20)

/* iproute2's `ip netns add` (ip/ipnetns.c): the folder is a shared mount, made by the first who comes. */
static void share_folder(void) {
  need_folder(NAMESPACES);
  int folder = open(NAMESPACES, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0 || flock(folder, LOCK_EX) < 0) die("lock", NAMESPACES);
  if (mount("", NAMESPACES, "none", MS_SHARED | MS_REC, NULL) < 0) {
    if (errno != EINVAL) die("share", NAMESPACES);
    if (mount(NAMESPACES, NAMESPACES, "none", MS_BIND | MS_REC, NULL) < 0) die("bind", NAMESPACES);
    if (mount("", NAMESPACES, "none", MS_SHARED | MS_REC, NULL) < 0) die("share", NAMESPACES);
  }
  close(folder);
}

static void add_namespace(const char *name) {
  share_folder();
  char *path = joined(NAMESPACES, name);
  int fd = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0);
  if (fd < 0) die("create", path);
  close(fd);
  if (unshare(CLONE_NEWNET) < 0) die("a network namespace for", path);
  if (mount("/proc/self/ns/net", path, "none", MS_BIND, NULL) < 0) die("bind", path);
  free(path);
}

static void set_loopback_up(void) {
  struct ifreq request = {.ifr_name = "lo"};
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request) < 0) die("look at", "lo");
  request.ifr_flags |= IFF_UP;
  if (ioctl(fd, SIOCSIFFLAGS, &request) < 0) die("set up", "lo");
  close(fd);
}

static void print_text(const char *path) {
  char *text = read_text(path, TEXT_MAX);
  if (text != NULL) fputs(text, stdout);
  free(text);
}

static int is_cni_file(const struct dirent *entry) {
  const char *end = strrchr(entry->d_name, '.');
  return entry->d_name[0] != '.' && end != NULL &&
         (strcmp(end, ".conf") == 0 || strcmp(end, ".conflist") == 0 || strcmp(end, ".json") == 0);
}

static int by_name(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }

/* The first file by name is the one that counts. */
static void print_cni(void) {
  struct dirent **entries = NULL;
  int count = scandir(CNI, &entries, is_cni_file, by_name);
  if (count > 0) {
    char *path = joined(CNI, entries[0]->d_name);
    print_text(path);
    free(path);
  }
}

/* Prints the node's hosts, resolv.conf and CNI configuration, a NUL between them; each is empty where there is none. */
int make_namespace(int argc, char **argv) {
  if (argc < 1) return 2;
  need_folder(argv[0]);
  if (argc > 1) {
    add_namespace(argv[1]);
    set_loopback_up();
  }
  print_text("/etc/hosts");
  putchar('\0');
  print_text("/etc/resolv.conf");
  putchar('\0');
  print_cni();
  return fflush(stdout) == 0 ? 0 : 1;
}
