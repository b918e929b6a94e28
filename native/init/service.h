#ifndef EXAMCTL_SERVICE_H
#define EXAMCTL_SERVICE_H
#include "../common/loop.h"
#include "../common/unit.h"
#include "journal.h"

#include <stdarg.h>

enum service_state { INACTIVE, START_PRE, STARTING, RUNNING, START_POST, RUN_OVER, RELOADING, STOPPING, KILLING, RESTART_WAIT, FAILED };

/* A service that was asked for at least once since PID 1 started. */
struct service {
  char *name;
  struct unit *unit;
  enum service_state state;
  struct child main, control;
  bool main_runs, control_runs, ignore_failure;
  pid_t main_pid;
  size_t command; /* of the list that runs now */
  int status;     /* of the main process, once it has ended */
  bool ended_once, stop_wanted, start_wanted;
  const char *result; /* "success", "exit-code", "signal", "timeout", "start-limit-hit", "resources" */
  int64_t since_ms, started_ms, exited_ms;
  int64_t starts_ms[16];
  size_t starts;
  unsigned restarts;
  struct source output;
  int output_write;
  struct journal journal;
  struct timer timer;
  struct service *next;
};

/* The service of a unit, made known when it is not yet. NULL with why. */
struct service *service_get(const char *name, const char **why);
struct service *service_first(void);

/* Each moves the service towards what is asked; the state tells how far it came. */
void service_start(struct service *service);
void service_stop(struct service *service);
void service_restart(struct service *service);
void service_reload(struct service *service);
/* Stops waiting for something: `job_done` of service-jobs.c hears of every settled state. */
bool service_settled(const struct service *service);
void service_say(struct service *service, const char *format, ...) __attribute__((format(printf, 2, 3)));
void services_reload_units(void);

/* Called on every change of a state (operations waiting for a job are answered). */
void service_changed(struct service *service);

/* As systemctl shows them: "active", "activating", ... and "running", "dead", "auto-restart", ... */
const char *service_active(const struct service *service);
const char *service_sub(const struct service *service);
#endif
