#include "cni.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { REPLY_BYTES_MAX = 64 * 1024, TIMEOUT_SECONDS = 10 };

static int dial(const char *unix_path, int port) {
  struct sockaddr_un local = {.sun_family = AF_UNIX};
  struct sockaddr_in inet = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (unix_path != NULL) snprintf(local.sun_path, sizeof local.sun_path, "%s", unix_path);
  int fd = socket(unix_path != NULL ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  int result = unix_path != NULL ? connect(fd, (struct sockaddr *)&local, sizeof local)
                                 : connect(fd, (struct sockaddr *)&inet, sizeof inet);
  if (result == 0) return fd;
  int failure = errno;
  close(fd);
  errno = failure;
  return -1;
}

char *http_get(const char *unix_path, int port, const char *path) {
  int fd = dial(unix_path, port);
  if (fd < 0) return NULL;
  struct timeval timeout = {.tv_sec = TIMEOUT_SECONDS};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  dprintf(fd, "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path);
  char *reply = calloc(1, REPLY_BYTES_MAX + 1);
  size_t length = 0;
  if (reply == NULL) abort();
  for (ssize_t got; length < REPLY_BYTES_MAX && (got = read(fd, reply + length, REPLY_BYTES_MAX - length)) > 0;)
    length += (size_t)got;
  close(fd);
  char *body = strstr(reply, "\r\n\r\n");
  int code = 0;
  if (body == NULL || sscanf(reply, "HTTP/1.%*d %d", &code) != 1 || code != 200) {
    errno = ECONNRESET;
    free(reply);
    return NULL;
  }
  return body + 4;
}
