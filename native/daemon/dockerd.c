#include "agent.h"
#include "dns.h"

#include <signal.h>

/*
 * dockerd: what it does for `docker` is decided by the cluster's side (agents.sock), and so are the answers of the DNS
 * server that it keeps in the network namespaces of its containers (dns.sock).
 */
int run_dockerd(const struct flags *flags) {
  signal(SIGHUP, SIG_IGN); /* it would read its configuration again */
  agent_start(flags);
  dns_follow(flags);
  loop_run();
  return 0;
}
