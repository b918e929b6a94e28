#ifndef EXAMCTL_QUEUE_H
#define EXAMCTL_QUEUE_H
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* A byte queue that grows on demand and gives its memory back when it is empty. A zeroed struct is an empty queue. */
struct queue {
  char *data;
  size_t start, length, capacity;
};

/* False when memory is short; nothing was added then. */
bool queue_push(struct queue *queue, const void *bytes, size_t length);
const char *queue_head(const struct queue *queue);
void queue_drop(struct queue *queue, size_t length);
void queue_free(struct queue *queue);

/* Reads once, at most `max` bytes. As read(2): 0 at the end, -1 with errno. */
ssize_t queue_read(struct queue *queue, int fd, size_t max);
/* Writes until the queue is empty or the descriptor is full. False when the descriptor is broken. */
bool queue_write(struct queue *queue, int fd);
#endif
