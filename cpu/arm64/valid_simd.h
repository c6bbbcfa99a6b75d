/* Predicates used by insns_simd*.def. */
#ifndef MYNA_CPU_ARM64_VALID_SIMD_H
#define MYNA_CPU_ARM64_VALID_SIMD_H

#include <stdbool.h>
#include <stdint.h>

#endif
