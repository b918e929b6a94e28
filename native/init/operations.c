#include "operations.h"

#include <ctype.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void op_ping(struct conn *conn, const struct message *request) {
  (void)request;
  struct draft draft;
  draft_begin(&draft, "ok");
  draft_add(&draft, "version=%s", INIT_VERSION);
  reply_draft(conn, &draft, false);
}

const struct operation operations[] = {
    {"ping", op_ping, true},
    {"exec", op_exec, false},
    {"shell", op_shell, false},
    {"shell-resize", op_shell_resize, false},
    {"shell-list", op_shell_list, false},
    {"shell-close", op_shell_close, false},
    {"dial", op_dial, false},
    {"container-run", op_container_run, false},
    {"container-list", op_container_list, false},
    {"container-kill", op_container_kill, false},
    {"container-forget", op_container_forget, false},
    {"container-attach", op_container_attach, false},
    {"service", op_service, true},
    {"service-list", op_service_list, true},
    {"service-log", op_service_log, false},
    {"daemon-reload", op_daemon_reload, true},
    {"events", op_events, false},
    {"watch", op_watch, false},
    {0},
};

const size_t execs_max = 128;

bool valid_id(const char *id) {
  size_t length = strlen(id);
  if (length == 0 || length > 128 || id[0] == '.') return false;
  for (; *id != '\0'; id++)
    if (!isalnum((unsigned char)*id) && strchr("-_.", *id) == NULL) return false;
  return true;
}

int signal_number(const char *text) {
  static const struct {
    const char *name;
    int number;
  } names[] = {{"HUP", SIGHUP},   {"INT", SIGINT},   {"QUIT", SIGQUIT}, {"KILL", SIGKILL},   {"USR1", SIGUSR1},
               {"USR2", SIGUSR2}, {"TERM", SIGTERM}, {"CONT", SIGCONT}, {"STOP", SIGSTOP},   {"WINCH", SIGWINCH},
               {"ABRT", SIGABRT}, {"ALRM", SIGALRM}, {"PIPE", SIGPIPE}};
  if (isdigit((unsigned char)text[0])) {
    char *end;
    long number = strtol(text, &end, 10);
    return *end == '\0' && number >= 0 && number <= 64 ? (int)number : -1;
  }
  if (strncasecmp(text, "SIG", 3) == 0) text += 3;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcasecmp(names[i].name, text) == 0) return names[i].number;
  return -1;
}
