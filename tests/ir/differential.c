/* Random blocks, evaluated and run as host code on the same guest struct: all of it must be equal
 * afterwards.
 *
 * The guest has ten pinned slots and thirty others, vectors, flags in any lazy form, and eight
 * pages: four of RAM, one that cannot be written, the others refused.  A page may be in the TLB or
 * not.  Chains of blocks run through links and the jump cache. */
#include <criterion/criterion.h>
#include <string.h>

#include "jit/eval.h"
#include "jit/flags.h"
#include "jit/ir_text.h"
#include "tests/ir/make.h"

enum { BLOCKS = 20000, CHAINS = 1000 };
#define CODE_BASE UINT64_C(0x40008800)

/* --- Helpers --- */

static void note(struct guest *g, uint64_t v)
{
	g->log = (g->log ^ v) * UINT64_C(0x9e3779b97f4a7c15) + 1;
}

/* Everything that must be complete at a barrier. */
static void note_registers(struct guest *g)
{
	for (unsigned k = 0; k < SLOTS; k++)
		note(g, g->slot[k]);
	for (unsigned k = 0; k < VECTORS; k++) {
		note(g, g->vector[k][0]);
		note(g, g->vector[k][1]);
	}
}

/* Fills the TLB as a CPU does. */
static uintptr_t probe(void *guest)
{
	struct guest *g = guest;
	uint64_t address = g->probe_address, at = address - RAM_BASE, size = g->probe_info & 0xff;
	bool write = g->probe_info >> 8 & 1;
	uint64_t page = at >> PAGE_BITS;
	note(g, address);
	note(g, g->probe_info);
	note(g, g->probe_pc);
	note(g, g->probe_rest);
	note_registers(g);
	if (page >= RAM_PAGES || (at + size - 1) >> PAGE_BITS != page ||
	    (write && page == RAM_PAGES - 1))
		return 0;
	struct tlb_entry *t =
	    &g->tlb[g->probe_info >> 9 & 3][address >> PAGE_BITS & (TLB_ENTRIES - 1)];
	t->addend = (uintptr_t)g->ram - RAM_BASE;
	t->read = address & ~UINT64_C(0xfff);
	t->write = page == RAM_PAGES - 1 ? NO_TAG : t->read;
	return t->addend;
}

/* Sees all registers and the flags, and changes some of each. */
static bool call(void *guest)
{
	struct guest *g = guest;
	struct random r = {g->probe_pc ^ g->log};
	note(g, g->probe_pc);
	note(g, g->probe_rest);
	note(g, jit_flags_pack(g->flags_kind, g->flags_a, g->flags_b));
	note_registers(g);
	g->slot[random_below(&r, SLOTS)] = random_next(&r);
	g->slot[random_below(&r, JIT_PINNED)] ^= random_next(&r);
	g->vector[random_below(&r, VECTORS)][random_below(&r, 2)] ^= random_next(&r);
	g->flags_kind = JIT_FLAGS_PACKED;
	g->flags_a = random_below(&r, 16);
	g->pc = random_next(&r);
	return random_chance(&r, 30);
}

/* The slots a HELPER with bounds may change; those of one without are all. */
enum { HELPER_FIRST = 20, HELPER_LAST = 29 };

static void helper(void *guest, const void *data)
{
	struct guest *g = guest;
	struct random r = {g->log ^ *(const uint64_t *)data};
	for (unsigned k = HELPER_FIRST; k <= HELPER_LAST; k++) {
		note(g, g->slot[k]);
		if (random_chance(&r, 40))
			g->slot[k] = random_next(&r);
	}
}

/* As the functions of instructions on vectors. */
static void helper_vectors(void *guest, const void *data)
{
	struct guest *g = guest;
	struct random r = {g->log ^ *(const uint64_t *)data};
	for (unsigned k = 0; k < VECTORS; k++) {
		note(g, g->vector[k][0] ^ g->vector[k][1]);
		if (random_chance(&r, 20))
			g->vector[k][random_below(&r, 2)] = random_next(&r);
	}
}

static void helper_any(void *guest, const void *data)
{
	struct guest *g = guest;
	struct random r = {g->log ^ *(const uint64_t *)data};
	note_registers(g);
	for (unsigned k = 0; k < SLOTS; k++)
		if (random_chance(&r, 20))
			g->slot[k] = random_next(&r);
	helper_vectors(guest, data);
}

