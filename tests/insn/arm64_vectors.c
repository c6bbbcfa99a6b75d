/* Runs one file of A64 instruction vectors (see vectors.h).
 *
 *	arm64_vectors FOLDER FILE [FORM-PREFIX]
 *
 * MYNA_VECTORS overrides FOLDER; exit code 77 (skipped) when there is no such folder.
 * MYNA_INSN_ENGINE=eval or jit runs each case in a translated block; else it is decoder and exec
 * functions that are tested.
 *
 * Before each case every register that the case does not name holds junk; afterwards the whole
 * state must be what the case says.  A narrow input column leaves junk above it, a narrow output
 * column demands zeros above it.  FPSR is not recorded and may change.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/arm64/table.h"
#include "tests/insn/engine_choice.h"
#include "tests/insn/single.h"
#include "tests/insn/vectors.h"

#define SHOWN_FAILURES 8

/* Where a column's value lives. */
struct place {
	char kind; /* 'v', 'x', 'f' (flags), 'i' (instruction word), or 0: none such */
	unsigned reg;
	unsigned bytes;
};

struct runner {
	const char *file;
	struct vector_reader reader;
	struct place place[VECTOR_COLUMNS];
	struct arm64_state junk, expected, state;
	struct arm64 *cpu; /* for the exec functions alone */
	struct code_page *page;
	struct single *single; /* NULL without an engine */
	unsigned long rows;
	unsigned failures;
};

static struct place place_of(const char *column)
{
	static const struct {
		char letter, kind;
		unsigned bytes;
	} kinds[] = {{'q', 'v', 16}, {'d', 'v', 8}, {'s', 'v', 4}, {'h', 'v', 2}, {'b', 'v', 1},
	    {'x', 'x', 8}, {'w', 'x', 4}};
	if (strcmp(column, "insn") == 0)
		return (struct place){'i', 0, 4};
	if (strcmp(column, "nzcv") == 0)
		return (struct place){'f', 0, 1};
	unsigned long reg = strtoul(column + 1, NULL, 10);
	for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
		if (column[0] == kinds[k].letter && isdigit((unsigned char)column[1]) && reg < 32)
			return (struct place){kinds[k].kind, (unsigned)reg, kinds[k].bytes};
	return (struct place){0};
}

/* Up to 32 hexadecimal digits, low half first. */
static void parse(const char *text, uint64_t value[2])
{
	value[0] = value[1] = 0;
	for (; *text; text++) {
		unsigned digit =
		    *text <= '9' ? (unsigned)(*text - '0') : (unsigned)(*text - 'a') + 10;
		value[1] = value[1] << 4 | value[0] >> 60;
		value[0] = value[0] << 4 | (digit & 15);
	}
}

/* Set a register to `value`; bits above the column keep what is there, or become zero. */
static void put(struct arm64_state *s, struct place p, const uint64_t value[2], bool zero_above)
{
	uint64_t *reg = p.kind == 'v' ? &s->v[2 * p.reg] : &s->x[p.reg];
	if (p.kind == 'f') {
		s->nzcv = (uint32_t)value[0];
	} else if (p.kind == 'v' || p.kind == 'x') {
		if (zero_above)
			memset(reg, 0, p.kind == 'v' ? 16 : 8);
		memcpy(reg, value, p.bytes);
	}
}

/* What no case may depend on; the same in every run. */
static void make_junk(struct arm64_state *s)
{
	uint64_t r = UINT64_C(0x9e3779b97f4a7c15);
	memset(s, 0, sizeof *s);
	for (unsigned n = 0; n < 33 + ARM64_V_COUNT; n++) {
		r = r * UINT64_C(6364136223846793005) + 1442695040888963407;
		*(n < 33 ? &s->x[n] : &s->v[n - 33]) = r ^ r >> 29;
	}
	s->x[31] = 0;
	s->nzcv = 5;
	single_set_up(s);
}

static void describe(const struct arm64_state *want, const struct arm64_state *got)
{
	const unsigned char *w = (const void *)want, *g = (const void *)got;
	for (unsigned n = 0; n < 33; n++)
		if (want->x[n] != got->x[n])
			printf("\tx%u: expected %016llx, got %016llx\n", n,
			    (unsigned long long)want->x[n], (unsigned long long)got->x[n]);
	for (unsigned n = 0; n < ARM64_V_COUNT; n += 2)
		if (memcmp(&want->v[n], &got->v[n], 16) != 0)
			printf("\tv%u: expected %016llx%016llx, got %016llx%016llx\n", n / 2,
			    (unsigned long long)want->v[n + 1], (unsigned long long)want->v[n],
			    (unsigned long long)got->v[n + 1], (unsigned long long)got->v[n]);
	if (want->nzcv != got->nzcv)
		printf("\tnzcv: expected %x, got %x\n", want->nzcv, got->nzcv);
	for (size_t at = 0; at < sizeof *want; at++) {
		bool shown = at < offsetof(struct arm64_state, pc) ||
			     (at >= offsetof(struct arm64_state, v) &&
				 at < offsetof(struct arm64_state, v) + sizeof want->v) ||
			     (at >= offsetof(struct arm64_state, nzcv) &&
				 at < offsetof(struct arm64_state, nzcv) + sizeof want->nzcv);
		if (!shown && w[at] != g[at])
			printf(
			    "\tbyte %zu of the state: expected %02x, got %02x\n", at, w[at], g[at]);
	}
}

