/* How many ways there are to put n queens on a board: recursion, bits, branches nobody can predict.
 */
#include "kernel.h"

static uint64_t place(uint32_t all, uint32_t columns, uint32_t left, uint32_t right)
{
	uint32_t free = all & ~(columns | left | right);
	uint64_t ways = 0;

	if (columns == all)
		return 1;
	while (free) {
		uint32_t queen = free & -free;

		free ^= queen;
		ways += place(all, columns | queen, (left | queen) << 1, (right | queen) >> 1);
	}
	return ways;
}

uint64_t kernel_queens(unsigned scale)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < scale; i++)
		sum = mix(sum, place((1u << (7 + i % 2)) - 1, 0, 0, 0));
	return sum;
}
