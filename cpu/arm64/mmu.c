/* VMSAv8-64 stage 1 table walk: granules of 4, 16 and 64 KiB, 48-bit virtual addresses, ASIDs,
 * TBI, hierarchical permissions, PAN, E0PD, hardware access flag and dirty state. */
#include "cpu/arm64/mmu.h"

#include "cpu/arm64/exec.h"
#include "cpu/arm64/registers.h"

#define DESC_VALID   UINT64_C(1)
#define DESC_TABLE   UINT64_C(2)
#define DESC_AP_EL0  (UINT64_C(1) << 6)
#define DESC_AP_RO   (UINT64_C(1) << 7)
#define DESC_AF      (UINT64_C(1) << 10)
#define DESC_NG      (UINT64_C(1) << 11)
#define DESC_DBM     (UINT64_C(1) << 51)
#define DESC_PXN     (UINT64_C(1) << 53)
#define DESC_UXN     (UINT64_C(1) << 54)
#define TABLE_PXN    (UINT64_C(1) << 59)
#define TABLE_UXN    (UINT64_C(1) << 60)
#define TABLE_NO_EL0 (UINT64_C(1) << 61)
#define TABLE_RO     (UINT64_C(1) << 62)

/* One half of the address space as TCR_EL1 describes it. */
struct region {
	uint64_t base;        /* TTBRn_EL1 */
	unsigned va_bits;     /* 64 - TnSZ */
	unsigned granule;     /* log2 of the granule */
	bool disabled;        /* EPDn */
	bool ignore_top_byte; /* TBIn */
	bool hierarchical;    /* not HPDn */
	bool no_el0;          /* E0PDn */
};

static unsigned granule_bits(uint64_t tcr, bool high)
{
	static const uint8_t tg0[4] = {12, 16, 14, 0}, tg1[4] = {0, 14, 12, 16};
	return high ? tg1[tcr >> 30 & 3] : tg0[tcr >> 14 & 3];
}

static struct region region_of(const struct arm64_state *s, bool high)
{
	uint64_t tcr = s->tcr_el1;
	return (struct region){
	    .base = high ? s->ttbr1_el1 : s->ttbr0_el1,
	    .va_bits = 64 - (unsigned)(tcr >> (high ? 16 : 0) & 63),
	    .granule = granule_bits(tcr, high),
	    .disabled = tcr >> (high ? 23 : 7) & 1,
	    .ignore_top_byte = tcr >> (high ? 38 : 37) & 1,
	    .hierarchical = !(tcr >> (high ? 42 : 41) & 1),
	    .no_el0 = tcr >> (high ? 56 : 55) & 1,
	};
}

uint16_t mmu_asid(const struct arm64_state *s)
{
	uint64_t ttbr = s->tcr_el1 & TCR_A1 ? s->ttbr1_el1 : s->ttbr0_el1;
	return (uint16_t)(ttbr >> 48) & (s->tcr_el1 & TCR_AS ? 0xffff : 0xff);
}

uint64_t mmu_untagged(const struct arm64_state *s, uint64_t va)
{
	bool high = va >> 55 & 1, ignored = s->tcr_el1 >> (high ? 38 : 37) & 1;
	return ignored ? (uint64_t)sign_extend(va, 56) : va;
}

/* Bits of physical address that TCR_EL1.IPS allows, at most the implemented ones. */
static unsigned output_bits(uint64_t tcr)
{
	static const uint8_t bits[8] = {32, 36, 40, 42, 44, 48, 48, 48};
	unsigned n = bits[tcr >> 32 & 7];
	return n < ARM64_PA_BITS ? n : ARM64_PA_BITS;
}

static bool in_region(const struct region *r, uint64_t va, bool high)
{
	unsigned top = r->ignore_top_byte ? 56 : 64;
	if (r->va_bits > 48 || r->va_bits < 25)
		return false;
	uint64_t upper = va << (64 - top) >> (64 - top) >> r->va_bits;
	uint64_t ones = ~UINT64_C(0) >> (64 - top) >> r->va_bits;
	return upper == (high ? ones : 0);
}

struct walk {
	uint64_t desc;      /* leaf descriptor */
	uint64_t desc_addr; /* where it was read */
	uint64_t table;     /* union of the table attributes on the way */
	uint64_t mask;      /* address bits inside the leaf */
	unsigned level;
};

static bool read_descriptor(struct arm64 *c, uint64_t pa, uint64_t *desc)
{
	uint8_t *p = bus_ram(c->cpu.machine->bus, pa, 8);
	if (p)
		memcpy(desc, p, 8);
	return p != NULL;
}

static bool leaf_allowed(unsigned granule, unsigned level)
{
	return level == 2 || (level == 1 && granule == 12);
}

