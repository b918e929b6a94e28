#include "message.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint32_t read_u32(const void *bytes) {
  uint32_t value;
  memcpy(&value, bytes, sizeof value);
  return ntohl(value);
}

void write_u32(void *bytes, uint32_t value) {
  value = htonl(value);
  memcpy(bytes, &value, sizeof value);
}

int message_take(struct queue *queue, struct message *message) {
  return message_take_up_to(queue, MESSAGE_BYTES_MAX, message);
}

int message_take_up_to(struct queue *queue, size_t bytes_max, struct message *message) {
  if (queue->length < 4) return 0;
  uint32_t length = read_u32(queue_head(queue));
  if (length == 0 || length > bytes_max) return -1;
  if (queue->length < 4 + (size_t)length) return 0;
  const char *body = queue_head(queue) + 4;
  if (body[length - 1] != '\0') return -1;
  size_t strings = 0;
  for (uint32_t i = 0; i < length; i++) strings += body[i] == '\0';
  if (strings > MESSAGE_STRINGS_MAX) return -1;
  message->body = malloc(length);
  if (message->body == NULL) return -1;
  memcpy(message->body, body, length);
  message->length = length;
  queue_drop(queue, 4 + (size_t)length);
  return 1;
}

void message_free(struct message *message) {
  free(message->body);
  *message = (struct message){0};
}

const char *message_operation(const struct message *message) { return message->body; }

/* The value after `key=` of the next string at or after `at`, or NULL; moves `at` behind it. */
static char *next_value(const struct message *message, size_t *at, const char *key) {
  size_t key_length = strlen(key);
  while (*at < message->length) {
    char *string = message->body + *at;
    *at += strlen(string) + 1;
    if (string != message->body && strncmp(string, key, key_length) == 0 && string[key_length] == '=')
      return string + key_length + 1;
  }
  return NULL;
}

const char *message_get(const struct message *message, const char *key) {
  size_t at = 0;
  return next_value(message, &at, key);
}

bool message_number(const struct message *message, const char *key, int64_t min, int64_t max, int64_t fallback,
                    int64_t *value) {
  const char *text = message_get(message, key);
  *value = fallback;
  if (text == NULL || *text == '\0') return true;
  char *end;
  errno = 0;
  long long number = strtoll(text, &end, 10);
  if (errno != 0 || *end != '\0' || number < min || number > max) return false;
  *value = number;
  return true;
}

char **message_all(const struct message *message, const char *key, size_t *count) {
  size_t strings = 0;
  for (size_t i = 0; i < message->length; i++) strings += message->body[i] == '\0';
  char **values = calloc(strings + 1, sizeof *values);
  if (values == NULL) return NULL;
  size_t at = 0;
  *count = 0;
  for (char *value; (value = next_value(message, &at, key)) != NULL;) values[(*count)++] = value;
  return values;
}

static void begin(struct draft *draft, const char *operation, size_t bytes_max) {
  *draft = (struct draft){.bytes_max = bytes_max};
  draft->failed = !queue_push(&draft->body, operation, strlen(operation) + 1);
}

void draft_begin(struct draft *draft, const char *operation) { begin(draft, operation, MESSAGE_BYTES_MAX); }

void draft_begin_long(struct draft *draft, const char *operation) { begin(draft, operation, LONG_MESSAGE_BYTES_MAX); }

void draft_add(struct draft *draft, const char *format, ...) {
  char *text;
  va_list arguments;
  va_start(arguments, format);
  int length = vasprintf(&text, format, arguments);
  va_end(arguments);
  if (length < 0) {
    draft->failed = true;
    return;
  }
  if (draft->body.length + (size_t)length + 1 > draft->bytes_max ||
      !queue_push(&draft->body, text, (size_t)length + 1))
    draft->failed = true;
  free(text);
}

bool draft_end(struct draft *draft, struct queue *to) {
  char length[4];
  write_u32(length, (uint32_t)draft->body.length);
  bool done = !draft->failed && queue_push(to, length, 4) &&
              queue_push(to, queue_head(&draft->body), draft->body.length);
  queue_free(&draft->body);
  return done;
}
