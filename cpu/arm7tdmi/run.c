/* The interpreter's loop: every instruction begins with the fetch of a later one.
 *
 * An opcode is read when the hardware reads it and kept in the pipeline until it is executed, so
 * code that changes itself behaves as on the hardware without any bookkeeping; one load from a
 * table of functions finds what it does. */
#include "cpu/arm7tdmi/run.h"

#include "cpu/arm7tdmi/access.h"
#include "cpu/arm7tdmi/psr.h"
#include "cpu/arm7tdmi/table.h"

#define ALWAYS 14

/* Move the pipeline on by one instruction, which is returned. */
static inline uint32_t advance(struct arm7tdmi *c, bool word)
{
	uint32_t w = c->s.pipe[0];
	uint32_t address = c->s.r[15] + (word ? 4 : 2);
	c->s.r[15] = address;
	c->s.pipe[0] = c->s.pipe[1];
	c->s.pipe[1] = fetch(c, address, word);
	return w;
}

static void run_arm(struct arm7tdmi *c, arm7_exec_fn *const *exec)
{
	do {
		uint32_t w = advance(c, true);
		if (w >> 28 == ALWAYS || condition(c, w >> 28))
			exec[arm7_arm_index(w)](c, w);
	} while (c->cpu.budget > 0 && !c->thumb);
}

/* The halfword is masked: a loaded state may hold anything. */
static void run_thumb(struct arm7tdmi *c, arm7_exec_fn *const *exec)
{
	do {
		uint32_t w = advance(c, false) & 0xffff;
		exec[arm7_thumb_index(w)](c, w);
	} while (c->cpu.budget > 0 && c->thumb);
}

static void execute(struct arm7tdmi *c)
{
	const struct arm7_tables *t = arm7_tables();
	while (c->cpu.budget > 0) {
		if (c->thumb)
			run_thumb(c, t->thumb_exec);
		else
			run_arm(c, t->arm_exec);
	}
}

/* Have the CPU's attention after `cycles`. */
static void limit(struct cpu *cpu, int64_t cycles)
{
	if (cpu->budget <= cycles)
		return;
	cpu->held += cpu->budget - cycles;
	cpu->budget = cycles;
}

/* The instruction that is next is fetched on, but not executed; r14 becomes its address + 4. */
static void take_interrupt(struct arm7tdmi *c, enum arm7_mode mode, enum arm7_vector vector)
{
	advance(c, !c->thumb);
	exception(c, mode, vector, c->thumb ? c->s.r[15] : c->s.r[15] - 4);
}

/* Cycles until a line has been high for long enough; 0: it has. */
static int64_t recognised_in(const struct arm7tdmi *c, uint64_t since)
{
	uint64_t now = machine_now(c->cpu.machine);
	return since + c->sync > now ? (int64_t)(since + c->sync - now) : 0;
}

static void look_at_interrupts(struct arm7tdmi *c)
{
	if (c->s.fiq_level && !(c->s.masked & PSR_F)) {
		int64_t wait = recognised_in(c, c->s.fiq_since);
		if (!wait) {
			take_interrupt(c, ARM7_FIQ, VECTOR_FIQ);
			return;
		}
		limit(&c->cpu, wait);
	}
	if (c->s.irq_level && !(c->s.masked & PSR_I)) {
		int64_t wait = recognised_in(c, c->s.irq_since);
		if (!wait) {
			take_interrupt(c, ARM7_IRQ, VECTOR_IRQ);
			return;
		}
		limit(&c->cpu, wait);
	}
	uint32_t masks = c->s.cpsr & (PSR_I | PSR_F);
	if (c->s.masked != masks) { /* from the next instruction on */
		c->s.masked = masks;
		limit(&c->cpu, 1);
	}
}

/* All that is left. */
static void gather(struct cpu *cpu)
{
	cpu->budget += cpu->held;
	cpu->held = 0;
}

bool arm7tdmi_waiting(struct cpu *cpu)
{
	const struct arm7tdmi *c = (const struct arm7tdmi *)cpu;
	return c->s.halted && !c->requested;
}

void arm7tdmi_run(struct cpu *cpu)
{
	struct arm7tdmi *c = (struct arm7tdmi *)cpu;
	while (cpu->budget + cpu->held > 0) {
		gather(cpu);
		if (c->requested) {
			arm7_attend(c);
			continue;
		}
		if (c->s.halted)
			break;
		if (c->s.refill) {
			c->s.refill = 0;
			branch(c, c->s.r[15]);
			continue;
		}
		look_at_interrupts(c);
		execute(c);
	}
	c->s.cpsr = arm7tdmi_cpsr(c);
}
