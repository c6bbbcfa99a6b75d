/* The CPU as a device: its register table, start, reset, load. */
#include "cpu/arm64/arm64.h"

#include <stdlib.h>
#include <string.h>

#include "cpu/arm64/engine.h"
#include "cpu/arm64/exception.h"
#include "cpu/arm64/lockstep.h"
#include "cpu/arm64/mmu.h"
#include "cpu/arm64/registers.h"
#include "cpu/fp/fp.h"
#include "cpu/arm64/run.h"
#include "cpu/arm64/table.h"
#include "cpu/arm64/timer.h"

#define R(member, value) FIELD(struct arm64_state, member, value)
#define RA(member)       FIELD_ARRAY(struct arm64_state, member, 0)

static const struct field fields[] = {
    RA(x),
    R(pc, 0),
    RA(sp_el),
    RA(v),
    R(elr_el1, 0),
    R(spsr_el1, 0),
    R(esr_el1, 0),
    R(far_el1, 0),
    R(vbar_el1, 0),
    R(sctlr_el1, SCTLR_RES1),
    R(actlr_el1, 0),
    R(cpacr_el1, 0),
    R(ttbr0_el1, 0),
    R(ttbr1_el1, 0),
    R(tcr_el1, 0),
    R(mair_el1, 0),
    R(amair_el1, 0),
    R(contextidr_el1, 0),
    R(par_el1, 0),
    R(tpidr_el0, 0),
    R(tpidrro_el0, 0),
    R(tpidr_el1, 0),
    R(afsr0_el1, 0),
    R(afsr1_el1, 0),
    R(csselr_el1, 0),
    R(cntkctl_el1, 0),
    R(cntv_cval, 0),
    R(cntp_cval, 0),
    R(mdscr_el1, 0),
    R(oslar, 1),
    R(osdlr, 0),
    R(dbgclaim, 0),
    R(mdccint, 0),
    RA(dbgbvr),
    RA(dbgbcr),
    RA(dbgwvr),
    RA(dbgwcr),
    R(disr_el1, 0),
    R(pmcr, 0),
    R(pmcnten, 0),
    R(pmovs, 0),
    R(pmselr, 0),
    R(pmccfiltr, 0),
    R(pmuserenr, 0),
    R(pminten, 0),
    R(pmccntr, 0),
    R(pmccntr_time, 0),
    R(excl_addr, EXCL_NONE),
    RA(excl_val),
    R(excl_size, 0),
    R(daif, 15),
    R(nzcv, 0),
    R(el, 1),
    R(spsel, 1),
    R(pan, 0),
    R(uao, 0),
    R(il, 0),
    R(ss, 0),
    R(fpcr, 0),
    R(fpsr, 0),
    R(cntv_ctl, 0),
    R(cntp_ctl, 0),
    R(irq, 0),
    R(fiq, 0),
    R(waiting, 0),
    R(powered, 0),
    R(reserved, 0),
};

/* Everything derived from the registers, after reset or load. */
static void rebuild(struct arm64 *c)
{
	c->s.x[31] = 0;
	tlb_flush_all(c);
	mode_changed(c);
}

/* Memory may hold something else as well. */
static void rebuild_all(struct arm64 *c)
{
	if (c->engine)
		engine_forget_code(c->engine);
	rebuild(c);
}

static void reset(struct device *d)
{
	rebuild_all((struct arm64 *)d);
	timer_update((struct arm64 *)d);
}

/* Values that index or are compared must be in range whatever a state file says. */
static bool loaded(struct device *d, char *why, size_t size)
{
	struct arm64 *c = (struct arm64 *)d;
	struct arm64_state *s = &c->s;
	if (s->nzcv > 15 || s->daif > 15 || s->el > 1 || s->spsel > 1 || s->pan > 1 || s->uao > 1 ||
	    s->il > 1 || s->ss > 1 || s->irq > 1 || s->fiq > 1 || s->waiting > 1 ||
	    s->powered > 1) {
		snprintf(why, size, "%s: PSTATE or an input line is out of range", d->tag);
		return false;
	}
	s->fpcr &= FPCR_MASK;
	s->fpsr &= FPSR_MASK;
	rebuild_all(c); /* timers: their events and the lines they drive are in the file */
	return true;
}

const struct device_type arm64_type = {
    .name = "arm64",
    .description = "Armv8.2-A CPU, A64 at EL0 and EL1 (DDI 0487)",
    .table = STATE_TABLE(struct arm64_state, fields),
    .reset = reset,
    .loaded = loaded,
};

static const struct cpu_type cpu_type = {.run = arm64_run, .waiting = arm64_waiting};

bool arm64_init(struct arm64 *c, struct machine *m, unsigned index, const char *tag)
{
	memset(c, 0, sizeof *c);
	arm64_decoder(); /* build the table before anything runs */
	device_init(&c->cpu.dev, &arm64_type, tag, &c->s);
	c->cpu.type = &cpu_type;
	c->cpu.machine = m;
	c->cpu.index = index;
	c->cpu.ticks_per_insn = 1;
	c->execute = arm64_interpret;
	c->mpidr = UINT64_C(1) << 31 | index;
	c->counter = (struct clock_ratio){.hz = ARM64_CNTFRQ, .tick_hz = m->tick_hz};
	c->cache = index ? ((struct arm64 *)m->cpus[0])->cache : code_cache_new();
	if (!c->cache)
		return false;
	timer_init(c);
	return true;
}

void arm64_free(struct arm64 *c)
{
	lockstep_free(c->lockstep);
	if (c->cpu.index == 0) {
		engine_free(c->engine);
		code_cache_free(c->cache);
	}
	c->cache = NULL;
}

void arm64_power_on(struct arm64 *c, uint64_t pc, uint64_t context)
{
	state_reset(&arm64_type.table, &c->s);
	c->s.pc = pc;
	c->s.x[0] = context;
	c->s.powered = 1;
	rebuild(c);
	timer_update(c);
}

void arm64_irq_line(void *owner, unsigned number, int level)
{
	struct arm64 *c = owner;
	c->s.irq = level != 0;
	if (level)
		cpu_kick(&c->cpu);
}

void arm64_fiq_line(void *owner, unsigned number, int level)
{
	struct arm64 *c = owner;
	c->s.fiq = level != 0;
	if (level)
		cpu_kick(&c->cpu);
}
