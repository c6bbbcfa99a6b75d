#include "tests/insn/exceptions.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool add(struct exceptions *e, char *line)
{
	struct exception *more = realloc(e->list, (e->count + 1) * sizeof *more);
	if (!more)
		return false;
	e->list = more;
	struct exception *x = &more[e->count];
	char *rest = line;
	x->line = line;
	x->row = strsep(&rest, "\t");
	x->ours = strsep(&rest, "\t");
	x->theirs = strsep(&rest, "\t");
	x->reason = strsep(&rest, "\n");
	x->uses = 0;
	if (!x->reason || !*x->reason)
		return false;
	e->count++;
	return true;
}

bool exceptions_load(struct exceptions *e, const char *path)
{
	char line[512];
	bool ok = true;
	*e = (struct exceptions){0};
	FILE *f = fopen(path, "r");
	if (!f) {
		perror(path);
		return false;
	}
	for (unsigned n = 1; ok && fgets(line, sizeof line, f); n++) {
		if (*line == '#' || *line == '\n')
			continue;
		char *copy = strdup(line);
		ok = copy && add(e, copy);
		if (!ok) {
			fprintf(
			    stderr, "%s:%u: not ROW, OURS, THEIRS, REASON with tabs\n", path, n);
			free(copy);
		}
	}
	fclose(f);
	return ok;
}

void exceptions_free(struct exceptions *e)
{
	for (unsigned i = 0; i < e->count; i++)
		free(e->list[i].line);
	free(e->list);
	*e = (struct exceptions){0};
}

static bool matches(const char *pattern, const char *text)
{
	return !strcmp(pattern, "-") || !fnmatch(pattern, text, FNM_EXTMATCH);
}

const char *exception_for(
    struct exceptions *e, const char *row, const char *ours, const char *theirs)
{
	for (unsigned i = 0; i < e->count; i++) {
		struct exception *x = &e->list[i];
		if (matches(x->row, row) && matches(x->ours, ours) && matches(x->theirs, theirs)) {
			x->uses++;
			return x->reason;
		}
	}
	return NULL;
}

unsigned exceptions_unused(const struct exceptions *e)
{
	unsigned unused = 0;
	for (unsigned i = 0; i < e->count; i++) {
		if (e->list[i].uses)
			continue;
		printf("exception without use: %s %s %s\n", e->list[i].row, e->list[i].ours,
		    e->list[i].theirs);
		unused++;
	}
	return unused;
}
