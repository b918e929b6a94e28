#include "agent.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * kube-apiserver: listens where --bind-address and --secure-port say and relays to the API's own process, which ends TLS.
 * As the real one it serves only with etcd behind it, and gives up when it has not reached etcd for a while.
 */
enum { ETCD_CONNECTIONS = 36, ETCD_GIVE_UP_MS = 20000 };

static const char known[] =
    "admission-control admission-control-config-file advertise-address aggregator-reject-forwarding-redirect "
    "allow-metric-labels allow-metric-labels-manifest allow-privileged anonymous-auth api-audiences "
    "audit-log-batch-buffer-size audit-log-batch-max-size audit-log-batch-max-wait audit-log-batch-throttle-burst "
    "audit-log-batch-throttle-enable audit-log-batch-throttle-qps audit-log-compress audit-log-format "
    "audit-log-maxage audit-log-maxbackup audit-log-maxsize audit-log-mode audit-log-path "
    "audit-log-truncate-enabled audit-log-truncate-max-batch-size audit-log-truncate-max-event-size "
    "audit-log-version !audit-policy-file audit-webhook-batch-buffer-size audit-webhook-batch-max-size "
    "audit-webhook-batch-max-wait audit-webhook-batch-throttle-burst audit-webhook-batch-throttle-enable "
    "audit-webhook-batch-throttle-qps !audit-webhook-config-file audit-webhook-initial-backoff audit-webhook-mode "
    "audit-webhook-truncate-enabled audit-webhook-truncate-max-batch-size audit-webhook-truncate-max-event-size "
    "audit-webhook-version !authentication-config authentication-token-webhook-cache-ttl "
    "!authentication-token-webhook-config-file authentication-token-webhook-version !authorization-config "
    "authorization-mode !authorization-policy-file authorization-webhook-cache-authorized-ttl "
    "authorization-webhook-cache-unauthorized-ttl !authorization-webhook-config-file authorization-webhook-version "
    "bind-address cert-dir !client-ca-file contention-profiling coordinated-leadership-lease-duration "
    "coordinated-leadership-renew-deadline coordinated-leadership-retry-period cors-allowed-origins "
    "debug-socket-path default-not-ready-toleration-seconds default-unreachable-toleration-seconds "
    "default-watch-cache-size delete-collection-workers disable-admission-plugins disable-http2-serving "
    "disabled-metrics egress-selector-config-file emulated-version emulation-forward-compatible "
    "enable-admission-plugins enable-aggregator-routing enable-bootstrap-token-auth enable-garbage-collector "
    "enable-logs-handler enable-priority-and-fairness !encryption-provider-config "
    "encryption-provider-config-automatic-reload endpoint-reconciler-type !etcd-cafile !etcd-certfile "
    "etcd-compaction-interval etcd-count-metric-poll-period etcd-db-metric-poll-interval etcd-healthcheck-timeout "
    "!etcd-keyfile etcd-prefix etcd-readycheck-timeout etcd-servers etcd-servers-overrides event-ttl "
    "external-hostname feature-gates goaway-chance help http2-max-streams-per-connection kubelet-certificate-authority "
    "!kubelet-client-certificate !kubelet-client-key kubelet-port kubelet-preferred-address-types "
    "kubelet-read-only-port kubelet-timeout kubernetes-service-node-port lease-reuse-duration-seconds livez-grace-period "
    "log-flush-frequency log-json-info-buffer-size log-json-split-stream log-text-info-buffer-size "
    "log-text-split-stream logging-format max-connection-bytes-per-sec max-mutating-requests-inflight "
    "max-requests-inflight min-request-timeout !oidc-ca-file oidc-client-id oidc-groups-claim oidc-groups-prefix "
    "oidc-issuer-url oidc-required-claim oidc-signing-algs oidc-username-claim oidc-username-prefix "
    "peer-advertise-ip peer-advertise-port !peer-ca-file permit-address-sharing permit-port-sharing profiling "
    "!proxy-client-cert-file !proxy-client-key-file request-timeout requestheader-allowed-names "
    "!requestheader-client-ca-file requestheader-extra-headers-prefix requestheader-group-headers "
    "requestheader-uid-headers requestheader-username-headers runtime-config runtime-config-emulation-forward-compatible "
    "secure-port service-account-extend-token-expiration service-account-issuer service-account-jwks-uri "
    "!service-account-key-file service-account-lookup service-account-max-token-expiration "
    "service-account-signing-endpoint !service-account-signing-key-file service-cluster-ip-range "
    "service-node-port-range show-hidden-metrics-for-version shutdown-delay-duration shutdown-send-retry-after "
    "shutdown-watch-termination-grace-period storage-backend storage-initialization-timeout storage-media-type "
    "strict-transport-security-directives !tls-cert-file tls-cipher-suites tls-min-version !tls-private-key-file "
    "tls-sni-cert-key !token-auth-file tracing-config-file v version vmodule watch-cache watch-cache-sizes ";

