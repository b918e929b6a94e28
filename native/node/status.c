#include "node.h"

#include "../common/files.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PROCESSES_MAX = 64, COMMAND_BYTES_MAX = 8192 };

static void print_ago(int64_t since_ms) {
  int64_t seconds = (int64_t)time(NULL) - since_ms / 1000;
  if (seconds < 0) seconds = 0;
  if (seconds < 60)
    printf("%llds", (long long)seconds);
  else if (seconds < 600)
    printf("%lldmin %llds", (long long)seconds / 60, (long long)seconds % 60);
  else if (seconds < 3600)
    printf("%lldmin", (long long)seconds / 60);
  else if (seconds < 86400)
    printf("%lldh %lldmin", (long long)seconds / 3600, (long long)seconds % 3600 / 60);
  else
    printf("%lld day%s", (long long)seconds / 86400, seconds < 2 * 86400 ? "" : "s");
  printf(" ago");
}

static void print_since(int64_t since_ms) {
  char when[48];
  time_t seconds = (time_t)(since_ms / 1000);
  struct tm local;
  if (since_ms == 0) return;
  strftime(when, sizeof when, "%a %Y-%m-%d %H:%M:%S %Z", localtime_r(&seconds, &local));
  printf(" since %s; ", when);
  print_ago(since_ms);
}

static void print_end(const struct message *reply) {
  static const struct {
    int code;
    const char *name;
  } names[] = {{0, "SUCCESS"}, {1, "FAILURE"}, {2, "INVALIDARGUMENT"}, {203, "EXEC"}, {255, "EXCEPTION"}};
  const char *signal = message_get(reply, "signal");
  if (signal != NULL) {
    int number = atoi(signal);
    printf("(code=killed, signal=%s)", number == 9 ? "KILL" : number == 15 ? "TERM" : number == 2 ? "INT" : signal);
    return;
  }
  const char *name = "n/a";
  int code = (int)number_of(reply, "code");
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (names[i].code == code) name = names[i].name;
  printf("(code=exited, status=%d/%s)", code, name);
}

/* A process's command line, blanks between the arguments, or its name. */
static void command_of(long pid, char *text, size_t size) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%ld/cmdline", pid);
  FILE *file = fopen(path, "re");
  size_t length = file != NULL ? fread(text, 1, size - 1, file) : 0;
  if (file != NULL) fclose(file);
  while (length > 0 && text[length - 1] == '\0') length--;
  for (size_t i = 0; i < length; i++)
    if (text[i] == '\0') text[i] = ' ';
  text[length] = '\0';
}

static void name_of(long pid, char *text, size_t size) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%ld/comm", pid);
  char *name = read_text(path, 256);
  snprintf(text, size, "%.*s", name != NULL ? (int)strcspn(name, "\n") : 0, name != NULL ? name : "");
  free(name);
}

struct usage {
  long pids[PROCESSES_MAX], count, threads, rss_kb;
  double cpu_s;
};

