#include "agent.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* etcd: listens on every URL it was given and keeps who connects; health on the metrics URL. Its log is JSON. */
static const char known[] =
    "advertise-client-urls auth-token auth-token-ttl auto-compaction-mode auto-compaction-retention backend-batch-interval "
    "backend-batch-limit bcrypt-cost !cert-file cipher-suites client-cert-allowed-hostname client-cert-auth "
    "client-crl-file compaction-batch-limit compaction-sleep-interval config-file corrupt-check-time cors data-dir "
    "discovery discovery-fallback discovery-proxy discovery-srv discovery-srv-name election-timeout "
    "enable-grpc-gateway enable-log-rotation enable-pprof enable-v2 experimental-compact-hash-check-enabled "
    "experimental-compact-hash-check-time experimental-corrupt-check-time experimental-initial-corrupt-check "
    "experimental-watch-progress-notify-interval feature-gates force-new-cluster grpc-keepalive-interval "
    "grpc-keepalive-min-time grpc-keepalive-timeout heartbeat-interval help host-whitelist "
    "initial-advertise-peer-urls initial-cluster initial-cluster-state initial-cluster-token "
    "initial-corrupt-check initial-election-tick-advance !key-file listen-client-http-urls listen-client-urls "
    "listen-metrics-urls listen-peer-urls log-format log-level log-outputs log-rotation-config-json logger "
    "max-concurrent-streams max-request-bytes max-snapshots max-txn-ops max-wals metrics name !peer-cert-file "
    "peer-cert-allowed-cn peer-cert-allowed-hostname peer-client-cert-auth peer-crl-file !peer-key-file "
    "!peer-trusted-ca-file pre-vote quota-backend-bytes self-signed-cert-validity snapshot-count socket-reuse-address "
    "socket-reuse-port strict-reconfig-check tls-max-version tls-min-version !trusted-ca-file unsafe-no-fsync version "
    "wal-dir warning-apply-duration watch-progress-notify-interval ";

static void log_json(const char *level, const char *caller, const char *message, const char *key, const char *value) {
  struct timespec now;
  struct tm utc;
  char when[32];
  clock_gettime(CLOCK_REALTIME, &now);
  strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", gmtime_r(&now.tv_sec, &utc));
  dprintf(2, "{\"level\":\"%s\",\"ts\":\"%s.%06ldZ\",\"caller\":\"%s\",\"msg\":\"%s\"%s%s%s%s%s}\n", level, when,
          now.tv_nsec / 1000, caller, message, key ? ",\"" : "", key ? key : "", key ? "\":\"" : "", key ? value : "",
          key ? "\"" : "");
}

static void unknown(const char *argument) {
  char text[300];
  if (argument[0] == '-')
    snprintf(text, sizeof text, "flag provided but not defined: -%.*s", (int)strcspn(argument + strspn(argument, "-"), "="),
             argument + strspn(argument, "-"));
  else
    snprintf(text, sizeof text, "'%s' is not a valid flag", argument);
  log_json("warn", "etcdmain/etcd.go:75", "failed to verify flags", "error", text);
  exit(1);
}

static void answer(const struct server *server, const char *path, struct http_reply *reply) {
  http_health(server, path, reply);
  if (strcmp(path, "/health") == 0) {
    *reply = (struct http_reply){.code = 200, .type = "application/json", .body = "{\"health\":\"true\",\"reason\":\"\"}"};
  } else if (strcmp(path, "/readyz") == 0 || strcmp(path, "/livez") == 0) {
    snprintf(reply->body, sizeof reply->body, "ok\n");
  }
}

/* Listens on each URL of a comma-separated list; the first one's address is kept. */
static void listen_urls(const char *urls, void (*accepted)(struct server *, int), char *host, size_t size, int *port) {
  char *copy = strdup(urls), *rest = copy;
  *port = 0;
  for (char *url; copy != NULL && (url = strsep(&rest, ",")) != NULL;) {
    char name[256], text[400];
    int number;
    bool good = split_url(url, name, sizeof name, &number);
    if (good && serve_tcp(name, number, accepted, NULL) != NULL) {
      if (*port == 0) snprintf(host, size, "%s", name), *port = number;
      continue;
    }
    snprintf(text, sizeof text, "listen tcp %s:%d: bind: %s", name, number,
             errno == EADDRINUSE ? "address already in use" : "cannot assign requested address");
    log_json("fatal", "etcdmain/etcd.go:204", "discovery failed", "error", good ? text : "invalid URL");
    exit(1);
  }
  free(copy);
}

static const struct flags *own;

static char client_host[256];
static int client_port;

/* Before anything else: a second etcd on the same node ends here, and the first one's data are not touched. */
static void listen_or_exit(void) {
  char unused[256];
  int other;
  log_json("info", "embed/etcd.go:138", "configuring peer listeners", "listen-peer-urls",
           flag(own, "listen-peer-urls", "http://localhost:2380"));
  listen_urls(flag(own, "listen-peer-urls", "http://localhost:2380"), accept_hold, unused, sizeof unused, &other);
  log_json("info", "embed/etcd.go:146", "configuring client listeners", "listen-client-urls",
           flag(own, "listen-client-urls", "http://localhost:2379"));
  listen_urls(flag(own, "listen-client-urls", "http://localhost:2379"), accept_hold, client_host,
              sizeof client_host, &client_port);
}

static void begin(void) {
  static struct peer gateway;
  char unused[256];
  int other;
  http_answer = answer;
  const char *metrics = flag(own, "listen-metrics-urls", "");
  if (*metrics != '\0') listen_urls(metrics, accept_http, unused, sizeof unused, &other);
  log_json("info", "embed/etcd.go:323", "starting an etcd server", "data-dir",
           flag(own, "data-dir", "default.etcd"));
  /* The gRPC gateway of the real one is a client of its own server. */
  peer_keep(&gateway, "gateway", client_host, client_port, 1);
  log_json("info", "embed/serve.go:103", "ready to serve client requests", NULL, NULL);
  log_json("info", "embed/serve.go:210", "serving client traffic securely", "address", client_host);
}

int run_etcd(const struct flags *flags) {
  own = flags;
  flags_check(flags, known, unknown);
  log_json("info", "etcdmain/etcd.go:64", "Running: ", "etcd-version", ETCD_VERSION);
  listen_or_exit();
  agent_ask(flags, begin);
  loop_run();
  return 0;
}
