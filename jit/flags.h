/* Condition flags as a number: NZCV as 8 4 2 1, C after a subtraction meaning no borrow. */
#ifndef MYNA_JIT_FLAGS_H
#define MYNA_JIT_FLAGS_H

#include <stdbool.h>
#include <stdint.h>

#include "jit/jit.h"

/* `r` is cut to `bits`, which are 32 or 64. */
static inline uint32_t flags_nzcv(uint64_t r, bool carry, bool overflow, unsigned bits)
{
	return (uint32_t)(r >> (bits - 1) & 1) << 3 | (uint32_t)(r == 0) << 2 |
	       (uint32_t)carry << 1 | overflow;
}

static inline uint32_t flags_of_difference(uint64_t a, uint64_t b, unsigned bits)
{
	uint64_t mask = ~UINT64_C(0) >> (64 - bits), r;
	a &= mask;
	b &= mask;
	r = (a - b) & mask;
	return flags_nzcv(r, a >= b, ((a ^ b) & (a ^ r)) >> (bits - 1) & 1, bits);
}

/* Of the sum `r` of `b` and something else. */
static inline uint32_t flags_of_sum(uint64_t r, uint64_t b, unsigned bits)
{
	uint64_t mask = ~UINT64_C(0) >> (64 - bits);
	r &= mask;
	b &= mask;
	uint64_t a = (r - b) & mask;
	return flags_nzcv(r, r < b, (~(a ^ b) & (a ^ r)) >> (bits - 1) & 1, bits);
}

/* Of a comparison as IEEE 754 has it, in integers: nothing is raised.  Numbers of one sign are
 * ordered as their bits are, negative ones the other way round. */
static inline uint32_t flags_of_numbers(uint64_t a, uint64_t b, unsigned bits)
{
	const uint64_t infinity = (bits == 64 ? UINT64_C(0x7ff) : UINT64_C(0x7f8)) << 52;
	a <<= 64 - bits;
	b <<= 64 - bits;
	if (a << 1 > infinity << 1 || b << 1 > infinity << 1)
		return 3;
	if (a == b || !((a | b) << 1))
		return 6;
	bool less = (int64_t)a < (int64_t)b, both_negative = (a & b) >> 63;
	return less != both_negative ? 8 : 2;
}

/* Out of the lazy form. */
static inline uint32_t jit_flags_pack(uint64_t kind, uint64_t a, uint64_t b)
{
	if (kind & JIT_FLAGS_IF && (kind >> 32 & 1) == !!(kind & JIT_FLAGS_NOT))
		return kind >> 8 & 15;
	switch ((enum jit_flags)(kind & 15)) {
	case JIT_FLAGS_PACKED: return (uint32_t)a;
	case JIT_FLAGS_CMP32: return flags_of_difference(a, b, 32);
	case JIT_FLAGS_CMP64: return flags_of_difference(a, b, 64);
	case JIT_FLAGS_SUB32: return flags_of_difference(a + b, b, 32);
	case JIT_FLAGS_SUB64: return flags_of_difference(a + b, b, 64);
	case JIT_FLAGS_ADD32: return flags_of_sum(a, b, 32);
	case JIT_FLAGS_ADD64: return flags_of_sum(a, b, 64);
	case JIT_FLAGS_LOGIC32: return flags_nzcv((uint32_t)a, false, false, 32);
	case JIT_FLAGS_LOGIC64: return flags_nzcv(a, false, false, 64);
	case JIT_FLAGS_FCMP32: return flags_of_numbers(a, b, 32);
	case JIT_FLAGS_FCMP64: return flags_of_numbers(a, b, 64);
	default: break;
	}
	return 0;
}

#endif
