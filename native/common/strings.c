#include "strings.h"

#include <stdlib.h>
#include <string.h>

bool strings_add(struct strings *list, const char *text, size_t length) {
  char **items = realloc(list->items, (list->count + 2) * sizeof *items);
  if (items == NULL) return false;
  list->items = items;
  items[list->count] = strndup(text, length);
  if (items[list->count] == NULL) return false;
  items[++list->count] = NULL;
  return true;
}

bool strings_set_variable(struct strings *list, const char *assignment) {
  size_t name = strcspn(assignment, "=") + 1;
  for (size_t i = 0; i < list->count; i++)
    if (strncmp(list->items[i], assignment, name) == 0) {
      char *copy = strdup(assignment);
      if (copy == NULL) return false;
      free(list->items[i]);
      list->items[i] = copy;
      return true;
    }
  return strings_add(list, assignment, strlen(assignment));
}

const char *strings_variable(const struct strings *list, const char *name, size_t length) {
  for (size_t i = 0; i < list->count; i++)
    if (strncmp(list->items[i], name, length) == 0 && list->items[i][length] == '=') return list->items[i] + length + 1;
  return NULL;
}

bool strings_has(const struct strings *list, const char *text) {
  for (size_t i = 0; i < list->count; i++)
    if (strcmp(list->items[i], text) == 0) return true;
  return false;
}

void strings_free(struct strings *list) {
  for (size_t i = 0; i < list->count; i++) free(list->items[i]);
  free(list->items);
  *list = (struct strings){0};
}

bool ends_with(const char *text, const char *end) {
  size_t length = strlen(text), end_length = strlen(end);
  return length >= end_length && strcmp(text + length - end_length, end) == 0;
}
