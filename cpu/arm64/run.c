/* The interpreter's loop: fetch, interrupts, software step, waiting.
 *
 * Instructions are decoded once per physical page and found again by pointer.  Before an entry
 * runs it is compared with the word in guest memory, which is one load and one predictable branch
 * and makes the interpreter exact for self-modifying code, DMA and restored snapshots without any
 * invalidation; a freshly allocated page is simply one full of mismatches.
 */
#include <stdlib.h>
#include <string.h>

#include "cpu/arm64/debug.h"
#include "cpu/arm64/engine.h"
#include "cpu/arm64/exception.h"
#include "cpu/arm64/exec.h"
#include "cpu/arm64/mmu.h"
#include "cpu/arm64/registers.h"
#include "cpu/arm64/run.h"
#include "cpu/arm64/table.h"

/* --- Decoded pages, shared by the CPUs of a machine --- */

#define CACHE_SETS 1024
#define CACHE_WAYS 4 /* 4096 pages of 16 KiB at most: 64 MiB */

struct code_cache {
	struct code_page *page[CACHE_SETS][CACHE_WAYS];
	uint8_t victim[CACHE_SETS];
	struct code_page spare; /* what runs when the host has no memory left */
};

struct code_cache *code_cache_new(void)
{
	return calloc(1, sizeof(struct code_cache));
}

void code_cache_free(struct code_cache *cache)
{
	if (!cache)
		return;
	for (unsigned s = 0; s < CACHE_SETS; s++)
		for (unsigned w = 0; w < CACHE_WAYS; w++)
			free(cache->page[s][w]);
	free(cache);
}

void code_cache_rows(const struct code_cache *cache, uint64_t *words)
{
	for (unsigned s = 0; s < CACHE_SETS; s++) {
		for (unsigned w = 0; w < CACHE_WAYS && cache->page[s][w]; w++) {
			const struct insn *insn = cache->page[s][w]->insn;
			for (unsigned k = 0; k < ARM64_PAGE_INSNS; k++)
				if (insn[k].row != ARM64_NO_ROW)
					words[insn[k].row]++;
		}
	}
}

/* Runs when memory happens to repeat the word kept behind the last instruction. */
static const struct insn *next_page(struct arm64 *c, const struct insn *i)
{
	c->s.pc = c->pc_page + BUS_PAGE_SIZE;
	c->cpu.budget++; /* not an instruction */
	return NULL;
}

static void code_page_clear(struct code_page *p, uint64_t pa)
{
	p->pa = pa;
	for (unsigned k = 0; k < ARM64_PAGE_INSNS; k++)
		p->insn[k] = (struct insn){undefined, 0, ARM64_NO_ROW}; /* the word 0 is UDF */
	p->insn[ARM64_PAGE_INSNS] = (struct insn){next_page, 0, ARM64_NO_ROW};
}

/* A page taken from another address needs no clearing: its entries are checked like all. */
static struct code_page *code_cache_find(struct code_cache *cache, uint64_t pa)
{
	unsigned set = (unsigned)(pa >> BUS_PAGE_BITS) % CACHE_SETS;
	struct code_page **ways = cache->page[set];
	for (unsigned w = 0; w < CACHE_WAYS; w++) {
		if (!ways[w]) {
			ways[w] = malloc(sizeof **ways);
			if (!ways[w])
				break;
			code_page_clear(ways[w], pa);
		}
		if (ways[w]->pa == pa)
			return ways[w];
	}
	struct code_page *p = ways[cache->victim[set]++ % CACHE_WAYS];
	if (!p) {
		p = &cache->spare;
		code_page_clear(p, pa);
	}
	p->pa = pa;
	return p;
}

/* --- Fetch --- */

void fetch_flush(struct arm64 *c)
{
	for (unsigned k = 0; k < FETCH_ENTRIES; k++)
		c->fetch_tlb[k].page = FETCH_NONE;
	memset(c->fetch_large, 0, sizeof c->fetch_large);
	c->fetch_huge = false;
	c->fetch_flushes++;
	engine_forget_jumps(c);
}

