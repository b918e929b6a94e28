#include "cni.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* weaveworks/weave prog/plugin: the router on the node gives the address; the pod's veth goes to the bridge `weave`. */

enum { ROUTER_PORT = 6784, MTU = 1376 };

void run_weave_net(void) {
  if (strcmp(request.command, "DEL") == 0) {
    detach();
    release();
    return;
  }
  if (strcmp(request.command, "CHECK") == 0) return;
  char *path = format("/ip/%s", request.container);
  char *ipam = http_get(NULL, ROUTER_PORT, path);
  if (ipam == NULL)
    fail(11, "unable to allocate IP address: Post \"http://127.0.0.1:%d%s\": dial tcp 127.0.0.1:%d: connect: %s", ROUTER_PORT, path,
         ROUTER_PORT, errno == ECONNREFUSED ? "connection refused" : strerror(errno));
  if (!exists("/sys/class/net/weave")) fail(11, "bridge \"weave\" not present; did you launch weave?");
  struct attachment at = {.bridge = "weave", .mtu = MTU, .ip = allocate(ipam)};
  at.hairpin = strcmp(json_text(json_member(request.conf, "hairpinMode")), "true") == 0;
  interface_name(at.host, "vethwepl", 7, request.container);
  attach(&at);
}
