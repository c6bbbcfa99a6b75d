/* The Game Boy Advance's DMA on a memory of its own. */
#include "tests/device/bench.h"

#include "devices/gba_dma.h"

#define BASE 0x40000b0
#define LOG  4096

static struct bus *bus;
static struct scheduler sched;
static struct gba_dma dma;
static struct probe irq[4], request;
static uint8_t memory[0x20000];

/* Every access, in order. */
static struct {
	uint32_t address, value;
	unsigned size;
	bool write, first;
} seen[LOG];
static unsigned accesses, idle;

static uint32_t memory_read(void *owner, uint32_t address, unsigned size, bool first)
{
	uint32_t value = 0;

	memcpy(&value, memory + address % sizeof memory, size);
	if (accesses < LOG) {
		seen[accesses].address = address;
		seen[accesses].size = size;
		seen[accesses].write = false;
		seen[accesses].first = first;
	}
	accesses++;
	return value;
}

static void memory_write(void *owner, uint32_t address, uint32_t value, unsigned size, bool first)
{
	if (address < 0x04000000 || address >= 0x04000400)
		memcpy(memory + address % sizeof memory, &value, size);
	if (accesses < LOG) {
		seen[accesses].address = address;
		seen[accesses].value = value;
		seen[accesses].size = size;
		seen[accesses].write = true;
		seen[accesses].first = first;
	}
	accesses++;
	/* In the middle of a transfer, another trigger comes. */
	if (address == 0x02000100)
		gba_dma_trigger(&dma, GBA_DMA_HBLANK, 1);
	if (address == 0x02000200)
		gba_dma_trigger(&dma, GBA_DMA_VBLANK, 1);
	scheduler_advance(&sched, sched.now + 2);
}

static void memory_idle(void *owner, unsigned cycles)
{
	idle += cycles;
}

static void setup(void)
{
	bus = bus_new(32);
	scheduler_init(&sched);
	gba_dma_init(&dma, "dma", &sched);
	for (unsigned n = 0; n < 4; n++)
		dma.irq[n] = probe_wire(&irq[n]);
	dma.request = probe_wire(&request);
	dma.bus = (struct gba_dma_bus){NULL, memory_read, memory_write, memory_idle};
	cr_assert(bus_map_mmio(bus, "dma", BASE, GBA_DMA_REGISTERS, &gba_dma_ops, &dma));
	device_reset(&dma.dev);
	for (unsigned i = 0; i < sizeof memory; i++)
		memory[i] = (uint8_t)(i * 7);
	accesses = idle = 0;
}

static void teardown(void)
{
	bus_free(bus);
}

TestSuite(gba_dma, .init = setup, .fini = teardown);

static void program(unsigned n, uint32_t from, uint32_t to, unsigned count, unsigned control)
{
	uint64_t at = BASE + 12 * n;

	wr(bus, at, from);
	wr(bus, at + 4, to);
	bench_write(bus, at + 8, 2, count);
	bench_write(bus, at + 10, 2, control);
}

static unsigned control(unsigned n)
{
	return (unsigned)bench_read(bus, BASE + 12 * n + 10, 2);
}

static void run(void)
{
	scheduler_advance(&sched, sched.now + GBA_DMA_DELAY);
	gba_dma_run(&dma);
}

Test(gba_dma, copies_words_two_cycles_after_it_is_enabled)
{
	program(3, 0x02000000, 0x03001000, 4, 0x8400);
	cr_expect_eq(request.level, 0);
	gba_dma_run(&dma);
	cr_expect_eq(accesses, 0);
	scheduler_advance(&sched, 1);
	cr_expect_eq(request.level, 0);
	scheduler_advance(&sched, 2);
	cr_expect_eq(request.level, 1);
	gba_dma_run(&dma);
	cr_expect_eq(accesses, 8);
	cr_expect_eq(idle, 2);
	cr_expect_arr_eq(memory + 0x1000, memory, 16);
	cr_expect(seen[0].first && seen[1].first && !seen[2].first && !seen[3].first);
	cr_expect_eq(control(3), 0x0400, "done");
	cr_expect_eq(request.level, 0);
	cr_expect_eq(irq[3].rises, 0);
}