/* The bit for the 2 MiB of the address space, or those that share it, around `va`. */
static uint64_t large_bit(uint64_t va)
{
	return UINT64_C(1) << (va >> TLB_LARGE_SHIFT) % 64;
}

static uint64_t *large_word(struct arm64 *c, uint64_t va)
{
	return &c->fetch_large[(va >> TLB_LARGE_SHIFT) % TLB_LARGE_BITS / 64];
}

void fetch_flush_page(struct arm64 *c, uint64_t va)
{
	struct fetch_entry *e = &c->fetch_tlb[va >> BUS_PAGE_BITS & (FETCH_ENTRIES - 1)];
	if (c->fetch_huge || *large_word(c, va) & large_bit(va)) {
		fetch_flush(c);
		return;
	}
	if (e->page != FETCH_NONE && !((e->page ^ va) << 8 >> 8 >> BUS_PAGE_BITS)) {
		e->page = FETCH_NONE;
		c->fetch_flushes++;
	}
	engine_forget_page_jumps(c, va);
}

static void fetch_abort(struct arm64 *c, uint8_t fsc)
{
	c->s.far_el1 = c->s.pc;
	take_sync(c, EC_FETCH_ABORT + (c->s.el != 0), fsc, c->s.pc);
}

static bool fetch_has(const struct fetch_entry *e, const struct arm64 *c)
{
	return e->page == ((c->s.pc & ~(BUS_PAGE_SIZE - 1)) | c->s.el);
}

/* Translate the page of PC into `e`; false: exception taken. */
static bool fetch_fill(struct arm64 *c, struct fetch_entry *e)
{
	struct translation t = mmu_translate(c, c->s.pc, ACCESS_FETCH, mmu_context(&c->s));
	const struct bus_region *r = NULL;
	if (t.fault == FSC_NONE) {
		r = bus_find(c->cpu.machine->bus, t.pa);
		if (!r || r->kind == BUS_MMIO)
			t.fault = FSC_EXTERNAL;
	}
	if (t.fault != FSC_NONE) {
		fetch_abort(c, t.fault);
		return false;
	}
	if (t.page_bits > BUS_PAGE_BITS)
		*large_word(c, c->s.pc) |= large_bit(c->s.pc);
	c->fetch_huge |= t.page_bits > TLB_LARGE_SHIFT;
	e->page = (c->s.pc & ~(BUS_PAGE_SIZE - 1)) | c->s.el;
	e->pa = t.pa & ~(BUS_PAGE_SIZE - 1);
	e->words = (const uint32_t *)(r->host + (e->pa - r->base));
	e->code = code_cache_find(c->cache, e->pa);
	return true;
}

const struct fetch_entry *fetch_cached(const struct arm64 *c, uint64_t pc)
{
	const struct fetch_entry *e = &c->fetch_tlb[pc >> BUS_PAGE_BITS & (FETCH_ENTRIES - 1)];
	return e->page == ((pc & ~(BUS_PAGE_SIZE - 1)) | c->s.el) ? e : NULL;
}

/* The instruction at PC, or NULL when fetching it took an exception. */
const struct insn *arm64_fetch(struct arm64 *c)
{
	struct fetch_entry *e = &c->fetch_tlb[c->s.pc >> BUS_PAGE_BITS & (FETCH_ENTRIES - 1)];
	if (!fetch_has(e, c))
		c->s.pc = mmu_untagged(&c->s, c->s.pc); /* no page with a tag is ever there */
	const uint64_t pc = c->s.pc;
	if (pc & 3) {
		c->s.far_el1 = pc;
		take_sync(c, EC_PC_ALIGNMENT, 0, pc);
		return NULL;
	}
	if (!fetch_has(e, c)) {
		if (!fetch_fill(c, e))
			return NULL;
	} else if (e->code->pa != e->pa) { /* the cache gave its page to another address */
		e->code = code_cache_find(c->cache, e->pa);
	}
	c->code = e->code;
	c->fetch = e->words;
	c->pc_page = pc & ~(BUS_PAGE_SIZE - 1);
	return &e->code->insn[pc >> 2 & (ARM64_PAGE_INSNS - 1)];
}

