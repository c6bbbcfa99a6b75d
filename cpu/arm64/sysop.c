/* Cache, address translation and TLB operations. */
#include "cpu/arm64/sysop.h"

#include "cpu/arm64/exception.h"
#include "cpu/arm64/exec.h"
#include "cpu/arm64/mmu.h"

#define ISS_CM (1u << 8) /* the abort came from a cache operation */

/* There is no cache, but an address that does not translate still faults, as a read. */
bool cache_by_address(struct arm64 *c, const struct insn *i, uint64_t va)
{
	struct translation t = mmu_translate(c, va, ACCESS_READ, c->context);
	if (t.fault == FSC_NONE)
		return true;
	data_abort(c, i, va, t.fault, true);
	c->s.esr_el1 |= ISS_CM;
	return false;
}

/* Device memory cannot be zeroed this way; faults name the address given, not the block's. */
static bool block_writable(struct arm64 *c, const struct insn *i, uint64_t va)
{
	struct translation t = mmu_translate(c, va, ACCESS_WRITE, c->context);
	if (t.fault == FSC_NONE && t.device)
		t.fault = FSC_ALIGNMENT;
	if (t.fault == FSC_NONE)
		return true;
	data_abort(c, i, va, t.fault, true);
	return false;
}

bool cache_zero(struct arm64 *c, const struct insn *i, uint64_t va)
{
	uint64_t block = va & ~(uint64_t)(ZVA_BLOCK - 1);
	if (!mem_host(c, block, ZVA_BLOCK, true) && !block_writable(c, i, va))
		return false;
	for (unsigned k = 0; k < ZVA_BLOCK; k += 8)
		if (!mem_write_in(c, i, c->context, block + k, 8, 0))
			return false;
	return true;
}

/* PAR_EL1: F, FST on a fault; else attributes, shareability and page. */
static bool translate_to_par(
    struct arm64 *c, uint64_t va, enum access access, enum tlb_context context)
{
	struct translation t = mmu_translate(c, va, access, context);
	if (t.fault != FSC_NONE)
		c->s.par_el1 = 1 | (uint64_t)t.fault << 1 | UINT64_C(1) << 11;
	else
		c->s.par_el1 = (uint64_t)t.attr << 56 | (t.pa & 0xfffffffff000) |
			       UINT64_C(1) << 11 | UINT64_C(1) << 9 | (uint64_t)t.share << 7;
	return true;
}

bool at_s1e1r(struct arm64 *c, const struct insn *i, uint64_t va)
{
	return translate_to_par(c, va, ACCESS_READ, TLB_EL1);
}

bool at_s1e1w(struct arm64 *c, const struct insn *i, uint64_t va)
{
	return translate_to_par(c, va, ACCESS_WRITE, TLB_EL1);
}

bool at_s1e0r(struct arm64 *c, const struct insn *i, uint64_t va)
{
	return translate_to_par(c, va, ACCESS_READ, TLB_EL0);
}

bool at_s1e0w(struct arm64 *c, const struct insn *i, uint64_t va)
{
	return translate_to_par(c, va, ACCESS_WRITE, TLB_EL0);
}

bool at_s1e1rp(struct arm64 *c, const struct insn *i, uint64_t va)
{
	return translate_to_par(c, va, ACCESS_READ, mmu_context(&c->s));
}

bool at_s1e1wp(struct arm64 *c, const struct insn *i, uint64_t va)
{
	return translate_to_par(c, va, ACCESS_WRITE, mmu_context(&c->s));
}

bool tlbi_all(struct arm64 *c, const struct insn *i, uint64_t arg)
{
	tlb_flush_all(c);
	return true;
}

/* The argument holds VA[55:12]; bit 55 chooses the half. */
bool tlbi_va(struct arm64 *c, const struct insn *i, uint64_t arg)
{
	tlb_flush_page(c, (uint64_t)sign_extend(arg << 12, 56));
	return true;
}

/* Only the current ASID's entries are kept (others go when the ASID changes). */
bool tlbi_asid(struct arm64 *c, const struct insn *i, uint64_t arg)
{
	if (arg >> 48 == mmu_asid(&c->s))
		tlb_flush_non_global(c);
	return true;
}

/* Inner shareable: the same on every CPU, at once, since one runs at a time. */
static bool broadcast(struct arm64 *c, sysreg_write_fn *op, uint64_t arg)
{
	struct machine *m = c->cpu.machine;
	for (unsigned k = 0; k < m->cpu_count; k++)
		op((struct arm64 *)m->cpus[k], NULL, arg);
	return true;
}

bool tlbi_all_is(struct arm64 *c, const struct insn *i, uint64_t arg)
{
	return broadcast(c, tlbi_all, arg);
}

bool tlbi_va_is(struct arm64 *c, const struct insn *i, uint64_t arg)
{
	return broadcast(c, tlbi_va, arg);
}

bool tlbi_asid_is(struct arm64 *c, const struct insn *i, uint64_t arg)
{
	return broadcast(c, tlbi_asid, arg);
}
