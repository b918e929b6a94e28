#include "node.h"

#include "../common/files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ADMIN_FOLDER "/etc/systemd/system"

static bool is_wanted(const char *name) {
  bool wanted = false;
  for (int i = 0; unit_folders[i] != NULL && !wanted; i++) {
    DIR *folder = opendir(unit_folders[i]);
    for (struct dirent *item; folder != NULL && !wanted && (item = readdir(folder)) != NULL;) {
      char path[800];
      if (!ends_with(item->d_name, ".wants") && !ends_with(item->d_name, ".requires")) continue;
      snprintf(path, sizeof path, "%s/%s/%s", unit_folders[i], item->d_name, name);
      char target[8];
      wanted = readlink(path, target, sizeof target) >= 0;
    }
    if (folder != NULL) closedir(folder);
  }
  return wanted;
}

const char *unit_file_state(const char *text) {
  char *name = unit_name(text);
  struct unit *unit = name != NULL ? unit_load(name) : NULL;
  const char *state = NULL;
  if (unit != NULL && unit->path != NULL)
    state = unit->masked ? "masked" : is_wanted(name) ? "enabled" : unit->wanted_by.count > 0 ? "disabled" : "static";
  unit_free(unit);
  free(name);
  return state;
}

static int enable(const struct unit *unit, bool quiet) {
  char path[800];
  if (unit->wanted_by.count == 0) {
    fprintf(stderr, "The unit files have no installation config (WantedBy=, RequiredBy=, Also=,\nAlias= settings in the "
                    "[Install] section, and DefaultInstance= for template\nunits). This means they are not meant to be "
                    "enabled or disabled using systemctl.\n");
    return 0;
  }
  for (size_t i = 0; i < unit->wanted_by.count; i++) {
    snprintf(path, sizeof path, ADMIN_FOLDER "/%s.wants/%s", unit->wanted_by.items[i], unit->name);
    make_parents(path);
    if (symlink(unit->path, path) < 0) {
      if (errno == EEXIST) continue;
      fprintf(stderr, "Failed to enable unit: %s\n", strerror(errno));
      return 1;
    }
    if (!quiet) fprintf(stderr, "Created symlink %s → %s.\n", path, unit->path);
  }
  return 0;
}

static int disable(const struct unit *unit, bool quiet) {
  DIR *folder = opendir(ADMIN_FOLDER);
  for (struct dirent *item; folder != NULL && (item = readdir(folder)) != NULL;) {
    char path[800];
    if (!ends_with(item->d_name, ".wants") && !ends_with(item->d_name, ".requires")) continue;
    snprintf(path, sizeof path, ADMIN_FOLDER "/%s/%s", item->d_name, unit->name);
    if (unlink(path) == 0 && !quiet) fprintf(stderr, "Removed \"%s\".\n", path);
  }
  if (folder != NULL) closedir(folder);
  return 0;
}

int unit_enable(const char *text, bool wanted, bool quiet) {
  char *name = unit_name(text);
  struct unit *unit = name != NULL ? unit_load(name) : NULL;
  int code = 1;
  if (unit == NULL || unit->path == NULL)
    fprintf(stderr, "Failed to %s unit: Unit file %s does not exist.\n", wanted ? "enable" : "disable", name ? name : text);
  else if (wanted && unit->masked)
    fprintf(stderr, "Failed to enable unit: Unit file " ADMIN_FOLDER "/%s is masked.\n", name);
  else
    code = wanted ? enable(unit, quiet) : disable(unit, quiet);
  unit_free(unit);
  free(name);
  return code;
}

int unit_mask(const char *text, bool mask) {
  char *name = unit_name(text), path[300], target[16] = "";
  if (name == NULL) return 1;
  snprintf(path, sizeof path, ADMIN_FOLDER "/%s", name);
  free(name);
  bool masked = readlink(path, target, sizeof target - 1) > 0 && strcmp(target, "/dev/null") == 0;
  if (mask && !masked) {
    if (symlink("/dev/null", path) < 0) {
      fprintf(stderr, "Failed to mask unit: File %s already exists.\n", path);
      return 1;
    }
    fprintf(stderr, "Created symlink %s → /dev/null.\n", path);
  }
  if (!mask && masked && unlink(path) == 0) fprintf(stderr, "Removed \"%s\".\n", path);
  return 0;
}

int cat_unit(const char *text) {
  char *name = unit_name(text);
  struct unit *unit = name != NULL ? unit_load(name) : NULL;
  if (unit == NULL || unit->path == NULL) {
    fprintf(stderr, "No files found for %s.\n", name != NULL ? name : text);
    unit_free(unit);
    free(name);
    return 1;
  }
  for (size_t i = 0; i <= unit->drop_ins.count; i++) {
    const char *path = i == 0 ? unit->path : unit->drop_ins.items[i - 1];
    char *content = read_text(path, 1 << 20);
    printf("%s# %s\n%s", i == 0 ? "" : "\n", path, content != NULL ? content : "");
    free(content);
  }
  unit_free(unit);
  free(name);
  return 0;
}
