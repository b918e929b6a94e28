#include "node.h"

#include "../common/address.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PRIVATE_SOCKET "/run/systemd/private"

bool ask(const char *operation, const struct strings *values, struct message *reply) {
  struct address address;
  struct queue out = {0}, in = {0};
  struct draft draft;
  int taken = 0, fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  address_unix(&address, PRIVATE_SOCKET);
  if (fd < 0 || connect(fd, (struct sockaddr *)&address.bytes, address.length) < 0) {
    fprintf(stderr, "Failed to connect to bus: %s\n", strerror(errno));
    if (fd >= 0) close(fd);
    return false;
  }
  draft_begin(&draft, operation);
  for (size_t i = 0; i < values->count; i++) draft_add(&draft, "%s", values->items[i]);
  if (draft_end(&draft, &out) && queue_write(&out, fd))
    while ((taken = message_take(&in, reply)) == 0 && queue_read(&in, fd, 16384) > 0) continue;
  close(fd);
  queue_free(&in);
  queue_free(&out);
  if (taken != 1) fprintf(stderr, "Failed to read from bus: connection terminated\n");
  return taken == 1;
}

bool ask_service(const char *name, const char *action, struct message *reply) {
  struct strings values = {0};
  char text[300];
  strings_add(&values, text, (size_t)snprintf(text, sizeof text, "name=%.200s", name));
  strings_add(&values, text, (size_t)snprintf(text, sizeof text, "action=%s", action));
  bool answered = ask("service", &values, reply);
  strings_free(&values);
  return answered;
}

bool is_ok(const struct message *reply) { return strcmp(message_operation(reply), "ok") == 0; }

const char *value_of(const struct message *reply, const char *key) {
  const char *value = message_get(reply, key);
  return value != NULL ? value : "";
}

int64_t number_of(const struct message *reply, const char *key) { return strtoll(value_of(reply, key), NULL, 10); }
