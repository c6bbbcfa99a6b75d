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

/* A product as the array leaves it: it is sum + carry + in. */
struct multiply_array {
	uint64_t sum, carry, in;
};

/* m * s + accumulator in `cycles` steps of eight bits of `s`; both extended to 64 bits. */
struct multiply_array multiply_array(uint64_t m, uint64_t s, uint64_t accumulator, unsigned cycles);

/* C afterwards: bit 31 of the carry word; of the long multiplies (`wide`) bit 63, unless they ended
 * early. */
bool multiply_carry(uint64_t m, uint64_t s, uint64_t accumulator, unsigned cycles, bool wide);

static inline uint64_t extend_word(uint32_t v, bool sign)
{
	return sign ? (uint64_t)(int64_t)(int32_t)v : v;
}

#endif
