/* Vector lanes as exact integers, and the loops that apply an element function to all of them.
 *
 * An element function computes like the pseudocode of DDI 0487: on unbounded integers (`wide` holds
 * every intermediate value of every instruction), so one function serves all element sizes, the
 * scalar forms and, through the way lanes are read, the signed and the unsigned instruction.  The
 * loops are inlined into their caller and specialised by element size.
 */
#ifndef MYNA_CPU_ARM64_LANES_H
#define MYNA_CPU_ARM64_LANES_H

#include "cpu/arm64/exec.h"
#include "cpu/fp/fp.h"

__extension__ typedef __int128 wide;

enum sign { UNSIGNED, SIGNED };

/* What an element function knows of the lane it works on. */
struct lane {
	unsigned bits; /* of the narrow elements: size or immh */
	enum sign sign;
	bool saturated; /* out: sets FPSR.QC */
};

/* d: the destination's old lane, n: Rn's, m: Rm's, or an immediate. */
typedef wide lane_fn(wide d, wide n, wide m, struct lane *l);

/* Which operands have elements of twice the size. */
enum shape {
	SAME,   /* d n m */
	LONG,   /* D n m */
	WIDE,   /* D N m */
	NARROW, /* d N M */
};

static ALWAYS_INLINE wide lane_get(const union vreg *v, unsigned e, unsigned bits, enum sign sign)
{
	switch (bits) {
	case 8: return sign ? (int8_t)v->b[e] : (wide)v->b[e];
	case 16: return sign ? (int16_t)v->h[e] : (wide)v->h[e];
	case 32: return sign ? (int32_t)v->s[e] : (wide)v->s[e];
	default: return sign ? (int64_t)v->d[e] : (wide)v->d[e];
	}
}

static ALWAYS_INLINE void lane_set(union vreg *v, unsigned e, unsigned bits, wide value)
{
	switch (bits) {
	case 8: v->b[e] = (uint8_t)value; break;
	case 16: v->h[e] = (uint16_t)value; break;
	case 32: v->s[e] = (uint32_t)value; break;
	default: v->d[e] = (uint64_t)value; break;
	}
}

/* Lanes as bits: `log2` of their bytes, 0..3. */

static ALWAYS_INLINE uint64_t lane_mask(unsigned log2)
{
	return UINT64_MAX >> (64 - (8u << log2));
}

static ALWAYS_INLINE uint64_t lane_bits(
    const struct arm64 *c, unsigned reg, unsigned e, unsigned log2)
{
	unsigned bit = e << (log2 + 3);
	return c->s.v[2 * reg + bit / 64] >> bit % 64 & lane_mask(log2);
}

static ALWAYS_INLINE void lane_insert(
    struct arm64 *c, unsigned reg, unsigned e, unsigned log2, uint64_t x)
{
	unsigned bit = e << (log2 + 3);
	uint64_t *half = &c->s.v[2 * reg + bit / 64], mask = lane_mask(log2);
	*half = (*half & ~(mask << bit % 64)) | (x & mask) << bit % 64;
}

/* The low lane of x in all places. */
static ALWAYS_INLINE uint64_t replicate(uint64_t x, unsigned log2)
{
	return (x & lane_mask(log2)) * (UINT64_MAX / lane_mask(log2));
}

/* The low `bits` of x as an unsigned number. */
static ALWAYS_INLINE wide low_bits(wide x, unsigned bits)
{
	return x & (((wide)1 << bits) - 1);
}

static ALWAYS_INLINE wide saturate_to(wide x, unsigned bits, enum sign sign, struct lane *l)
{
	wide top = ((wide)1 << (bits - sign)) - 1;
	wide bottom = sign ? -top - 1 : 0;
	if (x > top || x < bottom) {
		l->saturated = true;
		return x > top ? top : bottom;
	}
	return x;
}

static ALWAYS_INLINE wide saturate(wide x, struct lane *l)
{
	return saturate_to(x, l->bits, l->sign, l);
}

/* Scalar forms have bit 28 set. */
static ALWAYS_INLINE bool is_scalar(uint32_t w)
{
	return BIT(w, 28);
}

