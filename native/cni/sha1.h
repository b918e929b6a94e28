#ifndef EXAMCTL_SHA1_H
#define EXAMCTL_SHA1_H
#include <stddef.h>

/* SHA-1 (FIPS 180-4), for names only. */
void sha1(const char *text, size_t length, unsigned char digest[20]);
#endif
