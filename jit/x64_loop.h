/* Loops of the x86-64 host. */
#ifndef MYNA_JIT_X64_LOOP_H
#define MYNA_JIT_X64_LOOP_H

#include "jit/x64_ra.h"

/* Begin a pass of the copy being emitted. */
void x64_loop_begin(struct x64 *x);
/* Where the second copy finds what leads from a stream's guest to its host addresses. */
struct mem x64_loop_addend(unsigned stream);
/* Join the copies, which start at `first` and `second`: from `back`, the jump at the end of the
 * first one, and from the second one when its passes are used up. */
void x64_loop_prepare(struct x64 *x, const struct loop *l, uint8_t *back, const uint8_t *first,
    const uint8_t *second);

/* Bytes that preparing a stream may take. */
#define X64_LOOP_BYTES 256

#endif