/* No time passes, so every hint that has missed 256 times is given up. */
static uint64_t clock(void *guest)
{
	return 0;
}

static void weak(void *guest, uint64_t pc, int at);

static struct jit_guest describe(void)
{
	struct jit_guest g = {
	    .budget = OFFSET(budget),
	    .flags_kind = OFFSET(flags_kind),
	    .flags_a = OFFSET(flags_a),
	    .flags_b = OFFSET(flags_b),
	    .pc = OFFSET(pc),
	    .site = OFFSET(site),
	    .reason = OFFSET(reason),
	    .probe_address = OFFSET(probe_address),
	    .probe_info = OFFSET(probe_info),
	    .probe_pc = OFFSET(probe_pc),
	    .probe_rest = OFFSET(probe_rest),
	    .helpers = OFFSET(helpers),
	    .tlb_read = offsetof(struct tlb_entry, read),
	    .tlb_write = offsetof(struct tlb_entry, write),
	    .tlb_addend = offsetof(struct tlb_entry, addend),
	    .tlb_entries = TLB_ENTRIES,
	    .page_bits = PAGE_BITS,
	    .probe = probe,
	    .call = call,
	    .clock = clock,
	    .weak = weak,
	    .hints = HINTS,
	    .loops = LOOPS,
	    .loop_warm = OFFSET(loop_warm),
	    .hint_misses = OFFSET(hint_misses),
	    .vectors_live = OFFSET(vectors_live),
	    .fp_control = OFFSET(fp_control),
	    .fp_status = OFFSET(fp_status),
	    .slow = guest_slow,
	};
	for (unsigned k = 0; k < JIT_VECTORS; k++)
		g.vector[k] = VECTOR(k);
	for (unsigned k = 0; k < JIT_PINNED; k++)
		g.pinned[k] = SLOT(k);
	for (unsigned k = 0; k < JIT_CONTEXTS; k++) {
		g.tlb[k] = OFFSET(tlb[k]);
		g.jump[k] = OFFSET(jump[k]);
		g.hint[k] = OFFSET(hint[k]);
	}
	return g;
}

static void fill_tlb(struct random *r, struct guest *g)
{
	for (unsigned c = 0; c < JIT_CONTEXTS; c++) {
		for (unsigned n = 0; n < 2 * TLB_ENTRIES; n++)
			g->tlb[c][n] = (struct tlb_entry){NO_TAG, NO_TAG, 0, 0};
		for (unsigned n = 0; n < RAM_PAGES; n++) {
			struct tlb_entry *t = &g->tlb[c][n + random_below(r, 2) * TLB_ENTRIES];
			if (random_chance(r, 40))
				continue;
			t->addend = (uintptr_t)g->ram - RAM_BASE;
			t->read = RAM_BASE + n * (uint64_t)PAGE;
			t->write = n == RAM_PAGES - 1 || random_chance(r, 20) ? NO_TAG : t->read;
		}
	}
}

static void fill_guest(struct random *r, struct guest *g)
{
	memset(g, 0, sizeof *g);
	for (unsigned k = 0; k < SLOTS; k++)
		g->slot[k] = any_value(r);
	for (unsigned k = 0; k < VECTORS; k++)
		for (unsigned half = 0; half < 2; half++)
			g->vector[k][half] = any_lanes(r);
	g->fp_control = JIT_FP_CONTROL(random_chance(r, 70) ? 0 : random_below(r, 4));
	for (unsigned k = 0; k < sizeof g->ram; k++)
		g->ram[k] = (uint8_t)random_next(r);
	g->flags_kind = random_below(r, JIT_FLAGS_FCMP64 + 1);
	g->flags_a = g->flags_kind == JIT_FLAGS_PACKED ? random_below(r, 16) : any_value(r);
	g->flags_b = random_chance(r, 20) ? g->flags_a : any_value(r);
	if (random_chance(r, 20))
		g->flags_kind |= JIT_FLAGS_IF | (random_below(r, 16) << 8) |
				 (random_chance(r, 50) ? JIT_FLAGS_NOT : 0) |
				 (uint64_t)random_below(r, 2) << 32;
	g->budget = random_chance(r, 5) ? (int64_t)random_below(r, 8) : 1000;
	for (unsigned c = 0; c < JIT_CONTEXTS; c++)
		for (unsigned n = 0; n < JIT_JUMP_ENTRIES; n++)
			g->jump[c][n].pc = jit_no_pc(n);
	fill_tlb(r, g);
	for (unsigned n = 0; n < LOOPS; n++)
		g->loop_warm[n] = (uint8_t)random_below(r, JIT_LOOP_WARM + 1);
	for (unsigned c = 0; c < JIT_CONTEXTS; c++) {
		for (unsigned n = 0; n < HINTS; n++) {
			g->hint[c][n] = &g->tlb[c][random_below(r, RAM_PAGES)];
			g->hint_misses[c][n] = (uint8_t)random_below(r, 4);
		}
	}
}

