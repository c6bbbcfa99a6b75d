/* The bus: a two-level page table of regions.
 *
 * An upper entry covers 4 MiB and is a region, a leaf of 1024 pages, or nothing.  A leaf entry is
 * a region, or a short list of regions that share the page (the eight 0x200-byte virtio slots of
 * `virt` lie in one).  The lowest bit of an entry tells a leaf or list from a region.  Upper
 * tables are as large as the address space asks (2 MiB for 40 bits); the host gives memory only
 * to the parts that are written.
 */
#include "machine/bus.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define LEAF_BITS  10
#define LEAF_PAGES (1u << LEAF_BITS)
#define UPPER_BITS (BUS_PAGE_BITS + LEAF_BITS)
#define UPPER_SIZE (UINT64_C(1) << UPPER_BITS)
#define TAG        1u

typedef uintptr_t entry;

struct page_list {
	unsigned count;
	const struct bus_region *region[];
};

struct leaf {
	entry page[LEAF_PAGES];
};

struct bus {
	unsigned address_bits;
	entry *upper;
	struct bus_region **regions;
	unsigned count;
	void (*wrote)(void *owner, uint64_t pa, uint64_t n); /* bus_watch_dma() */
	void *wrote_owner;
};

static struct leaf *leaf_of(entry e)
{
	return (struct leaf *)(e & ~(entry)TAG);
}

static struct page_list *list_of(entry e)
{
	return (struct page_list *)(e & ~(entry)TAG);
}

static uint64_t upper_count(const struct bus *b)
{
	return b->address_bits > UPPER_BITS ? UINT64_C(1) << (b->address_bits - UPPER_BITS) : 1;
}

struct bus *bus_new(unsigned address_bits)
{
	struct bus *b = calloc(1, sizeof *b);

	assert(address_bits >= BUS_PAGE_BITS && address_bits <= 48);
	if (!b)
		return NULL;
	b->address_bits = address_bits;
	b->upper = calloc(upper_count(b), sizeof *b->upper);
	if (b->upper)
		return b;
	free(b);
	return NULL;
}

static void leaf_free(struct leaf *l)
{
	for (unsigned i = 0; i < LEAF_PAGES; i++)
		if (l->page[i] & TAG)
			free(list_of(l->page[i]));
	free(l);
}

void bus_free(struct bus *b)
{
	if (!b)
		return;
	/* Leaves are found through the regions: a scan of the whole upper table would touch it. */
	for (unsigned i = 0; i < b->count; i++) {
		const struct bus_region *r = b->regions[i];
		for (uint64_t u = r->base >> UPPER_BITS; u <= (r->base + r->size - 1) >> UPPER_BITS;
		     u++)
			if (b->upper[u] & TAG) {
				leaf_free(leaf_of(b->upper[u]));
				b->upper[u] = 0;
			}
	}
	for (unsigned i = 0; i < b->count; i++)
		free(b->regions[i]);
	free(b->regions);
	free(b->upper);
	free(b);
}

static bool in_region(const struct bus_region *r, uint64_t pa)
{
	return pa - r->base < r->size;
}

static const struct bus_region *page_find(entry e, uint64_t pa)
{
	if (!(e & TAG)) {
		const struct bus_region *r = (const struct bus_region *)e;
		return r && in_region(r, pa) ? r : NULL;
	}
	const struct page_list *l = list_of(e);
	for (unsigned i = 0; i < l->count; i++)
		if (in_region(l->region[i], pa))
			return l->region[i];
	return NULL;
}

const struct bus_region *bus_find(const struct bus *b, uint64_t pa)
{
	if (pa >> b->address_bits)
		return NULL;
	entry e = b->upper[pa >> UPPER_BITS];
	if (!(e & TAG))
		return (const struct bus_region *)e;
	return page_find(leaf_of(e)->page[(pa >> BUS_PAGE_BITS) % LEAF_PAGES], pa);
}

const struct bus_region *bus_region(const struct bus *b, unsigned index)
{
	return index < b->count ? b->regions[index] : NULL;
}

