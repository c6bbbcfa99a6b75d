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
