/* Two results of one block, side by side, and the unit of it that makes them differ. */
#ifndef MYNA_TESTS_INSN_COMPARE_H
#define MYNA_TESTS_INSN_COMPARE_H

#include <stddef.h>

#include "tests/insn/generate.h"

/* The entry of a slot and the block's words; the exit is the runner's. */
void slot_fill(
    uint32_t slot[BLOCK_WORDS], const struct image *image, const uint32_t *words, unsigned length);

/* "v,fpsr": the parts of the image that differ. */
void image_differing(const struct image *a, const struct image *b, char *out, size_t size);
/* Each differing register, flag and piece of memory, with the names of both sides. */
void image_print_differences(
    const struct image *a, const char *a_name, const struct image *b, const char *b_name);
/* The registers whose numbers stand at the usual places of the word. */
void image_print_operands(const struct image *before, uint32_t word);

void block_print(const struct block *b, uint64_t pc);

/* Where two runs of a block part: the unit (`units` of the block if none alone does it), the state
 * in front of it and the two states behind it. */
struct finding {
	unsigned unit;
	struct image before, mine, theirs;
};

/* Runs `words` from `before` on both sides; false if the results differ. */
typedef bool run_both_fn(void *owner, const struct image *before, const uint32_t *words,
    unsigned length, struct image *mine, struct image *theirs);

/* `f` comes with the results of the whole block. */
void find_culprit(run_both_fn *run, void *owner, const struct block *b, struct finding *f);

#endif
