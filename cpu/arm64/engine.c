/* The translator's loop of the A64 CPU. */
#include "cpu/arm64/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/arm64/blocks.h"
#include "cpu/arm64/exec.h"
#include "cpu/arm64/lockstep.h"
#include "cpu/arm64/lower.h"
#include "cpu/arm64/mmu.h"
#include "cpu/arm64/registers.h"
#include "cpu/arm64/run.h"
#include "cpu/arm64/table.h"
#include "cpu/fp/fp.h"
#include "jit/flags.h"
#include "jit/jit.h"

#define PAGE_BUCKETS 4096
/* Pages with code that may be known at once; a page costs 8 KiB.  Linux has 10 KiB of code in one.
 */
#define CODE_PER_PAGE 4096
#define PAGES_LEAST   64
#define PAGE_MASK     (BUS_PAGE_SIZE - 1)

/* Code of one page, as seen at one virtual address in one mode. */
struct jit_page {
	struct jit_page *next; /* in the bucket of its physical page */
	uint64_t va, pa;
	uint32_t mode;
	uint64_t no_hint[ARM64_PAGE_INSNS / 64]; /* instructions that access many pages */
	void *code[ARM64_PAGE_INSNS];
};

/* Decoded instructions that translated code refers to. */
#define KEPT_CHUNK 1024
struct kept {
	struct kept *next;
	unsigned count;
	struct insn insn[KEPT_CHUNK];
};

struct engine {
	struct kept *kept;
	struct jit *jit;
	struct jit_page *bucket[PAGE_BUCKETS];
	/* A guest can map one page at any number of addresses, so they are bounded, like code. */
	uint64_t page_count, page_limit;
	struct arm64 *cpus[MACHINE_MAX_CPUS];
	unsigned cpu_count;
	uint64_t drops;        /* pages dropped so far */
	struct ir_block block; /* being translated */
	struct engine_options options;
	uint64_t traps_before,
	    traps_since; /* traps, and instructions executed, when last looked at */
	struct block_list blocks;
	struct engine_stats stats;
};

/* --- Pages --- */

static struct jit_page **bucket_of(struct engine *e, uint64_t pa)
{
	return &e->bucket[(pa >> BUS_PAGE_BITS) % PAGE_BUCKETS];
}

/* Of blocks whose accesses do not share checks: where others found that they are on two pages. */
#define MODE_APART (1u << 5)

/* What a block's code depends on besides its words. */
static uint32_t mode_of(const struct arm64 *c)
{
	bool check_sp = c->s.sctlr_el1 & (c->s.el ? SCTLR_SA : SCTLR_SA0);
	bool el1_with_sp_el0 = c->s.el && !c->s.spsel;
	return (uint32_t)c->context | (uint32_t)c->fp_trapped << 2 | (uint32_t)c->s.uao << 3 |
	       (uint32_t)check_sp << 4 | (uint32_t)el1_with_sp_el0 << 5 | c->s.fpcr;
}

static struct jit_page *find_page(struct engine *e, uint64_t va, uint64_t pa, uint32_t mode)
{
	for (struct jit_page *p = *bucket_of(e, pa); p; p = p->next)
		if (p->va == va && p->pa == pa && p->mode == mode)
			return p;
	return NULL;
}

static struct jit_page *new_page(struct engine *e, uint64_t va, uint64_t pa, uint32_t mode)
{
	struct jit_page **head = bucket_of(e, pa);
	struct jit_page *p = e->page_count < e->page_limit ? calloc(1, sizeof *p) : NULL;
	if (!p)
		return NULL;
	e->page_count++;
	p->va = va;
	p->pa = pa;
	p->mode = mode;
	p->next = *head;
	*head = p;
	return p;
}

bool engine_has_code(const struct engine *e, uint64_t pa)
{
	pa &= ~PAGE_MASK;
	for (struct jit_page *p = *bucket_of((struct engine *)e, pa); p; p = p->next)
		if (p->pa == pa)
			return true;
	return false;
}

/* From now on writes to the page must be seen. */
static void protect(struct engine *e, const uint8_t *host)
{
	for (unsigned n = 0; n < e->cpu_count; n++)
		tlb_forbid_writes(e->cpus[n], host);
}

