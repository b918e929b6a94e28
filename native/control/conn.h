#ifndef EXAMCTL_CONN_H
#define EXAMCTL_CONN_H
#include "../common/loop.h"
#include "../common/message.h"
#include "../common/queue.h"

/* Output of one operation is not read from its source while so much waits for the client. */
enum { CONN_BACKLOG_BYTES = 128 * 1024, CONN_INPUT_BYTES_MAX = MESSAGE_BYTES_MAX + 4 };

struct conn;

/* What an operation that goes on after its reply does with the connection. Any member may be NULL. */
struct conn_use {
  /* There are bytes in conn->in: take what can be taken. */
  void (*data)(struct conn *conn);
  /* conn->out has room again. */
  void (*drained)(struct conn *conn);
  /* The connection is gone or the client has closed it; conn is freed after this returns. */
  void (*closed)(struct conn *conn);
};

/* A control connection: one operation. */
struct conn {
  struct source source;
  struct queue in, out;
  const struct conn_use *use;
  void *owner;
  struct timer deadline;
  /* Services only: a connection from inside the node. */
  bool restricted;
  bool ending;
};

void conn_open(int fd, bool restricted);
size_t conn_count(void);

/* Gives the connection to an operation. */
void conn_use(struct conn *conn, const struct conn_use *use, void *owner);
/* Call after taking from `in` or adding to `out`. Never closes the connection. */
void conn_update(struct conn *conn);
/* Sends what is queued, then closes after the client has, or soon. `closed` is not called any more. */
void conn_end(struct conn *conn);
/* Frees the connection and hands its descriptor and queues to the caller. */
int conn_detach(struct conn *conn, struct queue *in, struct queue *out);

void reply_ok(struct conn *conn);
void reply_error(struct conn *conn, const char *code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Sends the draft and ends the connection, or (keep) goes on. */
void reply_draft(struct conn *conn, struct draft *draft, bool keep);

/* Decides what a request does. The connection is the operation's then. */
void operation_start(struct conn *conn, struct message *request);
#endif
