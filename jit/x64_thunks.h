/* The fixed code around translated blocks. */
#ifndef MYNA_JIT_X64_THUNKS_H
#define MYNA_JIT_X64_THUNKS_H

#include "jit/x64_ra.h"

/* Emit enter, leave, probe, call and flags thunks at the start of the code memory. */
void x64_thunks(struct jit *j);

/* Behind a call of the probe thunk: what it tells the guest. */
struct __attribute__((packed)) probe_record {
	uint64_t pc;
	uint16_t info, rest;
};

/* Behind a call of the weak thunk: what x64_weak_hint() needs to know. */
struct __attribute__((packed)) hint_record {
	uint64_t pc; /* of the block */
	uint16_t number;
	uint8_t context;
	int16_t distance; /* of the instruction from pc, in words */
};

/* Of x64_mem.c, for a thunk: the hint of the record `after` the call has missed often. */
void x64_weak_hint(struct jit *j, void *guest, const uint8_t *after);

#endif