/* Add `r` to a page that it may have to share. */
static bool page_add(entry *e, const struct bus_region *r)
{
	if (!*e) {
		*e = (entry)r;
		return true;
	}
	unsigned old = *e & TAG ? list_of(*e)->count : 1;
	struct page_list *l = malloc(sizeof *l + (old + 1) * sizeof l->region[0]);
	if (!l)
		return false;
	if (*e & TAG) {
		memcpy(l->region, list_of(*e)->region, old * sizeof l->region[0]);
		free(list_of(*e));
	} else {
		l->region[0] = (const struct bus_region *)*e;
	}
	l->region[old] = r;
	l->count = old + 1;
	*e = (entry)l | TAG;
	return true;
}

/* Enter the part of `r` that lies in upper entry `u`. */
static bool upper_add(struct bus *b, uint64_t u, const struct bus_region *r)
{
	uint64_t first = u << UPPER_BITS, last = first + UPPER_SIZE - 1;
	uint64_t end = r->base + r->size - 1;

	if (r->base <= first && end >= last) {
		assert(!b->upper[u]);
		b->upper[u] = (entry)r;
		return true;
	}
	if (!b->upper[u]) {
		struct leaf *l = calloc(1, sizeof *l);
		if (!l)
			return false;
		b->upper[u] = (entry)l | TAG;
	}
	assert(b->upper[u] & TAG);
	if (r->base > first)
		first = r->base;
	if (end < last)
		last = end;
	for (uint64_t p = first >> BUS_PAGE_BITS; p <= last >> BUS_PAGE_BITS; p++)
		if (!page_add(&leaf_of(b->upper[u])->page[p % LEAF_PAGES], r))
			return false;
	return true;
}

static void assert_free(const struct bus *b, uint64_t base, uint64_t size)
{
	assert(size && base + size > base && !((base + size - 1) >> b->address_bits));
	for (unsigned i = 0; i < b->count; i++)
		assert(base + size <= b->regions[i]->base ||
		       b->regions[i]->base + b->regions[i]->size <= base);
}

/* After a failure the bus is only good for bus_free(). */
static bool region_add(struct bus *b, const struct bus_region *like)
{
	assert_free(b, like->base, like->size);
	struct bus_region **list = realloc(b->regions, (b->count + 1) * sizeof *list);
	if (!list)
		return false;
	b->regions = list;
	struct bus_region *r = malloc(sizeof *r);
	if (!r)
		return false;
	*r = *like;
	b->regions[b->count++] = r;
	for (uint64_t u = r->base >> UPPER_BITS; u <= (r->base + r->size - 1) >> UPPER_BITS; u++)
		if (!upper_add(b, u, r))
			return false;
	return true;
}

bool bus_map_memory(
    struct bus *b, const char *name, uint64_t base, uint64_t size, uint8_t *host, bool rom)
{
	assert(base % BUS_PAGE_SIZE == 0 && size % BUS_PAGE_SIZE == 0);
	return region_add(b, &(struct bus_region){.name = name,
				 .base = base,
				 .size = size,
				 .kind = rom ? BUS_ROM : BUS_RAM,
				 .host = host});
}

static unsigned min_size(const struct bus_ops *ops)
{
	return ops->min_size ? ops->min_size : 4;
}

static unsigned max_size(const struct bus_ops *ops)
{
	return ops->max_size ? ops->max_size : 4;
}

bool bus_map_mmio(struct bus *b, const char *name, uint64_t base, uint64_t size,
    const struct bus_ops *ops, void *owner)
{
	/* So that a widened or a wide access never leaves the region. */
	assert(base % 8 == 0 && size % 8 == 0);
	assert(min_size(ops) <= max_size(ops) && max_size(ops) <= 8);
	return region_add(b, &(struct bus_region){.name = name,
				 .base = base,
				 .size = size,
				 .kind = BUS_MMIO,
				 .ops = ops,
				 .owner = owner});
}

static uint64_t low_bytes(uint64_t v, unsigned n)
{
	return n >= 8 ? v : v & ((UINT64_C(1) << 8 * n) - 1);
}

typedef uint64_t read_fn(void *owner, uint64_t offset, unsigned size);

static uint64_t mmio_read(const struct bus_region *r, read_fn *read, uint64_t offset, unsigned size)
{
	unsigned min = min_size(r->ops), max = max_size(r->ops);

	if (size < min) {
		unsigned lane = offset % min;
		return low_bytes(read(r->owner, offset - lane, min) >> 8 * lane, size);
	}
	if (size <= max)
		return low_bytes(read(r->owner, offset, size), size);
	uint64_t value = 0;
	for (unsigned done = 0; done < size; done += max)
		value |= low_bytes(read(r->owner, offset + done, max), max) << 8 * done;
	return value;
}

