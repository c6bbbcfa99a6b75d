/* Reader of instruction vectors: single-instruction cases as gzip'd text.
 *
 *	vec 1 ISA
 *	form NAME FEATURE ROWS IN... > OUT...
 *	VALUE VALUE ...
 *
 * A form line names the columns of the cases below it.  A case holds one hexadecimal token per
 * column, first all inputs, then all outputs; "." repeats the token of the case before.  A column
 * named ~x has no token: the instruction may change x.  Lines that begin with # are comments.
 */
#ifndef MYNA_TESTS_INSN_VECTORS_H
#define MYNA_TESTS_INSN_VECTORS_H

#include <stdbool.h>
#include <stddef.h>

#define VECTOR_COLUMNS 64
#define VECTOR_NAME    64
#define VECTOR_VALUE   40

struct vector_column {
	char name[16]; /* without the ~ */
	bool output;
	bool unrecorded;          /* named ~x: value[] is empty */
	char value[VECTOR_VALUE]; /* of the current case */
};

struct vector_form {
	char name[VECTOR_NAME];
	char feature[16];
	unsigned rows; /* announced */
	unsigned count;
	struct vector_column column[VECTOR_COLUMNS];
};

enum vector_item {
	VECTOR_END,
	VECTOR_FORM, /* a new form, no case yet */
	VECTOR_CASE, /* column[].value are filled */
	VECTOR_BAD,  /* the file breaks the format; error says how */
};

struct vector_reader {
	void *file;
	char isa[8];
	unsigned line, row; /* number of the last line, of the case in its form; both from 1 */
	struct vector_form form;
	char error[160];
};

/* False: cannot be opened or has no header for this format version; error says why. */
bool vector_open(struct vector_reader *r, const char *path);

/* The same for `file` of the folder that MYNA_VECTORS names, or else `folder`.  0, or the status
 * for a test to end with, having said why: it is skipped where there is no such folder. */
int vector_open_in(struct vector_reader *r, const char *folder, const char *file);
void vector_close(struct vector_reader *r);
enum vector_item vector_next(struct vector_reader *r);

#endif
