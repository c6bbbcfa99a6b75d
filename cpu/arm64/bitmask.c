/* Logical immediates: DecodeBitMasks() of DDI 0487 as a table of 128 patterns. */
#include "cpu/arm64/bitmask.h"

uint64_t arm64_bitmask_pattern[128];

static uint64_t pattern(unsigned n, unsigned imms)
{
	unsigned key = n << 6 | (~imms & 63);
	if (key < 2)
		return 0; /* reserved: such words do not decode */
	unsigned size = 1u << (31 - __builtin_clz(key));
	unsigned ones = (imms & (size - 1)) + 1;
	uint64_t element = ~UINT64_C(0) >> (64 - ones);
	for (unsigned s = size; s < 64; s *= 2)
		element |= element << s;
	return element;
}

void arm64_bitmask_init(void)
{
	for (unsigned k = 0; k < 128; k++)
		arm64_bitmask_pattern[k] = pattern(k >> 6, k & 63);
}
