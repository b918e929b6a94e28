#include "agent.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/*
 * kube-proxy: health on every address, metrics on the loopback, a connection to the API server. Its rules are loaded into
 * the node as long as it is there (agents.sock).
 */
static const char known[] =
    "bind-address bind-address-hard-fail cleanup cluster-cidr config config-sync-period conntrack-max-per-core conntrack-min "
    "conntrack-tcp-be-liberal conntrack-tcp-timeout-close-wait conntrack-tcp-timeout-established conntrack-udp-timeout "
    "conntrack-udp-timeout-stream detect-local-mode feature-gates healthz-bind-address healthz-port help "
    "hostname-override init-only iptables-localhost-nodeports iptables-masquerade-bit iptables-min-sync-period "
    "iptables-sync-period ipvs-exclude-cidrs ipvs-min-sync-period ipvs-scheduler ipvs-strict-arp ipvs-sync-period "
    "ipvs-tcp-timeout ipvs-tcpfin-timeout ipvs-udp-timeout kube-api-burst kube-api-content-type kube-api-qps kubeconfig "
    "log-flush-frequency log-json-info-buffer-size log-json-split-stream log-text-info-buffer-size log-text-split-stream "
    "logging-format machine-id-file masquerade-all master metrics-bind-address metrics-port nodeport-addresses "
    "oom-score-adj pod-bridge-interface pod-interface-name-prefix profiling proxy-mode proxy-port-range "
    "show-hidden-metrics-for-version v version vmodule write-config-to ";

static char mode[16] = "iptables";

static void answer(const struct server *server, const char *path, struct http_reply *reply) {
  (void)server;
  if (strcmp(path, "/proxyMode") == 0) {
    reply->code = 200;
    snprintf(reply->body, sizeof reply->body, "%s", mode);
  } else if (strcmp(path, "/healthz") == 0 || strcmp(path, "/livez") == 0) {
    char when[48];
    time_t now = time(NULL);
    struct tm utc;
    strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S +0000 UTC", gmtime_r(&now, &utc));
    reply->code = 200;
    reply->type = "application/json";
    snprintf(reply->body, sizeof reply->body, "{\"lastUpdated\": \"%s\",\"currentTime\": \"%s\", \"nodeEligible\": true}",
             when, when);
  } else {
    http_health(server, path, reply);
  }
}

/* A setting: the flag, or the configuration file's value, or the default. */
static const char *setting(const struct flags *flags, const char *name, const char *config, const char *key,
                           const char *fallback) {
  const char *given = flag(flags, name, NULL);
  if (given != NULL) return given;
  char *value = config != NULL ? yaml_value(config, key) : NULL;
  return value != NULL && *value != '\0' ? value : fallback;
}

static void serve(const char *what, const char *address) {
  char host[256];
  int port;
  if (!split_url(address, host, sizeof host, &port)) command_failed("invalid address \"%s\" for %s", address, what);
  if (serve_tcp(host, port, accept_http, what) == NULL)
    klog('E', "proxier_health.go:176", "\"Error listening\" what=\"%s\" err=\"listen tcp %s: bind: %s\"", what, address,
         errno == EADDRINUSE ? "address already in use" : "cannot assign requested address");
}

int run_kube_proxy(const struct flags *flags) {
  flags_check(flags, known, unknown_flag);
  const char *config = flag(flags, "config", NULL);
  if (config != NULL && access(config, R_OK) < 0)
    command_failed("failed complete: open %s: no such file or directory", config);
  snprintf(mode, sizeof mode, "%s", setting(flags, "proxy-mode", config, "mode", "iptables"));
  if (strcmp(mode, "iptables") != 0 && strcmp(mode, "ipvs") != 0 && strcmp(mode, "nftables") != 0)
    command_failed("KubeProxyConfiguration.ProxyMode: Invalid value: \\\"%s\\\": must be iptables, ipvs, nftables or blank "
                   "(blank means the best-available proxy [currently iptables])",
                   mode);
  const char *kubeconfig = setting(flags, "kubeconfig", config, "kubeconfig", "");
  if (*kubeconfig != '\0' && access(kubeconfig, R_OK) < 0)
    command_failed("invalid configuration: stat %s: no such file or directory", kubeconfig);
  klog('I', "server_linux.go:53", "\"Using %s proxy\"", mode);
  klog('I', "server.go:715", "\"Successfully retrieved node IP(s)\" IPs=[\"%s\"]",
       flag(flags, "bind-address", "0.0.0.0"));
  klog('I', "server_linux.go:132", "\"Using %s Proxier\"", mode);
  klog('I', "server.go:527", "\"Version info\" version=\"%s\"", KUBERNETES_VERSION);
  http_answer = answer;
  serve("healthz", setting(flags, "healthz-bind-address", config, "healthzBindAddress", "0.0.0.0:10256"));
  serve("metrics", setting(flags, "metrics-bind-address", config, "metricsBindAddress", "127.0.0.1:10249"));
  klog('I', "config.go:200", "\"Starting service config controller\"");
  klog('I', "config.go:106", "\"Starting endpoint slice config controller\"");
  klog('I', "config.go:403", "\"Starting serviceCIDR config controller\"");
  klog('I', "config.go:309", "\"Starting node config controller\"");
  keep_api_server(kubeconfig, 1);
  agent_start(flags);
  loop_run();
  return 0;
}
