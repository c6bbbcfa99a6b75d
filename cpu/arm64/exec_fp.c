/* Scalar floating point: DDI 0487, C4.1 "Data Processing -- Scalar Floating-Point and Advanced
 * SIMD".  The arithmetic is in cpu/fp; here are registers, formats and rounding modes. */
#include "cpu/arm64/fp_ops.h"

enum { FTYPE_S = 0, FTYPE_D = 1, FTYPE_H = 3 };

#define FTYPE(i) BITS((i)->w, 23, 22)

/* ftype 10 is unallocated and never gets here. */
static const struct fp_format *const formats[4] = {&fp_single, &fp_double, NULL, &fp_half};

static const struct fp_format *format(const struct insn *i)
{
	return formats[FTYPE(i)];
}

/* The low bits of V<n> that hold a number of `f`. */
static uint64_t fp_get(const struct arm64 *c, const struct fp_format *f, unsigned n)
{
	return c->s.v[2 * n] & UINT64_MAX >> (64 - f->width);
}

/* The operand in Rd, Rn, Rm or Ra of instruction i, by its lowest bit. */
static uint64_t operand(const struct arm64 *c, const struct insn *i, unsigned low)
{
	return fp_get(c, format(i), i->w >> low & 31);
}

/* Width of the general register: sf. */
static unsigned int_size(const struct insn *i)
{
	return BIT(i->w, 31) ? 64 : 32;
}

static const struct insn *set_result(struct arm64 *c, const struct insn *i, uint64_t value)
{
	v_set_low(c, BITS(i->w, 4, 0), value);
	return NEXT;
}

/* Data-processing (2 source). */

static ALWAYS_INLINE uint64_t binary(
    struct arm64 *c, const struct insn *i, const struct fp_binary op)
{
	uint64_t n = c->s.v[2 * BITS(i->w, 9, 5)], m = c->s.v[2 * BITS(i->w, 20, 16)];
	switch (FTYPE(i)) {
	case FTYPE_D: return op.d(n, m, c->s.fpcr, &c->s.fpsr);
	case FTYPE_S: return op.s((uint32_t)n, (uint32_t)m, c->s.fpcr, &c->s.fpsr);
	default: return op.h((uint16_t)n, (uint16_t)m, c->s.fpcr, &c->s.fpsr);
	}
}

#define BINARY(name, op)                                              \
	EXEC(name)                                                    \
	{                                                             \
		return set_result(c, i, binary(c, i, FP_BINARY(op))); \
	}
BINARY(fadd, add)
BINARY(fsub, sub)
BINARY(fmul, mul)
BINARY(fdiv, div)
BINARY(fmax, max)
BINARY(fmin, min)
BINARY(fmaxnm, maxnum)
BINARY(fminnm, minnum)

EXEC(fnmul)
{
	return set_result(c, i, binary(c, i, FP_BINARY(mul)) ^ fp_sign_bit(format(i)));
}

/* Data-processing (3 source). */

static ALWAYS_INLINE const struct insn *muladd(
    struct arm64 *c, const struct insn *i, bool negate_addend, bool negate_product)
{
	uint64_t sign = fp_sign_bit(format(i)), r;
	uint64_t a = c->s.v[2 * BITS(i->w, 14, 10)] ^ (negate_addend ? sign : 0);
	uint64_t n = c->s.v[2 * BITS(i->w, 9, 5)] ^ (negate_product ? sign : 0);
	uint64_t m = c->s.v[2 * BITS(i->w, 20, 16)];
	uint32_t fpcr = c->s.fpcr, *fpsr = &c->s.fpsr;
	switch (FTYPE(i)) {
	case FTYPE_D: r = fp64_muladd(a, n, m, fpcr, fpsr); break;
	case FTYPE_S: r = fp32_muladd((uint32_t)a, (uint32_t)n, (uint32_t)m, fpcr, fpsr); break;
	default: r = fp16_muladd((uint16_t)a, (uint16_t)n, (uint16_t)m, fpcr, fpsr); break;
	}
	return set_result(c, i, r);
}

EXEC(fmadd)
{
	return muladd(c, i, false, false);
}

