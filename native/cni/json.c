#include "cni.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 64 };

static const char *blanks(const char *at) { return at + strspn(at, " \t\r\n"); }

static const char *string_end(const char *at) {
  for (at++; *at != '"'; at++) {
    if (*at == '\0' || (*at == '\\' && *++at == '\0')) return NULL;
  }
  return at + 1;
}

/* Behind the value that begins at `at`, or NULL. */
static const char *value_end(const char *at, int depth) {
  if (depth > DEPTH_MAX) return NULL;
  if (*at == '"') return string_end(at);
  if (*at != '{' && *at != '[') {
    size_t length = strcspn(at, ",]} \t\r\n");
    return length > 0 ? at + length : NULL;
  }
  char close = *at == '{' ? '}' : ']';
  bool named = *at == '{';
  at = blanks(at + 1);
  while (*at != close) {
    if (named) {
      if (*at != '"' || (at = string_end(at)) == NULL) return NULL;
      at = blanks(at);
      if (*at++ != ':') return NULL;
      at = blanks(at);
    }
    if ((at = value_end(at, depth + 1)) == NULL) return NULL;
    at = blanks(at);
    if (*at != ',' && *at != close) return NULL;
    if (*at == ',') at = blanks(at + 1);
  }
  return at + 1;
}

struct slice json_value(const char *text) {
  text = blanks(text);
  const char *end = value_end(text, 0);
  return end == NULL ? (struct slice){0} : (struct slice){.text = text, .length = (size_t)(end - text)};
}

bool json_next(struct slice object, const char **at, struct slice *name, struct slice *value) {
  if (object.text == NULL || *object.text != '{') return false;
  const char *here = blanks(*at == NULL ? object.text + 1 : *at);
  if (*here == ',') here = blanks(here + 1);
  if (*here != '"') return false;
  const char *end = string_end(here);
  *name = (struct slice){.text = here + 1, .length = (size_t)(end - here - 2)};
  here = blanks(blanks(end) + 1);
  *value = json_value(here);
  *at = here + value->length;
  return value->text != NULL;
}

struct slice json_member(struct slice object, const char *wanted) {
  const char *at = NULL;
  struct slice name, value;
  while (json_next(object, &at, &name, &value))
    if (name.length == strlen(wanted) && strncmp(name.text, wanted, name.length) == 0) return value;
  return (struct slice){0};
}

struct slice json_item(struct slice array, size_t index) {
  if (array.text == NULL || *array.text != '[') return (struct slice){0};
  const char *at = blanks(array.text + 1);
  for (size_t i = 0; *at != ']'; i++) {
    struct slice value = json_value(at);
    if (value.text == NULL || i == index) return value;
    at = blanks(at + value.length);
    if (*at == ',') at = blanks(at + 1);
  }
  return (struct slice){0};
}

char *json_text(struct slice value) {
  if (value.text == NULL) return strdup("");
  if (*value.text != '"') return strndup(value.text, value.length);
  char *text = malloc(value.length), *to = text;
  if (text == NULL) abort();
  for (const char *at = value.text + 1; at < value.text + value.length - 1; at++) {
    if (*at != '\\') {
      *to++ = *at;
      continue;
    }
    unsigned code;
    switch (*++at) {
      case 'n': *to++ = '\n'; break;
      case 't': *to++ = '\t'; break;
      case 'r': *to++ = '\r'; break;
      case 'u':
        *to++ = sscanf(at + 1, "%4x", &code) == 1 && code < 128 ? (char)code : '?';
        at += 4;
        break;
      default: *to++ = *at;
    }
  }
  *to = '\0';
  return text;
}

char *json_quote(const char *text) {
  char *quoted = malloc(strlen(text) * 6 + 3), *to = quoted;
  if (quoted == NULL) abort();
  *to++ = '"';
  for (; *text != '\0'; text++) {
    if (*text == '"' || *text == '\\')
      *to++ = '\\', *to++ = *text;
    else if ((unsigned char)*text < 32)
      to += sprintf(to, "\\u%04x", *text);
    else
      *to++ = *text;
  }
  *to++ = '"';
  *to = '\0';
  return quoted;
}
