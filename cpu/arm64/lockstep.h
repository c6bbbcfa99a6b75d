/* Lockstep: every translated block is also interpreted, and both results are compared.
 *
 * Translated stores are noted with what they overwrote, so the block can be undone and run again by
 * the interpreter.  Blocks end before instructions that have no lowering, links are not made, and
 * no TLB entry allows writing; it is slow, and finds the first instruction that differs.
 */
#ifndef MYNA_CPU_ARM64_LOCKSTEP_H
#define MYNA_CPU_ARM64_LOCKSTEP_H

#include "cpu/arm64/arm64.h"

struct lockstep;

/* NULL when memory is short. */
struct lockstep *lockstep_new(void);
void lockstep_free(struct lockstep *l);

/* A translated instruction is about to write `size` bytes at `host`. */
void lockstep_note(struct lockstep *l, uint8_t *host, unsigned size);

/* Before and after a block.  `after` undoes it, interprets the same number of instructions, leaves
 * the interpreter's result, and describes the first difference in c->cpu.machine's log. */
void lockstep_before(struct lockstep *l, struct arm64 *c);
bool lockstep_after(struct lockstep *l, struct arm64 *c);

#endif
