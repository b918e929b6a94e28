#include "loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS_PER_ROUND = 64 };

static int poll_fd = -1;
static bool stopped;
static struct timer *timers;
static struct child *children;
static void **graveyard;
static size_t graves, graves_capacity;

int64_t monotonic_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t realtime_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void loop_init(void) { poll_fd = epoll_create1(EPOLL_CLOEXEC); }

void source_watch(struct source *source, uint32_t events) {
  if (source->fd < 0 || events == source->events) return;
  struct epoll_event event = {.events = events, .data.ptr = source};
  int operation = events == 0 ? EPOLL_CTL_DEL : source->events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  epoll_ctl(poll_fd, operation, source->fd, &event);
  source->events = events;
}

void source_open(struct source *source, int fd, uint32_t events, void (*ready)(struct source *, uint32_t)) {
  *source = (struct source){.fd = fd, .events = 0, .ready = ready};
  source_watch(source, events);
}

int source_release(struct source *source) {
  int fd = source->fd;
  source_watch(source, 0);
  source->fd = -1;
  return fd;
}

void source_close(struct source *source) {
  if (source->fd < 0) return;
  close(source_release(source));
}

void timer_clear(struct timer *timer) {
  if (!timer->set) return;
  for (struct timer **at = &timers; *at != NULL; at = &(*at)->next)
    if (*at == timer) {
      *at = timer->next;
      break;
    }
  timer->set = false;
}

void timer_set(struct timer *timer, int64_t after_ms, void (*fire)(struct timer *)) {
  timer_clear(timer);
  timer->due_ms = monotonic_ms() + after_ms;
  timer->fire = fire;
  timer->set = true;
  struct timer **at = &timers;
  while (*at != NULL && (*at)->due_ms <= timer->due_ms) at = &(*at)->next;
  timer->next = *at;
  *at = timer;
}

void child_watch(struct child *child, pid_t pid, void (*exited)(struct child *, int)) {
  child->pid = pid;
  child->exited = exited;
  child->next = children;
  children = child;
}

void child_forget(struct child *child) {
  for (struct child **at = &children; *at != NULL; at = &(*at)->next)
    if (*at == child) {
      *at = child->next;
      return;
    }
}

void children_reap(void (*orphan)(pid_t pid, int status)) {
  pid_t pid;
  int status;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
    struct child *child = children;
    while (child != NULL && child->pid != pid) child = child->next;
    if (child == NULL) {
      if (orphan != NULL) orphan(pid, status);
      continue;
    }
    child_forget(child);
    child->exited(child, status);
  }
}

void free_later(void *memory) {
  if (graves == graves_capacity) {
    size_t capacity = graves_capacity ? graves_capacity * 2 : 16;
    void **larger = realloc(graveyard, capacity * sizeof *larger);
    if (larger == NULL) return; /* a leak is better than a use after free */
    graveyard = larger;
    graves_capacity = capacity;
  }
  graveyard[graves++] = memory;
}

static void bury(void) {
  for (size_t i = 0; i < graves; i++) free(graveyard[i]);
  graves = 0;
}

static int fire_timers(void) {
  while (timers != NULL) {
    int64_t wait_ms = timers->due_ms - monotonic_ms();
    if (wait_ms > 0) return wait_ms > 3600000 ? 3600000 : (int)wait_ms;
    struct timer *due = timers;
    timers = due->next;
    due->set = false;
    due->fire(due);
  }
  return -1;
}

void loop_stop(void) { stopped = true; }

void loop_run(void) {
  struct epoll_event ready[EVENTS_PER_ROUND];
  while (!stopped) {
    int wait_ms = fire_timers();
    bury();
    if (stopped) break;
    int count = epoll_wait(poll_fd, ready, EVENTS_PER_ROUND, wait_ms);
    for (int i = 0; i < count; i++) {
      struct source *source = ready[i].data.ptr;
      if (source->fd >= 0 && source->events != 0) source->ready(source, ready[i].events);
    }
    bury();
  }
}
