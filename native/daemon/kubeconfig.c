#include "../common/files.h"
#include "daemon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_BYTES_MAX = 1024 * 1024 };

char *yaml_value(const char *path, const char *key) {
  char *text = read_text(path, FILE_BYTES_MAX), *rest = text, *value = NULL;
  size_t length = strlen(key);
  for (char *line; value == NULL && text != NULL && (line = strsep(&rest, "\n")) != NULL;) {
    line += strspn(line, " \t-");
    if (strncmp(line, key, length) != 0 || line[length] != ':') continue;
    line += length + 1;
    line += strspn(line, " \t\"'");
    line[strcspn(line, "\"'#\r")] = '\0';
    size_t end = strlen(line);
    while (end > 0 && line[end - 1] == ' ') line[--end] = '\0';
    value = strdup(line);
  }
  free(text);
  return value;
}

void keep_api_server(const char *kubeconfig, size_t count) {
  static struct peer peer;
  char host[256];
  int port;
  char *server = yaml_value(kubeconfig, "server");
  if (server == NULL) return;
  if (split_url(server, host, sizeof host, &port)) peer_keep(&peer, strdup(server), host, port, count);
  free(server);
}
