/* Whole vectors of 128 bits on the host: four singles or two doubles at once.
 *
 * fp32x4_add() and its like return false, having written nothing, unless every lane meets the
 * conditions of fast.h with FPCR.RMode = 0, FPCR.FZ = 0 and FPSR.IXC = 1, which the caller checks
 * (fp_vector_plain); then no lane changes FPSR.  Compiled for the host's baseline these are a
 * handful of SIMD instructions. */
#ifndef MYNA_CPU_FP_VECTOR_H
#define MYNA_CPU_FP_VECTOR_H

#include "cpu/fp/fp.h"

typedef float fp32x4 __attribute__((vector_size(16)));
typedef double fp64x2 __attribute__((vector_size(16)));
typedef uint32_t fp32x4_bits __attribute__((vector_size(16)));
typedef uint64_t fp64x2_bits __attribute__((vector_size(16)));

typedef bool fp_vector_fn(void *d, const void *n, const void *m);

static inline bool fp_vector_plain(uint32_t fpcr, uint32_t fpsr)
{
	return !(fpcr & (FPCR_RMODE | FPCR_FZ)) && (fpsr & FPSR_IXC);
}

/* Whether a vector of comparison results is true in all lanes. */
static inline bool fp_vector_all(const void *lanes)
{
	uint64_t d[2];
	memcpy(d, lanes, sizeof d);
	return (d[0] & d[1]) == UINT64_MAX;
}

/* Sizes: V type of vector, B its bits as integers, `exp2` the exponent field's 2 and `inf`
 * infinity, both without the sign and shifted left by one. */
#define FP_VECTOR(V, name, result, condition)                                                    \
	static inline bool V##_##name(void *d, const void *n, const void *m)                     \
	{                                                                                        \
		V x, y;                                                                          \
		memcpy(&x, n, sizeof x);                                                         \
		memcpy(&y, m, sizeof y);                                                         \
		V##_bits r = (V##_bits)(result), magnitude = r << 1, ok = (V##_bits)(condition); \
		(void)magnitude;                                                                 \
		if (!fp_vector_all(&ok))                                                         \
			return false;                                                            \
		memcpy(d, &r, sizeof r);                                                         \
		return true;                                                                     \
	}
#define FP_SELECT(V, c) (((V##_bits)(c) & (V##_bits)x) | (~(V##_bits)(c) & (V##_bits)y))
#define FP_ORDERED(V)   ((V##_bits)(x == x) & (V##_bits)(y == y))
#define FP_UNEQUAL(V)   ((V##_bits)(x < y) | (V##_bits)(x > y))
#define FP_VECTORS(V, exp2, inf)                                        \
	FP_VECTOR(V, add, x + y, magnitude < (inf))                     \
	FP_VECTOR(V, sub, x - y, magnitude < (inf))                     \
	FP_VECTOR(V, mul, (x * y), magnitude - (exp2) < (inf) - (exp2)) \
	FP_VECTOR(V, div, x / y, magnitude - (exp2) < (inf) - (exp2))   \
	FP_VECTOR(V, max, FP_SELECT(V, x > y), FP_UNEQUAL(V))           \
	FP_VECTOR(V, min, FP_SELECT(V, x < y), FP_UNEQUAL(V))           \
	FP_VECTOR(V, maxnum, FP_SELECT(V, x > y), FP_UNEQUAL(V))        \
	FP_VECTOR(V, minnum, FP_SELECT(V, x < y), FP_UNEQUAL(V))        \
	FP_VECTOR(V, cmeq, x == y, FP_ORDERED(V))                       \
	FP_VECTOR(V, cmge, x >= y, FP_ORDERED(V))                       \
	FP_VECTOR(V, cmgt, x > y, FP_ORDERED(V))

FP_VECTORS(fp32x4, UINT32_C(2) << 24, UINT32_C(0xff) << 24)
FP_VECTORS(fp64x2, UINT64_C(2) << 53, UINT64_C(0x7ff) << 53)

#undef FP_VECTOR
#undef FP_SELECT
#undef FP_ORDERED
#undef FP_UNEQUAL
#undef FP_VECTORS

#endif
