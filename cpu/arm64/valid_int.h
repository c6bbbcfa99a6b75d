/* Predicates used by insns_int*.def. */
#ifndef MYNA_CPU_ARM64_VALID_INT_H
#define MYNA_CPU_ARM64_VALID_INT_H

#include <stdbool.h>
#include <stdint.h>

#endif
