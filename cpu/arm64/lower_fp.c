/* Lowering of the FP instructions that move bits or meet the condition flags; arithmetic is the
 * interpreter's (lower.c). */
#include "cpu/arm64/engine.h"
#include "cpu/arm64/lower.h"

#define RD                FIELD_OF(4, 0)
#define RN                FIELD_OF(9, 5)
#define RM                FIELD_OF(20, 16)
#define STATE(member)     ((uint32_t)offsetof(struct arm64, s.member))
#define V_OFFSET(n, half) (STATE(v) + (n)*16u + (half)*8u)

static ir_ref low(struct lower *l, unsigned n)
{
	return ir_get(l->b, IR_I64, V_OFFSET(n, 0));
}

/* A scalar's bits by ftype: S, D, -, H. */
static ir_ref scalar(struct lower *l, uint32_t w, ir_ref v)
{
	switch (FIELD_OF(23, 22)) {
	case 0: return ir_unary(l->b, IR_ZEXT32, IR_I64, v);
	case 3: return ir_unary(l->b, IR_ZEXT16, IR_I64, v);
	default: return v;
	}
}

static void set_scalar(struct lower *l, unsigned n, ir_ref v)
{
	ir_set(l->b, V_OFFSET(n, 0), v);
	ir_set(l->b, V_OFFSET(n, 1), ir_const(l->b, 0));
}

LOWER(fmov_to_int)
{
	lower_set_x(l, RD, scalar(l, w, low(l, RN)));
	return true;
}

LOWER(fmov_from_int)
{
	set_scalar(l, RD, scalar(l, w, lower_x(l, RN)));
	return true;
}

LOWER(fmov_top_to_int)
{
	lower_set_x(l, RD, ir_get(l->b, IR_I64, V_OFFSET(RN, 1)));
	return true;
}

LOWER(fmov_top_from_int)
{
	ir_set(l->b, V_OFFSET(RD, 1), lower_x(l, RN));
	return true;
}

LOWER(fcsel)
{
	ir_ref yes = scalar(l, w, low(l, RN)), no = scalar(l, w, low(l, RM));
	set_scalar(l, RD, ir_select(l->b, IR_I64, ir_get_flags(l->b), FIELD_OF(15, 12), yes, no));
	return true;
}

/* The interpreter compares and leaves NZCV in its own place. */
static bool compare(struct lower *l, uint32_t w)
{
	const struct insn *i = engine_keep(l->c->engine, w);
	if (!i)
		return false;
	ir_helper(l->b, (uintptr_t)i->exec, i, STATE(nzcv), STATE(nzcv));
	ir_ref nzcv = ir_get(l->b, IR_I64, STATE(nzcv)); /* and EL in the upper half */
	nzcv = ir_binary(l->b, IR_AND, IR_I64, nzcv, ir_const(l->b, 15));
	ir_set_flags(l->b, ir_append(l->b, IR_NZCV, IR_I32, nzcv, 0, 0, 0, 0));
	return true;
}

LOWER(fcmp)
{
	return compare(l, w);
}

LOWER(fcmp_zero)
{
	return compare(l, w);
}

LOWER(fcmpe)
{
	return compare(l, w);
}

LOWER(fcmpe_zero)
{
	return compare(l, w);
}
