/* Snapshots taken while requests wait: running on from one ends where the run itself ends. */
#include "tests/device/virtio_driver.h"

#include <sys/mman.h>
#include <unistd.h>

#include "devices/virtio_console.h"
#include "devices/virtio_rng.h"
#include "machine/snapshot.h"

/* A console and an entropy device, each behind its own driver's transport. */
struct side {
	struct driver d;
	struct virtio_rng rng;
	struct virtio_console console;
	struct serial_port port;
};

static void side_init(struct side *s, bool console)
{
	driver_machine(&s->d);
	if (console) {
		serial_init(&s->port, "serial0");
		virtio_console_init(&s->console, "console0");
		virtio_console_connect(&s->console, &s->port);
		driver_attach(&s->d, &s->console.function, &s->console.dev);
		machine_add_port(&s->d.m, &s->port);
	} else {
		virtio_rng_init(&s->rng, "rng0", 99);
		driver_attach(&s->d, &s->rng.function, &s->rng.dev);
	}
}

/* Save `from` and load it into `to`, both at the same tick from then on. */
static void carry_over(struct side *from, struct side *to)
{
	char why[256] = "";
	int fd = memfd_create("state", MFD_CLOEXEC);
	cr_assert(snapshot_save(&from->d.m, fd, why, sizeof why), "%s", why);
	cr_assert(snapshot_load(&to->d.m, fd, why, sizeof why), "%s", why);
	close(fd);
}

static void expect_equal(struct side *a, struct side *b, const char *when)
{
	char text[256];
	cr_assert_not(
	    machine_difference(&a->d.m, &b->d.m, text, sizeof text), "%s: %s", when, text);
	struct state_hash x = machine_hash(&a->d.m), y = machine_hash(&b->d.m);
	cr_assert(x.high == y.high && x.low == y.low, "%s", when);
}

Test(virtio_state, carries_over_at_any_tick)
{
	for (uint64_t ticks = 0; ticks <= 60 * US; ticks += 4999) {
		static struct side a, b;
		side_init(&a, false);
		side_init(&b, false);
		bring_up(&a.d, RING_FEATURES, 8);
		for (unsigned i = 0; i < 4; i++) {
			put_desc(&a.d, desc_at(0), i, DATA + 64 * i, 64, WRITE, 0);
			offer(&a.d, 0, i);
		}
		notify(&a.d, 0);
		machine_run(&a.d.m, ticks);
		carry_over(&a, &b);
		expect_equal(&a, &b, "after loading");
		cr_expect_eq(b.d.irq.level, a.d.irq.level);
		machine_run(&a.d.m, 100 * US);
		machine_run(&b.d.m, 100 * US);
		expect_equal(&a, &b, "after running on");
		cr_expect_eq(get16(&b.d, used_at(0) + 2), 4);
		cr_expect_eq(b.d.irq.level, 1);
		driver_free(&a.d);
		driver_free(&b.d);
	}
}

Test(virtio_state, keeps_what_was_typed)
{
	static struct side a, b;
	side_init(&a, true);
	side_init(&b, true);
	bring_up(&a.d, RING_FEATURES, 8);
	put_desc(&a.d, desc_at(0), 0, DATA, 4, WRITE, 0);
	put_desc(&a.d, desc_at(0), 1, DATA + 4, 4, WRITE, 0);
	offer(&a.d, 0, 0);
	offer(&a.d, 0, 1);
	notify(&a.d, 0);
	machine_run(&a.d.m, 50 * US);
	serial_input(&a.port, (const uint8_t *)"typed", 5);
	machine_run(&a.d.m, 15 * US); /* the first buffer is back, the second on its way */
	cr_expect_eq(get16(&a.d, used_at(0) + 2), 1);
	carry_over(&a, &b);
	machine_run(&a.d.m, 100 * US);
	machine_run(&b.d.m, 100 * US);
	expect_equal(&a, &b, "after running on");
	cr_expect_eq(memcmp(at(&b.d, DATA), "typed", 5), 0);
	driver_free(&a.d);
	driver_free(&b.d);
}
