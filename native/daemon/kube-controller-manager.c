#include "daemon.h"

#include <errno.h>
#include <string.h>

/* kube-controller-manager: its secure port on --bind-address, and a few connections to the API server. */
static const char known[] =
    "allocate-node-cidrs allow-metric-labels allow-metric-labels-manifest allow-untagged-cloud attach-detach-reconcile-sync-period "
    "!authentication-kubeconfig authentication-skip-lookup authentication-token-webhook-cache-ttl "
    "authentication-tolerate-lookup-failure authorization-always-allow-paths !authorization-kubeconfig "
    "authorization-webhook-cache-authorized-ttl authorization-webhook-cache-unauthorized-ttl bind-address cert-dir "
    "cidr-allocator-type !client-ca-file cloud-config cloud-provider cluster-cidr cluster-name "
    "!cluster-signing-cert-file cluster-signing-duration !cluster-signing-key-file "
    "!cluster-signing-kube-apiserver-client-cert-file !cluster-signing-kube-apiserver-client-key-file "
    "!cluster-signing-kubelet-client-cert-file !cluster-signing-kubelet-client-key-file "
    "!cluster-signing-kubelet-serving-cert-file !cluster-signing-kubelet-serving-key-file "
    "!cluster-signing-legacy-unknown-cert-file !cluster-signing-legacy-unknown-key-file concurrent-cron-job-syncs "
    "concurrent-daemonset-syncs concurrent-deployment-syncs concurrent-endpoint-syncs concurrent-ephemeralvolume-syncs "
    "concurrent-gc-syncs concurrent-horizontal-pod-autoscaler-syncs concurrent-job-syncs concurrent-namespace-syncs "
    "concurrent-rc-syncs concurrent-replicaset-syncs concurrent-resource-quota-syncs concurrent-service-endpoint-syncs "
    "concurrent-service-syncs concurrent-serviceaccount-token-syncs concurrent-statefulset-syncs "
    "concurrent-ttl-after-finished-syncs concurrent-validating-admission-policy-status-syncs configure-cloud-routes "
    "contention-profiling controller-start-interval controllers disable-attach-detach-reconcile-sync "
    "disable-force-detach-on-timeout disable-http2-serving disabled-metrics emulated-version enable-dynamic-provisioning "
    "enable-garbage-collector enable-hostpath-provisioner enable-leader-migration endpoint-updates-batch-period "
    "endpointslice-updates-batch-period external-cloud-volume-plugin feature-gates flex-volume-plugin-dir help "
    "horizontal-pod-autoscaler-cpu-initialization-period horizontal-pod-autoscaler-downscale-stabilization "
    "horizontal-pod-autoscaler-initial-readiness-delay horizontal-pod-autoscaler-sync-period "
    "horizontal-pod-autoscaler-tolerance http2-max-streams-per-connection kube-api-burst kube-api-content-type "
    "kube-api-qps !kubeconfig large-cluster-size-threshold leader-elect leader-elect-lease-duration "
    "leader-elect-renew-deadline leader-elect-resource-lock leader-elect-resource-name leader-elect-resource-namespace "
    "leader-elect-retry-period legacy-service-account-token-clean-up-period log-flush-frequency "
    "log-json-info-buffer-size log-json-split-stream log-text-info-buffer-size log-text-split-stream logging-format master "
    "max-endpoints-per-slice min-resync-period mirroring-concurrent-service-endpoint-syncs "
    "mirroring-endpointslice-updates-batch-period mirroring-max-endpoints-per-subset namespace-sync-period "
    "node-cidr-mask-size node-cidr-mask-size-ipv4 node-cidr-mask-size-ipv6 node-eviction-rate "
    "node-monitor-grace-period node-monitor-period node-startup-grace-period permit-address-sharing permit-port-sharing "
    "profiling pv-recycler-increment-timeout-nfs pvclaimbinder-sync-period requestheader-allowed-names "
    "!requestheader-client-ca-file requestheader-extra-headers-prefix requestheader-group-headers "
    "requestheader-uid-headers requestheader-username-headers resource-quota-sync-period !root-ca-file "
    "route-reconciliation-period secondary-node-eviction-rate secure-port !service-account-private-key-file "
    "service-cluster-ip-range show-hidden-metrics-for-version terminated-pod-gc-threshold !tls-cert-file "
    "tls-cipher-suites tls-min-version !tls-private-key-file tls-sni-cert-key unhealthy-zone-threshold "
    "use-service-account-credentials v version vmodule volume-host-allow-local-loopback volume-host-cidr-denylist ";

enum { API_CONNECTIONS = 3 };

int run_kube_controller_manager(const struct flags *flags) {
  flags_check(flags, known, unknown_flag);
  const char *host = flag(flags, "bind-address", "0.0.0.0");
  int port = flag_port(flags, "secure-port", 10257);
  klog('I', "serving.go:386", "Generated self-signed cert in-memory");
  klog('I', "controllermanager.go:190", "\"Starting\" version=\"%s\"", KUBERNETES_VERSION);
  klog('I', "controllermanager.go:192", "\"Golang settings\" GOGC=\"\" GOMAXPROCS=\"\" GOTRACEBACK=\"\"");
  if (serve_tcp(host, port, accept_relay, RUN_FOLDER "/kube-controller-manager.sock") == NULL)
    command_failed("failed to create listener: failed to listen on %s:%d: listen tcp %s:%d: bind: %s", host, port, host,
                   port, errno == EADDRINUSE ? "address already in use" : "cannot assign requested address");
  klog('I', "secure_serving.go:211", "Serving securely on %s:%d", host, port);
  klog('I', "leaderelection.go:257", "attempting to acquire leader lease kube-system/kube-controller-manager...");
  keep_api_server(flag(flags, "kubeconfig", ""), API_CONNECTIONS);
  loop_run();
  return 0;
}
