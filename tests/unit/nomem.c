/* Memory that runs short: each allocation of the bus and of saving, packing and loading fails once.
 *
 * The linker sends the allocations of the code under test here (--wrap).  A failure must come back
 * as a refusal, and a machine that was being loaded must be as after a reset. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "machine/snapshot.h"
#include "tests/unit/fake.h"

void *__real_malloc(size_t n);
void *__real_calloc(size_t count, size_t n);
void *__real_realloc(void *old, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t count, size_t n);
void *__wrap_realloc(void *old, size_t n);

static unsigned countdown; /* 1: the next allocation fails; 0: none does */

static bool fails(void)
{
	if (!countdown || --countdown)
		return false;
	errno = ENOMEM;
	return true;
}

void *__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t count, size_t n)
{
	return fails() ? NULL : __real_calloc(count, n);
}

void *__wrap_realloc(void *old, size_t n)
{
	return fails() ? NULL : __real_realloc(old, n);
}

static uint64_t nothing_read(void *owner, uint64_t offset, unsigned size)
{
	return 0;
}

static void nothing_write(void *owner, uint64_t offset, uint64_t value, unsigned size)
{
}

static const struct bus_ops nothing = {nothing_read, nothing_write, nothing_read, 4, 4};

static bool bus_built(void)
{
	static uint8_t ram[BUS_PAGE_SIZE + 8];
	struct bus *b = bus_new(40);
	bool good = b && bus_map_memory(b, "ram", 0x1000, BUS_PAGE_SIZE, ram, false);

	for (unsigned i = 0; good && i < 8; i++)
		good = bus_map_mmio(b, "slot", 0xa000000 + i * 0x200, 0x200, &nothing, NULL);
	bus_free(b);
	return good;
}

Test(nomem, building_a_bus)
{
	unsigned n = 0;

	do
		countdown = ++n;
	while (!bus_built());
	countdown = 0;
	cr_assert_gt(n, 20);
}

static struct fake *f, *g;
static int raw, packed;

/* What can be done with a state; false if it was refused. */
static bool save(char *why, size_t size)
{
	return snapshot_save(&f->m, raw, why, size);
}

static bool pack(char *why, size_t size)
{
	return snapshot_pack(raw, packed, why, size);
}

static bool unpack(char *why, size_t size)
{
	int fd = memfd_create("unpacked", 0);
	bool good = snapshot_unpack(packed, fd, why, size);

	close(fd);
	return good;
}

static bool load(char *why, size_t size)
{
	return snapshot_load(&g->m, raw, why, size);
}

static bool load_packed(char *why, size_t size)
{
	return snapshot_load(&g->m, packed, why, size);
}

static bool verify(char *why, size_t size)
{
	return snapshot_verify(packed, why, size);
}

/* Let the first, the second, ... allocation fail, until none is left to fail. */
static void check(bool (*act)(char *why, size_t size), unsigned at_least)
{
	char why[256];
	unsigned n = 0;

	for (bool good = false; !good;) {
		why[0] = 0;
		countdown = ++n;
		good = act(why, sizeof why);
		countdown = 0;
		cr_assert(good || why[0], "no reason given");
		if (!good && (act == load || act == load_packed)) {
			cr_assert_eq(g->timer[0].s.fired, 0);
			cr_assert_eq(g->m.sched.next, EVENT_NEVER);
		}
	}
	cr_assert_gt(n, at_least, "%u", n);
}

Test(nomem, saving_packing_loading)
{
	char text[256];

	f = fake_new(2, 3, 1, FAKE_ALL);
	g = fake_new(2, 3, 2, FAKE_ALL);
	raw = memfd_create("raw", 0);
	packed = memfd_create("packed", 0);
	machine_run(&f->m, 5000);
	machine_run(&g->m, 3000);
	check(save, 2);
	check(load, 10);
	cr_assert_not(machine_difference(&f->m, &g->m, text, sizeof text), "%s", text);
	check(pack, 20);
	check(verify, 10);
	check(unpack, 20);
	machine_run(&g->m, 3000);
	check(load_packed, 10);
	cr_assert_not(machine_difference(&f->m, &g->m, text, sizeof text), "%s", text);
	close(raw);
	close(packed);
	fake_free(f);
	fake_free(g);
}