static void forget_all_jumps(struct engine *e)
{
	for (unsigned n = 0; n < e->cpu_count; n++)
		engine_forget_jumps(e->cpus[n]);
}

static void drop_page(struct engine *e, uint64_t pa)
{
	bool any = false;
	for (struct jit_page **p = bucket_of(e, pa); *p;) {
		struct jit_page *old = *p;
		if (old->pa != pa) {
			p = &old->next;
			continue;
		}
		*p = old->next;
		free(old);
		e->page_count--;
		any = true;
	}
	if (any) {
		e->drops++;
		forget_all_jumps(e);
	}
}

void engine_written(struct engine *e, uint64_t pa, uint64_t size)
{
	for (uint64_t page = pa & ~PAGE_MASK; page < pa + size; page += BUS_PAGE_SIZE)
		drop_page(e, page);
}

const struct insn *engine_keep(struct engine *e, uint32_t word)
{
	if (!e->kept || e->kept->count == KEPT_CHUNK) {
		struct kept *k = malloc(sizeof *k);
		if (!k)
			return NULL;
		k->next = e->kept;
		k->count = 0;
		e->kept = k;
	}
	struct insn *i = &e->kept->insn[e->kept->count++];
	arm64_decode(word, i);
	return i;
}

static void free_pages(struct engine *e)
{
	while (e->kept) {
		struct kept *k = e->kept;
		e->kept = k->next;
		free(k);
	}
	for (unsigned k = 0; k < PAGE_BUCKETS; k++) {
		while (e->bucket[k]) {
			struct jit_page *p = e->bucket[k];
			e->bucket[k] = p->next;
			free(p);
		}
	}
	e->page_count = 0;
}

void engine_forget_code(struct engine *e)
{
	free_pages(e);
	blocks_clear(&e->blocks);
	jit_flush(e->jit);
	e->drops++;
	forget_all_jumps(e);
}

void engine_forget_jumps(struct arm64 *c)
{
	if (!c->engine || !c->has_jumps)
		return;
	c->has_jumps = false;
	memset(c->jump_pages, 0, sizeof c->jump_pages);
	for (unsigned k = 0; k < TLB_CONTEXTS; k++)
		for (unsigned n = 0; n < JIT_JUMP_ENTRIES; n++)
			c->jump[k][n].pc = jit_no_pc(n);
}

static uint64_t *jump_page(struct arm64 *c, uint64_t pc, uint64_t *bit)
{
	*bit = UINT64_C(1) << (pc >> BUS_PAGE_BITS) % 64;
	return &c->jump_pages[(pc >> BUS_PAGE_BITS) % JUMP_PAGE_BITS / 64];
}

void engine_forget_page_jumps(struct arm64 *c, uint64_t va)
{
	uint64_t bit;
	if (*jump_page(c, va, &bit) & bit)
		engine_forget_jumps(c);
}

/* --- Condition flags in and out of the translated code's form --- */

static void flags_in(struct arm64 *c)
{
	c->flags.kind = JIT_FLAGS_PACKED;
	c->flags.a = c->s.nzcv;
}

static void flags_out(struct arm64 *c)
{
	c->s.nzcv = jit_flags_pack(c->flags.kind, c->flags.a, c->flags.b);
}

/* --- Floating point --- */

/* Rounding in FPCR: to nearest, up, down, to zero. */
static void fp_in(struct arm64 *c)
{
	static const uint8_t rounding[4] = {0, 2, 1, 3};
	c->jit.fp_control = JIT_FP_CONTROL(rounding[c->s.fpcr >> 22 & 3]) &
			    (jit_traps(c->engine->jit) ? ~(uint32_t)JIT_FP_MASK_INVALID : ~0u);
}

