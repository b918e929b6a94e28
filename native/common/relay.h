#ifndef EXAMCTL_RELAY_H
#define EXAMCTL_RELAY_H
#include "loop.h"
#include "queue.h"

struct relay_end {
  struct source source;
  struct relay *relay;
  /* Bytes on their way to this end. */
  struct queue out;
  bool read_ended, write_ended;
};

/* Two stream sockets joined: bytes both ways, each end's half-close passed on, a slow end slows the other. */
struct relay {
  struct relay_end ends[2];
  void (*ended)(struct relay *relay, void *context);
  void *context;
};

/*
 * Takes over both non-blocking descriptors and the queues (bytes that are already on their way to each end). `ended` is
 * called once, when both directions are done or an end broke; the relay frees itself afterwards. NULL without memory
 * (the descriptors are still the caller's then).
 */
struct relay *relay_start(int a, int b, struct queue *to_a, struct queue *to_b,
                          void (*ended)(struct relay *, void *), void *context);
#endif
