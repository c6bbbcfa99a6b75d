/* Lowering of branches.  A conditional branch leaves the block if taken; the block goes on if not.
 */
#include "cpu/arm64/lower.h"

static uint64_t target(const struct lower *l, uint32_t field, unsigned width)
{
	return l->pc +
	       (uint64_t)((int64_t)((uint64_t)field << (64 - width)) >> (62 - width) & ~INT64_C(3));
}

/* Leave the block if the branch is taken.  One that goes back closes a loop and ends the block, so
 * that nothing of the loop's budget has to be given back. */
static bool branch_if(
    struct lower *l, enum ir_op op, enum ir_type type, ir_ref a, unsigned info, uint64_t to)
{
	ir_exit(l->b, op, type, a, info, to);
	if (to <= l->pc) {
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
