/* The multiplier: how long it takes, and what it leaves in the carry flag. */
#ifndef MYNA_CPU_ARM7TDMI_MULTIPLY_H
#define MYNA_CPU_ARM7TDMI_MULTIPLY_H

#include <stdbool.h>
#include <stdint.h>

/* Internal cycles of MUL: bytes of the multiplier `rs`, without those above that are copies of its
 * sign (`sign`), or zero. */
static inline unsigned multiply_cycles(uint32_t rs, bool sign)
{
	uint32_t v = sign ? rs ^ (uint32_t)((int32_t)rs >> 31) : rs;
	return v >> 24 ? 4 : v >> 16 ? 3 : v >> 8 ? 2 : 1;
}

#endif
