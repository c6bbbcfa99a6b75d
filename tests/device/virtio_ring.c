/* Rings: what a driver may do with them, and what a hostile one tries. */
#include "tests/device/virtio_driver.h"

#include "devices/virtio_rng.h"

#define INDIRECT_TABLE (DATA + 0x10000)

static struct driver d;
static struct virtio_rng rng;

static void setup(void)
{
	driver_machine(&d);
	virtio_rng_init(&rng, "rng0", 1);
	driver_attach(&d, &rng.function, &rng.dev);
}

static void teardown(void)
{
	driver_free(&d);
}

TestSuite(virtio_ring, .init = setup, .fini = teardown);

/* --- as it should be ---------------------------------------------------------------------- */

Test(virtio_ring, a_buffer_comes_back_after_its_latency)
{
	uint32_t head, len;
	bring_up(&d, FEATURE(32), 8);
	put_desc(&d, desc_at(0), 3, DATA, 64, WRITE, 0);
	offer(&d, 0, 3);
	notify(&d, 0);
	machine_run(&d.m, 10 * US - 1);
	cr_expect_not(take_used(&d, 0, &head, &len));
	cr_expect_eq(d.irq.level, 0);
	machine_run(&d.m, 2);
	cr_assert(take_used(&d, 0, &head, &len));
	cr_expect_eq(head, 3);
	cr_expect_eq(len, 64);
	cr_expect_eq(d.irq.level, 1);
	cr_expect_eq(reg(&d, INTERRUPT_STATUS), 1);
	set_reg(&d, INTERRUPT_ACK, 1);
	cr_expect_eq(d.irq.level, 0);
}

Test(virtio_ring, indexes_wrap)
{
	uint32_t head, len;
	bring_up(&d, FEATURE(32), 4);
	for (unsigned i = 0; i < 70000; i++) {
		put_desc(&d, desc_at(0), i % 4, DATA, 8, WRITE, 0);
		offer(&d, 0, i % 4);
		notify(&d, 0);
		machine_run(&d.m, 11 * US);
		cr_assert(take_used(&d, 0, &head, &len), "chain %u", i);
		cr_assert_eq(head, i % 4);
	}
	cr_expect_eq(reg(&d, STATUS) & NEEDS_RESET, 0);
}

Test(virtio_ring, one_notification_serves_all_that_is_offered)
{
	uint32_t head, len;
	bring_up(&d, FEATURE(32), 8);
	for (unsigned i = 0; i < 8; i++) {
		put_desc(&d, desc_at(0), i, DATA + 64 * i, 64, WRITE, 0);
		offer(&d, 0, i);
	}
	notify(&d, 0);
	machine_run(&d.m, 45 * US);
	for (unsigned i = 0; i < 4; i++) {
		cr_assert(take_used(&d, 0, &head, &len));
		cr_expect_eq(head, i);
	}
	cr_expect_not(take_used(&d, 0, &head, &len));
	machine_run(&d.m, 100 * US);
	for (unsigned i = 4; i < 8; i++)
		cr_expect(take_used(&d, 0, &head, &len));
}

Test(virtio_ring, chains_and_indirect_tables_are_walked)
{
	uint32_t head, len;
	bring_up(&d, RING_FEATURES, 8);
	/* A direct descriptor followed by an indirect table of two. */
	put_desc(&d, desc_at(0), 0, DATA, 16, WRITE | NEXT, 5);
	put_desc(&d, desc_at(0), 5, INDIRECT_TABLE, 32, INDIRECT, 0);
	put_desc(&d, INDIRECT_TABLE, 0, DATA + 0x100, 16, WRITE | NEXT, 1);
	put_desc(&d, INDIRECT_TABLE, 1, DATA + 0x200, 16, WRITE, 0);
	memset(at(&d, DATA), 0, 0x300);
	offer(&d, 0, 0);
	notify(&d, 0);
	machine_run(&d.m, 20 * US);
	cr_assert(take_used(&d, 0, &head, &len));
	cr_expect_eq(len, 48);
	for (unsigned i = 0; i < 3; i++) {
		cr_expect_neq(get32(&d, DATA + 0x100 * i + 12), 0);
		cr_expect_eq(get32(&d, DATA + 0x100 * i + 16), 0);
	}
}

