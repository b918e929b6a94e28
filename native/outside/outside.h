#ifndef EXAMCTL_OUTSIDE_H
#define EXAMCTL_OUTSIDE_H
/* Where the world outside is served: unix sockets in the folder that --folder names. */
struct outside {
  const char *address; /* of the hosts that exist */
  const char *resolver;
  char dns_socket[128], http_socket[128], https_socket[128];
};

/* datagrams.c: a UDP query becomes a connection to the socket: length, question, length, answer, as DNS over TCP has it. */
void relay_datagrams(int fd, const char *target);
/* streams.c: connections accepted by `fd` are relayed to the socket. */
void relay_streams(int fd, const char *target);
#endif