/* Memory and entry disagree: decode anew, or go on to the next page. */
static const struct insn *refresh(struct arm64 *c, const struct insn *i)
{
	size_t n = (size_t)(i - c->code->insn);
	if (n == ARM64_PAGE_INSNS) {
		c->s.pc = c->pc_page + BUS_PAGE_SIZE;
		return NULL;
	}
	arm64_decode(c->fetch[n], &c->code->insn[n]);
	return i;
}

/* --- Execution --- */

/* Run until the budget is used up, the CPU's attention is wanted, or it waits. */
void arm64_interpret(struct arm64 *c)
{
	const struct insn *i = NULL;
	while (c->cpu.budget > 0) {
		if (!i) {
			i = arm64_fetch(c);
			if (!i) { /* an abort counts as an instruction, so time advances */
				c->cpu.budget--;
				continue;
			}
		}
		while (__builtin_expect(i->w != c->fetch[i - c->code->insn], 0)) {
			i = refresh(c, i);
			if (!i)
				break;
		}
		if (!i)
			continue;
		c->cpu.budget--;
		i = i->exec(c, i);
	}
	if (i)
		c->s.pc = arm64_pc_of(c, i);
}

void arm64_interpret_one(struct arm64 *c)
{
	c->cpu.held += c->cpu.budget - 1;
	c->cpu.budget = 1;
	arm64_interpret(c);
}

static bool interrupt_masked(const struct arm64_state *s, unsigned mask)
{
	return s->daif & mask;
}

static void take_interrupts(struct arm64 *c)
{
	if (c->s.fiq && !interrupt_masked(&c->s, DAIF_F))
		take_exception(c, VECTOR_FIQ, c->s.pc);
	else if (c->s.irq && !interrupt_masked(&c->s, DAIF_I))
		take_exception(c, VECTOR_IRQ, c->s.pc);
}

/* MDSCR_EL1.SS steps EL0, and EL1 where KDE and PSTATE.D allow it. */
static bool step_enabled(const struct arm64_state *s)
{
	if (!(s->mdscr_el1 & MDSCR_SS) || s->oslar & 1)
		return false;
	return s->el == 0 || (s->mdscr_el1 & MDSCR_KDE && !(s->daif & DAIF_D));
}

/* One instruction under software step: run it (SS = 1), or report it done (SS = 0). */
static void step(struct arm64 *c)
{
	if (!c->s.ss) {
		take_sync(c, EC_SOFTWARE_STEP + (c->s.el != 0), 1u << 24 | FSC_DEBUG, c->s.pc);
		return;
	}
	c->s.ss = 0;
	arm64_interpret_one(c);
}

/* One instruction while breakpoints are armed. */
static void run_checked(struct arm64 *c)
{
	if (!debug_breakpoint_hit(c)) {
		arm64_interpret_one(c);
		return;
	}
	take_sync(c, EC_BREAKPOINT + (c->s.el != 0), FSC_DEBUG, c->s.pc);
	c->cpu.budget--;
}

bool arm64_waiting(struct cpu *cpu)
{
	const struct arm64 *c = (const struct arm64 *)cpu;
	return !c->s.powered || (c->s.waiting && !(c->s.irq | c->s.fiq));
}

void arm64_run(struct cpu *cpu)
{
	struct arm64 *c = (struct arm64 *)cpu;
	while (cpu->budget + cpu->held > 0) {
		cpu->budget += cpu->held;
		cpu->held = 0;
		if (arm64_waiting(cpu))
			return;
		c->s.waiting = 0;
		take_interrupts(c);
		if (c->s.il) {
			take_sync(c, EC_ILLEGAL_STATE, 0, c->s.pc);
			cpu->budget = cpu->budget + cpu->held - 1;
			cpu->held = 0;
			continue;
		}
		cpu->budget += cpu->held; /* an interrupt has kicked the CPU already serving it */
		cpu->held = 0;
		if (step_enabled(&c->s))
			step(c);
		else if (debug_breakpoints_armed(&c->s))
			run_checked(c);
		else
			c->execute(c);
	}
}