Test(virtio_ring, a_driver_can_ask_for_no_interrupt)
{
	bring_up(&d, FEATURE(32), 8);
	put16(&d, avail_at(0), 1);
	put_desc(&d, desc_at(0), 0, DATA, 8, WRITE, 0);
	offer(&d, 0, 0);
	notify(&d, 0);
	machine_run(&d.m, 20 * US);
	cr_expect_eq(get16(&d, used_at(0) + 2), 1);
	cr_expect_eq(d.irq.level, 0);
}

Test(virtio_ring, event_indexes_choose_the_interrupt)
{
	bring_up(&d, RING_FEATURES, 8);
	put16(&d, avail_at(0) + 4 + 2 * 8, 2); /* after the third */
	for (unsigned i = 0; i < 4; i++) {
		put_desc(&d, desc_at(0), i, DATA, 8, WRITE, 0);
		offer(&d, 0, i);
		notify(&d, 0);
		machine_run(&d.m, 20 * US);
		cr_expect_eq(d.irq.rises, i >= 2, "chain %u", i);
		cr_expect_eq(get16(&d, used_at(0) + 4 + 8 * 8), i + 1);
	}
}

Test(virtio_ring, a_chain_may_be_as_long_as_the_largest_queue)
{
	uint32_t head, len;
	bring_up(&d, RING_FEATURES, 256);
	for (unsigned i = 0; i < 256; i++)
		put_desc(&d, desc_at(0), i, DATA + 8 * i, 8, WRITE | (i < 255 ? NEXT : 0), i + 1);
	offer(&d, 0, 0);
	notify(&d, 0);
	machine_run(&d.m, 20 * US);
	cr_assert(take_used(&d, 0, &head, &len));
	cr_expect_eq(len, 2048);
}

/* --- as it should not be ------------------------------------------------------------------ */

/* The device must be broken, say so to the driver and in the log, and do nothing more. */
static void expect_broken(const char *what, const char *reason)
{
	machine_run(&d.m, 1000 * US);
	cr_expect(reg(&d, STATUS) & NEEDS_RESET, "%s: still working", what);
	cr_expect(strstr(d.log, reason), "%s: logged '%s'", what, d.log);
	cr_expect_eq(reg(&d, INTERRUPT_STATUS) & 2, 2, "%s", what);
	cr_expect_eq(get16(&d, used_at(0) + 2), 0, "%s: a chain was returned", what);
	uint64_t count = d.m.log.count;
	notify(&d, 0);
	machine_run(&d.m, 1000 * US);
	cr_expect_eq(d.m.log.count, count, "%s: goes on", what);
	d.log[0] = 0;
}

struct bad_chain {
	const char *what, *reason;
	struct {
		uint64_t addr;
		uint32_t len;
		uint16_t flags, next;
	} desc[3];
};

