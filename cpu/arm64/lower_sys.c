/* Lowering of system instructions that system software uses often. */
#include "cpu/arm64/lower.h"
#include "cpu/arm64/registers.h"
#include "cpu/arm64/sysop.h"
#include "cpu/arm64/sysreg.h"

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

#define DAIF_KEY SYSREG_KEY(3, 3, 4, 2, 1)
#define FPCR_KEY SYSREG_KEY(3, 3, 4, 4, 0)

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
