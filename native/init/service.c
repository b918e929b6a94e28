#include "service.h"

#include "../control/spawn.h"
#include "operations.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXEC_FAILED = 203, CHUNK_BYTES = 8192, DRAIN_CHUNKS_MAX = 64 };

static struct service *services;
static size_t service_count;

struct service *service_first(void) { return services; }

void service_say(struct service *service, const char *format, ...) {
  char *text;
  va_list arguments;
  va_start(arguments, format);
  int length = vasprintf(&text, format, arguments);
  va_end(arguments);
  if (length < 0) return;
  journal_line(&service->journal, "systemd", 1, text, (size_t)length);
  free(text);
}

static void set_state(struct service *service, enum service_state state) {
  if (service->state != state) {
    service->state = state;
    service->since_ms = realtime_ms();
  }
  service_changed(service);
  events_changed();
}

static bool is_type(const struct service *service, const char *type) {
  const char *own = service->unit->type != NULL ? service->unit->type : "simple";
  return strcmp(own, type) == 0;
}

static const char *title(const struct service *service) {
  return service->unit->description != NULL ? service->unit->description : service->name;
}

/* False when there is nothing for now. */
static bool read_chunk(struct service *service) {
  char chunk[CHUNK_BYTES], identifier[64];
  ssize_t got = read(service->output.fd, chunk, sizeof chunk);
  if (got <= 0) return false;
  /* The program's name, as the journal has it. */
  const char *line = service->unit->start.count > 0 ? service->unit->start.items[0] : service->name;
  line += strspn(line, "-@:+! ");
  size_t length = strcspn(line, " ");
  const char *slash = memrchr(line, '/', length);
  if (slash != NULL) length -= (size_t)(slash + 1 - line), line = slash + 1;
  snprintf(identifier, sizeof identifier, "%.*s", (int)length, line);
  journal_output(&service->journal, identifier, service->main_pid, chunk, (size_t)got);
  return true;
}

static void read_output(struct source *source, uint32_t events) {
  (void)events;
  read_chunk(container_of(source, struct service, output));
}

/* What was written before an end is logged before the end is. */
static void drain_output(struct service *service) {
  for (int i = 0; i < DRAIN_CHUNKS_MAX && service->output.fd >= 0 && read_chunk(service); i++) continue;
}

static bool open_output(struct service *service) {
  int ends[2];
  if (service->output.fd >= 0) return true;
  if (pipe2(ends, O_CLOEXEC) < 0) return false;
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  service->output_write = ends[1];
  source_open(&service->output, ends[0], EPOLLIN, read_output);
  return true;
}

/* uid and gid of a user's name. */
static bool find_user(const char *name, uid_t *uid, gid_t *gid) {
  FILE *file = fopen("/etc/passwd", "re");
  char line[512];
  bool found = false;
  size_t length = strlen(name);
  unsigned u, g;
  while (!found && file != NULL && fgets(line, sizeof line, file) != NULL)
    found = strncmp(line, name, length) == 0 && line[length] == ':' && sscanf(line + length, ":%*[^:]:%u:%u", &u, &g) == 2;
  if (file != NULL) fclose(file);
  if (found) *uid = u, *gid = g;
  return found;
}

