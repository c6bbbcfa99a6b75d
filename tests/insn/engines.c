/* Random programs on all of our engines: whatever a guest can see must be equal.
 *
 *	engines [count [seed [row...]]]
 *
 * `count` instructions are generated.  Each block runs twice, from two states, on the interpreter,
 * evaluated, translated, and translated with random register allocation; compared are the
 *registers, the memory, the whole state of the CPU and the time it took.  With rows given, blocks
 *consist of these alone.  A difference is reported with everything that is known of the block: its
 *listing, the registers before and after side by side, memory, the IR before and after ir_finish(),
 *the host code. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/arm64/arm64.h"
#include "cpu/arm64/table.h"
#include "frontend/dump.h"
#include "tests/insn/compare.h"
#include "tests/insn/interp.h"

#define COUNT 300000
#define SHOWN 5 /* reports */

struct side {
	const char *name;
	struct engine_options options;
	struct interp *interp;
	struct batch batch; /* what it leaves */
};

struct run {
	struct side side[6]; /* the first is the reference */
	struct block block[BATCH_BLOCKS];
	struct batch before;
	uint64_t generated, blocks;
	unsigned different;
};
#define SIDES (sizeof((struct run *)0)->side / sizeof(struct side))

static bool run_open(struct run *t, uint64_t seed)
{
	const struct engine_options options[] = {{.kind = ENGINE_INTERP}, {.kind = ENGINE_EVAL},
	    {.kind = ENGINE_JIT, .traps = ENGINE_TRAPS_ALWAYS},
	    {.kind = ENGINE_JIT, .traps = ENGINE_TRAPS_ALWAYS, .random = seed},
	    {.kind = ENGINE_JIT, .traps = ENGINE_TRAPS_ALWAYS, .avx2_only = true},
	    {.kind = ENGINE_JIT, .traps = ENGINE_TRAPS_SELDOM}};
	static const char *const names[] = {"interp", "eval", "jit", "random", "avx2", "seldom"};
	for (unsigned k = 0; k < SIDES; k++) {
		t->side[k].name = names[k];
		t->side[k].options = options[k];
		t->side[k].interp = interp_open(&options[k]);
		if (!t->side[k].interp)
			return false;
	}
	return true;
}

static void run_close(struct run *t)
{
	for (unsigned k = 0; k < SIDES; k++)
		interp_close(t->side[k].interp);
	free(t);
}

static uint64_t address_of(const struct run *t, const void *member)
{
	return BATCH_ADDRESS + (uint64_t)((const uint8_t *)member - (const uint8_t *)&t->before);
}

static uint64_t pc_of(const struct run *t, unsigned slot)
{
	return address_of(t, &t->before.code[slot][SLOT_BODY]);
}

static bool same(const struct side *a, const struct side *b, unsigned slot)
{
	return !memcmp(&a->batch.image[slot], &b->batch.image[slot], sizeof(struct image)) &&
	       interp_digest(a->interp, slot) == interp_digest(b->interp, slot);
}

/* --- looking closer ---------------------------------------------------------------------- */

/* One slot of a batch, on two sides that are new. */
struct retry {
	struct side side[2];
	struct batch batch;
	unsigned slot;
};

static bool retry_open(struct retry *r, const struct run *t, const struct side *side, unsigned slot)
{
	r->side[0] = t->side[0];
	r->side[1] = *side;
	r->slot = slot;
	memset(r->batch.image, 0, sizeof r->batch.image);
	memset(r->batch.code, 0, sizeof r->batch.code);
	for (unsigned k = 0; k < 2; k++)
		r->side[k].interp = interp_open(&r->side[k].options);
	return r->side[0].interp && r->side[1].interp;
}

static bool retry_run(void *owner, const struct image *before, const uint32_t *words,
    unsigned length, struct image *mine, struct image *theirs)
{
	struct retry *r = owner;
	r->batch.image[r->slot] = *before;
	slot_fill(r->batch.code[r->slot], before, words, length);
	interp_exit(r->batch.code[r->slot] + SLOT_BODY + length);
	for (unsigned k = 0; k < 2; k++) {
		r->side[k].batch = r->batch;
		interp_run_one(r->side[k].interp, &r->side[k].batch, r->slot);
	}
	*mine = r->side[0].batch.image[r->slot];
	*theirs = r->side[1].batch.image[r->slot];
	return same(&r->side[0], &r->side[1], r->slot);
}

static void retry_close(struct retry *r)
{
	for (unsigned k = 0; k < 2; k++)
		interp_close(r->side[k].interp);
}

/* Translate the block once more and show how. */
static void print_translation(
    const struct run *t, const struct side *side, unsigned slot, const struct image *before)
{
	static struct retry r;
	struct dump dump = {stdout, DUMP_ALL};
	struct side shown = *side;
	struct image mine, theirs;
	shown.options.watch = dump_block;
	shown.options.watch_owner = &dump;
	if (retry_open(&r, t, &shown, slot)) {
		const struct block *b = &t->block[slot];
		bool equal = retry_run(&r, before, b->words, b->length, &mine, &theirs);
		printf("translated alone, the block %s\n",
		    equal ? "gives equal results" : "differs as well");
		retry_close(&r);
	}
}

