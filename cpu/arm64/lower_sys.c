/* Lowering of system instructions that system software uses often. */
#include "cpu/arm64/lower.h"
#include "cpu/arm64/registers.h"
#include "cpu/arm64/sysop.h"
#include "cpu/arm64/sysreg.h"
#include "cpu/arm64/timer.h"

#define RT            FIELD_OF(4, 0)
#define KEY           ((uint16_t)FIELD_OF(20, 5))
#define STATE(member) ((uint32_t)offsetof(struct arm64, s.member))

#define NO_EFFECT(name)      \
	LOWER(name)          \
	{                    \
		return true; \
	}
NO_EFFECT(hint)
NO_EFFECT(dsb)
NO_EFFECT(dmb)

/* What follows is fetched anew. */
LOWER(isb)
{
	ir_leave(l->b, l->pc + 4);
	return l->ended = true;
}

/* The offset of a register that is nothing but a slot here, or 0. */
static uint32_t plain_slot(const struct lower *l, uint16_t key, bool write)
{
	if (key == SYSREG_KEY(3, 3, 13, 0, 2))
		return STATE(tpidr_el0);
	if (l->c->s.el == 0)
		return !write && key == SYSREG_KEY(3, 3, 13, 0, 3) ? STATE(tpidrro_el0) : 0;
	if (key == SYSREG_KEY(3, 0, 4, 1, 0))
		return l->c->s.spsel ? STATE(sp_el[0]) : 0;
	const struct sysreg *r = sysreg_find(key);
	if (!r || !(r->access & (write ? SYSREG_WRITE : SYSREG_READ)) ||
	    r->offset == SYSREG_NO_FIELD)
		return 0;
	return (uint32_t)offsetof(struct arm64, s) + r->offset;
}

#define DAIF_KEY   SYSREG_KEY(3, 3, 4, 2, 1)
#define FPCR_KEY   SYSREG_KEY(3, 3, 4, 4, 0)
#define CNTPCT_KEY SYSREG_KEY(3, 3, 14, 0, 1)
#define CNTVCT_KEY SYSREG_KEY(3, 3, 14, 0, 2)

/* CNTVCT_EL0 and CNTPCT_EL0 of a single CPU: time is the instructions it has executed, a count of
 * the counter a power of two of them (machine_now(), clock_cycles()). */
static bool read_counter_here(struct lower *l, uint32_t w)
{
	const struct cpu *cpu = &l->c->cpu;
	const struct clock_ratio r = l->c->counter;
	const uint64_t ticks = r.tick_hz / r.hz;
	if (cpu->machine->cpu_count != 1 || cpu->ticks_per_insn != 1 || ticks * r.hz != r.tick_hz ||
	    ticks & (ticks - 1))
		return false;
	if (!l->c->s.el) { /* or it is trapped */
		ir_ref allowed = ir_get(l->b, IR_I64, STATE(cntkctl_el1));
		ir_append(l->b, IR_REFUSE, IR_I64, ir_unary(l->b, IR_NOT, IR_I64, allowed), 0, 0, 0,
		    KEY == CNTPCT_KEY ? CNTKCTL_EL0PCTEN : CNTKCTL_EL0VCTEN);
	}
	ir_ref left = ir_append(l->b, IR_BUDGET, IR_I64, 0, 0, 0, 0, 0);
	ir_ref ahead = ir_get(l->b, IR_I64, (uint32_t)offsetof(struct arm64, cpu.ahead));
	ir_ref slice = ir_get(l->b, IR_I64, (uint32_t)offsetof(struct arm64, cpu.slice));
	ir_ref held = ir_get(l->b, IR_I64, (uint32_t)offsetof(struct arm64, cpu.held));
	ir_ref end = ir_binary(l->b, IR_ADD, IR_I64, ahead, slice);
	left = ir_binary(l->b, IR_ADD, IR_I64, left, held);
	left = ir_binary(l->b, IR_ADD, IR_I64, left, ir_const(l->b, 1));
	ir_ref now = ir_binary(l->b, IR_SUB, IR_I64, end, left);
	lower_set_x(l, RT,
	    ir_binary(l->b, IR_SHR, IR_I64, now, ir_const(l->b, (uint64_t)__builtin_ctzll(ticks))));
	return true;
}