static const struct bad_chain bad_chains[] = {
    {"self loop", "loop", {{DATA, 8, WRITE | NEXT, 0}}},
    {"loop of two", "loop", {{DATA, 8, WRITE | NEXT, 1}, {DATA, 8, WRITE | NEXT, 0}}},
    {"empty loop", "loop", {{DATA, 0, NEXT, 0}}},
    {"next past the table", "past its table", {{DATA, 8, WRITE | NEXT, 8}}},
    {"below RAM", "outside RAM", {{RAM_BASE - 1, 8, WRITE}}},
    {"at zero", "outside RAM", {{0, 8, WRITE}}},
    {"past RAM", "outside RAM", {{RAM_BASE + RAM_SIZE - 4, 8, WRITE}}},
    {"wraps around", "outside RAM", {{UINT64_MAX - 3, 8, WRITE}}},
    {"huge", "outside RAM", {{RAM_BASE, UINT32_MAX, WRITE}}},
    {"registers of the device itself", "outside RAM", {{SLOT_BASE + QUEUE_NOTIFY, 4, WRITE}}},
    {"unmapped but in the bus", "outside RAM", {{UINT64_C(1) << 39, 8, WRITE}}},
    {"readable after writable", "readable", {{DATA, 8, WRITE | NEXT, 1}, {DATA, 8, 0}}},
    {"nothing to write to", "does not understand", {{DATA, 8, 0}}},
    {"empty", "does not understand", {{DATA, 0, WRITE}}},
    {"indirect of no length", "wrong length", {{INDIRECT_TABLE, 0, INDIRECT}}},
    {"indirect of odd length", "wrong length", {{INDIRECT_TABLE, 24, INDIRECT}}},
    {"indirect too long", "wrong length", {{INDIRECT_TABLE, 16 * 257, INDIRECT}}},
    {"indirect table outside RAM", "table outside RAM", {{64, 16, INDIRECT}}},
    {"indirect table in registers", "table outside RAM", {{SLOT_BASE, 16, INDIRECT}}},
    {"indirect table across the end of RAM", "table outside RAM",
	{{RAM_BASE + RAM_SIZE - 8, 16, INDIRECT}}},
    {"indirect that continues", "also continues", {{INDIRECT_TABLE, 16, INDIRECT | NEXT, 1}}},
    /* The table is the queue's own: its first descriptor is indirect again. */
    {"indirect in indirect", "inside an indirect", {{RAM_BASE, 16, INDIRECT}}},
};

Test(virtio_ring, bad_chains_break_the_device)
{
	for (unsigned i = 0; i < sizeof bad_chains / sizeof bad_chains[0]; i++) {
		const struct bad_chain *b = &bad_chains[i];
		bring_up(&d, RING_FEATURES, 8);
		for (unsigned n = 0; n < 3; n++)
			put_desc(&d, desc_at(0), n, b->desc[n].addr, b->desc[n].len,
			    b->desc[n].flags, b->desc[n].next);
		offer(&d, 0, 0);
		notify(&d, 0);
		expect_broken(b->what, b->reason);
	}
	/* After all that a reset makes it whole again. */
	bring_up(&d, RING_FEATURES, 8);
	put_desc(&d, desc_at(0), 0, DATA, 8, WRITE, 0);
	offer(&d, 0, 0);
	notify(&d, 0);
	machine_run(&d.m, 20 * US);
	cr_expect_eq(get16(&d, used_at(0) + 2), 1);
}

Test(virtio_ring, indirect_needs_its_feature)
{
	bring_up(&d, FEATURE(32), 8);
	put_desc(&d, desc_at(0), 0, INDIRECT_TABLE, 16, INDIRECT, 0);
	put_desc(&d, INDIRECT_TABLE, 0, DATA, 8, WRITE, 0);
	offer(&d, 0, 0);
	notify(&d, 0);
	expect_broken("indirect", "without the feature");
}

Test(virtio_ring, a_chain_longer_than_the_largest_queue_breaks_the_device)
{
	bring_up(&d, RING_FEATURES, 8);
	put_desc(&d, desc_at(0), 0, DATA, 8, WRITE | NEXT, 1);
	put_desc(&d, desc_at(0), 1, INDIRECT_TABLE, 16 * 256, INDIRECT, 0);
	for (unsigned i = 0; i < 256; i++)
		put_desc(&d, INDIRECT_TABLE, i, DATA, 8, WRITE | (i < 255 ? NEXT : 0), i + 1);
	offer(&d, 0, 0);
	notify(&d, 0);
	expect_broken("long chain", "too many descriptors");
}

Test(virtio_ring, a_head_past_the_table_breaks_the_device)
{
	bring_up(&d, FEATURE(32), 8);
	offer(&d, 0, 8);
	notify(&d, 0);
	expect_broken("head", "past its table");
}

