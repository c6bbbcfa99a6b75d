/* Lowering of loads and stores of vector registers; semantics as in exec_simd_ldst.c.
 *
 * One check covers all that an instruction touches; what it loads goes to registers after the last
 * access. */
#include "cpu/arm64/lower.h"

#define RT     FIELD_OF(4, 0)
#define RN     FIELD_OF(9, 5)
#define RT2    FIELD_OF(14, 10)
#define LOG2_Q 4

/* One register at address + disp, then the base moved by `writeback`. */
static bool single(struct lower *l, uint32_t w, bool store, unsigned size, ir_ref address,
    int32_t disp, int32_t writeback)
{
	ir_ref host = ir_probe(l->b, size, store, address, disp);
	if (store)
		ir_store_host(l->b, size, host, 0, lower_v(l, RT));
	else
		lower_set_v(l, RT, ir_load_host(l->b, IR_V128, size, host, 0));
	if (writeback)
		lower_set_x_sp(l, RN,
		    ir_binary(l->b, IR_ADD, IR_I64, address,
			ir_const(l->b, (uint64_t)(int64_t)writeback)));
	return true;
}

#define SINGLE_FORMS(name, store, size)                                                            \
	LOWER(name##_uimm)                                                                         \
	{                                                                                          \
		return single(l, w, store, size, lower_base(l, RN),                                \
		    (int32_t)(FIELD_OF(21, 10) << (size)), 0);                                     \
	}                                                                                          \
	LOWER(name##_unscaled)                                                                     \
	{                                                                                          \
		return single(l, w, store, size, lower_base(l, RN), lower_imm9(w), 0);             \
	}                                                                                          \
	LOWER(name##_post)                                                                         \
	{                                                                                          \
		return single(l, w, store, size, lower_base(l, RN), 0, lower_imm9(w));             \
	}                                                                                          \
	LOWER(name##_pre)                                                                          \
	{                                                                                          \
		return single(l, w, store, size, lower_base(l, RN), lower_imm9(w), lower_imm9(w)); \
	}                                                                                          \
	LOWER(name##_reg)                                                                          \
	{                                                                                          \
		ir_ref n = lower_base(l, RN), m = lower_index(l, w, size);                         \
		return single(l, w, store, size, ir_binary(l->b, IR_ADD, IR_I64, n, m), 0, 0);     \
	}
SINGLE_FORMS(ldr_v, false, FIELD_OF(31, 30))
SINGLE_FORMS(str_v, true, FIELD_OF(31, 30))
SINGLE_FORMS(ldr_q, false, LOG2_Q)
SINGLE_FORMS(str_q, true, LOG2_Q)

LOWER(ldr_v_literal)
{
	int64_t offset = (int64_t)((uint64_t)FIELD_OF(23, 5) << 45) >> 45;
	ir_ref address = ir_const(l->b, l->pc + (uint64_t)(offset * 4));
	return single(l, w, false, 2 + FIELD_OF(31, 30), address, 0, 0);
}

enum index { OFFSET, PRE, POST };

static bool pair(struct lower *l, uint32_t w, bool store, enum index index)
{
	const unsigned size = 2 + FIELD_OF(31, 30);
	const int32_t bytes = 1 << size, offset = ((int32_t)(w << 10) >> 25) * bytes;
	if (!store && RT == RT2)
		return false;
	ir_ref n = lower_base(l, RN);
	ir_ref host = ir_probe(l->b, size + 1, store, n, index == POST ? 0 : offset);
	if (store) {
		ir_store_host(l->b, size, host, 0, lower_v(l, RT));
		ir_store_host(l->b, size, host, bytes, lower_v(l, RT2));
	} else {
		ir_ref a = ir_load_host(l->b, IR_V128, size, host, 0);
		ir_ref b = ir_load_host(l->b, IR_V128, size, host, bytes);
		lower_set_v(l, RT, a);
		lower_set_v(l, RT2, b);
	}
	if (index != OFFSET)
		lower_set_x_sp(l, RN,
		    ir_binary(l->b, IR_ADD, IR_I64, n, ir_const(l->b, (uint64_t)(int64_t)offset)));
	return true;
}

#define PAIR(name, store, index)                 \
	LOWER(name)                              \
	{                                        \
		return pair(l, w, store, index); \
	}
PAIR(ldp_v_post, false, POST)
PAIR(ldp_v_offset, false, OFFSET)
PAIR(ldp_v_pre, false, PRE)
PAIR(ldnp_v, false, OFFSET)
PAIR(stp_v_post, true, POST)
PAIR(stp_v_offset, true, OFFSET)
PAIR(stp_v_pre, true, PRE)
PAIR(stnp_v, true, OFFSET)
