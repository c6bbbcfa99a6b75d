/* What a machine needs of a CPU.
 *
 * A CPU runs a number of instructions and stops early only when it waits for an interrupt, is
 * switched off, or is kicked.  `budget` is the one word where CPU and clock meet: the CPU counts
 * it down, and whoever needs the CPU's attention moves it to `held` (cpu_kick) or makes it
 * smaller (cpu_cut).
 *
 * What is counted is up to the CPU (`overrun`).  Instructions: each is taken from the budget as it
 * begins, so a slice ends exactly.  Cycles: each is taken as it passes, also in the middle of an
 * instruction; one that is under way when the budget reaches zero is finished, and budget + held
 * is then negative.  Everything below that speaks of instructions then means cycles.
 */
#ifndef MYNA_MACHINE_CPU_H
#define MYNA_MACHINE_CPU_H

#include "machine/device.h"

struct machine;
struct cpu;

struct cpu_type {
	/* Run until budget and held are used up or the CPU waits.  Returns nothing: what is left
	 * in budget + held was not executed.  Input lines may have changed since the last slice,
	 * so it looks at them first.  Where a slice ends must not show in the registers. */
	void (*run)(struct cpu *c);
	/* True while the CPU can execute nothing until a wire or event wakes it.  Changes nothing:
	 * how often it is asked depends on how a run is cut. */
	bool (*waiting)(struct cpu *c);
};

struct cpu {
	struct device dev; /* registers are a state table */
	const struct cpu_type *type;
	struct machine *machine;
	unsigned index;
	uint64_t ticks_per_insn;
	/* 0: instructions are counted.  Else cycles are, and a slice may end late by so many. */
	uint64_t overrun;
	uint64_t slice;   /* instructions granted for the running slice */
	uint64_t ahead;   /* local time: tick up to which this CPU has run */
	uint64_t retired; /* instructions executed since power-on; saved by the machine */
	int64_t held;     /* instructions left after the attention that ends the budget */
	int64_t budget;   /* instructions left before attention is due; last, near the registers */
};

/* Instructions finished in this slice, not counting the one in progress; all cycles passed. */
static inline uint64_t cpu_done(const struct cpu *c)
{
	int64_t left = c->budget + c->held + !c->overrun;
	return (int64_t)c->slice > left ? c->slice - (uint64_t)left : 0;
}

/* Make the CPU look at its interrupt lines and mode after the current instruction. */
static inline void cpu_kick(struct cpu *c)
{
	c->held += c->budget;
	c->budget = 0;
}

/* Let the CPU execute at most `left` instructions more in this slice, not counting the one in
 * progress. */
static inline void cpu_cut(struct cpu *c, int64_t left)
{
	int64_t had = c->budget + c->held;

	if (left >= had)
		return;
	c->slice -= (uint64_t)(had - left);
	if (c->budget > left)
		c->budget = left;
	c->held = left - c->budget;
}

#endif