LOWER(mrs)
{
	uint32_t slot = plain_slot(l, KEY, false);
	if (slot) {
		lower_set_x(l, RT, ir_get(l->b, IR_I64, slot));
		return true;
	}
	if (KEY == FPCR_KEY && !l->c->fp_trapped) { /* blocks are translated for one FPCR */
		lower_set_x(l, RT, ir_const(l->b, l->c->s.fpcr));
		return true;
	}
	if (KEY == CNTVCT_KEY || KEY == CNTPCT_KEY)
		return read_counter_here(l, w);
	if (KEY != DAIF_KEY || !l->c->s.el)
		return false;
	ir_ref daif = ir_get(l->b, IR_I64, STATE(daif));
	lower_set_x(l, RT, ir_binary(l->b, IR_SHL, IR_I64, daif, ir_const(l->b, 6)));
	return true;
}

/* Interrupts and software steps that this instruction may let in are the interpreter's business. */
static void refuse_pending(struct lower *l)
{
	ir_ref lines = ir_get(l->b, IR_I64, STATE(irq)); /* and fiq in the upper half */
	ir_ref fiq = ir_binary(l->b, IR_SHR, IR_I64, lines, ir_const(l->b, 32));
	ir_ref step = ir_get(l->b, IR_I64, STATE(mdscr_el1));
	ir_ref any = ir_binary(l->b, IR_OR, IR_I64, lines, fiq);
	ir_append(
	    l->b, IR_REFUSE, IR_I64, ir_binary(l->b, IR_OR, IR_I64, any, step), 0, 0, 0, MDSCR_SS);
}
_Static_assert(MDSCR_SS == 1, "one bit is tested for all three");
_Static_assert(offsetof(struct arm64_state, fiq) == offsetof(struct arm64_state, irq) + 4,
    "both lines are read at once");

LOWER(msr_reg)
{
	uint32_t slot = plain_slot(l, KEY, true);
	if (slot) {
		ir_set(l->b, slot, lower_x(l, RT));
		return true;
	}
	if (KEY != DAIF_KEY || !l->c->s.el)
		return false;
	refuse_pending(l);
	ir_ref v = ir_binary(l->b, IR_SHR, IR_I64, lower_x(l, RT), ir_const(l->b, 6));
	ir_set(l->b, STATE(daif), ir_binary(l->b, IR_AND, IR_I64, v, ir_const(l->b, 15)));
	return true;
}

static bool change_daif(struct lower *l, enum ir_op op, uint64_t operand)
{
	if (!l->c->s.el)
		return false;
	ir_ref daif = ir_get(l->b, IR_I64, STATE(daif));
	ir_set(l->b, STATE(daif), ir_binary(l->b, op, IR_I64, daif, ir_const(l->b, operand)));
	return true;
}

LOWER(msr_daifset)
{
	return change_daif(l, IR_OR, FIELD_OF(11, 8));
}

LOWER(msr_daifclr)
{
	if (l->c->s.el)
		refuse_pending(l);
	return change_daif(l, IR_AND, 15 & ~FIELD_OF(11, 8));
}

/* DC ZVA; the other operations are calls.  At EL0 it may be trapped. */
LOWER(sys)
{
	if (KEY != SYSREG_KEY(1, 3, 7, 4, 1))
		return false;
	if (!l->c->s.el) {
		ir_ref sctlr = ir_get(l->b, IR_I64, STATE(sctlr_el1));
		ir_append(l->b, IR_REFUSE, IR_I64, ir_unary(l->b, IR_NOT, IR_I64, sctlr), 0, 0, 0,
		    SCTLR_DZE);
	}
	ir_ref mask = ir_const(l->b, ~(uint64_t)(ZVA_BLOCK - 1)), zero = ir_const(l->b, 0);
	ir_ref at = ir_binary(l->b, IR_AND, IR_I64, lower_x(l, RT), mask);
	ir_ref host = ir_probe(l->b, 6, true, at, 0);
	for (int32_t k = 0; k < ZVA_BLOCK; k += 8)
		ir_store_host(l->b, 3, host, k, zero);
	return true;
}
