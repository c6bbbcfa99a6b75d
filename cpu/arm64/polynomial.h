/* PolynomialMult() of DDI 0487: carry-less product. */
#ifndef MYNA_CPU_ARM64_POLYNOMIAL_H
#define MYNA_CPU_ARM64_POLYNOMIAL_H

#include <stdint.h>

/* The low 64 bits of a * b; the high ones go to `high`. */
static inline uint64_t polynomial_mul(uint64_t a, uint64_t b, uint64_t *high)
{
	uint64_t low = 0;
	*high = 0;
	for (unsigned bit = 0; bit < 64 && b >> bit; bit++) {
		if (!(b >> bit & 1))
			continue;
		low ^= a << bit;
		*high ^= bit ? a >> (64 - bit) : 0;
	}
	return low;
}

#endif
