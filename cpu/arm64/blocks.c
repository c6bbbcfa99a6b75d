/* Origins of translated code, found by bisection. */
#include "cpu/arm64/blocks.h"

#include <stdlib.h>

void blocks_add(struct block_list *l, const struct block_origin *o)
{
	if (l->count == l->room) {
		size_t room = l->room ? 2 * l->room : 1024;
		void *more = realloc(l->origin, room * sizeof *l->origin);
		if (!more)
			return;
		l->origin = more;
		l->room = room;
	}
	l->origin[l->count++] = *o;
}

void blocks_clear(struct block_list *l)
{
	l->count = 0;
}

void blocks_free(struct block_list *l)
{
	free(l->origin);
	*l = (struct block_list){0};
}

/* In one half of the memory. */
static const struct block_origin *find_in(
    const struct block_list *l, const uint8_t *at, unsigned half)
{
	size_t low = 0,
	       high = l->count; /* the last block that begins at or before `at` is in here */
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		if (l->origin[middle].code[half].at <= at)
			low = middle;
		else
			high = middle;
	}
	if (low == high)
		return NULL;
	const struct jit_range *code = &l->origin[low].code[half];
	return at >= code->at && at < code->at + code->size ? &l->origin[low] : NULL;
}

const struct block_origin *blocks_find(const struct block_list *l, const uint8_t *at)
{
	const struct block_origin *o = find_in(l, at, 0);
	return o ? o : find_in(l, at, 1);
}
