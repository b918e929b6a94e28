#include "../common/files.h"
#include "cni.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* projectcalico/calico cni-plugin: a routed veth a pod, no bridge; the gateway 169.254.1.1 is answered for by proxy ARP. */

enum { FILE_BYTES_MAX = 64 * 1024, MTU_DEFAULT = 1500 };

/* Blocks of the node, kept by calico-node: {"ranges":[[...]]}. */
static const char blocks[] = "/var/run/calico/ipam.json";

static void set(const char *interface, const char *name, const char *value) {
  char *path = format("/proc/sys/net/ipv4/%s", format(name, interface));
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0 || write(fd, value, strlen(value)) < 0) fail(999, "failed to set %s=%s: %s", path, value, strerror(errno));
  close(fd);
}

static int mtu(void) {
  int configured = atoi(json_text(json_member(request.conf, "mtu")));
  if (configured > 0) return configured;
  char *detected = read_text("/var/lib/calico/mtu", 64);
  return detected != NULL && atoi(detected) > 0 ? atoi(detected) : MTU_DEFAULT;
}

static struct slice address(void) {
  struct slice ipam = json_member(request.conf, "ipam");
  char *type = json_text(json_member(ipam, "type"));
  char *output = delegate(type, "ADD", request.config);
  struct slice ip = json_item(json_member(json_value(output), "ips"), 0);
  if (ip.text == NULL) fail(999, "IPAM plugin \"%s\" returned missing IP config", type);
  return ip;
}

void run_calico(void) {
  char *type = json_text(json_member(json_member(request.conf, "ipam"), "type"));
  if (strcmp(request.command, "DEL") == 0) {
    detach();
    free(delegate(type, "DEL", request.config));
    return;
  }
  if (strcmp(request.command, "CHECK") == 0) return;
  if (!exists("/var/lib/calico/nodename"))
    fail(999, "stat /var/lib/calico/nodename: no such file or directory: check that the calico/node container is running and has "
              "mounted /var/lib/calico/");
  char *kubeconfig = json_text(json_member(json_member(request.conf, "kubernetes"), "kubeconfig"));
  if (*kubeconfig != '\0' && !exists(kubeconfig))
    fail(999, "error getting ClusterInformation: stat %s: no such file or directory", kubeconfig);
  struct attachment at = {.host_mac = "ee:ee:ee:ee:ee:ee", .mtu = mtu(), .ip = address(), .single = true, .gateway = "169.254.1.1"};
  interface_name(at.host, "cali", 11, format("%s.%s", argument("K8S_POD_NAMESPACE"), argument("K8S_POD_NAME")));
  attach(&at);
  set(at.host, "conf/%s/proxy_arp", "1");
  set(at.host, "neigh/%s/proxy_delay", "0");
  set(at.host, "conf/%s/forwarding", "1");
  set(at.host, "conf/%s/rp_filter", "1");
}

void run_calico_ipam(int argc, char **argv) {
  if (argc > 1) {
    time_t now = time(NULL);
    char when[32];
    strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S.000", gmtime(&now));
    if (strcmp(argv[1], "-upgrade") == 0)
      fprintf(stderr,
              "%s [INFO][1] ipam_plugin.go 75: migrating from host-local to calico-ipam...\n"
              "%s [INFO][1] migrate.go 65: checking host-local IPAM data dir dir existence...\n"
              "%s [INFO][1] migrate.go 68: host-local IPAM data dir dir not found; no migration necessary, successfully exiting...\n"
              "%s [INFO][1] ipam_plugin.go 105: migration from host-local to calico-ipam complete node=\"%s\"\n",
              when, when, when, when, getenv("KUBERNETES_NODE_NAME") != NULL ? getenv("KUBERNETES_NODE_NAME") : "");
    else
      printf("v3.31.0\n");
    return;
  }
  if (strcmp(request.command, "DEL") == 0) return release();
  if (strcmp(request.command, "CHECK") == 0) return;
  char *text = read_text(blocks, FILE_BYTES_MAX);
  if (text == NULL)
    fail(999, "failed to request IPv4 addresses: Assigned 0 out of 1 requested IPv4 addresses; No more free affine blocks and strict "
              "affinity enabled");
  struct slice ip = allocate(text);
  bool old = strncmp(request.version, "0.", 2) == 0;
  printf("{\"cniVersion\":\"%s\",\"ips\":[{%s\"address\":%.*s}],\"dns\":{}}\n", request.version, old ? "\"version\":\"4\"," : "",
         (int)json_member(ip, "address").length, json_member(ip, "address").text);
}
