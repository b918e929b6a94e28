#include "daemon.h"

#include <errno.h>
#include <string.h>

/* kube-scheduler: its secure port on --bind-address, and a few connections to the API server. */
static const char known[] =
    "allow-metric-labels allow-metric-labels-manifest !authentication-kubeconfig authentication-skip-lookup "
    "authentication-token-webhook-cache-ttl authentication-tolerate-lookup-failure authorization-always-allow-paths "
    "!authorization-kubeconfig authorization-webhook-cache-authorized-ttl authorization-webhook-cache-unauthorized-ttl "
    "bind-address cert-dir !client-ca-file !config contention-profiling disable-http2-serving disabled-metrics "
    "emulated-version feature-gates help http2-max-streams-per-connection kube-api-burst kube-api-content-type "
    "kube-api-qps !kubeconfig leader-elect leader-elect-lease-duration leader-elect-renew-deadline "
    "leader-elect-resource-lock leader-elect-resource-name leader-elect-resource-namespace leader-elect-retry-period "
    "log-flush-frequency log-json-info-buffer-size log-json-split-stream log-text-info-buffer-size log-text-split-stream "
    "logging-format master permit-address-sharing permit-port-sharing pod-max-in-unschedulable-pods-duration profiling "
    "requestheader-allowed-names !requestheader-client-ca-file requestheader-extra-headers-prefix "
    "requestheader-group-headers requestheader-uid-headers requestheader-username-headers secure-port "
    "show-hidden-metrics-for-version !tls-cert-file tls-cipher-suites tls-min-version !tls-private-key-file "
    "tls-sni-cert-key v version vmodule write-config-to ";

enum { API_CONNECTIONS = 2 };

int run_kube_scheduler(const struct flags *flags) {
  flags_check(flags, known, unknown_flag);
  const char *host = flag(flags, "bind-address", "0.0.0.0");
  int port = flag_port(flags, "secure-port", 10259);
  klog('I', "serving.go:386", "Generated self-signed cert in-memory");
  klog('I', "server.go:171", "\"Starting Kubernetes Scheduler\" version=\"%s\"", KUBERNETES_VERSION);
  klog('I', "server.go:173", "\"Golang settings\" GOGC=\"\" GOMAXPROCS=\"\" GOTRACEBACK=\"\"");
  if (serve_tcp(host, port, accept_relay, RUN_FOLDER "/kube-scheduler.sock") == NULL)
    command_failed("failed to create listener: failed to listen on %s:%d: listen tcp %s:%d: bind: %s", host, port, host,
                   port, errno == EADDRINUSE ? "address already in use" : "cannot assign requested address");
  klog('I', "secure_serving.go:211", "Serving securely on %s:%d", host, port);
  klog('I', "leaderelection.go:257", "attempting to acquire leader lease kube-system/kube-scheduler...");
  keep_api_server(flag(flags, "kubeconfig", ""), API_CONNECTIONS);
  loop_run();
  return 0;
}
