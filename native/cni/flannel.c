#include "../common/files.h"
#include "cni.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* flannel-io/cni-plugin: what flanneld wrote of the node's subnet becomes a configuration for the bridge plugin. */

enum { FILE_BYTES_MAX = 64 * 1024 };

static char *value_of(const char *environment, const char *key) {
  size_t length = strlen(key);
  for (const char *line = environment; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n')
    if (strncmp(line, key, length) == 0 && line[length] == '=')
      return strndup(line + length + 1, strcspn(line + length + 1, "\r\n"));
  return strdup("");
}

static char *subnet_environment(void) {
  char *path = json_text(json_member(request.conf, "subnetFile"));
  if (*path == '\0') path = "/run/flannel/subnet.env";
  char *text = read_text(path, FILE_BYTES_MAX);
  if (text == NULL)
    fail(999, "failed to load flannel 'subnet.env' file: open %s: %s. Check the flannel pod log for this node.", path,
         errno == ENOENT ? "no such file or directory" : strerror(errno));
  static const char *const keys[] = {"FLANNEL_NETWORK", "FLANNEL_SUBNET", "FLANNEL_MTU", "FLANNEL_IPMASQ"};
  for (size_t i = 0; i < 4; i++)
    if (*value_of(text, keys[i]) == '\0')
      fail(999, "failed to load flannel 'subnet.env' file: %s is missing %s. Check the flannel pod log for this node.", path, keys[i]);
  return text;
}

/* "10.244.1.1/24", the gateway as flanneld writes it, is the range 10.244.1.0/24. */
static char *network_of(const char *subnet) {
  char address[16] = "";
  int prefix = 32;
  struct in_addr parsed;
  if (sscanf(subnet, "%15[0-9.]/%d", address, &prefix) != 2 || inet_pton(AF_INET, address, &parsed) != 1 || prefix < 1 || prefix > 32)
    fail(999, "failed to load flannel 'subnet.env' file: invalid CIDR address: %s", subnet);
  parsed.s_addr &= htonl(0xffffffffu << (32 - prefix));
  return format("%s/%d", inet_ntoa(parsed), prefix);
}

static bool is_one_of(struct slice name, const char *const *words) {
  for (; *words != NULL; words++)
    if (name.length == strlen(*words) && strncmp(name.text, *words, name.length) == 0) return true;
  return false;
}

static char *delegate_config(void) {
  static const char *const ours[] = {"name", "cniVersion", "ipam", NULL};
  char *environment = subnet_environment(), *rest = strdup("");
  struct slice given = json_member(request.conf, "delegate"), name, value;
  for (const char *at = NULL; json_next(given, &at, &name, &value);)
    if (!is_one_of(name, ours))
      rest = format("%s,\"%.*s\":%.*s", rest, (int)name.length, name.text, (int)value.length, value.text);
  char *type = json_text(json_member(given, "type"));
  bool bridge = *type == '\0' || strcmp(type, "bridge") == 0;
  if (*type == '\0') rest = format("%s,\"type\":\"bridge\"", rest);
  if (json_member(given, "ipMasq").text == NULL)
    rest = format("%s,\"ipMasq\":%s", rest, strcmp(value_of(environment, "FLANNEL_IPMASQ"), "true") == 0 ? "false" : "true");
  if (json_member(given, "mtu").text == NULL) rest = format("%s,\"mtu\":%s", rest, value_of(environment, "FLANNEL_MTU"));
  if (bridge && json_member(given, "isGateway").text == NULL) rest = format("%s,\"isGateway\":true", rest);
  struct slice runtime = json_member(request.conf, "runtimeConfig");
  if (runtime.text != NULL) rest = format("%s,\"runtimeConfig\":%.*s", rest, (int)runtime.length, runtime.text);
  return format("{\"name\":%s,\"cniVersion\":\"%s\"%s,\"ipam\":{\"type\":\"host-local\",\"ranges\":[[{\"subnet\":%s}]],"
                "\"routes\":[{\"dst\":%s}]}}",
                json_quote(json_text(json_member(request.conf, "name"))), request.version, rest,
                json_quote(network_of(value_of(environment, "FLANNEL_SUBNET"))), json_quote(value_of(environment, "FLANNEL_NETWORK")));
}

void run_flannel(void) {
  if (strchr(request.container, '/') != NULL) fail(4, "invalid container id");
  char *kept = format("/var/lib/cni/flannel/%s", request.container);
  if (strcmp(request.command, "ADD") == 0) {
    char *config = delegate_config();
    make_parents(kept);
    int fd = open(kept, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, config, strlen(config)) < 0) fail(5, "failed to save netconf: %s", strerror(errno));
    close(fd);
    fputs(delegate(json_text(json_member(json_value(config), "type")), "ADD", config), stdout);
    return;
  }
  char *config = read_text(kept, FILE_BYTES_MAX);
  if (config == NULL) return; /* nothing was made: nothing to take back */
  char *output = delegate(json_text(json_member(json_value(config), "type")), request.command, config);
  if (strcmp(request.command, "DEL") == 0) unlink(kept);
  fputs(output, stdout);
}
