/* The cycle counter.  Its overflow is noticed when a register is touched; no interrupt is raised
 * at the overflow itself. */
#include "cpu/arm64/pmu.h"

#define PMCR_E        1u /* enable */
#define PMCR_C        4u /* write one: reset the cycle counter */
#define PMCR_LC       (1u << 6)
#define PMCR_KEPT     (PMCR_E | 1u << 3 | 1u << 4 | 1u << 5 | PMCR_LC) /* E D X DP LC */
#define CYCLE_BIT     (UINT64_C(1) << 31)
#define SELECT_CYCLES 31
#define FILTER_MASK   UINT64_C(0xf8000000)
#define USEREN_EN     1u

enum el0_access el0_pmu(const struct arm64 *c, bool write)
{
	return c->s.pmuserenr & USEREN_EN ? EL0_ALLOWED : EL0_TRAPPED;
}

static uint64_t retired(const struct arm64 *c)
{
	return c->cpu.retired + cpu_done(&c->cpu);
}

/* Add what has been executed since the last look. */
static void bring_up_to_date(struct arm64 *c)
{
	uint64_t now = retired(c), before = c->s.pmccntr;
	if (c->s.pmcr & PMCR_E && c->s.pmcnten & CYCLE_BIT)
		c->s.pmccntr += now - c->s.pmccntr_time;
	c->s.pmccntr_time = now;
	bool wrapped =
	    c->s.pmcr & PMCR_LC ? c->s.pmccntr < before : (c->s.pmccntr >> 32) != (before >> 32);
	if (wrapped)
		c->s.pmovs |= CYCLE_BIT;
}

uint64_t read_pmcr(struct arm64 *c)
{
	return c->s.pmcr;
}

bool write_pmcr(struct arm64 *c, const struct insn *i, uint64_t value)
{
	bring_up_to_date(c);
	if (value & PMCR_C)
		c->s.pmccntr = 0;
	c->s.pmcr = value & PMCR_KEPT;
	return true;
}

uint64_t read_pmcnten(struct arm64 *c)
{
	return c->s.pmcnten;
}

bool write_pmcntenset(struct arm64 *c, const struct insn *i, uint64_t value)
{
	bring_up_to_date(c);
	c->s.pmcnten |= value & CYCLE_BIT;
	return true;
}

bool write_pmcntenclr(struct arm64 *c, const struct insn *i, uint64_t value)
{
	bring_up_to_date(c);
	c->s.pmcnten &= ~(value & CYCLE_BIT);
	return true;
}

uint64_t read_pmovs(struct arm64 *c)
{
	bring_up_to_date(c);
	return c->s.pmovs;
}

bool write_pmovsclr(struct arm64 *c, const struct insn *i, uint64_t value)
{
	bring_up_to_date(c);
	c->s.pmovs &= ~value;
	return true;
}

bool write_pmovsset(struct arm64 *c, const struct insn *i, uint64_t value)
{
	bring_up_to_date(c);
	c->s.pmovs |= value & CYCLE_BIT;
	return true;
}

uint64_t read_pmccntr(struct arm64 *c)
{
	bring_up_to_date(c);
	return c->s.pmccntr;
}

bool write_pmccntr(struct arm64 *c, const struct insn *i, uint64_t value)
{
	bring_up_to_date(c);
	c->s.pmccntr = value;
	return true;
}

/* With no event counters only the cycle counter's filter can be selected. */
uint64_t read_pmxevtyper(struct arm64 *c)
{
	return (c->s.pmselr & 31) == SELECT_CYCLES ? c->s.pmccfiltr : 0;
}

bool write_pmxevtyper(struct arm64 *c, const struct insn *i, uint64_t value)
{
	if ((c->s.pmselr & 31) == SELECT_CYCLES)
		c->s.pmccfiltr = value & FILTER_MASK;
	return true;
}

uint64_t read_pminten(struct arm64 *c)
{
	return c->s.pminten;
}

bool write_pmintenset(struct arm64 *c, const struct insn *i, uint64_t value)
{
	c->s.pminten |= value & CYCLE_BIT;
	return true;
}

bool write_pmintenclr(struct arm64 *c, const struct insn *i, uint64_t value)
{
	c->s.pminten &= ~value;
	return true;
}
