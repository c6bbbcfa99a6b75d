/* This project's side of the differential test: a machine with one CPU and RAM that holds the
 * batch at its address, running blocks at EL0 under an identity mapping. */
#ifndef MYNA_TESTS_INSN_INTERP_H
#define MYNA_TESTS_INSN_INTERP_H

#include "tests/insn/image.h"

struct interp;

/* NULL when memory is short. */
struct interp *interp_open(void);
void interp_close(struct interp *p);

/* The exit to put behind a block's body. */
void interp_exit(uint32_t code[SLOT_EXIT]);

/* Run all blocks of `b`, which gets the states they end in. */
void interp_run(struct interp *p, struct batch *b);

/* Add to `words`, indexed by row, what the last batch executed. */
void interp_coverage(const struct interp *p, uint64_t *words);

#endif
