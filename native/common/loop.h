#ifndef EXAMCTL_LOOP_H
#define EXAMCTL_LOOP_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/types.h>

#define container_of(pointer, type, member) ((type *)((char *)(pointer)-offsetof(type, member)))

/* A descriptor that is watched. Embed it and find the owner with container_of. */
struct source {
  int fd;
  uint32_t events;
  void (*ready)(struct source *source, uint32_t events);
};

/* Runs once when due. A zeroed timer is idle; setting a set timer moves it. */
struct timer {
  int64_t due_ms;
  bool set;
  void (*fire)(struct timer *timer);
  struct timer *next;
};

/* A process whose end is awaited. */
struct child {
  pid_t pid;
  void (*exited)(struct child *child, int status);
  struct child *next;
};

void loop_init(void);
void loop_run(void);
void loop_stop(void);

/* Takes over `fd`. Events 0 keeps it out of the poll set, so that a hang-up of a paused descriptor cannot spin. */
void source_open(struct source *source, int fd, uint32_t events, void (*ready)(struct source *, uint32_t));
void source_watch(struct source *source, uint32_t events);
/* Gives the descriptor back without closing it. */
int source_release(struct source *source);
void source_close(struct source *source);

void timer_set(struct timer *timer, int64_t after_ms, void (*fire)(struct timer *));
void timer_clear(struct timer *timer);

void child_watch(struct child *child, pid_t pid, void (*exited)(struct child *, int));
void child_forget(struct child *child);
/* Reaps all that have ended; `orphan` hears of those nobody awaits. */
void children_reap(void (*orphan)(pid_t pid, int status));

/* Frees after the current round of events: an event of the same round may still name the memory. */
void free_later(void *memory);

int64_t monotonic_ms(void);
int64_t realtime_ms(void);
#endif
