/* AdvSIMD saturating addition and subtraction, saturating narrowing, absolute value and negation,
 * leading bits, and operations across lanes (DDI 0487 C7.2).  What wraps is in exec_simd_host.c. */
#include "cpu/arm64/lanes.h"

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

static wide saturating_narrow(wide d, wide n, wide m, struct lane *l)
{
	return saturate(n, l);
}

static wide saturating_narrow_unsigned(wide d, wide n, wide m, struct lane *l)
{
	return saturate_to(n, l->bits, UNSIGNED, l);
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

LANES(sqxtn_v, NARROW, SIGNED, saturating_narrow)
LANES(sqxtn_s, NARROW, SIGNED, saturating_narrow)
LANES(uqxtn_v, NARROW, UNSIGNED, saturating_narrow)
LANES(uqxtn_s, NARROW, UNSIGNED, saturating_narrow)
LANES(sqxtun_v, NARROW, SIGNED, saturating_narrow_unsigned)
LANES(sqxtun_s, NARROW, SIGNED, saturating_narrow_unsigned)

LANES(sqabs_v, SAME, SIGNED, saturating_absolute)
LANES(sqabs_s, SAME, SIGNED, saturating_absolute)
LANES(sqneg_v, SAME, SIGNED, saturating_negate)
LANES(sqneg_s, SAME, SIGNED, saturating_negate)
LANES(clz_v, SAME, UNSIGNED, count_leading_zeros)
LANES(cls_v, SAME, UNSIGNED, count_leading_sign)

static wide add(wide d, wide n, wide m, struct lane *l)
{
	return n + m;
}

static wide max(wide d, wide n, wide m, struct lane *l)
{
	return n > m ? n : m;
}

static wide min(wide d, wide n, wide m, struct lane *l)
{
	return n < m ? n : m;
}

/* All lanes into one, whose size is that of the lanes or (long forms) twice that. */
static ALWAYS_INLINE const struct insn *across_sized(
    struct arm64 *c, const struct insn *i, unsigned bits, enum sign sign, bool is_long, lane_fn *op)
{
	struct lane l = {bits, sign, false};
	union vreg n = v_get(c, BITS(i->w, 9, 5));
	wide r = lane_get(&n, 0, bits, sign);
	for (unsigned e = 1; e < (64u << BIT(i->w, 30)) / bits; e++)
		r = op(0, r, lane_get(&n, e, bits, sign), &l);
	v_set_low(c, BITS(i->w, 4, 0), (uint64_t)low_bits(r, bits << is_long));
	return NEXT;
}

#define ACROSS(name, sign, is_long, op)                                    \
	EXEC(name)                                                         \
	{                                                                  \
		switch (BITS(i->w, 23, 22)) {                              \
		case 0: return across_sized(c, i, 8, sign, is_long, op);   \
		case 1: return across_sized(c, i, 16, sign, is_long, op);  \
		default: return across_sized(c, i, 32, sign, is_long, op); \
		}                                                          \
	}

ACROSS(addv, UNSIGNED, false, add)
ACROSS(saddlv, SIGNED, true, add)
ACROSS(uaddlv, UNSIGNED, true, add)
ACROSS(smaxv, SIGNED, false, max)
ACROSS(umaxv, UNSIGNED, false, max)
ACROSS(sminv, SIGNED, false, min)
ACROSS(uminv, UNSIGNED, false, min)
