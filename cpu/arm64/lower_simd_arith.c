/* Lowering of AdvSIMD arithmetic that wraps, comparisons and bitwise operations; semantics as in
 * exec_simd_host.c and exec_simd_arith.c. */
#include "cpu/arm64/lower_simd.h"

#define D lower_v(s->l, s->w & 31)

/* --- Lane by lane --- */

static ir_ref greater_or_equal(
    const struct simd *s, enum ir_op max, enum ir_op greater, ir_ref n, ir_ref m)
{
	if (s->lane == 3) /* hosts are short of maxima of this size */
		return NOT(ir_vector(s->b, greater, s->lane, m, n));
	return OP(VCEQ, ir_vector(s->b, max, s->lane, n, m), n);
}

static ir_ref difference(const struct simd *s, bool sign, ir_ref n, ir_ref m)
{
	ir_ref max = ir_vector(s->b, sign ? IR_VSMAX : IR_VUMAX, s->lane, n, m);
	ir_ref min = ir_vector(s->b, sign ? IR_VSMIN : IR_VUMIN, s->lane, n, m);
	return OP(VSUB, max, min);
}

/* (n + m) / 2, (n + m + 1) / 2 and (n - m) / 2 without the bit that does not fit. */

static ir_ref half(const struct simd *s, bool sign, ir_ref v)
{
	return ir_vector_imm(s->b, sign ? IR_VSAR : IR_VSHR, s->lane, v, 1);
}

static ir_ref halving_add(const struct simd *s, bool sign, ir_ref n, ir_ref m)
{
	return OP(VADD, OP(VAND, n, m), half(s, sign, OP(VXOR, n, m)));
}

static ir_ref rounding_halving_add(const struct simd *s, bool sign, ir_ref n, ir_ref m)
{
	if (!sign && s->lane < 2)
		return OP(VAVG, n, m);
	return OP(VSUB, OP(VOR, n, m), half(s, sign, OP(VXOR, n, m)));
}

static ir_ref halving_sub(const struct simd *s, bool sign, ir_ref n, ir_ref m)
{
	ir_ref borrow = OP(VAND, OP(VANDN, m, n), ALL(1));
	return OP(VSUB, OP(VSUB, half(s, sign, n), half(s, sign, m)), borrow);
}

/* Of bytes: looked up for each half; the upper one decides unless it is 0. */
static ir_ref zeros_of_bytes(const struct simd *s, ir_ref n)
{
	struct ir_block *b = s->b;
	ir_ref low = simd_constant(b, 0, 15);
	ir_ref upper = ir_vconst(b, UINT64_C(0x0101010102020308), 0);
	ir_ref lower = ir_vconst(b, UINT64_C(0x0505050506060708), UINT64_C(0x0404040404040404));
	ir_ref high = ir_vector(b, IR_VAND, 0, ir_vector_imm(b, IR_VSHR, 1, n, 4), low);
	return ir_vector(b, IR_VUMIN, 0, ir_vector(b, IR_VPERM, 0, upper, high),
	    ir_vector(b, IR_VPERM, 0, lower, ir_vector(b, IR_VAND, 0, n, low)));
}

/* Of half words: of the upper byte, and if it is 0, of the lower one. */
static ir_ref zeros_of_halves(const struct simd *s, ir_ref n)
{
	ir_ref bytes = zeros_of_bytes(s, n), upper = BY(VSHR, bytes, 8);
	return OP(VADD, upper, OP(VAND, OP(VAND, bytes, ALL(0xff)), OP(VCEQ, upper, ALL(8))));
}

static ir_ref leading_zeros(const struct simd *s, ir_ref n)
{
	if (s->lane >= 2)
		return OP(VCLZ, n, 0);
	return s->lane ? zeros_of_halves(s, n) : zeros_of_bytes(s, n);
}

/* Bits that differ from the one above end the row of sign bits. */
static ir_ref leading_signs(const struct simd *s, ir_ref n)
{
	return OP(VSUB, leading_zeros(s, OP(VXOR, n, BY(VSAR, n, 1))), ALL(1));
}