static void print_names(const struct run *t, const struct finding *f, const struct side *side,
    unsigned slot, uint64_t seed)
{
	const struct block *b = &t->block[slot];
	char names[80], text[160] = "(whole block)";
	uint32_t word = 0;
	if (f->unit < b->units) {
		unsigned at = b->unit[f->unit].at;
		word = b->words[at];
		arm64_disassemble(word, pc_of(t, slot) + 4 * at, text, sizeof text);
	}
	image_differing(&f->mine, &f->theirs, names, sizeof names);
	printf("seed %" PRIu64 " block %" PRIu64 ", %s: %08" PRIx32 " %s differs in %s\n", seed,
	    t->blocks + slot, side->name, word, text,
	    names[0] ? names : "the system registers or in time");
	image_print_operands(&f->before, word);
}

static void report(
    struct run *t, const struct side *side, unsigned slot, const struct image *start, uint64_t seed)
{
	static struct retry r;
	static struct finding f;
	const struct block *b = &t->block[slot];
	if (t->different++ >= SHOWN)
		return;
	f = (struct finding){
	    b->units, *start, t->side[0].batch.image[slot], side->batch.image[slot]};
	if (retry_open(&r, t, side, slot)) {
		find_culprit(retry_run, &r, b, &f);
		retry_close(&r);
	}
	print_names(t, &f, side, slot, seed);
	image_print_differences(&f.mine, t->side[0].name, &f.theirs, side->name);
	printf("the whole block:\n");
	block_print(b, pc_of(t, slot));
	image_print_differences(
	    &t->side[0].batch.image[slot], t->side[0].name, &side->batch.image[slot], side->name);
	print_translation(t, side, slot, start);
}

/* --- the run ----------------------------------------------------------------------------- */

static void run_and_compare(struct run *t, uint64_t seed)
{
	for (unsigned k = 0; k < SIDES; k++) {
		t->side[k].batch = t->before;
		interp_run(t->side[k].interp, &t->side[k].batch);
	}
	for (unsigned k = 1; k < SIDES; k++)
		for (unsigned i = 0; i < BATCH_BLOCKS; i++)
			if (!same(&t->side[0], &t->side[k], i))
				report(t, &t->side[k], i, &t->before.image[i], seed);
}

static void run_batch(struct run *t, struct random *r, uint64_t seed, const uint32_t *rows,
    unsigned count, bool system)
{
	const struct decoder *d = arm64_decoder();
	for (unsigned i = 0; i < BATCH_BLOCKS; i++) {
		struct block *b = &t->block[i];
		uint32_t *slot = t->before.code[i];
		generate_image(r, &t->before.image[i]);
		generate_block(r, d, rows, count, system, pc_of(t, i),
		    address_of(t, t->before.image[i].memory), b);
		slot_fill(slot, &t->before.image[i], b->words, b->length);
		interp_exit(slot + SLOT_BODY + b->length);
		t->generated += b->units;
	}
	t->before.count = BATCH_BLOCKS;
	run_and_compare(t, seed);
	for (unsigned i = 0; i < BATCH_BLOCKS; i++) { /* the entry loads x30 from the code */
		uint64_t x30 = t->before.image[i].x[30];
		generate_image(r, &t->before.image[i]);
		t->before.image[i].x[30] = x30;
	}
	run_and_compare(t, seed);
	t->blocks += BATCH_BLOCKS;
}

/* Blocks must have been translated, and nearly all of what ran must have run there. */
static bool really_translated(const struct run *t)
{
	bool good = true;
	for (unsigned k = 1; k < SIDES; k++) {
		struct engine_stats s = interp_stats(t->side[k].interp);
		printf("%s: %" PRIu64 " blocks of %" PRIu64 " instructions translated, %" PRIu64
		       " left to the interpreter, %" PRIu64 " traps\n",
		    t->side[k].name, s.blocks, s.instructions, s.singles, s.fp_traps);
		good = good && s.instructions >= t->generated && s.singles < t->generated / 4;
	}
	return good;
}

/* Random operands are invalid often, and whoever wants few traps must soon have done without. */
static bool trapped(const struct run *t)
{
	uint64_t always = interp_stats(t->side[2].interp).fp_traps,
		 seldom = interp_stats(t->side[SIDES - 1].interp).fp_traps;
	return t->generated < COUNT || (seldom && seldom < always / 4);
}

int main(int argc, char **argv)
{
	const struct decoder *d = arm64_decoder();
	uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 0) : COUNT;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	const char *const *names = (const char *const *)argv + 3;
	int named = argc > 3 ? argc - 3 : 0;
	struct run *t = calloc(1, sizeof *t);
	uint32_t *rows = calloc(d->count, sizeof *rows), *dense = calloc(d->count, sizeof *dense);
	if (!t || !rows || !dense || !run_open(t, seed))
		return 2;
	struct random r = {seed};
	unsigned n = generate_rows(d, names, named, false, rows);
	unsigned m = generate_rows(d, names, named, true, dense);
	while (n && t->generated < count) {
		run_batch(t, &r, seed, rows, n, !named);
		if (m) /* not cut apart by calls */
			run_batch(t, &r, seed, dense, m, false);
	}
	bool translated = really_translated(t) && (named || trapped(t));
	printf("%u rows, %" PRIu64 " instructions, %u different\n", n, t->generated, t->different);
	unsigned bad = t->different + !n + !translated;
	run_close(t);
	free(rows);
	free(dense);
	return bad != 0;
}
