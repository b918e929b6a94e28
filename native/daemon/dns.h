#ifndef EXAMCTL_DNS_H
#define EXAMCTL_DNS_H
#include "daemon.h"

/* link.c: the connection to who decides what coredns does (PROTOCOL.md, dns.sock). */
struct part {
  const void *bytes;
  size_t length;
};
void link_target(const char *path);
/* Connects, and again whenever it is lost; `hello` fills the first frame, `take` gets every frame, `lost` hears of an end. */
void link_keep(void (*hello)(struct queue *body), void (*take)(char kind, const unsigned char *body, size_t length),
               void (*lost)(void));
/* False while there is no connection. */
bool link_send(char kind, const struct part *parts, size_t count);
/* A frame R: how a call ended. */
void link_reply(uint32_t call, bool worked, const void *bytes, size_t length);
void link_fail(uint32_t call, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* dns.c: queries of clients. */
struct udp_listener;
/* "" is every address. NULL with errno. */
struct udp_listener *dns_serve_udp(const char *host, int port);
void dns_close_udp(struct udp_listener *listener);
/* Handler of a TCP server. */
void accept_dns(struct server *server, int fd);
/* The reply to a query; an empty one stands for a failure. */
void dns_answer(uint32_t query, const unsigned char *message, size_t length);
/* Nobody will answer what is under way. */
void dns_fail_all(void);

/*
 * coredns.c: connects to who decides and does what is said there: listens, asks, writes. A host "PATH@ADDRESS" is an address
 * in the network namespace PATH. SIGTERM is told there, and the end awaited.
 */
void dns_follow(const struct flags *flags);

/* exchange.c: one message to another server and one back: 'u' UDP, 't' TCP, 'c' only connects. Ends with link_reply. */
void exchange_start(uint32_t call, char protocol, int64_t timeout_ms, const char *address, const unsigned char *message,
                    size_t length);
void exchange_drop_all(void);

/* As Go says it: without a capital. */
const char *go_error(int failure);
/* "10.0.0.1:53", "[fd00::1]:53"; an IPv4 address in IPv6 form as IPv4. */
void print_address(char *text, size_t size, const struct sockaddr_storage *address, bool with_port);
#endif
