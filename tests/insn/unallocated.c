/* Words without a row in the instruction table against Capstone: it must not know them either.
 * (That Capstone knows the words that have a row is part of the disassembler's test.)
 *
 *	unallocated EXCEPTIONS
 *
 * Half of the words are random, half are words of rows with a few bits flipped, which finds
 * predicates that refuse too much. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/arm64/table.h"
#include "tests/insn/exceptions.h"
#include "tests/insn/judge.h"
#include "tests/insn/random.h"

#define WORDS (1u << 22)
#define SHOWN 40

static uint32_t near_a_row(struct random *r, const struct decoder *d)
{
	const struct insn_row *row = &d->rows[random_below(r, d->count)];
	uint32_t w = row->value | ((uint32_t)random_next(r) & ~row->mask);
	for (unsigned flips = 1 + random_below(r, 3); flips; flips--)
		w ^= UINT32_C(1) << random_below(r, 32);
	return w;
}

/* Words without a row among WORDS drawn; their number. */
static size_t draw(uint32_t *words)
{
	const struct decoder *d = arm64_decoder();
	struct random r = {1};
	size_t count = 0;
	for (unsigned n = 0; n < WORDS; n++) {
		uint32_t w = n & 1 ? near_a_row(&r, d) : (uint32_t)random_next(&r);
		if (!decode(d, w))
			words[count++] = w;
	}
	return count;
}

int main(int argc, char **argv)
{
	static uint32_t words[WORDS];
	struct exceptions known;
	char text[JUDGE_TEXT];
	unsigned different = 0, excused = 0, seen = 0;
	size_t count = draw(words);
	if (argc != 2 || !exceptions_load(&known, argv[1]))
		return 2;
	struct judge *judge = judge_open("capstone", words, count);
	if (!judge)
		return 2;
	while (seen < count && judge_next(judge, text)) {
		uint32_t w = words[seen++];
		if (!strcmp(text, "undefined"))
			continue;
		if (exception_for(&known, "none", "undefined", text))
			excused++;
		else if (different++ < SHOWN)
			printf("%08" PRIx32 " has no row; capstone: %s\n", w, text);
	}
	unsigned unused = exceptions_unused(&known);
	printf("%u words without a row, %u excused, %u different\n", seen, excused, different);
	judge_close(judge);
	exceptions_free(&known);
	return unused || different || seen != count;
}
