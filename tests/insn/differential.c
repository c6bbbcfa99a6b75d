/* Random programs on our interpreter and on an independent emulator; every register, flag and
 * byte of memory must agree.
 *
 *	differential EMULATOR GUEST EXCEPTIONS [seed [row...]]
 *
 * MYNA_INSN_COUNT sets the number of generated instructions (a million if it is not set);
 * MYNA_INSN_ENGINE=jit runs them translated, =eval as evaluated blocks; with MYNA_JIT_AVX2 set the
 * former does without AVX-512 and SHA-NI.  With rows given, blocks consist of these alone.  A
 * difference is reported for the first instruction that causes it, run alone; EXCEPTIONS
 * lists where the emulator is known to deviate from the architecture. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/arm64/arm64.h"
#include "cpu/arm64/table.h"
#include "tests/insn/compare.h"
#include "tests/insn/engine_choice.h"
#include "tests/insn/exceptions.h"
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

/* Put `words` into slot `n` of all three batches, in front of each side's exit. */
static void fill_slot(struct run *t, unsigned n, const uint32_t *words, unsigned length)
{
	uint32_t *slot = t->before.code[n];
	slot_fill(slot, &t->before.image[n], words, length);
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

/* After an exception only its kind and place are compared. */
static bool equal(const struct image *a, const struct image *b)
{
	if (a->fault || b->fault)
		return a->fault == b->fault && a->fault_pc == b->fault_pc;
	return !memcmp(a, b, sizeof *a);
}

/* --- finding the culprit --------------------------------------------------------------- */

/* What find_culprit() asks for; the batch is the caller's to keep. */
struct retry {
	struct run *run;
	unsigned slot;
};

static bool retry(void *owner, const struct image *before, const uint32_t *words, unsigned length,
    struct image *mine, struct image *theirs)
{
	const struct retry *again = owner;
	struct run *t = again->run;
	t->before.image[again->slot] = *before;
	fill_slot(t, again->slot, words, length);
	run_both(t, again->slot + 1);
	*mine = t->mine.image[again->slot];
	*theirs = t->theirs.image[again->slot];
	return equal(mine, theirs);
}

static void look_closer(struct run *t, unsigned slot, struct finding *f)
{
	f->before = t->before.image[slot];
	f->mine = t->mine.image[slot];
	f->theirs = t->theirs.image[slot];
	t->saved[0] = t->before;
	t->saved[1] = t->mine;
	t->saved[2] = t->theirs;
	find_culprit(retry, &(struct retry){t, slot}, &t->block[slot], f);
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
	look_closer(t, slot, &f);
	if (f.unit < b->units) {
		row = b->unit[f.unit].row;
		word = b->words[b->unit[f.unit].at];
		name = arm64_decoder()->rows[row].name;
		arm64_disassemble(word, pc + 4 * b->unit[f.unit].at, text, sizeof text);
	}
	image_differing(&f.mine, &f.theirs, names, sizeof names);
	if (exception_for(&t->known, name, text, names)) {
		t->excused++;
		return;
	}
	t->different++;
	if (t->row_bad[row]++ >= ROW_SHOWN || t->shown++ >= SHOWN)
		return;
	printf("seed %" PRIu64 " block %" PRIu64 ": %s differs in %s: %08" PRIx32 " %s\n", seed,
	    t->blocks + slot, name, names, word, text);
	image_print_operands(&f.before, word);
	image_print_differences(&f.mine, "myna", &f.theirs, "other");
	if (f.unit == b->units || getenv("MYNA_INSN_LISTING"))
		block_print(b, pc);
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
	enum engine_kind engine = engine_choice();
	t->executed = calloc(d->count, sizeof *t->executed);
	t->row_bad = calloc(d->count, sizeof *t->row_bad);
	t->translated = engine != ENGINE_INTERP;
	t->ours = interp_open(&(struct engine_options){
	    .kind = engine, .traps = ENGINE_TRAPS_ALWAYS, .avx2_only = getenv("MYNA_JIT_AVX2")});
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
	unsigned n =
	    generate_rows(d, (const char *const *)argv + 5, all ? 0 : argc - 5, false, rows);
	unsigned m = all && t->translated ? generate_rows(d, NULL, 0, true, dense) : 0;
	while (n && t->generated < count) {
		run_batch(t, &r, seed, rows, n, all);
		if (m) /* lowered instructions side by side, not cut apart by calls */
			run_batch(t, &r, seed, dense, m, false);
	}
	unsigned bad = t->different + !n + (all && !t->translated ? check_coverage(t, d) : 0);
	printf("%u rows, %" PRIu64 " instructions, %" PRIu64 " excused, %u different\n", n,
	    t->generated, t->excused, t->different);
	uint64_t translated = interp_stats(t->ours).instructions;
	if (t->translated)
		printf("%" PRIu64 " instructions translated\n", translated);
	bad += t->translated && translated < t->generated;
	run_close(t);
	free(rows);
	free(dense);
	return bad != 0;
}
