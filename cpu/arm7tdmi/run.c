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

/* The pipeline while instructions run: in registers, copied to the state for whoever looks. */
struct pipeline {
	uint32_t opcode[2], address;
};

static inline struct pipeline pipeline_of(const struct arm7tdmi *c)
{
	return (struct pipeline){{c->s.pipe[0], c->s.pipe[1]}, c->s.r[15]};
}

/* Move it on by one instruction, which is returned. */
static inline uint32_t advance(struct arm7tdmi *c, struct pipeline *p, int64_t *left, bool word)
{
	uint32_t w = p->opcode[0];
	p->address += word ? 4 : 2;
	c->s.r[15] = p->address;
	p->opcode[0] = p->opcode[1];
	p->opcode[1] = fetch(c, left, p->address, word);
	c->s.pipe[0] = p->opcode[0];
	c->s.pipe[1] = p->opcode[1];
	return w;
}

/* Both loops run until the budget is used up or the state changes, which needs a jump. */
static void run_arm(struct arm7tdmi *c, arm7_exec_fn *const *exec)
{
	struct pipeline p = pipeline_of(c);
	int64_t left = c->cpu.budget;
	c->jumped = false;
	do {
		uint32_t w = advance(c, &p, &left, true);
		if (w >> 28 != ALWAYS && !condition(c, w >> 28))
			continue;
		left = exec[arm7_arm_index(w)](c, left, w);
		if (!c->jumped)
			continue;
		if (c->thumb)
			break;
		c->jumped = false;
		p = pipeline_of(c);
	} while (left > 0);
	c->cpu.budget = left;
}

/* The halfword is masked: a loaded state may hold anything. */
static void run_thumb(struct arm7tdmi *c, arm7_exec_fn *const *exec)
{
	struct pipeline p = pipeline_of(c);
	int64_t left = c->cpu.budget;
	c->jumped = false;
	do {
		uint32_t w = advance(c, &p, &left, false) & 0xffff;
		left = exec[arm7_thumb_index(w)](c, left, w);
		if (!c->jumped)
			continue;
		if (!c->thumb)
			break;
		c->jumped = false;
		p = pipeline_of(c);
	} while (left > 0);
	c->cpu.budget = left;
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
	struct pipeline p = pipeline_of(c);
	advance(c, &p, &c->cpu.budget, !c->thumb);
	exception(c, &c->cpu.budget, mode, vector, c->thumb ? c->s.r[15] : c->s.r[15] - 4);
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
			branch(c, &c->cpu.budget, c->s.r[15]);
			continue;
		}
		look_at_interrupts(c);
		execute(c);
	}
	c->s.cpsr = arm7tdmi_cpsr(c);
}
