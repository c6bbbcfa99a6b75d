/* AdvSIMD addition, subtraction, comparison, minimum and maximum, absolute values, bit counts, and
 * their pairwise, widening, narrowing and across-lanes forms (DDI 0487 C7.2). */
#include "cpu/arm64/lanes.h"

static wide add(wide d, wide n, wide m, struct lane *l)
{
	return n + m;
}

static wide sub(wide d, wide n, wide m, struct lane *l)
{
	return n - m;
}

static wide halving_add(wide d, wide n, wide m, struct lane *l)
{
	return (n + m) >> 1;
}

static wide rounding_halving_add(wide d, wide n, wide m, struct lane *l)
{
	return (n + m + 1) >> 1;
}

static wide halving_sub(wide d, wide n, wide m, struct lane *l)
{
	return (n - m) >> 1;
}

static wide saturating_add(wide d, wide n, wide m, struct lane *l)
{
	return saturate(n + m, l);
}

static wide saturating_sub(wide d, wide n, wide m, struct lane *l)
{
	return saturate(n - m, l);
}

/* SUQADD reads lanes as signed and accumulates an unsigned number. */
static wide suqadd(wide d, wide n, wide m, struct lane *l)
{
	return saturate(d + low_bits(n, l->bits), l);
}

/* USQADD reads lanes as unsigned and accumulates a signed number. */
static wide usqadd(wide d, wide n, wide m, struct lane *l)
{
	return saturate(d + (n >> (l->bits - 1) ? n - ((wide)1 << l->bits) : n), l);
}

static wide max(wide d, wide n, wide m, struct lane *l)
{
	return n > m ? n : m;
}

static wide min(wide d, wide n, wide m, struct lane *l)
{
	return n < m ? n : m;
}

static wide absolute_difference(wide d, wide n, wide m, struct lane *l)
{
	return n > m ? n - m : m - n;
}

static wide absolute_difference_add(wide d, wide n, wide m, struct lane *l)
{
	return d + absolute_difference(d, n, m, l);
}

LANES(add_s, SAME, UNSIGNED, add)
LANES(sub_s, SAME, UNSIGNED, sub)
LANES(shadd_v, SAME, SIGNED, halving_add)
LANES(uhadd_v, SAME, UNSIGNED, halving_add)
LANES(srhadd_v, SAME, SIGNED, rounding_halving_add)
LANES(urhadd_v, SAME, UNSIGNED, rounding_halving_add)
LANES(shsub_v, SAME, SIGNED, halving_sub)
LANES(uhsub_v, SAME, UNSIGNED, halving_sub)
LANES(sqadd_v, SAME, SIGNED, saturating_add)
LANES(sqadd_s, SAME, SIGNED, saturating_add)
LANES(uqadd_v, SAME, UNSIGNED, saturating_add)
LANES(uqadd_s, SAME, UNSIGNED, saturating_add)
LANES(sqsub_v, SAME, SIGNED, saturating_sub)
LANES(sqsub_s, SAME, SIGNED, saturating_sub)
LANES(uqsub_v, SAME, UNSIGNED, saturating_sub)
LANES(uqsub_s, SAME, UNSIGNED, saturating_sub)
LANES(suqadd_v, SAME, SIGNED, suqadd)
LANES(suqadd_s, SAME, SIGNED, suqadd)
LANES(usqadd_v, SAME, UNSIGNED, usqadd)
LANES(usqadd_s, SAME, UNSIGNED, usqadd)
LANES(sabd_v, SAME, SIGNED, absolute_difference)
LANES(uabd_v, SAME, UNSIGNED, absolute_difference)
LANES(saba_v, SAME, SIGNED, absolute_difference_add)
LANES(uaba_v, SAME, UNSIGNED, absolute_difference_add)

LANES(saddl_v, LONG, SIGNED, add)
LANES(uaddl_v, LONG, UNSIGNED, add)
LANES(ssubl_v, LONG, SIGNED, sub)
LANES(usubl_v, LONG, UNSIGNED, sub)
LANES(saddw_v, WIDE, SIGNED, add)
LANES(uaddw_v, WIDE, UNSIGNED, add)
LANES(ssubw_v, WIDE, SIGNED, sub)
LANES(usubw_v, WIDE, UNSIGNED, sub)
LANES(sabdl_v, LONG, SIGNED, absolute_difference)
LANES(uabdl_v, LONG, UNSIGNED, absolute_difference)
LANES(sabal_v, LONG, SIGNED, absolute_difference_add)
LANES(uabal_v, LONG, UNSIGNED, absolute_difference_add)

/* The high half of a sum. */

static wide add_high(wide d, wide n, wide m, struct lane *l)
{
	return (n + m) >> l->bits;
}

static wide rounding_add_high(wide d, wide n, wide m, struct lane *l)
{
	return (n + m + ((wide)1 << (l->bits - 1))) >> l->bits;
}

