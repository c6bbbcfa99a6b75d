/* Logical immediates and register extension: small decodings shared by interpreter, lowering and
 * disassembler. */
#ifndef MYNA_CPU_ARM64_BITMASK_H
#define MYNA_CPU_ARM64_BITMASK_H

#include <stdint.h>

/* Element patterns of DecodeBitMasks() by N:imms, replicated over 64 bits, before rotation.
 * A pattern that repeats every e bits may be rotated as a whole: it stays periodic. */
extern uint64_t arm64_bitmask_pattern[128];

/* The wmask of the logical immediate in `w` (N, immr, imms at their usual places).  For a 32-bit
 * instruction the upper half repeats the lower; the result is truncated by the caller. */
static inline uint64_t bitmask_immediate(uint32_t w)
{
	unsigned r = w >> 16 & 63;
	uint64_t p = arm64_bitmask_pattern[(w >> 22 & 1) << 6 | (w >> 10 & 63)];
	return p >> r | p << (-r & 63);
}

/* ExtendReg() without the shift: UXTB UXTH UXTW UXTX SXTB SXTH SXTW SXTX. */
static inline uint64_t extend_reg(uint64_t v, unsigned option)
{
	switch (option) {
	case 0: return (uint8_t)v;
	case 1: return (uint16_t)v;
	case 2: return (uint32_t)v;
	case 4: return (uint64_t)(int8_t)v;
	case 5: return (uint64_t)(int16_t)v;
	case 6: return (uint64_t)(int32_t)v;
	default: return v;
	}
}

/* Fill the pattern table; called once when the instruction table is built. */
void arm64_bitmask_init(void);

#endif
