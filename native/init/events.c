#include "operations.h"
#include "service.h"

#include <stdlib.h>

/* Somebody who waits for the next change. */
struct waiter {
  struct conn *conn;
  struct timer timer;
  struct waiter *next;
};

static uint64_t revision = 1;
static struct waiter *waiters;

static void answer(struct waiter *waiter) {
  for (struct waiter **at = &waiters; *at != NULL; at = &(*at)->next)
    if (*at == waiter) {
      *at = waiter->next;
      break;
    }
  timer_clear(&waiter->timer);
  free_later(waiter);
  if (waiter->conn == NULL) return;
  struct draft draft;
  draft_begin(&draft, "ok");
  draft_add(&draft, "revision=%llu", (unsigned long long)revision);
  draft_add(&draft, "files=%llu", (unsigned long long)watched_changes());
  for (struct service *service = service_first(); service != NULL; service = service->next)
    draft_add(&draft, "service=%s:%s:%d", service->name, service_active(service),
              service->main_runs ? service->main_pid : 0);
  reply_draft(waiter->conn, &draft, false);
}

static void timed_out(struct timer *timer) { answer(container_of(timer, struct waiter, timer)); }

static void client_closed(struct conn *conn) {
  struct waiter *waiter = conn->owner;
  waiter->conn = NULL;
  answer(waiter);
}

static const struct conn_use events_use = {.closed = client_closed};

/* Several changes of one round are one answer: the waiters are told when the loop comes round. */
static void tell(struct timer *timer) {
  (void)timer;
  while (waiters != NULL) answer(waiters);
}

void events_changed(void) {
  static struct timer soon;
  revision++;
  if (!soon.set) timer_set(&soon, 0, tell);
}

void op_events(struct conn *conn, const struct message *request) {
  int64_t after, timeout_ms;
  if (!message_number(request, "revision", 0, INT64_MAX, 0, &after) ||
      !message_number(request, "timeout_ms", 0, 600000, 25000, &timeout_ms))
    return reply_error(conn, "invalid", "revision or timeout_ms is out of range");
  struct waiter *waiter = calloc(1, sizeof *waiter);
  if (waiter == NULL) return reply_error(conn, "exhausted", "out of memory");
  waiter->conn = conn;
  waiter->next = waiters;
  waiters = waiter;
  conn_use(conn, &events_use, waiter);
  /* A revision from the future is one of a former PID 1: everything may have changed. */
  if ((uint64_t)after != revision || timeout_ms == 0) return answer(waiter);
  timer_set(&waiter->timer, timeout_ms, timed_out);
}
