#include "pod.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* The exit code when a volume cannot be had: stderr is the volume's name, a newline and why. */
#define REFUSED 9

static _Noreturn void refuse(const char *volume, const char *before, const char *path, const char *after) {
  fprintf(stderr, "%s\n%s%s%s\n", volume, before, path, after);
  exit(REFUSED);
}

static bool is_of(const char *path, mode_t type) {
  struct stat status;
  return stat(path, &status) == 0 && (status.st_mode & S_IFMT) == type;
}

static bool is_link(const char *path) {
  struct stat status;
  return lstat(path, &status) == 0 && S_ISLNK(status.st_mode);
}

static bool is_mount_point(const char *path) {
  struct stat here, above;
  char *parent = joined(path, "..");
  bool is_other = stat(path, &here) == 0 && stat(parent, &above) == 0 && here.st_dev != above.st_dev;
  free(parent);
  return is_other;
}

static void memory(const char *path, const char *size) {
  need_folder(path);
  if (is_mount_point(path)) return;
  char options[64];
  snprintf(options, sizeof options, "mode=0777%s%s", size[0] != '\0' ? ",size=" : "", size);
  if (mount("tmpfs", path, "tmpfs", 0, options) < 0) die("mount a tmpfs on", path);
}

static const struct host_type {
  const char *name, *described;
  mode_t type;
} host_types[] = {
    {"DirectoryOrCreate", "a directory", S_IFDIR},  {"FileOrCreate", "a file", S_IFREG},
    {"Directory", "a directory", S_IFDIR},          {"File", "a file", S_IFREG},
    {"Socket", "a socket file", S_IFSOCK},          {"CharDevice", "a character device", S_IFCHR},
    {"BlockDevice", "a block device", S_IFBLK},
};

/* kubernetes 1.34 pkg/volume/hostpath */
static void host_path(const char *type, const char *path, const char *volume) {
  bool is_there = exists(path);
  if (!is_there && (type[0] == '\0' || strcmp(type, "DirectoryOrCreate") == 0)) need_folder(path);
  if (!is_there && strcmp(type, "FileOrCreate") == 0) {
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) die("create", path);
    close(fd);
  }
  for (size_t i = 0; i < sizeof host_types / sizeof *host_types; i++) {
    if (strcmp(type, host_types[i].name) != 0 || is_of(path, host_types[i].type)) continue;
    char after[64];
    snprintf(after, sizeof after, " is not %s", host_types[i].described);
    refuse(volume, "hostPath type check failed: ", path, after);
  }
}

static int is_entry(const struct dirent *entry) {
  const char *name = entry->d_name;
  return strcmp(name, ".") != 0 && strncmp(name, "..", 2) != 0;
}

/* What a user sees: a link for each entry of the published folder, and none whose entry has gone. */
static void link_entries(const char *path, const char *stamped) {
  struct dirent **entries = NULL;
  int count = scandir(stamped, &entries, is_entry, NULL);
  if (count < 0) die("read", stamped);
  for (int i = 0; i < count; i++) {
    char *link = joined(path, entries[i]->d_name), *target = joined("..data", entries[i]->d_name);
    if (!is_link(link) && symlink(target, link) < 0) die("link", link);
    free(link);
    free(target);
  }
  count = scandir(path, &entries, is_entry, NULL);
  for (int i = 0; i < count; i++) {
    char *link = joined(path, entries[i]->d_name);
    if (is_link(link) && !exists(link)) unlink(link);
    free(link);
  }
}

/*
 * Moves the link ..data to the new folder, so that readers see the old content or the new one (kubernetes 1.34
 * pkg/volume/util/atomic_writer.go).
 */
static void publish(const char *path, const char *stamp, const char *group) {
  char *stamped = joined(path, stamp), *data = joined(path, "..data"), *fresh = joined(path, "..data_tmp");
  if (group[0] != '\0') share_tree(stamped, (gid_t)strtoul(group, NULL, 10), S_IRGRP, false);
  char old[NAME_MAX + 1];
  ssize_t length = readlink(data, old, sizeof old - 1);
  old[length > 0 ? length : 0] = '\0';
  unlink(fresh);
  if (symlink(stamp, fresh) < 0 || rename(fresh, data) < 0) die("publish", stamped);
  link_entries(path, stamped);
  if (old[0] == '\0' || strcmp(old, stamp) == 0 || strchr(old, '/') != NULL) return;
  char *former = joined(path, old);
  remove_tree(former);
}

static void make_volume(const char *kind, const char *path, const char *value, const char *stamp) {
  if (strcmp(kind, "folder") == 0) {
    if (!exists(path)) need_folder(path);
  } else if (strcmp(kind, "disk") == 0) {
    need_folder(path);
    if (chmod(path, 0777) < 0) die("change the mode of", path);
  } else if (strcmp(kind, "memory") == 0) {
    memory(path, value);
  } else if (strcmp(kind, "local") == 0) {
    if (!exists(path)) refuse(value, "path \"", path, "\" does not exist");
  } else if (strcmp(kind, "group") == 0) {
    share_tree(path, (gid_t)strtoul(value, NULL, 10), S_IRGRP | S_IWGRP, true);
  } else if (strcmp(kind, "unpack") == 0) {
    char *stamped = joined(path, stamp);
    need_folder(stamped);
    free(stamped);
  } else if (strcmp(kind, "tar") == 0) {
    unpack_stdin();
  } else if (strcmp(kind, "publish") == 0) {
    publish(path, stamp, value);
  } else if (strncmp(kind, "path:", strlen("path:")) == 0) {
    host_path(kind + strlen("path:"), path, value);
  } else {
    errno = EINVAL;
    die("make a volume of the kind", kind);
  }
}

/* Steps as words of three. What is projected goes into a folder named by STAMP below each root. */
int make_volumes(int argc, char **argv) {
  if (argc < 1 || (argc - 1) % 3 != 0) return 2;
  for (int i = 1; i < argc; i += 3) make_volume(argv[i], argv[i + 1], argv[i + 2], argv[0]);
  return 0;
}