static void fp_out(struct arm64 *c)
{
	static const struct {
		uint32_t jit, fpsr;
	} map[] = {{JIT_FP_INVALID, FPSR_IOC}, {JIT_FP_DIVIDE, FPSR_DZC},
	    {JIT_FP_OVERFLOW, FPSR_OFC}, {JIT_FP_UNDERFLOW, FPSR_UFC}, {JIT_FP_INEXACT, FPSR_IXC}};
	for (unsigned k = 0; c->jit.fp_status && k < sizeof map / sizeof *map; k++)
		if (c->jit.fp_status & map[k].jit)
			c->s.fpsr |= map[k].fpsr;
	c->jit.fp_status = 0;
}

/* --- Helpers that translated code calls --- */

static void slow(void *guest, const void *data)
{
	struct arm64 *c = guest;
	const struct insn *i = data;
	c->jit.helpers++;
	i->exec(c, i);
}

static uintptr_t probe(void *guest)
{
	struct arm64 *c = guest;
	unsigned size = c->jit.probe_info & 0xff;
	bool write = c->jit.probe_info >> 8 & 1;
	c->engine->stats.tlb_misses++;
	enum tlb_context context = c->jit.probe_info >> 9 & 3;
	return mem_probe(c, context, c->jit.probe_address, size, write);
}

static bool wants_attention(const struct arm64 *c)
{
	return (c->s.irq && !(c->s.daif & DAIF_I)) || (c->s.fiq && !(c->s.daif & DAIF_F)) ||
	       c->s.waiting || !c->s.powered || c->s.il || c->s.mdscr_el1 & MDSCR_SS;
}

/* The budget has been charged for the whole block; give back what has not run, and interpret. */
static bool call(void *guest)
{
	struct arm64 *c = guest;
	struct cpu *cpu = &c->cpu;
	const int64_t rest = (int64_t)c->jit.probe_rest;
	const uint32_t mode = mode_of(c);
	const uint64_t drops = c->engine->drops, next = c->jit.probe_pc + 4;
	const uint64_t flushes = c->fetch_flushes;
	c->engine->stats.calls++;
	c->s.pc = c->jit.probe_pc;
	cpu->budget += rest;
	const int64_t expected = cpu->budget + cpu->held - 1;
	flags_out(c);
	fp_out(c);
	arm64_interpret_one(c);
	flags_in(c);
	if (c->s.pc != next || cpu->budget + cpu->held != expected || wants_attention(c) ||
	    mode != mode_of(c) || drops != c->engine->drops || flushes != c->fetch_flushes)
		return true;
	cpu->budget += cpu->held - (rest - 1);
	cpu->held = 0;
	return false;
}

static uint64_t executed(void *guest)
{
	const struct arm64 *c = guest;
	return c->cpu.retired + cpu_done(&c->cpu);
}

/* --- Translation --- */

/* The block in e->block, with the code of the one translated last if there is any. */
static struct engine_block describe_block(
    struct engine *e, const uint32_t *words, const struct jit_range code[2])
{
	struct engine_block b = {.pc = e->block.pc,
	    .words = words,
	    .count = e->block.guest_count,
	    .ir = &e->block,
	    .disassemble = arm64_disassemble};
	for (unsigned k = 0; k < 2; k++)
		b.code[k] = (struct engine_code){code[k].at, code[k].offset, code[k].size};
	return b;
}

/* Note where the block's code is, and tell who watches. */
static void translated(struct engine *e, const struct jit_page *p, const uint32_t *words, size_t n)
{
	struct block_origin o = {e->block.pc, p->pa + 4 * n, {{0}}};
	jit_last_code(e->jit, o.code);
	blocks_add(&e->blocks, &o);
	if (e->options.watch) {
		struct engine_block b = describe_block(e, words + n, o.code);
		e->options.watch(e->options.watch_owner, &b, ENGINE_TRANSLATED);
	}
}

static void lowered(struct engine *e, const uint32_t *words)
{
	static const struct jit_range none[2];
	if (e->options.watch) {
		struct engine_block b = describe_block(e, words, none);
		e->options.watch(e->options.watch_owner, &b, ENGINE_LOWERED);
	}
}

