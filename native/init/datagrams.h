#ifndef EXAMCTL_DATAGRAMS_H
#define EXAMCTL_DATAGRAMS_H
#include "../common/queue.h"

/*
 * Joins a stream, on which every datagram is framed by its u16 big-endian length, with a connected UDP socket. Takes over
 * both descriptors and queues; ends when the stream ends, and calls `ended`. False without memory (everything is still the caller's then).
 */
bool datagrams_start(int stream, int udp, struct queue *to_stream, struct queue *from_stream, void (*ended)(void));
#endif
