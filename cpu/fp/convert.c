/* Conversions: FPRoundInt, FPRoundIntN, FPToFixed, FixedToFP, FPConvert, FPToFixedJS of DDI 0487,
 * J1.3. */
#include "cpu/fp/core.h"

struct integer {
	uint64_t magnitude; /* undefined where too_large */
	bool too_large;     /* magnitude is 2^64 or more */
	bool inexact;
};

/* |v * 2^fbits| rounded to an integer; v is finite or infinite. */
static struct integer round_to_integer(struct fp_value v, int fbits, enum fp_rounding rounding)
{
	struct integer r = {0, false, false};
	int exp = v.exp + fbits;
	if (v.type == FPTYPE_ZERO)
		return r;
	if (exp >= 63) {
		r.magnitude = v.sig;
		r.too_large = exp > 63;
		return r;
	}
	/* `rest` is the fraction with its binary point on top; below one half it only has to be
	 * smaller than that and not zero. */
	uint64_t rest;
	if (exp >= 0) {
		r.magnitude = v.sig >> (63 - exp);
		rest = v.sig << (exp + 1);
	} else {
		rest = fp_shift_right_jam(v.sig, (unsigned)(-1 - exp));
	}
	const uint64_t half = UINT64_C(1) << 63;
	bool up = false;
	switch (rounding) {
	case FPROUND_TIEEVEN: up = rest > half || (rest == half && (r.magnitude & 1)); break;
	case FPROUND_POSINF: up = rest != 0 && !v.sign; break;
	case FPROUND_NEGINF: up = rest != 0 && v.sign; break;
	case FPROUND_TIEAWAY: up = rest >= half; break;
	case FPROUND_ZERO:
	case FPROUND_ODD: break;
	}
	r.magnitude += up;
	r.inexact = rest != 0;
	return r;
}

uint64_t fp_round_int(const struct fp_format *f, uint64_t bits, enum fp_rounding rounding,
    bool exact, uint32_t fpcr, uint32_t *fpsr)
{
	struct fp_value v = fp_unpack(f, bits, fpcr, fpsr);
	if (fp_is_nan(v))
		return fp_process_nan(f, v.type, bits, fpcr, fpsr);
	if (v.type == FPTYPE_ZERO)
		return fp_zero(f, v.sign);
	if (v.exp >= f->frac_bits)
		return bits; /* an integer already, or infinite */
	struct integer n = round_to_integer(v, 0, rounding);
	if (n.inexact && exact)
		*fpsr |= FPSR_IXC;
	return fp_from_integer(f, v.sign, n.magnitude);
}

uint64_t fp_round_int_n(const struct fp_format *f, uint64_t bits, enum fp_rounding rounding,
    unsigned int_size, uint32_t fpcr, uint32_t *fpsr)
{
	struct fp_value v = fp_unpack(f, bits, fpcr, fpsr);
	uint64_t limit = UINT64_C(1) << (int_size - 1); /* the most negative integer's magnitude */
	struct integer n = {0, true, false};
	if (!fp_is_nan(v))
		n = round_to_integer(v, 0, rounding);
	if (n.too_large || n.magnitude > limit - !v.sign) {
		*fpsr |= FPSR_IOC;
		return fp_from_integer(f, true, limit);
	}
	if (n.inexact)
		*fpsr |= FPSR_IXC;
	return fp_from_integer(f, v.sign, n.magnitude);
}

/* SatQ of a sign and magnitude; sets *overflow. */
static uint64_t saturate(
    struct integer n, bool sign, bool is_unsigned, unsigned size, bool *overflow)
{
	uint64_t all = UINT64_MAX >> (64 - size);
	uint64_t limit = is_unsigned ? (sign ? 0 : all) : (all >> 1) + sign;
	*overflow = n.too_large || n.magnitude > limit;
	uint64_t magnitude = *overflow ? limit : n.magnitude;
	return (sign ? -magnitude : magnitude) & all;
}

