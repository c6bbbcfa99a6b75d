/* Files that appear whole under their name or not at all. */
#ifndef MYNA_FRONTEND_REPLACE_H
#define MYNA_FRONTEND_REPLACE_H

#include <stdbool.h>
#include <stddef.h>

/* Writes the contents to `fd`, a fresh, seekable file; false with a reason in `why`. */
typedef bool replace_fn(void *owner, int fd, char *why, size_t size);

/* Write to a temporary file in the same directory, sync it and rename it to `path`: a crash or a
 * full disk leaves the old file as it was.  False with a reason. */
bool replace_file(const char *path, replace_fn *write, void *owner, char *why, size_t size);

/* The directory a file called `path` is in; free it.  NULL: out of memory. */
char *directory_of(const char *path);

#endif
