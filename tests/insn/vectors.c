/* Reader of instruction vectors; the format is in vectors.h. */
#include "tests/insn/vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#define LINE_MAX_LENGTH 4096
#define EXIT_SKIP       77

static enum vector_item bad(struct vector_reader *r, const char *what)
{
	snprintf(r->error, sizeof r->error, "line %u: %s", r->line, what);
	return VECTOR_BAD;
}

/* Cut the next blank-separated token off `*rest`; NULL at the end. */
static char *token(char **rest)
{
	char *start = *rest;
	if (!*start)
		return NULL;
	char *end = strchr(start, ' ');
	if (end) {
		*end = '\0';
		*rest = end + 1;
	} else {
		*rest = start + strlen(start);
	}
	return start;
}

static bool copy(char *to, size_t size, const char *from)
{
	size_t length = strlen(from);
	if (length >= size)
		return false;
	memcpy(to, from, length + 1);
	return true;
}

static bool read_line(struct vector_reader *r, char *line)
{
	do {
		if (!gzgets(r->file, line, LINE_MAX_LENGTH))
			return false;
		r->line++;
	} while (line[0] == '#');
	line[strcspn(line, "\n")] = '\0';
	return true;
}

static bool read_columns(struct vector_form *f, char *rest)
{
	bool output = false;
	f->count = 0;
	for (char *name; (name = token(&rest));) {
		if (strcmp(name, ">") == 0) {
			output = true;
			continue;
		}
		if (f->count == VECTOR_COLUMNS)
			return false;
		struct vector_column *c = &f->column[f->count++];
		c->output = output;
		c->unrecorded = name[0] == '~';
		c->value[0] = '\0';
		if (!copy(c->name, sizeof c->name, name + c->unrecorded))
			return false;
	}
	return output;
}

static enum vector_item read_form(struct vector_reader *r, char *rest)
{
	struct vector_form *f = &r->form;
	char *name = token(&rest), *feature = token(&rest), *rows = token(&rest);
	if (!rows || !copy(f->name, sizeof f->name, name) ||
	    !copy(f->feature, sizeof f->feature, feature))
		return bad(r, "a form needs name, feature and number of rows");
	f->rows = (unsigned)strtoul(rows, NULL, 10);
	r->row = 0;
	return read_columns(f, rest) ? VECTOR_FORM : bad(r, "cannot understand the columns");
}

static enum vector_item read_case(struct vector_reader *r, char *rest)
{
	struct vector_form *f = &r->form;
	if (f->count == 0)
		return bad(r, "a case before any form");
	r->row++;
	for (unsigned i = 0; i < f->count; i++) {
		struct vector_column *c = &f->column[i];
		if (c->unrecorded)
			continue;
		const char *t = token(&rest);
		if (!t)
			return bad(r, "too few values");
		if (strcmp(t, ".") == 0 ? !c->value[0] : !copy(c->value, sizeof c->value, t))
			return bad(r, "a value is too long, or repeats nothing");
	}
	return *rest ? bad(r, "too many values") : VECTOR_CASE;
}

bool vector_open(struct vector_reader *r, const char *path)
{
	char line[LINE_MAX_LENGTH];
	memset(r, 0, sizeof *r);
	r->file = gzopen(path, "rb");
	if (!r->file) {
		snprintf(r->error, sizeof r->error, "cannot be opened");
		return false;
	}
	gzbuffer(r->file, 1 << 17);
	if (read_line(r, line) && sscanf(line, "vec 1 %7s", r->isa) == 1)
		return true;
	bad(r, "not a vector file of version 1");
	vector_close(r);
	return false;
}

int vector_open_in(struct vector_reader *r, const char *folder, const char *file)
{
	const char *named = getenv("MYNA_VECTORS");
	char path[4096];
	struct stat st;
	folder = named ? named : folder;
	if (stat(folder, &st) != 0) {
		printf("SKIP: no instruction vectors at %s; set MYNA_VECTORS to their folder\n",
		    folder);
		return EXIT_SKIP;
	}
	snprintf(path, sizeof path, "%s/%s", folder, file);
	if (vector_open(r, path))
		return 0;
	printf("%s: %s\n", path, r->error);
	return EXIT_FAILURE;
}

void vector_close(struct vector_reader *r)
{
	if (r->file)
		gzclose(r->file);
	r->file = NULL;
}

enum vector_item vector_next(struct vector_reader *r)
{
	char line[LINE_MAX_LENGTH];
	if (!read_line(r, line)) {
		int code = Z_OK;
		const char *why = gzerror(r->file, &code);
		return code == Z_OK || code == Z_STREAM_END ? VECTOR_END : bad(r, why);
	}
	if (strncmp(line, "form ", 5) == 0)
		return read_form(r, line + 5);
	return read_case(r, line);
}
