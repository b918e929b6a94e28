#include "queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CAPACITY_MIN = 512 };

static bool reserve(struct queue *queue, size_t more) {
  if (queue->start > 0 && queue->start + queue->length + more > queue->capacity) {
    memmove(queue->data, queue->data + queue->start, queue->length);
    queue->start = 0;
  }
  if (queue->length + more <= queue->capacity - queue->start) return true;
  size_t capacity = queue->capacity ? queue->capacity : CAPACITY_MIN;
  while (capacity < queue->length + more) capacity *= 2;
  char *data = realloc(queue->data, capacity);
  if (data == NULL) return false;
  queue->data = data;
  queue->capacity = capacity;
  return true;
}

bool queue_push(struct queue *queue, const void *bytes, size_t length) {
  if (length == 0) return true;
  if (!reserve(queue, length)) return false;
  memcpy(queue->data + queue->start + queue->length, bytes, length);
  queue->length += length;
  return true;
}

const char *queue_head(const struct queue *queue) { return queue->data + queue->start; }

void queue_free(struct queue *queue) {
  free(queue->data);
  *queue = (struct queue){0};
}

void queue_drop(struct queue *queue, size_t length) {
  queue->start += length;
  queue->length -= length;
  if (queue->length == 0) queue_free(queue);
}

ssize_t queue_read(struct queue *queue, int fd, size_t max) {
  char chunk[16384];
  ssize_t got = read(fd, chunk, max < sizeof chunk ? max : sizeof chunk);
  if (got > 0 && !queue_push(queue, chunk, (size_t)got)) {
    errno = ENOMEM;
    return -1;
  }
  return got;
}

bool queue_write(struct queue *queue, int fd) {
  while (queue->length > 0) {
    ssize_t sent = write(fd, queue_head(queue), queue->length);
    if (sent < 0) {
      if (errno == EINTR) continue;
      return errno == EAGAIN;
    }
    queue_drop(queue, (size_t)sent);
  }
  return true;
}
