/* Maps, widths, mirrors and DMA of machine/bus.c. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/bus.h"

/* A device that notes every access as text: "r4@8 " or "w1@3=7f ". */
struct note {
	char text[256];
	uint8_t bytes[0x1000];
};

static uint64_t note_read(void *owner, uint64_t offset, unsigned size)
{
	struct note *n = owner;
	uint64_t v = 0;

	snprintf(n->text + strlen(n->text), 32, "r%u@%x ", size, (unsigned)offset);
	memcpy(&v, n->bytes + offset, size);
	return v | (size < 8 ? UINT64_MAX << 8 * size : 0); /* rubbish above must not get through */
}

static uint64_t note_peek(void *owner, uint64_t offset, unsigned size)
{
	struct note *n = owner;
	uint64_t v = 0;

	memcpy(&v, n->bytes + offset, size);
	return v;
}

static void note_write(void *owner, uint64_t offset, uint64_t value, unsigned size)
{
	struct note *n = owner;

	snprintf(n->text + strlen(n->text), 48, "w%u@%x=%llx ", size, (unsigned)offset,
	    (unsigned long long)value);
}

#define NOTE_OPS(min, max)                                 \
	{                                                  \
		note_read, note_write, note_peek, min, max \
	}
static const struct bus_ops only4 = NOTE_OPS(0, 0), only1 = NOTE_OPS(1, 1), only8 = NOTE_OPS(8, 8),
			    any = NOTE_OPS(1, 8), half = NOTE_OPS(2, 4);

static struct bus *bus;
static struct note note;

static void setup(void)
{
	bus = bus_new(40);
	cr_assert(bus);
	memset(&note, 0, sizeof note);
	for (unsigned i = 0; i < sizeof note.bytes; i++)
		note.bytes[i] = (uint8_t)(i + 1);
}

static void teardown(void)
{
	bus_free(bus);
}

TestSuite(bus, .init = setup, .fini = teardown);

static void check_read(
    const struct bus_ops *ops, uint64_t offset, unsigned size, uint64_t value, const char *accesses)
{
	uint64_t v;

	bus_free(bus);
	setup();
	cr_assert(bus_map_mmio(bus, "note", 0x9000000, 0x1000, ops, &note));
	cr_assert(bus_peek(bus, 0x9000000 + offset, size, &v));
	cr_assert_eq(v, value);
	cr_assert_str_eq(note.text, "", "peek has side effects");
	cr_assert(bus_read(bus, 0x9000000 + offset, size, &v));
	cr_assert_eq(v, value, "%llx", (unsigned long long)v);
	cr_assert_str_eq(note.text, accesses);
}

Test(bus, reads_are_split_and_widened)
{
	check_read(&only4, 8, 4, 0x0c0b0a09, "r4@8 ");
	check_read(&only4, 9, 1, 0x0a, "r4@8 ");
	check_read(&only4, 10, 2, 0x0c0b, "r4@8 ");
	check_read(&only4, 8, 8, UINT64_C(0x100f0e0d0c0b0a09), "r4@8 r4@c ");
	check_read(&only1, 4, 4, 0x08070605, "r1@4 r1@5 r1@6 r1@7 ");
	check_read(&only8, 0x14, 4, 0x18171615, "r8@10 ");
	check_read(&any, 6, 2, 0x0807, "r2@6 ");
	check_read(&half, 7, 1, 0x08, "r2@6 ");
	check_read(&half, 0, 8, UINT64_C(0x0807060504030201), "r4@0 r4@4 ");
	check_read(&only4, 0xfff, 1, 0x00, "r4@ffc ");
}

static void check_write(
    const struct bus_ops *ops, uint64_t offset, unsigned size, uint64_t value, const char *accesses)
{
	bus_free(bus);
	setup();
	cr_assert(bus_map_mmio(bus, "note", 0x9000000, 0x1000, ops, &note));
	cr_assert(bus_write(bus, 0x9000000 + offset, size, value));
	cr_assert_str_eq(note.text, accesses);
}

