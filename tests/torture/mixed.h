/* A loop with something of everything, to be interrupted at each instruction; see mixed.S. */
#ifndef MYNA_TORTURE_MIXED_H
#define MYNA_TORTURE_MIXED_H

#include "guest.h"

/* What the loop works on and leaves behind. */
struct mixed {
	u64 random, unused;
	double half_way, factor;
	u64 vector[2];
	u64 multiplier, unused2;
	u64 stored[2], rounds, fpsr, sum[2];
};

extern const u32 mixed[], mixed_loop[], mixed_loop_end[], mixed_end[];

/* A copy of mixed() on a page of its own that ends with `last`, INSN_RET or INSN_SVC0. */
u32 *mixed_copy(u32 last);
/* Data to start with. */
void mixed_start(struct mixed *m);
/* Whether two runs ended alike. */
bool mixed_same(const struct mixed *a, const struct mixed *b);

/* mixed() itself, uninterrupted, for `rounds`. */
void mixed_model(struct mixed *m, u64 rounds);

#endif
