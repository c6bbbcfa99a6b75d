/* Random programs on our interpreter and on an independent emulator; every register, flag and
 * byte of memory must agree.
 *
 *	differential EMULATOR GUEST EXCEPTIONS [seed [row...]]
 *
 * MYNA_INSN_COUNT sets the number of generated instructions (a million if it is not set);
 * MYNA_INSN_ENGINE=jit runs them translated, =eval as evaluated blocks.  With rows given, blocks
 *consist of these alone.  A difference is reported for the first instruction that causes it, run
 *alone; EXCEPTIONS lists where the emulator is known to deviate from the architecture. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/arm64/arm64.h"
#include "cpu/arm64/table.h"
#include "tests/insn/exceptions.h"
#include "tests/insn/generate.h"
#include "tests/insn/interp.h"
#include "tests/insn/peer.h"

#define COUNT     1000000
#define SHOWN     40 /* reports */
#define ROW_SHOWN 2  /* reports per row */

struct run {
	struct interp *ours;
	bool translated;
	struct peer peer;
	struct exceptions known;
	struct block block[BATCH_BLOCKS];
	struct batch before, mine, theirs, saved[3];
	uint64_t *executed; /* by row; a word counts once a batch */
	unsigned *row_bad;
	uint64_t generated, blocks, excused;
	unsigned different, shown;
};

static uint64_t address_of(const struct run *t, const void *member)
{
	return BATCH_ADDRESS + (uint64_t)((const uint8_t *)member - (const uint8_t *)&t->before);
}

/* --- building batches ------------------------------------------------------------------ */

#define LDR_X30_ENTRY 0x58ffffde /* ldr x30, the two words in front */

/* Put `words` into slot `n` of all three batches, in front of each side's exit. */
static void fill_slot(struct run *t, unsigned n, const uint32_t *words, unsigned length)
{
	uint32_t *slot = t->before.code[n];
	memset(slot, 0, sizeof t->before.code[n]);
	memcpy(slot, &t->before.image[n].x[30], sizeof t->before.image[n].x[30]);
	slot[SLOT_BODY - 1] = LDR_X30_ENTRY;
	memcpy(slot + SLOT_BODY, words, length * sizeof *words);
	memcpy(t->mine.code[n], slot, sizeof t->before.code[n]);
	memcpy(t->theirs.code[n], slot, sizeof t->before.code[n]);
	interp_exit(t->mine.code[n] + SLOT_BODY + length);
	peer_exit(&t->peer, t->theirs.code[n] + SLOT_BODY + length);
}

/* Run the first `count` slots on both sides. */
static void run_both(struct run *t, unsigned count)
{
	memcpy(t->mine.image, t->before.image, sizeof t->before.image);
	memcpy(t->theirs.image, t->before.image, sizeof t->before.image);
	t->mine.count = t->theirs.count = count;
	interp_run(t->ours, &t->mine);
	if (!peer_run(&t->peer, &t->theirs)) {
		printf("the other emulator died\n");
		exit(1);
	}
}

/* --- comparing ------------------------------------------------------------------------- */

struct part {
	const char *name;
	size_t offset;
	unsigned count, size;
};

#define PART(member, label, number, bytes)                           \
	{                                                            \
		label, offsetof(struct image, member), number, bytes \
	}
static const struct part parts[] = {
    PART(fault, "exception", 1, 8),
    PART(fault_pc, "exception at", 1, 8),
    PART(x, "x", 31, 8),
    PART(sp, "sp", 1, 8),
    PART(nzcv, "nzcv", 1, 8),
    PART(v, "v", 32, 16),
    PART(fpcr, "fpcr", 1, 8),
    PART(fpsr, "fpsr", 1, 8),
    PART(memory, "memory+8*", IMAGE_MEMORY / 8, 8),
};
#define PARTS (sizeof parts / sizeof parts[0])

/* After an exception only its kind and place are compared. */
static bool equal(const struct image *a, const struct image *b)
{
	if (a->fault || b->fault)
		return a->fault == b->fault && a->fault_pc == b->fault_pc;
	return !memcmp(a, b, sizeof *a);
}

static void format_value(char *out, size_t size, const uint8_t *bytes, unsigned width)
{
	uint64_t v[2] = {0};
	memcpy(v, bytes, width);
	if (width == 16)
		snprintf(out, size, "%016" PRIx64 "_%016" PRIx64, v[1], v[0]);
	else
		snprintf(out, size, "%016" PRIx64, v[0]);
}

/* "v3 fpsr": what differs. */
static void differing_names(const struct image *a, const struct image *b, char *out, size_t size)
{
	size_t n = 0;
	out[0] = 0;
	for (unsigned p = 0; p < PARTS; p++) {
		const uint8_t *x = (const uint8_t *)a + parts[p].offset;
		const uint8_t *y = (const uint8_t *)b + parts[p].offset;
		if (memcmp(x, y, (size_t)parts[p].count * parts[p].size) && n < size)
			n += (size_t)snprintf(
			    out + n, size - n, "%s%s", n ? "," : "", parts[p].name);
	}
}

