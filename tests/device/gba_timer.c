/* The Game Boy Advance's timers: counting, prescaler, overflow, cascade. */
#include "tests/device/bench.h"

#include "devices/gba_timer.h"

#define BASE 0x4000100

static struct bus *bus;
static struct scheduler sched;
static struct gba_timer timer;
static struct probe irq[4], overflow[2];

static void setup(void)
{
	bus = bus_new(32);
	scheduler_init(&sched);
	gba_timer_init(&timer, "timer", &sched);
	for (unsigned n = 0; n < 4; n++)
		timer.irq[n] = probe_wire(&irq[n]);
	for (unsigned n = 0; n < 2; n++)
		timer.overflow[n] = probe_wire(&overflow[n]);
	cr_assert(bus_map_mmio(bus, "timer", BASE, GBA_TIMER_REGISTERS, &gba_timer_ops, &timer));
	device_reset(&timer.dev);
}

static void teardown(void)
{
	bus_free(bus);
}

TestSuite(gba_timer, .init = setup, .fini = teardown);

static unsigned counter(unsigned n)
{
	return (unsigned)bench_read(bus, BASE + 4 * n, 2);
}

static void start(unsigned n, unsigned reload, unsigned control)
{
	wr(bus, BASE + 4 * n, reload | (control | 0x80) << 16);
}

static void pass(uint64_t cycles)
{
	scheduler_advance(&sched, sched.now + cycles);
}

Test(gba_timer, counts_cycles_two_after_it_is_started)
{
	start(0, 100, 0);
	cr_expect_eq(counter(0), 100);
	pass(2);
	cr_expect_eq(counter(0), 100);
	pass(1);
	cr_expect_eq(counter(0), 101);
	pass(1000);
	cr_expect_eq(counter(0), 1101);
	bench_write(bus, BASE + 2, 2, 0);
	pass(1000);
	cr_expect_eq(counter(0), 1102, "stopped, a cycle late");
	bench_write(bus, BASE + 2, 2, 0x80);
	cr_expect_eq(counter(0), 100, "reloaded");
}

Test(gba_timer, the_prescaler_runs_all_the_time)
{
	static const unsigned periods[4] = {1, 64, 256, 1024};
	pass(1000);
	for (unsigned n = 0; n < 4; n++)
		start(n, 0, n);
	pass(24);
	cr_expect_eq(counter(0), 22);
	cr_expect_eq(counter(1), 1, "1024 is a multiple of 64");
	cr_expect_eq(counter(2), 1);
	cr_expect_eq(counter(3), 1);
	pass(1024 * 10);
	for (unsigned n = 1; n < 4; n++)
		cr_expect_eq(counter(n), 1024 * 10 / periods[n] + 1);
}

Test(gba_timer, overflow_reloads_and_interrupts)
{
	start(0, 0xfff0, 0x40);
	pass(2 + 15);
	cr_expect_eq(counter(0), 0xffff);
	cr_expect_eq(irq[0].rises, 0);
	pass(1);
	cr_expect_eq(counter(0), 0xfff0);
	cr_expect_eq(irq[0].rises, 1);
	cr_expect_eq(overflow[0].rises, 1);
	bench_write(bus, BASE, 2, 0xfff8);
	cr_expect_eq(counter(0), 0xfff0, "takes effect at the next overflow");
	pass(16 + 8 * 3);
	cr_expect_eq(irq[0].rises, 5);
	cr_expect_eq(counter(0), 0xfff8);
	start(1, 0xffff, 0);
	pass(12);
	cr_expect_eq(irq[1].rises, 0);
	cr_expect_eq(overflow[1].rises, 10);
}

Test(gba_timer, a_new_reload_value_comes_too_late_for_the_next_cycle)
{
	start(0, 0xffff, 0);
	pass(2);
	bench_write(bus, BASE, 2, 0);
	pass(1);
	cr_expect_eq(overflow[0].rises, 1);
	cr_expect_eq(counter(0), 0xffff);
	pass(1);
	cr_expect_eq(overflow[0].rises, 2);
	cr_expect_eq(counter(0), 0);
}

Test(gba_timer, it_can_overflow_in_its_last_cycle)
{
	start(0, 0xfff0, 0x40);
	pass(2 + 15);
	bench_write(bus, BASE + 2, 2, 0x40);
	cr_expect_eq(irq[0].rises, 1);
	cr_expect_eq(counter(0), 0xfff0);
	pass(100);
	cr_expect_eq(irq[0].rises, 1);
}

Test(gba_timer, overflows_nobody_sees_take_no_events)
{
	start(2, 0xfff0, 0);
	cr_expect_eq(timer.events[2].due.due, EVENT_NEVER);
	pass(2 + 16 * 1000 + 5);
	cr_expect_eq(counter(2), 0xfff5);
	bench_write(bus, BASE + 8 + 2, 2, 0xc0);
	pass(11);
	cr_expect_eq(irq[2].rises, 1);
	cr_expect_eq(counter(2), 0xfff0);
}

Test(gba_timer, a_timer_can_count_the_overflows_of_the_one_below)
{
	start(2, 0xfff0, 0);
	pass(2);
	pass(16 * 5);
	start(3, 0xfffe, 0x44);
	cr_expect_eq(counter(3), 0xfffe);
	pass(16);
	cr_expect_eq(counter(3), 0xffff);
	pass(15);
	cr_expect_eq(irq[3].rises, 0);
	pass(1);
	cr_expect_eq(irq[3].rises, 1);
	cr_expect_eq(counter(3), 0xfffe);
	bench_write(bus, BASE + 12 + 2, 2, 0x04);
	pass(160);
	cr_expect_eq(counter(3), 0xfffe, "not running");
}

Test(gba_timer, overflows_ripple_through)
{
	for (unsigned n = 3; n > 0; n--)
		start(n, 0xffff, 0x44);
	start(0, 0xff00, 0x40);
	pass(2 + 256);
	for (unsigned n = 0; n < 4; n++)
		cr_expect_eq(irq[n].rises, 1, "%u", n);
	cr_expect_eq(sched.now, 258);
}

Test(gba_timer, timer_0_counts_cycles_whatever_its_cascade_bit)
{
	start(0, 0, 4);
	pass(102);
	cr_expect_eq(counter(0), 100);
	cr_expect_eq(bench_read(bus, BASE + 2, 2), 0x84);
}

Test(gba_timer, changing_the_prescaler_keeps_the_counter)
{
	start(0, 0, 0);
	pass(2 + 640);
	bench_write(bus, BASE + 2, 1, 0x81);
	cr_expect_eq(counter(0), 641, "it counts on for a cycle");
	pass(64 * 3);
	cr_expect_eq(counter(0), 644);
	cr_expect_eq(bench_read(bus, BASE + 3, 1), 0);
	bench_write(bus, BASE + 2, 2, 0xffff);
	cr_expect_eq(bench_read(bus, BASE + 2, 2), 0xc7);
}

Test(gba_timer, a_period_of_a_cycle_is_survived)
{
	start(0, 0xffff, 0x40);
	start(1, 0xffff, 0x44);
	pass(1002);
	cr_expect_eq(irq[0].rises, 1000);
	cr_expect_eq(irq[1].rises, 1000);
}