static const char *host, *socket_path;
static int port;
static struct peer etcd;
static struct timer give_up;
static char etcd_name[300];

static void etcd_unreachable(struct timer *timer) {
  (void)timer;
  command_failed("context deadline exceeded");
}

static void etcd_failed(struct peer *peer, int failure) {
  static int64_t last_ms;
  if (monotonic_ms() - last_ms < 1000) return;
  last_ms = monotonic_ms();
  klog('W', "logging.go:55",
       "[core] [Channel #1 SubChannel #2]grpc: addrConn.createTransport failed to connect to {Addr: \"%s\", ServerName: "
       "\"%s\", }. Err: connection error: desc = \"transport: Error while dialing: dial tcp %s: connect: %s\"",
       peer->name, peer->name, peer->name, failure == ECONNREFUSED ? "connection refused" : strerror(failure));
}

static void start_serving(void) {
  if (serve_tcp(host, port, accept_relay, socket_path) == NULL)
    command_failed("failed to create listener: failed to listen on %s:%d: listen tcp %s:%d: bind: %s", host, port, host,
                   port, errno == EADDRINUSE ? "address already in use" : "cannot assign requested address");
  bool any = strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
  klog('I', "secure_serving.go:211", "Serving securely on %s:%d", any ? "[::]" : host, port);
}

static void etcd_changed(struct peer *peer) {
  static bool serving;
  if (peer->connected == 0) return timer_set(&give_up, ETCD_GIVE_UP_MS, etcd_unreachable);
  timer_clear(&give_up);
  if (!serving) start_serving();
  serving = true;
}

static const struct flags *own;

static void begin(void) {
  char first[300], name[256];
  int etcd_port;
  const char *servers = flag(own, "etcd-servers", "");
  snprintf(first, sizeof first, "%.*s", (int)strcspn(servers, ","), servers);
  if (!split_url(first, name, sizeof name, &etcd_port)) command_failed("invalid etcd server URL \"%s\"", first);
  snprintf(etcd_name, sizeof etcd_name, "%s:%d", name, etcd_port);
  etcd.changed = etcd_changed;
  etcd.failed = etcd_failed;
  timer_set(&give_up, ETCD_GIVE_UP_MS, etcd_unreachable);
  peer_keep(&etcd, etcd_name, name, etcd_port, ETCD_CONNECTIONS);
}

int run_kube_apiserver(const struct flags *flags) {
  own = flags;
  flags_check(flags, known, unknown_flag);
  host = flag(flags, "bind-address", "0.0.0.0");
  port = flag_port(flags, "secure-port", 6443);
  socket_path = getenv("EXAMCTL_API_SOCKET");
  if (socket_path == NULL) socket_path = RUN_FOLDER "/api.sock";
  if (*flag(flags, "etcd-servers", "") == '\0') command_failed("--etcd-servers must be specified");
  if (*flag(flags, "service-account-issuer", "") == '\0')
    command_failed("service-account-issuer is a required flag, --service-account-issuer must be set");
  klog('I', "options.go:263", "external host was not specified, using %s", flag(flags, "advertise-address", "127.0.0.1"));
  klog('I', "server.go:150", "Version: %s", KUBERNETES_VERSION);
  klog('I', "server.go:152", "\"Golang settings\" GOGC=\"\" GOMAXPROCS=\"\" GOTRACEBACK=\"\"");
  agent_ask(flags, begin);
  loop_run();
  return 0;
}