/* --- Random blocks --- */

ir_ref keep_value(struct maker *m, ir_ref v)
{
	return m->value[m->values++ % POOL] = v;
}

void keep_flags(struct maker *m, ir_ref v)
{
	m->flags[m->flag_values++ % 4] = v;
}

ir_ref some_value(struct maker *m)
{
	unsigned have = m->values < POOL ? m->values : POOL;
	if (have && random_chance(m->r, 60))
		return m->value[random_below(m->r, have)];
	if (random_chance(m->r, 35))
		return ir_const(m->b, any_value(m->r));
	return keep_value(m, ir_get(m->b, IR_I64, SLOT(random_below(m->r, SLOTS))));
}

ir_ref some_flags(struct maker *m)
{
	unsigned have = m->flag_values < 4 ? m->flag_values : 4;
	if (have && random_chance(m->r, 75))
		return m->flags[random_below(m->r, have)];
	return ir_get_flags(m->b);
}

static enum ir_type some_type(struct maker *m)
{
	return random_chance(m->r, 50) ? IR_I64 : IR_I32;
}

static unsigned some_slot(struct maker *m)
{
	return random_below(m->r, random_chance(m->r, 50) ? JIT_PINNED : SLOTS);
}

static void make_binary(struct maker *m)
{
	static const enum ir_op ops[] = {IR_ADD, IR_SUB, IR_MUL, IR_UDIV, IR_SDIV, IR_AND, IR_OR,
	    IR_XOR, IR_SHL, IR_SHR, IR_SAR, IR_ROR, IR_UMULH, IR_SMULH};
	enum ir_op op = ops[random_below(m->r, sizeof ops / sizeof *ops)];
	enum ir_type type = op == IR_UMULH || op == IR_SMULH ? IR_I64 : some_type(m);
	ir_ref a = some_value(m), c = some_value(m);
	keep_value(m, ir_binary(m->b, op, type, a, c));
}

static void make_unary(struct maker *m)
{
	enum ir_op first = IR_SEXT8, op = first + random_below(m->r, IR_BSWAP - first + 1);
	if (random_chance(m->r, 30))
		op = random_chance(m->r, 50) ? IR_NOT : IR_NEG;
	keep_value(m, ir_unary(m->b, op, some_type(m), some_value(m)));
}

static void make_extr(struct maker *m)
{
	enum ir_type type = some_type(m);
	unsigned lsb = 1 + random_below(m->r, type == IR_I64 ? 63 : 31);
	ir_ref high = some_value(m), low = some_value(m);
	keep_value(m, ir_extr(m->b, type, high, low, lsb));
}

static ir_ref make_arithmetic_flags(struct maker *m)
{
	static const enum ir_op ops[] = {IR_ADDS, IR_SUBS, IR_SUBS, IR_ANDS};
	ir_ref a = some_value(m), c = some_value(m);
	ir_ref v = ir_append(m->b, ops[random_below(m->r, 4)], some_type(m), a, c, 0, 0, 0);
	keep_flags(m, v);
	if (random_chance(m->r, 50))
		keep_value(m, v);
	return v;
}

static void make_flags(struct maker *m)
{
	ir_ref v = make_arithmetic_flags(m);
	if (random_chance(m->r, 60))
		ir_set_flags(m->b, v);
}

static void make_set_flags(struct maker *m)
{
	if (random_chance(m->r, 20))
		keep_value(m, ir_get_flags(m->b));
	ir_set_flags(m->b, some_flags(m));
}

