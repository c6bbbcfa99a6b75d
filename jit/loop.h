/* Blocks that are loops, and the guest memory they walk through.
 *
 * A block whose last instruction leads back to its start is a loop.  Where each pass moves an
 * access by a known step, a host can check the TLB for many passes at once. */
#ifndef MYNA_JIT_LOOP_H
#define MYNA_JIT_LOOP_H

#include "jit/ir.h"

#define LOOP_STREAMS 8
#define LOOP_TERMS   3

/* A sum of slots, each times a factor, and a number, modulo 2^64. */
struct loop_sum {
	unsigned terms;
	struct {
		uint32_t slot; /* offset; its value when a pass begins */
		int64_t factor;
	} term[LOOP_TERMS];
	uint64_t number;
};

/* An access whose address is `address` in the pass that begins, and `step` more in each later one.
 */
struct loop_stream {
	ir_ref op; /* LOAD, STORE or PROBE */
	struct loop_sum address;
	int64_t step; /* at most a page up or down */
};

struct loop {
	unsigned count;
	struct loop_stream stream[LOOP_STREAMS];
};

/* False if the block is no loop. */
bool loop_find(const struct ir_block *b, unsigned page_bits, struct loop *l);

/* The number of the stream that operation `n` is, or LOOP_STREAMS. */
unsigned loop_stream_of(const struct loop *l, ir_ref n);

#endif
