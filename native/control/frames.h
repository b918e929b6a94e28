#ifndef EXAMCTL_FRAMES_H
#define EXAMCTL_FRAMES_H
#include "../common/queue.h"

#include <stdint.h>

/* Frames: 1 byte channel, u32 big-endian length, payload. */
enum frame_channel {
  CHANNEL_STDIN = 0,
  CHANNEL_STDOUT = 1,
  CHANNEL_STDERR = 2,
  CHANNEL_EXIT = 3,
  CHANNEL_RESIZE = 4,
  CHANNEL_CLOSE = 255,
};

/* Frames other than stdin are small. */
enum { FRAME_HEADER_BYTES = 5, CONTROL_FRAME_BYTES_MAX = 256, STDIN_BACKLOG_BYTES = 64 * 1024 };

bool frame_push(struct queue *queue, enum frame_channel channel, const void *payload, size_t length);

/* Where the client's frames go. */
struct frame_sink {
  /* Stdin bytes wait here; the owner writes them to the process. */
  struct queue to_stdin;
  bool stdin_closed;
  /* A resize came: its values, until the owner takes them (sets cols to 0). */
  int cols, rows;
  /* Bytes of a stdin frame still to come. */
  uint32_t stdin_remaining;
};

/* Takes what can be taken off `in`. False when the client does not speak frames. */
bool frames_take(struct frame_sink *sink, struct queue *in);
#endif
