/* Data accesses: the slow path behind the software TLB. */
#include "cpu/arm64/debug.h"
#include "cpu/arm64/engine.h"
#include "cpu/arm64/exception.h"
#include "cpu/arm64/exec.h"
#include "cpu/arm64/lockstep.h"
#include "cpu/arm64/mmu.h"
#include "cpu/arm64/registers.h"

#define PAGE_MASK (BUS_PAGE_SIZE - 1)

/* Tags of pieces of one large mapping differ below TLB_LARGE_SHIFT only. */
static unsigned large_index(uint64_t va)
{
	return (unsigned)(va >> TLB_LARGE_SHIFT) % TLB_LARGE_BITS;
}

static bool large_cached(const struct arm64 *c, uint64_t va)
{
	return c->tlb_large[large_index(va) / 64] >> large_index(va) % 64 & 1;
}

/* Accesses to it need more than a translation to be allowed. */
static bool checked_each_time(
    const struct arm64 *c, const struct translation *t, const struct bus_region *r)
{
	return r->kind == BUS_MMIO || t->device || c->s.sctlr_el1 & SCTLR_A ||
	       debug_watchpoints_armed(&c->s);
}

static bool entry_is(const struct tlb_entry *e, uint64_t page)
{
	return e->read == page || e->write == page;
}

/* The entry of the page of `va`, or NULL. */
static struct tlb_entry *tlb_find(struct arm64 *c, enum tlb_context context, uint64_t va)
{
	struct tlb_entry *e = &c->tlb[context][va >> BUS_PAGE_BITS & (TLB_ENTRIES - 1)];
	for (unsigned way = 0; way < TLB_WAYS; way++, e += TLB_ENTRIES)
		if (entry_is(e, va & ~PAGE_MASK))
			return e;
	return NULL;
}

/* An entry for the page of `va`: its own, or of the first way, which moves to the second. */
static struct tlb_entry *tlb_take(struct arm64 *c, enum tlb_context context, uint64_t va)
{
	struct tlb_entry *e = tlb_find(c, context, va);
	if (e)
		return e;
	e = &c->tlb[context][va >> BUS_PAGE_BITS & (TLB_ENTRIES - 1)];
	e[TLB_ENTRIES] = *e;
	return e;
}

/* Is the page's entry in the second way and grants the access?  Then it changes places with the
 * other, for the interpreter looks in the first one only. */
static bool tlb_promote(
    struct arm64 *c, enum tlb_context context, uint64_t va, unsigned size, bool write)
{
	struct tlb_entry *e = &c->tlb[context][va >> BUS_PAGE_BITS & (TLB_ENTRIES - 1)];
	const struct tlb_entry second = e[TLB_ENTRIES];
	if (((va + size - 1) & ~PAGE_MASK) != (write ? second.write : second.read) ||
	    (va & PAGE_MASK) + size > BUS_PAGE_SIZE)
		return false;
	e[TLB_ENTRIES] = *e;
	*e = second;
	return true;
}

static void tlb_fill(struct arm64 *c, enum tlb_context context, uint64_t va,
    const struct translation *t, const struct bus_region *r)
{
	if (checked_each_time(c, t, r))
		return;
	uint64_t page = va & ~PAGE_MASK;
	struct tlb_entry *e = tlb_take(c, context, va);
	e->read = t->readable ? page : TLB_NONE;
	bool plain =
	    r->kind == BUS_RAM && !c->lockstep && !(c->engine && engine_has_code(c->engine, t->pa));
	e->write = t->writable && plain ? page : TLB_NONE;
	e->addend = (uintptr_t)r->host + (t->pa & ~PAGE_MASK) - r->base - page;
	e->global = t->global;
	if (t->page_bits > BUS_PAGE_BITS)
		c->tlb_large[large_index(va) / 64] |= UINT64_C(1) << large_index(va) % 64;
	c->tlb_huge |= t->page_bits > TLB_LARGE_SHIFT;
}

