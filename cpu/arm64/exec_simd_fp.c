/* Advanced SIMD floating point with two operands and more: three same, by element, pairwise,
 * across lanes, FMLAL (DDI 0487, C4.1).  Instructions with one operand are in exec_simd_fp_unary.c.
 *
 * All forms end in the loops of binary() and muladd(); they differ in how their operands are laid
 * out first. */
#include "cpu/arm64/fp_ops.h"

/* Lanes and loops. */

static const struct insn *set_vector(struct arm64 *c, const struct insn *i, union vreg d)
{
	v_set(c, BITS(i->w, 4, 0), d);
	return NEXT;
}

static union vreg vector_n(const struct arm64 *c, const struct insn *i)
{
	return v_get(c, BITS(i->w, 9, 5));
}

static union vreg vector_m(const struct arm64 *c, const struct insn *i)
{
	return v_get(c, BITS(i->w, 20, 16));
}

static inline uint64_t lane(const union vreg *v, unsigned bits, unsigned e)
{
	return bits == 16 ? v->h[e] : bits == 32 ? v->s[e] : v->d[e];
}

static inline void set_lane(union vreg *v, unsigned bits, unsigned e, uint64_t value)
{
	if (bits == 16)
		v->h[e] = (uint16_t)value;
	else if (bits == 32)
		v->s[e] = (uint32_t)value;
	else
		v->d[e] = value;
}

static ALWAYS_INLINE union vreg binary_lanes(struct arm64 *c, unsigned lanes, unsigned bits,
    const union vreg *n, const union vreg *m, const struct fp_binary op)
{
	union vreg d = {0};
	uint32_t fpcr = c->s.fpcr, fpsr = c->s.fpsr;
	if (op.s4 && fp_vector_plain(fpcr, fpsr) &&
	    ((bits == 32 && lanes == 4 && op.s4(&d, n, m)) ||
		(bits == 64 && lanes == 2 && op.d2(&d, n, m))))
		return d;
	if (bits == 16) {
		for (unsigned e = 0; e < lanes; e++)
			d.h[e] = op.h(n->h[e], m->h[e], fpcr, &fpsr);
	} else if (bits == 32) {
		for (unsigned e = 0; e < lanes; e++)
			d.s[e] = op.s(n->s[e], m->s[e], fpcr, &fpsr);
	} else {
		for (unsigned e = 0; e < lanes; e++)
			d.d[e] = op.d(n->d[e], m->d[e], fpcr, &fpsr);
	}
	c->s.fpsr = fpsr;
	return d;
}

static ALWAYS_INLINE const struct insn *binary(struct arm64 *c, const struct insn *i, unsigned bits,
    union vreg n, union vreg m, const struct fp_binary op)
{
	return set_vector(c, i, binary_lanes(c, fp_lanes(i, bits), bits, &n, &m, op));
}

/* FMLA, FMLS: the product is negated in its first factor. */
static ALWAYS_INLINE const struct insn *muladd(
    struct arm64 *c, const struct insn *i, unsigned bits, union vreg m, bool negate)
{
	union vreg a = v_get(c, BITS(i->w, 4, 0)), n = vector_n(c, i), d = {0};
	uint32_t fpcr = c->s.fpcr, *fpsr = &c->s.fpsr;
	unsigned lanes = fp_lanes(i, bits);
	uint64_t sign = (uint64_t)negate << (bits - 1);
	if (bits == 16) {
		for (unsigned e = 0; e < lanes; e++)
			d.h[e] = fp16_muladd(a.h[e], n.h[e] ^ (uint16_t)sign, m.h[e], fpcr, fpsr);
	} else if (bits == 32) {
		for (unsigned e = 0; e < lanes; e++)
			d.s[e] = fp32_muladd(a.s[e], n.s[e] ^ (uint32_t)sign, m.s[e], fpcr, fpsr);
	} else {
		for (unsigned e = 0; e < lanes; e++)
			d.d[e] = fp64_muladd(a.d[e], n.d[e] ^ sign, m.d[e], fpcr, fpsr);
	}
	return set_vector(c, i, d);
}

/* Element operations beyond those of fp.h, in three sizes. */

#define ELEMENT(name, width, type, expression)                                        \
	static type fp##width##_##name(type a, type b, uint32_t fpcr, uint32_t *fpsr) \
	{                                                                             \
		return (type)(expression);                                            \
	}
#define ABSOLUTE(v, width) ((v) & (UINT64_MAX >> (65 - (width))))