EXEC(fmsub)
{
	return muladd(c, i, false, true);
}

EXEC(fnmadd)
{
	return muladd(c, i, true, true);
}

EXEC(fnmsub)
{
	return muladd(c, i, true, false);
}

/* Data-processing (1 source). */

EXEC(fmov)
{
	return set_result(c, i, operand(c, i, 5));
}

EXEC(fabs)
{
	return set_result(c, i, operand(c, i, 5) & ~fp_sign_bit(format(i)));
}

EXEC(fneg)
{
	return set_result(c, i, operand(c, i, 5) ^ fp_sign_bit(format(i)));
}

EXEC(fsqrt)
{
	return set_result(c, i, fp_fast_sqrt(format(i), operand(c, i, 5), c->s.fpcr, &c->s.fpsr));
}

static const struct insn *convert(struct arm64 *c, const struct insn *i, const struct fp_format *to)
{
	return set_result(
	    c, i, fp_fast_convert(to, format(i), operand(c, i, 5), c->s.fpcr, &c->s.fpsr));
}

EXEC(fcvt_s)
{
	return convert(c, i, &fp_single);
}

EXEC(fcvt_d)
{
	return convert(c, i, &fp_double);
}

EXEC(fcvt_h)
{
	return convert(c, i, &fp_half);
}

static const struct insn *frint(
    struct arm64 *c, const struct insn *i, enum fp_rounding rounding, bool exact)
{
	return set_result(c, i,
	    fp_fast_round_int(format(i), operand(c, i, 5), rounding, exact, c->s.fpcr, &c->s.fpsr));
}

#define FRINT(name, rounding, exact)                 \
	EXEC(name)                                   \
	{                                            \
		return frint(c, i, rounding, exact); \
	}
FRINT(frintn, FPROUND_TIEEVEN, false)
FRINT(frintp, FPROUND_POSINF, false)
FRINT(frintm, FPROUND_NEGINF, false)
FRINT(frintz, FPROUND_ZERO, false)
FRINT(frinta, FPROUND_TIEAWAY, false)
FRINT(frintx, fp_rounding_mode(c->s.fpcr), true)
FRINT(frinti, fp_rounding_mode(c->s.fpcr), false)

#define FRINT_N(name, rounding, size)                                                         \
	EXEC(name)                                                                            \
	{                                                                                     \
		return set_result(c, i,                                                       \
		    fp_round_int_n(                                                           \
			format(i), operand(c, i, 5), rounding, size, c->s.fpcr, &c->s.fpsr)); \
	}
FRINT_N(frint32z, FPROUND_ZERO, 32)
FRINT_N(frint32x, fp_rounding_mode(c->s.fpcr), 32)
FRINT_N(frint64z, FPROUND_ZERO, 64)
FRINT_N(frint64x, fp_rounding_mode(c->s.fpcr), 64)

/* Compare and select. */

static unsigned compare(
    struct arm64 *c, const struct insn *i, uint64_t n, uint64_t m, bool signal_nans)
{
	uint32_t fpcr = c->s.fpcr, *fpsr = &c->s.fpsr;
	switch (FTYPE(i)) {
	case FTYPE_D: return fp64_compare(n, m, signal_nans, fpcr, fpsr);
	case FTYPE_S: return fp32_compare((uint32_t)n, (uint32_t)m, signal_nans, fpcr, fpsr);
	default: return fp16_compare((uint16_t)n, (uint16_t)m, signal_nans, fpcr, fpsr);
	}
}

EXEC(fcmp)
{
	c->s.nzcv = compare(c, i, operand(c, i, 5), operand(c, i, 16), false);
	return NEXT;
}

EXEC(fcmpe)
{
	c->s.nzcv = compare(c, i, operand(c, i, 5), operand(c, i, 16), true);
	return NEXT;
}

EXEC(fcmp_zero)
{
	c->s.nzcv = compare(c, i, operand(c, i, 5), 0, false);
	return NEXT;
}

EXEC(fcmpe_zero)
{
	c->s.nzcv = compare(c, i, operand(c, i, 5), 0, true);
	return NEXT;
}

