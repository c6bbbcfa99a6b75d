/* Floating-point operations of the three element sizes, as exec functions pass them around.
 *
 * The sets are passed by value into always_inline functions, so calls through them are direct and
 * the fast paths of cpu/fp are inlined. */
#ifndef MYNA_CPU_ARM64_FP_OPS_H
#define MYNA_CPU_ARM64_FP_OPS_H

#include "cpu/arm64/exec.h"
#include "cpu/fp/fp.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

struct fp_binary {
	uint16_t (*h)(uint16_t, uint16_t, uint32_t fpcr, uint32_t *fpsr);
	uint32_t (*s)(uint32_t, uint32_t, uint32_t fpcr, uint32_t *fpsr);
	uint64_t (*d)(uint64_t, uint64_t, uint32_t fpcr, uint32_t *fpsr);
};

#define FP_BINARY(op) ((struct fp_binary){fp16_##op, fp32_##op, fp64_##op})

#endif
