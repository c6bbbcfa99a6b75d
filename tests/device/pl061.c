/* PL061: pins, edges, levels. */
#include "tests/device/bench.h"

#include "devices/pl061.h"
#include "devices/primecell.h"

#define BASE       0x9030000
#define DATA(mask) (BASE + ((mask) << 2))

enum {
	DIR = BASE + 0x400,
	IS = BASE + 0x404,
	IBE = BASE + 0x408,
	IEV = BASE + 0x40c,
	IE = BASE + 0x410,
	RIS = BASE + 0x414,
	MIS = BASE + 0x418,
	IC = BASE + 0x41c
};

static struct bus *bus;
static struct pl061 gpio;
static struct probe irq, pin5;

static void setup(void)
{
	bus = bus_new(32);
	pl061_init(&gpio, "gpio");
	gpio.irq = probe_wire(&irq);
	gpio.out[5] = probe_wire(&pin5);
	cr_assert(bus_map_mmio(bus, "gpio", BASE, PRIMECELL_SIZE, &pl061_ops, &gpio));
	device_reset(&gpio.dev);
}

static void teardown(void)
{
	bus_free(bus);
}

TestSuite(pl061, .init = setup, .fini = teardown);

Test(pl061, says_what_it_is)
{
	cr_expect_eq(rd_id(bus, BASE + 0xfe0), 0x00041061);
	cr_expect_eq(rd_id(bus, BASE + 0xff0), 0xb105f00d);
}

Test(pl061, registers_keep_only_their_bits)
{
	static const struct plain_register rows[] = {
	    {DIR, 0xff},
	    {IBE, 0xff},
	    {IEV, 0xff},
	    {IE, 0xff},
	    {BASE + 0x420, 0xff},
	    {BASE + 0x424, 0},
	    {DATA(0xff), 0},
	};
	expect_plain(bus, rows, sizeof rows / sizeof rows[0]);
	wr(bus, IE, 0);
	wr(bus, IS, 0xff);
	cr_expect_eq(rd(bus, IS), 0xff);
	cr_expect_eq(rd(bus, IBE), 0);
}

Test(pl061, address_bits_mask_the_data)
{
	wr(bus, DIR, 0xff);
	wr(bus, DATA(0xff), 0x5a);
	wr(bus, DATA(0x0f), 0xff);
	cr_expect_eq(rd(bus, DATA(0xff)), 0x5f);
	cr_expect_eq(rd(bus, DATA(0xf0)), 0x50);
	cr_expect_eq(rd(bus, DATA(0)), 0);
}

Test(pl061, outputs_drive_and_inputs_do_not)
{
	wr(bus, DATA(0xff), 0x20);
	cr_expect_eq(pin5.level, 0);
	cr_expect_eq(rd(bus, DATA(0xff)), 0, "an input shows its wire");
	wr(bus, DIR, 0x20);
	cr_expect_eq(pin5.level, 1);
	pl061_input(&gpio, 5, 0);
	cr_expect_eq(rd(bus, DATA(0xff)), 0x20, "an output shows its latch");
	wr(bus, DATA(0x20), 0);
	cr_expect_eq(pin5.level, 0);
}

Test(pl061, power_key_gives_one_interrupt)
{
	/* As a driver of a key does it: both edges of pin 3. */
	wr(bus, IBE, 1 << 3);
	wr(bus, IE, 1 << 3);
	pl061_input(&gpio, 3, 1);
	cr_expect_eq(irq.level, 1);
	cr_expect_eq(rd(bus, MIS), 1 << 3);
	cr_expect_eq(rd(bus, DATA(1 << 3)), 1 << 3);
	wr(bus, IC, 1 << 3);
	cr_expect_eq(irq.level, 0);
	pl061_input(&gpio, 3, 0);
	cr_expect_eq(irq.level, 1);
	wr(bus, IC, 1 << 3);
	pl061_input(&gpio, 3, 0);
	cr_expect_eq(irq.level, 0, "no edge, no interrupt");
}

Test(pl061, one_edge_only)
{
	wr(bus, IE, 0xff);
	wr(bus, IEV, 1 << 1); /* pin 1 rising, others falling */
	pl061_input(&gpio, 1, 1);
	pl061_input(&gpio, 2, 1);
	cr_expect_eq(rd(bus, RIS), 1 << 1);
	pl061_input(&gpio, 1, 0);
	pl061_input(&gpio, 2, 0);
	cr_expect_eq(rd(bus, RIS), 1 << 1 | 1 << 2);
	wr(bus, IC, 0xff);
	cr_expect_eq(rd(bus, RIS), 0);
}

Test(pl061, levels_cannot_be_cleared)
{
	wr(bus, IS, 1 << 4);
	wr(bus, IEV, 1 << 4);
	wr(bus, IE, 1 << 4);
	cr_expect_eq(irq.level, 0);
	pl061_input(&gpio, 4, 1);
	cr_expect_eq(irq.level, 1);
	wr(bus, IC, 1 << 4);
	cr_expect_eq(irq.level, 1);
	wr(bus, IE, 0);
	cr_expect_eq(irq.level, 0);
	cr_expect_eq(rd(bus, RIS), 1 << 4);
	wr(bus, IE, 1 << 4);
	pl061_input(&gpio, 4, 0);
	cr_expect_eq(irq.level, 0);
}

Test(pl061, state_carries_over)
{
	struct pl061 other = {0};
	struct probe other_irq = {0}, other_pin5 = {0};
	char why[128];
	wr(bus, DIR, 1 << 5);
	wr(bus, DATA(1 << 5), 1 << 5);
	wr(bus, IBE, 1 << 3);
	wr(bus, IE, 1 << 3);
	pl061_input(&gpio, 3, 1);
	pl061_init(&other, "gpio");
	other.irq = probe_wire(&other_irq);
	other.out[5] = probe_wire(&other_pin5);
	other.s = gpio.s;
	cr_assert(device_loaded(&other.dev, why, sizeof why));
	cr_expect_eq(other_irq.level, 1);
	cr_expect_eq(other_pin5.level, 1);
	device_reset(&other.dev);
	cr_expect_eq(other_irq.level, 0);
	cr_expect_eq(other_pin5.level, 0);
}
