/* Guest memory of the x86-64 host: the software TLB in line, its misses out of line. */
#include "jit/x64_vec.h"

/* Check the TLB for `size` bytes at [address + disp] and leave the addend in a register.
 * A miss calls out and comes back, or leaves the block before this instruction. */
static unsigned emit_tlb(struct x64 *x, const struct ir_insn *i, unsigned address, bool write)
{
	struct assembler *s = &x->a, *c = &x->cold;
	const struct jit_guest *g = &x->j->guest;
	int32_t disp = (int32_t)i->imm, size = (int32_t)IR_MEM_SIZE(i->info);
	int32_t table = (int32_t)g->tlb[x->b->context];
	unsigned t = ra_temp(x), page = ra_temp(x);
	if (disp) {
		lea(s, false, t, at(address, disp));
		shift_imm(s, SH_SHR, false, t, g->page_bits - 5);
	} else {
		rorx(s, false, t, address, g->page_bits - 5);
	}
	alu_imm(s, ALU_AND, false, t, (int32_t)(g->tlb_entries - 1) << 5);
	if (disp + size - 1)
		lea(s, true, page, at(address, disp + size - 1));
	else
		mov_rr(s, true, page, address);
	alu_imm(s, ALU_AND, true, page, -(1 << g->page_bits));
	alu_rm(s, ALU_CMP, true, page,
	    at_index(RBP, t, table + (int32_t)(write ? g->tlb_write : g->tlb_read)));
	uint8_t *miss = jump_if(s, CC_NE);
	mov_load(s, true, page, at_index(RBP, t, table + (int32_t)g->tlb_addend));

	patch_to(miss, c->p);
	lea(c, true, page, at(address, disp));
	mov_store(c, true, at(RBP, (int32_t)g->probe_address), page);
	mov_store_imm(c, true, at(RBP, (int32_t)g->probe_info),
	    size | (int32_t)write << 8 | (int32_t)x->b->context << 9);
	mov_imm(c, page, x->b->pc + 4u * i->at);
	mov_store(c, true, at(RBP, (int32_t)g->probe_pc), page);
	mov_store_imm(
	    c, true, at(RBP, (int32_t)g->probe_rest), (int32_t)(x->b->guest_count - i->at));
	patch_to(call_rel(c), x->j->probe);
	mov_load(c, true, page, at(RBP, (int32_t)g->probe_address));
	patch_to(jump(c), s->p);
	x->host_flags = IR_NONE;
	ra_release(x, t);
	return page;
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
	case 0:
		rex(s, false, src, m.index == X64_NO_REG ? 0 : m.index, m.base, src >= RSP);
		put8(s, 0x88);
		modrm_mem(s, src, m);
		break;
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