static void print_differences(const struct image *mine, const struct image *theirs)
{
	for (unsigned p = 0; p < PARTS; p++) {
		for (unsigned i = 0; i < parts[p].count; i++) {
			char a[40], b[40];
			size_t at = parts[p].offset + (size_t)i * parts[p].size;
			format_value(a, sizeof a, (const uint8_t *)mine + at, parts[p].size);
			format_value(b, sizeof b, (const uint8_t *)theirs + at, parts[p].size);
			if (strcmp(a, b))
				printf("  %s%-4.*u myna %s\n  %*s other %s\n", parts[p].name,
				    parts[p].count > 1, i, a, (int)strlen(parts[p].name) + 4, "",
				    b);
		}
	}
}

/* The registers whose numbers stand at the usual places of the word. */
static void print_operands(const struct image *before, uint32_t w)
{
	static const unsigned places[] = {0, 5, 16, 10};
	for (unsigned i = 0; i < 4; i++) {
		char v[40];
		unsigned n = w >> places[i] & 31;
		format_value(v, sizeof v, (const uint8_t *)&before->v[2 * n], 16);
		printf("  bits %2u: v%-2u %s  x%-2u %016" PRIx64 "\n", places[i], n, v, n,
		    n < 31 ? before->x[n] : before->sp);
	}
	printf("  nzcv %x fpcr %08" PRIx64 " fpsr %08" PRIx64 "\n", (unsigned)(before->nzcv >> 28),
	    before->fpcr, before->fpsr);
}

/* --- finding the culprit --------------------------------------------------------------- */

static void print_listing(const struct block *b, uint64_t pc)
{
	for (unsigned i = 0; i < b->length; i++) {
		char text[160];
		arm64_disassemble(b->words[i], pc + 4 * i, text, sizeof text);
		printf("    %08" PRIx64 "  %08" PRIx32 "  %s\n", pc + 4 * i, b->words[i], text);
	}
}

#define NOP 0xd503201f

/* Where two runs of a block part: the unit (`units` of the block if none alone does it), the state
 * in front of it and the two states behind it. */
struct finding {
	unsigned unit;
	struct image before, mine, theirs;
};

/* Blank out what is behind each unit in turn, in the block's own slot because addresses matter;
 * the first that still differs ends in the culprit. */
static void try_units(struct run *t, unsigned slot, const struct block *b, struct finding *f)
{
	struct image start = f->before;
	for (f->unit = 0; f->unit < b->units; f->unit++) {
		uint32_t words[BLOCK_WORDS];
		memcpy(words, b->words, b->length * sizeof *words);
		for (unsigned i = b->unit[f->unit].at + 1u; i < b->length; i++)
			words[i] = NOP;
		t->before.image[slot] = start;
		fill_slot(t, slot, words, b->length);
		run_both(t, slot + 1);
		if (!equal(&t->mine.image[slot], &t->theirs.image[slot])) {
			f->mine = t->mine.image[slot];
			f->theirs = t->theirs.image[slot];
			return;
		}
		if (!t->mine.image[slot].fault)
			f->before = t->mine.image[slot];
	}
}

static void find_culprit(struct run *t, unsigned slot, struct finding *f)
{
	f->before = t->before.image[slot];
	f->mine = t->mine.image[slot];
	f->theirs = t->theirs.image[slot];
	t->saved[0] = t->before;
	t->saved[1] = t->mine;
	t->saved[2] = t->theirs;
	try_units(t, slot, &t->block[slot], f);
	t->before = t->saved[0];
	t->mine = t->saved[1];
	t->theirs = t->saved[2];
}

static void report(struct run *t, unsigned slot, uint64_t seed)
{
	static struct finding f;
	const struct block *b = &t->block[slot];
	const char *name = "(whole block)";
	uint64_t pc = address_of(t, &t->before.code[slot][SLOT_BODY]);
	uint32_t word = 0, row = 0;
	char names[80], text[160] = "";
	find_culprit(t, slot, &f);
	if (f.unit < b->units) {
		row = b->unit[f.unit].row;
		word = b->words[b->unit[f.unit].at];
		name = arm64_decoder()->rows[row].name;
		arm64_disassemble(word, pc + 4 * b->unit[f.unit].at, text, sizeof text);
	}
	differing_names(&f.mine, &f.theirs, names, sizeof names);
	if (exception_for(&t->known, name, text, names)) {
		t->excused++;
		return;
	}
	t->different++;
	if (t->row_bad[row]++ >= ROW_SHOWN || t->shown++ >= SHOWN)
		return;
	printf("seed %" PRIu64 " block %" PRIu64 ": %s differs in %s: %08" PRIx32 " %s\n", seed,
	    t->blocks + slot, name, names, word, text);
	print_operands(&f.before, word);
	print_differences(&f.mine, &f.theirs);
	if (f.unit == b->units || getenv("MYNA_INSN_LISTING"))
		print_listing(b, pc);
}

