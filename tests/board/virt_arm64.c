/* The virt board without media: every configuration is built and runs our own program to its end,
 * the same under all engines, alone and beside another machine. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/boards/virt_arm64.h"
#include "machine/machine.h"
#include "machine/snapshot.h"

#define MIB      (UINT64_C(1) << 20)
#define LIMIT    UINT64_C(1000000000) /* ticks: several times what the program needs */
#define SAID_MAX 256

static unsigned char kernel[65536];

struct guest {
	struct machine *machine;
	char said[SAID_MAX];
	size_t count;
};

static void sink(void *owner, const uint8_t *bytes, size_t n)
{
	struct guest *g = owner;
	for (size_t k = 0; k < n && g->count + 1 < SAID_MAX; k++)
		g->said[g->count++] = (char)bytes[k];
}

static struct board_config config(unsigned smp, unsigned gic, enum engine_kind engine)
{
	FILE *file = fopen(getenv("HELLO"), "rb");
	cr_assert(file, "HELLO must name roms/arm64/hello.bin");
	size_t n = fread(kernel, 1, sizeof kernel, file);
	fclose(file);
	return (struct board_config){.memory = 64 * MIB,
	    .smp = smp,
	    .gic_version = gic,
	    .engine = {.kind = engine},
	    .kernel = kernel,
	    .kernel_size = n};
}

static struct guest start(struct board_config k)
{
	char why[200] = "";
	struct guest g = {.machine = virt_arm64_new(&k, why, sizeof why)};
	cr_assert(g.machine, "%s", why);
	return g;
}

static void attach(struct guest *g)
{
	g->machine->ports[0]->sink = sink;
	g->machine->ports[0]->sink_owner = g;
}

static struct state_hash finish(struct guest *g)
{
	cr_assert_eq(machine_run(g->machine, LIMIT), STOP_POWER_OFF);
	cr_assert(strstr(g->said, "Hello"), "the program said '%s'", g->said);
	struct state_hash h = machine_hash(g->machine);
	machine_free(g->machine);
	return h;
}

static struct state_hash run_alone(struct board_config k)
{
	struct guest g = start(k);
	attach(&g);
	return finish(&g);
}

static bool same(struct state_hash a, struct state_hash b)
{
	return a.high == b.high && a.low == b.low;
}

Test(virt, every_configuration_runs_the_same_on_all_engines)
{
	for (unsigned smp = 1; smp <= 8; smp++) {
		for (unsigned gic = 2; gic <= 3; gic++) {
			struct state_hash a = run_alone(config(smp, gic, ENGINE_INTERP));
			struct state_hash b = run_alone(config(smp, gic, ENGINE_JIT));
			struct state_hash c = run_alone(config(smp, gic, ENGINE_EVAL));
			cr_expect(same(a, b) && same(a, c), "smp %u, GICv%u", smp, gic);
		}
	}
}

Test(virt, configurations_differ)
{
	cr_expect(
	    !same(run_alone(config(1, 3, ENGINE_INTERP)), run_alone(config(2, 3, ENGINE_INTERP))));
	cr_expect(
	    !same(run_alone(config(1, 3, ENGINE_INTERP)), run_alone(config(1, 2, ENGINE_INTERP))));
}

Test(virt, two_machines_run_in_one_process)
{
	struct guest a = start(config(1, 3, ENGINE_INTERP));
	struct guest b = start(config(1, 3, ENGINE_JIT));
	attach(&a);
	attach(&b);
	for (unsigned k = 0; k < 20; k++) {
		machine_run(a.machine, 7);
		machine_run(b.machine, 13);
	}
	struct state_hash first = finish(&a), second = finish(&b);
	cr_expect(same(first, second));
	cr_expect(same(first, run_alone(config(1, 3, ENGINE_INTERP))));
}

/* Pin 3 of the GPIO is the key; it stays down for a tenth of a second. */
Test(virt, power_key_is_pressed_and_released)
{
	struct board_config k = config(1, 3, ENGINE_INTERP);
	static const uint32_t forever[] = {0x14000000}; /* b . */
	k.kernel = forever;
	k.kernel_size = sizeof forever;
	struct machine *m = start(k).machine;
	struct device *gpio = machine_device(m, "gpio");
	const struct field *in = state_field(&gpio->type->table, "in");
	cr_expect_eq(state_get(in, gpio->state, 0), 0);
	m->power_key(m);
	cr_expect_eq(state_get(in, gpio->state, 0), 1 << 3);
	machine_run(m, 99000000);
	cr_expect_eq(state_get(in, gpio->state, 0), 1 << 3);
	machine_run(m, 2000000);
	cr_expect_eq(state_get(in, gpio->state, 0), 0);
	machine_free(m);
}

Test(virt, impossible_configurations_are_refused_with_the_option)
{
	static const struct {
		uint64_t memory;
		unsigned smp, gic;
		const char *option;
	} bad[] = {{15 * MIB, 1, 3, "--memory"}, {64 * MIB + 1, 1, 3, "--memory"},
	    {128 * 1024 * MIB, 1, 3, "--memory"}, {64 * MIB, 0, 3, "--smp"},
	    {64 * MIB, 9, 3, "--smp"}, {64 * MIB, 1, 4, "--gic-version"}};
	for (size_t n = 0; n < sizeof bad / sizeof bad[0]; n++) {
		char why[200] = "";
		struct board_config k = config(bad[n].smp, bad[n].gic, ENGINE_INTERP);
		k.memory = bad[n].memory;
		cr_expect_null(virt_arm64_new(&k, why, sizeof why));
		cr_expect(strstr(why, bad[n].option), "'%s'", why);
	}
}
