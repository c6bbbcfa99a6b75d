/* Guest memory of the x86-64 host: the software TLB in line, its misses out of line. */
#include <string.h>

#include "jit/x64_loop.h"
#include "jit/x64_thunks.h"
#include "jit/x64_vec.h"

static int32_t table_of(const struct x64 *x)
{
	return (int32_t)x->j->guest.tlb[x->b->context];
}

/* T = the offset of the entry for [address + disp] in its table. */
static void tlb_index(
    struct x64 *x, struct assembler *s, unsigned t, unsigned address, int32_t disp)
{
	const struct jit_guest *g = &x->j->guest;
	if (disp) {
		lea(s, false, t, at(address, disp));
		shift_imm(s, SH_SHR, false, t, g->page_bits - 5);
	} else {
		rorx(s, false, t, address, g->page_bits - 5);
	}
	alu_imm(s, ALU_AND, false, t, (int32_t)(g->tlb_entries - 1) << 5);
}

/* PAGE = [address + disp] without the bits of a place in a page, but with those of `keep`. */
static void page_of(
    struct x64 *x, struct assembler *s, unsigned page, unsigned address, int32_t disp, int32_t keep)
{
	if (disp)
		lea(s, true, page, at(address, disp));
	else
		mov_rr(s, true, page, address);
	alu_imm(s, ALU_AND, true, page, -(1 << x->j->guest.page_bits) | keep);
}

/* Accesses that share a check are on two pages: go on where they do not share it. */
static void leave_if_crossing(struct x64 *x, const struct ir_insn *i, unsigned t, unsigned address)
{
	struct assembler *c = &x->cold;
	int32_t page = 1 << x->j->guest.page_bits;
	lea(c, false, t, at(address, (int32_t)i->imm));
	alu_imm(c, ALU_AND, false, t, page - 1);
	alu_imm(c, ALU_CMP, false, t, page - (int32_t)IR_MEM_SIZE(i->info));
	uint8_t *on_one = jump_if(c, CC_BE);
	x64_leave_apart(x, i);
	patch_to(on_one, c->p);
}

/* Nothing is known of the page: ask the guest, or leave the block before this instruction. */
static void emit_miss(
    struct x64 *x, const struct ir_insn *i, unsigned t, unsigned page, unsigned address, bool write)
{
	struct assembler *c = &x->cold;
	const struct jit_guest *g = &x->j->guest;
	const struct probe_record record = {.pc = ir_pc(x->b, i->at),
	    .info = (uint16_t)(IR_MEM_SIZE(i->info) | (unsigned)write << 8 | x->b->context << 9),
	    .rest = (uint16_t)(x->b->guest_count - i->at)};
	if (x->b->shared && IR_MEM_SIZE(i->info) > 16)
		leave_if_crossing(x, i, t, address);
	lea(c, true, t, at(address, (int32_t)i->imm));
	mov_store(c, true, at(RBP, (int32_t)g->probe_address), t);
	x64_loop_settle(x, c, page);
	patch_to(call_rel(c), x->j->probe);
	put_bytes(c, &record, sizeof record);
	x64_loop_resume(x, c, page);
	mov_load(c, true, t, at(RBP, (int32_t)g->probe_address));
}

/* T = the offset of the entry for the access in its table; EFLAGS say whether it is the page's. */
static void look_up(struct x64 *x, struct assembler *s, const struct ir_insn *i, unsigned address,
    int32_t tag, unsigned t, unsigned page)
{
	int32_t disp = (int32_t)i->imm, size = (int32_t)IR_MEM_SIZE(i->info);
	tlb_index(x, s, t, address, disp);
	page_of(x, s, page, address, disp + size - 1, 0);
	alu_rm(s, ALU_CMP, true, page, at_index(RBP, t, table_of(x) + tag));
}

/* Out of line, after look_up() has found another page: T = the offset of the second way's entry.
 * Returns the jump for when that is another page's too. */
static uint8_t *look_up_second(struct x64 *x, int32_t tag, unsigned t, unsigned page)
{
	struct assembler *c = &x->cold;
	const int32_t way = 32 * (int32_t)x->j->guest.tlb_entries;
	alu_rm(c, ALU_CMP, true, page, at_index(RBP, t, table_of(x) + way + tag));
	uint8_t *miss = short_jump(c, SHORT_JNE);
	alu_imm(c, ALU_ADD, false, t, way);
	return miss;
}

