#ifndef EXAMCTL_CONTROL_OPERATIONS_H
#define EXAMCTL_CONTROL_OPERATIONS_H
#include "conn.h"

enum { CONNECTIONS_MAX = 1024, PRIVATE_CONNECTIONS_MAX = 32 };

struct operation {
  const char *name;
  void (*run)(struct conn *conn, const struct message *request);
  /* Also for systemctl and journalctl, over the socket in the node. */
  bool inside;
};

/* What each program that is linked with this folder defines: what it offers, up to a name of NULL, and how many `exec` at once. */
extern const struct operation operations[];
extern const size_t execs_max;

/* Ends with a reply (PROTOCOL.md), as every operation. */
void op_exec(struct conn *conn, const struct message *request);
#endif