static void make_ccmp(struct maker *m)
{
	ir_ref before = some_flags(m);
	ir_ref then = random_chance(m->r, 70) ? make_arithmetic_flags(m) : some_flags(m);
	ir_ref v = ir_ccmp(m->b, before, then, random_below(m->r, 16), random_below(m->r, 16));
	keep_flags(m, v);
	if (random_chance(m->r, 30))
		keep_value(m, v);
	if (random_chance(m->r, 70))
		ir_set_flags(m->b, v);
}

static void make_select(struct maker *m)
{
	ir_ref flags = some_flags(m), yes = some_value(m), no = some_value(m);
	keep_value(m, ir_select(m->b, some_type(m), flags, random_below(m->r, 16), yes, no));
}

static void make_set(struct maker *m)
{
	ir_set(m->b, SLOT(some_slot(m)), some_value(m));
}

ir_ref make_address(struct maker *m, int32_t *disp)
{
	unsigned page = random_below(m->r, random_chance(m->r, 3) ? MAPPED_PAGES : RAM_PAGES - 1);
	*disp = random_chance(m->r, 40) ? 0 : (int32_t)random_below(m->r, 512) - 256;
	uint64_t at = RAM_BASE + page * (uint64_t)PAGE;
	at += random_chance(m->r, 3) ? PAGE - 1 - random_below(m->r, 8) : 512;
	ir_ref low = ir_binary(m->b, IR_AND, IR_I64, some_value(m), ir_const(m->b, 0x7f8));
	if (random_chance(m->r, 30))
		return ir_const(m->b, at - (uint64_t)(int64_t)*disp);
	return ir_binary(m->b, IR_ADD, IR_I64, low, ir_const(m->b, at - (uint64_t)(int64_t)*disp));
}

static ir_ref make_load_of(struct maker *m, bool host, ir_ref address, int32_t disp, unsigned most)
{
	unsigned size = random_below(m->r, most + 1);
	enum ir_type type = size == 3 ? IR_I64 : some_type(m);
	unsigned info = size | (random_chance(m->r, 40) ? IR_MEM_SIGNED : 0);
	return (host ? ir_load_host : ir_load)(m->b, type, info, address, disp);
}

static void make_load(struct maker *m)
{
	int32_t disp;
	ir_ref address = make_address(m, &disp);
	keep_value(m, make_load_of(m, false, address, disp, 3));
}

static void make_store(struct maker *m)
{
	int32_t disp;
	ir_ref address = make_address(m, &disp), v = some_value(m);
	ir_store(m->b, random_below(m->r, 4), address, disp, v);
}

static void make_probe(struct maker *m)
{
	int32_t disp;
	bool write = random_chance(m->r, 50);
	ir_ref address = make_address(m, &disp), v = some_value(m);
	ir_ref host = ir_probe(m->b, 4, write, address, disp);
	ir_ref low = make_load_of(m, true, host, 0, 3);
	if (write)
		ir_store_host(m->b, random_below(m->r, 4), host, 8, v);
	else
		keep_value(m, make_load_of(m, true, host, 8, 3));
	keep_value(m, low);
}

/* Accesses off one base, some of which share a check afterwards. */
static void make_group(struct maker *m)
{
	int32_t disp;
	ir_ref address = make_address(m, &disp), v = some_value(m);
	for (unsigned k = 2 + random_below(m->r, 3); k > 0; k--) {
		int32_t near = disp + (int32_t)random_below(m->r, 128) - 64;
		unsigned size = random_below(m->r, 4);
		bool write = random_chance(m->r, 40);
		ir_ref host = ir_probe(m->b, size, write, address, near);
		if (write)
			ir_store_host(m->b, size, host, 0, v);
		else
			keep_value(m, ir_load_host(m->b, IR_I64, size, host, 0));
	}
}

static void make_budget(struct maker *m)
{
	keep_value(m, ir_append(m->b, IR_BUDGET, IR_I64, 0, 0, 0, 0, 0));
}

static void make_refuse(struct maker *m)
{
	ir_ref v = some_value(m);
	if (!m->leaves)
		v = ir_binary(m->b, IR_AND, IR_I64, v, ir_const(m->b, ~UINT64_C(0xff)));
	uint64_t imm =
	    m->leaves && random_chance(m->r, 30) ? UINT64_MAX : 1 + random_below(m->r, 255);
	ir_append(m->b, IR_REFUSE, IR_I64, v, 0, 0, 0, imm);
}

