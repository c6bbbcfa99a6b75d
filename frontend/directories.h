/* Where files of the user live: the XDG base directories, or below $MYNA_HOME all of them. */
#ifndef MYNA_FRONTEND_DIRECTORIES_H
#define MYNA_FRONTEND_DIRECTORIES_H

#include <stdbool.h>
#include <stddef.h>

enum directory {
	DIRECTORY_CONFIG, /* settings and key maps */
	DIRECTORY_DATA,   /* saves of games */
	DIRECTORY_STATE,  /* saved states, screenshots */
};

/* The path of a file in our directory, e.g. "slots/virt/1.state"; free it.  NULL without a home
 * directory or memory. */
char *directory_file(enum directory d, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Make the directories above `path` that are missing.  False with errno. */
bool directory_make_for(const char *path);

#endif
