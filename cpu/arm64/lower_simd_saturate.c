/* Lowering of AdvSIMD arithmetic that saturates and says so in FPSR.QC; semantics as in
 * exec_simd_arith.c, exec_simd_mul.c, exec_simd_shift.c. */
#include "cpu/arm64/lower_simd.h"

#define D lower_v(s->l, s->w & 31)

/* `v`, which has saturated in the lanes of `mask`. */
static ir_ref with_mask(const struct simd *s, ir_ref mask, ir_ref v)
{
	simd_saturated(s, mask);
	return v;
}

static uint64_t most(const struct simd *s, unsigned bits)
{
	return UINT64_MAX >> (64 - bits);
}

static unsigned lane_bits(const struct simd *s)
{
	return 8u << s->lane;
}

/* The limit that a signed number of the sign of `v` saturates to. */
static ir_ref limit(const struct simd *s, ir_ref v)
{
	return OP(VXOR, OP(VCGT, ZERO, v), ALL(most(s, lane_bits(s) - 1)));
}

static ir_ref choose(const struct simd *s, ir_ref mask, ir_ref yes, ir_ref no)
{
	return ir_append(s->b, IR_VSEL, IR_V128, mask, yes, no, s->lane, 0);
}

/* --- Sums and differences: hosts saturate small lanes --- */

static ir_ref small(
    const struct simd *s, enum ir_op saturating, enum ir_op wrapping, ir_ref n, ir_ref m)
{
	ir_ref v = ir_vector(s->b, saturating, s->lane, n, m);
	return with_mask(s, OP(VXOR, v, ir_vector(s->b, wrapping, s->lane, n, m)), v);
}

/* Overflow: `x` and `y` have 1 in their highest bit. */
static ir_ref limited(const struct simd *s, ir_ref x, ir_ref y, ir_ref v, ir_ref n)
{
	ir_ref over = OP(VCGT, ZERO, OP(VAND, x, y));
	return with_mask(s, over, choose(s, over, limit(s, n), v));
}

static ir_ref add(const struct simd *s, bool sign, ir_ref n, ir_ref m)
{
	if (s->lane < 2)
		return small(s, sign ? IR_VSQADD : IR_VUQADD, IR_VADD, n, m);
	ir_ref v = OP(VADD, n, m);
	if (sign)
		return limited(s, OP(VXOR, n, v), OP(VXOR, m, v), v, n);
	ir_ref over = OP(VCHI, n, v);
	return with_mask(s, over, OP(VOR, v, over));
}

static ir_ref sub(const struct simd *s, bool sign, ir_ref n, ir_ref m)
{
	if (s->lane < 2)
		return small(s, sign ? IR_VSQSUB : IR_VUQSUB, IR_VSUB, n, m);
	ir_ref v = OP(VSUB, n, m);
	if (sign)
		return limited(s, OP(VXOR, n, m), OP(VXOR, n, v), v, n);
	ir_ref under = OP(VCHI, m, n);
	return with_mask(s, under, OP(VANDN, v, under));
}

/* Only the most negative number has no opposite; as a result it stands for that. */
static ir_ref no_opposite(const struct simd *s, ir_ref v)
{
	ir_ref over = OP(VCEQ, v, ALL(UINT64_C(1) << (lane_bits(s) - 1)));
	return with_mask(s, over, OP(VXOR, v, over));
}

static ir_ref negate(const struct simd *s, ir_ref n)
{
	return no_opposite(s, OP(VSUB, ZERO, n));
}

// clang-format off
SIMD_BOTH(sqadd, VECTOR, SAME, S, add(s, S, n, m))
SIMD_BOTH(uqadd, VECTOR, SAME, U, add(s, U, n, m))
SIMD_BOTH(sqsub, VECTOR, SAME, S, sub(s, S, n, m))
SIMD_BOTH(uqsub, VECTOR, SAME, U, sub(s, U, n, m))
SIMD_BOTH(sqabs, UNARY,  SAME, S, no_opposite(s, OP(VABS, n, 0)))
SIMD_BOTH(sqneg, UNARY,  SAME, S, negate(s, n))
// clang-format on