Test(gba_dma, halfwords_and_steps)
{
	program(0, 0x03000020, 0x03001010, 3, 0x80a0 | 0x4000);
	run();
	/* Source down, target down. */
	cr_expect_eq(seen[2].address, 0x0300001e);
	cr_expect_eq(seen[3].address, 0x0300100e);
	cr_expect_eq(seen[0].size, 2);
	cr_expect_arr_eq(memory + 0x100c, memory + 0x1c, 6);
	cr_expect_eq(irq[0].rises, 1);
	program(0, 0x03000020, 0x03001010, 3, 0x8140);
	accesses = 0;
	run();
	cr_expect_eq(seen[4].address, 0x03000020, "both fixed");
	cr_expect_eq(seen[5].address, 0x03001010);
}

Test(gba_dma, a_count_of_zero_is_the_largest)
{
	program(0, 0x03000000, 0x03000000, 0, 0x8540);
	run();
	cr_expect_eq(accesses, 2 * 0x4000);
	program(3, 0x03000000, 0x03000000, 0, 0x8540);
	accesses = 0;
	run();
	cr_expect_eq(accesses, 2 * 0x10000);
}

Test(gba_dma, the_first_channels_do_not_reach_the_cartridge)
{
	program(0, 0x0a000000, 0x0a000000, 1, 0x8400);
	run();
	cr_expect_eq(seen[0].address, 0x02000000);
	cr_expect_eq(seen[1].address, 0x02000000);
	program(3, 0x0a000000, 0x0a000000, 1, 0x8400);
	accesses = 0;
	run();
	cr_expect_eq(seen[0].address, 0x0a000000);
	cr_expect_eq(seen[1].address, 0x0a000000);
}

Test(gba_dma, the_cartridge_counts_upwards_by_itself)
{
	program(3, 0x08000100, 0x02000000, 3, 0x8480);
	run();
	cr_expect_eq(seen[4].address, 0x08000108);
	program(3, 0x08000100, 0x08001000, 1, 0x8480);
	accesses = 0;
	run();
	cr_expect(seen[0].first && !seen[1].first, "and is told the address once");
}

Test(gba_dma, what_cannot_be_read_is_what_was_read_last)
{
	program(3, 0x02000004, 0x03001000, 1, 0x8400);
	run();
	program(3, 0x00000000, 0x03001100, 1, 0x8400);
	accesses = 0;
	run();
	cr_expect_eq(accesses, 1);
	cr_expect_arr_eq(memory + 0x1100, memory + 4, 4);
}

Test(gba_dma, blanking_starts_and_repeats)
{
	program(1, 0x02000000, 0x03001000, 2, 0x9600 | 0x60);
	run();
	cr_expect_eq(accesses, 0);
	gba_dma_trigger(&dma, GBA_DMA_HBLANK, 1);
	run();
	cr_expect_eq(accesses, 0, "not this one");
	gba_dma_trigger(&dma, GBA_DMA_VBLANK, 1);
	gba_dma_trigger(&dma, GBA_DMA_VBLANK, 0);
	run();
	cr_expect_eq(accesses, 4);
	cr_expect_eq(control(1), 0x9660);
	gba_dma_trigger(&dma, GBA_DMA_VBLANK, 1);
	run();
	cr_expect_eq(accesses, 8);
	cr_expect_eq(seen[4].address, 0x02000008, "the source goes on");
	cr_expect_eq(seen[5].address, 0x03001000, "the target begins anew");
	bench_write(bus, BASE + 12 + 10, 2, 0x1660);
	gba_dma_trigger(&dma, GBA_DMA_VBLANK, 1);
	run();
	cr_expect_eq(accesses, 8);
}

