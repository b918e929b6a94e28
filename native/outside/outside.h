#ifndef EXAMCTL_OUTSIDE_H
#define EXAMCTL_OUTSIDE_H
#include <netinet/in.h>

/* Addresses in network byte order. */
struct network {
  in_addr_t address, mask;
};

/* Where the world outside is served: unix sockets in the folder that --folder names. */
struct outside {
  struct network network; /* of the hosts that exist */
  const char *resolver;
  char dns_socket[128], http_socket[128], https_socket[128];
};

/* datagrams.c: a UDP query becomes a connection to the socket: length, question, length, answer, as DNS over TCP has it. */
void relay_datagrams(int fd, const char *target);
/*
 * streams.c: connections accepted by `fd` are relayed to the socket. With a network those to addresses outside of it are reset, and
 * the socket reads first, in a line of the PROXY protocol (version 1), who connected to which address.
 */
void relay_streams(int fd, const char *target, const struct network *network);
#endif
