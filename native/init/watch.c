#include "operations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

/*
 * Folders whose changes are events: the kubelet's manifests and the network's configurations. Of a folder that is not
 * there (or was removed) the nearest one above is watched, until it is.
 */
enum { FOLDERS_MAX = 16, CHUNK_BYTES = 16384 };
enum {
  CHANGES = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ATTRIB
};

static struct source source = {.fd = -1};
static char *folders[FOLDERS_MAX];
static size_t folder_count;
static uint64_t changes;

uint64_t watched_changes(void) { return changes; }

static void watch_folder(const char *folder) {
  char path[4096];
  snprintf(path, sizeof path, "%s", folder);
  while (inotify_add_watch(source.fd, path, CHANGES | IN_ONLYDIR) < 0) {
    char *slash = strrchr(path, '/');
    if (slash == NULL || path[1] == '\0') return;
    slash[slash == path ? 1 : 0] = '\0';
  }
}

static void changed(struct source *from, uint32_t events) {
  char chunk[CHUNK_BYTES] __attribute__((aligned(__alignof__(struct inotify_event))));
  (void)events;
  bool moved = false;
  for (ssize_t got; (got = read(from->fd, chunk, sizeof chunk)) > 0;) {
    changes++;
    for (char *at = chunk; at < chunk + got;) {
      const struct inotify_event *event = (const struct inotify_event *)at;
      if (event->mask & (IN_ISDIR | IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF | IN_Q_OVERFLOW)) moved = true;
      at += sizeof *event + event->len;
    }
  }
  /* A folder came or went: what there is now is to be watched. Watches on the same folders stay as they are. */
  for (size_t i = 0; moved && i < folder_count; i++) watch_folder(folders[i]);
  events_changed();
}

static void watch_all(void) {
  source_close(&source);
  if (folder_count == 0) return;
  int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd < 0) return;
  source_open(&source, fd, EPOLLIN, changed);
  for (size_t i = 0; i < folder_count; i++) watch_folder(folders[i]);
}

void op_watch(struct conn *conn, const struct message *request) {
  size_t count = 0;
  char **paths = message_all(request, "path", &count);
  if (paths == NULL) return reply_error(conn, "exhausted", "out of memory");
  bool good = count <= FOLDERS_MAX;
  for (size_t i = 0; good && i < count; i++) good = paths[i][0] == '/' && strlen(paths[i]) < 1024;
  if (good) {
    while (folder_count > 0) free(folders[--folder_count]);
    for (size_t i = 0; i < count; i++)
      if ((folders[folder_count] = strdup(paths[i])) != NULL) folder_count++;
    watch_all();
  }
  free(paths);
  if (!good) return reply_error(conn, "invalid", "at most %d absolute paths can be watched", FOLDERS_MAX);
  reply_ok(conn);
}
