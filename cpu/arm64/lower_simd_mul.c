/* Lowering of AdvSIMD multiplication that wraps, and of dot products; semantics as in
 * exec_simd_host.c and exec_simd_mul.c. */
#include "cpu/arm64/lower_simd.h"

#define D lower_v(s->l, s->w & 31)

// clang-format off
SIMD(mul_v,  VECTOR,  SAME, U, OP(VMUL, n, m))
SIMD(mul_ve, ELEMENT, SAME, U, OP(VMUL, n, m))
SIMD(mla_v,  VECTOR,  SAME, U, OP(VADD, D, OP(VMUL, n, m)))
SIMD(mla_ve, ELEMENT, SAME, U, OP(VADD, D, OP(VMUL, n, m)))
SIMD(mls_v,  VECTOR,  SAME, U, OP(VSUB, D, OP(VMUL, n, m)))
SIMD(mls_ve, ELEMENT, SAME, U, OP(VSUB, D, OP(VMUL, n, m)))
// clang-format on

/* --- Long products --- */

struct simd simd_open_product(struct lower *l, uint32_t w, enum simd_operand operand, bool sign)
{
	return simd_open(l, w, operand, SIMD_LONG, sign && SIZE == 0);
}

ir_ref simd_product(const struct simd *s, bool sign)
{
	switch (s->size) {
	case 0: return OP(VMUL, s->n, s->m);
	case 1: return sign ? OP(VPAIRS, s->n, s->m) : OP(VMUL, s->n, s->m);
	default: return sign ? OP(VMULS, s->n, s->m) : OP(VMULU, s->n, s->m);
	}
}

/* `op`: how it changes the destination; CONST if it replaces it. */
static bool long_product(
    struct lower *l, uint32_t w, enum simd_operand operand, bool sign, enum ir_op op)
{
	const struct simd o = simd_open_product(l, w, operand, sign), *s = &o;
	ir_ref p = simd_product(s, sign);
	return simd_close(s, op == IR_CONST ? p : ir_vector(s->b, op, s->lane, D, p));
}

#define LONG_PRODUCT(name, sign, op)                               \
	LOWER(name##_v)                                            \
	{                                                          \
		return long_product(l, w, SIMD_VECTOR, sign, op);  \
	}                                                          \
	LOWER(name##_ve)                                           \
	{                                                          \
		return long_product(l, w, SIMD_ELEMENT, sign, op); \
	}
LONG_PRODUCT(smull, S, IR_CONST)
LONG_PRODUCT(umull, U, IR_CONST)
LONG_PRODUCT(smlal, S, IR_VADD)
LONG_PRODUCT(umlal, U, IR_VADD)
LONG_PRODUCT(smlsl, S, IR_VSUB)
LONG_PRODUCT(umlsl, U, IR_VSUB)

/* PMULL of 64 bits; PMULL2 takes the upper halves. */
LOWER(pmull_64)
{
	ir_ref n = lower_v(l, RN), m = lower_v(l, RM);
	lower_set_v(l, RD, ir_append(l->b, IR_CLMUL, IR_V128, n, m, 0, FULL, 0));
	return true;
}

/* --- Dot products --- */

/* Bytes of even or odd numbers, as half words. */
static ir_ref bytes_as_halves(struct lower *l, bool sign, bool odd, ir_ref v)
{
	if (sign) {
		v = odd ? v : ir_vector_imm(l->b, IR_VSHL, 1, v, 8);
		return ir_vector_imm(l->b, IR_VSAR, 1, v, 8);
	}
	return odd ? ir_vector_imm(l->b, IR_VSHR, 1, v, 8)
		   : ir_vector(l->b, IR_VAND, 1, v, simd_constant(l->b, 1, 0xff));
}

static bool dot(struct lower *l, uint32_t w, bool sign, ir_ref m)
{
	ir_ref n = lower_v(l, RN), sum = lower_v(l, RD);
	for (unsigned odd = 0; odd < 2; odd++) {
		ir_ref x = bytes_as_halves(l, sign, odd, n), y = bytes_as_halves(l, sign, odd, m);
		sum = ir_vector(l->b, IR_VADD, 2, sum, ir_vector(l->b, IR_VPAIRS, 2, x, y));
	}
	return simd_set(l, w, sum);
}

static ir_ref dot_element(struct lower *l, uint32_t w)
{
	return simd_broadcast(l->b, 2, lower_v(l, RM), FIELD_OF(11, 11) << 1 | FIELD_OF(21, 21));
}

#define DOT(name, sign)                                    \
	LOWER(name##_v)                                    \
	{                                                  \
		return dot(l, w, sign, lower_v(l, RM));    \
	}                                                  \
	LOWER(name##_ve)                                   \
	{                                                  \
		return dot(l, w, sign, dot_element(l, w)); \
	}
DOT(sdot, S)
DOT(udot, U)
