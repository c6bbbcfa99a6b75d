/* Predicates used by insns_fp*.def. */
#ifndef MYNA_CPU_ARM64_VALID_FP_H
#define MYNA_CPU_ARM64_VALID_FP_H

#include <stdbool.h>
#include <stdint.h>

#endif
