#include "tests/insn/arm7_bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint8_t *arm7_bench_host(struct arm7_bench *b, uint32_t address)
{
	return b->ram[address >> 24 & 1] + (address & (ARM7_BENCH_RAM - 1));
}

uint32_t arm7_bench_word(struct arm7_bench *b, uint32_t address)
{
	uint32_t v;
	memcpy(&v, arm7_bench_host(b, address & ~3u), 4);
	return v;
}

void arm7_bench_set_word(struct arm7_bench *b, uint32_t address, uint32_t v)
{
	memcpy(arm7_bench_host(b, address & ~3u), &v, 4);
}

/* One cycle of the trace, and the time it takes. */
static void cycle(struct arm7_bench *b, unsigned access, char what)
{
	arm7tdmi_pass(&b->cpu, b->wait);
	if (!b->tracing)
		return;
	int n = snprintf(b->trace + b->traced, sizeof b->trace - b->traced, "%s%c%c%s",
	    b->traced ? " " : "", "NSM"[access & ARM7_KIND], what, access & ARM7_LOCK ? "L" : "");
	b->traced += (unsigned)n;
	if (b->traced >= sizeof b->trace)
		abort();
}

static uint32_t access_read(
    struct arm7_bench *b, uint32_t address, unsigned size, unsigned access, char what)
{
	uint32_t v = 0;
	cycle(b, access, what);
	if (b->each)
		b->each(b, address);
	memcpy(&v, arm7_bench_host(b, address & ~(size - 1)), size);
	return v;
}

static void access_write(
    struct arm7_bench *b, uint32_t address, unsigned size, uint32_t v, unsigned access)
{
	cycle(b, access, 'w');
	if (b->each)
		b->each(b, address);
	memcpy(arm7_bench_host(b, address & ~(size - 1)), &v, size);
}

#define READ(name, size, what)                                               \
	static uint32_t name(void *owner, uint32_t address, unsigned access) \
	{                                                                    \
		return access_read(owner, address, size, access, what);      \
	}
READ(read8, 1, 'r')
READ(read16, 2, 'r')
READ(read32, 4, 'r')
READ(fetch16, 2, 'c')
READ(fetch32, 4, 'c')

#define WRITE(name, size)                                                                \
	static void name(void *owner, uint32_t address, uint32_t value, unsigned access) \
	{                                                                                \
		access_write(owner, address, size, value, access);                       \
	}
WRITE(write8, 1)
WRITE(write16, 2)
WRITE(write32, 4)

static void idle(void *owner, unsigned cycles)
{
	struct arm7_bench *b = owner;
	arm7tdmi_pass(&b->cpu, cycles);
	for (; b->tracing && cycles; cycles--)
		b->traced +=
		    (unsigned)snprintf(b->trace + b->traced, sizeof b->trace - b->traced, " I");
}

static void open_windows(struct arm7_bench *b)
{
	for (unsigned k = 0; k < 2; k++) {
		struct arm7tdmi_window w = {
		    .host = b->ram[k], .mask = ARM7_BENCH_RAM - 1, .size = ARM7_BENCH_RAM};
		memset(w.cycles, 1, sizeof w.cycles);
		b->cpu.windows->fetch[k] = b->cpu.windows->read[k] = b->cpu.windows->write[k] = w;
	}
}

static void destroy(struct machine *m)
{
	struct arm7_bench *b = (struct arm7_bench *)m;
	arm7tdmi_free(&b->cpu);
	free(b);
}

static void fire(void *owner)
{
	struct arm7_bench *b = owner;
	if (b->fire)
		b->fire(b);
}

struct arm7_bench *arm7_bench_new(bool tracing)
{
	struct arm7_bench *b = calloc(1, sizeof *b);
	if (!b)
		abort();
	machine_init(&b->m, "arm7-bench", 16777216);
	b->m.destroy = destroy;
	b->m.bus = bus_new(32);
	for (unsigned k = 0; b->m.bus && k < 2; k++)
		b->ram[k] =
		    machine_add_ram(&b->m, k ? "data" : "ram", k * ARM7_BENCH_DATA, ARM7_BENCH_RAM);
	if (!b->ram[1] || !arm7tdmi_init(&b->cpu, &b->m, "cpu"))
		abort();
	b->cpu.bus = (struct arm7tdmi_bus){b, read8, read16, read32, write8, write16, write32,
	    fetch16, fetch32, tracing ? idle : NULL, NULL};
	b->tracing = tracing;
	b->wait = 1;
	if (!tracing)
		open_windows(b);
	machine_add_cpu(&b->m, &b->cpu.cpu);
	event_init(&b->event, &b->m.sched, "event", fire, b);
	machine_reset(&b->m);
	return b;
}

void arm7_bench_free(struct arm7_bench *b)
{
	machine_free(&b->m);
}

uint64_t arm7_bench_step(struct arm7_bench *b)
{
	uint64_t before = machine_now(&b->m);
	machine_run(&b->m, 1);
	return machine_now(&b->m) - before;
}

void arm7_bench_start(struct arm7_bench *b, uint32_t pc, uint32_t cpsr)
{
	arm7tdmi_jump(&b->cpu, pc, cpsr);
	arm7_bench_step(b);
	b->traced = 0;
	b->trace[0] = 0;
}