/* The processes of a service: those of the session that its main process leads. */
static void measure(long main_pid, struct usage *usage) {
  DIR *folder = opendir("/proc");
  *usage = (struct usage){0};
  for (struct dirent *item; folder != NULL && (item = readdir(folder)) != NULL;) {
    char path[64];
    long pid = strtol(item->d_name, NULL, 10), session = 0, threads = 0, rss = 0;
    unsigned long user = 0, system = 0;
    if (pid <= 0) continue;
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    char *text = read_text(path, 4096), *rest = text != NULL ? strrchr(text, ')') : NULL;
    bool read = rest != NULL && sscanf(rest + 1, " %*c %*d %*d %ld %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %ld %*d %*u %*u %ld",
                                       &session, &user, &system, &threads, &rss) == 5;
    free(text);
    if (!read || (session != main_pid && pid != main_pid)) continue;
    if (usage->count < PROCESSES_MAX) usage->pids[usage->count++] = pid;
    usage->threads += threads;
    usage->rss_kb += rss * (sysconf(_SC_PAGESIZE) / 1024);
    usage->cpu_s += (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
  }
  if (folder != NULL) closedir(folder);
}

static void print_processes(const char *unit, long pid) {
  char command[COMMAND_BYTES_MAX];
  struct usage usage;
  measure(pid, &usage);
  printf("      Tasks: %ld\n", usage.threads);
  if (usage.rss_kb < 1024)
    printf("     Memory: %ld.0K\n", usage.rss_kb);
  else
    printf("     Memory: %.1fM\n", (double)usage.rss_kb / 1024);
  if (usage.cpu_s < 1)
    printf("        CPU: %.0fms\n", usage.cpu_s * 1000);
  else
    printf("        CPU: %.3fs\n", usage.cpu_s);
  printf("     CGroup: /system.slice/%s\n", unit);
  for (long i = 0; i < usage.count; i++) {
    command_of(usage.pids[i], command, sizeof command);
    printf("             %s%ld %s\n", i + 1 < usage.count ? "├─" : "└─", usage.pids[i], command);
  }
}

static void print_drop_ins(const struct unit *unit) {
  char folder[512] = "";
  for (size_t i = 0; i < unit->drop_ins.count; i++) {
    const char *path = unit->drop_ins.items[i], *slash = strrchr(path, '/');
    size_t length = (size_t)(slash - path);
    bool same = strlen(folder) == length && strncmp(folder, path, length) == 0;
    if (!same) printf("%s%.*s\n", i == 0 ? "    Drop-In: " : "             ", (int)length, path);
    snprintf(folder, sizeof folder, "%.*s", (int)length, path);
    bool last = i + 1 == unit->drop_ins.count || strncmp(unit->drop_ins.items[i + 1], folder, length) != 0 ||
                strchr(unit->drop_ins.items[i + 1] + length + 1, '/') != NULL;
    printf("             %s%s%s\n", last ? "└─" : "├─", slash + 1, "");
  }
}

int show_status(const char *text, bool with_log, long lines, bool full) {
  struct message reply;
  (void)full;
  char *name = unit_name(text);
  if (name == NULL || !ask_service(name, "status", &reply)) return 1;
  if (!is_ok(&reply)) {
    fprintf(stderr, "%s\n", value_of(&reply, "message"));
    free(name);
    message_free(&reply);
    return 4;
  }
  struct unit *unit = unit_load(name);
  const char *active = value_of(&reply, "active"), *sub = value_of(&reply, "sub");
  bool color = isatty(1), good = strcmp(active, "active") == 0, failed = strcmp(active, "failed") == 0;
  const char *on = !color ? "" : good ? "\033[0;1;32m" : failed ? "\033[0;1;31m" : "", *off = *on ? "\033[0m" : "";
  printf("%s%s%s %s - %s\n", on, failed ? "×" : strcmp(active, "inactive") == 0 ? "○" : "●", off, name,
         value_of(&reply, "description"));
  const char *state = unit_file_state(name);
  if (unit != NULL && unit->masked)
    printf("     Loaded: masked (Reason: Unit %s is masked.)\n", name);
  else if (unit != NULL && unit->path != NULL)
    printf("     Loaded: loaded (%s; %s; preset: enabled)\n", unit->path, state != NULL ? state : "disabled");
  if (unit != NULL) print_drop_ins(unit);
  printf("     Active: %s%s (%s)%s", on, active, sub, off);
  bool ended = message_get(&reply, "exited_ms") != NULL;
  if (strcmp(value_of(&reply, "result"), "success") != 0) printf(" (Result: %s)", value_of(&reply, "result"));
  print_since(number_of(&reply, "since_ms"));
  printf("\n");
  if (unit != NULL && unit->documentation != NULL) printf("       Docs: %s\n", unit->documentation);
  long pid = (long)number_of(&reply, "pid");
  if (ended && (pid == 0) && unit != NULL && unit->start.count > 0) {
    printf("    Process: %s ExecStart=%s ", value_of(&reply, "last_pid"), unit->start.items[0]);
    print_end(&reply);
    printf("\n");
  }
  char program[64];
  if (pid > 0) {
    name_of(pid, program, sizeof program);
    printf("   Main PID: %ld (%s)\n", pid, program);
    print_processes(name, pid);
  } else if (ended) {
    printf("   Main PID: %s ", value_of(&reply, "last_pid"));
    print_end(&reply);
    printf("\n");
  }
  if (with_log && lines > 0) {
    struct journal_filter filter = {.last = lines};
    strings_add(&filter.units, name, strlen(name));
    printf("\n");
    journal_print(&filter);
    strings_free(&filter.units);
  }
  fflush(stdout);
  if (number_of(&reply, "need_reload") == 1)
    fprintf(stderr, "Warning: The unit file, source configuration file or drop-ins of %s changed on disk. Run 'systemctl "
                    "daemon-reload' to reload units.\n", name);
  bool runs = good || strcmp(active, "reloading") == 0;
  unit_free(unit);
  free(name);
  message_free(&reply);
  return runs ? 0 : 3;
}
