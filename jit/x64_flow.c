/* Entering and leaving blocks on the x86-64 host, and calls out of them. */
#include "jit/x64_emit.h"

static void refund(struct x64 *x, struct assembler *s, unsigned executed)
{
	unsigned rest = x->b->guest_count - executed;
	if (rest)
		alu_mem_imm(s, ALU_ADD, true, at(RBP, (int32_t)x->j->guest.budget), (int32_t)rest);
}

/* Go back to the caller with pc in RAX. */
static void leave_with(struct x64 *x, struct assembler *s, enum jit_reason reason)
{
	const struct jit_guest *g = &x->j->guest;
	mov_store(s, true, at(RBP, (int32_t)g->pc), RAX);
	mov_store_imm(s, true, at(RBP, (int32_t)g->reason), (int32_t)reason);
	patch_to(jump(s), x->j->leave);
}

static int32_t jump_entry(const struct x64 *x, uint64_t pc)
{
	return (int32_t)(x->j->guest.jump[x->b->context] +
			 (pc >> 2 & (JIT_JUMP_ENTRIES - 1)) * sizeof(struct jit_jump));
}

/* Continue at a known address: by a link inside the page, else through the jump cache. */
static void go_on_at(struct x64 *x, struct assembler *s, uint64_t pc)
{
	const struct jit_guest *g = &x->j->guest;
	if ((pc ^ x->b->pc) >> g->page_bits == 0 && x->j->site_count < JIT_MAX_SITES) {
		uint64_t site = x->j->site_count++;
		uint8_t *link = jump(s);
		patch_to(link, s->p); /* until it is linked */
		x->j->sites[site].at = link;
		mov_store_imm(s, true, at(RBP, (int32_t)g->site), (int32_t)site);
		mov_imm(s, RAX, pc);
		leave_with(x, s, JIT_LOOKUP);
		return;
	}
	mov_imm(s, RAX, pc);
	alu_rm(s, ALU_CMP, true, RAX, at(RBP, jump_entry(x, pc)));
	uint8_t *miss = short_jump(s, 0x75);
	jump_mem(s, at(RBP, jump_entry(x, pc) + 8));
	land(s, miss);
	mov_store_imm(s, true, at(RBP, (int32_t)g->site), 0);
	leave_with(x, s, JIT_LOOKUP);
}

/* Code for a taken exit, out of line. */
static void exit_taken(struct x64 *x, const struct ir_insn *i, enum x64_cc cc)
{
	patch_to(jump_if(&x->a, cc), x->cold.p);
	refund(x, &x->cold, i->at + 1u);
	go_on_at(x, &x->cold, i->imm);
}

void emit_exit_cond(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	bool restore;
	enum x64_cc cc = x64_condition(x, i->a, i->info, &restore);
	ra_done(x, i->a);
	exit_taken(x, i, cc);
	if (restore)
		put8(&x->a, 0xf5);
}

void emit_exit_test(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	unsigned a = ra_use(x, i->a);
	/* type: I32 looks at the low half */
	bool w = wide(i);
	test_rr(&x->a, w, a, a);
	x->host_flags = IR_NONE;
	ra_done(x, i->a);
	exit_taken(x, i, i->op == IR_EXIT_ZERO ? CC_E : CC_NE);
}

void emit_exit_bit(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	struct assembler *s = &x->a;
	unsigned a = ra_use(x, i->a), bit = i->info & 63;
	rex(s, true, 0, 0, a, false);
	put8(s, 0x0f);
	put8(s, 0xba);
	modrm_reg(s, 4, a); /* BT a, imm8 */
	put8(s, bit);
	x->host_flags = IR_NONE;
	ra_done(x, i->a);
	exit_taken(x, i, i->info & 64 ? CC_AE : CC_B);
}

