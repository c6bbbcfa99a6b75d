/* Which words are instructions at all: the decoder against another disassembler, over random
 * words and over words that are one to three bits away from an instruction.
 *
 *	unallocated JUDGE EXCEPTIONS [words]
 *
 * EXCEPTIONS: extensions this CPU does not have, and where the judge is wrong.  ROW and OURS are
 * "undefined" for words that only the judge knows. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/arm64/arm64.h"
#include "cpu/arm64/table.h"
#include "tests/insn/exceptions.h"
#include "tests/insn/generate.h"
#include "tests/insn/judge.h"
#include "tests/insn/normalise.h"

#define WORDS 1000000
#define SHOWN 60

/* op0, bits 28:25, of DDI 0487 C4.1: 0001 and 0011 are unallocated, 0010 is SVE's, and 0000 with
 * bit 31 is SME's. */
static bool is_base_a64(uint32_t w)
{
	unsigned op0 = w >> 25 & 15;
	return op0 ? op0 > 3 : !(w >> 31);
}

static uint32_t random_word(struct random *r, const struct decoder *d)
{
	uint32_t w;
	if (random_chance(r, 25) || !generate_word(r, d, random_below(r, d->count), &w))
		return (uint32_t)random_next(r);
	for (unsigned flips = 1 + random_below(r, 3); flips; flips--)
		w ^= UINT32_C(1) << random_below(r, 32);
	return w;
}

static unsigned compare(const struct decoder *d, const uint32_t *words, size_t count,
    struct judge *judge, struct exceptions *known)
{
	unsigned excused = 0, different = 0;
	size_t defined = 0;
	for (size_t i = 0; i < count; i++) {
		char text[JUDGE_TEXT] = "undefined", ours[JUDGE_TEXT], theirs[JUDGE_TEXT];
		const struct insn_row *row = decode(d, words[i]);
		if (!judge_next(judge, theirs)) {
			printf("the other disassembler stopped at word %zu\n", i);
			return 1;
		}
		defined += row != NULL;
		if (!row == !strcmp(theirs, "undefined"))
			continue;
		if (row)
			arm64_disassemble(words[i], JUDGE_PC + 4 * i, text, sizeof text);
		normalise(text, ours, sizeof ours);
		if (exception_for(known, row ? row->name : "undefined", ours, theirs))
			excused++;
		else if (different++ < SHOWN)
			printf("%08" PRIx32 " myna: %s %s  other: %s\n", words[i],
			    row ? row->name : "", ours, theirs);
	}
	printf("%zu words, %zu of them instructions, %u excused, %u different\n", count, defined,
	    excused, different);
	return different;
}

/* Words outside the base instruction set are undefined here, and only counted. */
static size_t draw(const struct decoder *d, uint32_t *words, size_t count, unsigned *bad)
{
	struct random r = {4};
	size_t n = 0;
	for (size_t i = 0; i < count; i++) {
		uint32_t w = random_word(&r, d);
		if (is_base_a64(w))
			words[n++] = w;
		else if (decode(d, w) && ++*bad < SHOWN)
			printf("%08" PRIx32 " is no A64 word of Armv8.2\n", w);
	}
	return n;
}

int main(int argc, char **argv)
{
	const struct decoder *d = arm64_decoder();
	size_t count = argc > 3 ? strtoul(argv[3], NULL, 0) : WORDS;
	uint32_t *words = calloc(count, sizeof *words);
	struct exceptions known;
	unsigned bad = 0;
	if (argc < 3 || !words || !exceptions_load(&known, argv[2]))
		return 2;
	count = draw(d, words, count, &bad);
	struct judge *judge = judge_open(argv[1], words, count);
	if (!judge)
		return 2;
	bad += compare(d, words, count, judge, &known);
	bad += exceptions_unused(&known);
	judge_close(judge);
	exceptions_free(&known);
	free(words);
	return bad != 0;
}
