/* Exception entry and return between EL0 and EL1. */
#include "cpu/arm64/exception.h"

#include "cpu/arm64/exec.h"
#include "cpu/arm64/mmu.h"
#include "cpu/arm64/registers.h"

static bool fp_is_trapped(const struct arm64_state *s)
{
	unsigned fpen = s->cpacr_el1 >> 20 & 3;
	return fpen == 0 || fpen == 2 || (fpen == 1 && s->el == 0);
}

void mode_changed(struct arm64 *c)
{
	c->context = mmu_context(&c->s);
	c->fp_trapped = fp_is_trapped(&c->s);
	if (c->s.irq | c->s.fiq | c->s.il | (c->s.mdscr_el1 & MDSCR_SS))
		cpu_kick(&c->cpu);
}

/* The stack pointer in use lives in x[32]; sp_el[] holds the other. */
static unsigned sp_bank(const struct arm64_state *s)
{
	return s->el && s->spsel;
}

static void switch_mode(struct arm64 *c, unsigned el, unsigned spsel)
{
	struct arm64_state *s = &c->s;
	s->sp_el[sp_bank(s)] = s->x[32];
	s->el = el;
	s->spsel = spsel;
	s->x[32] = s->sp_el[sp_bank(s)];
}

void pstate_set_spsel(struct arm64 *c, unsigned spsel)
{
	switch_mode(c, c->s.el, spsel);
}

uint64_t pstate_get(const struct arm64_state *s)
{
	return (uint64_t)s->nzcv << 28 | (uint64_t)s->uao << 23 | (uint64_t)s->pan << 22 |
	       (uint64_t)s->ss << 21 | (uint64_t)s->il << 20 | s->daif << 6 | s->el << 2 |
	       (s->el ? s->spsel : 0);
}

void take_exception(struct arm64 *c, enum vector vector, uint64_t return_pc)
{
	struct arm64_state *s = &c->s;
	uint64_t base = s->vbar_el1 + (uint64_t)vector;
	base += s->el == 0 ? 0x400 : s->spsel ? 0x200 : 0;
	s->spsr_el1 = pstate_get(s);
	s->elr_el1 = return_pc;
	switch_mode(c, 1, 1);
	s->daif = DAIF_D | DAIF_A | DAIF_I | DAIF_F;
	s->il = s->ss = s->uao = 0;
	if (!(s->sctlr_el1 & SCTLR_SPAN))
		s->pan = 1;
	s->pc = base;
	mode_changed(c);
}

void take_sync(struct arm64 *c, enum exception_class ec, uint32_t iss, uint64_t return_pc)
{
	c->s.esr_el1 = (uint64_t)ec << 26 | ESR_IL | iss;
	take_exception(c, VECTOR_SYNC, return_pc);
}

const struct insn *exception_at(
    struct arm64 *c, const struct insn *i, enum exception_class ec, uint32_t iss)
{
	take_sync(c, ec, iss, arm64_pc_of(c, i));
	return FAULT;
}

const struct insn *undefined(struct arm64 *c, const struct insn *i)
{
	return exception_at(c, i, EC_UNKNOWN, 0);
}

const struct insn *fp_trap(struct arm64 *c, const struct insn *i);
const struct insn *fp_trap(struct arm64 *c, const struct insn *i)
{
	return exception_at(c, i, EC_FP_ACCESS, 1u << 24 | 0xeu << 20); /* CV, COND = always */
}

const struct insn *data_abort(
    struct arm64 *c, const struct insn *i, uint64_t va, uint8_t fsc, bool write)
{
	enum exception_class ec = EC_DATA_ABORT + (c->s.el != 0);
	c->s.far_el1 = va;
	return exception_at(c, i, ec, (uint32_t)write << 6 | fsc);
}

const struct insn *watchpoint(struct arm64 *c, const struct insn *i, uint64_t va, bool write)
{
	enum exception_class ec = EC_WATCHPOINT + (c->s.el != 0);
	c->s.far_el1 = va;
	return exception_at(c, i, ec, (uint32_t)write << 6 | FSC_DEBUG);
}

const struct insn *sp_alignment_fault(struct arm64 *c, const struct insn *i)
{
	return exception_at(c, i, EC_SP_ALIGNMENT, 0);
}

/* A return is illegal to AArch32, to an EL above this one or unimplemented, and to EL0 with SP_EL1.
 */
static bool legal_return(const struct arm64_state *s)
{
	unsigned mode = s->spsr_el1 & 0x1f;
	return s->el == 1 && (mode == 0 || mode == 4 || mode == 5);
}

void exception_return(struct arm64 *c)
{
	struct arm64_state *s = &c->s;
	uint64_t spsr = s->spsr_el1;
	bool legal = legal_return(s);
	bool stepping = s->mdscr_el1 & MDSCR_SS;
	s->nzcv = spsr >> 28 & 15;
	s->daif = spsr >> 6 & 15;
	s->uao = spsr >> 23 & 1;
	s->pan = spsr >> 22 & 1;
	s->ss = stepping ? spsr >> 21 & 1 : 0;
	s->il = (spsr >> 20 & 1) | !legal;
	s->pc = s->elr_el1;
	if (legal)
		switch_mode(c, spsr >> 2 & 3, spsr & 1);
	s->excl_addr = EXCL_NONE;
	mode_changed(c);
}
