#include "cni.h"
#include "sha1.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void interface_name(char name[16], const char *prefix, size_t digits, const char *text) {
  unsigned char hash[20];
  char hex[41];
  sha1(text, strlen(text), hash);
  for (int i = 0; i < 20; i++) snprintf(hex + 2 * i, 3, "%02x", hash[i]);
  snprintf(name, 16, "%s%.*s", prefix, (int)digits, hex);
}

static char *ipam_config(const char *ipam) {
  char *name = json_quote(json_text(json_member(request.conf, "name")));
  struct slice inner = json_value(ipam);
  /* Members of the given object, with the plugin's own name in front. */
  return format("{\"cniVersion\":\"%s\",\"name\":%s,\"ipam\":{\"type\":\"host-local\",%.*s}", request.version, name,
                (int)inner.length - 1, inner.text + 1);
}

struct slice allocate(const char *ipam) {
  if (json_value(ipam).length < 3) fail(11, "the node has no range of addresses");
  char *output = delegate("host-local", "ADD", ipam_config(ipam));
  struct slice ip = json_item(json_member(json_value(output), "ips"), 0);
  if (ip.text == NULL) fail(11, "IPAM plugin returned missing IP config");
  return ip;
}

void release(void) {
  /* Any range does: addresses are given back by the container's id. */
  free(delegate("host-local", "DEL", ipam_config("{\"ranges\":[[{\"subnet\":\"10.0.0.0/8\"}]]}")));
}

static char *mac_of(const char *netns, const char *interface) {
  char *output, *errors;
  char *argv[] = {"/usr/sbin/ip", "-br", "link", "show", "dev", (char *)interface, NULL};
  if (run(argv, "", netns, &output, &errors) != 0) return strdup("");
  char mac[18] = "";
  sscanf(output, "%*s %*s %17s", mac);
  return strdup(mac);
}

/* With a pod's last words an address is given back before the plugin fails. */
static void wire(const struct attachment *at, const char *address, const char *gateway) {
  if (exists(format("/sys/class/net/%s", at->host))) ip_batch(NULL, "failed to delete old hostVeth", format("link del %s\n", at->host));
  ip_batch(NULL, "could not create veth pair",
           format("link add %s mtu %d %s%s type veth peer name %s mtu %d netns %s\n", at->host, at->mtu,
                  at->host_mac != NULL ? "address " : "", at->host_mac != NULL ? at->host_mac : "", request.interface, at->mtu,
                  strrchr(request.netns, '/') != NULL ? strrchr(request.netns, '/') + 1 : request.netns));
  const char *bare = strndup(address, strcspn(address, "/"));
  ip_batch(request.netns, "failed to configure the pod's interface",
           at->single ? format("link set %s up\naddr add %s/32 dev %s\nroute add %s dev %s scope link\nroute add default via %s dev %s\n",
                               request.interface, bare, request.interface, gateway, request.interface, gateway, request.interface)
                      : format("link set %s up\naddr add %s brd + dev %s\nroute add default via %s dev %s\n", request.interface,
                               address, request.interface, gateway, request.interface));
  if (at->bridge != NULL)
    ip_batch(NULL, "failed to connect the pod to the bridge",
             format("link set %s master %s\nlink set %s type bridge_slave hairpin %s\nlink set %s up\n", at->host, at->bridge,
                    at->host, at->hairpin ? "on" : "off", at->host));
  else
    ip_batch(NULL, "failed to add route to the pod",
             format("link set %s up\nroute replace %s/32 dev %s scope link table %s\n", at->host, bare, at->host,
                    at->table != NULL ? at->table : "main"));
}

void attach(struct attachment *at) {
  char *address = json_text(json_member(at->ip, "address")), *given = json_text(json_member(at->ip, "gateway"));
  const char *gateway = at->gateway != NULL ? at->gateway : given;
  wire(at, address, gateway);
  char *shown = at->single ? format("%.*s/32", (int)strcspn(address, "/"), address) : address;
  bool old = strncmp(request.version, "0.", 2) == 0;
  printf("{\"cniVersion\":\"%s\",\"interfaces\":[{\"name\":\"%s\",\"mac\":\"%s\"},"
         "{\"name\":\"%s\",\"mac\":\"%s\",\"sandbox\":\"%s\"}],"
         "\"ips\":[{%s\"interface\":1,\"address\":\"%s\",\"gateway\":\"%s\"}],"
         "\"routes\":[{\"dst\":\"0.0.0.0/0\",\"gw\":\"%s\"}],\"dns\":{}}\n",
         request.version, at->host, mac_of(NULL, at->host), request.interface, mac_of(request.netns, request.interface),
         request.netns, old ? "\"version\":\"4\"," : "", shown, gateway, gateway);
}

void detach(void) {
  if (*request.netns == '\0' || !exists(request.netns)) return;
  char *output, *errors;
  char *argv[] = {"/usr/sbin/ip", "link", "del", (char *)request.interface, NULL};
  run(argv, "", request.netns, &output, &errors); /* gone already is as good */
}
