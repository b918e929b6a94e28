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

static const struct {
  const char *name;
  int (*run)(const struct flags *flags);
} programs[] = {
    {"kube-apiserver", run_kube_apiserver},
    {"etcd", run_etcd},
    {"kube-scheduler", run_kube_scheduler},
    {"kube-controller-manager", run_kube_controller_manager},
    {"kube-proxy", run_kube_proxy},
    {"kubelet", run_kubelet},
    {"containerd", run_containerd},
    {"flanneld", run_agent},
    {"install-conf", run_agent},
    {"init.sh", run_agent}, /* of weave-kube, as the next four */
    {"launch.sh", run_agent},
    {"weaver", run_agent},
    {"weave", run_agent},
    {"weave-npc", run_agent},
    {"start_runit", run_agent}, /* of calico/node */
    {"calico-node", run_agent},
    {"install", run_agent}, /* of calico/cni */
    {"kube-controllers", run_agent},
    {"check-status", run_agent},
    {"operator", run_agent}, /* of Tigera */
    {"cilium-agent", run_agent},
    {"cilium-operator-generic", run_agent},
    {"cilium", run_agent},
    {"cilium-dbg", run_agent},
    {"nginx-ingress-controller", run_agent},
    {"kube-webhook-certgen", run_agent},
    {"gateway", run_agent}, /* of NGINX Gateway Fabric, as the next one */
    {"nginx-agent", run_agent},
    {"controller", run_agent}, /* of MetalLB, as the next one */
    {"speaker", run_agent},
    {"metrics-server", run_agent},
    {"local-path-provisioner", run_agent},
    {"traefik", run_agent},
    {"crictl", run_agent}, /* of a node's administrator, as the next three */
    {"etcdctl", run_agent},
    {"etcdutl", run_agent},
    {"kubeadm", run_agent},
    {"docker", run_agent},
    {"dockerd", run_dockerd},
    {"docker-proxy", run_docker_proxy},
    {"coredns", run_coredns},
    {"pause", run_pause},
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
  for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
    if (strcmp(programs[i].name, name) == 0) return programs[i].run(&flags);
  dprintf(2, "%s: not a name this program goes by:", name);
  for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) dprintf(2, " %s", programs[i].name);
  dprintf(2, "\n");
  return 127;
}