Test(bus, writes_are_split_and_shifted)
{
	check_write(&only4, 8, 4, UINT64_C(0xffffffff12345678), "w4@8=12345678 ");
	check_write(&only4, 9, 1, 0x17f, "w4@8=7f00 ");
	check_write(&only4, 10, 2, 0xabcd, "w4@8=abcd0000 ");
	check_write(&only4, 8, 8, UINT64_C(0x1122334455667788), "w4@8=55667788 w4@c=11223344 ");
	check_write(&only1, 4, 4, 0x08070605, "w1@4=5 w1@5=6 w1@6=7 w1@7=8 ");
	check_write(&only8, 0x14, 4, 0x18171615, "w8@10=1817161500000000 ");
	check_write(&half, 7, 1, 0x9a, "w2@6=9a00 ");
}

Test(bus, slots_smaller_than_a_page)
{
	struct note slots[8];
	uint64_t v;

	memset(slots, 0, sizeof slots);
	for (unsigned i = 0; i < 8; i++) {
		slots[i].bytes[0] = (uint8_t)(0x40 + i);
		cr_assert(
		    bus_map_mmio(bus, "slot", 0xa000000 + i * 0x200, 0x200, &only4, &slots[i]));
	}
	for (unsigned i = 0; i < 8; i++) {
		cr_assert(bus_read(bus, 0xa000000 + i * 0x200, 4, &v));
		cr_assert_eq(v, 0x40 + i);
		cr_assert_eq(bus_find(bus, 0xa0001ff + i * 0x200)->owner, &slots[i]);
		cr_assert_str_eq(slots[i].text, "r4@0 ");
	}
	cr_assert_null(bus_find(bus, 0xa001000));
}

Test(bus, a_lone_small_region_ends_where_it_ends)
{
	uint64_t v;

	cr_assert(bus_map_mmio(bus, "note", 0x9000200, 0x18, &only4, &note));
	cr_assert(bus_read(bus, 0x9000210, 8, &v));
	cr_assert_not(bus_read(bus, 0x9000218, 4, &v));
	cr_assert_not(bus_read(bus, 0x90001fc, 4, &v));
	cr_assert_not(bus_write(bus, 0x9000218, 4, 0));
}

Test(bus, large_regions_and_their_ragged_ends)
{
	/* Starts and ends inside an upper entry, covers one whole. */
	uint64_t base = 0x403ff000, size = 0x802000;
	uint8_t *ram = calloc(1, size + 8);
	uint64_t v;

	cr_assert(bus_map_memory(bus, "ram", base, size, ram, false));
	for (uint64_t pa = base; pa < base + size; pa += BUS_PAGE_SIZE)
		cr_assert(bus_write(bus, pa + 8, 8, pa));
	for (uint64_t pa = base; pa < base + size; pa += BUS_PAGE_SIZE) {
		cr_assert(bus_read(bus, pa + 8, 8, &v));
		cr_assert_eq(v, pa);
		cr_assert_eq(bus_find(bus, pa + BUS_PAGE_SIZE - 1), bus_region(bus, 0));
	}
	cr_assert_not(bus_read(bus, base - 8, 8, &v));
	cr_assert_not(bus_read(bus, base + size, 1, &v));
	cr_assert_null(bus_region(bus, 1));
	free(ram);
}

Test(bus, addresses_past_the_bus)
{
	uint8_t *ram = calloc(1, BUS_PAGE_SIZE + 8);
	uint64_t v;

	cr_assert(bus_map_memory(
	    bus, "top", (UINT64_C(1) << 40) - BUS_PAGE_SIZE, BUS_PAGE_SIZE, ram, false));
	cr_assert(bus_read(bus, (UINT64_C(1) << 40) - 8, 8, &v));
	cr_assert_not(bus_read(bus, UINT64_C(1) << 40, 8, &v));
	cr_assert_not(bus_read(bus, UINT64_MAX - 7, 8, &v));
	cr_assert_null(bus_ram(bus, (UINT64_C(1) << 40) - 8, 9));
	free(ram);
}

