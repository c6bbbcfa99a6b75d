/* The interpreter's loop and its cache of decoded pages. */
#ifndef MYNA_CPU_ARM64_RUN_H
#define MYNA_CPU_ARM64_RUN_H

#include "cpu/arm64/arm64.h"

/* NULL when memory is short. */
struct code_cache *code_cache_new(void);
void code_cache_free(struct code_cache *cache);

/* struct cpu_type of the interpreter. */
void arm64_run(struct cpu *cpu);
bool arm64_waiting(struct cpu *cpu);

#endif