Test(virtio_ring, a_jump_of_the_index_breaks_the_device)
{
	const uint16_t jumps[] = {9, 0x7fff, 0x8000, 0xffff};
	for (unsigned i = 0; i < 4; i++) {
		bring_up(&d, FEATURE(32), 8);
		put16(&d, avail_at(0) + 2, jumps[i]);
		notify(&d, 0);
		expect_broken("jump", "jumped");
	}
}

Test(virtio_ring, an_index_that_moves_between_notice_and_service_breaks_the_device)
{
	bring_up(&d, FEATURE(32), 8);
	put_desc(&d, desc_at(0), 0, DATA, 8, WRITE, 0);
	offer(&d, 0, 0);
	notify(&d, 0);
	put16(&d, avail_at(0) + 2, 0x4000);
	expect_broken("moving index", "jumped");
}

Test(virtio_ring, bad_queues_break_the_device)
{
	const struct {
		uint32_t num;
		uint64_t desc, avail, used;
	} bad[] = {
	    {0, desc_at(0), avail_at(0), used_at(0)},
	    {3, desc_at(0), avail_at(0), used_at(0)},
	    {512, desc_at(0), avail_at(0), used_at(0)},
	    {0x10008, desc_at(0), avail_at(0), used_at(0)},
	    {8, desc_at(0) + 8, avail_at(0), used_at(0)},
	    {8, desc_at(0), avail_at(0) + 1, used_at(0)},
	    {8, desc_at(0), avail_at(0), used_at(0) + 2},
	    {8, 0, avail_at(0), used_at(0)},
	    {8, RAM_BASE + RAM_SIZE - 64, avail_at(0), used_at(0)},
	    {8, desc_at(0), SLOT_BASE, used_at(0)},
	    {8, desc_at(0), avail_at(0), RAM_BASE + RAM_SIZE - 4},
	    {8, desc_at(0), avail_at(0), UINT64_MAX - 3},
	};
	for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		negotiate(&d, FEATURE(32));
		setup_queue(&d, 0, bad[i].num, bad[i].desc, bad[i].avail, bad[i].used);
		cr_expect_eq(reg(&d, QUEUE_READY), 0, "row %u", i);
		cr_expect(reg(&d, STATUS) & NEEDS_RESET, "row %u", i);
	}
}

Test(virtio_ring, notifications_of_no_queue_break_the_device)
{
	const uint32_t wrong[] = {1, 2, 0x10000, UINT32_MAX};
	for (unsigned i = 0; i < 4; i++) {
		bring_up(&d, FEATURE(32), 8);
		notify(&d, wrong[i]);
		expect_broken("notify", "not ready");
	}
	negotiate(&d, FEATURE(32));
	notify(&d, 0);
	cr_expect(reg(&d, STATUS) & NEEDS_RESET);
}

Test(virtio_ring, a_queue_made_ready_too_early_breaks_the_device)
{
	set_reg(&d, STATUS, 0);
	set_reg(&d, STATUS, ACKNOWLEDGE | DRIVER);
	setup_queue(&d, 0, 8, desc_at(0), avail_at(0), used_at(0));
	cr_expect(reg(&d, STATUS) & NEEDS_RESET);
	cr_expect(strstr(d.log, "before FEATURES_OK"));
}

/* Data written over the rings themselves: whatever happens, time goes on and nothing crashes. */
Test(virtio_ring, buffers_that_lie_in_the_rings)
{
	const uint64_t targets[] = {desc_at(0), avail_at(0), used_at(0)};
	for (unsigned i = 0; i < 3; i++) {
		bring_up(&d, RING_FEATURES, 8);
		put_desc(&d, desc_at(0), 0, targets[i], 4096, WRITE, 0);
		for (unsigned n = 0; n < 8; n++)
			offer(&d, 0, 0);
		notify(&d, 0);
		uint64_t before = machine_now(&d.m);
		machine_run(&d.m, 5000 * US);
		cr_expect_eq(machine_now(&d.m), before + 5000 * US);
	}
}
