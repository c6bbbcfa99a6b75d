/* Exception generation, PSTATE, hints, barriers, MRS and MSR. */
#include "cpu/arm64/exception.h"
#include "cpu/arm64/exec.h"
#include "cpu/arm64/registers.h"
#include "cpu/arm64/sysreg.h"

#define RT    BITS(i->w, 4, 0)
#define IMM16 BITS(i->w, 20, 5)

EXEC(udf)
{
	return undefined(c, i);
}

EXEC(svc)
{
	take_sync(c, EC_SVC64, IMM16, arm64_pc_of(c, i) + 4);
	return NULL;
}

/* HVC and SMC reach the board's firmware services; without them both are undefined here. */
static const struct insn *firmware_call(struct arm64 *c, const struct insn *i, bool smc)
{
	if (c->s.el == 0 || !c->call || !c->call(c->call_owner, c, smc))
		return undefined(c, i);
	c->s.pc = arm64_pc_of(c, i) + 4;
	return NULL;
}

EXEC(hvc)
{
	return firmware_call(c, i, false);
}

EXEC(smc)
{
	return firmware_call(c, i, true);
}

EXEC(brk)
{
	return exception_at(c, i, EC_BRK, IMM16);
}

/* Halting debug is not implemented. */
EXEC(hlt)
{
	return undefined(c, i);
}

EXEC(eret)
{
	if (c->s.el == 0)
		return undefined(c, i);
	exception_return(c);
	return NULL;
}

/* --- PSTATE --- */

#define CRM BITS(i->w, 11, 8)

EXEC(msr_uao)
{
	if (c->s.el == 0)
		return undefined(c, i);
	c->s.uao = CRM & 1;
	return NEXT;
}

EXEC(msr_pan)
{
	if (c->s.el == 0)
		return undefined(c, i);
	c->s.pan = CRM & 1;
	mode_changed(c);
	return NEXT;
}

EXEC(msr_spsel)
{
	if (c->s.el == 0)
		return undefined(c, i);
	pstate_set_spsel(c, CRM & 1);
	return NEXT;
}

/* ISS of a trapped MSR, MRS or system instruction: its fields, and direction 1 for reads. */
static const struct insn *trap_system(struct arm64 *c, const struct insn *i)
{
	uint32_t iss = BITS(i->w, 20, 19) << 20 | BITS(i->w, 7, 5) << 17 |
		       BITS(i->w, 18, 16) << 14 | BITS(i->w, 15, 12) << 10 | RT << 5 | CRM << 1 |
		       BIT(i->w, 21);
	return exception_at(c, i, EC_SYSTEM, iss);
}

static const struct insn *change_daif(struct arm64 *c, const struct insn *i, uint64_t daif)
{
	if (c->s.el == 0 && !(c->s.sctlr_el1 & SCTLR_UMA))
		return trap_system(c, i);
	c->s.daif = daif;
	mode_changed(c);
	return NEXT;
}

EXEC(msr_daifset)
{
	return change_daif(c, i, c->s.daif | CRM);
}

EXEC(msr_daifclr)
{
	return change_daif(c, i, c->s.daif & ~CRM);
}

/* --- Hints and barriers --- */

EXEC(hint)
{
	return NEXT;
}

static bool wait_trapped(const struct arm64 *c, uint64_t sctlr_bit)
{
	return c->s.el == 0 && !(c->s.sctlr_el1 & sctlr_bit);
}

#define ISS_ALWAYS (1u << 24 | 0xeu << 20) /* CV = 1, COND = AL */

/* An event may always be pending, so WFE never has to wait. */
EXEC(wfe)
{
	if (wait_trapped(c, SCTLR_NTWE))
		return exception_at(c, i, EC_WFX, ISS_ALWAYS | 1);
	return NEXT;
}

/* Waits until a line is up, masked or not. */
EXEC(wfi)
{
	if (wait_trapped(c, SCTLR_NTWI))
		return exception_at(c, i, EC_WFX, ISS_ALWAYS);
	if (!(c->s.irq | c->s.fiq)) {
		c->s.waiting = 1;
		cpu_kick(&c->cpu);
	}
	return NEXT;
}

EXEC(clrex)
{
	c->s.excl_addr = EXCL_NONE;
	return NEXT;
}

EXEC(dsb)
{
	return NEXT;
}

EXEC(dmb)
{
	return NEXT;
}

