#include "node.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct row {
  char *unit, *active, *sub, *description;
};

static int by_unit(const void *a, const void *b) { return strcmp(((const struct row *)a)->unit, ((const struct row *)b)->unit); }

int list_units(bool all, bool failed_only, bool legend) {
  struct strings none = {0};
  struct message reply;
  if (!ask("service-list", &none, &reply)) return 1;
  size_t count = 0, kept = 0;
  char **items = message_all(&reply, "service", &count);
  struct row *rows = calloc(count + 1, sizeof *rows);
  int width = 4;
  for (size_t i = 0; items != NULL && rows != NULL && i < count; i++) {
    struct row row;
    char *rest = items[i];
    row.unit = strsep(&rest, ":");
    row.active = strsep(&rest, ":");
    row.sub = strsep(&rest, ":");
    row.description = rest;
    if (rest == NULL || (failed_only && strcmp(row.active, "failed") != 0)) continue;
    if (!all && !failed_only && strcmp(row.active, "inactive") == 0) continue;
    if ((int)strlen(row.unit) > width) width = (int)strlen(row.unit);
    rows[kept++] = row;
  }
  if (kept > 1) qsort(rows, kept, sizeof *rows, by_unit);
  if (legend && kept > 0) printf("  %-*s LOAD   ACTIVE     SUB          DESCRIPTION\n", width, "UNIT");
  for (size_t i = 0; i < kept; i++)
    printf("%s %-*s loaded %-10s %-12s %s\n", strcmp(rows[i].active, "failed") == 0 ? "●" : " ", width, rows[i].unit,
           rows[i].active, rows[i].sub, rows[i].description);
  if (legend) {
    if (kept > 0)
      printf("\nLOAD   = Reflects whether the unit definition was properly loaded.\n"
             "ACTIVE = The high-level unit activation state, i.e. generalization of SUB.\n"
             "SUB    = The low-level unit activation state, values depend on unit type.\n");
    printf("%zu loaded units listed.%s\n", kept, all || failed_only ? "" : " Pass --all to see loaded but inactive units, too.");
    if (!failed_only) printf("To show all installed unit files use 'systemctl list-unit-files'.\n");
  }
  free(rows);
  free(items);
  message_free(&reply);
  return 0;
}

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

int list_unit_files(void) {
  struct strings names = {0};
  int width = 9;
  for (int i = 0; unit_folders[i] != NULL; i++) {
    DIR *folder = opendir(unit_folders[i]);
    for (struct dirent *item; folder != NULL && (item = readdir(folder)) != NULL;) {
      if (!ends_with(item->d_name, ".service") || strings_has(&names, item->d_name)) continue;
      strings_add(&names, item->d_name, strlen(item->d_name));
      if ((int)strlen(item->d_name) > width) width = (int)strlen(item->d_name);
    }
    if (folder != NULL) closedir(folder);
  }
  if (names.count > 1) qsort(names.items, names.count, sizeof *names.items, by_text);
  printf("%-*s STATE    PRESET\n", width, "UNIT FILE");
  for (size_t i = 0; i < names.count; i++) {
    const char *state = unit_file_state(names.items[i]);
    printf("%-*s %-8s %s\n", width, names.items[i], state != NULL ? state : "bad",
           state != NULL && strcmp(state, "static") == 0 ? "-" : "enabled");
  }
  printf("\n%zu unit files listed.\n", names.count);
  strings_free(&names);
  return 0;
}

int show_properties(const char *text, const struct strings *wanted, bool value_only) {
  struct message reply;
  char *name = unit_name(text);
  if (name == NULL || !ask_service(name, "status", &reply)) return 1;
  struct unit *unit = unit_load(name);
  bool known = is_ok(&reply);
  const char *state = unit_file_state(name);
  const char *properties[][2] = {{"Id", name},
                                 {"Names", name},
                                 {"Description", known ? value_of(&reply, "description") : name},
                                 {"LoadState", !known ? "not-found" : unit != NULL && unit->masked ? "masked" : "loaded"},
                                 {"ActiveState", known ? value_of(&reply, "active") : "inactive"},
                                 {"SubState", known ? value_of(&reply, "sub") : "dead"},
                                 {"FragmentPath", unit != NULL && unit->path != NULL ? unit->path : ""},
                                 {"UnitFileState", state != NULL ? state : ""},
                                 {"MainPID", known ? value_of(&reply, "pid") : "0"},
                                 {"NRestarts", known ? value_of(&reply, "restarts") : "0"},
                                 {"Result", known ? value_of(&reply, "result") : "success"},
                                 {"ExecMainStatus", known && message_get(&reply, "code") ? value_of(&reply, "code") : "0"},
                                 {"Restart", unit != NULL && unit->restart != NULL ? unit->restart : "no"},
                                 {"NeedDaemonReload", number_of(&reply, "need_reload") == 1 ? "yes" : "no"}};
  for (size_t i = 0; i < sizeof properties / sizeof *properties; i++) {
    if (wanted->count > 0 && !strings_has(wanted, properties[i][0])) continue;
    printf(value_only ? "%.0s%s\n" : "%s=%s\n", properties[i][0], properties[i][1]);
  }
  unit_free(unit);
  free(name);
  message_free(&reply);
  return 0;
}