bool engine_crashed(
    struct engine *e, struct arm64 *c, const struct engine_crash *crash, struct engine_block *b)
{
	if (!jit_holds(e->jit, crash->at))
		return false;
	jit_recover(e->jit, c, crash->gpr, crash->vector, crash->vectors);
	flags_out(c);
	const struct block_origin *o = blocks_find(&e->blocks, crash->at);
	const struct bus_region *r = o ? bus_find(c->cpu.machine->bus, o->pa) : NULL;
	*b = (struct engine_block){.count = 0};
	if (!r || !r->host)
		return true;
	const uint32_t *words = (const uint32_t *)(r->host + (o->pa - r->base));
	arm64_lower_block(&e->block, c, words, o->pc, false);
	ir_finish(&e->block);
	*b = describe_block(e, words, o->code);
	return true;
}

static uint64_t bits_from(const uint64_t *bits, size_t n)
{
	uint64_t v = bits[n / 64] >> n % 64;
	return n % 64 && n / 64 + 1 < ARM64_PAGE_INSNS / 64 ? v | bits[n / 64 + 1] << (64 - n % 64)
							    : v;
}

/* For the instructions of the block at instruction `n`, up to where it turns and from there on. */
static uint64_t no_hint(const struct ir_block *b, const struct jit_page *p, size_t n)
{
	const uint64_t bits = bits_from(p->no_hint, n);
	if (!b->turn)
		return bits;
	const size_t turn = b->turn_pc >> 2 & (ARM64_PAGE_INSNS - 1);
	return (bits & ((UINT64_C(1) << b->turn) - 1)) | bits_from(p->no_hint, turn) << b->turn;
}

/* The block at instruction `n` of page `p`, whose words are `words`. */
static void *translate(
    struct engine *e, struct arm64 *c, struct jit_page *p, const uint32_t *words, size_t n)
{
	const size_t used = jit_code_used(e->jit);
	const bool apart = p->mode & MODE_APART;
	uint64_t (*const clock)(void) = e->options.clock;
	const uint64_t start = clock ? clock() : 0;
	arm64_lower_block(&e->block, c, words + n, p->va + n * 4, apart);
	lowered(e, words + n);
	ir_finish(&e->block);
	e->block.no_hint = apart ? UINT64_MAX : no_hint(&e->block, p, n);
	void *code = jit_compile(e->jit, &e->block);
	if (!code)
		return NULL;
	p->code[n] = code;
	e->stats.blocks++;
	e->stats.instructions += e->block.guest_count;
	e->stats.code_bytes += jit_code_used(e->jit) - used;
	e->stats.translate_ns += clock ? clock() - start : 0;
	translated(e, p, words, n);
	return code;
}

/* A running block is translated again; not if it takes a search to find what it came from. */
static void weak(void *guest, uint64_t pc, int distance)
{
	struct arm64 *c = guest;
	const struct fetch_entry *f = fetch_cached(c, pc);
	struct jit_page *p = f ? find_page(c->engine, pc & ~PAGE_MASK, f->pa, mode_of(c)) : NULL;
	size_t n = pc >> 2 & (ARM64_PAGE_INSNS - 1);
	void *old = p ? p->code[n] : NULL;
	if (!old)
		return;
	const size_t at = (n + (size_t)distance) % ARM64_PAGE_INSNS;
	p->no_hint[at / 64] |= UINT64_C(1) << at % 64;
	void *code = translate(c->engine, c, p, f->words, n);
	if (code)
		jit_replace(c->engine->jit, old, code);
}

/* --- The loop --- */

/* Code for PC, or NULL when fetching took an exception or the host is out of memory. */
static void *find_code(struct engine *e, struct arm64 *c, bool apart)
{
	const struct insn *i = arm64_fetch(c);
	if (!i) {
		c->cpu.budget--;
		return NULL;
	}
	const uint64_t pa = c->code->pa;
	const uint32_t mode = mode_of(c) | (apart ? MODE_APART : 0);
	struct jit_page *p = find_page(e, c->pc_page, pa, mode);
	if (!p) {
		bool fresh = !engine_has_code(e, pa);
		p = new_page(e, c->pc_page, pa, mode);
		if (p && fresh)
			protect(e, (const uint8_t *)c->fetch);
	}
	const size_t n = (size_t)(i - c->code->insn);
	void *code = p ? p->code[n] : NULL;
	if (p && !code)
		code = translate(e, c, p, c->fetch, n);
	if (!code) {
		e->stats.flushes++;
		engine_forget_code(e);
		return NULL;
	}
	if (c->lockstep || apart)
		return code;
	struct jit_jump *j = &c->jump[c->context][c->s.pc >> 2 & (JIT_JUMP_ENTRIES - 1)];
	uint64_t bit;
	*j = (struct jit_jump){c->s.pc, code};
	c->has_jumps = true;
	*jump_page(c, c->s.pc, &bit) |= bit;
	return code;
}

