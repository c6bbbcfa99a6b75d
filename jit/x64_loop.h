/* Loops of the x86-64 host. */
#ifndef MYNA_JIT_X64_LOOP_H
#define MYNA_JIT_X64_LOOP_H

#include "jit/x64_emit.h"

/* Begin a pass of the copy being emitted. */
void x64_loop_begin(struct x64 *x);
/* Out of line, where the budget of the second copy is too small for a pass. */
void x64_loop_end(struct x64 *x);
/* To be emitted where the second copy is left, or C code called that looks at the guest's time or
 * flags: they become what they are to be.  x64_loop_resume() takes the time back.  `temp` is a free
 * general register.  Nothing in the first copy. */
void x64_loop_settle(struct x64 *x, struct assembler *s, unsigned temp);
void x64_loop_resume(struct x64 *x, struct assembler *s, unsigned temp);
/* `reg` holds the budget: add what waits on the stack. */
void x64_loop_add_rest(struct x64 *x, unsigned reg);
/* The same, where the loop is over. */
void x64_loop_leave(struct x64 *x, struct assembler *s);
/* After the first copy: which vectors the second copy may take to be scalars. */
void x64_loop_note_clean(struct x64 *x);
/* In the second copy: the bits of the GET `n` that may not be 0. */
unsigned x64_loop_clean(const struct x64 *x, ir_ref n);
/* May the flags that the SET_FLAGS at `n` makes the guest's be stored by whoever leaves the second
 * copy? */
bool x64_loop_owes_flags(const struct x64 *x, ir_ref n);
/* Where the second copy finds what leads from a stream's guest to its host addresses. */
struct mem x64_loop_addend(unsigned stream);
/* Join the copies, which start at `first` and `second`: from `back`, the jump at the end of the
 * first one, and from the second one when its passes are used up. */
void x64_loop_prepare(struct x64 *x, const struct loop *l, uint8_t *back, const uint8_t *first,
    const uint8_t *second);

/* Bytes that preparing a stream may take. */
#define X64_LOOP_BYTES 256
/* ... and seeing that vectors are scalars. */
#define X64_CLEAN_BYTES (X64_LOOP_CLEAN * 32)

#endif
