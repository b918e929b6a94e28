#ifndef EXAMCTL_FILES_H
#define EXAMCTL_FILES_H
#include <stdbool.h>
#include <stddef.h>

/* Makes the folders above a path, 0755. */
void make_parents(const char *path);
void make_folders(const char *path);
/* The file's text, NUL-terminated, or NULL with errno (EFBIG above `max`; EINVAL when it is not a regular file). Free it. */
char *read_text(const char *path, size_t max);
#endif
