/* System registers: identification, control, exceptions, debug; timer.c, pmu.c and sysop.c hold
 * the rest of the functions that sysregs.def names. */
#include "cpu/arm64/sysreg.h"

#include "cpu/arm64/debug.h"
#include "cpu/arm64/exception.h"
#include "cpu/arm64/exec.h"
#include "cpu/arm64/mmu.h"
#include "cpu/arm64/pmu.h"
#include "cpu/arm64/registers.h"
#include "cpu/fp/fp.h"
#include "cpu/arm64/sysop.h"
#include "cpu/arm64/timer.h"

/* --- Identification: exactly what is implemented --- */

#define F(value, shift) ((uint64_t)(value) << (shift))

/* Implementer 0 (software), architecture by ID registers, part 0x4d9. */
#define ID_MIDR (F(0xf, 16) | F(0x4d9, 4))
/* EL0, EL1: AArch64 only; FP and AdvSIMD with half precision; RAS; CSV2; CSV3. */
#define ID_PFR0     (F(1, 0) | F(1, 4) | F(1, 16) | F(1, 20) | F(1, 28) | F(1, 56) | F(1, 60))
#define ID_PFR0_GIC F(1, 24)
/* Debugv8p2, PMUv3 for 8.1, 2 breakpoints, 2 watchpoints, 1 context-aware. */
#define ID_DFR0 (F(8, 0) | F(4, 8) | F(1, 12) | F(1, 20))
/* AES+PMULL, SHA1, SHA256+SHA512, CRC32, LSE, RDM, DotProd, FHM. */
#define ID_ISAR0 \
	(F(2, 4) | F(1, 8) | F(2, 12) | F(1, 16) | F(2, 20) | F(1, 28) | F(1, 44) | F(1, 48))
/* DC CVAP, FJCVTZS, LDAPR, FRINT32/64. */
#define ID_ISAR1 (F(1, 0) | F(1, 12) | F(1, 20) | F(1, 32))
/* 40-bit PA, 16-bit ASID, 16 KiB granule (4 and 64 KiB are 0). */
#define ID_MMFR0 (F(2, 0) | F(2, 4) | F(1, 20))
/* Hardware AF and dirty state, HPDS, LOR, PAN with AT S1E1xP. */
#define ID_MMFR1 (F(2, 0) | F(1, 12) | F(1, 16) | F(2, 20))
/* CnP, UAO, E0PD. */
#define ID_MMFR2 (F(1, 0) | F(1, 4) | F(1, 60))
/* 64-byte lines, PIPT, IDC: no clean to PoU needed; DIC = 0: IC IVAU is. */
#define ID_CTR (F(4, 0) | F(3, 14) | F(4, 16) | F(4, 20) | F(4, 24) | F(1, 28) | F(1, 31))
/* L1 split, L2 unified; LoUIS 1, LoC 2, LoUU 1. */
#define ID_CLIDR (F(3, 0) | F(4, 3) | F(1, 21) | F(2, 24) | F(1, 27))

static uint64_t read_mpidr(struct arm64 *c)
{
	return c->mpidr;
}

static uint64_t read_pfr0(struct arm64 *c)
{
	return ID_PFR0 | (c->icc.read ? ID_PFR0_GIC : 0);
}

/* 64-byte lines; L1 32 KiB 4-way, L2 1 MiB 16-way. */
static uint64_t read_ccsidr(struct arm64 *c)
{
	bool level2 = c->s.csselr_el1 >> 1 & 7;
	return level2 ? F(2, 0) | F(15, 3) | F(1023, 13) : F(2, 0) | F(3, 3) | F(127, 13);
}

static uint64_t read_dczid(struct arm64 *c)
{
	bool prohibited = c->s.el == 0 && !(c->s.sctlr_el1 & SCTLR_DZE);
	return 4 | (uint64_t)prohibited << 4;
}

/* --- EL0 rules --- */

static enum el0_access by_sctlr(const struct arm64 *c, uint64_t bit)
{
	return c->s.sctlr_el1 & bit ? EL0_ALLOWED : EL0_TRAPPED;
}

#define none NULL

static enum el0_access el0_any(const struct arm64 *c, bool write)
{
	return EL0_ALLOWED;
}

