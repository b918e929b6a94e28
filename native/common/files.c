#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void make_parents(const char *path) {
  char *copy = strdup(path);
  if (copy == NULL) return;
  for (char *slash = strchr(copy + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    mkdir(copy, 0755);
    *slash = '/';
  }
  free(copy);
}

void make_folders(const char *path) {
  make_parents(path);
  mkdir(path, 0755);
}

char *read_text(const char *path, size_t max) {
  int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return NULL;
  struct stat status;
  char *text = NULL;
  size_t length = 0;
  if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
    errno = EINVAL;
    goto done;
  }
  /* Files of /proc have no size: read to the end whatever fstat says. */
  for (;;) {
    char *larger = realloc(text, length + 4096 + 1);
    if (larger == NULL) break;
    text = larger;
    ssize_t got = read(fd, text + length, 4096);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) break;
    text[length += (size_t)got] = '\0';
    if (got == 0) {
      close(fd);
      return text;
    }
    if (length > max) {
      errno = EFBIG;
      break;
    }
  }
done:;
  int failure = errno;
  free(text);
  close(fd);
  errno = failure;
  return NULL;
}
