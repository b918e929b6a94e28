#ifndef EXAMCTL_ADDRESS_H
#define EXAMCTL_ADDRESS_H
#include <stdbool.h>
#include <sys/socket.h>

struct address {
  struct sockaddr_storage bytes;
  socklen_t length;
};

/* "10.0.0.1:80", "[::1]:80", "localhost:80". No names: a statically linked program has no resolver. */
bool address_parse(struct address *address, const char *text);
/* The same, with the two parts given. */
bool address_make(struct address *address, const char *host, int port);
/* A unix socket's path; one that starts with '@' is abstract. */
bool address_unix(struct address *address, const char *path);
#endif
