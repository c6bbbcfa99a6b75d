/* The CPU as a device: its register table, start, reset, load, and its lines. */
#include "cpu/arm7tdmi/arm7tdmi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/arm7tdmi/access.h"
#include "cpu/arm7tdmi/psr.h"
#include "cpu/arm7tdmi/run.h"
#include "cpu/arm7tdmi/table.h"

/* Cycles by which a slice may end late: an instruction, with all the DMA that steals its bus. */
#define OVERRUN (UINT64_C(1) << 24)

/* Two registers synchronise an interrupt line with the clock (DDI 0210, 2.8.4, ISYNC low). */
#define SYNCHRONISER 2

#define R(member, value) FIELD(struct arm7tdmi_state, member, value)
#define RA(member)       FIELD_ARRAY(struct arm7tdmi_state, member, 0)

static const struct field fields[] = {
    RA(r),
    R(cpsr, PSR_I | PSR_F | ARM7_SVC),
    RA(pipe),
    R(fetch, ARM7_NONSEQ),
    RA(usr),
    RA(fiq),
    RA(svc),
    RA(abt),
    RA(irq),
    RA(und),
    RA(spsr),
    R(masked, PSR_I | PSR_F),
    R(halted, 0),
    R(refill, 1),
    R(irq_level, 0),
    R(fiq_level, 0),
    RA(reserved),
    R(irq_since, 0),
    R(fiq_since, 0),
};

/* What is kept beside the registers while running. */
static void rebuild(struct arm7tdmi *c)
{
	psr_set_flags(c, c->s.cpsr);
	c->thumb = c->s.cpsr >> 5 & 1;
	arm7tdmi_windows_changed(c);
}

static void reset(struct device *d)
{
	rebuild((struct arm7tdmi *)d);
}

/* Values that index or are compared must be in range whatever a state file says. */
static bool loaded(struct device *d, char *why, size_t size)
{
	struct arm7tdmi *c = (struct arm7tdmi *)d;
	struct arm7tdmi_state *s = &c->s;
	uint32_t align = s->cpsr & PSR_T ? 1 : 3;
	if (s->fetch >= ARM7_KINDS || s->halted > 1 || s->refill > 1 || s->irq_level > 1 ||
	    s->fiq_level > 1 || s->masked & ~(uint32_t)(PSR_I | PSR_F) ||
	    s->cpsr & ~(uint32_t)PSR_ALL || !(s->cpsr & 0x10) || s->r[15] & align) {
		snprintf(why, size, "%s: CPSR, r15 or an input line is out of range", d->tag);
		return false;
	}
	rebuild(c);
	return true;
}

const struct device_type arm7tdmi_type = {
    .name = "arm7tdmi",
    .description = "ARM7TDMI CPU, ARMv4T, with its bus cycles (DDI 0210)",
    .table = STATE_TABLE(struct arm7tdmi_state, fields),
    .reset = reset,
    .loaded = loaded,
};

static const struct cpu_type cpu_type = {.run = arm7tdmi_run, .waiting = arm7tdmi_waiting};

bool arm7tdmi_init(struct arm7tdmi *c, struct machine *m, const char *tag)
{
	memset(c, 0, sizeof *c);
	arm7_tables(); /* built before anything runs */
	device_init(&c->cpu.dev, &arm7tdmi_type, tag, &c->s);
	c->cpu.type = &cpu_type;
	c->cpu.machine = m;
	c->cpu.ticks_per_insn = 1;
	c->cpu.overrun = OVERRUN;
	c->sync = SYNCHRONISER;
	c->windows = calloc(1, sizeof *c->windows);
	return c->windows != NULL;
}

void arm7tdmi_free(struct arm7tdmi *c)
{
	free(c->windows);
	c->windows = NULL;
}

void arm7tdmi_jump(struct arm7tdmi *c, uint32_t pc, uint32_t cpsr)
{
	psr_write(c, cpsr, false);
	c->thumb = cpsr >> 5 & 1;
	c->s.cpsr = arm7tdmi_cpsr(c);
	c->s.r[15] = pc & ~(c->thumb ? 1u : 3u);
	c->s.refill = 1;
}

uint32_t arm7tdmi_pc(const struct arm7tdmi *c)
{
	uint32_t size = c->thumb ? 2 : 4;
	return c->s.refill ? c->s.r[15] : c->s.r[15] - (c->cpu.machine->running ? 2 : 1) * size;
}

static void line(struct arm7tdmi *c, uint8_t *level, uint64_t *since, int to)
{
	if (*level == (to != 0))
		return;
	*level = to != 0;
	*since = machine_now(c->cpu.machine);
	if (to)
		cpu_kick(&c->cpu);
}

void arm7tdmi_irq_line(void *owner, unsigned number, int level)
{
	struct arm7tdmi *c = owner;
	line(c, &c->s.irq_level, &c->s.irq_since, level);
}

void arm7tdmi_fiq_line(void *owner, unsigned number, int level)
{
	struct arm7tdmi *c = owner;
	line(c, &c->s.fiq_level, &c->s.fiq_since, level);
}

void arm7tdmi_halt(struct arm7tdmi *c)
{
	c->s.halted = 1;
	cpu_kick(&c->cpu);
}

void arm7tdmi_wake(struct arm7tdmi *c)
{
	c->s.halted = 0;
}

void arm7tdmi_request(struct arm7tdmi *c)
{
	c->requested = true;
	cpu_kick(&c->cpu);
}
