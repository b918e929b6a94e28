#include "agent.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/if_ether.h>
#include <netpacket/packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* metallb internal/layer2/announcer.go: a new address is called out at once and then for some seconds. */
enum { ADDRESSES_MAX = 512, CALL_EVERY_MS = 1100, CALL_FOR_MS = 5000 };

struct frame {
  struct ether_header ether;
  struct ether_arp arp;
} __attribute__((packed));

struct announced {
  uint32_t address;
  int64_t call_until_ms;
};

struct responder {
  struct source source;
  struct timer call;
  char interface[IFNAMSIZ];
  int index;
  uint8_t mac[ETH_ALEN];
  struct announced addresses[ADDRESSES_MAX];
  size_t count;
  struct responder *next;
};

static const uint8_t everybody[ETH_ALEN] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
static struct responder *responders;

static void say(const struct responder *responder, uint16_t operation, uint32_t own, const uint8_t *to, uint32_t target) {
  struct sockaddr_ll link = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ARP), .sll_ifindex = responder->index, .sll_halen = ETH_ALEN};
  struct frame frame = {
      .ether = {.ether_type = htons(ETH_P_ARP)},
      .arp = {.ea_hdr = {.ar_hrd = htons(ARPHRD_ETHER), .ar_pro = htons(ETH_P_IP), .ar_hln = ETH_ALEN, .ar_pln = 4, .ar_op = htons(operation)}},
  };
  memcpy(link.sll_addr, to, ETH_ALEN);
  memcpy(frame.ether.ether_dhost, to, ETH_ALEN);
  memcpy(frame.ether.ether_shost, responder->mac, ETH_ALEN);
  memcpy(frame.arp.arp_sha, responder->mac, ETH_ALEN);
  memcpy(frame.arp.arp_spa, &own, 4);
  memcpy(frame.arp.arp_tha, to, ETH_ALEN);
  memcpy(frame.arp.arp_tpa, &target, 4);
  /* What is lost is asked for again. */
  if (sendto(responder->source.fd, &frame, sizeof frame, MSG_DONTWAIT, (struct sockaddr *)&link, sizeof link) < 0) errno = 0;
}

static struct announced *announced(struct responder *responder, uint32_t address) {
  for (size_t i = 0; i < responder->count; i++)
    if (responder->addresses[i].address == address) return &responder->addresses[i];
  return NULL;
}

static void asked(struct source *source, uint32_t events) {
  struct responder *responder = container_of(source, struct responder, source);
  struct frame frame;
  uint32_t target, sender;
  (void)events;
  if (recv(source->fd, &frame, sizeof frame, 0) < (ssize_t)sizeof frame) return;
  if (frame.arp.ea_hdr.ar_op != htons(ARPOP_REQUEST) || frame.arp.ea_hdr.ar_pro != htons(ETH_P_IP)) return;
  bool is_for_us = memcmp(frame.ether.ether_dhost, everybody, ETH_ALEN) == 0 || memcmp(frame.ether.ether_dhost, responder->mac, ETH_ALEN) == 0;
  /* What it calls out itself comes back from a bridge. */
  bool is_own = memcmp(frame.arp.arp_sha, responder->mac, ETH_ALEN) == 0;
  memcpy(&target, frame.arp.arp_tpa, 4);
  memcpy(&sender, frame.arp.arp_spa, 4);
  if (is_for_us && !is_own && announced(responder, target) != NULL) say(responder, ARPOP_REPLY, target, frame.arp.arp_sha, sender);
}

static void call_out(struct timer *timer) {
  struct responder *responder = container_of(timer, struct responder, call);
  bool is_again = false;
  for (size_t i = 0; i < responder->count; i++) {
    struct announced *one = &responder->addresses[i];
    if (monotonic_ms() > one->call_until_ms) continue;
    say(responder, ARPOP_REQUEST, one->address, everybody, one->address);
    say(responder, ARPOP_REPLY, one->address, everybody, one->address);
    is_again = true;
  }
  if (is_again) timer_set(&responder->call, CALL_EVERY_MS, call_out);
}

/* NULL with errno. */
static struct responder *open_responder(const char *interface) {
  struct sockaddr_ll link = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ARP)};
  struct ifreq request = {0};
  strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
  int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return NULL;
  link.sll_ifindex = (int)if_nametoindex(interface);
  if (link.sll_ifindex == 0 || ioctl(fd, SIOCGIFHWADDR, &request) < 0 || bind(fd, (struct sockaddr *)&link, sizeof link) < 0) {
    int failure = errno;
    close(fd);
    errno = failure;
    return NULL;
  }
  struct responder *responder = calloc(1, sizeof *responder);
  if (responder == NULL) out_of_memory();
  strcpy(responder->interface, request.ifr_name);
  responder->index = link.sll_ifindex;
  memcpy(responder->mac, request.ifr_hwaddr.sa_data, ETH_ALEN);
  source_open(&responder->source, fd, EPOLLIN, asked);
  responder->next = responders;
  return responders = responder;
}

static struct responder **find(const char *interface) {
  struct responder **place = &responders;
  while (*place != NULL && strcmp((*place)->interface, interface) != 0) place = &(*place)->next;
  return place;
}

/* An interface that was made anew under the old name has another index. */
static void close_stale(const char *interface) {
  struct responder **place = find(interface), *responder = *place;
  if (responder == NULL || responder->index == (int)if_nametoindex(interface)) return;
  *place = responder->next;
  timer_clear(&responder->call);
  source_close(&responder->source);
  free_later(responder);
}

void agent_arp(const struct message *order, struct draft *reply) {
  const char *interface = message_get(order, "interface");
  size_t count = 0;
  char **texts = message_all(order, "address", &count);
  struct announced next[ADDRESSES_MAX];
  size_t next_count = 0;
  if (interface != NULL && strlen(interface) < IFNAMSIZ) close_stale(interface);
  struct responder *responder = interface != NULL && strlen(interface) < IFNAMSIZ ? *find(interface) : NULL;
  if (responder == NULL && interface != NULL) responder = open_responder(interface);
  if (responder == NULL) {
    draft_add(reply, "error=%s", errno == EPERM ? "operation not permitted" : strerror(errno));
    free(texts);
    return;
  }
  for (size_t i = 0; texts != NULL && i < count && next_count < ADDRESSES_MAX; i++) {
    struct in_addr address;
    if (inet_pton(AF_INET, texts[i], &address) != 1) continue;
    const struct announced *known = announced(responder, address.s_addr);
    next[next_count++] = known != NULL ? *known : (struct announced){.address = address.s_addr, .call_until_ms = monotonic_ms() + CALL_FOR_MS};
  }
  free(texts);
  bool has_new = false;
  for (size_t i = 0; i < next_count; i++) has_new |= announced(responder, next[i].address) == NULL;
  memcpy(responder->addresses, next, next_count * sizeof *next);
  responder->count = next_count;
  if (has_new) call_out(&responder->call);
}