static enum el0_access el0_read(const struct arm64 *c, bool write)
{
	return write ? EL0_UNDEFINED : EL0_ALLOWED;
}

static enum el0_access el0_uct(const struct arm64 *c, bool write)
{
	return by_sctlr(c, SCTLR_UCT);
}

static enum el0_access el0_uma(const struct arm64 *c, bool write)
{
	return by_sctlr(c, SCTLR_UMA);
}

static enum el0_access el0_uci(const struct arm64 *c, bool write)
{
	return by_sctlr(c, SCTLR_UCI);
}

static enum el0_access el0_dze(const struct arm64 *c, bool write)
{
	return by_sctlr(c, SCTLR_DZE);
}

static enum el0_access el0_tdcc(const struct arm64 *c, bool write)
{
	return c->s.mdscr_el1 & MDSCR_TDCC ? EL0_TRAPPED : EL0_ALLOWED;
}

static bool write_ignored(struct arm64 *c, const struct insn *i, uint64_t value)
{
	return true;
}

/* --- Control and translation --- */

static uint64_t read_sctlr(struct arm64 *c)
{
	return c->s.sctlr_el1;
}

static bool write_sctlr(struct arm64 *c, const struct insn *i, uint64_t value)
{
	c->s.sctlr_el1 = value | SCTLR_RES1;
	tlb_flush_all(c);
	cpu_kick(&c->cpu); /* which engine runs depends on M */
	return true;
}

static uint64_t read_cpacr(struct arm64 *c)
{
	return c->s.cpacr_el1;
}

static bool write_cpacr(struct arm64 *c, const struct insn *i, uint64_t value)
{
	c->s.cpacr_el1 = value & F(3, 20);
	mode_changed(c);
	return true;
}

static uint64_t read_ttbr0(struct arm64 *c)
{
	return c->s.ttbr0_el1;
}

static uint64_t read_ttbr1(struct arm64 *c)
{
	return c->s.ttbr1_el1;
}

/* A new ASID hides all that is not global.  A new table under the same ASID needs the guest's
 * own TLBI, as the architecture says. */
static bool write_ttbr(struct arm64 *c, uint64_t *ttbr, uint64_t value)
{
	uint16_t before = mmu_asid(&c->s);
	*ttbr = value;
	if (mmu_asid(&c->s) != before)
		tlb_flush_non_global(c);
	return true;
}

static bool write_ttbr0(struct arm64 *c, const struct insn *i, uint64_t value)
{
	return write_ttbr(c, &c->s.ttbr0_el1, value);
}

static bool write_ttbr1(struct arm64 *c, const struct insn *i, uint64_t value)
{
	return write_ttbr(c, &c->s.ttbr1_el1, value);
}

static uint64_t read_tcr(struct arm64 *c)
{
	return c->s.tcr_el1;
}

static bool write_tcr(struct arm64 *c, const struct insn *i, uint64_t value)
{
	c->s.tcr_el1 = value;
	tlb_flush_all(c);
	return true;
}

static uint64_t read_mair(struct arm64 *c)
{
	return c->s.mair_el1;
}

static bool write_mair(struct arm64 *c, const struct insn *i, uint64_t value)
{
	c->s.mair_el1 = value;
	tlb_flush_all(c);
	return true;
}

/* --- Exceptions --- */

static uint64_t read_vbar(struct arm64 *c)
{
	return c->s.vbar_el1;
}

static bool write_vbar(struct arm64 *c, const struct insn *i, uint64_t value)
{
	c->s.vbar_el1 = value & ~UINT64_C(0x7ff);
	return true;
}

static uint64_t read_isr(struct arm64 *c)
{
	return F(c->s.irq, 7) | F(c->s.fiq, 6);
}

/* --- PSTATE --- */

static uint64_t read_spsel(struct arm64 *c)
{
	return c->s.spsel;
}

static bool write_spsel(struct arm64 *c, const struct insn *i, uint64_t value)
{
	pstate_set_spsel(c, value & 1);
	return true;
}

static uint64_t read_currentel(struct arm64 *c)
{
	return F(c->s.el, 2);
}