/* Translations of the code being executed are looked up again. */
static const struct insn *refetch(struct arm64 *c, const struct insn *i)
{
	c->s.pc = arm64_pc_of(c, i) + 4;
	return NULL;
}

EXEC(isb)
{
	return refetch(c, i);
}

/* --- System registers --- */

#define KEY ((uint16_t)BITS(i->w, 20, 5))

/* The GIC's CPU interface: ICC_PMR_EL1 and CRn 12, CRm 8 to 12. */
static bool is_icc(const struct arm64 *c, uint16_t key)
{
	unsigned crn = key >> 7 & 15, crm = key >> 3 & 15;
	if (!c->icc.read || key >> 11 != (3u << 3 | 0))
		return false;
	return (crn == 12 && crm >= 8 && crm <= 12) || key == SYSREG_KEY(3, 0, 4, 6, 0);
}

/* Identification registers that later architectures may fill read as zero. */
static bool is_reserved_id(uint16_t key)
{
	return (key & ~0x3fu) == SYSREG_KEY(3, 0, 0, 0, 0) + 0u && (key >> 3 & 7) != 0;
}

/* NULL and `*denied` set: the access is undefined or trapped. */
static const struct sysreg *permitted(struct arm64 *c, const struct insn *i, bool write,
    const struct insn *(**denied)(struct arm64 *, const struct insn *))
{
	const struct sysreg *r = sysreg_find(KEY);
	*denied = undefined;
	if (!r || !(r->access & (write ? SYSREG_WRITE : SYSREG_READ)))
		return NULL;
	if (KEY == SYSREG_KEY(3, 0, 4, 1, 0) && !c->s.spsel)
		return NULL; /* SP_EL0, which is the stack pointer in use */
	if (c->s.el == 0) {
		enum el0_access a = r->el0 ? r->el0(c, write) : EL0_UNDEFINED;
		if (a == EL0_TRAPPED)
			*denied = trap_system;
		if (a != EL0_ALLOWED)
			return NULL;
	}
	return r;
}

static uint64_t *field_of(struct arm64 *c, const struct sysreg *r)
{
	return (uint64_t *)((char *)&c->s + r->offset);
}

/* FPCR and FPSR obey CPACR_EL1 like the instructions that use them. */
static bool fp_register(uint16_t key)
{
	return (key & ~1u) == SYSREG_KEY(3, 3, 4, 4, 0);
}

const struct insn *fp_trap(struct arm64 *c, const struct insn *i);

EXEC(mrs)
{
	const struct insn *(*denied)(struct arm64 *, const struct insn *);
	const struct sysreg *r = permitted(c, i, false, &denied);
	uint64_t v = 0;
	if (r) {
		if (c->fp_trapped && fp_register(KEY))
			return fp_trap(c, i);
		v = r->read                        ? r->read(c)
		    : r->offset != SYSREG_NO_FIELD ? *field_of(c, r)
						   : r->value;
	} else if (c->s.el && is_icc(c, KEY)) {
		v = c->icc.read(c->icc.owner, c->cpu.index, KEY);
	} else if (!(c->s.el && is_reserved_id(KEY))) {
		return denied(c, i);
	}
	x_set(c, RT, v);
	return NEXT;
}

/* What changes translations is seen by the next fetch.  The architecture promises that after an ISB
 * only, but then it would depend on where a slice or a block ends. */
EXEC(msr_reg)
{
	const struct insn *(*denied)(struct arm64 *, const struct insn *);
	const struct sysreg *r = permitted(c, i, true, &denied);
	const uint64_t v = x_get(c, RT), flushes = c->fetch_flushes;
	if (!r) {
		if (!c->s.el || !is_icc(c, KEY))
			return denied(c, i);
		c->icc.write(c->icc.owner, c->cpu.index, KEY, v);
		return NEXT;
	}
	if (c->fp_trapped && fp_register(KEY))
		return fp_trap(c, i);
	if (r->offset != SYSREG_NO_FIELD)
		*field_of(c, r) = v;
	else if (!r->write(c, i, v))
		return FAULT;
	return flushes == c->fetch_flushes ? NEXT : refetch(c, i);
}

EXEC(sys)
{
	return exec_msr_reg(c, i);
}

/* No operation that returns a value is implemented. */
EXEC(sysl)
{
	return undefined(c, i);
}
