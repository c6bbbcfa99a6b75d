/* The transport: identity, negotiation, queue set-up, reset. */
#include "tests/device/virtio_driver.h"

#include "devices/virtio_rng.h"

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

TestSuite(virtio_mmio, .init = setup, .fini = teardown);

Test(virtio_mmio, says_what_it_is)
{
	cr_expect_eq(reg(&d, MAGIC_VALUE), 0x74726976);
	cr_expect_eq(reg(&d, VERSION), 2);
	cr_expect_eq(reg(&d, DEVICE_ID), 4);
	cr_expect_eq(reg(&d, CONFIG_GENERATION), 0);
	cr_expect_eq(features(&d), RING_FEATURES);
	set_reg(&d, DEVICE_FEATURES_SEL, 2);
	cr_expect_eq(reg(&d, DEVICE_FEATURES), 0);
}

Test(virtio_mmio, has_no_shared_memory)
{
	for (unsigned i = 0; i < 3; i++) {
		set_reg(&d, SHM_SEL, i);
		cr_expect_eq(reg(&d, SHM_LEN), UINT32_MAX);
		cr_expect_eq(reg(&d, SHM_LEN + 4), UINT32_MAX);
		cr_expect_eq(reg(&d, SHM_BASE), UINT32_MAX);
		cr_expect_eq(reg(&d, SHM_BASE + 4), UINT32_MAX);
	}
}

Test(virtio_mmio, an_empty_slot_has_no_device)
{
	for (unsigned slot = 1; slot < VIRTIO_MMIO_SLOTS; slot++) {
		uint64_t base = SLOT_BASE + slot * VIRTIO_MMIO_SIZE;
		cr_expect_eq(rd(d.m.bus, base + MAGIC_VALUE), 0x74726976);
		cr_expect_eq(rd(d.m.bus, base + VERSION), 2);
		cr_expect_eq(rd(d.m.bus, base + DEVICE_ID), 0);
		wr(d.m.bus, base + STATUS, ACKNOWLEDGE);
		wr(d.m.bus, base + QUEUE_NOTIFY, 0);
		cr_expect_eq(rd(d.m.bus, base + STATUS), 0);
	}
}

Test(virtio_mmio, features_are_negotiated)
{
	cr_expect_eq(negotiate(&d, FEATURE(32)), ACKNOWLEDGE | DRIVER | FEATURES_OK);
	cr_expect_eq(rng.function.accepted, FEATURE(32));
	cr_expect_eq(negotiate(&d, RING_FEATURES), ACKNOWLEDGE | DRIVER | FEATURES_OK);
	/* Not offered; without VERSION_1. */
	cr_expect_eq(negotiate(&d, FEATURE(32) | FEATURE(5)), ACKNOWLEDGE | DRIVER);
	cr_expect_eq(rng.function.accepted, 0);
	cr_expect_eq(negotiate(&d, FEATURE(28)), ACKNOWLEDGE | DRIVER);
	cr_expect_eq(negotiate(&d, 0), ACKNOWLEDGE | DRIVER);
}

Test(virtio_mmio, features_are_frozen_once_accepted)
{
	negotiate(&d, FEATURE(32));
	set_reg(&d, DRIVER_FEATURES_SEL, 0);
	set_reg(&d, DRIVER_FEATURES, 1u << 28);
	cr_expect_eq(d.t.s.driver_features, FEATURE(32));
}

Test(virtio_mmio, only_existing_queues_can_be_set_up)
{
	set_reg(&d, QUEUE_SEL, 0);
	cr_expect_eq(reg(&d, QUEUE_NUM_MAX), VIRTQ_SIZE_MAX);
	const uint32_t wrong[] = {1, 2, 31, UINT32_MAX};
	for (unsigned i = 0; i < 4; i++) {
		set_reg(&d, QUEUE_SEL, wrong[i]);
		cr_expect_eq(reg(&d, QUEUE_NUM_MAX), 0);
		set_reg(&d, QUEUE_NUM, 8);
		set_reg(&d, QUEUE_READY, 1);
		cr_expect_eq(reg(&d, QUEUE_READY), 0);
	}
}