/* Shifts by immediate: the highest bit of immh, 22:19, gives the log2 of the element's bytes, and
 * immh:immb counts up from there, or down to it. */
static ALWAYS_INLINE unsigned immh_log2(uint32_t w)
{
	return 31 - (unsigned)__builtin_clz(BITS(w, 22, 19));
}

static ALWAYS_INLINE unsigned immh_count(uint32_t w, bool right)
{
	unsigned bits = 8u << immh_log2(w), value = BITS(w, 22, 16);
	return right ? 2 * bits - value : value - bits;
}

/* By element: one lane of Rm, h number H:L:M of v0..v15, s number H:L. */
static ALWAYS_INLINE wide element_m(const struct arm64 *c, uint32_t w, enum sign sign)
{
	unsigned hl = BIT(w, 11) << 1 | BIT(w, 21);
	union vreg v = v_get(c, BITS(w, BITS(w, 23, 22) == 1 ? 19 : 20, 16));
	return BITS(w, 23, 22) == 1 ? lane_get(&v, hl << 1 | BIT(w, 20), 16, sign)
				    : lane_get(&v, hl, 32, sign);
}

/* One instruction: `fixed`, if there, stands for every lane of Rm.  Forms with one narrow and one
 * wide side use the upper half of the narrow registers when Q is set ("2" instructions). */
static ALWAYS_INLINE void lanes_run(struct arm64 *c, uint32_t w, enum shape shape, enum sign sign,
    unsigned bits, const wide *fixed, lane_fn *op)
{
	struct lane l = {bits, sign, false};
	union vreg old = v_get(c, BITS(w, 4, 0)), n = v_get(c, BITS(w, 9, 5)),
		   m = v_get(c, BITS(w, 20, 16)), d = {0};
	bool q = !is_scalar(w) && BIT(w, 30);
	unsigned count = is_scalar(w) ? 1 : (shape == SAME && q ? 128 : 64) / bits;
	unsigned part = shape != SAME && q ? count : 0; /* first lane of narrow registers */
	unsigned dbits = shape == LONG || shape == WIDE ? 2 * bits : bits;
	unsigned nbits = shape == WIDE || shape == NARROW ? 2 * bits : bits;
	unsigned mbits = shape == NARROW ? 2 * bits : bits;
	unsigned dpart = dbits == bits ? part : 0;
	if (dpart)
		d.d[0] = old.d[0];
	for (unsigned e = 0; e < count; e++) {
		wide dv = lane_get(&old, e + dpart, dbits, sign);
		wide nv = lane_get(&n, e + (nbits == bits ? part : 0), nbits, sign);
		wide mv =
		    fixed ? *fixed : lane_get(&m, e + (mbits == bits ? part : 0), mbits, sign);
		lane_set(&d, e + dpart, dbits, op(dv, nv, mv, &l));
	}
	v_set(c, BITS(w, 4, 0), d);
	if (l.saturated)
		c->s.fpsr |= FPSR_QC;
}

/* Element size in `log2` = 0..3. */
static ALWAYS_INLINE void lanes_sized(struct arm64 *c, uint32_t w, enum shape shape, enum sign sign,
    unsigned log2, const wide *fixed, lane_fn *op)
{
	switch (log2) {
	case 0: lanes_run(c, w, shape, sign, 8, fixed, op); break;
	case 1: lanes_run(c, w, shape, sign, 16, fixed, op); break;
	case 2: lanes_run(c, w, shape, sign, 32, fixed, op); break;
	default:
		if (shape == SAME)
			lanes_run(c, w, shape, sign, 64, fixed, op);
		break;
	}
}

/* Element size in bits 23:22, all operands registers. */
static ALWAYS_INLINE void lanes(
    struct arm64 *c, uint32_t w, enum shape shape, enum sign sign, lane_fn *op)
{
	lanes_sized(c, w, shape, sign, BITS(w, 23, 22), NULL, op);
}

/* EXEC of a row that is an element function over lanes(). */
#define LANES(name, shape, sign, op)             \
	EXEC(name)                               \
	{                                        \
		lanes(c, i->w, shape, sign, op); \
		return NEXT;                     \
	}

#endif
