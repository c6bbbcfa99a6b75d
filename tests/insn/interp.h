/* This project's side of the differential test: a machine with one CPU and RAM that holds the
 * batch at its address, running blocks at EL0 under an identity mapping. */
#ifndef MYNA_TESTS_INSN_INTERP_H
#define MYNA_TESTS_INSN_INTERP_H

#include "cpu/engine.h"
#include "tests/insn/image.h"

struct interp;

/* NULL when memory is short, or the host cannot. */
struct interp *interp_open(const struct engine_options *options);
void interp_close(struct interp *p);

/* The exit to put behind a block's body. */
void interp_exit(uint32_t code[SLOT_EXIT]);

/* Run all blocks of `b`, which gets the states they end in.  Blocks that are those of the last
 * batch are not translated anew. */
void interp_run(struct interp *p, struct batch *b);

/* Run slot `n` alone. */
void interp_run_one(struct interp *p, struct batch *b, unsigned n);

/* Of everything that slot `n` of the last batch left in the CPU, and of the time it took. */
uint64_t interp_digest(const struct interp *p, unsigned n);

/* Add to `words`, indexed by row, what the last batch executed; nothing of translated code. */
void interp_coverage(const struct interp *p, uint64_t *words);

/* What the translator did so far, if there is one. */
struct engine_stats interp_stats(const struct interp *p);

#endif
