/* The bus: what lies at which physical address.
 *
 * A board maps RAM, ROM, mirrors and device registers once; the map is a two-level page table
 * whose upper entries may stand for a whole 4 MiB of one region, so gigabytes of RAM cost nothing.
 * A device implements the access widths it likes and the bus splits and widens.  Nothing here
 * can fail on guest input: an access outside every region returns false and the CPU decides
 * (external abort on Arm, open bus elsewhere).
 */
#ifndef MYNA_MACHINE_BUS_H
#define MYNA_MACHINE_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BUS_PAGE_BITS 12
#define BUS_PAGE_SIZE (UINT64_C(1) << BUS_PAGE_BITS)

/* Register access of a device.  `offset` is from the start of the region; `size` is 1, 2, 4 or 8
 * and always between min_size and max_size; values are zero-extended. */
struct bus_ops {
	uint64_t (*read)(void *owner, uint64_t offset, unsigned size);
	void (*write)(void *owner, uint64_t offset, uint64_t value, unsigned size);
	/* The same value as read() without any side effect, for debugger and monitor. */
	uint64_t (*peek)(void *owner, uint64_t offset, unsigned size);
	uint8_t min_size, max_size; /* widths implemented; 0 means 4 */
};

enum bus_kind {
	BUS_RAM, /* read, write, execute through `host` */
	BUS_ROM, /* read and execute through `host`; writes are ignored and counted */
	BUS_MMIO
};

struct bus_region {
	const char *name;
	uint64_t base, size; /* physical; multiples of BUS_PAGE_SIZE, for MMIO of 8 */
	enum bus_kind kind;
	uint8_t *host; /* RAM, ROM: the bytes; at least 8 readable bytes follow the last */
	const struct bus_ops *ops; /* MMIO */
	void *owner;
	uint64_t dropped; /* ROM: writes ignored, for the monitor; not state */
};

struct bus;

/* A bus of `address_bits` (at most 48).  NULL when memory is short. */
struct bus *bus_new(unsigned address_bits);
void bus_free(struct bus *b);

/* Map a region.  Returns false when memory is short; overlapping is our own mistake (assert). */
bool bus_map_memory(
    struct bus *b, const char *name, uint64_t base, uint64_t size, uint8_t *host, bool rom);
bool bus_map_mmio(struct bus *b, const char *name, uint64_t base, uint64_t size,
    const struct bus_ops *ops, void *owner);

/* The region that holds `pa`, or NULL. */
const struct bus_region *bus_find(const struct bus *b, uint64_t pa);

/* Regions in the order they were mapped; NULL past the last. */
const struct bus_region *bus_region(const struct bus *b, unsigned index);

/* One naturally aligned access of 1, 2, 4 or 8 bytes.  False: nothing is mapped there.
 * A write to ROM is dropped (true). */
bool bus_read(struct bus *b, uint64_t pa, unsigned size, uint64_t *value);
bool bus_write(struct bus *b, uint64_t pa, unsigned size, uint64_t value);

/* Like bus_read without side effects. */
bool bus_peek(struct bus *b, uint64_t pa, unsigned size, uint64_t *value);

/* Device access to guest memory (DMA), any length and alignment.  Only RAM and ROM are reached;
 * false if any byte lies outside or (write) in ROM, with nothing transferred. */
bool bus_dma_read(struct bus *b, uint64_t pa, void *out, size_t n);
bool bus_dma_write(struct bus *b, uint64_t pa, const void *in, size_t n);

/* `wrote` is called before every bus_dma_write() that will succeed; NULL for none. */
void bus_watch_dma(struct bus *b, void (*wrote)(void *owner, uint64_t pa, uint64_t n), void *owner);

/* A pointer to `n` contiguous bytes of RAM at `pa`, or NULL if they are not all in one RAM region.
 */
uint8_t *bus_ram(struct bus *b, uint64_t pa, size_t n);

#endif
