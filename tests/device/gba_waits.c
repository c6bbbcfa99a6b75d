/* The Game Boy Advance's wait states and prefetch buffer. */
#include "tests/device/bench.h"

#include "devices/gba_waits.h"

#define BASE 0x4000204
#define ROM  0x08000100u

static struct gba_waits waits;
static struct probe changed;

static void setup(void)
{
	gba_waits_init(&waits, "waits");
	waits.changed = probe_wire(&changed);
	device_reset(&waits.dev);
}

TestSuite(gba_waits, .init = setup);

static void set(unsigned value)
{
	gba_waits_ops.write(&waits, 0, value, 2);
}

/* [not sequential, sequential][byte, halfword, word] */
static void expect_costs(unsigned region, const char *text)
{
	char is[32];
	const uint8_t(*c)[3] = waits.costs.cycles[region];

	snprintf(is, sizeof is, "%u %u %u %u %u %u", c[0][0], c[0][1], c[0][2], c[1][0], c[1][1],
	    c[1][2]);
	cr_expect_str_eq(is, text, "region %u: %s, not %s", region, is, text);
}

Test(gba_waits, costs_after_reset)
{
	expect_costs(0, "1 1 1 1 1 1");
	expect_costs(2, "3 3 6 3 3 6");
	expect_costs(3, "1 1 1 1 1 1");
	expect_costs(4, "1 1 1 1 1 1");
	expect_costs(5, "1 1 2 1 1 2");
	expect_costs(6, "1 1 2 1 1 2");
	expect_costs(7, "1 1 1 1 1 1");
	expect_costs(8, "5 5 8 3 3 6");
	expect_costs(9, "5 5 8 3 3 6");
	expect_costs(10, "5 5 10 5 5 10");
	expect_costs(12, "5 5 14 9 9 18");
	expect_costs(14, "5 5 5 5 5 5");
}

Test(gba_waits, waitcnt_changes_them)
{
	unsigned rises = changed.rises;
	set(0x4317);
	cr_expect_eq(changed.rises, rises + 1);
	cr_expect_eq(gba_waits_ops.read(&waits, 0, 2), 0x4317);
	expect_costs(8, "4 4 6 2 2 4");
	expect_costs(14, "9 9 9 9 9 9");
	expect_costs(12, "9 9 18 9 9 18");
	set(0xffff);
	cr_expect_eq(gba_waits_ops.read(&waits, 0, 2), 0x5fff);
	cr_expect_eq(gba_waits_ops.read(&waits, 2, 2), 0);
	expect_costs(8, "9 9 11 2 2 4");
	expect_costs(12, "9 9 11 2 2 4");
}

Test(gba_waits, memory_control_sets_ewram)
{
	cr_expect_eq(gba_memory_control_ops.read(&waits, 2, 2), 0x0d00);
	gba_memory_control_ops.write(&waits, 3, 14, 1);
	expect_costs(2, "2 2 4 2 2 4");
	gba_memory_control_ops.write(&waits, 3, 15, 1);
	expect_costs(2, "2 2 4 2 2 4");
}

Test(gba_waits, without_prefetch_code_costs_what_the_cartridge_does)
{
	cr_expect_eq(gba_waits_fetch(&waits, 0, ROM, 2, false), 5);
	cr_expect_eq(gba_waits_fetch(&waits, 5, ROM + 2, 2, true), 3);
	cr_expect_eq(gba_waits_fetch(&waits, 8, ROM + 4, 4, true), 6);
	cr_expect_eq(gba_waits_fetch(&waits, 20, 0x08020000, 2, true), 5, "at 128 KiB");
}

Test(gba_waits, code_prefetched_costs_a_cycle)
{
	set(0x4000);
	cr_expect_eq(gba_waits_fetch(&waits, 0, ROM, 2, false), 5);
	/* Straight on: every halfword takes its three cycles. */
	cr_expect_eq(gba_waits_fetch(&waits, 5, ROM + 2, 2, true), 3);
	cr_expect_eq(gba_waits_fetch(&waits, 8, ROM + 4, 2, true), 3);
	/* Nine cycles elsewhere: three halfwords. */
	cr_expect_eq(gba_waits_fetch(&waits, 20, ROM + 6, 2, true), 1);
	cr_expect_eq(gba_waits_fetch(&waits, 21, ROM + 8, 2, true), 1);
	cr_expect_eq(gba_waits_fetch(&waits, 22, ROM + 10, 2, false), 1, "known by its address");
	cr_expect_eq(gba_waits_fetch(&waits, 23, ROM + 12, 2, true), 1, "ready at 23");
	cr_expect_eq(gba_waits_fetch(&waits, 24, ROM + 14, 2, true), 2);
}

Test(gba_waits, the_buffer_holds_eight_halfwords)
{
	uint64_t now = 1000;
	set(0x4000);
	gba_waits_fetch(&waits, 0, ROM, 2, false);
	for (unsigned i = 1; i <= 8; i++)
		cr_expect_eq(gba_waits_fetch(&waits, now++, ROM + 2 * i, 2, true), 1);
	/* Since the first was taken, 8 cycles have passed: two more. */
	cr_expect_eq(gba_waits_fetch(&waits, now++, ROM + 18, 2, true), 1);
	cr_expect_eq(gba_waits_fetch(&waits, now++, ROM + 20, 2, true), 1);
	cr_expect_gt(gba_waits_fetch(&waits, now, ROM + 22, 2, true), 0);
	cr_expect_eq(waits.s.held, 0);
}

Test(gba_waits, words_take_two_halfwords)
{
	set(0x4000);
	cr_expect_eq(gba_waits_fetch(&waits, 0, ROM, 4, false), 8);
	cr_expect_eq(gba_waits_fetch(&waits, 8, ROM + 4, 4, true), 6);
	cr_expect_eq(gba_waits_fetch(&waits, 14 + 6, ROM + 8, 4, true), 1);
	cr_expect_eq(gba_waits_fetch(&waits, 21 + 4, ROM + 12, 4, true), 1);
}

Test(gba_waits, data_in_the_cartridge_end_it)
{
	set(0x4000);
	gba_waits_fetch(&waits, 0, ROM, 2, false);
	cr_expect_eq(gba_waits_data(&waits, 6, 0x08001000, 4, false), 8);
	cr_expect_eq(gba_waits_fetch(&waits, 14, ROM + 2, 2, true), 5, "told anew");
	/* One cycle before the next halfword is there, it is waited for. */
	cr_expect_eq(gba_waits_data(&waits, 19 + 2, 0x08001000, 2, false), 6);
}

Test(gba_waits, state_that_no_run_comes_to_is_refused)
{
	char why[128];
	cr_expect(device_loaded(&waits.dev, why, sizeof why));
	waits.s.held = 9;
	cr_expect_not(device_loaded(&waits.dev, why, sizeof why));
	waits.s.held = 0;
	set(0x4000);
	waits.s.active = 1;
	waits.s.head = ROM;
	waits.s.since = UINT64_MAX / 2;
	cr_expect_lt(gba_waits_fetch(&waits, 10, ROM, 2, true), 20);
}
