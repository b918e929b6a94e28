#include "agent.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/*
 * kubelet: reads its configuration as the real one does, so that a broken path or a stopped containerd stops it with the
 * real one's words; listens on its ports. What a kubelet does with pods is done by the cluster's own process.
 */
static const char known[] =
    "address allowed-unsafe-sysctls anonymous-auth application-metrics-count-limit authentication-token-webhook "
    "authentication-token-webhook-cache-ttl authorization-mode boot-id-file bootstrap-kubeconfig cert-dir cgroup-driver "
    "cgroup-root cgroups-per-qos client-ca-file cloud-config cloud-provider cluster-dns cluster-domain config config-dir "
    "container-log-max-files container-log-max-size container-runtime-endpoint containerd containerd-namespace "
    "contention-profiling cpu-cfs-quota cpu-cfs-quota-period cpu-manager-policy cpu-manager-policy-options "
    "enable-controller-attach-detach enable-debugging-handlers enable-server enforce-node-allocatable event-burst event-qps "
    "eviction-hard eviction-max-pod-grace-period eviction-minimum-reclaim eviction-pressure-transition-period eviction-soft "
    "eviction-soft-grace-period exit-on-lock-contention fail-cgroupv1 fail-swap-on feature-gates file-check-frequency "
    "hairpin-mode healthz-bind-address healthz-port help hostname-override http-check-frequency image-credential-provider-bin-dir "
    "image-credential-provider-config image-gc-high-threshold image-gc-low-threshold image-service-endpoint "
    "iptables-drop-bit iptables-masquerade-bit keep-terminated-pod-volumes kernel-memcg-notification kube-api-burst "
    "kube-api-content-type kube-api-qps kube-reserved kube-reserved-cgroup kubeconfig kubelet-cgroups local-storage-capacity-isolation "
    "lock-file log-flush-frequency logging-format make-iptables-util-chains manifest-url manifest-url-header max-open-files "
    "max-pods maximum-dead-containers memory-manager-policy minimum-image-ttl-duration node-ip node-labels "
    "node-status-max-images node-status-update-frequency oom-score-adj pod-cidr pod-infra-container-image pod-manifest-path "
    "pod-max-pids pods-per-core port protect-kernel-defaults provider-id qos-reserved read-only-port register-node "
    "register-schedulable register-with-taints registry-burst registry-qps reserved-cpus reserved-memory resolv-conf "
    "root-dir rotate-certificates rotate-server-certificates runonce runtime-cgroups runtime-request-timeout seccomp-default "
    "serialize-image-pulls streaming-connection-idle-timeout sync-frequency system-cgroups system-reserved "
    "system-reserved-cgroup tls-cert-file tls-cipher-suites tls-min-version tls-private-key-file topology-manager-policy "
    "topology-manager-scope v version vmodule volume-plugin-dir volume-stats-agg-period ";

enum { API_CONNECTIONS = 1, RUNTIME_WAIT_MS = 2000 };

static void unknown(const char *argument) {
  const char *name = argument + strspn(argument, "-");
  if (argument[0] == '-') command_failed("failed to parse kubelet flag: unknown flag: --%.*s", (int)strcspn(name, "="), name);
  command_failed("unknown command %s", argument);
}

static bool runtime_answers(const char *path) {
  struct address address;
  if (!address_unix(&address, path)) return false;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  bool answers = fd >= 0 && connect(fd, (struct sockaddr *)&address.bytes, address.length) == 0;
  if (fd >= 0) close(fd);
  return answers;
}

/* Both are started at boot: the runtime gets a moment. */
static bool runtime_comes_up(const char *path) {
  int64_t until_ms = monotonic_ms() + RUNTIME_WAIT_MS;
  while (!runtime_answers(path)) {
    if (monotonic_ms() > until_ms) return false;
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
  }
  return true;
}