bool engine_translate(struct arm64 *c)
{
	return find_code(c->engine, c, false) != NULL;
}

static void run_translated(struct engine *e, struct arm64 *c)
{
	uint64_t site = 0, drops = e->drops;
	bool apart = false;
	while (c->cpu.budget > 0) {
		void *code = find_code(e, c, apart);
		if (!code) {
			if (c->cpu.budget > 0)
				arm64_interpret_one(c);
			return;
		}
		if (site && drops == e->drops && !c->lockstep)
			jit_link(e->jit, site, code);
		drops = e->drops;
		flags_in(c);
		fp_in(c);
		c->jit.site = 0;
		if (c->lockstep)
			lockstep_before(c->lockstep, c);
		jit_enter(e->jit, c, code);
		flags_out(c);
		fp_out(c);
		if (c->lockstep)
			lockstep_after(c->lockstep, c);
		switch ((enum jit_reason)c->jit.reason) {
		case JIT_APART:
		case JIT_LOOKUP:
			apart = c->jit.reason == JIT_APART;
			site = c->jit.site; /* to be linked to what is found next */
			e->stats.lookups++;
			break;
		case JIT_BUDGET: arm64_interpret(c); return;
		case JIT_SINGLE:
			e->stats.singles++;
			arm64_interpret_one(c);
			return;
		default: return;
		}
	}
}

/* A trap costs as much as some 10000 instructions, checking for invalid operations one or two. */
#define TRAPS_AT_ONCE  256
#define INSNS_PER_TRAP 20000

/* Do without traps if there are too many. */
static void look_at_traps(struct engine *e, struct arm64 *c)
{
	const uint64_t traps = jit_trap_count(e->jit) - e->traps_before;
	if (traps < TRAPS_AT_ONCE || e->options.traps != ENGINE_TRAPS_SELDOM || !jit_traps(e->jit))
		return;
	const uint64_t now = executed(c);
	if (now - e->traps_since < traps * INSNS_PER_TRAP) {
		engine_forget_code(e);
		jit_mask_traps(e->jit);
	}
	e->traps_before += traps;
	e->traps_since = now;
}

static void execute(struct arm64 *c)
{
	struct engine *e = c->engine;
	look_at_traps(e, c);
	if (!(c->s.sctlr_el1 & SCTLR_M)) {
		arm64_interpret(c);
		return;
	}
	uint32_t mode = mode_of(c) & ~3u;
	if (mode != c->jump_mode) {
		engine_forget_jumps(c);
		c->jump_mode = mode;
	}
	run_translated(e, c);
}

/* --- Life --- */

static void dma_wrote(void *owner, uint64_t pa, uint64_t n)
{
	engine_written(owner, pa, n);
}

#define OFFSET(member) ((uint32_t)offsetof(struct arm64, member))

