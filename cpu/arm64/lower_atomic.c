/* Lowering of ordered, exclusive and atomic accesses; semantics as in exec_mem.c.  One CPU runs at
 * a time, so a load and a store are atomic. */
#include "cpu/arm64/lower.h"

#define RT            FIELD_OF(4, 0)
#define RN            FIELD_OF(9, 5)
#define RS            FIELD_OF(20, 16)
#define SIZE          FIELD_OF(31, 30)
#define STATE(member) ((uint32_t)offsetof(struct arm64, s.member))

/* The address; the interpreter faults if it is not a multiple of the size. */
static ir_ref aligned(struct lower *l, uint32_t w, unsigned size)
{
	ir_ref v = lower_base(l, RN);
	if (size)
		ir_append(l->b, IR_REFUSE, IR_I64, v, 0, 0, 0, (1u << size) - 1);
	return v;
}

static bool load_ordered(struct lower *l, uint32_t w)
{
	lower_set_x(l, RT, ir_load(l->b, IR_I64, SIZE, aligned(l, w, SIZE), 0));
	return true;
}

static bool store_ordered(struct lower *l, uint32_t w)
{
	ir_store(l->b, SIZE, aligned(l, w, SIZE), 0, lower_x(l, RT));
	return true;
}

LOWER(ldar)
{
	return load_ordered(l, w);
}

LOWER(ldlar)
{
	return load_ordered(l, w);
}

LOWER(ldapr)
{
	return load_ordered(l, w);
}

LOWER(stlr)
{
	return store_ordered(l, w);
}

LOWER(stllr)
{
	return store_ordered(l, w);
}

LOWER(ldxr)
{
	ir_ref address = aligned(l, w, SIZE), v = ir_load(l->b, IR_I64, SIZE, address, 0);
	ir_set(l->b, STATE(excl_addr), address);
	ir_set(l->b, STATE(excl_size), ir_const(l->b, UINT64_C(1) << SIZE));
	ir_set(l->b, STATE(excl_val[0]), v);
	ir_set(l->b, STATE(excl_val[1]), ir_const(l->b, 0));
	lower_set_x(l, RT, v);
	return true;
}

LOWER(ldaxr)
{
	return lower_ldxr(l, w);
}

/* The interpreter takes over unless both values are equal. */
static void expect_equal(struct lower *l, ir_ref a, ir_ref b)
{
	ir_append(
	    l->b, IR_REFUSE, IR_I64, ir_binary(l->b, IR_XOR, IR_I64, a, b), 0, 0, 0, UINT64_MAX);
}

/* The usual case succeeds; failure is the interpreter's. */
LOWER(stxr)
{
	ir_ref address = aligned(l, w, SIZE);
	expect_equal(l, address, ir_get(l->b, IR_I64, STATE(excl_addr)));
	expect_equal(
	    l, ir_get(l->b, IR_I64, STATE(excl_size)), ir_const(l->b, UINT64_C(1) << SIZE));
	ir_ref host = ir_probe(l->b, SIZE, true, address, 0);
	ir_ref now = ir_load_host(l->b, IR_I64, SIZE, host, 0);
	expect_equal(l, now, ir_get(l->b, IR_I64, STATE(excl_val[0])));
	ir_store_host(l->b, SIZE, host, 0, lower_x(l, RT));
	ir_set(l->b, STATE(excl_addr), ir_const(l->b, EXCL_NONE));
	lower_set_x(l, RS, ir_const(l->b, 0));
	return true;
}

LOWER(stlxr)
{
	return lower_stxr(l, w);
}

/* --- LSE --- */

/* The larger or smaller of two values of the access size, as `cond` of old - operand says. */
static ir_ref choose(
    struct lower *l, uint32_t w, ir_ref old, ir_ref operand, unsigned cond, bool is_signed)
{
	static const enum ir_op extend[2][2] = {{IR_ZEXT8, IR_ZEXT16}, {IR_SEXT8, IR_SEXT16}};
	ir_ref a = old, b = operand;
	if (SIZE < 2) {
		a = ir_unary(l->b, extend[is_signed][SIZE], IR_I32, old);
		b = ir_unary(l->b, extend[is_signed][SIZE], IR_I32, operand);
	}
	ir_ref compared = ir_append(l->b, IR_SUBS, SIZE == 3 ? IR_I64 : IR_I32, a, b, 0, 0, 0);
	return ir_select(l->b, IR_I64, compared, cond, old, operand);
}

enum atomic { ADD, CLR, EOR, SET, SMAX, SMIN, UMAX, UMIN, SWP };
enum { COND_HS = 2, COND_LS = 9, COND_GE = 10, COND_LE = 13 };

static ir_ref combine(struct lower *l, uint32_t w, enum atomic op, ir_ref old, ir_ref v)
{
	switch (op) {
	case ADD: return ir_binary(l->b, IR_ADD, IR_I64, old, v);
	case CLR: return ir_binary(l->b, IR_AND, IR_I64, old, ir_unary(l->b, IR_NOT, IR_I64, v));
	case EOR: return ir_binary(l->b, IR_XOR, IR_I64, old, v);
	case SET: return ir_binary(l->b, IR_OR, IR_I64, old, v);
	case SMAX: return choose(l, w, old, v, COND_GE, true);
	case SMIN: return choose(l, w, old, v, COND_LE, true);
	case UMAX: return choose(l, w, old, v, COND_HS, false);
	case UMIN: return choose(l, w, old, v, COND_LS, false);
	default: return v;
	}
}

static bool atomic(struct lower *l, uint32_t w, enum atomic op)
{
	ir_ref host = ir_probe(l->b, SIZE, true, aligned(l, w, SIZE), 0);
	ir_ref old = ir_load_host(l->b, IR_I64, SIZE, host, 0);
	ir_store_host(l->b, SIZE, host, 0, combine(l, w, op, old, lower_x(l, RS)));
	lower_set_x(l, RT, old);
	return true;
}

#define ATOMIC(name, o3, opc, op)        \
	LOWER(name)                      \
	{                                \
		return atomic(l, w, op); \
	}
#include "cpu/arm64/atomics.def"
#undef ATOMIC

LOWER(cas)
{
	ir_ref host = ir_probe(l->b, SIZE, true, aligned(l, w, SIZE), 0);
	ir_ref old = ir_load_host(l->b, IR_I64, SIZE, host, 0), expected = lower_x(l, RS);
	if (SIZE < 2)
		expected = ir_unary(l->b, SIZE ? IR_ZEXT16 : IR_ZEXT8, IR_I32, expected);
	ir_ref same = ir_append(l->b, IR_SUBS, SIZE == 3 ? IR_I64 : IR_I32, old, expected, 0, 0, 0);
	ir_ref v = ir_select(l->b, IR_I64, same, 0, lower_x(l, RT), old);
	ir_store_host(l->b, SIZE, host, 0, v);
	lower_set_x(l, RS, old);
	return true;
}