static void load_addend(struct x64 *x, struct assembler *s, unsigned t)
{
	mov_load(s, true, t, at_index(RBP, t, table_of(x) + (int32_t)x->j->guest.tlb_addend));
}

/* The entry is where it was last time.  If not it is looked up, and the hint follows it. */
static void tlb_by_hint(
    struct x64 *x, const struct ir_insn *i, unsigned address, bool write, unsigned t, unsigned page)
{
	struct assembler *s = &x->a, *c = &x->cold;
	const struct jit_guest *g = &x->j->guest;
	int32_t tag = (int32_t)(write ? g->tlb_write : g->tlb_read);
	unsigned n = x->j->hints++ % g->hints;
	struct hint_record record = {.pc = x->b->pc,
	    .number = (uint16_t)n,
	    .context = (uint8_t)x->b->context,
	    .distance = (int16_t)((int64_t)(ir_pc(x->b, i->at) - x->b->pc) / 4)};
	struct mem hint = at(RBP, (int32_t)(g->hint[x->b->context] + n * 8));
	const unsigned stream = x->streams && !x->loop
				    ? loop_stream_of(x->streams, (ir_ref)(i - x->b->insn))
				    : LOOP_STREAMS;
	if (stream < LOOP_STREAMS)
		x->stream_hint[stream] = (uint16_t)n;

	mov_load(s, true, t, hint);
	page_of(x, s, page, address, (int32_t)i->imm, (int32_t)IR_MEM_SIZE(i->info) - 1);
	alu_rm(s, ALU_CMP, true, page, at(t, tag));
	patch_to(jump_if(s, CC_NE), c->p);
	mov_load(s, true, t, at(t, (int32_t)g->tlb_addend));

	dec_mem8(c, at(RBP, (int32_t)(g->hint_misses + x->b->context * g->hints + n)));
	uint8_t *seldom = short_jump(c, SHORT_JNE);
	patch_to(call_rel(c), x->j->weak);
	put_bytes(c, &record, sizeof record);
	land(c, seldom);
	look_up(x, c, i, address, tag, t, page);
	uint8_t *first = short_jump(c, SHORT_JE), *miss = look_up_second(x, tag, t, page);
	land(c, first);
	lea(c, true, t, at_index(RBP, t, table_of(x)));
	mov_store(c, true, hint, t);
	mov_load(c, true, t, at(t, (int32_t)g->tlb_addend));
	patch_to(jump(c), s->p);
	land(c, miss);
	emit_miss(x, i, t, page, address, write);
}

/* Accesses that miss more often than once in so many instructions do better without a hint. */
#define WEAK_PERIOD 128

/* A hint has missed 256 times: was that often? */
void x64_weak_hint(struct jit *j, void *guest, const uint8_t *after)
{
	struct hint_record r;
	memcpy(&r, after, sizeof r);
	uint64_t now = j->guest.clock(guest),
		 *before = &j->hint_time[r.context * j->guest.hints + r.number];
	if (now - *before < 256 * WEAK_PERIOD)
		j->guest.weak(guest, r.pc, r.distance);
	*before = now;
}

/* Check the TLB for an access at [address + disp] and leave the addend in a register.
 * A miss calls out and comes back, or leaves the block before this instruction. */
static unsigned emit_tlb(struct x64 *x, const struct ir_insn *i, unsigned address, bool write)
{
	struct assembler *s = &x->a, *c = &x->cold;
	const struct jit_guest *g = &x->j->guest;
	unsigned t = ra_temp(x);
	if (x->loop) {
		unsigned k = loop_stream_of(x->loop, (ir_ref)(i - x->b->insn));
		if (k < LOOP_STREAMS) {
			mov_load(s, true, t, x64_loop_addend(k));
			return t;
		}
	}
	unsigned page = ra_temp(x);
	x->host_flags = IR_NONE;
	if (g->hints && IR_MEM_SIZE(i->info) <= 8 && !(x->b->no_hint >> i->at & 1)) {
		tlb_by_hint(x, i, address, write, t, page);
	} else {
		int32_t tag = (int32_t)(write ? g->tlb_write : g->tlb_read);
		look_up(x, s, i, address, tag, t, page);
		patch_to(jump_if(s, CC_NE), c->p);
		load_addend(x, s, t);
		uint8_t *miss = look_up_second(x, tag, t, page);
		load_addend(x, c, t);
		patch_to(jump(c), s->p);
		land(c, miss);
		emit_miss(x, i, t, page, address, write);
	}
	patch_to(jump(c), s->p);
	ra_release(x, page);
	return t;
}

