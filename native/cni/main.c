/*
 * examctl-cni: the plugins of flannel, Weave, Calico and Cilium, each under its own name. They wire a pod as the real ones
 * do and take addresses by host-local from what their agent on the node says is the node's.
 */
#include "cni.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CONFIG_BYTES_MAX = 256 * 1024 };

struct request request;

char *format(const char *pattern, ...) {
  char *text;
  va_list arguments;
  va_start(arguments, pattern);
  if (vasprintf(&text, pattern, arguments) < 0) abort();
  va_end(arguments);
  return text;
}

void fail(int code, const char *pattern, ...) {
  char *text;
  va_list arguments;
  va_start(arguments, pattern);
  if (vasprintf(&text, pattern, arguments) < 0) abort();
  va_end(arguments);
  printf("{\n    \"cniVersion\": \"%s\",\n    \"code\": %d,\n    \"msg\": %s\n}\n",
         request.version != NULL && *request.version != '\0' ? request.version : "1.0.0", code, json_quote(text));
  exit(1);
}

char *argument(const char *key) {
  size_t length = strlen(key);
  for (const char *at = request.args; *at != '\0'; at += strcspn(at, ";"), at += *at == ';')
    if (strncmp(at, key, length) == 0 && at[length] == '=') return strndup(at + length + 1, strcspn(at + length + 1, ";"));
  return strdup("");
}

static const char *variable(const char *name) {
  const char *value = getenv(name);
  return value != NULL ? value : "";
}

static char *read_input(void) {
  char *text = malloc(CONFIG_BYTES_MAX + 1);
  size_t length = 0;
  if (text == NULL) abort();
  for (ssize_t got; length < CONFIG_BYTES_MAX && (got = read(0, text + length, CONFIG_BYTES_MAX - length)) > 0;)
    length += (size_t)got;
  text[length] = '\0';
  return text;
}

static void require(const char *name, const char *value) {
  if (*value == '\0') fail(4, "required env variables [%s] missing", name);
}

int main(int argc, char **argv) {
  const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
  const char *name = slash != NULL ? slash + 1 : argc > 0 ? argv[0] : "";
  if (argc > 1) return run_calico_ipam(argc, argv), 0;
  request = (struct request){.command = variable("CNI_COMMAND"),
                             .container = variable("CNI_CONTAINERID"),
                             .netns = variable("CNI_NETNS"),
                             .interface = variable("CNI_IFNAME"),
                             .args = variable("CNI_ARGS"),
                             .path = variable("CNI_PATH")};
  if (*request.command == '\0') {
    fprintf(stderr, "CNI %s plugin\nCNI protocol versions supported: 0.1.0, 0.2.0, 0.3.0, 0.3.1, 0.4.0, 1.0.0\n", name);
    return 0;
  }
  if (strcmp(request.command, "VERSION") == 0) {
    printf("{\"cniVersion\":\"1.0.0\",\"supportedVersions\":[\"0.1.0\",\"0.2.0\",\"0.3.0\",\"0.3.1\",\"0.4.0\",\"1.0.0\"]}\n");
    return 0;
  }
  if (strcmp(request.command, "ADD") != 0 && strcmp(request.command, "DEL") != 0 && strcmp(request.command, "CHECK") != 0)
    fail(4, "unknown CNI_COMMAND: %s", request.command);
  require("CNI_CONTAINERID", request.container);
  require("CNI_IFNAME", request.interface);
  if (strcmp(request.command, "DEL") != 0) require("CNI_NETNS", request.netns);
  request.config = read_input();
  request.conf = json_value(request.config);
  if (request.conf.text == NULL || *request.conf.text != '{') fail(6, "error unmarshall network config: invalid JSON");
  request.version = json_text(json_member(request.conf, "cniVersion"));
  static const struct {
    const char *name;
    void (*run)(void);
  } plugins[] = {{"flannel", run_flannel}, {"weave-net", run_weave_net}, {"weave-ipam", run_weave_net},
                 {"calico", run_calico},   {"cilium-cni", run_cilium}};
  for (size_t i = 0; i < sizeof plugins / sizeof *plugins; i++)
    if (strcmp(plugins[i].name, name) == 0) return plugins[i].run(), 0;
  run_calico_ipam(argc, argv);
  return 0;
}