static const struct insn *conditional_compare(
    struct arm64 *c, const struct insn *i, bool signal_nans)
{
	if (condition_holds(c->s.nzcv, BITS(i->w, 15, 12)))
		c->s.nzcv = compare(c, i, operand(c, i, 5), operand(c, i, 16), signal_nans);
	else
		c->s.nzcv = BITS(i->w, 3, 0);
	return NEXT;
}

EXEC(fccmp)
{
	return conditional_compare(c, i, false);
}

EXEC(fccmpe)
{
	return conditional_compare(c, i, true);
}

EXEC(fcsel)
{
	bool first = condition_holds(c->s.nzcv, BITS(i->w, 15, 12));
	return set_result(c, i, operand(c, i, first ? 5 : 16));
}

EXEC(fmov_imm)
{
	return set_result(c, i, fp_expand_imm(format(i), BITS(i->w, 20, 13)));
}

/* Floating-point and integer, floating-point and fixed-point. */

static const struct insn *to_int(struct arm64 *c, const struct insn *i, unsigned fbits,
    bool is_unsigned, enum fp_rounding rounding)
{
	x_set(c, BITS(i->w, 4, 0),
	    fp_fast_to_fixed(format(i), operand(c, i, 5), fbits, is_unsigned, rounding, int_size(i),
		c->s.fpcr, &c->s.fpsr));
	return NEXT;
}

#define TO_INT(name, rounding)                           \
	EXEC(name##s_int)                                \
	{                                                \
		return to_int(c, i, 0, false, rounding); \
	}                                                \
	EXEC(name##u_int)                                \
	{                                                \
		return to_int(c, i, 0, true, rounding);  \
	}
TO_INT(fcvtn, FPROUND_TIEEVEN)
TO_INT(fcvtp, FPROUND_POSINF)
TO_INT(fcvtm, FPROUND_NEGINF)
TO_INT(fcvtz, FPROUND_ZERO)
TO_INT(fcvta, FPROUND_TIEAWAY)

/* The immediate `scale` of the fixed-point forms. */
static unsigned fbits(const struct insn *i)
{
	return 64 - BITS(i->w, 15, 10);
}

EXEC(fcvtzs_fix)
{
	return to_int(c, i, fbits(i), false, FPROUND_ZERO);
}

EXEC(fcvtzu_fix)
{
	return to_int(c, i, fbits(i), true, FPROUND_ZERO);
}

static const struct insn *from_int(
    struct arm64 *c, const struct insn *i, unsigned fraction_bits, bool is_unsigned)
{
	return set_result(c, i,
	    fp_fast_from_fixed(format(i), x_get(c, BITS(i->w, 9, 5)), int_size(i), fraction_bits,
		is_unsigned, c->s.fpcr, &c->s.fpsr));
}

EXEC(scvtf_int)
{
	return from_int(c, i, 0, false);
}

EXEC(ucvtf_int)
{
	return from_int(c, i, 0, true);
}

EXEC(scvtf_fix)
{
	return from_int(c, i, fbits(i), false);
}

EXEC(ucvtf_fix)
{
	return from_int(c, i, fbits(i), true);
}

EXEC(fjcvtzs)
{
	bool exact;
	x_set(c, BITS(i->w, 4, 0), fp_to_fixed_js(operand(c, i, 5), &exact, c->s.fpcr, &c->s.fpsr));
	c->s.nzcv = exact ? 4 : 0;
	return NEXT;
}

/* FMOV between register files. */

EXEC(fmov_to_int)
{
	x_set(c, BITS(i->w, 4, 0), operand(c, i, 5));
	return NEXT;
}

EXEC(fmov_from_int)
{
	return set_result(c, i, x_get(c, BITS(i->w, 9, 5)) & UINT64_MAX >> (64 - format(i)->width));
}

EXEC(fmov_top_to_int)
{
	x_set(c, BITS(i->w, 4, 0), c->s.v[2 * BITS(i->w, 9, 5) + 1]);
	return NEXT;
}

EXEC(fmov_top_from_int)
{
	c->s.v[2 * BITS(i->w, 4, 0) + 1] = x_get(c, BITS(i->w, 9, 5));
	return NEXT;
}
