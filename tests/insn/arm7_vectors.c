/* Runs one file of A32 or T32 instruction vectors (see vectors.h) on the ARM7TDMI.
 *
 *	arm7_vectors FOLDER FILE
 *
 * MYNA_VECTORS overrides FOLDER; exit code 77 (skipped) when there is no such folder.  The files
 *are of ARMv7: a form is left out, and counted, if ARMv4T has no such instruction.
 *
 *	a32  its word belongs to no row
 *	t32  it is not made of 16-bit instructions that rows cover: 32-bit ones, and IT
 *
 * A form is run if all its words belong, and left out if none does; anything between is an error.
 * Whatever a case does not name holds junk before and must be unchanged after it: registers of
 * every mode, PSRs, and the words around the one in memory.  C after MULS is not compared: it is
 * unpredictable in ARMv4 and unchanged in ARMv7. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/arm7tdmi/psr.h"
#include "cpu/arm7tdmi/table.h"
#include "tests/insn/arm7_bench.h"
#include "tests/insn/vectors.h"

#define SHOWN_FAILURES 8
#define CODE           0x1000u
#define MEMORY_WORDS   3 /* around the one at the start of the second RAM */

struct runner {
	const char *file;
	struct vector_reader reader;
	struct arm7_bench *bench;
	struct arm7tdmi_state junk, expected;
	uint32_t memory;
	bool thumb, muls;
	unsigned long rows, left_out_rows;
	unsigned forms, left_out_forms, failures;
	int belongs; /* of this form: -1 not known yet */
};

static void make_junk(struct runner *r)
{
	struct arm7tdmi_state *s = &r->junk;
	uint32_t v = 0x9e3779b9;
	memset(s, 0, sizeof *s);
	for (unsigned k = 0; k < sizeof *s / 4; k++) {
		v = v * 1664525 + 1013904223;
		if (k < 15 || (k >= offsetof(struct arm7tdmi_state, usr) / 4 &&
				  k < offsetof(struct arm7tdmi_state, masked) / 4))
			((uint32_t *)s)[k] = v ^ v >> 15;
	}
	s->cpsr = ARM7_SVC | PSR_I | PSR_F | (r->thumb ? PSR_T : 0);
	s->masked = PSR_I | PSR_F;
}

/* Those that ARMv4T has; what it answers with an exception is not among them. */
static bool has_row(uint32_t w, bool thumb)
{
	const struct insn_row *row = arm7_row(w, thumb);
	return row && !(row->flags & INSN_SYSTEM);
}

/* The instruction's bytes as units of 32 or 16 bits, at `code` unless it is NULL; their number. */
static unsigned units(const struct runner *r, const char *hex, uint8_t *code, bool *belongs)
{
	const unsigned digits = r->thumb ? 4 : 8;
	unsigned n = 0;
	*belongs = true;
	for (; strlen(hex) >= digits; hex += digits, n++) {
		char unit[9] = "";
		memcpy(unit, hex, digits);
		uint32_t w = (uint32_t)strtoul(unit, NULL, 16);
		*belongs = *belongs && has_row(w, r->thumb);
		if (r->thumb && w >> 11 >= 0x1d) /* first half of a 32-bit instruction */
			*belongs = false;
		if (code)
			memcpy(code + n * digits / 2, &w, digits / 2);
	}
	return n;
}

static void put(struct runner *r, struct arm7tdmi_state *s, const char *column, uint32_t v)
{
	if (column[0] == 'r')
		s->r[atoi(column + 1) & 15] = v;
	else if (!strcmp(column, "nzcv"))
		s->cpsr = (s->cpsr & 0x0fffffff) | v << 28;
	else if (column[0] == 'm')
		r->memory = v;
}

/* Columns of what ARMv4T has not (Q, GE) are of no interest to its instructions. */
static bool known(const char *column)
{
	return !strcmp(column, "insn") || !strcmp(column, "nzcv") || !strcmp(column, "q") ||
	       !strcmp(column, "ge") || !strcmp(column, "m01000000") ||
	       (column[0] == 'r' && atoi(column + 1) < 15);
}

static void describe(const struct arm7tdmi_state *want, const struct arm7tdmi_state *got)
{
	char text[128];
	if (state_difference(&arm7tdmi_type.table, want, got, text, sizeof text))
		printf("\t%s\n", text);
}

