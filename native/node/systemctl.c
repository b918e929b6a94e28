#include "node.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
  bool now, quiet, all, full, no_legend, value, pager, failed;
  long lines;
  struct strings properties;
} options = {.pager = true, .lines = 10};

static const char help[] =
    "systemctl [OPTIONS...] COMMAND ...\n\nQuery or send control commands to the services of this node.\n\n"
    "  list-units, list-unit-files, status, show, cat, is-active, is-failed, is-enabled\n"
    "  start, stop, restart, try-restart, reload, reload-or-restart, reset-failed\n"
    "  enable, disable, mask, unmask [--now], daemon-reload, edit (use an editor and daemon-reload)\n";

static void warn_reload(const struct message *reply, const char *name) {
  if (number_of(reply, "need_reload") == 1)
    fprintf(stderr, "Warning: The unit file, source configuration file or drop-ins of %s changed on disk. Run 'systemctl "
                    "daemon-reload' to reload units.\n", name);
}

/* start, stop and the like: quiet when it went well. */
static int act(const char *action, const char *text) {
  struct message reply;
  char *name = unit_name(text);
  int code = 0;
  if (name == NULL) {
    fprintf(stderr, "Failed to %s %s: Invalid argument\n", action, text);
    return 1;
  }
  if (!ask_service(name, action, &reply)) {
    free(name);
    return 1;
  }
  if (!is_ok(&reply)) {
    const char *reason = value_of(&reply, "message");
    bool missing = strcmp(value_of(&reply, "code"), "not-found") == 0;
    if (missing)
      fprintf(stderr, "Failed to %s %s: Unit %s not found.\n", action, name, name);
    else
      fprintf(stderr, "Failed to %s %s: %s\n", action, name, reason);
    code = missing ? 5 : 1;
  } else {
    warn_reload(&reply, name);
    bool starting = strcmp(action, "start") == 0 || strcmp(action, "restart") == 0;
    if (starting && strcmp(value_of(&reply, "active"), "failed") == 0) {
      fprintf(stderr, "Job for %s failed because the control process exited with error code.\nSee \"systemctl status %s\" "
                      "and \"journalctl -xeu %s\" for details.\n", name, name, name);
      code = 1;
    }
  }
  message_free(&reply);
  free(name);
  return code;
}

static int query(const char *text, const char *wanted) {
  struct message reply;
  char *name = unit_name(text);
  if (name == NULL || !ask_service(name, "status", &reply)) return 1;
  const char *active = is_ok(&reply) ? value_of(&reply, "active") : "inactive";
  if (!options.quiet) puts(active);
  bool is = strcmp(active, wanted) == 0 || (strcmp(wanted, "active") == 0 && strcmp(active, "reloading") == 0);
  message_free(&reply);
  free(name);
  return is ? 0 : strcmp(wanted, "active") == 0 ? 3 : 1;
}

static int is_enabled(const char *text) {
  const char *state = unit_file_state(text);
  if (state == NULL) {
    char *name = unit_name(text);
    fprintf(stderr, "Failed to get unit file state for %s: No such file or directory\n", name != NULL ? name : text);
    free(name);
    return 1;
  }
  if (!options.quiet) puts(state);
  return strcmp(state, "enabled") == 0 || strcmp(state, "static") == 0 ? 0 : 1;
}

static int daemon_reload(void) {
  struct strings none = {0};
  struct message reply;
  if (!ask("daemon-reload", &none, &reply)) return 1;
  message_free(&reply);
  return 0;
}

static int try_restart(const char *unit) {
  struct message reply;
  if (!ask_service(unit, "status", &reply)) return 1;
  bool runs = is_ok(&reply) && number_of(&reply, "pid") > 0;
  message_free(&reply);
  return runs ? act("restart", unit) : 0;
}

static int reload_or_restart(const char *unit) {
  struct message reply;
  if (!ask_service(unit, "status", &reply)) return 1;
  bool can = is_ok(&reply) && number_of(&reply, "can_reload") == 1 && number_of(&reply, "pid") > 0;
  message_free(&reply);
  return act(can ? "reload" : "restart", unit);
}

static int enable_or_disable(const char *unit, bool enable) {
  int code = unit_enable(unit, enable, options.quiet);
  if (code == 0) daemon_reload();
  if (code == 0 && options.now) code = act(enable ? "start" : "stop", unit);
  return code;
}

static int mask_or_unmask(const char *unit, bool mask) {
  int code = unit_mask(unit, mask);
  if (code == 0) daemon_reload();
  if (code == 0 && mask && options.now) code = act("stop", unit);
  return code;
}