static void mmio_write(const struct bus_region *r, uint64_t offset, uint64_t value, unsigned size)
{
	unsigned min = min_size(r->ops), max = max_size(r->ops);

	value = low_bytes(value, size);
	if (size < min) {
		unsigned lane = offset % min;
		r->ops->write(r->owner, offset - lane, value << 8 * lane, min);
		return;
	}
	if (size <= max) {
		r->ops->write(r->owner, offset, value, size);
		return;
	}
	for (unsigned done = 0; done < size; done += max)
		r->ops->write(r->owner, offset + done, low_bytes(value >> 8 * done, max), max);
}

static bool region_read(
    const struct bus_region *r, uint64_t pa, unsigned size, bool peek, uint64_t *value)
{
	assert(size && size <= 8 && (size & (size - 1)) == 0 && pa % size == 0);
	*value = 0;
	if (!r)
		return false;
	if (r->kind == BUS_MMIO)
		*value = mmio_read(r, peek ? r->ops->peek : r->ops->read, pa - r->base, size);
	else
		memcpy(value, r->host + (pa - r->base), size);
	return true;
}

bool bus_read(struct bus *b, uint64_t pa, unsigned size, uint64_t *value)
{
	return region_read(bus_find(b, pa), pa, size, false, value);
}

bool bus_peek(struct bus *b, uint64_t pa, unsigned size, uint64_t *value)
{
	return region_read(bus_find(b, pa), pa, size, true, value);
}

bool bus_write(struct bus *b, uint64_t pa, unsigned size, uint64_t value)
{
	const struct bus_region *r = bus_find(b, pa);

	assert(size && size <= 8 && (size & (size - 1)) == 0 && pa % size == 0);
	if (!r)
		return false;
	switch (r->kind) {
	case BUS_RAM: memcpy(r->host + (pa - r->base), &value, size); break;
	case BUS_ROM: ((struct bus_region *)r)->dropped++; break;
	case BUS_MMIO: mmio_write(r, pa - r->base, value, size); break;
	}
	return true;
}

/* The bytes at `pa` and how many of at most `n` follow in that region; NULL if it is not memory
 * that may be read or, for `write`, written. */
static uint8_t *memory_at(const struct bus *b, uint64_t pa, size_t n, bool write, size_t *part)
{
	const struct bus_region *r = bus_find(b, pa);

	if (!r || r->kind == BUS_MMIO || (write && r->kind == BUS_ROM))
		return NULL;
	uint64_t left = r->size - (pa - r->base);
	*part = n < left ? n : left;
	return r->host + (pa - r->base);
}

static bool all_memory(const struct bus *b, uint64_t pa, size_t n, bool write)
{
	size_t part = 0;

	if (n && pa + (n - 1) < pa)
		return false;
	for (; n; n -= part, pa += part)
		if (!memory_at(b, pa, n, write, &part))
			return false;
	return true;
}

bool bus_dma_read(struct bus *b, uint64_t pa, void *out, size_t n)
{
	uint8_t *to = out;
	size_t part = 0;

	if (!all_memory(b, pa, n, false))
		return false;
	for (; n; n -= part, pa += part, to += part) {
		const uint8_t *from = memory_at(b, pa, n, false, &part);
		memmove(to, from, part);
	}
	return true;
}

bool bus_dma_write(struct bus *b, uint64_t pa, const void *in, size_t n)
{
	const uint8_t *from = in;
	size_t part = 0;

	if (!all_memory(b, pa, n, true))
		return false;
	if (b->wrote)
		b->wrote(b->wrote_owner, pa, n);
	for (; n; n -= part, pa += part, from += part) {
		uint8_t *to = memory_at(b, pa, n, true, &part);
		memmove(to, from, part);
	}
	return true;
}

void bus_watch_dma(struct bus *b, void (*wrote)(void *owner, uint64_t pa, uint64_t n), void *owner)
{
	b->wrote = wrote;
	b->wrote_owner = owner;
}

uint8_t *bus_ram(struct bus *b, uint64_t pa, size_t n)
{
	size_t part = 0;
	uint8_t *host = memory_at(b, pa, n, true, &part);

	return host && part == n ? host : NULL;
}