/* Translate and find what is there; on a fault the exception has been taken. */
static const struct bus_region *resolve(struct arm64 *c, const struct insn *i,
    enum tlb_context context, uint64_t va, unsigned size, enum access access, uint64_t *pa)
{
	bool misaligned = va & (size - 1);
	struct translation t = {.fault = FSC_ALIGNMENT};
	if (!misaligned || !(c->s.sctlr_el1 & SCTLR_A))
		t = mmu_translate(c, va, access, context);
	if (t.fault == FSC_NONE && misaligned && t.device)
		t.fault = FSC_ALIGNMENT;
	const struct bus_region *r = NULL;
	if (t.fault == FSC_NONE) {
		r = bus_find(c->cpu.machine->bus, t.pa);
		if (!r)
			t.fault = FSC_EXTERNAL;
	}
	if (!r) {
		data_abort(c, i, va, t.fault, access == ACCESS_WRITE);
		return NULL;
	}
	if (debug_watchpoint_hit(c, context, va, size, access == ACCESS_WRITE)) {
		watchpoint(c, i, va, access == ACCESS_WRITE);
		return NULL;
	}
	tlb_fill(c, context, va, &t, r);
	*pa = t.pa;
	return r;
}

static bool crosses_page(uint64_t va, unsigned size)
{
	return (va & PAGE_MASK) + size > BUS_PAGE_SIZE;
}

/* Host addresses of the two parts of an access that crosses a page, if the TLB grants both. */
static bool two_pages(
    struct arm64 *c, enum tlb_context context, uint64_t va, bool write, uint8_t *host[2])
{
	for (unsigned k = 0; k < 2; k++) {
		uint64_t page = (va & ~PAGE_MASK) + k * BUS_PAGE_SIZE;
		const struct tlb_entry *e = tlb_find(c, context, page);
		if (!e || (write ? e->write : e->read) != page)
			return false;
		host[k] = (uint8_t *)((k ? page : va) + e->addend);
	}
	return true;
}

static unsigned in_first_page(uint64_t va)
{
	return (unsigned)(BUS_PAGE_SIZE - (va & PAGE_MASK));
}

/* Unaligned device accesses have been refused, so bytes are enough here. */
static bool read_bytes(struct arm64 *c, const struct insn *i, enum tlb_context context, uint64_t va,
    unsigned size, uint64_t *value)
{
	uint64_t v = 0;
	for (unsigned k = 0; k < size; k++) {
		uint64_t byte;
		if (!mem_read_in(c, i, context, va + k, 1, &byte))
			return false;
		v |= byte << k * 8;
	}
	*value = v;
	return true;
}

bool mem_read_slow(struct arm64 *c, const struct insn *i, enum tlb_context context, uint64_t va,
    unsigned size, uint64_t *value)
{
	uint64_t pa;
	uint8_t *host[2];
	if (tlb_promote(c, context, va, size, false))
		return mem_read_in(c, i, context, va, size, value);
	if (crosses_page(va, size) && two_pages(c, context, va, false, host)) {
		unsigned first = in_first_page(va);
		*value = 0;
		memcpy(value, host[0], first);
		memcpy((uint8_t *)value + first, host[1], size - first);
		return true;
	}
	const struct bus_region *r = resolve(c, i, context, va, size, ACCESS_READ, &pa);
	if (!r)
		return false;
	if (crosses_page(va, size))
		return read_bytes(c, i, context, va, size, value);
	if (r->kind != BUS_MMIO) {
		*value = 0;
		memcpy(value, r->host + (pa - r->base), size);
		return true;
	}
	if (bus_read(c->cpu.machine->bus, pa, size, value))
		return true;
	data_abort(c, i, va, FSC_EXTERNAL, false);
	return false;
}

/* Both pages are known to be writable before the first byte is stored. */
static bool write_bytes(struct arm64 *c, const struct insn *i, enum tlb_context context,
    uint64_t va, unsigned size, uint64_t value)
{
	uint64_t pa;
	uint64_t second = (va + size - 1) & ~PAGE_MASK;
	if (!resolve(c, i, context, second, 1, ACCESS_WRITE, &pa))
		return false;
	for (unsigned k = 0; k < size; k++)
		if (!mem_write_in(c, i, context, va + k, 1, value >> k * 8 & 0xff))
			return false;
	return true;
}