static uint64_t chain_pc(unsigned k)
{
	return CODE_BASE + (k & 3) * 0x100 + (k >> 2) * (uint64_t)PAGE;
}

static uint64_t some_target(struct maker *m)
{
	if (random_chance(m->r, 70))
		return chain_pc(random_below(m->r, CHAIN));
	uint64_t pc = random_chance(m->r, 50) ? CODE_BASE : any_value(m->r);
	return (pc & ~UINT64_C(0x3ff)) + 4 * random_below(m->r, 256);
}

static void make_exit(struct maker *m)
{
	uint64_t pc = some_target(m);
	if (!m->leaves)
		return;
	if (random_chance(m->r, 60)) {
		ir_exit(m->b, IR_EXIT_COND, IR_VOID, some_flags(m), random_below(m->r, 16), pc);
	} else if (random_chance(m->r, 50)) {
		ir_exit(m->b, IR_EXIT_BIT, IR_I64, some_value(m), random_below(m->r, 128), pc);
	} else {
		enum ir_op op = random_chance(m->r, 70) ? IR_EXIT_ZERO : IR_EXIT_NONZERO;
		ir_ref v = some_value(m);
		ir_append(m->b, op, some_type(m), v, 0, 0, 0, pc);
	}
}

static void make_call(struct maker *m)
{
	if (random_chance(m->r, 30))
		ir_call(m->b, m->b->pc + 4u * m->b->at);
}

static void make_nzcv(struct maker *m)
{
	ir_ref number = ir_binary(m->b, IR_AND, IR_I64, some_value(m), ir_const(m->b, 15));
	ir_ref v = ir_unary(m->b, IR_NZCV, IR_I32, number);
	keep_flags(m, v);
	if (random_chance(m->r, 60))
		ir_set_flags(m->b, v);
}

static void make_helper(struct maker *m)
{
	static const uint64_t data = 0x6d796e61;
	if (random_chance(m->r, 30)) {
		ir_helper(m->b, (uintptr_t)helper_vectors, &data, VECTOR(0), VECTOR(VECTORS) - 1);
		return;
	}
	if (random_chance(m->r, 70)) {
		ir_helper(
		    m->b, (uintptr_t)helper, &data, SLOT(HELPER_FIRST), SLOT(HELPER_LAST) + 7);
		return;
	}
	ir_helper_any(m->b, (uintptr_t)helper_any, &data);
}

/* What compilers make of a comparison of numbers: tests at once, of one or several conditions. */
static void make_compared(struct maker *m)
{
	make_compare(m);
	ir_ref v = m->flags[(m->flag_values - 1) % 4];
	for (unsigned k = 1 + random_below(m->r, 3); k > 0; k--) {
		unsigned cond = random_below(m->r, 16);
		if (m->leaves && random_chance(m->r, 40)) {
			ir_exit(m->b, IR_EXIT_COND, IR_VOID, v, cond, some_target(m));
			continue;
		}
		ir_ref yes = some_value(m), no = some_value(m);
		if (random_chance(m->r, 40)) {
			bool set = random_chance(m->r, 50);
			yes = ir_const(m->b, set);
			no = ir_const(m->b, !set);
		}
		ir_ref r = ir_select(m->b, some_type(m), v, cond, yes, no);
		ir_set(m->b, SLOT(some_slot(m)), r);
		keep_value(m, r);
	}
}

/* The block becomes a loop with a stream, if nothing else forbids it; numbers decide how long. */
static void make_loop(struct maker *m)
{
	uint64_t page = random_below(m->r, RAM_PAGES);
	ir_ref address = ir_const(m->b, RAM_BASE + page * PAGE + random_below(m->r, PAGE - 8));
	keep_value(m, make_load_of(m, false, address, 0, 3));
	make_compare(m);
	unsigned cond = random_below(m->r, 14);
	ir_ref v = m->flags[(m->flag_values - 1) % 4];
	ir_exit(m->b, IR_EXIT_COND, IR_VOID, v, cond, m->b->pc);
}

static void make_end(struct maker *m)
{
	if (m->leaves && random_chance(m->r, 20))
		make_loop(m);
	switch (random_below(m->r, 3)) {
	case 0: ir_jump(m->b, some_target(m)); break;
	case 1:
		ir_jump_to(
		    m->b, random_chance(m->r, 60) ? ir_const(m->b, some_target(m)) : some_value(m));
		break;
	default: ir_leave(m->b, some_target(m));
	}
}

