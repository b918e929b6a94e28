#include "../common/files.h"
#include "pod.h"

#include <errno.h>
#include <fts.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPEN_FOLDERS 16

void need_folder(const char *path) {
  make_folders(path);
  struct stat status;
  if (stat(path, &status) < 0) die("make", path);
  if (S_ISDIR(status.st_mode)) return;
  errno = ENOTDIR;
  die("make", path);
}

char *joined(const char *folder, const char *name) {
  char *path = NULL;
  if (asprintf(&path, "%s/%s", folder, name) < 0) die("name", name);
  return path;
}

bool exists(const char *path) {
  struct stat status;
  return stat(path, &status) == 0;
}

/* nftw has no argument for its caller. */
static struct {
  gid_t group;
  mode_t rights;
  bool inherit;
} wanted;

static int share_one(const char *path, const struct stat *status, int kind, struct FTW *place) {
  (void)place;
  if (lchown(path, (uid_t)-1, wanted.group) < 0) die("change the group of", path);
  if (kind == FTW_SL || kind == FTW_SLN) return 0;
  bool is_folder = S_ISDIR(status->st_mode);
  mode_t enter = is_folder || (status->st_mode & 0111) != 0 ? S_IXGRP : 0;
  mode_t inherited = is_folder && wanted.inherit ? S_ISGID : 0;
  if (chmod(path, (status->st_mode & 07777) | wanted.rights | enter | inherited) < 0) die("change the mode of", path);
  return 0;
}

void share_tree(const char *path, gid_t group, mode_t rights, bool inherit) {
  wanted.group = group;
  wanted.rights = rights;
  wanted.inherit = inherit;
  if (nftw(path, share_one, OPEN_FOLDERS, FTW_PHYS) != 0) die("go through", path);
}

void remove_tree(const char *path) {
  char *const roots[] = {(char *)path, NULL};
  FTS *tree = fts_open(roots, FTS_PHYSICAL, NULL);
  if (tree == NULL) die("go through", path);
  for (FTSENT *entry; (entry = fts_read(tree)) != NULL;) {
    if (entry->fts_info == FTS_D) continue;
    bool is_gone = entry->fts_info == FTS_NS && entry->fts_errno == ENOENT;
    if (is_gone) continue;
    if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR || entry->fts_info == FTS_NS) {
      errno = entry->fts_errno;
      die("remove", entry->fts_path);
    }
    if (remove(entry->fts_accpath) < 0 && errno != ENOENT) die("remove", entry->fts_path);
  }
  fts_close(tree);
}