static void check_files(const struct flags *flags, const char *config) {
  if (config != NULL && access(config, R_OK) < 0)
    command_failed("failed to load kubelet config file, path: %s, error: failed to load Kubelet config file %s, error "
                   "failed to read kubelet config file \\\"%s\\\", error: open %s: no such file or directory",
                   config, config, config, config);
  const char *kubeconfig = flag(flags, "kubeconfig", "");
  const char *bootstrap = flag(flags, "bootstrap-kubeconfig", "");
  if (*kubeconfig != '\0' && access(kubeconfig, R_OK) < 0 && *bootstrap != '\0' && access(bootstrap, R_OK) < 0)
    command_failed("failed to run Kubelet: unable to load bootstrap kubeconfig: stat %s: no such file or directory", bootstrap);
  const char *ca = config != NULL ? yaml_value(config, "clientCAFile") : flag(flags, "client-ca-file", NULL);
  if (ca != NULL && *ca != '\0' && access(ca, R_OK) < 0)
    command_failed("failed to construct kubelet dependencies: unable to load client CA file %s: open %s: no such file or "
                   "directory",
                   ca, ca);
}

static int config_port(const char *config, const char *key, int fallback) {
  char *text = config != NULL ? yaml_value(config, key) : NULL;
  int port = text != NULL ? atoi(text) : 0;
  free(text);
  return port > 0 && port <= 65535 ? port : fallback;
}

static void listen_or_exit(const char *host, int port, void (*accepted)(struct server *, int), const char *target) {
  if (serve_tcp(host, port, accepted, target) != NULL) return;
  klog('E', "server.go:202", "\"Failed to listen and serve\" err=\"listen tcp %s:%d: bind: %s\"", host, port,
       errno == EADDRINUSE ? "address already in use" : "cannot assign requested address");
  exit(1);
}

static const struct flags *own;

static void begin(void) {
  const char *config = flag(own, "config", NULL);
  const char *endpoint = flag(own, "container-runtime-endpoint", NULL);
  if (endpoint == NULL && config != NULL) endpoint = yaml_value(config, "containerRuntimeEndpoint");
  if (endpoint == NULL || *endpoint == '\0') endpoint = "unix:///run/containerd/containerd.sock";
  const char *path = strncmp(endpoint, "unix://", 7) == 0 ? endpoint + 7 : endpoint;
  if (!runtime_comes_up(path))
    command_failed("failed to run Kubelet: validate service connection: validate CRI v1 runtime API for endpoint \\\"%s\\\": "
                   "rpc error: code = Unavailable desc = connection error: desc = \\\"transport: Error while dialing: dial "
                   "unix %s: connect: no such file or directory\\\"",
                   endpoint, path);
  static char target[300];
  char name[128] = "";
  gethostname(name, sizeof name - 1);
  snprintf(target, sizeof target, RUN_FOLDER "/kubelet-%s.sock", name);
  const char *address = config != NULL ? yaml_value(config, "address") : NULL;
  const char *healthz = config != NULL ? yaml_value(config, "healthzBindAddress") : NULL;
  listen_or_exit(flag(own, "address", address != NULL ? address : "0.0.0.0"), config_port(config, "port", 10250),
                 accept_relay, target);
  klog('I', "server.go:180", "\"Starting to listen\" address=\"0.0.0.0\" port=%d", config_port(config, "port", 10250));
  listen_or_exit(healthz != NULL ? healthz : "127.0.0.1", config_port(config, "healthzPort", 10248), accept_http, "healthz");
  klog('I', "kubelet.go:480", "\"Attempting to sync node with API server\"");
  char *manifests = config != NULL ? yaml_value(config, "staticPodPath") : NULL;
  if (manifests != NULL) klog('I', "kubelet.go:386", "\"Adding static pod path\" path=\"%s\"", manifests);
  klog('I', "kubelet.go:397", "\"Adding apiserver pod source\"");
  klog('I', "kuberuntime_manager.go:291", "\"Container runtime initialized\" containerRuntime=\"containerd\" "
       "version=\"2.1.4\" apiVersion=\"v1\"");
  klog('I', "server.go:1262", "\"Started kubelet\"");
  keep_api_server(flag(own, "kubeconfig", ""), API_CONNECTIONS);
}

int run_kubelet(const struct flags *flags) {
  own = flags;
  flags_check(flags, known, unknown);
  klog('I', "server.go:529", "\"Kubelet version\" kubeletVersion=\"%s\"", KUBERNETES_VERSION);
  klog('I', "server.go:531", "\"Golang settings\" GOGC=\"\" GOMAXPROCS=\"\" GOTRACEBACK=\"\"");
  check_files(flags, flag(flags, "config", NULL));
  agent_ask(flags, begin);
  loop_run();
  return 0;
}