Test(bus, mirrors_show_the_same_bytes)
{
	uint8_t *ram = calloc(1, 2 * BUS_PAGE_SIZE + 8);
	uint64_t v;

	cr_assert(bus_map_memory(bus, "ram", 0x0, 2 * BUS_PAGE_SIZE, ram, false));
	cr_assert(bus_map_memory(bus, "mirror", 0x800000, 2 * BUS_PAGE_SIZE, ram, false));
	cr_assert(bus_map_memory(bus, "shadow", 0xc00000, BUS_PAGE_SIZE, ram, true));
	cr_assert(bus_write(bus, 0x801238, 4, 0xdeadbeef));
	cr_assert(bus_read(bus, 0x1238, 4, &v));
	cr_assert_eq(v, 0xdeadbeef);
	cr_assert(bus_write(bus, 0x10, 8, 5));
	cr_assert(bus_read(bus, 0xc00010, 8, &v));
	cr_assert_eq(v, 5);
	free(ram);
}

Test(bus, rom_ignores_and_counts_writes)
{
	uint8_t *rom = calloc(1, BUS_PAGE_SIZE + 8);
	uint64_t v;

	memset(rom, 0x77, BUS_PAGE_SIZE);
	cr_assert(bus_map_memory(bus, "rom", 0x0, BUS_PAGE_SIZE, rom, true));
	cr_assert(bus_write(bus, 0x10, 4, 0));
	cr_assert(bus_read(bus, 0x10, 4, &v));
	cr_assert_eq(v, 0x77777777);
	cr_assert_eq(bus_region(bus, 0)->dropped, 1);
	cr_assert_null(bus_ram(bus, 0, 8), "ROM handed out as RAM");
	free(rom);
}

Test(bus, dma_reaches_memory_only_and_all_or_nothing)
{
	uint8_t *a = calloc(1, BUS_PAGE_SIZE + 8), *b = calloc(1, BUS_PAGE_SIZE + 8);
	uint8_t buffer[64];

	cr_assert(bus_map_memory(bus, "a", 0x10000, BUS_PAGE_SIZE, a, false));
	cr_assert(bus_map_memory(bus, "b", 0x11000, BUS_PAGE_SIZE, b, false));
	cr_assert(bus_map_memory(bus, "rom", 0x20000, BUS_PAGE_SIZE, b, true));
	cr_assert(bus_map_mmio(bus, "note", 0x12000, 0x1000, &any, &note));
	memset(buffer, 0x5a, sizeof buffer);
	cr_assert(bus_dma_write(bus, 0x10fe1, buffer, 64));
	cr_assert_eq(a[0xfe0], 0);
	cr_assert_eq(a[0xfff], 0x5a);
	cr_assert_eq(b[0x20], 0x5a);
	cr_assert_eq(b[0x21], 0);
	memset(buffer, 0, sizeof buffer);
	cr_assert(bus_dma_read(bus, 0x10fe1, buffer, 64));
	cr_assert_eq(buffer[63], 0x5a);
	cr_assert(bus_dma_read(bus, 0x20000, buffer, 64));

	memset(buffer, 0x33, sizeof buffer);
	cr_assert_not(bus_dma_write(bus, 0x11fe1, buffer, 64), "wrote into a device");
	cr_assert_eq(b[0xfff], 0, "half a transfer");
	cr_assert_not(bus_dma_read(bus, 0x11fe1, buffer, 64), "read from a device");
	cr_assert_not(bus_dma_write(bus, 0x20000, buffer, 1), "wrote into ROM");
	cr_assert_not(bus_dma_read(bus, 0x10fff, buffer, SIZE_MAX));
	cr_assert_not(bus_dma_read(bus, UINT64_MAX - 3, buffer, 8), "wrapped around");
	cr_assert_not(bus_dma_read(bus, UINT64_MAX, buffer, 1));
	cr_assert(bus_dma_read(bus, UINT64_MAX, buffer, 0));
	cr_assert_str_eq(note.text, "");
	cr_assert_eq(bus_ram(bus, 0x10ff0, 0x10), a + 0xff0);
	cr_assert_null(bus_ram(bus, 0x10ff0, 0x11), "two regions are not contiguous");
	cr_assert_null(bus_ram(bus, 0x10ff0, SIZE_MAX));
	free(a);
	free(b);
}
