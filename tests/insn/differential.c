/* Random programs on our interpreter and on an independent emulator; every register, flag and
 * byte of memory must agree.
 *
 *	differential EMULATOR GUEST EXCEPTIONS [seed [row...]]
 *
 * MYNA_INSN_COUNT sets the number of generated instructions (a million if it is not set).  With
 * rows given, blocks consist of these alone.  A difference is reported for the first instruction
 * that causes it, run alone; EXCEPTIONS lists where the emulator is known to deviate from the
 * architecture. */
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
	struct peer peer;
	struct exceptions known;
	struct block block[BATCH_BLOCKS];
	struct batch before, mine, theirs;
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

static void print_listing(const struct run *t, const struct block *b, uint64_t pc)
{
	for (unsigned i = 0; i < b->length; i++) {
		char text[160];
		arm64_disassemble(b->words[i], pc + 4 * i, text, sizeof text);
		printf("    %08" PRIx64 "  %08" PRIx32 "  %s\n", pc + 4 * i, b->words[i], text);
	}
}

#define NOP 0xd503201f

/* Blank out what is behind each unit in turn, in the block's own slot because addresses matter;
 * the first that still differs ends in the culprit.  Returns its number, `units` if none does. */
static unsigned find_culprit(struct run *t, unsigned slot, const struct block *b,
    const struct image *start, struct image *before)
{
	*before = *start;
	for (unsigned u = 0; u < b->units; u++) {
		uint32_t words[BLOCK_WORDS];
		memcpy(words, b->words, b->length * sizeof *words);
		for (unsigned i = b->unit[u].at + 1u; i < b->length; i++)
			words[i] = NOP;
		t->before.image[slot] = *start;
		fill_slot(t, slot, words, b->length);
		run_both(t, slot + 1);
		if (!equal(&t->mine.image[slot], &t->theirs.image[slot]))
			return u;
		if (!t->mine.image[slot].fault)
			*before = t->mine.image[slot];
	}
	return b->units;
}

static void report(struct run *t, unsigned slot, uint64_t seed)
{
	struct block b = t->block[slot];
	struct image start = t->before.image[slot], before, mine, theirs;
	char names[80], text[160];
	mine = t->mine.image[slot];
	theirs = t->theirs.image[slot];
	struct batch *saved = malloc(3 * sizeof *saved);
	memcpy(saved, &t->before, sizeof *saved);
	memcpy(saved + 1, &t->mine, sizeof *saved);
	memcpy(saved + 2, &t->theirs, sizeof *saved);
	unsigned u = find_culprit(t, slot, &b, &start, &before);
	if (u < b.units) {
		mine = t->mine.image[slot];
		theirs = t->theirs.image[slot];
	}
	memcpy(&t->before, saved, sizeof *saved);
	memcpy(&t->mine, saved + 1, sizeof *saved);
	memcpy(&t->theirs, saved + 2, sizeof *saved);
	free(saved);

	uint32_t word = u < b.units ? b.words[b.unit[u].at] : 0;
	uint32_t row = u < b.units ? b.unit[u].row : 0;
	const char *name = u < b.units ? arm64_decoder()->rows[row].name : "(whole block)";
	arm64_disassemble(word, address_of(t, &t->before.code[slot][SLOT_BODY]) + 4 * b.unit[u].at,
	    text, sizeof text);
	differing_names(&mine, &theirs, names, sizeof names);
	if (exception_for(&t->known, name, text, names)) {
		t->excused++;
		return;
	}
	t->different++;
	if (t->row_bad[row]++ >= ROW_SHOWN || t->shown++ >= SHOWN)
		return;
	printf("seed %" PRIu64 " block %" PRIu64 ": %s differs in %s: %08" PRIx32 " %s\n", seed,
	    t->blocks + slot, name, names, word, text);
	print_operands(&before, word);
	print_differences(&mine, &theirs);
	if (u == b.units || getenv("MYNA_INSN_LISTING"))
		print_listing(t, &b, address_of(t, &t->before.code[slot][SLOT_BODY]));
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

/* Rows to draw from: those named, or all that are usable. */
static unsigned choose_rows(const struct decoder *d, char **names, int count, uint32_t *rows)
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

/* Rows that were never executed, except for those known with a reason; in a run of full length
 * also exceptions that no longer occur. */
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

int main(int argc, char **argv)
{
	const struct decoder *d = arm64_decoder();
	const char *wanted = getenv("MYNA_INSN_COUNT");
	uint64_t count = wanted ? strtoull(wanted, NULL, 0) : COUNT;
	uint64_t seed = argc > 4 ? strtoull(argv[4], NULL, 0) : 1;
	struct run *t = calloc(1, sizeof *t);
	uint32_t *rows = calloc(d->count, sizeof *rows);
	if (argc < 4 || !t || !rows || !exceptions_load(&t->known, argv[3]))
		return 2;
	t->executed = calloc(d->count, sizeof *t->executed);
	t->row_bad = calloc(d->count, sizeof *t->row_bad);
	t->ours = interp_open();
	if (!t->executed || !t->row_bad || !t->ours || !peer_open(&t->peer, argv[1], argv[2]))
		return 2;
	struct random r = {seed};
	unsigned n = choose_rows(d, argv + 5, argc > 5 ? argc - 5 : 0, rows);
	while (n && t->generated < count)
		run_batch(t, &r, seed, rows, n, argc <= 5);
	unsigned bad = argc > 5 ? 0 : check_coverage(t, d);
	printf("%u rows, %" PRIu64 " instructions, %" PRIu64 " excused, %u different\n", n,
	    t->generated, t->excused, t->different);
	peer_close(&t->peer);
	interp_close(t->ours);
	exceptions_free(&t->known);
	bad += t->different + !n;
	free(t->executed);
	free(t->row_bad);
	free(rows);
	free(t);
	return bad != 0;
}