bool mem_write_slow(struct arm64 *c, const struct insn *i, enum tlb_context context, uint64_t va,
    unsigned size, uint64_t value)
{
	uint64_t pa;
	uint8_t *host[2];
	if (tlb_promote(c, context, va, size, true))
		return mem_write_in(c, i, context, va, size, value);
	if (crosses_page(va, size) && two_pages(c, context, va, true, host)) {
		unsigned first = in_first_page(va);
		memcpy(host[0], &value, first);
		memcpy(host[1], (uint8_t *)&value + first, size - first);
		return true;
	}
	const struct bus_region *r = resolve(c, i, context, va, size, ACCESS_WRITE, &pa);
	if (!r)
		return false;
	if (crosses_page(va, size))
		return write_bytes(c, i, context, va, size, value);
	if (r->kind == BUS_RAM) {
		if (c->engine)
			engine_written(c->engine, pa, size);
		memcpy(r->host + (pa - r->base), &value, size);
		return true;
	}
	if (bus_write(c->cpu.machine->bus, pa, size, value))
		return true;
	data_abort(c, i, va, FSC_EXTERNAL, true);
	return false;
}

bool mem_read(struct arm64 *c, const struct insn *i, uint64_t va, unsigned size, uint64_t *value)
{
	return mem_read_in(c, i, c->context, va, size, value);
}

bool mem_write(struct arm64 *c, const struct insn *i, uint64_t va, unsigned size, uint64_t value)
{
	return mem_write_in(c, i, c->context, va, size, value);
}

/* The halves are accessed one by one, but it is the whole that has to be aligned where alignment is
 * checked; what the TLB holds is not checked. */
static bool readable128(struct arm64 *c, const struct insn *i, uint64_t va)
{
	uint64_t pa;
	return !(va & 15) || mem_host(c, va, 16, false) ||
	       resolve(c, i, c->context, va, 16, ACCESS_READ, &pa);
}

bool mem_read128(struct arm64 *c, const struct insn *i, uint64_t va, uint64_t value[2])
{
	uint64_t low;
	if (!readable128(c, i, va) || !mem_read_in(c, i, c->context, va, 8, &low) ||
	    !mem_read_in(c, i, c->context, va + 8, 8, &value[1]))
		return false;
	value[0] = low;
	return true;
}

bool mem_write128(struct arm64 *c, const struct insn *i, uint64_t va, const uint64_t value[2])
{
	return mem_writable(c, i, va, 16, 16) && mem_write_in(c, i, c->context, va, 8, value[0]) &&
	       mem_write_in(c, i, c->context, va + 8, 8, value[1]);
}

bool mem_writable(struct arm64 *c, const struct insn *i, uint64_t va, unsigned size, unsigned unit)
{
	const struct tlb_entry *e = tlb_find(c, c->context, va);
	uint64_t pa;
	uint8_t *host[2];
	if (e && e->write == (va & ~PAGE_MASK) &&
	    (!crosses_page(va, size) || two_pages(c, c->context, va, true, host)))
		return true;
	if (!resolve(c, i, c->context, va, unit, ACCESS_WRITE, &pa))
		return false;
	uint64_t second = (va + size - 1) & ~PAGE_MASK;
	return !crosses_page(va, size) || resolve(c, i, c->context, second, 1, ACCESS_WRITE, &pa);
}

bool mem_aligned(struct arm64 *c, const struct insn *i, uint64_t va, unsigned size, bool write)
{
	if (va & (size - 1)) {
		data_abort(c, i, va, FSC_ALIGNMENT, write);
		return false;
	}
	return true;
}

bool mem_base(struct arm64 *c, const struct insn *i, unsigned n, uint64_t *va)
{
	*va = x_or_sp(c, n);
	if (__builtin_expect(n == 31 && (*va & 15), 0) &&
	    c->s.sctlr_el1 & (c->s.el ? SCTLR_SA : SCTLR_SA0)) {
		sp_alignment_fault(c, i);
		return false;
	}
	return true;
}

/* In lockstep every write comes here, to be undone. */
static uintptr_t noted_write(struct arm64 *c, uint64_t va, unsigned size,
    const struct translation *t, const struct bus_region *r)
{
	if (checked_each_time(c, t, r) || r->kind != BUS_RAM || !t->writable ||
	    engine_has_code(c->engine, t->pa))
		return 0;
	uint8_t *host = r->host + (t->pa - r->base);
	lockstep_note(c->lockstep, host, size);
	return (uintptr_t)host - va;
}

