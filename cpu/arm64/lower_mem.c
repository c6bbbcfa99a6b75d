/* Lowering of loads and stores of general registers; semantics as in exec_mem.c.
 *
 * A memory operation that faults leaves the block before its instruction, so nothing of it may have
 * written then: results go to registers after the last access. */
#include "cpu/arm64/lower.h"

#define RT  FIELD_OF(4, 0)
#define RN  FIELD_OF(9, 5)
#define RT2 FIELD_OF(14, 10)

enum direction { STORE, LOAD_ZERO, LOAD_SIGNED64, LOAD_SIGNED32 };

/* SINGLE's "size" and "opc" texts as numbers. */
#define SIZE_OF(size)  ((unsigned)((size)[0] - '0') * 2 + (unsigned)((size)[1] - '0'))
#define DIRECTION(opc) ((enum direction)(((opc)[0] - '0') * 2 + (opc)[1] - '0'))

static void transfer(
    struct lower *l, uint32_t w, unsigned size, enum direction d, ir_ref address, int32_t disp)
{
	unsigned sign = d >= LOAD_SIGNED64 ? IR_MEM_SIGNED : 0;
	ir_ref host = ir_probe(l->b, size, d == STORE, address, disp);
	if (d == STORE)
		ir_store_host(l->b, size, host, 0, lower_x(l, RT));
	else
		lower_set_x(l, RT,
		    ir_load_host(l->b, d == LOAD_SIGNED32 ? IR_I32 : IR_I64, size | sign, host, 0));
}

static bool writeback(struct lower *l, uint32_t w, unsigned size, enum direction d, bool pre)
{
	if (RN == RT && RN != 31)
		return false; /* constrained unpredictable: as the interpreter does it */
	ir_ref n = lower_base(l, RN);
	transfer(l, w, size, d, n, pre ? lower_imm9(w) : 0);
	lower_set_x_sp(l, RN,
	    ir_binary(l->b, IR_ADD, IR_I64, n, ir_const(l->b, (uint64_t)(int64_t)lower_imm9(w))));
	return true;
}

#define SINGLE(op, m, u, r, size, opc, R, scale, flags)                                          \
	LOWER(op##_uoff)                                                                         \
	{                                                                                        \
		transfer(l, w, SIZE_OF(size), DIRECTION(opc), lower_base(l, RN),                 \
		    (int32_t)(FIELD_OF(21, 10) << SIZE_OF(size)));                               \
		return true;                                                                     \
	}                                                                                        \
	LOWER(op##_unscaled)                                                                     \
	{                                                                                        \
		transfer(l, w, SIZE_OF(size), DIRECTION(opc), lower_base(l, RN), lower_imm9(w)); \
		return true;                                                                     \
	}                                                                                        \
	LOWER(op##_post)                                                                         \
	{                                                                                        \
		return writeback(l, w, SIZE_OF(size), DIRECTION(opc), false);                    \
	}                                                                                        \
	LOWER(op##_pre)                                                                          \
	{                                                                                        \
		return writeback(l, w, SIZE_OF(size), DIRECTION(opc), true);                     \
	}                                                                                        \
	LOWER(op##_reg)                                                                          \
	{                                                                                        \
		ir_ref n = lower_base(l, RN), m_ = lower_index(l, w, SIZE_OF(size));             \
		transfer(l, w, SIZE_OF(size), DIRECTION(opc),                                    \
		    ir_binary(l->b, IR_ADD, IR_I64, n, m_), 0);                                  \
		return true;                                                                     \
	}
#include "cpu/arm64/singles.def"
#undef SINGLE

static bool literal(struct lower *l, uint32_t w, unsigned info)
{
	int64_t offset = (int64_t)((uint64_t)FIELD_OF(23, 5) << 45) >> 45;
	ir_ref address = ir_const(l->b, l->pc + (uint64_t)(offset * 4));
	lower_set_x(l, RT, ir_load(l->b, IR_I64, info, address, 0));
	return true;
}

LOWER(ldr_lit_w)
{
	return literal(l, w, 2);
}

LOWER(ldr_lit_x)
{
	return literal(l, w, 3);
}

LOWER(ldrsw_lit)
{
	return literal(l, w, 2 | IR_MEM_SIGNED);
}

#define NO_EFFECT(name)      \
	LOWER(name)          \
	{                    \
		return true; \
	}
NO_EFFECT(prfm_lit)
NO_EFFECT(prfm_uoff)
NO_EFFECT(prfum)
NO_EFFECT(prfm_reg)

/* --- Pairs: one check for both --- */

enum index { OFFSET, PRE, POST };

static bool pair(struct lower *l, uint32_t w, unsigned size, enum direction d, enum index index)
{
	int32_t bytes = 1 << size, offset = ((int32_t)(w << 10) >> 25) * bytes;
	if (index != OFFSET && RN != 31 && (RN == RT || RN == RT2))
		return false;
	if (d != STORE && RT == RT2)
		return false;
	ir_ref n = lower_base(l, RN);
	ir_ref host = ir_probe(l->b, size + 1, d == STORE, n, index == POST ? 0 : offset);
	if (d == STORE) {
		ir_store_host(l->b, size, host, 0, lower_x(l, RT));
		ir_store_host(l->b, size, host, bytes, lower_x(l, RT2));
	} else {
		unsigned info = size | (d == LOAD_SIGNED64 ? IR_MEM_SIGNED : 0);
		ir_ref a = ir_load_host(l->b, IR_I64, info, host, 0);
		ir_ref b = ir_load_host(l->b, IR_I64, info, host, bytes);
		lower_set_x(l, RT, a);
		lower_set_x(l, RT2, b);
	}
	if (index != OFFSET)
		lower_set_x_sp(l, RN,
		    ir_binary(l->b, IR_ADD, IR_I64, n, ir_const(l->b, (uint64_t)(int64_t)offset)));
	return true;
}

#define PAIR_FORMS(op, size, direction)                     \
	LOWER(op##_post)                                    \
	{                                                   \
		return pair(l, w, size, direction, POST);   \
	}                                                   \
	LOWER(op##_off)                                     \
	{                                                   \
		return pair(l, w, size, direction, OFFSET); \
	}                                                   \
	LOWER(op##_pre)                                     \
	{                                                   \
		return pair(l, w, size, direction, PRE);    \
	}
PAIR_FORMS(stp_w, 2, STORE)
PAIR_FORMS(ldp_w, 2, LOAD_ZERO)
PAIR_FORMS(ldpsw, 2, LOAD_SIGNED64)
PAIR_FORMS(stp_x, 3, STORE)
PAIR_FORMS(ldp_x, 3, LOAD_ZERO)

#define PAIR(name, size, direction)                         \
	LOWER(name)                                         \
	{                                                   \
		return pair(l, w, size, direction, OFFSET); \
	}
PAIR(stnp_w, 2, STORE)
PAIR(ldnp_w, 2, LOAD_ZERO)
PAIR(stnp_x, 3, STORE)
PAIR(ldnp_x, 3, LOAD_ZERO)