static wide sub_high(wide d, wide n, wide m, struct lane *l)
{
	return (n - m) >> l->bits;
}

static wide rounding_sub_high(wide d, wide n, wide m, struct lane *l)
{
	return (n - m + ((wide)1 << (l->bits - 1))) >> l->bits;
}

LANES(addhn_v, NARROW, UNSIGNED, add_high)
LANES(raddhn_v, NARROW, UNSIGNED, rounding_add_high)
LANES(subhn_v, NARROW, UNSIGNED, sub_high)
LANES(rsubhn_v, NARROW, UNSIGNED, rounding_sub_high)

/* Narrowing moves. */

static wide narrow(wide d, wide n, wide m, struct lane *l)
{
	return n;
}

static wide saturating_narrow(wide d, wide n, wide m, struct lane *l)
{
	return saturate(n, l);
}

static wide saturating_narrow_unsigned(wide d, wide n, wide m, struct lane *l)
{
	return saturate_to(n, l->bits, UNSIGNED, l);
}

LANES(xtn_v, NARROW, UNSIGNED, narrow)
LANES(sqxtn_v, NARROW, SIGNED, saturating_narrow)
LANES(sqxtn_s, NARROW, SIGNED, saturating_narrow)
LANES(uqxtn_v, NARROW, UNSIGNED, saturating_narrow)
LANES(uqxtn_s, NARROW, UNSIGNED, saturating_narrow)
LANES(sqxtun_v, NARROW, SIGNED, saturating_narrow_unsigned)
LANES(sqxtun_s, NARROW, SIGNED, saturating_narrow_unsigned)

/* One operand. */

static wide absolute(wide d, wide n, wide m, struct lane *l)
{
	return n < 0 ? -n : n;
}

static wide negate(wide d, wide n, wide m, struct lane *l)
{
	return -n;
}

static wide saturating_absolute(wide d, wide n, wide m, struct lane *l)
{
	return saturate(n < 0 ? -n : n, l);
}

static wide saturating_negate(wide d, wide n, wide m, struct lane *l)
{
	return saturate(-n, l);
}

static wide count_leading_zeros(wide d, wide n, wide m, struct lane *l)
{
	uint64_t x = (uint64_t)n;
	return x ? __builtin_clzll(x) - (64 - (int)l->bits) : (int)l->bits;
}

/* Bits equal to the sign after the sign. */
static wide count_leading_sign(wide d, wide n, wide m, struct lane *l)
{
	return count_leading_zeros(d, low_bits(n ^ n << 1, l->bits) | 1, m, l);
}

static wide count_ones(wide d, wide n, wide m, struct lane *l)
{
	return __builtin_popcountll((uint64_t)n);
}

LANES(abs_v, SAME, SIGNED, absolute)
LANES(abs_s, SAME, SIGNED, absolute)
LANES(neg_v, SAME, SIGNED, negate)
LANES(neg_s, SAME, SIGNED, negate)
LANES(sqabs_v, SAME, SIGNED, saturating_absolute)
LANES(sqabs_s, SAME, SIGNED, saturating_absolute)
LANES(sqneg_v, SAME, SIGNED, saturating_negate)
LANES(sqneg_s, SAME, SIGNED, saturating_negate)
LANES(clz_v, SAME, UNSIGNED, count_leading_zeros)
LANES(cls_v, SAME, UNSIGNED, count_leading_sign)
LANES(cnt_v, SAME, UNSIGNED, count_ones)

/* Comparisons with zero, and the scalar comparisons: all ones or all zeros. */

static wide greater(wide d, wide n, wide m, struct lane *l)
{
	return -(wide)(n > m);
}

static wide greater_or_equal(wide d, wide n, wide m, struct lane *l)
{
	return -(wide)(n >= m);
}

static wide equal(wide d, wide n, wide m, struct lane *l)
{
	return -(wide)(n == m);
}

static wide less_or_equal(wide d, wide n, wide m, struct lane *l)
{
	return -(wide)(n <= m);
}

static wide less(wide d, wide n, wide m, struct lane *l)
{
	return -(wide)(n < m);
}

static wide test_bits(wide d, wide n, wide m, struct lane *l)
{
	return -(wide)((n & m) != 0);
}

LANES(cmgt_s, SAME, SIGNED, greater)
LANES(cmhi_s, SAME, UNSIGNED, greater)
LANES(cmge_s, SAME, SIGNED, greater_or_equal)
LANES(cmhs_s, SAME, UNSIGNED, greater_or_equal)
LANES(cmeq_s, SAME, UNSIGNED, equal)
LANES(cmtst_s, SAME, UNSIGNED, test_bits)

#define LANES_ZERO(name, op)                                                       \
	EXEC(name)                                                                 \
	{                                                                          \
		const wide zero = 0;                                               \
		lanes_sized(c, i->w, SAME, SIGNED, BITS(i->w, 23, 22), &zero, op); \
		return NEXT;                                                       \
	}