/* The translator's way in: nothing is raised, nothing done but filling the TLB. */
uintptr_t mem_probe(
    struct arm64 *c, enum tlb_context context, uint64_t va, unsigned size, bool write)
{
	if (crosses_page(va, size))
		return 0;
	struct translation t = mmu_translate(c, va, write ? ACCESS_WRITE : ACCESS_READ, context);
	const struct bus_region *r =
	    t.fault == FSC_NONE ? bus_find(c->cpu.machine->bus, t.pa) : NULL;
	if (!r)
		return 0;
	tlb_fill(c, context, va, &t, r);
	if (write && c->lockstep)
		return noted_write(c, va, size, &t, r);
	const struct tlb_entry *e = tlb_find(c, context, va);
	return e && (write ? e->write : e->read) == (va & ~PAGE_MASK) ? e->addend : 0;
}

/* --- Software TLB maintenance --- */

void tlb_forbid_writes(struct arm64 *c, const uint8_t *host)
{
	for (unsigned k = 0; k < TLB_CONTEXTS; k++) {
		for (unsigned n = 0; n < TLB_WAYS * TLB_ENTRIES; n++) {
			struct tlb_entry *e = &c->tlb[k][n];
			if (e->write + e->addend == (uintptr_t)host)
				e->write = TLB_NONE;
		}
	}
}

static void entry_clear(struct tlb_entry *e)
{
	e->read = e->write = TLB_NONE;
}

void tlb_flush_all(struct arm64 *c)
{
	for (unsigned k = 0; k < TLB_CONTEXTS; k++)
		for (unsigned n = 0; n < TLB_WAYS * TLB_ENTRIES; n++)
			entry_clear(&c->tlb[k][n]);
	memset(c->tlb_large, 0, sizeof c->tlb_large);
	c->tlb_huge = false;
	fetch_flush(c);
}

void tlb_flush_non_global(struct arm64 *c)
{
	for (unsigned k = 0; k < TLB_CONTEXTS; k++)
		for (unsigned n = 0; n < TLB_WAYS * TLB_ENTRIES; n++)
			if (!c->tlb[k][n].global)
				entry_clear(&c->tlb[k][n]);
	fetch_flush(c);
}

/* Tags differ from `va` only in the byte that TBI ignores. */
static bool same_page(uint64_t tag, uint64_t va)
{
	return !(((tag ^ va) << 8) >> 20);
}

/* Drop every entry that differs from `va` only below bit `shift`. */
static void flush_block(struct arm64 *c, uint64_t va, unsigned shift)
{
	for (unsigned k = 0; k < TLB_CONTEXTS; k++) {
		for (unsigned n = 0; n < TLB_WAYS * TLB_ENTRIES; n++) {
			struct tlb_entry *e = &c->tlb[k][n];
			uint64_t tag = e->read != TLB_NONE ? e->read : e->write;
			if (!((tag ^ va) << 8 >> 8 >> shift))
				entry_clear(e);
		}
	}
}

#define LARGEST_BLOCK 36 /* 64 GiB: level 1 with the 16 KiB granule has none, 4 KiB has 1 GiB */

void tlb_flush_page(struct arm64 *c, uint64_t va)
{
	/* A large mapping is cached in 4 KiB pieces anywhere in the table. */
	if (c->tlb_huge) {
		flush_block(c, va, LARGEST_BLOCK);
	} else if (large_cached(c, va)) {
		flush_block(c, va, TLB_LARGE_SHIFT);
	} else {
		for (unsigned k = 0; k < TLB_CONTEXTS; k++) {
			struct tlb_entry *e = &c->tlb[k][va >> BUS_PAGE_BITS & (TLB_ENTRIES - 1)];
			for (unsigned way = 0; way < TLB_WAYS; way++, e += TLB_ENTRIES)
				if (same_page(e->read, va) || same_page(e->write, va))
					entry_clear(e);
		}
	}
	fetch_flush_page(c, va);
}
