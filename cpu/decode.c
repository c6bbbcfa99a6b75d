/* Decoder: bit patterns to masks, masks to buckets. */
#include "cpu/decode.h"

#include <assert.h>
#include <stdlib.h>

#define BUCKETS      (1u << DECODE_BUCKET_BITS)
#define BUCKET_SHIFT (32 - DECODE_BUCKET_BITS)

void insn_pattern(const char *pattern, uint32_t *mask, uint32_t *value)
{
	unsigned bit = 32;
	*mask = *value = 0;
	for (const char *p = pattern; *p; p++) {
		if (*p == ' ')
			continue;
		assert(bit > 0);
		bit--;
		if (*p == '0' || *p == '1') {
			*mask |= UINT32_C(1) << bit;
			*value |= (uint32_t)(*p - '0') << bit;
		}
	}
	assert(bit == 0 || bit == 16);
}

static bool in_bucket(const struct insn_row *r, uint32_t bucket)
{
	uint32_t word = bucket << BUCKET_SHIFT;
	uint32_t mask = r->mask & ~((UINT32_C(1) << BUCKET_SHIFT) - 1);
	return (word & mask) == (r->value & mask);
}

/* Row numbers sorted by falling specificity; rows with equal numbers of fixed bits keep order,
 * those with a predicate first. */
static void sort_rows(const struct decoder *d, uint16_t *order)
{
	for (unsigned i = 0; i < d->count; i++) {
		const struct insn_row *r = &d->rows[i];
		int rank = __builtin_popcount(r->mask) * 2 + (r->valid != NULL);
		unsigned j = i;
		for (; j > 0; j--) {
			const struct insn_row *q = &d->rows[order[j - 1]];
			if (__builtin_popcount(q->mask) * 2 + (q->valid != NULL) >= rank)
				break;
			order[j] = order[j - 1];
		}
		order[j] = (uint16_t)i;
	}
}

bool decoder_init(struct decoder *d, struct insn_row *rows, unsigned count)
{
	d->rows = rows;
	d->count = count;
	for (unsigned i = 0; i < count; i++)
		insn_pattern(rows[i].pattern, &rows[i].mask, &rows[i].value);
	uint16_t *order = calloc(count, sizeof *order);
	if (!order)
		return false;
	sort_rows(d, order);
	size_t size = BUCKETS;
	for (uint32_t b = 0; b < BUCKETS; b++)
		for (unsigned i = 0; i < count; i++)
			size += in_bucket(&rows[i], b);
	d->lists = malloc(size * sizeof *d->lists);
	if (d->lists) {
		size_t at = 0;
		for (uint32_t b = 0; b < BUCKETS; b++) {
			d->bucket[b] = (uint32_t)at;
			for (unsigned i = 0; i < count; i++)
				if (in_bucket(&rows[order[i]], b))
					d->lists[at++] = (struct decoder_entry){rows[order[i]].mask,
					    rows[order[i]].value, &rows[order[i]]};
			d->lists[at++] = (struct decoder_entry){0, 0, NULL};
		}
	}
	free(order);
	return d->lists != NULL;
}

void decoder_free(struct decoder *d)
{
	free(d->lists);
	d->lists = NULL;
}

const struct insn_row *decode(const struct decoder *d, uint32_t word)
{
	const struct decoder_entry *e = &d->lists[d->bucket[word >> BUCKET_SHIFT]];
	while ((word & e->mask) != e->value || (e->row && e->row->valid && !e->row->valid(word)))
		e++;
	return e->row;
}

/* Whether predicates leave a word to both rows, tried on words spread over all their fields. */
static bool both_valid(const struct insn_row *a, const struct insn_row *b)
{
	uint32_t mask = a->mask | b->mask, value = a->value | b->value, field = 0;
	for (unsigned n = 0; n < 1u << 14; n++) {
		uint32_t word = (field & ~mask) | value;
		if ((!a->valid || a->valid(word)) && (!b->valid || b->valid(word)))
			return true;
		field = field * 1664525 + 1013904223;
		field ^= field >> 15;
	}
	return false;
}

bool decoder_ambiguity(
    const struct decoder *d, const struct insn_row **a, const struct insn_row **b)
{
	for (unsigned i = 0; i < d->count; i++) {
		for (unsigned j = i + 1; j < d->count; j++) {
			*a = &d->rows[i];
			*b = &d->rows[j];
			uint32_t both = (*a)->mask & (*b)->mask;
			if (((*a)->value ^ (*b)->value) & both)
				continue;
			bool nested = both == (*a)->mask || both == (*b)->mask;
			if (((*a)->mask == (*b)->mask || !nested) && both_valid(*a, *b))
				return true; /* they overlap, and neither is the more specific */
		}
	}
	return false;
}
