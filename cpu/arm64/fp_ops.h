/* Floating-point operations of the three element sizes, as exec functions pass them around.
 *
 * The sets are passed by value into always_inline functions, so calls through them are direct and
 * the fast paths of cpu/fp are inlined. */
#ifndef MYNA_CPU_ARM64_FP_OPS_H
#define MYNA_CPU_ARM64_FP_OPS_H

#include "cpu/arm64/exec.h"
#include "cpu/fp/fp.h"
#include "cpu/fp/vector.h"

struct fp_binary {
	uint16_t (*h)(uint16_t, uint16_t, uint32_t fpcr, uint32_t *fpsr);
	uint32_t (*s)(uint32_t, uint32_t, uint32_t fpcr, uint32_t *fpsr);
	uint64_t (*d)(uint64_t, uint64_t, uint32_t fpcr, uint32_t *fpsr);
	fp_vector_fn *s4, *d2; /* or NULL */
};

#define FP_BINARY(op) ((struct fp_binary){fp16_##op, fp32_##op, fp64_##op, NULL, NULL})
#define FP_BINARY_VECTOR(op) \
	((struct fp_binary){fp16_##op, fp32_##op, fp64_##op, fp32x4_##op, fp64x2_##op})

/* Lanes of `bits` that a SIMD instruction works on: one if scalar (bit 28), else by Q. */
static inline unsigned fp_lanes(const struct insn *i, unsigned bits)
{
	return BIT(i->w, 28) ? 1 : (BIT(i->w, 30) ? 128 : 64) / bits;
}

/* Element size of SIMD instructions with sz in bit 22. */
static inline unsigned fp_sz(const struct insn *i)
{
	return BIT(i->w, 22) ? 64 : 32;
}

/* One exec function for elements of 32 and 64 bits and one for halves; `body` may use `bits`. */
#define EXEC_SIZES(name, suffix, body)          \
	EXEC(name##suffix)                      \
	{                                       \
		const unsigned bits = fp_sz(i); \
		body;                           \
	}                                       \
	EXEC(name##suffix##h)                   \
	{                                       \
		const unsigned bits = 16;       \
		body;                           \
	}

#endif
