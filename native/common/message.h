#ifndef EXAMCTL_MESSAGE_H
#define EXAMCTL_MESSAGE_H
#include "queue.h"

#include <stdbool.h>
#include <stdint.h>

enum {
  MESSAGE_BYTES_MAX = 256 * 1024,
  /* For what agents are asked and answer: the rules of a node with a thousand Services, a controller's configuration. */
  LONG_MESSAGE_BYTES_MAX = 8 * 1024 * 1024,
  MESSAGE_STRINGS_MAX = 2048,
};

/* One request or reply: u32 big-endian length, then that many bytes of NUL-terminated strings. */
struct message {
  char *body;
  size_t length;
};

/* Takes one whole message off the queue: 1 taken (free it), 0 not all there yet, -1 not a message. */
int message_take(struct queue *queue, struct message *message);
int message_take_up_to(struct queue *queue, size_t bytes_max, struct message *message);
void message_free(struct message *message);

const char *message_operation(const struct message *message);
/* The value of the first `key=value`, or NULL. */
const char *message_get(const struct message *message, const char *key);
/* The value as a number within bounds; `fallback` when absent; false when it is not such a number. */
bool message_number(const struct message *message, const char *key, int64_t min, int64_t max, int64_t fallback,
                    int64_t *value);
/* All values of a repeated key, NULL-terminated, pointing into the message. Free the array. NULL without memory. */
char **message_all(const struct message *message, const char *key, size_t *count);

/* Builds a message: begin, any number of strings, end (writes the length and moves it to `to`). */
struct draft {
  struct queue body;
  size_t bytes_max;
  bool failed;
};
void draft_begin(struct draft *draft, const char *operation);
void draft_begin_long(struct draft *draft, const char *operation);
void draft_add(struct draft *draft, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool draft_end(struct draft *draft, struct queue *to);

uint32_t read_u32(const void *bytes);
void write_u32(void *bytes, uint32_t value);
#endif
