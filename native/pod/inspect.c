#include "../common/files.h"
#include "../common/strings.h"
#include "pod.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#define FILE_MAX (4 << 20)
#define KUBELET_CONFIG "/var/lib/kubelet/config.yaml"

static void put_base64(const char *text) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const unsigned char *at = (const unsigned char *)text;
  for (size_t left = strlen(text); left > 0;) {
    size_t taken = left < 3 ? left : 3;
    unsigned bits = (unsigned)at[0] << 16 | (taken > 1 ? (unsigned)at[1] << 8 : 0) | (taken > 2 ? at[2] : 0);
    putchar(digits[bits >> 18]);
    putchar(digits[bits >> 12 & 63]);
    putchar(taken > 1 ? digits[bits >> 6 & 63] : '=');
    putchar(taken > 2 ? digits[bits & 63] : '=');
    at += taken;
    left -= taken;
  }
}

/* "KIND=PATH CONTENT"; whether it is a file. */
static bool put_file(const char *kind, const char *path) {
  char *text = read_text(path, FILE_MAX);
  if (text == NULL) return false;
  printf("%s=%s ", kind, path);
  put_base64(text);
  putchar('\n');
  free(text);
  return true;
}

static int is_visible(const struct dirent *entry) { return entry->d_name[0] != '.'; }

static bool is_network(const char *name) {
  return ends_with(name, ".conf") || ends_with(name, ".conflist") || ends_with(name, ".json");
}

/* As alphasort without a locale. */
static int by_name(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }

static void put_folder(const char *kind, const char *folder, bool only_first_network) {
  struct dirent **entries = NULL;
  int count = scandir(folder, &entries, is_visible, by_name);
  for (int i = 0; i < count; i++) {
    if (only_first_network && !is_network(entries[i]->d_name)) continue;
    if (put_file(kind, joined(folder, entries[i]->d_name)) && only_first_network) return;
  }
}

/* The resolv.conf that the kubelet's configuration names; its path, new memory. */
static char *resolv_path(void) {
  static const char key[] = "\nresolvConf:";
  char *text = read_text(KUBELET_CONFIG, FILE_MAX);
  char *line = text == NULL ? NULL : strstr(text, key);
  char *path = NULL;
  if (line != NULL && sscanf(line + strlen(key), "%m[^\n]", &path) == 1) {
    char *from = path + strspn(path, " \t\"'");
    from[strcspn(from, " \t\"'\r")] = '\0';
    return from;
  }
  return strdup("/etc/resolv.conf");
}

int inspect_node(int argc, char **argv) {
  if (argc < 1) return 2;
  const char *manifests = argv[0];
  struct utsname system;
  if (uname(&system) < 0) die("name", "the system");
  printf("kernel=%s\nmachine=%s\ncpus=%ld\n", system.release, system.machine, sysconf(_SC_NPROCESSORS_ONLN));
  struct statvfs disk;
  if (statvfs("/var/lib/kubelet", &disk) == 0) {
    unsigned long long unit = disk.f_frsize;
    printf("disk-kib=%llu\ndisk-free-kib=%llu\ninodes=%llu\ninodes-free=%llu\n", disk.f_blocks * unit / 1024,
           disk.f_bavail * unit / 1024, (unsigned long long)disk.f_files, (unsigned long long)disk.f_ffree);
  }
  static const char *const files[] = {
      "/etc/os-release", "/etc/machine-id", "/proc/sys/kernel/random/boot_id",
      "/proc/meminfo",   KUBELET_CONFIG,    "/etc/kubernetes/kubelet.conf",
  };
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) put_file("file", files[i]);
  char *resolv = resolv_path();
  printf("resolv-path=%s\n", resolv);
  put_file("resolv", resolv);
  put_folder("cni", "/etc/cni/net.d", true);
  struct stat status;
  if (stat(manifests, &status) == 0 && S_ISDIR(status.st_mode)) printf("has-manifests=yes\n");
  put_folder("manifest", manifests, false);
  /* What is cut off before this is no inspection. */
  printf("complete=yes\n");
  return 0;
}
