/* The fixed code around translated blocks. */
#ifndef MYNA_JIT_X64_THUNKS_H
#define MYNA_JIT_X64_THUNKS_H

#include "jit/x64_ra.h"

/* Emit enter, leave, probe, call and flags thunks at the start of the code memory. */
void x64_thunks(struct jit *j);

#endif