#define ABSOLUTE_DIFFERENCE(width, type) \
	ELEMENT(abd, width, type, ABSOLUTE(fp##width##_sub(a, b, fpcr, fpsr), width))
ABSOLUTE_DIFFERENCE(16, uint16_t)
ABSOLUTE_DIFFERENCE(32, uint32_t)
ABSOLUTE_DIFFERENCE(64, uint64_t)

/* True is a lane of ones. */
#define RELATION(name, relation, width, type)                                         \
	ELEMENT(cm##name, width, type, -fp##width##_compare_##name(a, b, fpcr, fpsr)) \
	ELEMENT(ac##name, width, type,                                                \
	    -fp##width##_compare_##name(                                              \
		(type)ABSOLUTE(a, width), (type)ABSOLUTE(b, width), fpcr, fpsr))
#define RELATIONS(width, type)                                                \
	ELEMENT(cmeq, width, type, -fp##width##_compare_eq(a, b, fpcr, fpsr)) \
	RELATION(ge, compare_ge, width, type)                                 \
	RELATION(gt, compare_gt, width, type)
RELATIONS(16, uint16_t)
RELATIONS(32, uint32_t)
RELATIONS(64, uint64_t)

/* Three registers of the same type. */

#define THREE_SAME(name, suffix, op) \
	EXEC_SIZES(name, suffix, return binary(c, i, bits, vector_n(c, i), vector_m(c, i), op))
#define THREE_SAME_ALSO_SCALAR(name, op) \
	THREE_SAME(name, _v, op)         \
	THREE_SAME(name, _s, op)
THREE_SAME(fadd, _v, FP_BINARY_VECTOR(add))
THREE_SAME(fsub, _v, FP_BINARY_VECTOR(sub))
THREE_SAME(fmul, _v, FP_BINARY_VECTOR(mul))
THREE_SAME(fdiv, _v, FP_BINARY_VECTOR(div))
THREE_SAME(fmax, _v, FP_BINARY_VECTOR(max))
THREE_SAME(fmin, _v, FP_BINARY_VECTOR(min))
THREE_SAME(fmaxnm, _v, FP_BINARY_VECTOR(maxnum))
THREE_SAME(fminnm, _v, FP_BINARY_VECTOR(minnum))
THREE_SAME_ALSO_SCALAR(fmulx, FP_BINARY(mulx))
THREE_SAME_ALSO_SCALAR(frecps, FP_BINARY(recip_step))
THREE_SAME_ALSO_SCALAR(frsqrts, FP_BINARY(rsqrt_step))
THREE_SAME_ALSO_SCALAR(fabd, FP_BINARY(abd))
THREE_SAME_ALSO_SCALAR(fcmeq, FP_BINARY_VECTOR(cmeq))
THREE_SAME_ALSO_SCALAR(fcmge, FP_BINARY_VECTOR(cmge))
THREE_SAME_ALSO_SCALAR(fcmgt, FP_BINARY_VECTOR(cmgt))
THREE_SAME_ALSO_SCALAR(facge, FP_BINARY(acge))
THREE_SAME_ALSO_SCALAR(facgt, FP_BINARY(acgt))
EXEC_SIZES(fmla, _v, return muladd(c, i, bits, vector_m(c, i), false))
EXEC_SIZES(fmls, _v, return muladd(c, i, bits, vector_m(c, i), true))

/* By element. */

/* The index of an element of Vm: H:L:M for halves, H:L for singles, H for doubles. */
static unsigned element_index(const struct insn *i, unsigned bits)
{
	unsigned hlm = BIT(i->w, 11) << 2 | BITS(i->w, 21, 20);
	return bits == 16 ? hlm : bits == 32 ? hlm >> 1 : hlm >> 2;
}

/* A vector whose every lane is the element of Vm. */
static inline union vreg vector_by_element(
    const struct arm64 *c, const struct insn *i, unsigned bits)
{
	/* The register number of a half has four bits. */
	union vreg m = v_get(c, bits == 16 ? BITS(i->w, 19, 16) : BITS(i->w, 20, 16)), d;
	uint64_t value = lane(&m, bits, element_index(i, bits));
	for (unsigned e = 0; e < 128 / bits; e++)
		set_lane(&d, bits, e, value);
	return d;
}

#define BY_ELEMENT(name, op)                                                              \
	EXEC_SIZES(name, _el_v,                                                           \
	    return binary(c, i, bits, vector_n(c, i), vector_by_element(c, i, bits), op)) \
	EXEC_SIZES(name, _el_s,                                                           \
	    return binary(c, i, bits, vector_n(c, i), vector_by_element(c, i, bits), op))
BY_ELEMENT(fmul, FP_BINARY_VECTOR(mul))
BY_ELEMENT(fmulx, FP_BINARY(mulx))

#define MULADD_BY_ELEMENT(name, negate)                                                           \
	EXEC_SIZES(name, _el_v, return muladd(c, i, bits, vector_by_element(c, i, bits), negate)) \
	EXEC_SIZES(name, _el_s, return muladd(c, i, bits, vector_by_element(c, i, bits), negate))
MULADD_BY_ELEMENT(fmla, false)
MULADD_BY_ELEMENT(fmls, true)

/* FMLAL and its like: single-precision lanes accumulate products of halves.  `part` chooses the
 * upper half of Vn; m0 is the first lane of Vm. */
static const struct insn *muladd_long(
    struct arm64 *c, const struct insn *i, unsigned part, union vreg m, unsigned m0, bool negate)
{
	union vreg a = v_get(c, BITS(i->w, 4, 0)), n = vector_n(c, i), d = {0};
	unsigned lanes = fp_lanes(i, 32);
	uint16_t sign = negate ? 0x8000 : 0;
	for (unsigned e = 0; e < lanes; e++)
		d.s[e] = fp_muladd_h(
		    a.s[e], n.h[part * lanes + e] ^ sign, m.h[m0 + e], c->s.fpcr, &c->s.fpsr);
	return set_vector(c, i, d);
}

#define MULADD_LONG(name, part, negate)                                                         \
	EXEC(name##_v)                                                                          \
	{                                                                                       \
		return muladd_long(c, i, part, vector_m(c, i), part * fp_lanes(i, 32), negate); \
	}                                                                                       \
	EXEC(name##_el_v)                                                                       \
	{                                                                                       \
		return muladd_long(c, i, part, vector_by_element(c, i, 16), 0, negate);         \
	}
MULADD_LONG(fmlal, 0, false)
MULADD_LONG(fmlal2, 1, false)
MULADD_LONG(fmlsl, 0, true)
MULADD_LONG(fmlsl2, 1, true)

/* Pairwise and across lanes. */

/* Split `lanes` of lo, followed by `lanes` of hi, into even and odd ones. */
static inline void deinterleave(const union vreg *lo, const union vreg *hi, unsigned bits,
    unsigned lanes, union vreg *even, union vreg *odd)
{
	for (unsigned e = 0; e < lanes; e++) {
		const union vreg *from = 2 * e < lanes ? lo : hi;
		unsigned at = 2 * e < lanes ? 2 * e : 2 * e - lanes;
		set_lane(even, bits, e, lane(from, bits, at));
		set_lane(odd, bits, e, lane(from, bits, at + 1));
	}
}

static ALWAYS_INLINE const struct insn *pairwise(
    struct arm64 *c, const struct insn *i, unsigned bits, const struct fp_binary op)
{
	union vreg n = vector_n(c, i), m = vector_m(c, i), even = {0}, odd = {0};
	deinterleave(&n, &m, bits, fp_lanes(i, bits), &even, &odd);
	return binary(c, i, bits, even, odd, op);
}

static ALWAYS_INLINE const struct insn *pairwise_scalar(
    struct arm64 *c, const struct insn *i, unsigned bits, const struct fp_binary op)
{
	union vreg n = vector_n(c, i), even = {0}, odd = {0};
	deinterleave(&n, &n, bits, 2, &even, &odd);
	return binary(c, i, bits, even, odd, op);
}

#define PAIRWISE(name, op)                                    \
	EXEC_SIZES(name, _v, return pairwise(c, i, bits, op)) \
	EXEC_SIZES(name, _s, return pairwise_scalar(c, i, bits, op))
PAIRWISE(faddp, FP_BINARY_VECTOR(add))
PAIRWISE(fmaxp, FP_BINARY_VECTOR(max))
PAIRWISE(fminp, FP_BINARY_VECTOR(min))
PAIRWISE(fmaxnmp, FP_BINARY_VECTOR(maxnum))
PAIRWISE(fminnmp, FP_BINARY_VECTOR(minnum))

/* Reduce(): halves of the vector are reduced first, so pairs of neighbours meet. */
static ALWAYS_INLINE const struct insn *across(
    struct arm64 *c, const struct insn *i, unsigned bits, const struct fp_binary op)
{
	union vreg n = vector_n(c, i), even = {0}, odd = {0};
	for (unsigned lanes = fp_lanes(i, bits); lanes > 1; lanes /= 2) {
		deinterleave(&n, &n, bits, lanes, &even, &odd);
		n = binary_lanes(c, lanes / 2, bits, &even, &odd, op);
	}
	return set_vector(c, i, n);
}

#define ACROSS(name, op) EXEC_SIZES(name, _v, return across(c, i, bits, op))
ACROSS(fmaxv, FP_BINARY_VECTOR(max))
ACROSS(fminv, FP_BINARY_VECTOR(min))
ACROSS(fmaxnmv, FP_BINARY_VECTOR(maxnum))
ACROSS(fminnmv, FP_BINARY_VECTOR(minnum))