Test(gba_dma, fifos_get_four_words_at_a_fixed_address)
{
	program(1, 0x02000000, 0x040000a0, 1, 0xb600);
	program(2, 0x02001000, 0x040000a4, 1, 0xb600);
	gba_dma_trigger(&dma, GBA_DMA_FIFO_B, 1);
	run();
	cr_expect_eq(accesses, 8);
	cr_expect_eq(seen[0].address, 0x02001000);
	cr_expect_eq(seen[7].address, 0x040000a4);
	cr_expect_eq(seen[7].size, 4);
	gba_dma_trigger(&dma, GBA_DMA_FIFO_A, 1);
	run();
	cr_expect_eq(accesses, 16);
	cr_expect_eq(seen[15].address, 0x040000a0);
	cr_expect_eq(seen[14].address, 0x0200000c);
}

Test(gba_dma, video_capture_ends_at_its_end)
{
	program(3, 0x02000000, 0x03001000, 2, 0xb600);
	for (unsigned line = 0; line < 3; line++) {
		gba_dma_trigger(&dma, GBA_DMA_CAPTURE, 1);
		run();
	}
	cr_expect_eq(accesses, 12);
	cr_expect_eq(seen[11].address, 0x03001014);
	gba_dma_trigger(&dma, GBA_DMA_CAPTURE_END, 1);
	cr_expect_eq(control(3), 0x3600);
	gba_dma_trigger(&dma, GBA_DMA_CAPTURE, 1);
	run();
	cr_expect_eq(accesses, 12);
}

Test(gba_dma, a_better_channel_takes_over_between_two_units)
{
	program(0, 0x03000000, 0x03008000, 1, 0xa400);
	program(3, 0x02000000, 0x020000fc, 6, 0x8400);
	run();
	cr_expect_eq(accesses, 14);
	cr_expect_eq(seen[3].address, 0x02000100, "here it is triggered");
	/* Two cycles later it has the bus. */
	cr_expect_eq(seen[4].address, 0x03000000);
	cr_expect_eq(seen[5].address, 0x03008000);
	cr_expect_eq(seen[13].address, 0x02000110);
}

Test(gba_dma, registers_that_can_be_read)
{
	for (unsigned n = 0; n < 4; n++) {
		for (unsigned reg = 0; reg < 8; reg += 2)
			cr_expect(gba_dma_ops.read(&dma, n * 12 + reg, 2) & GBA_OPEN_BUS);
		bench_write(bus, BASE + 12 * n + 8, 2, 0xffff);
		cr_expect_eq(bench_read(bus, BASE + 12 * n + 8, 2), 0);
		bench_write(bus, BASE + 12 * n + 10, 2, 0x7fff);
		cr_expect_eq(control(n), n == 3 ? 0x7fe0 : 0x77e0);
	}
	bench_write(bus, BASE + 11, 1, 0);
	cr_expect_eq(control(0), 0x00e0);
}

Test(gba_dma, channels_that_trigger_each_other_for_ever_give_way)
{
	program(0, 0x02000000, 0x02000200, 4, 0xa740);
	program(1, 0x02000000, 0x02000100, 4, 0x9740);
	gba_dma_trigger(&dma, GBA_DMA_HBLANK, 1);
	run();
	cr_expect_gt(accesses, 100000);
	cr_expect(gba_dma_wants_bus(&dma), "but it came back");
	cr_expect_eq(request.level, 1);
}

Test(gba_dma, state_that_no_run_comes_to_is_refused)
{
	char why[128];
	cr_expect(device_loaded(&dma.dev, why, sizeof why));
	dma.s.active = 0x10;
	cr_expect_not(device_loaded(&dma.dev, why, sizeof why));
	dma.s.active = 0;
	dma.s.left[2] = 0x4001;
	cr_expect_not(device_loaded(&dma.dev, why, sizeof why));
}
