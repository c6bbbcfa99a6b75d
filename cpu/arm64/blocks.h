/* Which block each piece of translated code was made from, for reports. */
#ifndef MYNA_CPU_ARM64_BLOCKS_H
#define MYNA_CPU_ARM64_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jit/jit.h"

struct block_origin {
	uint64_t pc, pa;
	struct jit_range code[2]; /* the straight path, and what is out of line */
};

/* In the order of their code, which is that of translation, in both halves of the memory. */
struct block_list {
	struct block_origin *origin;
	size_t count, room;
};

/* Forgotten when memory is short: a report is then poorer. */
void blocks_add(struct block_list *l, const struct block_origin *o);
void blocks_clear(struct block_list *l);
void blocks_free(struct block_list *l);

/* The block whose code holds the host address `at`, or NULL. */
const struct block_origin *blocks_find(const struct block_list *l, const uint8_t *at);

#endif