// clang-format off
SIMD_BOTH(add,       VECTOR, SAME, U, OP(VADD, n, m))
SIMD_BOTH(sub,       VECTOR, SAME, U, OP(VSUB, n, m))
SIMD_BOTH(neg,       UNARY,  SAME, U, OP(VSUB, ZERO, n))
SIMD_BOTH(abs,       UNARY,  SAME, U, OP(VABS, n, 0))
SIMD_BOTH(cmeq,      VECTOR, SAME, U, OP(VCEQ, n, m))
SIMD_BOTH(cmgt,      VECTOR, SAME, U, OP(VCGT, n, m))
SIMD_BOTH(cmhi,      VECTOR, SAME, U, OP(VCHI, n, m))
SIMD_BOTH(cmge,      VECTOR, SAME, U, greater_or_equal(s, IR_VSMAX, IR_VCGT, n, m))
SIMD_BOTH(cmhs,      VECTOR, SAME, U, greater_or_equal(s, IR_VUMAX, IR_VCHI, n, m))
SIMD_BOTH(cmtst,     VECTOR, SAME, U, NOT(OP(VCEQ, OP(VAND, n, m), ZERO)))
SIMD_BOTH(cmeq_zero, UNARY,  SAME, U, OP(VCEQ, n, ZERO))
SIMD_BOTH(cmgt_zero, UNARY,  SAME, U, OP(VCGT, n, ZERO))
SIMD_BOTH(cmge_zero, UNARY,  SAME, U, OP(VCGT, n, ONES))
SIMD_BOTH(cmle_zero, UNARY,  SAME, U, OP(VCGT, ALL(1), n))
SIMD_BOTH(cmlt_zero, UNARY,  SAME, U, OP(VCGT, ZERO, n))
SIMD(smax_v,         VECTOR, SAME, U, OP(VSMAX, n, m))
SIMD(smin_v,         VECTOR, SAME, U, OP(VSMIN, n, m))
SIMD(umax_v,         VECTOR, SAME, U, OP(VUMAX, n, m))
SIMD(umin_v,         VECTOR, SAME, U, OP(VUMIN, n, m))
SIMD(cnt_v,          UNARY,  SAME, U, OP(VCNT, n, 0))
SIMD(clz_v,          UNARY,  SAME, U, leading_zeros(s, n))
SIMD(cls_v,          UNARY,  SAME, U, leading_signs(s, n))
SIMD(sabd_v,         VECTOR, SAME, U, difference(s, S, n, m))
SIMD(uabd_v,         VECTOR, SAME, U, difference(s, U, n, m))
SIMD(saba_v,         VECTOR, SAME, U, OP(VADD, D, difference(s, S, n, m)))
SIMD(uaba_v,         VECTOR, SAME, U, OP(VADD, D, difference(s, U, n, m)))
SIMD(shadd_v,        VECTOR, SAME, U, halving_add(s, S, n, m))
SIMD(uhadd_v,        VECTOR, SAME, U, halving_add(s, U, n, m))
SIMD(srhadd_v,       VECTOR, SAME, U, rounding_halving_add(s, S, n, m))
SIMD(urhadd_v,       VECTOR, SAME, U, rounding_halving_add(s, U, n, m))
SIMD(shsub_v,        VECTOR, SAME, U, halving_sub(s, S, n, m))
SIMD(uhsub_v,        VECTOR, SAME, U, halving_sub(s, U, n, m))

/* --- Long, wide, narrow --- */

SIMD(saddl_v, VECTOR, LONG, S, OP(VADD, n, m))
SIMD(uaddl_v, VECTOR, LONG, U, OP(VADD, n, m))
SIMD(ssubl_v, VECTOR, LONG, S, OP(VSUB, n, m))
SIMD(usubl_v, VECTOR, LONG, U, OP(VSUB, n, m))
SIMD(saddw_v, VECTOR, WIDE, S, OP(VADD, n, m))
SIMD(uaddw_v, VECTOR, WIDE, U, OP(VADD, n, m))
SIMD(ssubw_v, VECTOR, WIDE, S, OP(VSUB, n, m))
SIMD(usubw_v, VECTOR, WIDE, U, OP(VSUB, n, m))
SIMD(xtn_v,   UNARY,  NARROW, U, n)
// clang-format on

/* The difference fits the narrow lanes without a sign, so it is widened instead of the operands. */
static bool long_difference(struct lower *l, uint32_t w, bool sign, bool accumulate)
{
	struct simd o = simd_open(l, w, SIMD_VECTOR, SIMD_NARROW, U), *s = &o;
	s->lane = s->size;
	ir_ref v = simd_widen(s, difference(s, sign, s->n, s->m));
	s->lane = s->size + 1;
	lower_set_v(l, RD, accumulate ? OP(VADD, D, v) : v);
	return true;
}

#define LONG_DIFFERENCE(name, sign, accumulate)                 \
	LOWER(name)                                             \
	{                                                       \
		return long_difference(l, w, sign, accumulate); \
	}
