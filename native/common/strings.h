#ifndef EXAMCTL_STRINGS_H
#define EXAMCTL_STRINGS_H
#include <stdbool.h>
#include <stddef.h>

/* A list of strings of its own, NULL-terminated. A zeroed struct is an empty list. */
struct strings {
  char **items;
  size_t count;
};

/* Adds a copy. False without memory. */
bool strings_add(struct strings *list, const char *text, size_t length);
/* Adds "NAME=value", in place of a former one of that name. */
bool strings_set_variable(struct strings *list, const char *assignment);
/* The value of NAME among "NAME=value" strings, or NULL. */
const char *strings_variable(const struct strings *list, const char *name, size_t length);
bool strings_has(const struct strings *list, const char *text);
void strings_free(struct strings *list);

bool ends_with(const char *text, const char *end);
#endif