static void fail(struct runner *r, uint32_t word, const char *what)
{
	const struct vector_form *f = &r->reader.form;
	if (++r->failures > SHOWN_FAILURES)
		return;
	printf("%s: form %s, case %u (line %u), %08x %s\n\t", r->file, f->name, r->reader.row,
	    r->reader.line, word, what);
	for (unsigned i = 0; i < f->count; i++)
		printf("%s%s=%s ",
		    f->column[i].output && !f->column[i ? i - 1 : 0].output ? "> " : "",
		    f->column[i].name, f->column[i].unrecorded ? "?" : f->column[i].value);
	printf("\n");
}

/* By the row's function; false if the word has none. */
static bool execute(struct runner *r, uint32_t word)
{
	struct insn *i = &r->page->insn[0];
	if (word != i->w || !i->exec)
		arm64_decode(word, i);
	if (i->row == ARM64_NO_ROW)
		return false;
	r->cpu->s = r->state;
	r->cpu->s.pc = i->exec(r->cpu, i) == i + 1 ? 4 : 0;
	r->state = r->cpu->s;
	return true;
}

static void judge(struct runner *r, uint32_t word)
{
	struct arm64_state *s = &r->state;
	r->expected.pc = 4;
	r->expected.fpsr = s->fpsr;
	for (unsigned k = 0; k < r->reader.form.count; k++)
		if (r->reader.form.column[k].unrecorded && r->place[k].kind == 'f')
			r->expected.nzcv = s->nzcv;
	if (s->pc != 4) {
		fail(r, word, "did not go on to the next instruction");
	} else if (memcmp(s, &r->expected, sizeof *s) != 0) {
		fail(r, word, "left the wrong state");
		if (r->failures <= SHOWN_FAILURES)
			describe(&r->expected, s);
	}
}

static void run_case(struct runner *r)
{
	const struct vector_form *f = &r->reader.form;
	uint64_t value[VECTOR_COLUMNS][2];
	uint32_t word = 0;
	r->rows++;
	r->state = r->junk;
	for (unsigned k = 0; k < f->count; k++) {
		parse(f->column[k].value, value[k]);
		if (r->place[k].kind == 'i')
			word = (uint32_t)value[k][0];
		else if (!f->column[k].output)
			put(&r->state, r->place[k], value[k], false);
	}
	r->expected = r->state;
	for (unsigned k = 0; k < f->count; k++)
		if (f->column[k].output && !f->column[k].unrecorded)
			put(&r->expected, r->place[k], value[k], true);
	if (r->single)
		single_run(r->single, word, &r->state);
	else if (!execute(r, word)) {
		fail(r, word, "is decoded as unallocated");
		return;
	}
	judge(r, word);
}

/* False, with a word, if the form uses a column this test cannot place. */
static bool start_form(struct runner *r)
{
	const struct vector_form *f = &r->reader.form;
	for (unsigned k = 0; k < f->count; k++) {
		r->place[k] = place_of(f->column[k].name);
		if (!r->place[k].kind) {
			printf("%s: form %s: unknown column %s\n", r->file, f->name,
			    f->column[k].name);
			return false;
		}
	}
	return true;
}

/* Forms whose name starts with `prefix`; false when the file itself is at fault. */
static bool run_file(struct runner *r, const char *prefix)
{
	enum vector_item item;
	unsigned announced = 0;
	bool wanted = false;
	while ((item = vector_next(&r->reader)) == VECTOR_CASE || item == VECTOR_FORM) {
		if (item == VECTOR_CASE) {
			if (wanted)
				run_case(r);
			continue;
		}
		wanted = strncmp(r->reader.form.name, prefix, strlen(prefix)) == 0;
		announced += wanted ? r->reader.form.rows : 0;
		if (!start_form(r))
			return false;
	}
	if (item == VECTOR_BAD)
		printf("%s: %s\n", r->file, r->reader.error);
	else if (announced != r->rows)
		printf("%s: announces %u cases and has %lu\n", r->file, announced, r->rows);
	return item == VECTOR_END && announced == r->rows && announced > 0;
}

/* Each word, and none left to the interpreter's loop. */
static bool really_translated(const struct runner *r)
{
	struct engine_stats s = single_stats(r->single);
	printf("%u words in %" PRIu64 " blocks, %" PRIu64 " calls of exec functions\n",
	    single_words(r->single), s.blocks, s.calls + s.helpers);
	return s.blocks >= single_words(r->single) && s.singles == 0;
}

static int run(struct runner *r, const char *prefix)
{
	bool whole = run_file(r, prefix);
	printf("%s: %lu cases, %u failed\n", r->file, r->rows, r->failures);
	if (r->single)
		whole = really_translated(r) && whole;
	return whole && r->failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	static struct runner r;
	if (argc < 3) {
		fprintf(stderr, "usage: arm64_vectors FOLDER FILE [FORM-PREFIX]\n");
		return EXIT_FAILURE;
	}
	r.file = argv[2];
	int cannot = vector_open_in(&r.reader, argv[1], r.file);
	if (cannot)
		return cannot;
	r.cpu = calloc(1, sizeof *r.cpu);
	r.page = calloc(1, sizeof *r.page);
	if (!r.cpu || !r.page)
		return EXIT_FAILURE;
	r.cpu->code = r.page;
	enum engine_kind engine = engine_choice();
	if (engine != ENGINE_INTERP && !(r.single = single_open(engine)))
		return EXIT_FAILURE;
	make_junk(&r.junk);
	int status = run(&r, argc > 3 ? argv[3] : "");
	vector_close(&r.reader);
	if (r.single)
		single_close(r.single);
	free(r.cpu);
	free(r.page);
	return status;
}