LONG_DIFFERENCE(sabdl_v, S, false)
LONG_DIFFERENCE(uabdl_v, U, false)
LONG_DIFFERENCE(sabal_v, S, true)
LONG_DIFFERENCE(uabal_v, U, true)

/* The upper halves of wide lanes, rounded if `round`. */
static bool high_narrow(struct lower *l, uint32_t w, enum ir_op op, bool round)
{
	struct simd o = simd_open(l, w, SIMD_VECTOR, SIMD_NARROW, U), *s = &o;
	unsigned bits = 8u << s->size;
	ir_ref v = ir_vector(s->b, op, s->lane, s->n, s->m);
	if (round)
		v = OP(VADD, v, ALL(UINT64_C(1) << (bits - 1)));
	v = simd_every_second(s->b, s->size, v, 1);
	lower_set_v(l, RD, FULL ? simd_join(s->b, D, v) : v);
	return true;
}

#define HIGH_NARROW(name, op, round)                 \
	LOWER(name)                                  \
	{                                            \
		return high_narrow(l, w, op, round); \
	}
HIGH_NARROW(addhn_v, IR_VADD, false)
HIGH_NARROW(raddhn_v, IR_VADD, true)
HIGH_NARROW(subhn_v, IR_VSUB, false)
HIGH_NARROW(rsubhn_v, IR_VSUB, true)

/* --- Neighbours --- */

/* Even lanes and odd ones of both, as far as one permutation gives them. */
static ir_ref lanes_in_turn(struct ir_block *b, unsigned size, ir_ref n, ir_ref m, unsigned first)
{
	uint8_t p[16];
	for (unsigned k = 0; k < 16; k++)
		p[k] = (uint8_t)(((2 * (k >> size) + first) << size) + (k & ((1u << size) - 1)));
	return ir_shuffle(b, n, m, p);
}

/* Small lanes: the odd ones are moved over the even ones, and results of both operands joined. */
static ir_ref pairs_of_small(const struct simd *s, enum ir_op op, ir_ref n, ir_ref m)
{
	ir_ref x = ir_vector_imm(s->b, IR_VSHR, s->size + 1, n, 8u << s->size);
	x = ir_vector(s->b, op, s->size, n, x);
	if (n == m)
		return lanes_in_turn(s->b, s->size, x, x, 0);
	ir_ref y = ir_vector_imm(s->b, IR_VSHR, s->size + 1, m, 8u << s->size);
	y = ir_vector(s->b, op, s->size, m, y);
	return lanes_in_turn(s->b, s->size, x, y, 0);
}

static bool pairs(struct lower *l, uint32_t w, enum ir_op op)
{
	struct simd o = simd_open(l, w, SIMD_VECTOR, SIMD_SAME, U), *s = &o;
	ir_ref n = s->n, m = s->m;
	if (!FULL)
		n = m = simd_join(s->b, n, m);
	if (s->size < 2)
		return simd_close(s, pairs_of_small(s, op, n, m));
	ir_ref even = lanes_in_turn(s->b, s->size, n, m, 0);
	ir_ref odd = lanes_in_turn(s->b, s->size, n, m, 1);
	return simd_close(s, ir_vector(s->b, op, s->size, even, odd));
}

#define PAIRS(name, op)                 \
	LOWER(name)                     \
	{                               \
		return pairs(l, w, op); \
	}
PAIRS(addp_v, IR_VADD)
PAIRS(smaxp_v, IR_VSMAX)
PAIRS(umaxp_v, IR_VUMAX)
PAIRS(sminp_v, IR_VSMIN)
PAIRS(uminp_v, IR_VUMIN)

LOWER(addp_s)
{
	ir_ref n = lower_v(l, RN), odd = simd_broadcast(l->b, 3, n, 1);
	lower_set_v(l, RD, lower_low_half(l, ir_vector(l->b, IR_VADD, 3, n, odd)));
	return true;
}

/* Sums of neighbours in lanes of twice the size. */
static ir_ref pair_sums(const struct simd *s, bool sign, ir_ref n)
{
	unsigned bits = 8u << s->size;
	if (s->size == 0) {
		ir_ref ones = simd_constant(s->b, 0, 1);
		return sign ? OP(VPAIRSB, ones, n) : OP(VPAIRSB, n, ones);
	}
	if (s->size == 1 && sign)
		return OP(VPAIRS, n, simd_constant(s->b, 1, 1));
	if (!sign)
		return OP(VADD, OP(VAND, n, ALL(UINT64_MAX >> (64 - bits))), BY(VSHR, n, bits));
	return OP(VADD, BY(VSAR, BY(VSHL, n, bits), bits), BY(VSAR, n, bits));
}

