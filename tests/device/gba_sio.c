/* The Game Boy Advance's serial port with nothing plugged in. */
#include "tests/device/bench.h"

#include "devices/gba_sio.h"

#define BASE 0x4000120

static struct bus *bus;
static struct scheduler sched;
static struct gba_sio sio;
static struct probe irq;

static void setup(void)
{
	bus = bus_new(32);
	scheduler_init(&sched);
	gba_sio_init(&sio, "sio", &sched);
	sio.irq = probe_wire(&irq);
	cr_assert(bus_map_mmio(bus, "sio", BASE, GBA_SIO_REGISTERS, &gba_sio_ops, &sio));
	device_reset(&sio.dev);
	bench_write(bus, BASE + 0x14, 2, 0);
}

static void teardown(void)
{
	bus_free(bus);
}

TestSuite(gba_sio, .init = setup, .fini = teardown);

static void set(unsigned reg, unsigned value)
{
	bench_write(bus, BASE + reg, 2, value);
}

static unsigned get(unsigned reg)
{
	return (unsigned)bench_read(bus, BASE + reg, 2);
}

Test(gba_sio, a_transfer_with_its_own_clock_ends)
{
	set(8, 0x1000);
	wr(bus, BASE, 0x12345678);
	cr_expect_eq(rd(bus, BASE), 0x12345678);
	set(8, 0x1081 | 0x4000);
	cr_expect_eq(get(8) & 0x80, 0x80);
	scheduler_advance(&sched, 32 * 64 + 5);
	cr_expect_eq(irq.rises, 0);
	scheduler_advance(&sched, 32 * 64 + 6);
	cr_expect_eq(irq.rises, 1);
	cr_expect_eq(get(8) & 0x80, 0);
	cr_expect_eq(rd(bus, BASE), 0xffffffff);
	set(10, 0x55);
	set(8, 0x0083);
	scheduler_advance(&sched, 32 * 64 + 6 + 8 * 8 + 6);
	cr_expect_eq(get(8) & 0x80, 0, "2 MHz, 8 bits");
	cr_expect_eq(get(10), 0xff);
	cr_expect_eq(irq.rises, 1);
}

Test(gba_sio, a_transfer_with_a_partners_clock_does_not)
{
	set(8, 0x1080);
	scheduler_advance(&sched, GBA_HZ);
	cr_expect_eq(get(8) & 0x80, 0x80);
	cr_expect_eq(get(8) & 4, 4);
}

Test(gba_sio, alone_in_multi_player_mode)
{
	set(10, 0xabcd);
	set(8, 0x6083);
	scheduler_advance(&sched, 5000);
	cr_expect_eq(irq.rises, 1);
	cr_expect_eq(get(0), 0xabcd);
	cr_expect_eq(get(2), 0xffff);
	cr_expect_eq(get(6), 0xffff);
	cr_expect_eq(get(8) & 0xfc, 0xc);
}

Test(gba_sio, a_transfer_can_be_given_up)
{
	set(8, 0x5081);
	set(8, 0x5001);
	scheduler_advance(&sched, 100000);
	cr_expect_eq(irq.rises, 0);
}