/* --- Narrowing --- */

/* Wide lanes to what fits the narrow ones; `from`, `to`: with a sign. */
static ir_ref clamp(const struct simd *s, bool from, bool to, ir_ref n)
{
	unsigned bits = 8u << s->size;
	ir_ref v = n;
	if (from && to)
		v = OP(VSMAX, v, ALL(UINT64_MAX << (bits - 1)));
	else if (from)
		v = OP(VSMAX, v, ZERO);
	ir_ref top = ALL(most(s, bits - to));
	v = from ? OP(VSMIN, v, top) : OP(VUMIN, v, top);
	return with_mask(s, OP(VXOR, v, n), v);
}

// clang-format off
SIMD_BOTH(sqxtn,    UNARY, NARROW, S, clamp(s, S, S, n))
SIMD_BOTH(uqxtn,    UNARY, NARROW, U, clamp(s, U, U, n))
SIMD_BOTH(sqxtun,   UNARY, NARROW, S, clamp(s, S, U, n))
SIMD_BOTH(sqshrn,   RIGHT, NARROW, S, clamp(s, S, S, simd_down(s, S, n)))
SIMD_BOTH(uqshrn,   RIGHT, NARROW, U, clamp(s, U, U, simd_down(s, U, n)))
SIMD_BOTH(sqshrun,  RIGHT, NARROW, S, clamp(s, S, U, simd_down(s, S, n)))
SIMD_BOTH(sqrshrn,  RIGHT, NARROW, S, clamp(s, S, S, simd_rounded_down(s, S, n)))
SIMD_BOTH(uqrshrn,  RIGHT, NARROW, U, clamp(s, U, U, simd_rounded_down(s, U, n)))
SIMD_BOTH(sqrshrun, RIGHT, NARROW, S, clamp(s, S, U, simd_rounded_down(s, S, n)))
// clang-format on

/* --- Shifts to the left --- */

/* What does not come back when shifted back has overflowed. */
static ir_ref fits(const struct simd *s, bool sign, ir_ref n, ir_ref v)
{
	return OP(VCEQ, sign ? BY(VSAR, v, s->count) : BY(VSHR, v, s->count), n);
}

static ir_ref up(const struct simd *s, bool sign, ir_ref n)
{
	if (!s->count)
		return n;
	ir_ref v = BY(VSHL, n, s->count), good = fits(s, sign, n, v);
	simd_saturated(s, NOT(good));
	return choose(s, good, v, sign ? limit(s, n) : ONES);
}

/* Signed in, unsigned out. */
static ir_ref up_unsigned(const struct simd *s, ir_ref n)
{
	ir_ref negative = OP(VCGT, ZERO, n), v = n, over = negative;
	if (s->count) {
		ir_ref wrong = NOT(fits(s, U, n, v = BY(VSHL, n, s->count)));
		over = OP(VOR, over, wrong);
		v = OP(VOR, v, wrong);
	}
	return with_mask(s, over, OP(VANDN, v, negative));
}

// clang-format off
SIMD_BOTH(sqshl_imm,  LEFT, SAME, S, up(s, S, n))
SIMD_BOTH(uqshl_imm,  LEFT, SAME, U, up(s, U, n))
SIMD_BOTH(sqshlu_imm, LEFT, SAME, S, up_unsigned(s, n))
// clang-format on

/* --- Doubled products: that of the most negative number with itself overflows, alone --- */

static bool doubled_product(struct lower *l, uint32_t w, enum simd_operand operand, enum ir_op op)
{
	const struct simd o = simd_open_product(l, w, operand, S), *s = &o;
	ir_ref p = simd_product(s, S);
	p = no_opposite(s, OP(VADD, p, p));
	if (op == IR_VADD)
		p = add(s, S, D, p);
	else if (op == IR_VSUB)
		p = sub(s, S, D, p);
	return simd_close(s, p);
}

