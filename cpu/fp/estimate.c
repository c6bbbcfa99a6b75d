/* Reciprocal and reciprocal square root estimates: FPRecipEstimate, FPRSqrtEstimate, FPRecpX and
 * the unsigned forms of DDI 0487, J1.3.  The results are architected to the bit. */
#include "cpu/fp/core.h"

/* RecipEstimate: 256 <= a < 512 stands for [0.5, 1.0); the result for [1.0, 2.0). */
static unsigned recip_estimate(unsigned a)
{
	a = a * 2 + 1;
	return ((1u << 19) / a + 1) / 2;
}

/* RecipSqrtEstimate: 128 <= a < 512 stands for [0.25, 1.0). */
static unsigned rsqrt_estimate(unsigned a)
{
	a = a < 256 ? a * 2 + 1 : ((a >> 1 << 1) + 1) * 2;
	/* The largest b with a * b^2 < 2^28, bit by bit. */
	unsigned b = 512;
	for (unsigned bit = 256; bit != 0; bit >>= 1) {
		if (a * (b + bit) * (b + bit) < 1u << 28)
			b += bit;
	}
	return (b + 1) / 2;
}

uint64_t fp_recip_estimate(const struct fp_format *f, uint64_t bits, uint32_t fpcr, uint32_t *fpsr)
{
	struct fp_value v = fp_unpack(f, bits, fpcr, fpsr);
	int bias = fp_bias(f);

	if (fp_is_nan(v))
		return fp_process_nan(f, v.type, bits, fpcr, fpsr);
	if (v.type == FPTYPE_INFINITY)
		return fp_zero(f, v.sign);
	if (v.type == FPTYPE_ZERO) {
		*fpsr |= FPSR_DZC;
		return fp_infinity(f, v.sign);
	}
	if (v.exp < -bias - 1)
		return fp_overflow(f, v.sign, fp_rounding_mode(fpcr), fpsr);
	if (v.exp >= bias - 1 && fp_flushes(f, fpcr)) {
		*fpsr |= FPSR_UFC;
		return fp_zero(f, v.sign);
	}
	/* v = scaled / 512 * 2^(exp + 1), so the result is estimate / 256 * 2^(-exp - 1). */
	uint64_t frac = recip_estimate((unsigned)(v.sig >> 55));
	frac <<= f->frac_bits - 8;
	int exp = bias - v.exp - 1;
	if (exp > 0)
		frac &= fp_frac_mask(f);
	else
		frac >>= 1 - exp;
	return fp_zero(f, v.sign) | (uint64_t)(exp > 0 ? exp : 0) << f->frac_bits | frac;
}

uint64_t fp_rsqrt_estimate(const struct fp_format *f, uint64_t bits, uint32_t fpcr, uint32_t *fpsr)
{
	struct fp_value v = fp_unpack(f, bits, fpcr, fpsr);

	if (fp_is_nan(v))
		return fp_process_nan(f, v.type, bits, fpcr, fpsr);
	if (v.type == FPTYPE_ZERO) {
		*fpsr |= FPSR_DZC;
		return fp_infinity(f, v.sign);
	}
	if (v.sign)
		return fp_invalid(f, fpsr);
	if (v.type == FPTYPE_INFINITY)
		return fp_zero(f, false);
	/* v = scaled / 512 * 2^(2 * half) with an even exponent; the result is always normal. */
	bool odd = v.exp & 1;
	int half = (v.exp + 2 - odd) / 2;
	uint64_t frac = rsqrt_estimate((unsigned)(v.sig >> (odd ? 55 : 56)));
	frac = frac << (f->frac_bits - 8) & fp_frac_mask(f);
	return (uint64_t)(fp_bias(f) - half) << f->frac_bits | frac;
}

uint64_t fp_recpx(const struct fp_format *f, uint64_t bits, uint32_t fpcr, uint32_t *fpsr)
{
	struct fp_value v = fp_unpack(f, bits, fpcr, fpsr);
	uint64_t max = fp_max_exp(f), exp = bits >> f->frac_bits & max;

	if (fp_is_nan(v))
		return fp_process_nan(f, v.type, bits, fpcr, fpsr);
	return fp_zero(f, v.sign) | (exp == 0 ? max - 1 : ~exp & max) << f->frac_bits;
}

uint32_t fp_unsigned_recip_estimate(uint32_t a)
{
	return a >> 31 ? recip_estimate(a >> 23) << 23 : UINT32_MAX;
}

uint32_t fp_unsigned_rsqrt_estimate(uint32_t a)
{
	return a >> 30 ? rsqrt_estimate(a >> 23) << 23 : UINT32_MAX;
}
