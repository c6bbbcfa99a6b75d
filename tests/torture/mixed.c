/* The surroundings of mixed.S. */
#include "mixed.h"

u32 *mixed_copy(u32 last)
{
	u32 *page = code_copy(mixed, mixed_end);
	page[mixed_end - mixed - 1] = last;
	code_written(page, PAGE_SIZE);
	return page;
}

void mixed_start(struct mixed *m)
{
	static const u64 one_and_half[2] = {0x3ff0000000000000, 0x3fe0000000000000};
	memset(m, 0, sizeof *m);
	m->random = 0x123456789abcdef1;
	m->multiplier = 0x5851f42d4c957f2d;
	memcpy(&m->half_way, one_and_half, sizeof one_and_half);
}

bool mixed_same(const struct mixed *a, const struct mixed *b)
{
	const u64 *x = (const u64 *)a, *y = (const u64 *)b;
	for (unsigned n = 0; n < sizeof *a / 8; n++)
		if (x[n] != y[n])
			return false;
	return true;
}

void mixed_model(struct mixed *m, u64 rounds)
{
	mixed_start(m);
	CHECK(call((u64)mixed, rounds, (u64)m), rounds);
}