#define DOUBLED(name, operand, op)                                \
	LOWER(name)                                               \
	{                                                         \
		return doubled_product(l, w, SIMD_##operand, op); \
	}
#define DOUBLED_FORMS(name, op)         \
	DOUBLED(name##_v, VECTOR, op)   \
	DOUBLED(name##_s, VECTOR, op)   \
	DOUBLED(name##_ve, ELEMENT, op) \
	DOUBLED(name##_se, ELEMENT, op)
DOUBLED_FORMS(sqdmull, IR_CONST)
DOUBLED_FORMS(sqdmlal, IR_VADD)
DOUBLED_FORMS(sqdmlsl, IR_VSUB)

/* The upper half of the doubled product of words, of which a host multiplies every second. */
static ir_ref high_words(const struct simd *s, bool round, ir_ref n, ir_ref m)
{
	ir_ref half[2];
	for (unsigned odd = 0; odd < 2; odd++) {
		ir_ref x = odd ? ir_vector_imm(s->b, IR_VSHR, 3, n, 32) : n;
		ir_ref y = odd ? ir_vector_imm(s->b, IR_VSHR, 3, m, 32) : m;
		ir_ref p = ir_vector(s->b, IR_VMULS, 3, x, y);
		p = ir_vector(s->b, IR_VADD, 3, p, p);
		if (round)
			p = ir_vector(
			    s->b, IR_VADD, 3, p, simd_constant(s->b, 3, UINT64_C(1) << 31));
		half[odd] = p;
	}
	ir_ref even = ir_vector_imm(s->b, IR_VSHR, 3, half[0], 32);
	return OP(VOR, even, OP(VAND, half[1], simd_constant(s->b, 3, UINT64_MAX << 32)));
}

static ir_ref high(const struct simd *s, bool round, ir_ref n, ir_ref m)
{
	if (s->size == 2)
		return no_opposite(s, high_words(s, round, n, m));
	if (round)
		return no_opposite(s, OP(VMULRS, n, m));
	ir_ref upper = OP(VMULHS, n, m);
	return no_opposite(s, OP(VOR, OP(VADD, upper, upper), BY(VSHR, OP(VMUL, n, m), 15)));
}

// clang-format off
SIMD_BOTH(sqdmulh,   VECTOR,  SAME, S, high(s, false, n, m))
SIMD_BOTH(sqrdmulh,  VECTOR,  SAME, S, high(s, true, n, m))
SIMD(sqdmulh_ve,     ELEMENT, SAME, S, high(s, false, n, m))
SIMD(sqdmulh_se,     ELEMENT, SAME, S, high(s, false, n, m))
SIMD(sqrdmulh_ve,    ELEMENT, SAME, S, high(s, true, n, m))
SIMD(sqrdmulh_se,    ELEMENT, SAME, S, high(s, true, n, m))
// clang-format on

/* --- Shifts by a register: what does not come back from the left has saturated --- */

static ir_ref shift_by(const struct simd *s, bool sign, bool round, ir_ref n, ir_ref m)
{
	ir_ref v = round ? simd_rounded_by(s, sign, n, m) : simd_by(s, sign, n, m);
	ir_ref back = simd_by(s, sign, v, OP(VSUB, ZERO, m));
	ir_ref left = OP(VCGT, simd_count(s, m), ZERO);
	ir_ref over = OP(VANDN, left, OP(VCEQ, back, n));
	return with_mask(s, over, sign ? choose(s, over, limit(s, n), v) : OP(VOR, v, over));
}

// clang-format off
SIMD_BOTH(sqshl,  VECTOR, SAME, S, shift_by(s, S, false, n, m))
SIMD_BOTH(uqshl,  VECTOR, SAME, U, shift_by(s, U, false, n, m))
SIMD_BOTH(sqrshl, VECTOR, SAME, S, shift_by(s, S, true, n, m))
SIMD_BOTH(uqrshl, VECTOR, SAME, U, shift_by(s, U, true, n, m))
// clang-format on
