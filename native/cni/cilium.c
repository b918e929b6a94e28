#include "cni.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* cilium/cilium plugins/cilium-cni: the agent on the node gives the address; a routed veth a pod behind cilium_host. */

enum { MTU = 1450 };

/* Stands for the eBPF programs that hand packets to pods (lib/cluster/addons/cilium/datapath.ts). */
static const char pods_table[] = "2006";
static const char agent[] = "/var/run/cilium/cilium.sock";

void run_cilium(void) {
  if (strcmp(request.command, "DEL") == 0) {
    detach();
    release();
    return;
  }
  if (strcmp(request.command, "CHECK") == 0) return;
  char *ipam = http_get(agent, 0, "/v1/ipam");
  if (ipam == NULL)
    fail(11, "unable to connect to Cilium agent: failed to create cilium agent client after 30.000000 seconds timeout: Get "
             "\"http://localhost/v1/config\": dial unix %s: connect: %s\nIs the agent running?",
         agent, errno == ENOENT ? "no such file or directory" : errno == ECONNREFUSED ? "connection refused" : strerror(errno));
  struct attachment at = {.mtu = MTU, .ip = allocate(ipam), .single = true, .table = pods_table};
  interface_name(at.host, "lxc", 12, request.container);
  attach(&at);
}
