/* Known differences between this project and a judge, as data: a text file of lines
 *
 *	ROW	OURS	THEIRS	REASON
 *
 * separated by tabs; the first three are extended shell patterns ("-" means "*").  '#' starts a
 *comment line.  A line that excuses nothing is an error, so the list cannot rot. */
#ifndef MYNA_TESTS_INSN_EXCEPTIONS_H
#define MYNA_TESTS_INSN_EXCEPTIONS_H

#include <stdbool.h>

struct exception {
	char *line; /* owns the text of the fields below */
	const char *row, *ours, *theirs, *reason;
	unsigned uses;
};

struct exceptions {
	struct exception *list;
	unsigned count;
};

/* False, with a message on standard error, if the file cannot be read or has a bad line. */
bool exceptions_load(struct exceptions *e, const char *path);
void exceptions_free(struct exceptions *e);

/* The reason if the difference is known, else NULL. */
const char *exception_for(
    struct exceptions *e, const char *row, const char *ours, const char *theirs);

/* Print the lines that were never used; their number. */
unsigned exceptions_unused(const struct exceptions *e);

#endif
