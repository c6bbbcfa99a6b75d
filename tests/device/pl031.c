/* PL031: counting guest time, match. */
#include "tests/device/bench.h"

#include "devices/pl031.h"
#include "devices/primecell.h"

#define BASE   0x9010000
#define EPOCH  1700000000u
#define SECOND UINT64_C(1000000000)

enum {
	DR = BASE,
	MR = BASE + 4,
	LR = BASE + 8,
	CR = BASE + 0xc,
	IMSC = BASE + 0x10,
	RIS = BASE + 0x14,
	MIS = BASE + 0x18,
	ICR = BASE + 0x1c
};

static struct bus *bus;
static struct scheduler sched;
static struct pl031 rtc;
static struct probe irq;

static void setup(void)
{
	bus = bus_new(32);
	scheduler_init(&sched);
	pl031_init(&rtc, "rtc", &sched, SECOND, EPOCH);
	rtc.irq = probe_wire(&irq);
	cr_assert(bus_map_mmio(bus, "rtc", BASE, PRIMECELL_SIZE, &pl031_ops, &rtc));
	device_reset(&rtc.dev);
}

static void teardown(void)
{
	bus_free(bus);
}

TestSuite(pl031, .init = setup, .fini = teardown);

Test(pl031, says_what_it_is)
{
	cr_expect_eq(rd_id(bus, BASE + 0xfe0), 0x00141031);
	cr_expect_eq(rd_id(bus, BASE + 0xff0), 0xb105f00d);
	wr(bus, CR, 0);
	cr_expect_eq(rd(bus, CR), 1, "it cannot be stopped");
	wr(bus, IMSC, 0xffffffff);
	cr_expect_eq(rd(bus, IMSC), 1);
	wr(bus, IMSC, 0xfffffffe);
	cr_expect_eq(rd(bus, IMSC), 0);
	wr(bus, MR, 0x12345678);
	cr_expect_eq(rd(bus, MR), 0x12345678);
	cr_expect_eq(rd(bus, LR), 0);
}

Test(pl031, reset_forgets_the_match)
{
	wr(bus, MR, EPOCH + 3);
	device_reset(&rtc.dev);
	wr(bus, IMSC, 1);
	scheduler_advance(&sched, 5 * SECOND);
	cr_expect_eq(rd(bus, RIS), 0);
}

Test(pl031, counts_seconds_of_guest_time)
{
	cr_expect_eq(rd(bus, DR), EPOCH);
	scheduler_advance(&sched, SECOND - 1);
	cr_expect_eq(rd(bus, DR), EPOCH);
	scheduler_advance(&sched, SECOND);
	cr_expect_eq(rd(bus, DR), EPOCH + 1);
	scheduler_advance(&sched, 100 * SECOND + 5);
	cr_expect_eq(rd(bus, DR), EPOCH + 100);
}

Test(pl031, can_be_set)
{
	scheduler_advance(&sched, 7 * SECOND);
	wr(bus, LR, 1000);
	cr_expect_eq(rd(bus, LR), 1000);
	cr_expect_eq(rd(bus, DR), 1000);
	scheduler_advance(&sched, 10 * SECOND);
	cr_expect_eq(rd(bus, DR), 1003);
}

Test(pl031, match_fires_on_the_tick)
{
	wr(bus, IMSC, 1);
	wr(bus, MR, EPOCH + 3);
	scheduler_advance(&sched, 3 * SECOND - 1);
	cr_expect_eq(irq.level, 0);
	cr_expect_eq(rd(bus, RIS), 0);
	scheduler_advance(&sched, 3 * SECOND);
	cr_expect_eq(irq.level, 1);
	cr_expect_eq(rd(bus, MIS), 1);
	wr(bus, ICR, 1);
	cr_expect_eq(irq.level, 0);
	scheduler_advance(&sched, 1000 * SECOND);
	cr_expect_eq(irq.level, 0, "once only");
}

Test(pl031, masked_match_is_remembered)
{
	wr(bus, MR, EPOCH + 1);
	scheduler_advance(&sched, 2 * SECOND);
	cr_expect_eq(rd(bus, RIS), 1);
	cr_expect_eq(rd(bus, MIS), 0);
	cr_expect_eq(irq.level, 0);
	wr(bus, IMSC, 1);
	cr_expect_eq(irq.level, 1);
}

Test(pl031, match_in_the_past_waits_for_the_wrap)
{
	wr(bus, IMSC, 1);
	wr(bus, MR, EPOCH - 1);
	scheduler_advance(&sched, ((UINT64_C(1) << 32) - 1) * SECOND - 1);
	cr_expect_eq(irq.level, 0);
	scheduler_advance(&sched, ((UINT64_C(1) << 32) - 1) * SECOND);
	cr_expect_eq(irq.level, 1);
}

Test(pl031, moving_the_counter_moves_the_match)
{
	wr(bus, IMSC, 1);
	wr(bus, MR, 500);
	wr(bus, LR, 498);
	scheduler_advance(&sched, 2 * SECOND);
	cr_expect_eq(irq.level, 1);
	wr(bus, ICR, 1);
	wr(bus, LR, 500);
	cr_expect_eq(irq.level, 1, "equal at once");
}

Test(pl031, state_carries_over)
{
	struct scheduler other_sched;
	struct pl031 other = {0};
	struct probe other_irq = {0};
	char why[128];
	wr(bus, IMSC, 1);
	wr(bus, LR, 77);
	wr(bus, MR, 77);
	scheduler_init(&other_sched);
	pl031_init(&other, "rtc", &other_sched, SECOND, EPOCH);
	other.irq = probe_wire(&other_irq);
	device_reset(&other.dev);
	other.s = rtc.s;
	cr_assert(device_loaded(&other.dev, why, sizeof why));
	cr_expect_eq(other_irq.level, 1);
	cr_expect_eq(pl031_ops.read(&other, 0, 4), 77);
	other.s.ris = 2;
	cr_expect_not(device_loaded(&other.dev, why, sizeof why));
	device_reset(&other.dev);
	cr_expect_eq(other_irq.level, 0);
	cr_expect_eq(pl031_ops.read(&other, 0, 4), EPOCH);
	cr_expect_eq(other.match.due, EVENT_NEVER);
}
