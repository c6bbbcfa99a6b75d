/* What instructions call: fp16_*, fp32_*, fp64_*.  Included by fp.h.
 *
 * Half precision always takes the reference routine.  Single and double precision use the host's
 * arithmetic, which is IEEE 754 in round-to-nearest with denormals, under these conditions:
 *
 *  - FPCR asks for round-to-nearest (RMode = 0), where rounding matters;
 *  - FPCR asks for no flushing (FZ = 0), or there is nothing to flush;
 *  - the result is finite and normal with a biased exponent of at least 2, or exact: so no operand
 *    was a NaN or infinity that mattered, nothing overflowed, nothing was tiny before rounding;
 *  - IXC is set already, or the operation is proved exact.
 *
 * Everything else goes to the reference.  tests/fp/fast.c compares the two.
 */
#ifndef MYNA_CPU_FP_FAST_H
#define MYNA_CPU_FP_FAST_H

#include <float.h>
#include <math.h>
#include <string.h>

_Static_assert(FLT_EVAL_METHOD == 0, "the host must not compute with more precision");

static inline float fp32_host(uint32_t bits)
{
	float v;
	memcpy(&v, &bits, sizeof v);
	return v;
}

static inline double fp64_host(uint64_t bits)
{
	double v;
	memcpy(&v, &bits, sizeof v);
	return v;
}

static inline uint32_t fp32_bits(float v)
{
	uint32_t bits;
	memcpy(&bits, &v, sizeof bits);
	return bits;
}

static inline uint64_t fp64_bits(double v)
{
	uint64_t bits;
	memcpy(&bits, &v, sizeof bits);
	return bits;
}

/* Whether r, the rounded result of the operation, is its exact result.  r is finite. */

/* Knuth's TwoSum: the error of an addition is itself representable. */
static inline bool fp32_add_exact(float a, float b, float r)
{
	float t = r - a;
	return (a - (r - t)) + (b - t) == 0;
}

static inline bool fp64_add_exact(double a, double b, double r)
{
	double t = r - a;
	return (a - (r - t)) + (b - t) == 0;
}

/* The product of two singles is exact in double precision. */
static inline bool fp32_mul_exact(float a, float b, float r)
{
	return (double)a * b == r;
}

/* Trailing zeros of the significands add up; a product of 106 bits needs 53 of them. */
static inline bool fp64_mul_exact(double a, double b, double r)
{
	const uint64_t hidden = UINT64_C(1) << 52;
	return __builtin_ctzll(fp64_bits(a) | hidden) + __builtin_ctzll(fp64_bits(b) | hidden) >=
	       53;
}

static inline bool fp32_div_exact(float a, float b, float r)
{
	return (double)r * b == a;
}

/* Of doubles only what a power of two divides is recognised. */
static inline bool fp64_div_exact(double a, double b, double r)
{
	return fp64_bits(b) << 12 == 0;
}

static inline bool fp32_sqrt_exact(float a, float r)
{
	return (double)r * r == a;
}

/* A root of at most 26 bits has a square of at most 53. */
static inline bool fp64_sqrt_exact(double a, double r)
{
	return fp64_bits(r) << 37 == 0 && r * r == a;
}

#define FP_PASTE2(a, b) a##b
#define FP_PASTE(a, b)  FP_PASTE2(a, b)
#define FP_NAME(name)   FP_PASTE(FP_PASTE(fp, FP_WIDTH), _##name)

#define FP_WIDTH         32
#define FP_UINT          uint32_t
#define FP_HOST          float
#define FP_FORMAT        (&fp_single)
#define FP_FRAC_BITS     23
#define FP_HOST_FN(name) name##f
#include "cpu/fp/fast.def"

#define FP_WIDTH         64
#define FP_UINT          uint64_t
#define FP_HOST          double
#define FP_FORMAT        (&fp_double)
#define FP_FRAC_BITS     52
#define FP_HOST_FN(name) name
#include "cpu/fp/fast.def"

#undef FP_NAME
#define FP_NAME(name) fp16_##name
#define FP_UINT       uint16_t
#define FP_FORMAT     (&fp_half)

#define FP_REFERENCE(name)                                                                        \
	static inline FP_UINT FP_NAME(name)(FP_UINT a, FP_UINT b, uint32_t fpcr, uint32_t * fpsr) \
	{                                                                                         \
		return (FP_UINT)fp_##name(FP_FORMAT, a, b, fpcr, fpsr);                           \
	}
