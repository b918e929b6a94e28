#ifndef EXAMCTL_NETNS_SOCKET_H
#define EXAMCTL_NETNS_SOCKET_H
#include <stdbool.h>

/*
 * Makes a socket in another network namespace. A child opens the path and makes it, since PID 1 stays where it is and a
 * hostile path may hang; the socket arrives on the returned descriptor (netns_socket_receive). -1 with errno.
 */
int netns_socket_request(const char *netns, int family, int type);
/* The socket, or -1 with errno as the child had it. Call when the descriptor is readable; close it afterwards. */
int netns_socket_receive(int from);
#endif