static void judge(struct runner *r, const char *hex, uint32_t end)
{
	struct arm7tdmi_state *want = &r->expected, *got = &r->bench->cpu.s;
	static const uint32_t around[MEMORY_WORDS] = {0x13579bdf, 0, 0x2468ace0};
	bool same = arm7tdmi_pc(&r->bench->cpu) == end;
	if (r->muls)
		want->cpsr = (want->cpsr & ~(uint32_t)PSR_C) | (got->cpsr & PSR_C);
	memcpy(want->pipe, got->pipe, sizeof want->pipe);
	want->fetch = got->fetch;
	want->r[15] = got->r[15];
	same = same && !memcmp(want, got, sizeof *want);
	for (uint32_t k = 0; k < MEMORY_WORDS; k++)
		same = same && arm7_bench_word(r->bench, ARM7_BENCH_DATA + k * 4 - 4) ==
				   (k == 1 ? r->memory : around[k]);
	if (same)
		return;
	if (++r->failures > SHOWN_FAILURES)
		return;
	printf("%s: form %s, case %u (line %u), %s: pc %" PRIx32 " for %" PRIx32
	       ", memory %08" PRIx32 " for %08" PRIx32 "\n",
	    r->file, r->reader.form.name, r->reader.row, r->reader.line, hex,
	    arm7tdmi_pc(&r->bench->cpu), end, arm7_bench_word(r->bench, ARM7_BENCH_DATA),
	    r->memory);
	describe(want, got);
}

/* Put the case before the CPU, run it, compare. */
static void run_case(struct runner *r, const char *hex)
{
	const struct vector_form *f = &r->reader.form;
	struct arm7_bench *b = r->bench;
	bool belongs;
	r->rows++;
	r->memory = 0x0f1e2d3c;
	b->cpu.s = r->junk;
	for (unsigned k = 0; k < f->count; k++)
		if (!f->column[k].output)
			put(r, &b->cpu.s, f->column[k].name,
			    (uint32_t)strtoul(f->column[k].value, NULL, 16));
	arm7_bench_set_word(b, ARM7_BENCH_DATA - 4, 0x13579bdf);
	arm7_bench_set_word(b, ARM7_BENCH_DATA, r->memory);
	arm7_bench_set_word(b, ARM7_BENCH_DATA + 4, 0x2468ace0);
	r->expected = b->cpu.s;
	for (unsigned k = 0; k < f->count; k++)
		if (f->column[k].output && !f->column[k].unrecorded)
			put(r, &r->expected, f->column[k].name,
			    (uint32_t)strtoul(f->column[k].value, NULL, 16));
	unsigned n = units(r, hex, arm7_bench_host(b, CODE), &belongs);
	uint32_t end = CODE + n * (r->thumb ? 2 : 4);
	arm7_bench_start(b, CODE, b->cpu.s.cpsr);
	for (; n && arm7tdmi_pc(&b->cpu) != end; n--)
		arm7_bench_step(b);
	judge(r, hex, end);
}

static const char *instruction(const struct vector_form *f)
{
	for (unsigned k = 0; k < f->count; k++)
		if (!strcmp(f->column[k].name, "insn"))
			return f->column[k].value;
	return "";
}

/* False: the form cannot be told apart. */
static bool take_case(struct runner *r)
{
	const struct vector_form *f = &r->reader.form;
	bool belongs;
	units(r, instruction(f), NULL, &belongs);
	for (unsigned k = 0; k < f->count && belongs; k++)
		belongs = known(f->column[k].name);
	if (r->belongs < 0) {
		r->belongs = belongs;
		*(belongs ? &r->forms : &r->left_out_forms) += 1;
	}
	if (r->belongs != belongs) {
		printf("%s: form %s: some of its words belong and some do not\n", r->file, f->name);
		return false;
	}
	if (belongs)
		run_case(r, instruction(f));
	else
		r->left_out_rows++;
	return true;
}

static bool run_file(struct runner *r)
{
	enum vector_item item;
	unsigned long announced = 0;
	while ((item = vector_next(&r->reader)) == VECTOR_CASE || item == VECTOR_FORM) {
		if (item == VECTOR_FORM) {
			r->belongs = -1;
			r->muls = !strncmp(r->reader.form.name, "muls", 4);
			announced += r->reader.form.rows;
		} else if (!take_case(r)) {
			return false;
		}
	}
	if (item == VECTOR_BAD)
		printf("%s: %s\n", r->file, r->reader.error);
	if (announced != r->rows + r->left_out_rows)
		printf("%s: announces %lu cases\n", r->file, announced);
	return item == VECTOR_END && announced == r->rows + r->left_out_rows;
}

int main(int argc, char **argv)
{
	static struct runner r;
	if (argc < 3) {
		fprintf(stderr, "usage: arm7_vectors FOLDER FILE\n");
		return EXIT_FAILURE;
	}
	r.file = argv[2];
	int cannot = vector_open_in(&r.reader, argv[1], r.file);
	if (cannot)
		return cannot;
	r.thumb = !strcmp(r.reader.isa, "t32");
	r.bench = arm7_bench_new(false);
	make_junk(&r);
	bool whole = run_file(&r);
	printf("%s: %u forms, %lu cases, %u failed; not of ARMv4T: %u forms, %lu cases\n", r.file,
	    r.forms, r.rows, r.failures, r.left_out_forms, r.left_out_rows);
	vector_close(&r.reader);
	arm7_bench_free(r.bench);
	return whole && r.rows && !r.failures ? EXIT_SUCCESS : EXIT_FAILURE;
}
