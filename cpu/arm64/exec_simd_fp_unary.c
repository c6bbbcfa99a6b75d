/* Advanced SIMD floating point with one operand: two-register miscellaneous, conversions with
 * fraction bits, modified immediate (DDI 0487, C4.1). */
#include "cpu/arm64/fp_ops.h"

/* `fbits` is 0 except in the fixed-point conversions. */
typedef uint64_t unary_fn(
    const struct fp_format *f, uint64_t a, unsigned fbits, uint32_t fpcr, uint32_t *fpsr);

static ALWAYS_INLINE const struct insn *unary(
    struct arm64 *c, const struct insn *i, unsigned bits, unsigned fbits, unary_fn *op)
{
	union vreg n = v_get(c, BITS(i->w, 9, 5)), d = {0};
	uint32_t fpcr = c->s.fpcr, *fpsr = &c->s.fpsr;
	unsigned lanes = fp_lanes(i, bits);
	if (bits == 16) {
		for (unsigned e = 0; e < lanes; e++)
			d.h[e] = (uint16_t)op(&fp_half, n.h[e], fbits, fpcr, fpsr);
	} else if (bits == 32) {
		for (unsigned e = 0; e < lanes; e++)
			d.s[e] = (uint32_t)op(&fp_single, n.s[e], fbits, fpcr, fpsr);
	} else {
		for (unsigned e = 0; e < lanes; e++)
			d.d[e] = op(&fp_double, n.d[e], fbits, fpcr, fpsr);
	}
	v_set(c, BITS(i->w, 4, 0), d);
	return NEXT;
}

/* Element operations. */

#define ELEMENT(name, expression)                                                                 \
	static uint64_t name(                                                                     \
	    const struct fp_format *f, uint64_t a, unsigned fbits, uint32_t fpcr, uint32_t *fpsr) \
	{                                                                                         \
		return expression;                                                                \
	}

ELEMENT(absolute, a & ~fp_sign_bit(f))
ELEMENT(negate, a ^ fp_sign_bit(f))
ELEMENT(square_root, fp_fast_sqrt(f, a, fpcr, fpsr))
ELEMENT(recip_estimate, fp_recip_estimate(f, a, fpcr, fpsr))
ELEMENT(rsqrt_estimate, fp_rsqrt_estimate(f, a, fpcr, fpsr))
ELEMENT(recip_exponent, fp_recpx(f, a, fpcr, fpsr))

/* Comparisons with zero; true is a lane of ones, of which the caller takes its width. */
ELEMENT(equal, -(uint64_t)fp_compare_eq(f, a, 0, fpcr, fpsr))
ELEMENT(greater, -(uint64_t)fp_compare_gt(f, a, 0, fpcr, fpsr))
ELEMENT(not_less, -(uint64_t)fp_compare_ge(f, a, 0, fpcr, fpsr))
ELEMENT(less, -(uint64_t)fp_compare_gt(f, 0, a, fpcr, fpsr))
ELEMENT(not_greater, -(uint64_t)fp_compare_ge(f, 0, a, fpcr, fpsr))

#define ROUND_INT(name, rounding, exact) \
	ELEMENT(name, fp_fast_round_int(f, a, rounding, exact, fpcr, fpsr))
ROUND_INT(round_n, FPROUND_TIEEVEN, false)
ROUND_INT(round_p, FPROUND_POSINF, false)
ROUND_INT(round_m, FPROUND_NEGINF, false)
ROUND_INT(round_z, FPROUND_ZERO, false)
ROUND_INT(round_a, FPROUND_TIEAWAY, false)
ROUND_INT(round_x, fp_rounding_mode(fpcr), true)
ROUND_INT(round_i, fp_rounding_mode(fpcr), false)
ELEMENT(round_32z, fp_round_int_n(f, a, FPROUND_ZERO, 32, fpcr, fpsr))
ELEMENT(round_32x, fp_round_int_n(f, a, fp_rounding_mode(fpcr), 32, fpcr, fpsr))
ELEMENT(round_64z, fp_round_int_n(f, a, FPROUND_ZERO, 64, fpcr, fpsr))
ELEMENT(round_64x, fp_round_int_n(f, a, fp_rounding_mode(fpcr), 64, fpcr, fpsr))

