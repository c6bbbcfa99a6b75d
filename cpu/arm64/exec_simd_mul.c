/* AdvSIMD multiplication that doubles and saturates, and dot products (DDI 0487 C7.2).  What wraps
 * is in exec_simd_host.c. */
#include "cpu/arm64/lanes.h"

/* The doubled product, saturated to the wide lane, and its saturated sums. */

static wide doubling_long(wide d, wide n, wide m, struct lane *l)
{
	return saturate_to(2 * n * m, 2 * l->bits, SIGNED, l);
}

static wide doubling_long_add(wide d, wide n, wide m, struct lane *l)
{
	return saturate_to(d + doubling_long(d, n, m, l), 2 * l->bits, SIGNED, l);
}

static wide doubling_long_sub(wide d, wide n, wide m, struct lane *l)
{
	return saturate_to(d - doubling_long(d, n, m, l), 2 * l->bits, SIGNED, l);
}

/* The high half of the doubled product. */

static wide doubling_high(wide d, wide n, wide m, struct lane *l)
{
	return saturate((2 * n * m) >> l->bits, l);
}

static wide rounded_high(wide x, struct lane *l)
{
	return saturate((x + ((wide)1 << (l->bits - 1))) >> l->bits, l);
}

static wide rounding_doubling_high(wide d, wide n, wide m, struct lane *l)
{
	return rounded_high(2 * n * m, l);
}

static wide rounding_doubling_high_add(wide d, wide n, wide m, struct lane *l)
{
	return rounded_high(d * ((wide)1 << l->bits) + 2 * n * m, l);
}

static wide rounding_doubling_high_sub(wide d, wide n, wide m, struct lane *l)
{
	return rounded_high(d * ((wide)1 << l->bits) - 2 * n * m, l);
}

LANES(sqdmull_v, LONG, SIGNED, doubling_long)
LANES(sqdmull_s, LONG, SIGNED, doubling_long)
LANES(sqdmlal_v, LONG, SIGNED, doubling_long_add)
LANES(sqdmlal_s, LONG, SIGNED, doubling_long_add)
LANES(sqdmlsl_v, LONG, SIGNED, doubling_long_sub)
LANES(sqdmlsl_s, LONG, SIGNED, doubling_long_sub)
LANES(sqdmulh_v, SAME, SIGNED, doubling_high)
LANES(sqdmulh_s, SAME, SIGNED, doubling_high)
LANES(sqrdmulh_v, SAME, SIGNED, rounding_doubling_high)
LANES(sqrdmulh_s, SAME, SIGNED, rounding_doubling_high)
LANES(sqrdmlah_v, SAME, SIGNED, rounding_doubling_high_add)
LANES(sqrdmlah_s, SAME, SIGNED, rounding_doubling_high_add)
LANES(sqrdmlsh_v, SAME, SIGNED, rounding_doubling_high_sub)
LANES(sqrdmlsh_s, SAME, SIGNED, rounding_doubling_high_sub)

static ALWAYS_INLINE const struct insn *by_element(
    struct arm64 *c, const struct insn *i, enum shape shape, enum sign sign, lane_fn *op)
{
	const wide m = element_m(c, i->w, sign);
	if (BITS(i->w, 23, 22) == 1)
		lanes_run(c, i->w, shape, sign, 16, &m, op);
	else
		lanes_run(c, i->w, shape, sign, 32, &m, op);
	return NEXT;
}

#define BY_ELEMENT(name, shape, sign, op)                 \
	EXEC(name)                                        \
	{                                                 \
		return by_element(c, i, shape, sign, op); \
	}

BY_ELEMENT(sqdmull_ve, LONG, SIGNED, doubling_long)
BY_ELEMENT(sqdmull_se, LONG, SIGNED, doubling_long)
BY_ELEMENT(sqdmlal_ve, LONG, SIGNED, doubling_long_add)
BY_ELEMENT(sqdmlal_se, LONG, SIGNED, doubling_long_add)
BY_ELEMENT(sqdmlsl_ve, LONG, SIGNED, doubling_long_sub)
BY_ELEMENT(sqdmlsl_se, LONG, SIGNED, doubling_long_sub)
BY_ELEMENT(sqdmulh_ve, SAME, SIGNED, doubling_high)
BY_ELEMENT(sqdmulh_se, SAME, SIGNED, doubling_high)
BY_ELEMENT(sqrdmulh_ve, SAME, SIGNED, rounding_doubling_high)
BY_ELEMENT(sqrdmulh_se, SAME, SIGNED, rounding_doubling_high)
BY_ELEMENT(sqrdmlah_ve, SAME, SIGNED, rounding_doubling_high_add)
BY_ELEMENT(sqrdmlah_se, SAME, SIGNED, rounding_doubling_high_add)
BY_ELEMENT(sqrdmlsh_ve, SAME, SIGNED, rounding_doubling_high_sub)
BY_ELEMENT(sqrdmlsh_se, SAME, SIGNED, rounding_doubling_high_sub)

/* Four products of bytes added to each word; `index` is Rm's word, or -1 for the same as Rd's. */
static ALWAYS_INLINE const struct insn *dot(
    struct arm64 *c, const struct insn *i, enum sign sign, int index)
{
	uint32_t w = i->w;
	union vreg d = v_get(c, BITS(w, 4, 0)), n = v_get(c, BITS(w, 9, 5)),
		   m = v_get(c, BITS(w, 20, 16)), r = {0};
	for (unsigned e = 0; e < 2u << BIT(w, 30); e++) {
		unsigned from = index < 0 ? e : (unsigned)index;
		r.s[e] = d.s[e];
		for (unsigned b = 0; b < 4; b++)
			r.s[e] += (uint32_t)(lane_get(&n, 4 * e + b, 8, sign) *
					     lane_get(&m, 4 * from + b, 8, sign));
	}
	v_set(c, BITS(w, 4, 0), r);
	return NEXT;
}

static inline int dot_index(uint32_t w)
{
	return (int)(BIT(w, 11) << 1 | BIT(w, 21));
}

EXEC(sdot_v)
{
	return dot(c, i, SIGNED, -1);
}

EXEC(udot_v)
{
	return dot(c, i, UNSIGNED, -1);
}

EXEC(sdot_ve)
{
	return dot(c, i, SIGNED, dot_index(i->w));
}

EXEC(udot_ve)
{
	return dot(c, i, UNSIGNED, dot_index(i->w));
}