// clang-format off
SIMD(saddlp_v, UNARY, DOUBLE, S, pair_sums(s, S, n))
SIMD(uaddlp_v, UNARY, DOUBLE, U, pair_sums(s, U, n))
SIMD(sadalp_v, UNARY, DOUBLE, S, OP(VADD, D, pair_sums(s, S, n)))
SIMD(uadalp_v, UNARY, DOUBLE, U, OP(VADD, D, pair_sums(s, U, n)))
// clang-format on

/* --- Across lanes --- */

/* Lanes of `size` in the low `bytes` of `v`, brought to one. */
static ir_ref fold(struct ir_block *b, enum ir_op op, unsigned size, ir_ref v, unsigned bytes)
{
	uint8_t p[16];
	while (bytes > 1u << size) {
		bytes /= 2;
		for (unsigned k = 0; k < 16; k++)
			p[k] = (uint8_t)(bytes < 4 ? (k + bytes < 16 ? k + bytes : IR_SHUFFLE_ZERO)
						   : ((k + bytes) & 15));
		v = ir_vector(b, op, size, v, ir_shuffle(b, v, v, p));
	}
	return v;
}

static bool across(struct lower *l, uint32_t w, enum ir_op op)
{
	ir_ref v = fold(l->b, op, SIZE, lower_v(l, RN), 8u << FULL);
	lower_set_v(l, RD, simd_low(l->b, SIZE, v));
	return true;
}

#define ACROSS(name, op)                 \
	LOWER(name)                      \
	{                                \
		return across(l, w, op); \
	}
ACROSS(smaxv, IR_VSMAX)
ACROSS(umaxv, IR_VUMAX)
ACROSS(sminv, IR_VSMIN)
ACROSS(uminv, IR_VUMIN)

/* Bytes of both halves are summed at once; the sum of 16 fits 12 bits. */
static ir_ref byte_sum(struct lower *l, uint32_t w, unsigned size)
{
	ir_ref v = lower_v(l, RN);
	if (!FULL)
		v = lower_low_half(l, v);
	v = ir_vector(l->b, IR_VSAD, 3, v, ir_vconst(l->b, 0, 0));
	if (FULL)
		v = fold(l->b, IR_VADD, 3, v, 16);
	return simd_low(l->b, size, v);
}

LOWER(addv)
{
	if (SIZE)
		return across(l, w, IR_VADD);
	lower_set_v(l, RD, byte_sum(l, w, 0));
	return true;
}

static bool long_sum(struct lower *l, uint32_t w, bool sign)
{
	struct simd o = simd_open(l, w, SIMD_UNARY, SIMD_DOUBLE, sign), *s = &o;
	ir_ref v = fold(s->b, IR_VADD, s->lane, pair_sums(s, sign, s->n), 8u << FULL);
	lower_set_v(l, RD, simd_low(l->b, s->lane, v));
	return true;
}

LOWER(saddlv)
{
	return long_sum(l, w, S);
}

LOWER(uaddlv)
{
	if (SIZE)
		return long_sum(l, w, U);
	lower_set_v(l, RD, byte_sum(l, w, 1));
	return true;
}

/* --- Bitwise --- */

#define LOGIC(name, expr)                                                              \
	LOWER(name)                                                                    \
	{                                                                              \
		const struct simd o = {.b = l->b, .lane = 3, .l = l, .w = w}, *s = &o; \
		ir_ref n = lower_v(l, RN), m = lower_v(l, RM);                         \
		return simd_set(l, w, expr);                                           \
	}
#define CHOOSE(mask, yes, no) ir_append(l->b, IR_VSEL, IR_V128, mask, yes, no, 3, 0)
LOGIC(and_v, n == m ? n : OP(VAND, n, m))
LOGIC(bic_v, OP(VANDN, n, m))
LOGIC(orr_v, n == m ? n : OP(VOR, n, m))
LOGIC(orn_v, OP(VOR, n, NOT(m)))
LOGIC(eor_v, n == m ? ZERO : OP(VXOR, n, m))
LOGIC(bsl_v, CHOOSE(D, n, m))
LOGIC(bit_v, CHOOSE(m, n, D))
LOGIC(bif_v, CHOOSE(m, D, n))

LOWER(not_v)
{
	return simd_set(l, w,
	    ir_vector(l->b, IR_VXOR, 3, lower_v(l, RN), ir_vconst(l->b, UINT64_MAX, UINT64_MAX)));
}