/* Starts one command line of the unit. 0: there is nothing in it; -1: it cannot be started. */
static pid_t run_command(struct service *service, const char *line, bool *ignore_failure) {
  struct strings environment = {0}, argv = {0};
  const char *missing;
  char main_pid[32];
  strings_set_variable(&environment, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
  strings_set_variable(&environment, "LANG=C.UTF-8");
  snprintf(main_pid, sizeof main_pid, "MAINPID=%d", service->main_pid);
  if (service->main_runs) strings_set_variable(&environment, main_pid);
  pid_t pid = -1;
  struct spawn spawn = {.stdin_fd = -1, .tty_fd = -1, .exec_failure_code = EXEC_FAILED};
  const char *folder = service->unit->working_directory;
  if (!unit_environment(service->unit, &environment, &missing)) {
    service_say(service, "%s: Failed to load environment files: No such file or directory", service->name);
  } else if (service->unit->user != NULL && !find_user(service->unit->user, &spawn.uid, &spawn.gid)) {
    service_say(service, "%s: Failed to determine user credentials: No such process", service->name);
  } else if (!unit_command(service->unit, line, &environment, &argv, ignore_failure)) {
    pid = 0;
  } else if (open_output(service)) {
    spawn.argv = argv.items;
    spawn.env = environment.items;
    spawn.cwd = folder != NULL && *folder == '-' ? folder + 1 : folder;
    spawn.stdout_fd = spawn.stderr_fd = service->output_write;
    pid = spawn_start(&spawn);
  }
  strings_free(&environment);
  strings_free(&argv);
  return pid;
}

static void next_step(struct service *service);
static void enter_failed(struct service *service, const char *result);
static void main_ended(struct child *child, int status);

static void describe_end(char *text, size_t size, int status) {
  static const struct {
    int code;
    const char *name;
  } names[] = {{0, "SUCCESS"}, {1, "FAILURE"}, {2, "INVALIDARGUMENT"}, {3, "NOTIMPLEMENTED"}, {4, "NOPERMISSION"},
               {5, "NOTINSTALLED"}, {6, "NOTCONFIGURED"}, {7, "NOTRUNNING"}, {200, "CHDIR"}, {203, "EXEC"},
               {216, "GROUP"}, {217, "USER"}, {255, "EXCEPTION"}};
  if (WIFSIGNALED(status)) {
    int number = WTERMSIG(status);
    const char *name = number == SIGKILL ? "KILL" : number == SIGTERM ? "TERM" : number == SIGINT ? "INT"
                       : number == SIGHUP ? "HUP" : number == SIGSEGV ? "SEGV" : number == SIGABRT ? "ABRT" : "n/a";
    snprintf(text, size, "code=%s, status=%d/%s", WCOREDUMP(status) ? "dumped" : "killed", number, name);
    return;
  }
  const char *name = "n/a";
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (names[i].code == WEXITSTATUS(status)) name = names[i].name;
  snprintf(text, size, "code=exited, status=%d/%s", WEXITSTATUS(status), name);
}

/* A process that ends by one of these was told to. */
static bool clean(int status) {
  if (WIFEXITED(status)) return WEXITSTATUS(status) == 0;
  int number = WTERMSIG(status);
  return number == SIGHUP || number == SIGINT || number == SIGTERM || number == SIGPIPE;
}

static bool limit_hit(struct service *service) {
  int64_t now = monotonic_ms(), interval = service->unit->limit_interval_ms;
  size_t slots = sizeof service->starts_ms / sizeof *service->starts_ms, burst = (size_t)service->unit->limit_burst;
  if (interval <= 0 || service->unit->limit_burst <= 0 || burst > slots) return false;
  if (service->starts >= burst && now - service->starts_ms[(service->starts - burst) % slots] < interval) return true;
  service->starts_ms[service->starts++ % slots] = now;
  return false;
}

static void restart_due(struct timer *timer) {
  struct service *service = container_of(timer, struct service, timer);
  service->restarts++;
  service_say(service, "%s: Scheduled restart job, restart counter is at %u.", service->name, service->restarts);
  service->state = INACTIVE;
  service_start(service);
}

static bool wants_restart(const struct service *service) {
  const char *when = service->unit->restart != NULL ? service->unit->restart : "no";
  bool good = strcmp(service->result, "success") == 0;
  if (strcmp(when, "always") == 0) return true;
  if (strcmp(when, "on-success") == 0) return good;
  if (strcmp(when, "on-failure") == 0) return !good;
  if (strcmp(when, "on-abnormal") == 0 || strcmp(when, "on-abort") == 0) return strcmp(service->result, "signal") == 0;
  return false;
}

/* Nothing of the service runs any more. */
static void settle_down(struct service *service) {
  timer_clear(&service->timer);
  if (service->main_pid > 1) kill(-service->main_pid, SIGKILL); /* what the main process left behind */
  bool good = strcmp(service->result, "success") == 0;
  if (!good)
    service_say(service, "%s: Failed with result '%s'.", service->name, service->result);
  else
    service_say(service, "%s: Deactivated successfully.", service->name);
  if (service->stop_wanted) service_say(service, "Stopped %s - %s.", service->name, title(service));
  if (service->start_wanted) {
    service->start_wanted = service->stop_wanted = false;
    service->state = INACTIVE;
    return service_start(service);
  }
  if (!service->stop_wanted && wants_restart(service)) {
    timer_set(&service->timer, service->unit->restart_ms, restart_due);
    return set_state(service, RESTART_WAIT);
  }
  set_state(service, good || service->stop_wanted ? INACTIVE : FAILED);
}

static void enter_failed(struct service *service, const char *result) {
  service->result = result;
  settle_down(service);
}

static void stop_timed_out(struct timer *timer) {
  struct service *service = container_of(timer, struct service, timer);
  service_say(service, "%s: State 'stop-sigterm' timed out. Killing.", service->name);
  service->result = "timeout";
  if (service->main_pid > 1) kill(-service->main_pid, SIGKILL);
  if (service->main_runs) kill(service->main_pid, SIGKILL);
  if (service->control_runs) kill(-service->control.pid, SIGKILL);
  set_state(service, KILLING);
}

static void terminate(struct service *service) {
  if (!service->main_runs && !service->control_runs) return settle_down(service);
  if (service->main_runs) {
    kill(-service->main_pid, SIGTERM);
    kill(service->main_pid, SIGTERM);
    kill(service->main_pid, SIGCONT);
  }
  if (service->control_runs) kill(-service->control.pid, SIGTERM);
  if (service->unit->stop_ms >= 0) timer_set(&service->timer, service->unit->stop_ms, stop_timed_out);
  set_state(service, STOPPING);
}

static struct strings *commands_of(struct service *service) {
  switch (service->state) {
    case START_PRE: return &service->unit->start_pre;
    case STARTING: return &service->unit->start;
    case START_POST: return &service->unit->start_post;
    case RELOADING: return &service->unit->reload;
    default: return &service->unit->stop;
  }
}

/* The main process of a daemon that forks: what its PID file says, when it is ours to reap. */
static bool adopt_main(struct service *service) {
  siginfo_t info;
  if (service->unit->pid_file == NULL) return false;
  FILE *file = fopen(service->unit->pid_file, "re");
  int pid = 0;
  if (file != NULL && fscanf(file, "%d", &pid) != 1) pid = 0;
  if (file != NULL) fclose(file);
  if (pid <= 1 || waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0) return false;
  service->main_pid = pid;
  service->main_runs = true;
  child_watch(&service->main, pid, main_ended);
  return true;
}

static void started(struct service *service) {
  bool oneshot = is_type(service, "oneshot");
  service->started_ms = realtime_ms();
  service_say(service, oneshot ? "Finished %s - %s." : "Started %s - %s.", service->name, title(service));
  if (oneshot && !service->unit->remain_after_exit) return settle_down(service);
  set_state(service, service->main_runs ? RUNNING : RUN_OVER);
}

static void control_ended(struct child *child, int status) {
  struct service *service = container_of(child, struct service, control);
  service->control_runs = false;
  drain_output(service);
  bool failed = status != 0 && !service->ignore_failure;
  if (service->state == STOPPING || service->state == KILLING) {
    if (service->stop_wanted && service->command < service->unit->stop.count && service->state == STOPPING) return next_step(service);
    return terminate(service);
  }
  if (failed && service->state != RELOADING) {
    char how[64];
    describe_end(how, sizeof how, status);
    service_say(service, "%s: Control process exited, %s", service->name, how);
    service->status = status;
    service->ended_once = true;
    service->exited_ms = realtime_ms();
    service->result = WIFSIGNALED(status) ? "signal" : "exit-code";
    if (service->main_runs) return terminate(service);
    settle_down(service);
    return;
  }
  next_step(service);
}

static void main_ended(struct child *child, int status) {
  struct service *service = container_of(child, struct service, main);
  char how[64];
  service->main_runs = false;
  service->status = status;
  service->ended_once = true;
  service->exited_ms = realtime_ms();
  drain_output(service);
  bool good = clean(status) || (service->stop_wanted && WIFSIGNALED(status) && service->state == KILLING);
  if (!good && service->state != KILLING) {
    describe_end(how, sizeof how, status);
    service_say(service, "%s: Main process exited, %s", service->name, how);
    service->result = WIFSIGNALED(status) ? "signal" : "exit-code";
  }
  if (service->state == STARTING) {
    /* oneshot: the next command; forking: the daemon is what its PID file says. */
    if (!good && !service->ignore_failure) return settle_down(service);
    if (is_type(service, "forking")) adopt_main(service);
    return next_step(service);
  }
  if (service->control_runs) return; /* goes on when that has ended */
  if (service->state == RUNNING && service->unit->remain_after_exit && good) return set_state(service, RUN_OVER);
  settle_down(service);
}

static void run_control(struct service *service, const char *line) {
  pid_t pid = run_command(service, line, &service->ignore_failure);
  if (pid == 0) return next_step(service);
  if (pid < 0) return enter_failed(service, "resources");
  service->control_runs = true;
  child_watch(&service->control, pid, control_ended);
}

static void run_main(struct service *service, const char *line) {
  pid_t pid = run_command(service, line, &service->ignore_failure);
  if (pid <= 0) return enter_failed(service, "resources");
  service->main_pid = pid;
  service->main_runs = true;
  child_watch(&service->main, pid, main_ended);
  if (is_type(service, "oneshot") || is_type(service, "forking")) return service_changed(service);
  next_step(service);
}

/* The next command of the state's list, or the next state. */
static void next_step(struct service *service) {
  struct strings *commands = commands_of(service);
  if (service->command < commands->count) {
    const char *line = commands->items[service->command++];
    return service->state == STARTING ? run_main(service, line) : run_control(service, line);
  }
  service->command = 0;
  switch (service->state) {
    case START_PRE:
      set_state(service, STARTING);
      return next_step(service);
    case STARTING:
      set_state(service, START_POST);
      return next_step(service);
    case START_POST: return started(service);
    case RELOADING:
      service_say(service, "Reloaded %s - %s.", service->name, title(service));
      return set_state(service, service->main_runs ? RUNNING : RUN_OVER);
    default: return terminate(service);
  }
}

void service_start(struct service *service) {
  if (service->state == STOPPING || service->state == KILLING) {
    service->start_wanted = true;
    return;
  }
  if (service->state == RESTART_WAIT) timer_clear(&service->timer);
  if (service->state != INACTIVE && service->state != FAILED && service->state != RESTART_WAIT) return;
  service->stop_wanted = service->start_wanted = false;
  if (limit_hit(service)) {
    service_say(service, "%s: Start request repeated too quickly.", service->name);
    service->result = "start-limit-hit";
    service_say(service, "%s: Failed with result 'start-limit-hit'.", service->name);
    service_say(service, "Failed to start %s - %s.", service->name, title(service));
    return set_state(service, FAILED);
  }
  if (is_type(service, "oneshot") || is_type(service, "forking") || is_type(service, "notify"))
    service_say(service, "Starting %s - %s...", service->name, title(service));
  service->result = "success";
  service->command = 0;
  service->main_pid = 0;
  set_state(service, START_PRE);
  next_step(service);
}

void service_stop(struct service *service) {
  service->stop_wanted = true;
  service->start_wanted = false;
  service->restarts = 0;
  if (service->state == RESTART_WAIT) {
    timer_clear(&service->timer);
    service_say(service, "Stopped %s - %s.", service->name, title(service));
    return set_state(service, INACTIVE);
  }
  if (service->state == INACTIVE || service->state == FAILED || service->state == STOPPING || service->state == KILLING) return;
  service_say(service, "Stopping %s - %s...", service->name, title(service));
  bool running = service->state == RUNNING || service->state == RUN_OVER;
  service->command = running ? 0 : service->unit->stop.count;
  set_state(service, STOPPING);
  if (!service->control_runs) next_step(service);
}

void service_restart(struct service *service) {
  service_stop(service);
  service_start(service);
}

void service_reload(struct service *service) {
  if (service->state != RUNNING && service->state != RUN_OVER) return;
  service_say(service, "Reloading %s - %s...", service->name, title(service));
  service->command = 0;
  set_state(service, RELOADING);
  next_step(service);
}

bool service_settled(const struct service *service) {
  switch (service->state) {
    case INACTIVE:
    case RUNNING:
    case RUN_OVER:
    case FAILED:
    case RESTART_WAIT: return true;
    default: return false;
  }
}

struct service *service_get(const char *text, const char **why) {
  char *name = unit_name(text);
  *why = NULL;
  for (struct service *service = services; name != NULL && service != NULL; service = service->next)
    if (strcmp(service->name, name) == 0) {
      free(name);
      return service;
    }
  struct unit *unit = name != NULL && ends_with(name, ".service") ? unit_load(name) : NULL;
  if (unit == NULL || unit->path == NULL) {
    *why = "not-found";
    goto refused;
  }
  if (service_count >= SERVICES_MAX) {
    *why = "exhausted";
    goto refused;
  }
  struct service *service = calloc(1, sizeof *service);
  if (service == NULL) {
    *why = "exhausted";
    goto refused;
  }
  service->name = name;
  service->unit = unit;
  service->output.fd = -1;
  service->result = "success";
  journal_init(&service->journal, name);
  service->next = services;
  services = service;
  service_count++;
  return service;
refused:
  unit_free(unit);
  free(name);
  return NULL;
}

/* daemon-reload: what runs goes on under its new settings. */
void services_reload_units(void) {
  for (struct service *service = services; service != NULL; service = service->next) {
    struct unit *unit = unit_load(service->name);
    if (unit == NULL) continue;
    unit_free(service->unit);
    service->unit = unit;
  }
}

const char *service_active(const struct service *service) {
  static const char *const names[] = {"inactive",   "activating",   "activating",   "active",     "activating", "active",
                                      "reloading",  "deactivating", "deactivating", "activating", "failed"};
  return names[service->state];
}

const char *service_sub(const struct service *service) {
  static const char *const names[] = {"dead",   "start-pre",    "start",        "running",      "start-post", "exited",
                                      "reload", "stop-sigterm", "stop-sigkill", "auto-restart", "failed"};
  return names[service->state];
}
