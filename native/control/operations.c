#include "operations.h"

#include <string.h>

void operation_start(struct conn *conn, struct message *request) {
  const char *name = message_operation(request);
  for (const struct operation *operation = operations; operation->name != NULL; operation++) {
    if (strcmp(operation->name, name) != 0) continue;
    if (conn->restricted && !operation->inside)
      return reply_error(conn, "forbidden", "%s is not offered inside the node", name);
    return operation->run(conn, request);
  }
  reply_error(conn, "invalid", "there is no operation %.64s", name);
}