LANES_ZERO(cmgt_zero_v, greater)
LANES_ZERO(cmgt_zero_s, greater)
LANES_ZERO(cmge_zero_v, greater_or_equal)
LANES_ZERO(cmge_zero_s, greater_or_equal)
LANES_ZERO(cmeq_zero_v, equal)
LANES_ZERO(cmeq_zero_s, equal)
LANES_ZERO(cmle_zero_v, less_or_equal)
LANES_ZERO(cmle_zero_s, less_or_equal)
LANES_ZERO(cmlt_zero_v, less)
LANES_ZERO(cmlt_zero_s, less)

/* Pairs: the lanes of Rn, then those of Rm. */
static ALWAYS_INLINE const struct insn *pairwise(
    struct arm64 *c, const struct insn *i, enum sign sign, lane_fn *op)
{
	uint32_t w = i->w;
	struct lane l = {8u << BITS(w, 23, 22), sign, false};
	unsigned half = (64u << BIT(w, 30)) / l.bits / 2;
	union vreg n = v_get(c, BITS(w, 9, 5)), m = v_get(c, BITS(w, 20, 16)), d = {0};
	for (unsigned e = 0; e < 2 * half; e++) {
		const union vreg *v = e < half ? &n : &m;
		unsigned first = 2 * (e < half ? e : e - half);
		wide a = lane_get(v, first, l.bits, sign), b = lane_get(v, first + 1, l.bits, sign);
		lane_set(&d, e, l.bits, op(0, a, b, &l));
	}
	v_set(c, BITS(w, 4, 0), d);
	return NEXT;
}

#define PAIRWISE(name, sign, op)                 \
	EXEC(name)                               \
	{                                        \
		return pairwise(c, i, sign, op); \
	}

PAIRWISE(addp_v, UNSIGNED, add)
PAIRWISE(smaxp_v, SIGNED, max)
PAIRWISE(umaxp_v, UNSIGNED, max)
PAIRWISE(sminp_v, SIGNED, min)
PAIRWISE(uminp_v, UNSIGNED, min)

EXEC(addp_s)
{
	union vreg n = v_get(c, BITS(i->w, 9, 5));
	v_set_low(c, BITS(i->w, 4, 0), n.d[0] + n.d[1]);
	return NEXT;
}

/* Sums of neighbouring lanes, twice as wide. */
static ALWAYS_INLINE const struct insn *pairwise_long(
    struct arm64 *c, const struct insn *i, enum sign sign, bool accumulate)
{
	uint32_t w = i->w;
	unsigned bits = 8u << BITS(w, 23, 22), count = (64u << BIT(w, 30)) / bits / 2;
	union vreg old = v_get(c, BITS(w, 4, 0)), n = v_get(c, BITS(w, 9, 5)), d = {0};
	for (unsigned e = 0; e < count; e++) {
		wide sum = lane_get(&n, 2 * e, bits, sign) + lane_get(&n, 2 * e + 1, bits, sign);
		if (accumulate)
			sum += lane_get(&old, e, 2 * bits, sign);
		lane_set(&d, e, 2 * bits, sum);
	}
	v_set(c, BITS(w, 4, 0), d);
	return NEXT;
}

EXEC(saddlp_v)
{
	return pairwise_long(c, i, SIGNED, false);
}

EXEC(uaddlp_v)
{
	return pairwise_long(c, i, UNSIGNED, false);
}

EXEC(sadalp_v)
{
	return pairwise_long(c, i, SIGNED, true);
}

EXEC(uadalp_v)
{
	return pairwise_long(c, i, UNSIGNED, true);
}

/* All lanes into one, whose size is that of the lanes or (long forms) twice that. */
static ALWAYS_INLINE const struct insn *across(
    struct arm64 *c, const struct insn *i, enum sign sign, bool is_long, lane_fn *op)
{
	uint32_t w = i->w;
	struct lane l = {8u << BITS(w, 23, 22), sign, false};
	union vreg n = v_get(c, BITS(w, 9, 5)), d = {0};
	wide r = lane_get(&n, 0, l.bits, sign);
	for (unsigned e = 1; e < (64u << BIT(w, 30)) / l.bits; e++)
		r = op(0, r, lane_get(&n, e, l.bits, sign), &l);
	lane_set(&d, 0, l.bits << is_long, r);
	v_set(c, BITS(w, 4, 0), d);
	return NEXT;
}

#define ACROSS(name, sign, is_long, op)                 \
	EXEC(name)                                      \
	{                                               \
		return across(c, i, sign, is_long, op); \
	}

ACROSS(addv, UNSIGNED, false, add)
ACROSS(saddlv, SIGNED, true, add)
ACROSS(uaddlv, UNSIGNED, true, add)
ACROSS(smaxv, SIGNED, false, max)
ACROSS(umaxv, UNSIGNED, false, max)
ACROSS(sminv, SIGNED, false, min)
ACROSS(uminv, UNSIGNED, false, min)
