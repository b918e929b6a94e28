#ifndef EXAMCTL_DAEMON_H
#define EXAMCTL_DAEMON_H
#include "../common/address.h"
#include "../common/loop.h"
#include "../common/queue.h"

#include <stdbool.h>
#include <stddef.h>

/* Parts that the daemons are put together from. All of them report what is wrong and exit, as the real ones do. */

#define KUBERNETES_VERSION "v1.34.5"
#define ETCD_VERSION "3.6.5"
#define CONTAINERD_VERSION "v2.1.4"
#define CONTAINERD_REVISION "75cb2b7193e4e490e9fbdc236c0e811ccaba3376"
#define RUN_FOLDER "/run/examctl"

/* klog.c: one line "I1122 20:18:25.123456   PID file.go:1] text" on stderr. */
void klog(char severity, const char *where, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* As component-base's cli.Run: `"command failed" err="..."`, exit 1. */
_Noreturn void command_failed(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void out_of_memory(void);

/* flags.c: what stood on the command line, `--name=value`, `--name value` or `--name`. */
struct flags {
  char **argv;
  int argc;
};
/*
 * The names a daemon knows, each followed by a blank; `!` in front of a name marks a file that must exist. What happens
 * with a flag that is none of them, or an argument that is no flag, is the daemon's: `unknown` must not return. `--help`
 * prints the names and ends the process.
 */
void flags_check(const struct flags *flags, const char *known, void (*unknown)(const char *flag));
/* The last value given, or the fallback. `--name` alone is "true". */
const char *flag(const struct flags *flags, const char *name, const char *fallback);
int flag_port(const struct flags *flags, const char *name, int fallback);
/* How cobra reports it: "Error: unknown flag: --foo" and the usage, exit 1. */
_Noreturn void unknown_flag(const char *flag);

/* serve.c: listens; what happens to a connection is up to the handler, who owns the descriptor. */
struct server {
  struct source source;
  struct timer pause;
  void (*accepted)(struct server *server, int fd);
  const char *target; /* the handler's own */
};
/* "0.0.0.0", "::", "" and "*" are every address of both families, as in Go. NULL with errno. */
struct server *serve_tcp(const char *host, int port, void (*accepted)(struct server *, int), const char *target);
/* Of a socket that listens already. */
struct server *serve_fd(int fd, void (*accepted)(struct server *, int), const char *target);
struct server *serve_unix(const char *path, void (*accepted)(struct server *, int), const char *target);
/* Splits "https://127.0.0.1:2379" (scheme optional). False when there is no port. */
bool split_url(const char *url, char *host, size_t host_size, int *port);

/* Handlers. */
/* Relays to the unix socket `target`, for which it waits some seconds when nobody listens. */
void accept_relay(struct server *server, int fd);
/* Keeps the connection and drops what it receives, as a server whose protocol nobody speaks here. */
void accept_hold(struct server *server, int fd);
/* Plain HTTP, one request a connection, answered by http_answer of the daemon that runs. */
void accept_http(struct server *server, int fd);
struct http_reply {
  int code;
  const char *type;
  char body[2048];
  /* In place of `body`, when not NULL: a text of any length that outlives the call. */
  const char *text;
};
/* Set by the daemon. Answers a path; a reply that is left alone is 404. */
extern void (*http_answer)(const struct server *server, const char *path, struct http_reply *reply);
/* The usual: /healthz, /livez, /readyz say ok, /metrics says a little. */
void http_health(const struct server *server, const char *path, struct http_reply *reply);

/* connect.c: keeps `count` connections to a server; those that fail or end are made again, ever more slowly. */
struct peer {
  struct address address;
  const char *name; /* as in log lines: "127.0.0.1:2379" */
  size_t connected;
  /* Called when `connected` becomes 1 or 0; and for each failed attempt. May be NULL. */
  void (*changed)(struct peer *peer);
  void (*failed)(struct peer *peer, int failure);
};
void peer_keep(struct peer *peer, const char *name, const char *host, int port, size_t count);
/* The address of a host name out of /etc/hosts, or the text itself when it is an address. */
bool resolve(const char *host, int port, struct address *address);

/* kubeconfig.c: the value of the first line `key: value` of a YAML file, or NULL. Free it. */
char *yaml_value(const char *path, const char *key);
/* Keeps connections to the API server that a kubeconfig names. `what` stands before the error when it cannot be read. */
void keep_api_server(const char *kubeconfig, size_t count);

/* Exits when the file cannot be opened, with `open PATH: no such file or directory`. */
void require_file(const char *path);

/* One a program name. */
int run_pause(const struct flags *flags);
int run_kube_apiserver(const struct flags *flags);
int run_etcd(const struct flags *flags);
int run_kube_scheduler(const struct flags *flags);
int run_kube_controller_manager(const struct flags *flags);
int run_kube_proxy(const struct flags *flags);
int run_kubelet(const struct flags *flags);
int run_containerd(const struct flags *flags);
int run_coredns(const struct flags *flags);
int run_dockerd(const struct flags *flags);
int run_docker_proxy(const struct flags *flags);
#endif