uint64_t fp_to_fixed(const struct fp_format *f, uint64_t bits, unsigned fbits, bool is_unsigned,
    enum fp_rounding rounding, unsigned int_size, uint32_t fpcr, uint32_t *fpsr)
{
	struct fp_value v = fp_unpack(f, bits, fpcr, fpsr);
	if (fp_is_nan(v)) {
		*fpsr |= FPSR_IOC;
		return 0;
	}
	bool overflow;
	struct integer n = round_to_integer(v, (int)fbits, rounding);
	uint64_t result = saturate(n, v.sign, is_unsigned, int_size, &overflow);
	if (overflow)
		*fpsr |= FPSR_IOC;
	else if (n.inexact)
		*fpsr |= FPSR_IXC;
	return result;
}

uint64_t fixed_to_fp(const struct fp_format *f, uint64_t a, unsigned int_size, unsigned fbits,
    bool is_unsigned, enum fp_rounding rounding, uint32_t fpcr, uint32_t *fpsr)
{
	a <<= 64 - int_size;
	bool sign = !is_unsigned && a >> 63;
	uint64_t magnitude =
	    is_unsigned ? a >> (64 - int_size) : (uint64_t)((int64_t)a >> (64 - int_size));
	if (sign)
		magnitude = -magnitude;
	if (magnitude == 0)
		return fp_zero(f, false);
	int shift = __builtin_clzll(magnitude);
	return fp_round(f, sign, 63 - shift - (int)fbits, magnitude << shift, rounding, fpcr, fpsr);
}

uint64_t fp_convert(const struct fp_format *to, const struct fp_format *from, uint64_t bits,
    enum fp_rounding rounding, uint32_t fpcr, uint32_t *fpsr)
{
	bool to_ahp = to->width == 16 && (fpcr & FPCR_AHP);
	fpcr &= ~FPCR_FZ16; /* FPUnpackCV, FPRoundCV */
	struct fp_value v = fp_unpack_base(from, bits, fpcr, fpsr);
	switch (v.type) {
	case FPTYPE_SNAN:
	case FPTYPE_QNAN:
		if (v.type == FPTYPE_SNAN || to_ahp)
			*fpsr |= FPSR_IOC;
		if (to_ahp)
			return fp_zero(to, v.sign);
		return fpcr & FPCR_DN ? fp_default_nan(to) : fp_convert_nan(to, from, bits);
	case FPTYPE_INFINITY:
		if (!to_ahp)
			return fp_infinity(to, v.sign);
		*fpsr |= FPSR_IOC;
		return fp_zero(to, v.sign) | (fp_sign_bit(to) - 1);
	case FPTYPE_ZERO: return fp_zero(to, v.sign);
	case FPTYPE_NONZERO: break;
	}
	return fp_round_base(to, v.sign, v.exp, v.sig, rounding, fpcr, fpsr);
}

uint32_t fp_to_fixed_js(uint64_t bits, bool *exact, uint32_t fpcr, uint32_t *fpsr)
{
	struct fp_value v = fp_unpack(&fp_double, bits, fpcr, fpsr);
	*exact = false;
	if (fp_is_nan(v) || v.type == FPTYPE_INFINITY) {
		*fpsr |= FPSR_IOC;
		return 0;
	}
	struct integer n = round_to_integer(v, 0, FPROUND_ZERO);
	bool overflow;
	saturate(n, v.sign, false, 32, &overflow);
	if (n.too_large)
		n.magnitude = v.exp < 127 ? v.sig << (v.exp - 63) : 0;
	if (overflow)
		*fpsr |= FPSR_IOC;
	else if (n.inexact)
		*fpsr |= FPSR_IXC;
	else /* -0 and a flushed denormal are not exact */
		*exact = v.type == FPTYPE_NONZERO || bits == 0;
	return (uint32_t)(v.sign ? -n.magnitude : n.magnitude);
}

uint64_t fp_expand_imm(const struct fp_format *f, unsigned imm8)
{
	/* exponent: NOT(b), b repeated, then cd; fraction: efgh and zeros. */
	unsigned b = imm8 >> 6 & 1;
	uint64_t exp = (uint64_t)(b ? (1u << (f->exp_bits - 3)) - 1 : 1u << (f->exp_bits - 3))
			   << 2 |
		       (imm8 >> 4 & 3);
	return fp_zero(f, imm8 >> 7 & 1) | exp << f->frac_bits |
	       (uint64_t)(imm8 & 15) << (f->frac_bits - 4);
}
