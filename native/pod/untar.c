#include "../common/files.h"
#include "pod.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK 512

static _Noreturn void die_of_archive(void) {
  errno = EBADMSG;
  die("read", "the archive");
}

/* False at the end of the stream; one that ends within a block is an error. */
static bool read_block(char block[BLOCK]) {
  size_t got = fread(block, 1, BLOCK, stdin);
  if (got != BLOCK && (got != 0 || ferror(stdin))) die_of_archive();
  return got == BLOCK;
}

static size_t octal(const char *field, size_t length) {
  size_t value = 0;
  for (size_t i = 0; i < length && field[i] >= '0' && field[i] <= '7'; i++) value = value * 8 + (size_t)(field[i] - '0');
  return value;
}

/* The value of "LENGTH path=VALUE\n" in the data of a pax header. */
static char *pax_path(size_t size) {
  char *data = calloc(1, size + BLOCK + 1);
  if (data == NULL) die_of_archive();
  for (size_t at = 0; at < size; at += BLOCK)
    if (!read_block(data + at)) die_of_archive();
  data[size] = '\0';
  char *value = strstr(data, " path="), *end = value != NULL ? strchr(value, '\n') : NULL;
  if (end == NULL) die_of_archive();
  *end = '\0';
  char *path = strdup(value + strlen(" path="));
  free(data);
  return path;
}

static void write_file(const char *name, size_t size, mode_t mode) {
  char *path = joined("", name);
  make_parents(path);
  unlink(path);
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) die("create", path);
  char block[BLOCK];
  while (size > 0) {
    size_t part = size < BLOCK ? size : BLOCK;
    if (!read_block(block)) die_of_archive();
    for (size_t done = 0; done < part;) {
      ssize_t wrote = write(fd, block + done, part - done);
      if (wrote < 0 && errno != EINTR) die("write", path);
      if (wrote > 0) done += (size_t)wrote;
    }
    size -= part;
  }
  if (fchmod(fd, mode) < 0 || close(fd) < 0) die("write", path);
  free(path);
}

void unpack_stdin(void) {
  char block[BLOCK], name[101];
  char *longer = NULL;
  while (read_block(block)) {
    if (block[0] == '\0') continue; /* the end, or what fills it up */
    size_t size = octal(block + 124, 11);
    char type = block[156];
    if (type == 'x') {
      free(longer);
      longer = pax_path(size);
      continue;
    }
    if (type != '0') die_of_archive();
    memcpy(name, block, 100);
    name[100] = '\0';
    write_file(longer != NULL ? longer : name, size, (mode_t)octal(block + 100, 7) & 07777);
    free(longer);
    longer = NULL;
  }
}
