/* Entropy device: bytes that depend on the seed and on nothing else. */
#include "tests/device/virtio_driver.h"

#include "devices/virtio_rng.h"

static struct driver d;
static struct virtio_rng rng;

static void start(uint64_t seed)
{
	driver_machine(&d);
	virtio_rng_init(&rng, "rng0", seed);
	driver_attach(&d, &rng.function, &rng.dev);
	bring_up(&d, RING_FEATURES, 8);
}

static uint32_t ask(uint64_t addr, uint32_t n)
{
	uint32_t head, len;
	put_desc(&d, desc_at(0), 0, addr, n, WRITE, 0);
	offer(&d, 0, 0);
	notify(&d, 0);
	machine_run(&d.m, 20 * US);
	cr_assert(take_used(&d, 0, &head, &len));
	return len;
}

/* The first outputs of SplitMix64 from 1234567, as published with its reference code. */
Test(virtio_rng, is_the_published_generator)
{
	const uint64_t expected[] = {UINT64_C(6457827717110365317), UINT64_C(3203168211198807973),
	    UINT64_C(9817491932198370423), UINT64_C(4593380528125082431),
	    UINT64_C(16408922859458223821)};
	start(1234567);
	cr_expect_eq(ask(DATA, sizeof expected), sizeof expected);
	cr_expect_eq(memcmp(at(&d, DATA), expected, sizeof expected), 0);
	driver_free(&d);
}

Test(virtio_rng, goes_on_where_it_was_and_starts_over_at_power_on)
{
	start(7);
	ask(DATA, 64);
	ask(DATA + 64, 64);
	cr_expect_neq(memcmp(at(&d, DATA), at(&d, DATA + 64), 64), 0);
	/* A reset by the driver does not repeat anything. */
	bring_up(&d, RING_FEATURES, 8);
	ask(DATA + 128, 64);
	cr_expect_neq(memcmp(at(&d, DATA), at(&d, DATA + 128), 64), 0);
	machine_reset(&d.m);
	bring_up(&d, RING_FEATURES, 8);
	ask(DATA + 128, 64);
	cr_expect_eq(memcmp(at(&d, DATA), at(&d, DATA + 128), 64), 0);
	driver_free(&d);
}

Test(virtio_rng, a_large_buffer_is_filled_in_part)
{
	start(7);
	cr_expect_eq(ask(DATA, 0x10000), 4096);
	cr_expect_eq(ask(DATA, 3), 3);
	driver_free(&d);
}