/* --- the run --------------------------------------------------------------------------- */

static void run_batch(struct run *t, struct random *r, uint64_t seed, const uint32_t *rows,
    unsigned count, bool system)
{
	const struct decoder *d = arm64_decoder();
	for (unsigned i = 0; i < BATCH_BLOCKS; i++) {
		struct block *b = &t->block[i];
		generate_image(r, &t->before.image[i]);
		generate_block(r, d, rows, count, system,
		    address_of(t, &t->before.code[i][SLOT_BODY]),
		    address_of(t, t->before.image[i].memory), b);
		fill_slot(t, i, b->words, b->length);
		t->generated += b->units;
	}
	run_both(t, BATCH_BLOCKS);
	interp_coverage(t->ours, t->executed);
	for (unsigned i = 0; i < BATCH_BLOCKS; i++)
		if (!equal(&t->mine.image[i], &t->theirs.image[i]))
			report(t, i, seed);
	t->blocks += BATCH_BLOCKS;
}

/* Rows that the translator lowers itself. */
static const char *const lowered[] = {
#define LOWERING(name) #name,
#include "cpu/arm64/lowerings.def"
#undef LOWERING
};
#define LOWERED (sizeof lowered / sizeof lowered[0])

/* Rows to draw from: those named, or all that are usable. */
static unsigned choose_rows(
    const struct decoder *d, const char *const *names, int count, uint32_t *rows)
{
	unsigned n = 0;
	for (uint32_t i = 0; i < d->count; i++) {
		bool named = count == 0;
		for (int k = 0; k < count; k++)
			named = named || !strcmp(names[k], d->rows[i].name);
		if (named && generate_usable(&d->rows[i]))
			rows[n++] = i;
	}
	return n;
}

/* Rows that the interpreter never executed, except for those known with a reason; in a run of full
 * length also exceptions that no longer occur. */
static unsigned check_coverage(struct run *t, const struct decoder *d)
{
	unsigned bad = 0;
	for (unsigned i = 0; i < d->count; i++) {
		if (t->executed[i] || exception_for(&t->known, d->rows[i].name, "", "not executed"))
			continue;
		printf("%s was never executed\n", d->rows[i].name);
		bad++;
	}
	return t->generated < COUNT ? bad : bad + exceptions_unused(&t->known);
}

static bool run_open(struct run *t, const struct decoder *d, char **argv)
{
	enum engine_kind engine = interp_engine();
	t->executed = calloc(d->count, sizeof *t->executed);
	t->row_bad = calloc(d->count, sizeof *t->row_bad);
	t->translated = engine != ENGINE_INTERP;
	t->ours = interp_open(engine);
	return t->executed && t->row_bad && t->ours && exceptions_load(&t->known, argv[3]) &&
	       peer_open(&t->peer, argv[1], argv[2]);
}

static void run_close(struct run *t)
{
	peer_close(&t->peer);
	interp_close(t->ours);
	exceptions_free(&t->known);
	free(t->executed);
	free(t->row_bad);
	free(t);
}

int main(int argc, char **argv)
{
	const struct decoder *d = arm64_decoder();
	const char *wanted = getenv("MYNA_INSN_COUNT");
	uint64_t count = wanted ? strtoull(wanted, NULL, 0) : COUNT;
	uint64_t seed = argc > 4 ? strtoull(argv[4], NULL, 0) : 1;
	bool all = argc <= 5;
	struct run *t = calloc(1, sizeof *t);
	uint32_t *rows = calloc(d->count, sizeof *rows), *dense = calloc(d->count, sizeof *dense);
	if (argc < 4 || !t || !rows || !dense || !run_open(t, d, argv))
		return 2;
	struct random r = {seed};
	unsigned n = choose_rows(d, (const char *const *)argv + 5, all ? 0 : argc - 5, rows);
	unsigned m = all && t->translated ? choose_rows(d, lowered, LOWERED, dense) : 0;
	while (n && t->generated < count) {
		run_batch(t, &r, seed, rows, n, all);
		if (m) /* lowered instructions side by side, not cut apart by calls */
			run_batch(t, &r, seed, dense, m, false);
	}
	unsigned bad = t->different + !n + (all && !t->translated ? check_coverage(t, d) : 0);
	printf("%u rows, %" PRIu64 " instructions, %" PRIu64 " excused, %u different\n", n,
	    t->generated, t->excused, t->different);
	if (t->translated)
		printf("%" PRIu64 " instructions translated\n", interp_translated(t->ours));
	bad += t->translated && interp_translated(t->ours) < t->generated;
	run_close(t);
	free(rows);
	free(dense);
	return bad != 0;
}
