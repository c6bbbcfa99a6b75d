/* The guest of differential.c, and what makes its random blocks. */
#ifndef MYNA_TESTS_IR_MAKE_H
#define MYNA_TESTS_IR_MAKE_H

#include <stddef.h>

#include "jit/ir.h"
#include "jit/jit.h"
#include "tests/insn/random.h"

enum {
	SLOTS = 40, /* of random blocks */
	VECTORS = 32,
	ALL_SLOTS = IR_MAX_SLOTS + 28,
	PAGE_BITS = 12,
	PAGE = 1 << PAGE_BITS,
	RAM_PAGES = 5, /* the last is read-only */
	MAPPED_PAGES = 8,
	TLB_ENTRIES = 16,
	HINTS = 24,
	LOOPS = 5,
	POOL = 24, /* values that later operations choose from */
	CHAIN = 8, /* blocks that lead to each other, in two pages */
};
#define RAM_BASE UINT64_C(0xffff000040000000)
#define NO_TAG   1

struct tlb_entry {
	uint64_t read, write;
	uintptr_t addend;
	uint64_t unused;
};

struct guest {
	int64_t budget;
	uint64_t flags_kind, flags_a, flags_b;
	uint64_t pc, site, reason;
	uint64_t probe_address, probe_info, probe_pc, probe_rest;
	uint64_t vectors_live;
	uint32_t fp_control, fp_status, sticky;
	uint64_t helpers;
	uint64_t slot[ALL_SLOTS];
	uint64_t vector[VECTORS][2];
	uint64_t log; /* what the helpers were given, and when */
	struct tlb_entry tlb[JIT_CONTEXTS][2 * TLB_ENTRIES]; /* two ways */
	struct jit_jump jump[JIT_CONTEXTS][JIT_JUMP_ENTRIES];
	struct tlb_entry *hint[JIT_CONTEXTS][HINTS];
	uint8_t hint_misses[JIT_CONTEXTS][HINTS];
	uint8_t loop_warm[LOOPS];
	uint8_t ram[RAM_PAGES * PAGE];
};

#define OFFSET(member) ((uint32_t)offsetof(struct guest, member))
#define SLOT(n)        (OFFSET(slot) + 8u * (n))
#define VECTOR(n)      (OFFSET(vector) + 16u * (n))

static inline uint64_t any_value(struct random *r)
{
	static const uint64_t edge[] = {0, 1, 2, 31, 32, 63, 64, 0x7f, 0x80, 0x7fff, 0x8000,
	    0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, UINT64_MAX, INT64_MAX,
	    (uint64_t)INT64_MIN, (uint64_t)INT32_MIN, (uint64_t)INT32_MIN + 1};
	switch (random_below(r, 4)) {
	case 0: return edge[random_below(r, sizeof edge / sizeof *edge)];
	case 1: return random_next(r) >> random_below(r, 64);
	case 2: return (uint64_t)((int64_t)random_next(r) >> random_below(r, 64));
	default: return random_next(r);
	}
}

struct maker {
	struct random *r;
	struct ir_block *b;
	ir_ref value[POOL], flags[4]; /* newest over oldest */
	ir_ref vector[POOL];
	unsigned values, flag_values, vectors; /* made so far */
	bool leaves; /* this block has exits and refusals that are often taken */
};

ir_ref keep_value(struct maker *m, ir_ref v);
ir_ref some_value(struct maker *m);
/* The same for flags. */
void keep_flags(struct maker *m, ir_ref v);
ir_ref some_flags(struct maker *m);
/* An address: mostly in RAM, now and then at a page's end or in a page that is refused. */
ir_ref make_address(struct maker *m, int32_t *disp);

typedef void make_fn(struct maker *m);
/* make_vector.c, make_fp.c: an operation on vectors; a comparison. */
make_fn make_vector, make_fp, make_compare;

/* Any vector; the next value of a vector slot. */
ir_ref some_vector(struct maker *m);
ir_ref keep_vector(struct maker *m, ir_ref v);
/* Random bits for a vector. */
uint64_t any_lanes(struct random *r);

/* What make_fp() hands to the guest's slow(), which does it. */
void guest_slow(void *guest, const void *data);

#endif