static make_fn *const makers[] = {make_binary, make_binary, make_binary, make_binary, make_unary,
    make_unary, make_extr, make_budget, make_flags, make_flags, make_set_flags, make_ccmp,
    make_select, make_select, make_set, make_set, make_set, make_set, make_load, make_store,
    make_probe, make_group, make_refuse, make_exit, make_call, make_nzcv, make_helper, make_vector,
    make_vector, make_vector, make_vector, make_vector, make_vector, make_fp, make_compare,
    make_compared};
#define MAKERS (sizeof makers / sizeof *makers)

static void make_block(struct random *r, struct ir_block *b, uint64_t pc, unsigned context)
{
	struct maker m = {.r = r, .b = b, .leaves = random_chance(r, 30)};
	unsigned instructions = 1 + random_below(r, 40);
	ir_begin(b, pc, context);
	for (unsigned n = 0; n < instructions && b->count < IR_MAX_OPS - 128; n++) {
		b->at = (uint8_t)n;
		b->guest_count = n + 1;
		for (unsigned k = 1 + random_below(r, 4); k > 0; k--)
			makers[random_below(r, MAKERS)](&m);
	}
	make_end(&m);
	ir_coalesce(b, random_chance(r, 70));
	ir_finish(b);
}

/* --- Comparing --- */

/* What may differ: lazy flags become a number, an exit's number and known jumps are forgotten. */
static void normalise(struct guest *g)
{
	g->flags_a = jit_flags_pack(g->flags_kind, g->flags_a, g->flags_b);
	g->flags_kind = JIT_FLAGS_PACKED;
	g->flags_b = 0;
	g->site = 0;
	memset(g->jump, 0, sizeof g->jump);
	memset(g->hint, 0, sizeof g->hint);
	memset(g->hint_misses, 0, sizeof g->hint_misses);
	memset(g->loop_warm, 0, sizeof g->loop_warm);
}

static void report(const struct guest *expected, const struct guest *got)
{
#define FIELD(f)                                                                    \
	if (expected->f != got->f)                                                  \
	fprintf(stderr, #f ": %#llx, expected %#llx\n", (unsigned long long)got->f, \
	    (unsigned long long)expected->f)
	FIELD(budget);
	FIELD(flags_a);
	FIELD(pc);
	FIELD(reason);
	FIELD(probe_address);
	FIELD(probe_info);
	FIELD(probe_pc);
	FIELD(probe_rest);
	FIELD(helpers);
	FIELD(log);
	FIELD(fp_status);
	FIELD(sticky);
#undef FIELD
	for (unsigned k = 0; k < ALL_SLOTS; k++)
		if (expected->slot[k] != got->slot[k])
			fprintf(stderr, "slot %u (#0x%x): %#llx, expected %#llx\n", k, SLOT(k),
			    (unsigned long long)got->slot[k],
			    (unsigned long long)expected->slot[k]);
	for (unsigned k = 0; k < 2 * VECTORS; k++)
		if (expected->vector[k / 2][k & 1] != got->vector[k / 2][k & 1])
			fprintf(stderr, "vector %u (#0x%x), half %u: %#llx, expected %#llx\n",
			    k / 2, VECTOR(k / 2), k & 1,
			    (unsigned long long)got->vector[k / 2][k & 1],
			    (unsigned long long)expected->vector[k / 2][k & 1]);
	for (unsigned k = 0; k < sizeof expected->ram; k++)
		if (expected->ram[k] != got->ram[k])
			fprintf(stderr, "memory %#x: %#x, expected %#x\n", k, got->ram[k],
			    expected->ram[k]);
}

/* Three guests: as it was, evaluated, and the one that both ran on. */
struct bench {
	struct guest before, expected, guest;
	struct ir_block block[CHAIN];
	void *code[CHAIN];
	struct jit_guest description;
	struct jit *jit;
	struct eval *eval;
	unsigned reasons[JIT_REASONS];
	unsigned linked, replaced;
};

