/* The fixed code around translated blocks. */
#ifndef MYNA_JIT_X64_THUNKS_H
#define MYNA_JIT_X64_THUNKS_H

#include "jit/x64_ra.h"

/* Emit enter, leave, probe, call and flags thunks at the start of the code memory. */
void x64_thunks(struct jit *j);

/* Of x64_mem.c, for a thunk: a hint has missed often; HINT_RECORD bytes that say which stand
 * `after` the call. */
void x64_weak_hint(struct jit *j, void *guest, const uint8_t *after);
#define HINT_RECORD 16

#endif