Test(virtio_mmio, a_ready_queue_is_frozen)
{
	bring_up(&d, FEATURE(32), 8);
	cr_expect_eq(reg(&d, QUEUE_READY), 1);
	set_reg(&d, QUEUE_NUM, 16);
	set_reg(&d, QUEUE_DESC, 0x1000);
	cr_expect_eq(d.t.s.queue[0].num, 8);
	cr_expect_eq(d.t.s.queue[0].desc, desc_at(0));
	cr_expect(strstr(d.log, "is ready"));
}

Test(virtio_mmio, reset_clears_everything)
{
	bring_up(&d, RING_FEATURES, 8);
	put_desc(&d, desc_at(0), 0, DATA, 64, WRITE, 0);
	offer(&d, 0, 0);
	notify(&d, 0);
	cr_expect_neq(d.t.done[0].due, EVENT_NEVER);
	set_reg(&d, STATUS, 0);
	cr_expect_eq(reg(&d, STATUS), 0);
	cr_expect_eq(reg(&d, QUEUE_READY), 0);
	cr_expect_eq(d.t.done[0].due, EVENT_NEVER);
	machine_run(&d.m, 1000 * US);
	cr_expect_eq(get16(&d, used_at(0) + 2), 0);
	cr_expect_eq(d.irq.level, 0);
	/* And it can be brought up again. */
	bring_up(&d, RING_FEATURES, 8);
}

Test(virtio_mmio, status_reset_lowers_the_interrupt)
{
	bring_up(&d, FEATURE(32), 8);
	put_desc(&d, desc_at(0), 0, DATA, 64, WRITE, 0);
	offer(&d, 0, 0);
	notify(&d, 0);
	machine_run(&d.m, 1000 * US);
	cr_expect_eq(d.irq.level, 1);
	set_reg(&d, STATUS, 0);
	cr_expect_eq(d.irq.level, 0);
}

Test(virtio_mmio, buffers_offered_before_driver_ok_are_served_after_it)
{
	negotiate(&d, FEATURE(32));
	setup_queue(&d, 0, 8, desc_at(0), avail_at(0), used_at(0));
	put_desc(&d, desc_at(0), 0, DATA, 64, WRITE, 0);
	offer(&d, 0, 0);
	notify(&d, 0);
	cr_expect(strstr(d.log, "before DRIVER_OK"));
	machine_run(&d.m, 1000 * US);
	cr_expect_eq(get16(&d, used_at(0) + 2), 0);
	set_reg(&d, STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
	machine_run(&d.m, 1000 * US);
	cr_expect_eq(get16(&d, used_at(0) + 2), 1);
}

Test(virtio_mmio, odd_accesses_change_nothing)
{
	bring_up(&d, FEATURE(32), 8);
	struct virtio_mmio_state before = d.t.s;
	for (unsigned offset = 0; offset < CONFIG; offset++) {
		bench_write(d.m.bus, SLOT_BASE + offset, 1, 0xff);
		if (offset % 2 == 0)
			bench_write(d.m.bus, SLOT_BASE + offset, 2, 0xffff);
		bench_read(d.m.bus, SLOT_BASE + offset, 1);
	}
	cr_expect_eq(memcmp(&before, &d.t.s, sizeof before), 0);
}

/* What a state file may claim is checked before it is believed. */
Test(virtio_mmio, a_damaged_state_is_refused)
{
	char why[128];
	bring_up(&d, FEATURE(32), 8);
	cr_expect(device_loaded(&d.t.dev, why, sizeof why), "%s", why);
	struct virtio_mmio_state good = d.t.s;
	d.t.s.queue[0].num = 7;
	cr_expect_not(device_loaded(&d.t.dev, why, sizeof why));
	d.t.s = good;
	d.t.s.queue[0].num = 1u << 31;
	cr_expect_not(device_loaded(&d.t.dev, why, sizeof why));
	d.t.s = good;
	d.t.s.queue[0].device = UINT64_MAX - 3;
	cr_expect_not(device_loaded(&d.t.dev, why, sizeof why));
	d.t.s = good;
	d.t.s.queue[1].ready = 1;
	cr_expect_not(device_loaded(&d.t.dev, why, sizeof why));
}