/* Walk to the leaf; returns a fault code. */
static uint8_t walk_tables(struct arm64 *c, const struct region *r, uint64_t va, struct walk *w)
{
	const unsigned g = r->granule, stride = g - 3;
	unsigned levels = (r->va_bits - g + stride - 1) / stride;
	const unsigned out = output_bits(c->s.tcr_el1);
	unsigned shift = g + (levels - 1) * stride; /* low bit of this level's index */
	unsigned index_bits = r->va_bits - shift;
	uint64_t table = r->base & 0xfffffffffffe & ~((UINT64_C(8) << index_bits) - 1);

	w->table = 0;
	for (w->level = 4 - levels;; w->level++) {
		if (table >> out)
			return (uint8_t)(FSC_ADDRESS_SIZE + w->level);
		uint64_t index = va >> shift & ((UINT64_C(1) << index_bits) - 1);
		w->desc_addr = table + index * 8;
		if (!read_descriptor(c, w->desc_addr, &w->desc))
			return (uint8_t)(FSC_EXTERNAL_WALK + w->level);
		if (!(w->desc & DESC_VALID))
			return (uint8_t)(FSC_TRANSLATION + w->level);
		bool pointer = w->desc & DESC_TABLE;
		if (w->level == 3 ? !pointer : !pointer && !leaf_allowed(g, w->level))
			return (uint8_t)(FSC_TRANSLATION + w->level);
		w->mask = (UINT64_C(1) << shift) - 1;
		if (w->level == 3 || !pointer)
			break;
		if (r->hierarchical)
			w->table |= w->desc;
		table = w->desc & 0xfffffffff000 & ~((UINT64_C(1) << g) - 1);
		shift -= stride;
		index_bits = stride;
	}
	return (w->desc & 0xfffffffff000 & ~w->mask) >> out ? (uint8_t)(FSC_ADDRESS_SIZE + w->level)
							    : FSC_NONE;
}

struct permission {
	bool read, write, fetch;
};

/* What `context` may do, were the leaf clean or dirty as AP[2] says (`read_only`). */
static struct permission permission(
    const struct arm64_state *s, const struct walk *w, enum tlb_context context, bool read_only)
{
	bool el0 = (w->desc & DESC_AP_EL0) && !(w->table & TABLE_NO_EL0);
	bool writable = !read_only && !(w->table & TABLE_RO);
	struct permission p;
	if (context == TLB_EL0) {
		p.read = el0;
		p.write = el0 && writable;
		p.fetch = !(w->desc & DESC_UXN) && !(w->table & TABLE_UXN);
	} else {
		p.read = !(el0 && context == TLB_EL1_PAN);
		p.write = p.read && writable;
		p.fetch = !(w->desc & DESC_PXN) && !(w->table & TABLE_PXN) && !(el0 && writable);
	}
	if (s->sctlr_el1 & SCTLR_WXN && p.write)
		p.fetch = false;
	return p;
}

static bool allowed(struct permission p, enum access a)
{
	return a == ACCESS_READ ? p.read : a == ACCESS_WRITE ? p.write : p.fetch;
}

/* Access flag and dirty state: check, and update in memory if hardware is to manage them. */
static uint8_t update_flags(struct arm64 *c, struct walk *w, enum access access,
    enum tlb_context context, struct permission *p)
{
	const struct arm64_state *s = &c->s;
	bool ha = s->tcr_el1 & TCR_HA, hd = ha && (s->tcr_el1 & TCR_HD);
	uint64_t desc = w->desc;
	if (!(desc & DESC_AF)) {
		if (!ha)
			return (uint8_t)(FSC_ACCESS_FLAG + w->level);
		desc |= DESC_AF;
	}
	bool dirtiable = hd && (desc & DESC_DBM) && (desc & DESC_AP_RO);
	*p = permission(s, w, context, desc & DESC_AP_RO);
	if (dirtiable && access == ACCESS_WRITE) {
		*p = permission(s, w, context, false);
		desc &= ~DESC_AP_RO;
	}
	if (!allowed(*p, access))
		return (uint8_t)(FSC_PERMISSION + w->level);
	if (desc != w->desc)
		bus_dma_write(c->cpu.machine->bus, w->desc_addr, &desc, 8);
	return FSC_NONE;
}

static bool is_device(uint8_t attr)
{
	return (attr & 0xf0) == 0;
}

static struct translation flat(uint64_t va, enum access access)
{
	struct translation t = {.fault = FSC_NONE,
	    .page_bits = 12,
	    .readable = true,
	    .writable = true,
	    .global = true,
	    .device = access != ACCESS_FETCH,
	    .pa = va};
	if (va >> ARM64_PA_BITS)
		t.fault = FSC_ADDRESS_SIZE;
	return t;
}

struct translation mmu_translate(
    struct arm64 *c, uint64_t va, enum access access, enum tlb_context context)
{
	if (!(c->s.sctlr_el1 & SCTLR_M))
		return flat(va, access);

	struct translation t = {.fault = FSC_TRANSLATION};
	bool high = va >> 55 & 1;
	struct region r = region_of(&c->s, high);
	if (r.disabled || !r.granule || !in_region(&r, va, high) ||
	    (r.no_el0 && context == TLB_EL0))
		return t;
	struct walk w;
	t.fault = walk_tables(c, &r, va, &w);
	if (t.fault != FSC_NONE)
		return t;
	struct permission p = {false, false, false};
	t.fault = update_flags(c, &w, access, context, &p);
	if (t.fault != FSC_NONE)
		return t;
	t.page_bits = (uint8_t)__builtin_popcountll(w.mask);
	t.readable = p.read;
	t.writable = p.write;
	t.global = !(w.desc & DESC_NG);
	t.attr = (uint8_t)(c->s.mair_el1 >> (w.desc >> 2 & 7) * 8);
	t.device = is_device(t.attr);
	t.share = w.desc >> 8 & 3;
	t.pa = (w.desc & 0xfffffffff000 & ~w.mask) | (va & w.mask);
	return t;
}
