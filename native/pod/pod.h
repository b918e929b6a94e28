#ifndef EXAMCTL_POD_H
#define EXAMCTL_POD_H
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Each is one call of the program; its exit code. Arguments begin after the name of the call. */
int make_namespace(int argc, char **argv);
int make_bundle(int argc, char **argv);
int make_volumes(int argc, char **argv);
int inspect_node(int argc, char **argv);
int release_container(int argc, char **argv);
int remove_containers(int argc, char **argv);
int close_pod(int argc, char **argv);

/* Ends the program with 1 and "what path: why" (of errno) on stderr. */
_Noreturn void die(const char *what, const char *path);

/* Makes the folder and those above it where they are not there. */
void need_folder(const char *path);
/* "a/b" of new memory. */
char *joined(const char *folder, const char *name);
bool exists(const char *path);

/*
 * Writes the files of the tar on stdin below /, owned by root, with the modes that it names: plain files of a POSIX ustar
 * archive, paths over 100 bytes by a pax header.
 */
void unpack_stdin(void);

/* Gives a tree (links themselves, never what they lead to) to a group, which may then do what `rights` says. */
void share_tree(const char *path, gid_t group, mode_t rights, bool inherit);
/* However deep it is. */
void remove_tree(const char *path);
#endif
