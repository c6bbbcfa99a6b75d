/* Instruction tables: rows of bit patterns, and the decoder made from them.
 *
 * Every CPU with instructions of 32 or 16 bits describes itself in an insns.def of rows
 *
 *	INSN(name, "pattern", "text", flags, valid)
 *
 * pattern: 32 characters, most significant bit first; 0 and 1 are fixed, a letter is a field,
 *          blanks are ignored.  Letters are mnemonic; equal letters need not be contiguous.
 *          x stands for bits that should be one and are ignored, . for such that should be zero.
 *          16 characters: a halfword, which the decoder takes in the upper half of a word.
 * text:    assembly with %operands, each one a function of the disassembler.
 * flags:   INSN_* below.
 * valid:   NULL, or a predicate on the word for encodings the pattern admits but the architecture
 *          leaves unallocated; where it says no, other rows are tried, then the word is undefined.
 *
 * The most specific row (most fixed bits) wins; a unit test proves that no two rows of equal
 * specificity can match one word.
 */
#ifndef MYNA_CPU_DECODE_H
#define MYNA_CPU_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	INSN_BRANCH = 1 << 0, /* may set the program counter: ends a block */
	INSN_PRIV = 1 << 1,   /* behaves differently or is undefined at EL0 */
	INSN_LOAD = 1 << 2,
	INSN_STORE = 1 << 3,
	INSN_FP = 1 << 4,      /* needs FP/AdvSIMD access (CPACR_EL1.FPEN) */
	INSN_SYSTEM = 1 << 5,  /* system register, hint, barrier, exception generation */
	INSN_GENERAL = 1 << 8, /* FP rows: reads or writes general registers */
	INSN_NZCV = 1 << 7,    /* FP rows: reads or writes the condition flags */
	INSN_UNPRED = 1 << 6,  /* random words of this row may be CONSTRAINED UNPREDICTABLE */
};

typedef bool insn_valid_fn(uint32_t word);

struct insn_row {
	const char *name;
	const char *pattern;
	const char *text;
	uint32_t flags;
	insn_valid_fn *valid;
	void (*exec)(void);   /* the CPU's own function type, cast back by the CPU */
	uint32_t mask, value; /* computed from the pattern by decoder_init() */
};

#define DECODE_BUCKET_BITS 11 /* bits 31..21 choose the bucket */

/* What matches any word, without a row, ends a list. */
struct decoder_entry {
	uint32_t mask, value;
	const struct insn_row *row;
};

struct decoder {
	struct insn_row *rows;
	unsigned count;
	struct decoder_entry *lists;               /* most specific first */
	uint32_t bucket[1u << DECODE_BUCKET_BITS]; /* index into lists */
};

/* The fixed bits of a pattern: those in `mask` have the values in `value`. */
void insn_pattern(const char *pattern, uint32_t *mask, uint32_t *value);

/* Compute masks and buckets of `rows` (which it writes to and keeps).  False: no memory. */
bool decoder_init(struct decoder *d, struct insn_row *rows, unsigned count);
void decoder_free(struct decoder *d);

/* The row of `word`, or NULL if it is unallocated. */
const struct insn_row *decode(const struct decoder *d, uint32_t word);

/* A pair of rows that can match the same word with equal specificity and no predicate to tell
 * them apart; false if there is none.  For tests. */
bool decoder_ambiguity(
    const struct decoder *d, const struct insn_row **a, const struct insn_row **b);

#endif
