#include "node.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "journalctl [OPTIONS...]\n\nQuery the journal of this node's services.\n\n"
    "  -u --unit=UNIT           Show logs of the unit\n  -n --lines[=N]           Show the last N lines (10)\n"
    "  -f --follow              Follow the journal\n  -e --pager-end           Jump to the end\n"
    "  -r --reverse             Newest first\n  -S --since=DATE -U --until=DATE\n"
    "  -t --identifier=STRING   Show lines of a program\n  -g --grep=PATTERN        Show lines that match\n"
    "  -p --priority=RANGE      Show lines of a level and graver ones\n"
    "  -o --output=STRING       short, short-iso, cat, json\n  -x -b -q -k --no-pager --no-hostname are accepted\n";

static enum journal_output parse_output(const char *text) {
  if (strcmp(text, "cat") == 0) return OUTPUT_CAT;
  if (strncmp(text, "short-iso", 9) == 0) return OUTPUT_ISO;
  if (strncmp(text, "json", 4) == 0) return OUTPUT_JSON;
  if (strncmp(text, "short", 5) == 0) return OUTPUT_SHORT;
  fprintf(stderr, "Unknown output format '%s'.\n", text);
  exit(1);
}

static int64_t moment(const char *text) {
  int64_t us;
  if (parse_moment(text, &us)) return us > 0 ? us : 1;
  fprintf(stderr, "Failed to parse timestamp: %s\n", text);
  exit(1);
}

static int level(const char *text) {
  static const char *const names[] = {"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"};
  for (int i = 0; i < 8; i++)
    if (strcmp(text, names[i]) == 0 || (text[0] == '0' + i && text[1] == '\0')) return i;
  fprintf(stderr, "Unknown log level %s\n", text);
  exit(1);
}

/* "err": this one and graver ones; "err..info": from one to the other. */
static void parse_levels(char *text, struct journal_filter *filter) {
  char *dots = strstr(text, "..");
  filter->by_level = true;
  if (dots == NULL) {
    filter->to_level = level(text);
    return;
  }
  *dots = '\0';
  int one = level(text), other = level(dots + 2);
  filter->from_level = one < other ? one : other;
  filter->to_level = one < other ? other : one;
}

static void add_unit(const char *text, struct journal_filter *filter) {
  char *name = unit_name(text);
  if (name != NULL) strings_add(&filter->units, name, strlen(name));
  free(name);
}

int run_journalctl(int argc, char **argv) {
  static const struct option options[] = {
      {"unit", required_argument, NULL, 'u'},   {"lines", optional_argument, NULL, 'n'},  {"follow", no_argument, NULL, 'f'},
      {"pager-end", no_argument, NULL, 'e'},    {"catalog", no_argument, NULL, 'x'},      {"reverse", no_argument, NULL, 'r'},
      {"since", required_argument, NULL, 'S'},  {"until", required_argument, NULL, 'U'},  {"identifier", required_argument, NULL, 't'},
      {"grep", required_argument, NULL, 'g'},   {"output", required_argument, NULL, 'o'}, {"no-pager", no_argument, NULL, 'P'},
      {"boot", optional_argument, NULL, 'b'},   {"quiet", no_argument, NULL, 'q'},        {"all", no_argument, NULL, 'a'},
      {"full", no_argument, NULL, 'l'},         {"dmesg", no_argument, NULL, 'k'},        {"priority", required_argument, NULL, 'p'},
      {"no-hostname", no_argument, NULL, 'q'},  {"utc", no_argument, NULL, 'q'},  {"help", no_argument, NULL, 'h'},         {"no-tail", no_argument, NULL, 'T'},
      {NULL, 0, NULL, 0}};
  struct journal_filter filter = {.last = -1};
  bool follow = false, pager = true, from_end = false, kernel = false, tail = true;
  opterr = 0;
  for (int option; (option = getopt_long(argc, argv, "u:n::fexrS:U:t:g:o:bqalkp:h", options, NULL)) != -1;) {
    switch (option) {
      case 'u': add_unit(optarg, &filter); break;
      case 'p': parse_levels(optarg, &filter); break;
      case 'n': {
        /* "-n 20" as well as "-n20" and "--lines=20". */
        if (optarg == NULL && optind < argc && strspn(argv[optind], "0123456789") == strlen(argv[optind])) optarg = argv[optind++];
        filter.last = optarg == NULL ? 10 : strcmp(optarg, "all") == 0 ? -1 : strtol(optarg, NULL, 10);
        break;
      }
      case 'f': follow = true; break;
      case 'e': from_end = true; break;
      case 'r': filter.newest_first = true; break;
      case 'S': filter.since_us = moment(optarg); break;
      case 'U': filter.until_us = moment(optarg); break;
      case 't': filter.identifier = optarg; break;
      case 'g': filter.pattern = optarg; break;
      case 'o': filter.output = parse_output(optarg); break;
      case 'P': pager = false; break;
      case 'T': tail = false; break;
      case 'k': kernel = true; break;
      case 'h': fputs(help, stdout); return 0;
      case '?': fprintf(stderr, "journalctl %s is not supported in this lab.\n", argv[optind - 1]); return 1;
      default: break;
    }
  }
  if (optind < argc) {
    fprintf(stderr, "Failed to add match '%s': not supported in this lab.\n", argv[optind]);
    return 1;
  }
  if (from_end && filter.last < 0) filter.last = 1000;
  if (follow && filter.last < 0 && tail) filter.last = 10;
  pager_start(pager && !follow, from_end);
  long printed = kernel ? 0 : journal_print(&filter);
  if (follow) journal_follow(&filter);
  if (printed == 0) puts("-- No entries --");
  pager_end();
  return 0;
}