/* The block is compiled again, without that hint. */
static void weak(void *guest, uint64_t pc, int at)
{
	struct bench *t = (struct bench *)((uint8_t *)guest - offsetof(struct bench, guest));
	unsigned k = 0;
	while (t->block[k].pc != pc)
		k++;
	t->block[k].no_hint |= UINT64_C(1) << at;
	void *code = jit_compile(t->jit, &t->block[k]);
	cr_assert(code);
	jit_replace(t->jit, t->code[k], code);
	t->code[k] = code;
	t->replaced++;
}

static void bench_open(struct bench *t, uint64_t random)
{
	t->description = describe();
	char why[200];
	const struct jit_options options = {
	    .bytes = 1 << 20, .random = random, .avx2_only = getenv("MYNA_JIT_AVX2")};
	t->jit = jit_new(&t->description, &options, why, sizeof why);
	cr_assert(t->jit, "%s", why);
	t->eval = eval_new(&t->description);
	cr_assert(t->eval);
}

static void bench_close(struct bench *t)
{
	jit_free(t->jit);
	eval_free(t->eval);
}

static void compile(struct bench *t, unsigned blocks)
{
	jit_flush(t->jit);
	for (unsigned k = 0; k < blocks; k++) {
		t->code[k] = jit_compile(t->jit, &t->block[k]);
		cr_assert(t->code[k]);
	}
}

static void compare(struct bench *t, unsigned blocks, uint64_t seed)
{
	normalise(&t->expected);
	normalise(&t->guest);
	if (memcmp(&t->expected, &t->guest, sizeof t->guest) == 0)
		return;
	for (unsigned k = 0; k < blocks; k++)
		ir_print(&t->block[k], stderr);
	report(&t->expected, &t->guest);
	cr_assert_fail("seed %llu differs", (unsigned long long)seed);
}

/* Block 0 on the guest, both ways. */
static void run_block(struct bench *t, uint64_t seed)
{
	t->before = t->guest;
	cr_assert(eval_run(t->eval, &t->block[0], &t->guest));
	t->expected = t->guest;
	t->guest = t->before;
	compile(t, 1);
	jit_enter(t->jit, &t->guest, t->code[0]);
	t->reasons[t->guest.reason]++;
	compare(t, 1, seed);
}

static void run_one(struct bench *t, uint64_t seed)
{
	struct random r = {seed};
	fill_guest(&r, &t->guest);
	make_block(&r, &t->block[0], CODE_BASE, random_below(&r, JIT_CONTEXTS));
	t->block[0].alone = true;
	run_block(t, seed);
}

/* --- Chains --- */

/* The block to go on with; pcs that have none are sent to some. */
static unsigned block_at(struct guest *g)
{
	for (unsigned k = 0; k < CHAIN; k++)
		if (g->pc == chain_pc(k))
			return k;
	unsigned k = (unsigned)(g->pc >> 2) % CHAIN;
	g->pc = chain_pc(k);
	return k;
}

/* After a return: false when the budget is used up.  What is the interpreter's is skipped. */
static bool goes_on(struct guest *g)
{
	if (g->reason == JIT_SINGLE || g->reason == JIT_LEFT || g->reason == JIT_APART) {
		g->budget--;
		g->pc ^= g->log & 0xff;
	}
	return g->reason != JIT_BUDGET;
}

static void evaluate_chain(struct bench *t)
{
	do
		cr_assert(eval_run(t->eval, &t->block[block_at(&t->guest)], &t->guest));
	while (goes_on(&t->guest));
}

/* Exits that lead to a block are linked, or put into the jump cache. */
static void execute_chain(struct bench *t, unsigned context)
{
	struct guest *g = &t->guest;
	do {
		uint64_t pc = g->pc;
		unsigned k = block_at(g);
		if (g->reason == JIT_LOOKUP && pc == g->pc && g->site) {
			jit_link(t->jit, g->site, t->code[k]);
			t->linked++;
		}
		g->jump[context][g->pc >> 2 & (JIT_JUMP_ENTRIES - 1)] =
		    (struct jit_jump){g->pc, t->code[k]};
		g->site = 0;
		jit_enter(t->jit, g, t->code[k]);
	} while (goes_on(g));
}

static void run_chain(struct bench *t, uint64_t seed)
{
	struct random r = {seed};
	unsigned context = random_below(&r, JIT_CONTEXTS);
	fill_guest(&r, &t->guest);
	t->guest.pc = chain_pc(0);
	for (unsigned k = 0; k < CHAIN; k++)
		make_block(&r, &t->block[k], chain_pc(k), context);
	t->before = t->guest;
	evaluate_chain(t);
	t->expected = t->guest;
	t->guest = t->before;
	compile(t, CHAIN);
	execute_chain(t, context);
	compare(t, CHAIN, seed);
}

