/* Predicates for the last column of insns.def: encodings that a pattern admits and the
 * architecture does not.  Each names the combinations it accepts. */
#ifndef MYNA_CPU_ARM64_VALID_H
#define MYNA_CPU_ARM64_VALID_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/arm64/valid_fp.h"
#include "cpu/arm64/valid_int.h"
#include "cpu/arm64/valid_simd.h"

#endif