void emit_jump_to(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	struct assembler *s = &x->a;
	const struct jit_guest *g = &x->j->guest;
	int32_t table = (int32_t)g->jump[x->b->context];
	unsigned a = ra_use(x, i->a);
	if (a != RAX)
		mov_rr(s, true, RAX, a);
	lea(s, false, RCX, (struct mem){RAX, RAX, 0}); /* pc * 2 */
	alu_rr(s, ALU_ADD, false, RCX, RCX);           /* pc * 4 */
	alu_imm(s, ALU_AND, false, RCX, (JIT_JUMP_ENTRIES - 1) << 4);
	alu_rm(s, ALU_CMP, true, RAX, at_index(RBP, RCX, table));
	patch_to(jump_if(s, CC_NE), x->cold.p);
	jump_mem(s, at_index(RBP, RCX, table + 8));
	mov_store_imm(&x->cold, true, at(RBP, (int32_t)g->site), 0);
	leave_with(x, &x->cold, JIT_LOOKUP);
	ra_done(x, i->a);
}

void emit_jump(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	go_on_at(x, &x->a, i->imm);
}

void emit_leave(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	mov_imm(&x->a, RAX, i->imm);
	mov_store_imm(&x->a, true, at(RBP, (int32_t)x->j->guest.site), 0);
	leave_with(x, &x->a, JIT_LEFT);
}

void emit_call(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	struct assembler *s = &x->a;
	const struct jit_guest *g = &x->j->guest;
	ra_spill_scratch(x, 0, UINT32_MAX);
	ra_forget(x);
	mov_imm(s, RAX, i->imm);
	mov_store(s, true, at(RBP, (int32_t)g->probe_pc), RAX);
	mov_store_imm(
	    s, true, at(RBP, (int32_t)g->probe_rest), (int32_t)(x->b->guest_count - i->at));
	patch_to(call_rel(s), x->j->call);
}

void emit_refuse(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	unsigned a = ra_use(x, i->a);
	if (i->imm == UINT64_MAX)
		test_rr(&x->a, true, a, a);
	else
		test_imm(&x->a, false, a, (int32_t)i->imm);
	x->host_flags = IR_NONE;
	ra_done(x, i->a);
	patch_to(jump_if(&x->a, CC_NE), x->cold.p);
	refund(x, &x->cold, i->at);
	mov_imm(&x->cold, RAX, x->b->pc + 4u * i->at);
	leave_with(x, &x->cold, JIT_SINGLE);
}

void emit_helper(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	struct assembler *s = &x->a;
	ra_spill_scratch(x, (uint32_t)x->b->insn[i->b].imm, (uint32_t)x->b->insn[i->c].imm);
	if (i->info)
		ra_forget(x);
	mov_imm(s, RAX, x->b->insn[i->a].imm);
	mov_imm(s, RDX, i->imm);
	patch_to(call_rel(s), i->info ? x->j->helper_any : x->j->helper);
	ra_done(x, i->a);
	ra_done(x, i->b);
	ra_done(x, i->c);
}

/* Vectors are in their registers from here on. */
static void want_vectors(struct x64 *x)
{
	alu_mem_imm(&x->a, ALU_CMP, true, at(RBP, (int32_t)x->j->guest.vectors_live), 0);
	patch_to(jump_if(&x->a, CC_E), x->cold.p);
	patch_to(call_rel(&x->cold), x->j->load_vectors);
	patch_to(jump(&x->cold), x->a.p);
}

/* Take the whole block out of the budget, or leave before it. */
void emit_entry(struct x64 *x)
{
	const struct jit_guest *g = &x->j->guest;
	struct mem budget = at(RBP, (int32_t)g->budget);
	alu_mem_imm(&x->a, ALU_SUB, true, budget, (int32_t)x->b->guest_count);
	patch_to(jump_if(&x->a, CC_S), x->cold.p);
	alu_mem_imm(&x->cold, ALU_ADD, true, budget, (int32_t)x->b->guest_count);
	mov_imm(&x->cold, RAX, x->b->pc);
	leave_with(x, &x->cold, JIT_BUDGET);
	if (x->b->vectors)
		want_vectors(x);
}
