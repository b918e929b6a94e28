#ifndef EXAMCTL_LISTENER_H
#define EXAMCTL_LISTENER_H
#include <stdbool.h>

/* The control socket: a listening descriptor inherited from whoever started the node. False when it is not one. */
bool listen_inherited(int fd);
/* A new socket for root only; `restricted` to what is offered inside the node. False with errno. */
bool listen_on(const char *path, bool restricted);
#endif
