#include "frames.h"

#include "../common/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool frame_push(struct queue *queue, enum frame_channel channel, const void *payload, size_t length) {
  unsigned char header[FRAME_HEADER_BYTES] = {(unsigned char)channel};
  write_u32(header + 1, (uint32_t)length);
  return queue_push(queue, header, sizeof header) && queue_push(queue, payload, length);
}

/* The number behind `"name":` in flat JSON, or 0. */
static int json_number(const char *json, const char *name) {
  char key[24];
  snprintf(key, sizeof key, "\"%s\"", name);
  const char *at = strstr(json, key);
  if (at == NULL) return 0;
  at += strlen(key);
  while (*at == ' ' || *at == ':') at++;
  long value = strtol(at, NULL, 10);
  return value > 0 && value <= 1000 ? (int)value : 0;
}

static bool take_control(struct frame_sink *sink, int channel, const char *payload, size_t length) {
  char text[CONTROL_FRAME_BYTES_MAX + 1];
  memcpy(text, payload, length);
  text[length] = '\0';
  if (channel == CHANNEL_RESIZE) {
    int cols = json_number(text, "cols"), rows = json_number(text, "rows");
    if (cols > 0 && rows > 0) sink->cols = cols, sink->rows = rows;
    return true;
  }
  if (channel == CHANNEL_CLOSE) {
    if (length == 1 && text[0] == CHANNEL_STDIN) sink->stdin_closed = true;
    return length == 1;
  }
  return false;
}

bool frames_take(struct frame_sink *sink, struct queue *in) {
  for (;;) {
    if (sink->stdin_remaining > 0) {
      if (sink->stdin_closed) return false;
      size_t room = sink->to_stdin.length < STDIN_BACKLOG_BYTES ? STDIN_BACKLOG_BYTES - sink->to_stdin.length : 0;
      size_t some = in->length < sink->stdin_remaining ? in->length : sink->stdin_remaining;
      if (some > room) some = room;
      if (some == 0) return true;
      if (!queue_push(&sink->to_stdin, queue_head(in), some)) return false;
      queue_drop(in, some);
      sink->stdin_remaining -= (uint32_t)some;
      continue;
    }
    if (in->length < FRAME_HEADER_BYTES) return true;
    const unsigned char *header = (const unsigned char *)queue_head(in);
    int channel = header[0];
    uint32_t length = read_u32(header + 1);
    if (channel == CHANNEL_STDIN) {
      queue_drop(in, FRAME_HEADER_BYTES);
      sink->stdin_remaining = length;
      continue;
    }
    if (length > CONTROL_FRAME_BYTES_MAX) return false;
    if (in->length < FRAME_HEADER_BYTES + (size_t)length) return true;
    bool understood = take_control(sink, channel, queue_head(in) + FRAME_HEADER_BYTES, length);
    queue_drop(in, FRAME_HEADER_BYTES + (size_t)length);
    if (!understood) return false;
  }
}
