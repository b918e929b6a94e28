#ifndef EXAMCTL_CNI_H
#define EXAMCTL_CNI_H
#include <stdbool.h>
#include <stddef.h>

/* A value inside a JSON text. `text` is NULL when there is none. */
struct slice {
  const char *text;
  size_t length;
};

/* json.c. Texts are what the kubelet and plugins of this node wrote: short, and at worst refused. */
struct slice json_value(const char *text);
struct slice json_member(struct slice object, const char *name);
/* The next member of an object at `*at` (NULL to begin); false after the last. The name is raw, without its quotes. */
bool json_next(struct slice object, const char **at, struct slice *name, struct slice *value);
/* The item of an array, from 0. */
struct slice json_item(struct slice array, size_t index);
/* A string's text, or any other value as it stands; "" for none. Free it. */
char *json_text(struct slice value);
/* Quotes and escapes. Free it. */
char *json_quote(const char *text);

/* What the runtime asked for (CNI specification 1.0). */
struct request {
  const char *command, *container, *netns, *interface, *args, *path;
  char *config;
  struct slice conf;
  char *version; /* of the configuration */
};
/* Ends the plugin with the protocol's error. */
_Noreturn void fail(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));
extern struct request request;
/* KEY of CNI_ARGS ("A=b;C=d"), or "". Free it. */
char *argument(const char *key);
char *format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* run.c. Outputs are allocated; the exit code is returned. */
int run(char *const argv[], const char *input, const char *netns, char **output, char **errors);
/* Runs `ip -batch` in a network namespace (NULL: the node's); fails the plugin with `what` and ip's words. */
void ip_batch(const char *netns, const char *what, const char *lines);
/* Runs another plugin with this plugin's CNI_* variables; fails with its error, otherwise returns its output. */
char *delegate(const char *type, const char *command, const char *config);
bool exists(const char *path);

/* http.c: the body of GET over a unix socket's path, or over TCP to 127.0.0.1; NULL with errno. */
char *http_get(const char *unix_path, int port, const char *path);

/* attach.c: a pod's interface, wired by a veth pair. */
struct attachment {
  char host[16];
  const char *host_mac; /* NULL: any */
  const char *bridge;   /* NULL: routed */
  bool hairpin;         /* the bridge sends back to the pod what comes from it */
  int mtu;
  struct slice ip;  /* {"address", "gateway"} as an IPAM plugin gives it */
  bool single;      /* the pod has its address alone (/32) and reaches the gateway by a link route */
  const char *gateway; /* NULL: the IPAM's */
  const char *table;   /* of the node's routes to routed pods; NULL: main */
};
void attach(struct attachment *attachment);
void detach(void);
/* Addresses by host-local from `ipam` ({"ranges": ...}); the first of "ips". */
struct slice allocate(const char *ipam);
void release(void);
/* `prefix` and hexadecimal digits of a hash of the text, 15 characters at most. */
void interface_name(char name[16], const char *prefix, size_t digits, const char *text);

void run_flannel(void);
void run_weave_net(void);
void run_calico(void);
void run_calico_ipam(int argc, char **argv);
void run_cilium(void);
#endif
