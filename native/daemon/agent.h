#ifndef EXAMCTL_AGENT_H
#define EXAMCTL_AGENT_H
#include "daemon.h"

#include "../common/message.h"

/*
 * What a component does is decided by the cluster it belongs to (native/PROTOCOL.md, agents.sock): the process says who it
 * is and then does, with its own rights, files and programs, what it is told.
 */

/* agent.c: says hello and stays connected; `loop_run` does the rest. */
void agent_start(const struct flags *flags);
/*
 * The same, and `begin` runs when the cluster says "begin", which has looked at the component's files and may end it instead.
 * Where no cluster answers it runs nevertheless.
 */
void agent_ask(const struct flags *flags, void (*begin)(void));
/* The same as a program of its own, under any name. */
int run_agent(const struct flags *flags);

/* Runs what agent_ask was given, once. */
void agent_begin(void);

/* agent-hands.c: carries out one order. False for an order that is not known. */
bool agent_order(const struct message *order, struct queue *reply);
void agent_arguments(const struct flags *flags);

/* agent-attach.c: joins the process to a container; ends with it. Returns only when it cannot. */
void agent_attach(const struct message *order, struct draft *reply);

/* agent-listen.c: what the process listens on. */
void agent_listen(const struct message *order, struct draft *reply);
void agent_unlisten(const struct message *order);

/* agent-arp.c: the addresses that it answers ARP for on an interface. */
void agent_arp(const struct message *order, struct draft *reply);
#endif