static int do_start(const char *unit) { return act("start", unit); }
static int do_stop(const char *unit) { return act("stop", unit); }
static int do_restart(const char *unit) { return act("restart", unit); }
static int do_reload(const char *unit) { return act("reload", unit); }
static int do_reset(const char *unit) { return act("reset-failed", unit); }
static int do_status(const char *unit) { return show_status(unit, true, options.lines, options.full); }
static int do_enable(const char *unit) { return enable_or_disable(unit, true); }
static int do_disable(const char *unit) { return enable_or_disable(unit, false); }
static int do_mask(const char *unit) { return mask_or_unmask(unit, true); }
static int do_unmask(const char *unit) { return mask_or_unmask(unit, false); }
static int is_active(const char *unit) { return query(unit, "active"); }
static int is_failed(const char *unit) { return query(unit, "failed"); }
static int do_show(const char *unit) { return show_properties(unit, &options.properties, options.value); }

static const struct {
  const char *name;
  int (*run)(const char *unit);
  bool paged;
} verbs[] = {{"start", do_start, false},         {"stop", do_stop, false},           {"restart", do_restart, false},
             {"reload", do_reload, false},       {"try-restart", try_restart, false}, {"reset-failed", do_reset, false},
             {"status", do_status, true},        {"enable", do_enable, false},       {"disable", do_disable, false},
             {"mask", do_mask, false},           {"unmask", do_unmask, false},       {"is-active", is_active, false},
             {"is-failed", is_failed, false},    {"is-enabled", is_enabled, false},  {"show", do_show, true},
             {"cat", cat_unit, true},            {"reload-or-restart", reload_or_restart, false}};

static bool parse_options(int argc, char **argv) {
  static const struct option known[] = {
      {"now", no_argument, NULL, 'N'},        {"quiet", no_argument, NULL, 'q'},     {"all", no_argument, NULL, 'a'},
      {"full", no_argument, NULL, 'l'},       {"no-pager", no_argument, NULL, 'P'},  {"no-legend", no_argument, NULL, 'L'},
      {"lines", required_argument, NULL, 'n'}, {"type", required_argument, NULL, 't'}, {"state", required_argument, NULL, 's'},
      {"property", required_argument, NULL, 'p'}, {"value", no_argument, NULL, 'V'}, {"failed", no_argument, NULL, 'F'},
      {"force", no_argument, NULL, 'f'},      {"no-block", no_argument, NULL, 'B'},  {"system", no_argument, NULL, 'B'},
      {"help", no_argument, NULL, 'h'},       {"output", required_argument, NULL, 'o'}, {NULL, 0, NULL, 0}};
  for (int option; (option = getopt_long(argc, argv, "qaln:t:p:fho:", known, NULL)) != -1;) {
    switch (option) {
      case 'N': options.now = true; break;
      case 'q': options.quiet = true; break;
      case 'a': options.all = true; break;
      case 'l': options.full = true; break;
      case 'P': options.pager = false; break;
      case 'L': options.no_legend = true; break;
      case 'n': options.lines = strtol(optarg, NULL, 10); break;
      case 's': options.failed = strcmp(optarg, "failed") == 0; break;
      case 'F': options.failed = true; break;
      case 'V': options.value = true; break;
      case 'p': {
        char *rest = optarg;
        for (char *property; (property = strsep(&rest, ",")) != NULL;) strings_add(&options.properties, property, strlen(property));
        break;
      }
      case 'h': fputs(help, stdout); exit(0);
      case '?': return false;
      default: break;
    }
  }
  return true;
}

int run_systemctl(int argc, char **argv) {
  if (!parse_options(argc, argv)) return 1;
  const char *verb = optind < argc ? argv[optind++] : "list-units";
  if (strcmp(verb, "list-units") == 0) {
    pager_start(options.pager, false);
    int code = list_units(options.all, options.failed, !options.no_legend);
    pager_end();
    return code;
  }
  if (strcmp(verb, "list-unit-files") == 0) return list_unit_files();
  if (strcmp(verb, "daemon-reload") == 0 || strcmp(verb, "daemon-reexec") == 0) return daemon_reload();
  if (strcmp(verb, "is-system-running") == 0) return puts("running"), 0;
  for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
    if (strcmp(verbs[i].name, verb) != 0) continue;
    if (optind >= argc) {
      if (strcmp(verb, "reset-failed") == 0) return 0;
      fprintf(stderr, "Too few arguments.\n");
      return 1;
    }
    if (verbs[i].paged) pager_start(options.pager, false);
    int code = 0;
    for (int first = optind; optind < argc; optind++) {
      if (optind > first && verbs[i].paged) puts("");
      int one = verbs[i].run(argv[optind]);
      if (code == 0) code = one;
    }
    pager_end();
    return code;
  }
  fprintf(stderr, "systemctl %s is not supported in this lab.\n", verb);
  return 1;
}