static bool is_vector(const struct ir_insn *i)
{
	return i->type == IR_V128;
}

/* Zeros above what is loaded. */
static void load_vector(
    struct x64 *x, ir_ref n, const struct ir_insn *i, unsigned dst, struct mem m)
{
	struct assembler *s = &x->a;
	x64_clean(x, n, 8 * IR_MEM_SIZE(i->info));
	switch (i->info & 7) {
	case 0:
	case 1:
		vop(s, VPXOR, dst, dst, dst);
		vop_mem(
		    s, i->info & 7 ? V(1, 1, 0, 0xc4) : V(3, 1, 0, 0x20), dst, dst, m); /* PINSR */
		put8(s, 0);
		break;
	case 2: vop_mem(s, VMOVSS_LOAD, dst, 0, m); break;
	case 3: vop_mem(s, VMOVQ, dst, 0, m); break;
	default: vec_load(s, dst, m);
	}
}

static void store_vector(struct x64 *x, const struct ir_insn *i, struct mem m, unsigned src)
{
	struct assembler *s = &x->a;
	switch (i->info & 7) {
	case 0:
	case 1:
		vop_mem(
		    s, i->info & 7 ? V(3, 1, 0, 0x15) : V(3, 1, 0, 0x14), src, 0, m); /* PEXTR */
		put8(s, 0);
		break;
	case 2: vop_mem(s, VMOVSS_STORE, src, 0, m); break;
	case 3: vop_mem(s, VMOVQ_STORE, src, 0, m); break;
	default: vec_store(s, m, src);
	}
}

static void load_sized(struct x64 *x, ir_ref n, const struct ir_insn *i, unsigned dst, struct mem m)
{
	struct assembler *s = &x->a;
	if (is_vector(i)) {
		load_vector(x, n, i, dst, m);
		return;
	}
	bool sign = i->info & IR_MEM_SIGNED, w = wide(i);
	switch (i->info & 7) {
	case 0: op0f_rm(s, sign ? 0xbe : 0xb6, sign && w, dst, m); break;
	case 1: op0f_rm(s, sign ? 0xbf : 0xb7, sign && w, dst, m); break;
	case 2:
		if (sign && w)
			op_rm(s, 0x63, true, dst, m);
		else
			mov_load(s, false, dst, m);
		break;
	default: mov_load(s, true, dst, m);
	}
}

static void store_sized(struct x64 *x, const struct ir_insn *i, struct mem m, unsigned src)
{
	struct assembler *s = &x->a;
	if (is_vector(i)) {
		store_vector(x, i, m, src);
		return;
	}
	switch (i->info & 7) {
	case 0: mov_store8(s, m, src); break;
	case 1:
		put8(s, 0x66);
		mov_store(s, false, m, src);
		break;
	default: mov_store(s, (i->info & 7) == 3, m, src);
	}
}

void emit_load(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	unsigned address = ra_use(x, i->a);
	unsigned addend = emit_tlb(x, i, address, false);
	ra_done(x, i->a);
	unsigned dst = ra_result(x, n, addend);
	load_sized(x, n, i, dst, at_index(addend, address, (int32_t)i->imm));
	ra_define(x, n, dst);
}

void emit_store(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	unsigned address = ra_use(x, i->a), v = ra_use(x, i->b);
	unsigned addend = emit_tlb(x, i, address, true);
	store_sized(x, i, at_index(addend, address, (int32_t)i->imm), v);
	ra_done(x, i->a);
	ra_done(x, i->b);
}

void emit_probe(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	unsigned address = ra_use(x, i->a);
	unsigned addend = emit_tlb(x, i, address, i->info & IR_MEM_WRITE);
	lea(&x->a, true, addend, at_index(addend, address, (int32_t)i->imm));
	ra_done(x, i->a);
	ra_define(x, n, addend);
}

void emit_load_host(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	unsigned host = ra_use(x, i->a);
	ra_done(x, i->a);
	unsigned dst = ra_result(x, n, host);
	load_sized(x, n, i, dst, at(host, (int32_t)i->imm));
	ra_define(x, n, dst);
}

void emit_store_host(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	unsigned host = ra_use(x, i->a), v = ra_use(x, i->b);
	store_sized(x, i, at(host, (int32_t)i->imm), v);
	ra_done(x, i->a);
	ra_done(x, i->b);
}
