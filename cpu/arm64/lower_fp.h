/* What lowerings of floating point share. */
#ifndef MYNA_CPU_ARM64_LOWER_FP_H
#define MYNA_CPU_ARM64_LOWER_FP_H

#include "cpu/arm64/engine.h"
#include "cpu/arm64/lower.h"
#include "cpu/fp/fp.h"

/* Is FPCR such that the host's arithmetic serves?  Rounding modes do. */
bool lower_fp_native(const struct lower *l);

/* Vd = op(a, b, c) with `info`, by slow() where the host cannot.  False, with nothing done, when
 * memory is short. */
bool lower_fp(
    struct lower *l, uint32_t w, enum ir_op op, ir_ref a, ir_ref b, ir_ref c, unsigned info);

#endif
