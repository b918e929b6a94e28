#include "service.h"

#include "operations.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* Somebody who asked for a start or stop and waits for its outcome. */
struct job {
  struct conn *conn;
  struct service *service;
  struct job *next;
};

static struct job *jobs;

static void describe(struct draft *draft, struct service *service) {
  const struct unit *unit = service->unit;
  const char *active = service_active(service);
  bool runs = strcmp(active, "active") == 0 || strcmp(active, "reloading") == 0;
  bool failed = strcmp(active, "failed") == 0 || service->state == RESTART_WAIT;
  draft_add(draft, "name=%s", service->name);
  draft_add(draft, "state=%s", runs ? "active" : failed ? "failed" : "inactive");
  draft_add(draft, "pid=%d", service->main_runs ? service->main_pid : 0);
  draft_add(draft, "active=%s", active);
  draft_add(draft, "sub=%s", service_sub(service));
  draft_add(draft, "since_ms=%lld", (long long)service->since_ms);
  draft_add(draft, "description=%s", unit->description != NULL ? unit->description : service->name);
  draft_add(draft, "result=%s", service->result);
  draft_add(draft, "restarts=%u", service->restarts);
  draft_add(draft, "started_ms=%lld", (long long)service->started_ms);
  draft_add(draft, "need_reload=%d", unit_files_changed_ms(service->name) != unit->changed_ms);
  draft_add(draft, "can_reload=%d", unit->reload.count > 0);
  if (!service->ended_once) return;
  draft_add(draft, "last_pid=%d", service->main_pid);
  draft_add(draft, "exited_ms=%lld", (long long)service->exited_ms);
  draft_add(draft, WIFSIGNALED(service->status) ? "signal=%d" : "code=%d",
            WIFSIGNALED(service->status) ? WTERMSIG(service->status) : WEXITSTATUS(service->status));
}

static void reply_state(struct conn *conn, struct service *service) {
  struct draft draft;
  draft_begin(&draft, "ok");
  describe(&draft, service);
  reply_draft(conn, &draft, false);
}

void service_changed(struct service *service) {
  if (!service_settled(service)) return;
  for (struct job **at = &jobs; *at != NULL;) {
    struct job *job = *at;
    if (job->service != service) {
      at = &job->next;
      continue;
    }
    *at = job->next;
    free_later(job);
    if (job->conn != NULL) reply_state(job->conn, service);
  }
}

static void client_closed(struct conn *conn) { ((struct job *)conn->owner)->conn = NULL; }

static const struct conn_use job_use = {.closed = client_closed};

static void run_job(struct conn *conn, struct service *service, void (*run)(struct service *)) {
  struct job *job = calloc(1, sizeof *job);
  if (job == NULL) return reply_error(conn, "exhausted", "out of memory");
  run(service);
  /* Whoever asks later than a change that is already over must not wait for the next one. */
  if (service_settled(service)) {
    free(job);
    return reply_state(conn, service);
  }
  *job = (struct job){.conn = conn, .service = service, .next = jobs};
  jobs = job;
  conn_use(conn, &job_use, job);
}

static void reset(struct service *service) {
  service->starts = 0;
  service->restarts = 0;
  if (service->state == FAILED) service->state = INACTIVE;
}

static struct service *named(struct conn *conn, const struct message *request) {
  const char *name = message_get(request, "name"), *why;
  struct service *service = name != NULL ? service_get(name, &why) : NULL;
  if (service != NULL) return service;
  if (name == NULL)
    reply_error(conn, "invalid", "name is missing");
  else if (strcmp(why, "not-found") == 0)
    reply_error(conn, "not-found", "Unit %.128s%s could not be found.", name, strchr(name, '.') ? "" : ".service");
  else
    reply_error(conn, why, "%d services are known already", SERVICES_MAX);
  return NULL;
}

void op_service(struct conn *conn, const struct message *request) {
  static const struct {
    const char *name;
    void (*run)(struct service *);
  } actions[] = {{"start", service_start}, {"stop", service_stop}, {"restart", service_restart}, {"reload", service_reload}};
  const char *action = message_get(request, "action");
  struct service *service = named(conn, request);
  if (service == NULL) return;
  if (action == NULL) action = "status";
  if (strcmp(action, "status") == 0) return reply_state(conn, service);
  if (strcmp(action, "reset-failed") == 0) {
    reset(service);
    return reply_state(conn, service);
  }
  if (service->unit->masked && strcmp(action, "stop") != 0)
    return reply_error(conn, "conflict", "Unit %s is masked.", service->name);
  if (strcmp(action, "reload") == 0 && service->unit->reload.count == 0)
    return reply_error(conn, "conflict", "Job type reload is not applicable for unit %s.", service->name);
  if (strcmp(action, "reload") == 0 && service->state != RUNNING && service->state != RUN_OVER)
    return reply_error(conn, "conflict", "%s is not active, cannot reload.", service->name);
  for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
    if (strcmp(actions[i].name, action) == 0) return run_job(conn, service, actions[i].run);
  reply_error(conn, "invalid", "action is start, stop, restart, reload, status or reset-failed");
}

void op_service_list(struct conn *conn, const struct message *request) {
  (void)request;
  struct draft draft;
  draft_begin(&draft, "ok");
  for (struct service *service = service_first(); service != NULL; service = service->next)
    draft_add(&draft, "service=%s:%s:%s:%s", service->name, service_active(service), service_sub(service),
              service->unit->description != NULL ? service->unit->description : service->name);
  reply_draft(conn, &draft, false);
}

/* Lines that something outside says in a service's name: what a kubelet that runs elsewhere logs. */
void op_service_log(struct conn *conn, const struct message *request) {
  struct service *service = named(conn, request);
  if (service == NULL) return;
  const char *identifier = message_get(request, "identifier");
  size_t count = 0;
  char **lines = message_all(request, "line", &count);
  if (lines == NULL) return reply_error(conn, "exhausted", "out of memory");
  char own[64];
  snprintf(own, sizeof own, "%.*s", (int)(strlen(service->name) - strlen(".service")), service->name);
  for (size_t i = 0; i < count; i++)
    journal_line(&service->journal, identifier != NULL ? identifier : own, service->main_pid, lines[i],
                 strcspn(lines[i], "\n"));
  free(lines);
  reply_ok(conn);
}

void op_daemon_reload(struct conn *conn, const struct message *request) {
  (void)request;
  services_reload_units();
  events_changed();
  reply_ok(conn);
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* What was enabled, that is, linked in /etc: what a distribution's own systemd wants under /usr/lib is of no use here. */
void services_boot(void) {
  struct strings names = {0};
  DIR *folder = opendir("/etc/systemd/system/multi-user.target.wants");
  for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL && names.count < SERVICES_MAX;)
    if (ends_with(entry->d_name, ".service")) strings_add(&names, entry->d_name, strlen(entry->d_name));
  if (folder != NULL) closedir(folder);
  if (names.count > 1) qsort(names.items, names.count, sizeof *names.items, by_name);
  for (size_t i = 0; i < names.count; i++) {
    const char *why;
    struct service *service = service_get(names.items[i], &why);
    if (service != NULL && !service->unit->masked) service_start(service);
  }
  strings_free(&names);
}

void services_stop_all(void) {
  for (struct service *service = service_first(); service != NULL; service = service->next) service_stop(service);
}
