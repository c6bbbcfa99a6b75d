/* Sines, square roots and random numbers; and what the compiler expects of a library. */
#include "demo.h"

static s16 sines[256];
static u32 state;

/* Bhaskara's approximation: 16p / (5 * 128^2 - 4p), p = x (128 - x), for half a turn. */
void math_init(void)
{
	for (u32 x = 0; x < 128; x++) {
		u32 p = x * (128 - x);
		s32 value = (s32)((16 * p * 256 + 20480) / (5 * 128 * 128 - 4 * p));

		sines[x] = (s16)value;
		sines[x + 128] = (s16)-value;
	}
}

s32 sine(u32 angle)
{
	return sines[angle & 255];
}

s32 cosine(u32 angle)
{
	return sines[(angle + 64) & 255];
}

u32 random_next(void)
{
	state = state * 1664525 + 1013904223;
	return state >> 16;
}

void random_seed(u32 seed)
{
	state = seed;
}

u32 square_root(u32 number)
{
	u32 root = 0;

	for (u32 bit = 1 << 15; bit; bit >>= 1) {
		if ((root + bit) * (root + bit) <= number)
			root += bit;
	}
	return root;
}

void *memset(void *to, int byte, unsigned size);

void *memset(void *to, int byte, unsigned size)
{
	for (u8 *at = to; size; size--)
		*at++ = (u8)byte;
	return to;
}
