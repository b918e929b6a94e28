#include "address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

bool address_make(struct address *address, const char *host, int port) {
  *address = (struct address){0};
  if (port < 0 || port > 65535) return false;
  struct sockaddr_in *v4 = (struct sockaddr_in *)&address->bytes;
  struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address->bytes;
  if (strcmp(host, "localhost") == 0) host = "127.0.0.1";
  if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons((unsigned short)port);
    address->length = sizeof *v4;
    return true;
  }
  if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons((unsigned short)port);
    address->length = sizeof *v6;
    return true;
  }
  return false;
}

bool address_parse(struct address *address, const char *text) {
  char host[64];
  const char *colon = strrchr(text, ':');
  if (colon == NULL || colon[1] == '\0') return false;
  size_t length = (size_t)(colon - text);
  if (length > 1 && text[0] == '[' && colon[-1] == ']') text++, length -= 2;
  if (length >= sizeof host) return false;
  memcpy(host, text, length);
  host[length] = '\0';
  char *end;
  long port = strtol(colon + 1, &end, 10);
  if (*end != '\0' || port < 1 || port > 65535) return false;
  return address_make(address, host, (int)port);
}

bool address_unix(struct address *address, const char *path) {
  *address = (struct address){0};
  struct sockaddr_un *named = (struct sockaddr_un *)&address->bytes;
  size_t length = strlen(path);
  if (length == 0 || length >= sizeof named->sun_path) return false;
  named->sun_family = AF_UNIX;
  memcpy(named->sun_path, path, length);
  address->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + 1);
  if (path[0] == '@') named->sun_path[0] = '\0', address->length--;
  return true;
}
