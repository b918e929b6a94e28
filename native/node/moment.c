#include "node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

bool parse_moment(const char *text, int64_t *us) {
  time_t now = time(NULL);
  struct tm day;
  localtime_r(&now, &day);
  day.tm_hour = day.tm_min = day.tm_sec = 0;
  if (strcmp(text, "now") == 0) return *us = (int64_t)now * 1000000, true;
  if (strcmp(text, "today") == 0) return *us = (int64_t)mktime(&day) * 1000000, true;
  if (strcmp(text, "yesterday") == 0) {
    day.tm_mday--;
    return *us = (int64_t)mktime(&day) * 1000000, true;
  }
  if (*text == '@') return *us = strtoll(text + 1, NULL, 10) * 1000000, true;
  struct tm given = day;
  const char *end = strptime(text, "%Y-%m-%d", &given);
  if (end != NULL) {
    if (*end == ' ' || *end == 'T') end = strptime(end + 1, "%H:%M", &given);
    if (end != NULL && *end == ':') end = strptime(end + 1, "%S", &given);
    if (end == NULL || *end != '\0') return false;
    given.tm_isdst = -1;
    return *us = (int64_t)mktime(&given) * 1000000, true;
  }
  given = day;
  end = strptime(text, "%H:%M", &given);
  if (end != NULL && *end == ':') end = strptime(end + 1, "%S", &given);
  if (end != NULL && *end == '\0') return *us = (int64_t)mktime(&given) * 1000000, true;
  /* A span before now: "-5m", "2 hours ago". */
  char span[64];
  size_t length = strlen(text);
  bool ago = ends_with(text, " ago");
  if (!ago && *text != '-') return false;
  snprintf(span, sizeof span, "%.*s", (int)(length - (ago ? 4 : 1)), text + !ago);
  static const char *const long_names[][2] = {{"minutes", "min"}, {"minute", "min"}, {"hours", "h"},   {"hour", "h"},
                                              {"seconds", "s"},   {"second", "s"},   {"mins", "min"}};
  for (size_t i = 0; i < sizeof long_names / sizeof *long_names; i++) {
    char *at = strstr(span, long_names[i][0]);
    if (at == NULL) continue;
    size_t name = strlen(long_names[i][0]), brief = strlen(long_names[i][1]);
    memcpy(at, long_names[i][1], brief);
    memmove(at + brief, at + name, strlen(at + name) + 1);
  }
  int64_t ms = parse_span_ms(span, -2);
  if (ms < 0) return false;
  return *us = ((int64_t)now * 1000 - ms) * 1000, true;
}
