/* Invalid operations that interrupt translated code (jit_options.traps).
 *
 * Where the host is told of the signal, translated code runs with Invalid unmasked in MXCSR, and a
 * floating-point instruction needs no code that looks for what only an invalid operation makes. */
#ifndef MYNA_JIT_X64_TRAP_H
#define MYNA_JIT_X64_TRAP_H

#include "jit/x64_ra.h"

/* An instruction that may be interrupted. */
struct trap {
	uint32_t at;        /* offset in the code memory; they ascend */
	uint32_t to : 31;   /* where to go on */
	uint32_t again : 1; /* ... with Invalid masked */
};
#define JIT_MAX_TRAPS (1 << 19)

/* From the instruction at `at` go on at `to`, instead of it.  Nothing without traps. */
void x64_trap(struct x64 *x, const uint8_t *at, const uint8_t *to);
/* The instruction from `at` to here, which reads registers alone, is done again, with its usual
 * result. */
void x64_trap_again(struct x64 *x, const uint8_t *at);
/* The thunk that masks nothing any more, and keeps all else. */
void x64_trap_thunk(struct assembler *a);

#endif
