/* Unpacking, rounding and NaN selection: FPUnpack, FPRound, FPProcessNaN of DDI 0487, J1.3. */
#include "cpu/fp/core.h"

const struct fp_format fp_half = {16, 5, 10};
const struct fp_format fp_single = {32, 8, 23};
const struct fp_format fp_double = {64, 11, 52};

static struct fp_value unpack_denormal(
    const struct fp_format *f, bool sign, uint64_t frac, uint32_t fpcr, uint32_t *fpsr)
{
	if (frac != 0 && fp_flushes(f, fpcr)) {
		/* FZ16 flushes without a trace. */
		if (f->width != 16)
			*fpsr |= FPSR_IDC;
		frac = 0;
	}
	if (frac == 0)
		return (struct fp_value){FPTYPE_ZERO, sign, -FP_EXP_LIMIT, 0};
	int shift = __builtin_clzll(frac);
	int exp = 63 - shift + 1 - fp_bias(f) - f->frac_bits;
	return (struct fp_value){FPTYPE_NONZERO, sign, exp, frac << shift};
}

struct fp_value fp_unpack_base(
    const struct fp_format *f, uint64_t bits, uint32_t fpcr, uint32_t *fpsr)
{
	bool sign = bits >> (f->width - 1) & 1;
	unsigned exp = bits >> f->frac_bits & fp_max_exp(f);
	uint64_t frac = bits & fp_frac_mask(f);

	if (exp == 0)
		return unpack_denormal(f, sign, frac, fpcr, fpsr);
	uint64_t sig = UINT64_C(1) << 63 | frac << (63 - f->frac_bits);
	if (exp == fp_max_exp(f) && !(f->width == 16 && (fpcr & FPCR_AHP))) {
		enum fp_type type = frac == 0                ? FPTYPE_INFINITY
				    : frac & fp_quiet_bit(f) ? FPTYPE_QNAN
							     : FPTYPE_SNAN;
		return (struct fp_value){type, sign, FP_EXP_LIMIT, sig};
	}
	return (struct fp_value){FPTYPE_NONZERO, sign, (int)exp - fp_bias(f), sig};
}

uint64_t fp_overflow(
    const struct fp_format *f, bool sign, enum fp_rounding rounding, uint32_t *fpsr)
{
	bool to_infinity =
	    rounding == FPROUND_TIEEVEN || rounding == (sign ? FPROUND_NEGINF : FPROUND_POSINF);
	*fpsr |= FPSR_OFC | FPSR_IXC;
	return to_infinity ? fp_infinity(f, sign) : fp_max_normal(f, sign);
}

uint64_t fp_round_base(const struct fp_format *f, bool sign, int exp, uint64_t sig,
    enum fp_rounding rounding, uint32_t fpcr, uint32_t *fpsr)
{
	int min_exp = 1 - fp_bias(f);
	bool ahp = f->width == 16 && (fpcr & FPCR_AHP);
	int limit = (int)fp_max_exp(f) + ahp; /* first biased exponent that overflows */

	/* Tininess is decided before rounding. */
	if (exp < min_exp && fp_flushes(f, fpcr)) {
		*fpsr |= FPSR_UFC;
		return fp_zero(f, sign);
	}
	int biased = exp - min_exp + 1;
	if (biased <= 0) {
		sig = fp_shift_right_jam(sig, (unsigned)(min_exp - exp));
		biased = 0;
	} else if (biased > limit) {
		biased = limit;
	}
	unsigned drop = 63 - f->frac_bits;
	uint64_t error = sig & ((UINT64_C(1) << drop) - 1), half = UINT64_C(1) << (drop - 1);
	uint64_t mant = sig >> drop;
	if (biased == 0 && error != 0)
		*fpsr |= FPSR_UFC;

	bool round_up = false;
	switch (rounding) {
	case FPROUND_TIEEVEN: round_up = error > half || (error == half && (mant & 1)); break;
	case FPROUND_POSINF: round_up = error != 0 && !sign; break;
	case FPROUND_NEGINF: round_up = error != 0 && sign; break;
	case FPROUND_ZERO: break;
	case FPROUND_TIEAWAY: round_up = error >= half; break;
	case FPROUND_ODD: mant |= error != 0; break;
	}
	/* The leading bit of a normal significand adds one to the exponent field, and so does the
	 * carry out of rounding. */
	uint64_t packed = ((uint64_t)(biased - (biased != 0)) << f->frac_bits) + mant + round_up;
	if (packed >> f->frac_bits >= (unsigned)limit) {
		if (!ahp)
			return fp_overflow(f, sign, rounding, fpsr);
		*fpsr |= FPSR_IOC;
		return fp_zero(f, sign) | (fp_sign_bit(f) - 1);
	}
	if (error != 0)
		*fpsr |= FPSR_IXC;
	return fp_zero(f, sign) | packed;
}

uint64_t fp_from_integer(const struct fp_format *f, bool sign, uint64_t magnitude)
{
	uint32_t ignored = 0;
	if (magnitude == 0)
		return fp_zero(f, sign);
	int shift = __builtin_clzll(magnitude);
	return fp_round(f, sign, 63 - shift, magnitude << shift, FPROUND_ZERO, 0, &ignored);
}

uint64_t fp_process_nan(
    const struct fp_format *f, enum fp_type type, uint64_t bits, uint32_t fpcr, uint32_t *fpsr)
{
	if (type == FPTYPE_SNAN)
		*fpsr |= FPSR_IOC;
	return fpcr & FPCR_DN ? fp_default_nan(f) : bits | fp_quiet_bit(f);
}

bool fp_process_nans(const struct fp_format *f, struct fp_value a, struct fp_value b,
    uint64_t abits, uint64_t bbits, uint32_t fpcr, uint32_t *fpsr, uint64_t *out)
{
	if (!fp_is_nan(a) && !fp_is_nan(b))
		return false;
	/* A signalling NaN before a quiet one, the first operand before the second. */
	bool first = a.type == FPTYPE_SNAN || (a.type == FPTYPE_QNAN && b.type != FPTYPE_SNAN);
	*out = first ? fp_process_nan(f, a.type, abits, fpcr, fpsr)
		     : fp_process_nan(f, b.type, bbits, fpcr, fpsr);
	return true;
}

uint64_t fp_convert_nan(const struct fp_format *to, const struct fp_format *from, uint64_t bits)
{
	uint64_t payload = (bits & fp_frac_mask(from)) << (63 - from->frac_bits);
	return fp_zero(to, bits & fp_sign_bit(from)) | fp_default_nan(to) |
	       payload >> (63 - to->frac_bits);
}