static struct jit_guest describe(void)
{
	static const uint8_t pinned[JIT_PINNED] = {0, 1, 2, 3, 4, 5, 19, 20, 30, 32};
	/* Compilers use V8 to V15 last: calls preserve their halves. */
	static const uint8_t vector[JIT_VECTORS] = {0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 31, 30,
	    29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 8, 9, 10, 11};
	struct jit_guest g = {
	    .budget = OFFSET(cpu.budget),
	    .flags_kind = OFFSET(flags.kind),
	    .flags_a = OFFSET(flags.a),
	    .flags_b = OFFSET(flags.b),
	    .pc = OFFSET(s.pc),
	    .site = OFFSET(jit.site),
	    .reason = OFFSET(jit.reason),
	    .probe_address = OFFSET(jit.probe_address),
	    .probe_info = OFFSET(jit.probe_info),
	    .probe_pc = OFFSET(jit.probe_pc),
	    .probe_rest = OFFSET(jit.probe_rest),
	    .helpers = OFFSET(jit.helpers),
	    .tlb_read = offsetof(struct tlb_entry, read),
	    .tlb_write = offsetof(struct tlb_entry, write),
	    .tlb_addend = offsetof(struct tlb_entry, addend),
	    .tlb_entries = TLB_ENTRIES,
	    .page_bits = BUS_PAGE_BITS,
	    .vectors_live = OFFSET(jit.vectors_live),
	    .fp_control = OFFSET(jit.fp_control),
	    .fp_status = OFFSET(jit.fp_status),
	    .probe = probe,
	    .call = call,
	    .clock = executed,
	    .weak = weak,
	    .hints = ARM64_HINTS,
	    .hint_misses = OFFSET(hint_misses),
	    .loops = ARM64_LOOPS,
	    .loop_warm = OFFSET(loop_warm),
	    .slow = slow,
	};
	for (unsigned k = 0; k < JIT_PINNED; k++)
		g.pinned[k] = OFFSET(s.x) + pinned[k] * 8u;
	for (unsigned k = 0; k < JIT_VECTORS; k++)
		g.vector[k] = OFFSET(s.v) + vector[k] * 16u;
	for (unsigned k = 0; k < JIT_CONTEXTS; k++) {
		g.tlb[k] = OFFSET(tlb[k]);
		g.hint[k] = OFFSET(hint[k]);
		g.jump[k] = OFFSET(jump) + k * (uint32_t)sizeof(struct jit_jump) * JIT_JUMP_ENTRIES;
	}
	return g;
}

bool engine_attach(struct arm64 *const *cpus, unsigned count, const struct engine_options *o,
    char *why, size_t size)
{
	struct engine *e = calloc(1, sizeof *e);
	struct jit_guest guest = describe();
	struct jit_options options = {
	    .bytes = o->cache_bytes ? o->cache_bytes : ENGINE_CACHE_BYTES,
	    .evaluate = o->kind == ENGINE_EVAL,
	    .avx2_only = o->avx2_only,
	    .emit_all = o->emit_all,
	    .anonymous = o->anonymous,
	    .traps = o->traps != ENGINE_TRAPS_NEVER,
	    .random = o->random,
	};
	snprintf(why, size, "the host is out of memory");
	if (e)
		e->jit = jit_new(&guest, &options, why, size);
	if (!e || !e->jit) {
		free(e);
		return false;
	}
	e->options = *o;
	e->page_limit = PAGES_LEAST + options.bytes / CODE_PER_PAGE;
	e->cpu_count = count;
	for (unsigned n = 0; n < count; n++) {
		e->cpus[n] = cpus[n];
		cpus[n]->engine = e;
		cpus[n]->execute = execute;
		cpus[n]->lockstep = o->lockstep ? lockstep_new() : NULL;
		cpus[n]->has_jumps = true; /* none is valid yet */
		for (unsigned k = 0; k < TLB_CONTEXTS * ARM64_HINTS; k++)
			cpus[n]->hint[k / ARM64_HINTS][k % ARM64_HINTS] =
			    cpus[n]->tlb[k / ARM64_HINTS];
		memset(cpus[n]->loop_warm, JIT_LOOP_WARM, sizeof cpus[n]->loop_warm);
		tlb_flush_all(cpus[n]);
	}
	bus_watch_dma(cpus[0]->cpu.machine->bus, dma_wrote, e);
	return true;
}

void engine_free(struct engine *e)
{
	if (!e)
		return;
	free_pages(e);
	blocks_free(&e->blocks);
	jit_free(e->jit);
	free(e);
}

struct engine_stats engine_stats(const struct engine *e)
{
	struct engine_stats s = e->stats;
	s.fp_traps = jit_trap_count(e->jit);
	for (unsigned n = 0; n < e->cpu_count; n++)
		s.helpers += e->cpus[n]->jit.helpers;
	return s;
}
