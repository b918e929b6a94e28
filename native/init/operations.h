#ifndef EXAMCTL_OPERATIONS_H
#define EXAMCTL_OPERATIONS_H
#include "../control/operations.h"

#include <sys/types.h>

/* What a node may hold at once; a request past a limit is refused with code=exhausted. */
enum {
  DIALS_MAX = 1024,
  SHELLS_MAX = 32,
  CONTAINERS_MAX = 512,
  ATTACHMENTS_MAX = 4,
  SERVICES_MAX = 128,
};

#define INIT_VERSION "1"

/* One function an operation; each ends with a reply (PROTOCOL.md). */
void op_shell(struct conn *conn, const struct message *request);
void op_shell_resize(struct conn *conn, const struct message *request);
void op_shell_list(struct conn *conn, const struct message *request);
void op_shell_close(struct conn *conn, const struct message *request);
void op_dial(struct conn *conn, const struct message *request);
void op_container_run(struct conn *conn, const struct message *request);
void op_container_list(struct conn *conn, const struct message *request);
void op_container_kill(struct conn *conn, const struct message *request);
void op_container_forget(struct conn *conn, const struct message *request);
void op_container_attach(struct conn *conn, const struct message *request);
void op_service(struct conn *conn, const struct message *request);
void op_service_list(struct conn *conn, const struct message *request);
void op_service_log(struct conn *conn, const struct message *request);
void op_daemon_reload(struct conn *conn, const struct message *request);
void op_events(struct conn *conn, const struct message *request);
void op_watch(struct conn *conn, const struct message *request);

/* A container, service or shell changed state: answers who waits in `events`. */
void events_changed(void);
/* How often something changed in the watched folders. */
uint64_t watched_changes(void);

/* The end of a process nobody awaits: perhaps a container whose pid is not known yet. */
void container_orphan(pid_t pid, int status);

/* Ids of shells and containers: part of file names and lists. */
bool valid_id(const char *id);
/* A signal by name ("TERM", "SIGTERM") or number, or -1. */
int signal_number(const char *text);

void shells_hang_up(void);
/* Starts what multi-user.target wants; stops everything that runs. */
void services_boot(void);
void services_stop_all(void);
#endif