#define TO_INT(name, rounding)                                                                 \
	ELEMENT(name##s, fp_fast_to_fixed(f, a, fbits, false, rounding, f->width, fpcr, fpsr)) \
	ELEMENT(name##u, fp_fast_to_fixed(f, a, fbits, true, rounding, f->width, fpcr, fpsr))
TO_INT(to_int_n, FPROUND_TIEEVEN)
TO_INT(to_int_p, FPROUND_POSINF)
TO_INT(to_int_m, FPROUND_NEGINF)
TO_INT(to_int_z, FPROUND_ZERO)
TO_INT(to_int_a, FPROUND_TIEAWAY)
ELEMENT(from_int_s, fp_fast_from_fixed(f, a, f->width, fbits, false, fpcr, fpsr))
ELEMENT(from_int_u, fp_fast_from_fixed(f, a, f->width, fbits, true, fpcr, fpsr))

/* Two-register miscellaneous. */

#define UNARY(name, suffix, op) EXEC_SIZES(name, suffix, return unary(c, i, bits, 0, op))
#define UNARY_ALSO_SCALAR(name, op) \
	UNARY(name, _v, op)         \
	UNARY(name, _s, op)
#define UNARY_NOT_HALF(name, op)                     \
	EXEC(name##_v)                               \
	{                                            \
		return unary(c, i, fp_sz(i), 0, op); \
	}
UNARY(fabs, _v, absolute)
UNARY(fneg, _v, negate)
UNARY(fsqrt, _v, square_root)
UNARY(frintn, _v, round_n)
UNARY(frintp, _v, round_p)
UNARY(frintm, _v, round_m)
UNARY(frintz, _v, round_z)
UNARY(frinta, _v, round_a)
UNARY(frintx, _v, round_x)
UNARY(frinti, _v, round_i)
UNARY_NOT_HALF(frint32z, round_32z)
UNARY_NOT_HALF(frint32x, round_32x)
UNARY_NOT_HALF(frint64z, round_64z)
UNARY_NOT_HALF(frint64x, round_64x)
UNARY_ALSO_SCALAR(fcvtns, to_int_ns)
UNARY_ALSO_SCALAR(fcvtnu, to_int_nu)
UNARY_ALSO_SCALAR(fcvtps, to_int_ps)
UNARY_ALSO_SCALAR(fcvtpu, to_int_pu)
UNARY_ALSO_SCALAR(fcvtms, to_int_ms)
UNARY_ALSO_SCALAR(fcvtmu, to_int_mu)
UNARY_ALSO_SCALAR(fcvtzs, to_int_zs)
UNARY_ALSO_SCALAR(fcvtzu, to_int_zu)
UNARY_ALSO_SCALAR(fcvtas, to_int_as)
UNARY_ALSO_SCALAR(fcvtau, to_int_au)
UNARY_ALSO_SCALAR(scvtf, from_int_s)
UNARY_ALSO_SCALAR(ucvtf, from_int_u)
UNARY_ALSO_SCALAR(frecpe, recip_estimate)
UNARY_ALSO_SCALAR(frsqrte, rsqrt_estimate)
UNARY(frecpx, _s, recip_exponent)
UNARY_ALSO_SCALAR(fcmeq_zero, equal)
UNARY_ALSO_SCALAR(fcmgt_zero, greater)
UNARY_ALSO_SCALAR(fcmge_zero, not_less)
UNARY_ALSO_SCALAR(fcmlt_zero, less)
UNARY_ALSO_SCALAR(fcmle_zero, not_greater)

static const struct insn *unsigned_estimate(
    struct arm64 *c, const struct insn *i, uint32_t (*op)(uint32_t))
{
	union vreg n = v_get(c, BITS(i->w, 9, 5)), d = {0};
	for (unsigned e = 0; e < fp_lanes(i, 32); e++)
		d.s[e] = op(n.s[e]);
	v_set(c, BITS(i->w, 4, 0), d);
	return NEXT;
}

EXEC(urecpe_v)
{
	return unsigned_estimate(c, i, fp_unsigned_recip_estimate);
}

EXEC(ursqrte_v)
{
	return unsigned_estimate(c, i, fp_unsigned_rsqrt_estimate);
}

/* Conversions between precisions.  The narrow register's upper half is used when Q is set. */

typedef uint64_t fp_convert_fn(const struct fp_format *to, const struct fp_format *from, uint64_t a,
    uint32_t fpcr, uint32_t *fpsr);

static uint64_t convert_odd(const struct fp_format *to, const struct fp_format *from, uint64_t a,
    uint32_t fpcr, uint32_t *fpsr)
{
	return fp_convert(to, from, a, FPROUND_ODD, fpcr, fpsr);
}

/* FCVTL: sz gives halves to singles or singles to doubles. */
EXEC(fcvtl_v)
{
	union vreg n = v_get(c, BITS(i->w, 9, 5)), d;
	uint32_t fpcr = c->s.fpcr, *fpsr = &c->s.fpsr;
	uint64_t narrow = n.d[BIT(i->w, 30)];
	for (unsigned e = 0; e < 2 && BIT(i->w, 22); e++)
		d.d[e] = fp_fast_convert(
		    &fp_double, &fp_single, (uint32_t)(narrow >> (32 * e)), fpcr, fpsr);
	for (unsigned e = 0; e < 4 && !BIT(i->w, 22); e++)
		d.s[e] = (uint32_t)fp_fast_convert(
		    &fp_single, &fp_half, (uint16_t)(narrow >> (16 * e)), fpcr, fpsr);
	v_set(c, BITS(i->w, 4, 0), d);
	return NEXT;
}

/* FCVTN, FCVTXN: sz gives doubles to singles or singles to halves. */
static ALWAYS_INLINE const struct insn *convert_narrow(
    struct arm64 *c, const struct insn *i, fp_convert_fn *convert)
{
	union vreg n = v_get(c, BITS(i->w, 9, 5)), d = v_get(c, BITS(i->w, 4, 0));
	uint32_t fpcr = c->s.fpcr, *fpsr = &c->s.fpsr;
	uint64_t narrow = 0;
	for (unsigned e = 0; e < 2 && BIT(i->w, 22); e++)
		narrow |= convert(&fp_single, &fp_double, n.d[e], fpcr, fpsr) << (32 * e);
	for (unsigned e = 0; e < 4 && !BIT(i->w, 22); e++)
		narrow |= convert(&fp_half, &fp_single, n.s[e], fpcr, fpsr) << (16 * e);
	d.d[BIT(i->w, 30)] = narrow;
	if (!BIT(i->w, 30))
		d.d[1] = 0;
	v_set(c, BITS(i->w, 4, 0), d);
	return NEXT;
}

EXEC(fcvtn_v)
{
	return convert_narrow(c, i, fp_fast_convert);
}

EXEC(fcvtxn_v)
{
	return convert_narrow(c, i, convert_odd);
}

EXEC(fcvtxn_s)
{
	v_set_low(c, BITS(i->w, 4, 0),
	    convert_odd(
		&fp_single, &fp_double, c->s.v[2 * BITS(i->w, 9, 5)], c->s.fpcr, &c->s.fpsr));
	return NEXT;
}

/* Shift by immediate: immh tells the element size, 2 * size - immh:immb the fraction bits. */
static ALWAYS_INLINE const struct insn *fixed(struct arm64 *c, const struct insn *i, unary_fn *op)
{
	unsigned immh_immb = BITS(i->w, 22, 16);
	unsigned bits = immh_immb >= 64 ? 64 : immh_immb >= 32 ? 32 : 16;
	return unary(c, i, bits, 2 * bits - immh_immb, op);
}

#define FIXED(name, op)                 \
	EXEC(name##_fix_v)              \
	{                               \
		return fixed(c, i, op); \
	}                               \
	EXEC(name##_fix_s)              \
	{                               \
		return fixed(c, i, op); \
	}
FIXED(scvtf, from_int_s)
FIXED(ucvtf, from_int_u)
FIXED(fcvtzs, to_int_zs)
FIXED(fcvtzu, to_int_zu)

/* Modified immediate: the immediate is abc:defgh. */
static const struct insn *fmov_vector(struct arm64 *c, const struct insn *i, uint64_t doubleword)
{
	union vreg d = {.d = {doubleword, BIT(i->w, 30) ? doubleword : 0}};
	v_set(c, BITS(i->w, 4, 0), d);
	return NEXT;
}

static unsigned immediate(const struct insn *i)
{
	return BITS(i->w, 18, 16) << 5 | BITS(i->w, 9, 5);
}

EXEC(fmov_imm_vh)
{
	return fmov_vector(c, i, fp_expand_imm(&fp_half, immediate(i)) * UINT64_C(0x1000100010001));
}

EXEC(fmov_imm_v)
{
	return fmov_vector(c, i, fp_expand_imm(&fp_single, immediate(i)) * UINT64_C(0x100000001));
}

EXEC(fmov_imm_vd)
{
	return fmov_vector(c, i, fp_expand_imm(&fp_double, immediate(i)));
}
