/*
 * examctl-daemon: the system components of a node, each under its own name. What one shows to ps, ss, netstat and its log
 * is the real one's; what it serves is done elsewhere, behind unix sockets (native/PROTOCOL.md).
 */
#include "agent.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define KUBERNETES "Kubernetes " KUBERNETES_VERSION "\n"
#define ETCD "etcd Version: " ETCD_VERSION "\nGit SHA: a061450\nGo Version: go1.24.7\nGo OS/Arch: linux/amd64\n"
#define CONTAINERD "containerd github.com/containerd/containerd/v2 " CONTAINERD_VERSION " " CONTAINERD_REVISION "\n"

static const struct {
  const char *name;
  int (*run)(const struct flags *flags);
  const char *version; /* what --version prints, where the program itself knows */
} programs[] = {
    {"kube-apiserver", run_kube_apiserver, KUBERNETES},
    {"etcd", run_etcd, ETCD},
    {"kube-scheduler", run_kube_scheduler, KUBERNETES},
    {"kube-controller-manager", run_kube_controller_manager, KUBERNETES},
    {"kube-proxy", run_kube_proxy, KUBERNETES},
    {"kubelet", run_kubelet, KUBERNETES},
    {"containerd", run_containerd, CONTAINERD},
    {"flanneld", run_agent, NULL},
    {"install-conf", run_agent, NULL},
    {"init.sh", run_agent, NULL}, /* of weave-kube, as the next four */
    {"launch.sh", run_agent, NULL},
    {"weaver", run_agent, NULL},
    {"weave", run_agent, NULL},
    {"weave-npc", run_agent, NULL},
    {"start_runit", run_agent, NULL}, /* of calico/node */
    {"calico-node", run_agent, NULL},
    {"install", run_agent, NULL}, /* of calico/cni */
    {"kube-controllers", run_agent, NULL},
    {"check-status", run_agent, NULL},
    {"operator", run_agent, NULL}, /* of Tigera */
    {"cilium-agent", run_agent, NULL},
    {"cilium-operator-generic", run_agent, NULL},
    {"cilium", run_agent, NULL},
    {"cilium-dbg", run_agent, NULL},
    {"nginx-ingress-controller", run_agent, NULL},
    {"kube-webhook-certgen", run_agent, NULL},
    {"gateway", run_agent, NULL}, /* of NGINX Gateway Fabric, as the next one */
    {"nginx-agent", run_agent, NULL},
    {"controller", run_agent, NULL}, /* of MetalLB, as the next one */
    {"speaker", run_agent, NULL},
    {"metrics-server", run_agent, NULL},
    {"local-path-provisioner", run_agent, NULL},
    {"traefik", run_agent, NULL},
    {"crictl", run_agent, NULL}, /* of a node's administrator, as the next three */
    {"etcdctl", run_agent, NULL},
    {"etcdutl", run_agent, NULL},
    {"kubeadm", run_agent, NULL},
    {"docker", run_agent, NULL},
    {"dockerd", run_dockerd, NULL},
    {"docker-proxy", run_docker_proxy, NULL},
    {"coredns", run_coredns, NULL},
    {"pause", run_pause, NULL},
};

/* As PID 1 of a container a program is deaf to signals that it does not catch. */
static void terminated(int number) {
  (void)number;
  _exit(0);
}

int main(int argc, char **argv) {
  const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
  const char *name = slash != NULL ? slash + 1 : argc > 0 ? argv[0] : "";
  struct flags flags = {.argv = argv, .argc = argc};
  prctl(PR_SET_NAME, name); /* what ps and ss show, however it was started */
  signal(SIGPIPE, SIG_IGN);
  signal(SIGTERM, terminated);
  signal(SIGINT, terminated);
  loop_init();
  for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
    if (strcmp(programs[i].name, name) != 0) continue;
    if (programs[i].version == NULL || strcmp(flag(&flags, "version", "false"), "true") != 0)
      return programs[i].run(&flags);
    dprintf(1, "%s", programs[i].version);
    return 0;
  }
  dprintf(2, "%s: not a name this program goes by:", name);
  for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) dprintf(2, " %s", programs[i].name);
  dprintf(2, "\n");
  return 127;
}
