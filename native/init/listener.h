#ifndef EXAMCTL_LISTENER_H
#define EXAMCTL_LISTENER_H
#include <stdbool.h>

/* The control socket: a listening descriptor inherited from whoever started the node. False when it is not one. */
bool listen_inherited(int fd);
/* The socket of systemctl and journalctl, inside the node, for its root only. */
bool listen_private(const char *path);
#endif
