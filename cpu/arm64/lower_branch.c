/* Lowering of branches.  A conditional branch leaves the block if taken; the block goes on if not.
 */
#include "cpu/arm64/lower.h"

#define NOP           0xd503201f
#define MOST_FOLLOWED 24 /* instructions in which a loop must come back to its start */

static uint64_t target(const struct lower *l, uint32_t field, unsigned width)
{
	return l->pc +
	       (uint64_t)((int64_t)((uint64_t)field << (64 - width)) >> (62 - width) & ~INT64_C(3));
}

static bool is_branch(uint32_t w)
{
	return FIELD_OF(28, 26) == 5;
}

static bool is_conditional(uint32_t w)
{
	return FIELD_OF(31, 25) == 0x2a || FIELD_OF(30, 25) == 0x1a || FIELD_OF(30, 25) == 0x1b;
}

/* The target of a conditional branch at `pc`: B.cond, CBZ, CBNZ have 19 bits for it, TBZ, TBNZ 14.
 */
static uint64_t conditional_target(uint32_t w, uint64_t pc)
{
	const unsigned width = FIELD_OF(30, 25) == 0x1b ? 14 : 19;
	return pc + (uint64_t)((int64_t)((uint64_t)(w >> 5) << (64 - width)) >> (62 - width) &
			       ~INT64_C(3));
}

/* Does a conditional branch soon after `at`, before anything that always goes elsewhere, lead to
 * the block's start? */
static bool comes_back(const struct lower *l, uint64_t at)
{
	const uint64_t start = l->b->pc;
	for (unsigned n = 0; n < MOST_FOLLOWED && !((at ^ start) >> BUS_PAGE_BITS); n++, at += 4) {
		const uint32_t w = l->words[(int64_t)(at - start) / 4];
		if (is_conditional(w) && conditional_target(w, at) == start)
			return true;
		if (is_branch(w) && !is_conditional(w) && w != NOP)
			return false;
	}
	return false;
}

/* A loop of two parts, of which the block began with the second: the branch that goes back to the
 * first is followed once, so that the block becomes the whole loop. */
static bool follow(
    struct lower *l, enum ir_op op, enum ir_type type, ir_ref a, unsigned info, uint64_t to)
{
	if (!l->follows || l->b->turn || to >= l->b->pc || !comes_back(l, to))
		return false;
	const bool test = op == IR_EXIT_ZERO || op == IR_EXIT_NONZERO;
	const unsigned otherwise = op == IR_EXIT_COND  ? info ^ 1
				   : op == IR_EXIT_BIT ? info ^ 64
						       : info;
	const enum ir_op other = !test ? op : op == IR_EXIT_ZERO ? IR_EXIT_NONZERO : IR_EXIT_ZERO;
	ir_exit(l->b, other, type, a, otherwise, l->pc + 4);
	l->b->turn = l->b->guest_count;
	l->b->turn_pc = l->next = to;
	return true;
}

/* Leave the block if the branch is taken.  One that goes back closes a loop and ends the block, so
 * that nothing of the loop's budget has to be given back. */
static bool branch_if(
    struct lower *l, enum ir_op op, enum ir_type type, ir_ref a, unsigned info, uint64_t to)
{
	if (follow(l, op, type, a, info, to))
		return true;
	ir_exit(l->b, op, type, a, info, to);
	if (to <= l->pc || to == l->b->pc) {
		ir_jump(l->b, l->pc + 4);
		l->ended = true;
	}
	return true;
}

LOWER(b)
{
	ir_jump(l->b, target(l, FIELD_OF(25, 0), 26));
	return l->ended = true;
}

LOWER(bl)
{
	lower_set_x(l, 30, ir_const(l->b, l->pc + 4));
	ir_jump(l->b, target(l, FIELD_OF(25, 0), 26));
	return l->ended = true;
}

LOWER(b_cond)
{
	if (FIELD_OF(3, 0) >= 14)
		return lower_b(l, (w >> 5 & 0x7ffff) | (w >> 23 & 1 ? 0x3f80000 : 0));
	return branch_if(l, IR_EXIT_COND, IR_VOID, ir_get_flags(l->b), FIELD_OF(3, 0),
	    target(l, FIELD_OF(23, 5), 19));
}

static bool compare_and_branch(struct lower *l, uint32_t w, enum ir_op op)
{
	ir_ref v = lower_x(l, FIELD_OF(4, 0));
	return branch_if(l, op, lower_type(w), v, 0, target(l, FIELD_OF(23, 5), 19));
}

LOWER(cbz)
{
	return compare_and_branch(l, w, IR_EXIT_ZERO);
}

LOWER(cbnz)
{
	return compare_and_branch(l, w, IR_EXIT_NONZERO);
}

static bool test_and_branch(struct lower *l, uint32_t w, unsigned if_zero)
{
	unsigned bit = FIELD_OF(31, 31) << 5 | FIELD_OF(23, 19);
	return branch_if(l, IR_EXIT_BIT, IR_I64, lower_x(l, FIELD_OF(4, 0)), bit | if_zero,
	    target(l, FIELD_OF(18, 5), 14));
}

LOWER(tbz)
{
	return test_and_branch(l, w, 64);
}

LOWER(tbnz)
{
	return test_and_branch(l, w, 0);
}

LOWER(br)
{
	ir_jump_to(l->b, lower_x(l, FIELD_OF(9, 5)));
	return l->ended = true;
}

LOWER(ret)
{
	return lower_br(l, w);
}

LOWER(blr)
{
	ir_ref to = lower_x(l, FIELD_OF(9, 5));
	lower_set_x(l, 30, ir_const(l->b, l->pc + 4));
	ir_jump_to(l->b, to);
	return l->ended = true;
}
