/* The Game Boy Advance's interrupt controller and buttons. */
#include "tests/device/bench.h"

#include "devices/gba_irq.h"
#include "devices/gba_keypad.h"

#define IRQ   0x4000200
#define POWER 0x4000300
#define KEYS  0x4000130

static struct bus *bus;
static struct gba_irq irq;
static struct gba_keypad keypad;
static struct input_queue pad;
static struct probe line, wake, halt, key;

static void setup(void)
{
	bus = bus_new(32);
	gba_irq_init(&irq, "irq");
	irq.irq = probe_wire(&line);
	irq.wake = probe_wire(&wake);
	irq.halt = probe_wire(&halt);
	gba_keypad_init(&keypad, "keypad");
	keypad.irq = probe_wire(&key);
	input_init(&pad, "pad0", 1u << INPUT_BUTTON);
	gba_keypad_connect(&keypad, &pad);
	cr_assert(bus_map_mmio(bus, "irq", IRQ, 0x10, &gba_irq_ops, &irq));
	cr_assert(bus_map_mmio(bus, "power", POWER, 8, &gba_power_ops, &irq));
	cr_assert(bus_map_mmio(bus, "keys", KEYS, 8, &gba_keypad_ops, &keypad));
	device_reset(&irq.dev);
	device_reset(&keypad.dev);
}

static void teardown(void)
{
	bus_free(bus);
}

TestSuite(gba_irq, .init = setup, .fini = teardown);

static void set(uint64_t at, unsigned value)
{
	bench_write(bus, at, 2, value);
}

static unsigned get(uint64_t at)
{
	return (unsigned)bench_read(bus, at, 2);
}

static void press(unsigned button, int down)
{
	struct input_event e = {INPUT_BUTTON, (uint16_t)button, down};

	cr_assert(input_put(&pad, &e, 1));
}

Test(gba_irq, three_registers_and_an_and)
{
	gba_irq_line(&irq, GBA_IRQ_TIMER0, 1);
	gba_irq_line(&irq, GBA_IRQ_TIMER0, 0);
	cr_expect_eq(get(IRQ + 2), 1 << 3);
	cr_expect_eq(line.level, 0);
	cr_expect_eq(wake.level, 0);
	set(IRQ, 1 << 3);
	cr_expect_eq(line.level, 0);
	cr_expect_eq(wake.level, 1, "whatever IME says");
	set(IRQ + 8, 1);
	cr_expect_eq(line.level, 1);
	set(IRQ + 2, 1 << 2);
	cr_expect_eq(line.level, 1);
	set(IRQ + 2, 1 << 3);
	cr_expect_eq(line.level, 0);
	cr_expect_eq(wake.level, 0);
	cr_expect_eq(get(IRQ + 2), 0);
}

Test(gba_irq, flags_are_cleared_by_byte)
{
	gba_irq_line(&irq, GBA_IRQ_VBLANK, 1);
	gba_irq_line(&irq, GBA_IRQ_KEYPAD, 1);
	bench_write(bus, IRQ + 3, 1, 0xff);
	cr_expect_eq(get(IRQ + 2), 1);
	bench_write(bus, IRQ + 2, 1, 0xff);
	cr_expect_eq(get(IRQ + 2), 0);
}

Test(gba_irq, registers_keep_what_exists_of_them)
{
	set(IRQ, 0xffff);
	cr_expect_eq(get(IRQ), 0x3fff);
	set(IRQ + 8, 0xffff);
	cr_expect_eq(get(IRQ + 8), 1);
	cr_expect_eq(get(IRQ + 10), 0);
	cr_expect_eq(bench_read(bus, IRQ + 1, 1), 0x3f);
}

Test(gba_irq, haltcnt_halts)
{
	bench_write(bus, POWER, 1, 1);
	cr_expect_eq(halt.rises, 0);
	cr_expect_eq(get(POWER), 1);
	bench_write(bus, POWER, 1, 0);
	cr_expect_eq(get(POWER), 1, "once started, always started");
	bench_write(bus, POWER + 1, 1, 0);
	cr_expect_eq(halt.rises, 1);
	set(POWER, 0);
	cr_expect_eq(halt.rises, 2);
}

Test(gba_irq, buttons_are_low_when_pressed)
{
	cr_expect_eq(get(KEYS), 0x3ff);
	press(PAD_START, 1);
	press(PAD_L, 1);
	cr_expect_eq(get(KEYS), 0x3ff & ~(1 << 3 | 1 << 9));
	press(PAD_L, 0);
	press(PAD_X, 1);
	cr_expect_eq(get(KEYS), 0x3ff & ~(1 << 3), "there is no X");
	set(KEYS, 0);
	cr_expect_eq(get(KEYS), 0x3ff & ~(1 << 3));
	cr_expect_eq(pad.s.count, 0);
}

Test(gba_irq, buttons_interrupt_by_any_or_all_of_a_set)
{
	set(KEYS + 2, 0x4003);
	cr_expect_eq(key.level, 0);
	press(PAD_B, 1);
	cr_expect_eq(key.level, 1);
	set(KEYS + 2, 0xc003);
	cr_expect_eq(key.level, 0);
	press(PAD_A, 1);
	cr_expect_eq(key.level, 1);
	press(PAD_B, 0);
	cr_expect_eq(key.level, 0);
	set(KEYS + 2, 0x0003);
	cr_expect_eq(key.level, 0);
	set(KEYS + 2, 0xffff);
	cr_expect_eq(get(KEYS + 2), 0xc3ff);
}
