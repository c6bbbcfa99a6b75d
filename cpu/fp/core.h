/* The unpacked form on which all routines of cpu/fp work, and the way in and out of it. */
#ifndef MYNA_CPU_FP_CORE_H
#define MYNA_CPU_FP_CORE_H

#include "cpu/fp/fp.h"

enum fp_type { FPTYPE_ZERO, FPTYPE_NONZERO, FPTYPE_INFINITY, FPTYPE_QNAN, FPTYPE_SNAN };

/* A number is sig * 2^(exp - 63) with bit 63 of sig set.  Zero and infinity have exponents beyond
 * all others, so magnitudes compare by (exp, sig). */
struct fp_value {
	enum fp_type type;
	bool sign;
	int exp;
	uint64_t sig;
};

#define FP_EXP_LIMIT (1 << 20)

static inline bool fp_is_nan(struct fp_value v)
{
	return v.type >= FPTYPE_QNAN;
}

static inline uint64_t fp_frac_mask(const struct fp_format *f)
{
	return (UINT64_C(1) << f->frac_bits) - 1;
}

static inline unsigned fp_max_exp(const struct fp_format *f)
{
	return (1u << f->exp_bits) - 1;
}

static inline int fp_bias(const struct fp_format *f)
{
	return (1 << (f->exp_bits - 1)) - 1;
}

static inline uint64_t fp_zero(const struct fp_format *f, bool sign)
{
	return sign ? fp_sign_bit(f) : 0;
}

static inline uint64_t fp_infinity(const struct fp_format *f, bool sign)
{
	return fp_zero(f, sign) | (uint64_t)fp_max_exp(f) << f->frac_bits;
}

static inline uint64_t fp_max_normal(const struct fp_format *f, bool sign)
{
	return fp_infinity(f, sign) - 1;
}

static inline uint64_t fp_quiet_bit(const struct fp_format *f)
{
	return UINT64_C(1) << (f->frac_bits - 1);
}

static inline uint64_t fp_default_nan(const struct fp_format *f)
{
	return fp_infinity(f, false) | fp_quiet_bit(f);
}

/* Whether FPCR flushes denormals of this format. */
static inline bool fp_flushes(const struct fp_format *f, uint32_t fpcr)
{
	return fpcr & (f->width == 16 ? FPCR_FZ16 : FPCR_FZ);
}

/* v >> n with every lost bit kept in bit 0. */
static inline uint64_t fp_shift_right_jam(uint64_t v, unsigned n)
{
	if (n >= 64)
		return v != 0;
	return n == 0 ? v : v >> n | (v << (64 - n) != 0);
}

/* FPUnpackBase: AHP and FZ16 are honoured. */
struct fp_value fp_unpack_base(
    const struct fp_format *f, uint64_t bits, uint32_t fpcr, uint32_t *fpsr);

/* FPUnpack. */
static inline struct fp_value fp_unpack(
    const struct fp_format *f, uint64_t bits, uint32_t fpcr, uint32_t *fpsr)
{
	return fp_unpack_base(f, bits, fpcr & ~FPCR_AHP, fpsr);
}

/* FPRoundBase: sig * 2^(exp - 63), where bit 63 of sig is set and bit 0 stands for all bits
 * below.  AHP and FZ16 are honoured. */
uint64_t fp_round_base(const struct fp_format *f, bool sign, int exp, uint64_t sig,
    enum fp_rounding rounding, uint32_t fpcr, uint32_t *fpsr);

/* FPRound. */
static inline uint64_t fp_round(const struct fp_format *f, bool sign, int exp, uint64_t sig,
    enum fp_rounding rounding, uint32_t fpcr, uint32_t *fpsr)
{
	return fp_round_base(f, sign, exp, sig, rounding, fpcr & ~FPCR_AHP, fpsr);
}

/* The result and flags of a number too large for the format. */
uint64_t fp_overflow(
    const struct fp_format *f, bool sign, enum fp_rounding rounding, uint32_t *fpsr);

/* An integer as a value of the format, which must hold it exactly. */
uint64_t fp_from_integer(const struct fp_format *f, bool sign, uint64_t magnitude);

/* FPProcessNaN. */
uint64_t fp_process_nan(
    const struct fp_format *f, enum fp_type type, uint64_t bits, uint32_t fpcr, uint32_t *fpsr);

/* FPProcessNaNs: true if either operand is a NaN, with the result in *out. */
bool fp_process_nans(const struct fp_format *f, struct fp_value a, struct fp_value b,
    uint64_t abits, uint64_t bbits, uint32_t fpcr, uint32_t *fpsr, uint64_t *out);

/* FPConvertNaN: quiet, keeping sign and the payload bits that fit. */
uint64_t fp_convert_nan(const struct fp_format *to, const struct fp_format *from, uint64_t bits);

/* An invalid operation: its flag and its result. */
static inline uint64_t fp_invalid(const struct fp_format *f, uint32_t *fpsr)
{
	*fpsr |= FPSR_IOC;
	return fp_default_nan(f);
}

#endif