FP_REFERENCE(add)
FP_REFERENCE(sub)
FP_REFERENCE(mul)
FP_REFERENCE(mulx)
FP_REFERENCE(div)
FP_REFERENCE(max)
FP_REFERENCE(min)
FP_REFERENCE(maxnum)
FP_REFERENCE(minnum)
FP_REFERENCE(recip_step)
FP_REFERENCE(rsqrt_step)
FP_REFERENCE(compare_eq)
FP_REFERENCE(compare_ge)
FP_REFERENCE(compare_gt)
#undef FP_REFERENCE

static inline uint16_t fp16_sqrt(uint16_t a, uint32_t fpcr, uint32_t *fpsr)
{
	return (uint16_t)fp_sqrt(&fp_half, a, fpcr, fpsr);
}

static inline uint16_t fp16_muladd(
    uint16_t addend, uint16_t a, uint16_t b, uint32_t fpcr, uint32_t *fpsr)
{
	return (uint16_t)fp_muladd(&fp_half, addend, a, b, fpcr, fpsr);
}

static inline unsigned fp16_compare(
    uint16_t a, uint16_t b, bool signal_nans, uint32_t fpcr, uint32_t *fpsr)
{
	return fp_compare(&fp_half, a, b, signal_nans, fpcr, fpsr);
}

#undef FP_UINT
#undef FP_FORMAT
#undef FP_NAME
#undef FP_PASTE
#undef FP_PASTE2

/* The same with the format as an argument. */

static inline uint64_t fp_fast_sqrt(
    const struct fp_format *f, uint64_t a, uint32_t fpcr, uint32_t *fpsr)
{
	return f == &fp_double   ? fp64_sqrt(a, fpcr, fpsr)
	       : f == &fp_single ? fp32_sqrt((uint32_t)a, fpcr, fpsr)
				 : fp16_sqrt((uint16_t)a, fpcr, fpsr);
}

static inline uint64_t fp_fast_round_int(const struct fp_format *f, uint64_t a,
    enum fp_rounding rounding, bool exact, uint32_t fpcr, uint32_t *fpsr)
{
	return f == &fp_double   ? fp64_round_int(a, rounding, exact, fpcr, fpsr)
	       : f == &fp_single ? fp32_round_int((uint32_t)a, rounding, exact, fpcr, fpsr)
				 : fp_round_int(f, a, rounding, exact, fpcr, fpsr);
}

static inline uint64_t fp_fast_to_fixed(const struct fp_format *f, uint64_t a, unsigned fbits,
    bool is_unsigned, enum fp_rounding rounding, unsigned int_size, uint32_t fpcr, uint32_t *fpsr)
{
	if (fbits == 0 && f == &fp_double)
		return fp64_to_int(a, is_unsigned, rounding, int_size, fpcr, fpsr);
	if (fbits == 0 && f == &fp_single)
		return fp32_to_int((uint32_t)a, is_unsigned, rounding, int_size, fpcr, fpsr);
	return fp_to_fixed(f, a, fbits, is_unsigned, rounding, int_size, fpcr, fpsr);
}

/* Rounding as FPCR says, like all instructions that come here. */
static inline uint64_t fp_fast_from_fixed(const struct fp_format *f, uint64_t a, unsigned int_size,
    unsigned fbits, bool is_unsigned, uint32_t fpcr, uint32_t *fpsr)
{
	if (fbits == 0 && f == &fp_double)
		return fp64_from_int(a, int_size, is_unsigned, fpcr, fpsr);
	if (fbits == 0 && f == &fp_single)
		return fp32_from_int(a, int_size, is_unsigned, fpcr, fpsr);
	return fixed_to_fp(f, a, int_size, fbits, is_unsigned, fp_rounding_mode(fpcr), fpcr, fpsr);
}

/* Single to double is exact; double to single is where the result is neither tiny nor too large. */
static inline uint64_t fp_fast_convert(const struct fp_format *to, const struct fp_format *from,
    uint64_t a, uint32_t fpcr, uint32_t *fpsr)
{
	if (to == &fp_double && from == &fp_single) {
		unsigned exp = a >> 23 & 0xff;
		if (exp - 1 < 0xfe)
			return fp64_bits(fp32_host((uint32_t)a));
	} else if (to == &fp_single && from == &fp_double && !(fpcr & FPCR_RMODE)) {
		double x = fp64_host(a);
		uint32_t r = fp32_bits((float)x);
		unsigned exp = r >> 23 & 0xff;
		if (exp - 2 < 0xfd && ((*fpsr & FPSR_IXC) || fp32_host(r) == x))
			return r;
	}
	return fp_convert(to, from, a, fp_rounding_mode(fpcr), fpcr, fpsr);
}

#endif
