/* Random programs made from the rows of the instruction table.
 *
 * A block is a row of units.  A unit is one instruction under test behind the instructions that
 * set it up: loads and stores get a base register that points into the image's memory, branches
 * go forward to the start of a later unit.  Equal seeds give equal blocks.
 */
#ifndef MYNA_TESTS_INSN_GENERATE_H
#define MYNA_TESTS_INSN_GENERATE_H

#include "cpu/decode.h"
#include "tests/insn/image.h"
#include "tests/insn/random.h"

#define BLOCK_UNITS 12

struct unit {
	uint32_t row;  /* of the instruction under test */
	uint8_t start; /* first word, setup included */
	uint8_t at;    /* the instruction under test */
};

struct block {
	uint32_t words[BLOCK_WORDS];
	unsigned length; /* words */
	struct unit unit[BLOCK_UNITS];
	unsigned units;
};

/* A word of row `row`, fields random with a bias to what matters, which the decoder gives back
 * to that row and which is not CONSTRAINED UNPREDICTABLE.  False if none was found. */
bool generate_word(struct random *r, const struct decoder *d, uint32_t row, uint32_t *word);

/* Rows that a block may contain: their effect is defined by the state in struct image alone. */
bool generate_usable(const struct insn_row *row);

/* The usable rows among those named (all, if none is), with `lowered` only those that the
 * translator lowers itself; returns how many. */
unsigned generate_rows(
    const struct decoder *d, const char *const *names, int count, bool lowered, uint32_t *rows);

/* Fill `b` with units of the rows listed in `rows`, and with `system` some system instructions as
 * well (changes of FPCR, barriers, what is undefined at EL0), to run at `code` with the memory at
 * `memory` (both addresses as the program sees them). */
void generate_block(struct random *r, const struct decoder *d, const uint32_t *rows, unsigned count,
    bool system, uint64_t code, uint64_t memory, struct block *b);

/* Registers, flags, rounding modes and memory to start from. */
void generate_image(struct random *r, struct image *image);

#endif