static uint64_t read_pan(struct arm64 *c)
{
	return F(c->s.pan, 22);
}

static bool write_pan(struct arm64 *c, const struct insn *i, uint64_t value)
{
	c->s.pan = value >> 22 & 1;
	mode_changed(c);
	return true;
}

static uint64_t read_uao(struct arm64 *c)
{
	return F(c->s.uao, 23);
}

static bool write_uao(struct arm64 *c, const struct insn *i, uint64_t value)
{
	c->s.uao = value >> 23 & 1;
	return true;
}

static uint64_t read_nzcv(struct arm64 *c)
{
	return F(c->s.nzcv, 28);
}

static bool write_nzcv(struct arm64 *c, const struct insn *i, uint64_t value)
{
	c->s.nzcv = value >> 28 & 15;
	return true;
}

static uint64_t read_daif(struct arm64 *c)
{
	return c->s.daif << 6;
}

static bool write_daif(struct arm64 *c, const struct insn *i, uint64_t value)
{
	c->s.daif = value >> 6 & 15;
	mode_changed(c);
	return true;
}

static uint64_t read_fpcr(struct arm64 *c)
{
	return c->s.fpcr;
}

static bool write_fpcr(struct arm64 *c, const struct insn *i, uint64_t value)
{
	c->s.fpcr = value & FPCR_MASK;
	return true;
}

static uint64_t read_fpsr(struct arm64 *c)
{
	return c->s.fpsr;
}

static bool write_fpsr(struct arm64 *c, const struct insn *i, uint64_t value)
{
	c->s.fpsr = value & FPSR_MASK;
	return true;
}

/* --- Debug --- */

/* OSLM = 0b10: the OS lock is implemented. */
static uint64_t read_oslsr(struct arm64 *c)
{
	return F(1, 3) | F(c->s.oslar & 1, 1);
}

static uint64_t read_claimset(struct arm64 *c)
{
	return 0xff;
}

static bool write_claimset(struct arm64 *c, const struct insn *i, uint64_t value)
{
	c->s.dbgclaim |= value & 0xff;
	return true;
}

static uint64_t read_claimclr(struct arm64 *c)
{
	return c->s.dbgclaim;
}

static bool write_claimclr(struct arm64 *c, const struct insn *i, uint64_t value)
{
	c->s.dbgclaim &= ~value;
	return true;
}

/* --- The table --- */

#define RO SYSREG_READ
#define WO SYSREG_WRITE
#define RW (SYSREG_READ | SYSREG_WRITE)
#define ROW(name, op0, op1, crn, crm, op2, access, el0, read, write, offset, value) \
	{#name, SYSREG_KEY(op0, op1, crn, crm, op2), access, el0, read, write, offset, value},
#define SYSREG(name, op0, op1, crn, crm, op2, access, el0, field)   \
	ROW(name, op0, op1, crn, crm, op2, access, el0, NULL, NULL, \
	    offsetof(struct arm64_state, field), 0)
#define SYSCONST(name, op0, op1, crn, crm, op2, access, el0, value) \
	ROW(name, op0, op1, crn, crm, op2, access, el0, NULL, write_ignored, SYSREG_NO_FIELD, value)
#define SYSFUNC(name, op0, op1, crn, crm, op2, access, el0, read, write) \
	ROW(name, op0, op1, crn, crm, op2, access, el0, read, write, SYSREG_NO_FIELD, 0)

static const struct sysreg table[] = {
#include "cpu/arm64/sysregs.def"
};
#define TABLE_COUNT (sizeof table / sizeof table[0])

static uint8_t row_of_key[1 << 16]; /* row number + 1; 0: no such register */
_Static_assert(TABLE_COUNT < 255, "row numbers must fit a byte");

void sysreg_init(void)
{
	for (unsigned k = 0; k < TABLE_COUNT; k++)
		row_of_key[table[k].key] = (uint8_t)(k + 1);
}

const struct sysreg *sysreg_find(uint16_t key)
{
	return row_of_key[key] ? &table[row_of_key[key] - 1] : NULL;
}

const struct sysreg *sysreg_table(unsigned *count)
{
	*count = TABLE_COUNT;
	return table;
}