Test(ir_differential, random_blocks)
{
	static struct bench t;
	if (!jit_host_supported())
		cr_skip_test("the host lacks what translated code needs");
	bench_open(&t, 0);
	for (uint64_t seed = 1; seed <= BLOCKS; seed++)
		run_one(&t, seed);
	for (unsigned k = 0; k < JIT_REASONS; k++)
		cr_assert(t.reasons[k] > BLOCKS / 500, "reason %u: %u times", k, t.reasons[k]);
	bench_close(&t);
}

/* However registers are chosen, the results are the same. */
Test(ir_differential, random_allocation)
{
	static struct bench t;
	if (!jit_host_supported())
		cr_skip_test("the host lacks what translated code needs");
	for (uint64_t ra = 1; ra <= 4; ra++) {
		bench_open(&t, ra);
		for (uint64_t seed = 1; seed <= BLOCKS / 4; seed++)
			run_one(&t, seed + ra * BLOCKS);
		for (uint64_t seed = 1; seed <= CHAINS / 4; seed++)
			run_chain(&t, seed + ra * CHAINS);
		bench_close(&t);
	}
}

/* The same block and seed give the same code, another seed another. */
Test(ir_differential, random_allocation_is_repeatable)
{
	static struct bench t;
	static uint8_t code[3][4096];
	size_t size[3];
	if (!jit_host_supported())
		cr_skip_test("the host lacks what translated code needs");
	for (unsigned k = 0; k < 3; k++) {
		struct random r = {1};
		struct jit_range range[2];
		bench_open(&t, k < 2 ? 5 : 6);
		make_block(&r, &t.block[0], CODE_BASE, 0);
		compile(&t, 1);
		jit_last_code(t.jit, range);
		size[k] = range[0].size < sizeof code[k] ? range[0].size : sizeof code[k];
		memcpy(code[k], range[0].at, size[k]);
		bench_close(&t);
	}
	cr_assert(size[0] == size[1] && !memcmp(code[0], code[1], size[0]));
	cr_assert(size[0] != size[2] || memcmp(code[0], code[2], size[0]));
}

/* Slots beyond those that the host follows are exchanged, all read before any is written. */
Test(ir_differential, more_slots_than_are_followed)
{
	static struct bench t;
	struct ir_block *b = &t.block[0];
	if (!jit_host_supported())
		cr_skip_test("the host lacks what translated code needs");
	bench_open(&t, 0);
	fill_guest(&(struct random){1}, &t.guest);
	for (unsigned k = 0; k < ALL_SLOTS; k++)
		t.guest.slot[k] = k;
	t.guest.budget = 1;
	ir_begin(b, CODE_BASE, 0);
	b->guest_count = 1;
	ir_ref late[10], sum = ir_const(b, 0);
	for (unsigned k = 0; k < IR_MAX_SLOTS; k++)
		sum = ir_binary(b, IR_ADD, IR_I64, sum, ir_get(b, IR_I64, SLOT(ALL_SLOTS - 1 - k)));
	ir_set(b, SLOT(0), sum);
	for (unsigned k = 0; k < 10; k++)
		late[k] = ir_get(b, IR_I64, SLOT(ALL_SLOTS - 1 - IR_MAX_SLOTS - k));
	for (unsigned k = 0; k < 10; k++)
		ir_set(b, SLOT(ALL_SLOTS - 1 - IR_MAX_SLOTS - k), late[9 - k]);
	ir_jump(b, CODE_BASE);
	ir_finish(b);
	run_block(&t, 0);
	bench_close(&t);
}

Test(ir_differential, chains)
{
	static struct bench t;
	if (!jit_host_supported())
		cr_skip_test("the host lacks what translated code needs");
	bench_open(&t, 0);
	for (uint64_t seed = 1; seed <= CHAINS; seed++)
		run_chain(&t, seed);
	cr_assert(t.linked > CHAINS / 4, "%u exits linked", t.linked);
	cr_assert(t.replaced > CHAINS / 4, "%u hints given up", t.replaced);
	bench_close(&t);
}
