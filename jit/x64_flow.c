/* Entering and leaving blocks on the x86-64 host, and calls out of them. */
#include "jit/x64_loop.h"

static void refund(struct x64 *x, struct assembler *s, unsigned executed)
{
	unsigned rest = x->b->guest_count - executed;
	if (rest)
		alu_mem_imm(s, ALU_ADD, true, at(RBP, (int32_t)x->j->guest.budget), (int32_t)rest);
}

/* Go back to the caller, to be let in again at `pc`. */
static void leave_at(
    struct x64 *x, struct assembler *s, uint64_t pc, uint64_t site, enum jit_reason reason)
{
	mov_imm(s, RAX, pc);
	mov_imm(s, RCX, site);
	patch_to(jump(s), x->j->leave_for[reason]);
}

static struct mem jump_entry(const struct x64 *x, uint64_t pc, int32_t member)
{
	return at(RBP, (int32_t)(x->j->guest.jump[x->b->context] +
				 (pc >> 2 & (JIT_JUMP_ENTRIES - 1)) * sizeof(struct jit_jump)) +
			   member);
}

/* May an exit to `pc` be linked?  Then `site` is its number. */
static bool linkable(struct x64 *x, uint64_t pc, unsigned *site)
{
	bool can =
	    (pc ^ x->b->pc) >> x->j->guest.page_bits == 0 && x->j->site_count < JIT_MAX_SITES;
	if (can)
		*site = x->j->site_count++;
	return can;
}

/* The jump whose displacement is `at` leaves through code out of line until it is linked. */
static void link_later(
    struct x64 *x, uint8_t *at, unsigned site, uint64_t pc, enum jit_reason reason)
{
	x->j->sites[site].at = at;
	patch_to(at, x->cold.p);
	leave_at(x, &x->cold, pc, site, reason);
}

/* Continue at a known address: by a link inside the page, else through the jump cache. */
static void go_on_at(struct x64 *x, struct assembler *s, uint64_t pc)
{
	unsigned site;
	if (linkable(x, pc, &site)) {
		link_later(x, jump(s), site, pc, JIT_LOOKUP);
		return;
	}
	mov_imm(s, RAX, pc);
	alu_rm(s, ALU_CMP, true, RAX, jump_entry(x, pc, 0));
	uint8_t *miss = jump_if(s, CC_NE);
	jump_mem(s, jump_entry(x, pc, 8));
	patch_to(miss, x->cold.p);
	leave_at(x, &x->cold, pc, 0, JIT_LOOKUP);
}

/* Code for a taken exit, out of line; none if it leads to a block with nothing to give back. */
static void exit_taken(struct x64 *x, const struct ir_insn *i, enum x64_cc cc)
{
	uint8_t *taken = jump_if(&x->a, cc);
	unsigned site;
	if (i->at + 1u == x->b->guest_count && i->imm == x->b->pc && !x->b->alone) {
		patch_to(taken, x->start);
		if (x->loops && !x->loop)
			x->back = taken; /* the last one: x64_loop.c says where it leads */
	} else if (i->at + 1u == x->b->guest_count && !x->loop && linkable(x, i->imm, &site)) {
		link_later(x, taken, site, i->imm, JIT_LOOKUP);
	} else {
		patch_to(taken, x->cold.p);
		x64_loop_leave(x, &x->cold);
		refund(x, &x->cold, i->at + 1u);
		go_on_at(x, &x->cold, i->imm);
	}
}

/* Ordered and equal. */
static void exit_if_equal(struct x64 *x, const struct ir_insn *i)
{
	uint8_t *unordered = short_jump(&x->a, SHORT_JP);
	exit_taken(x, i, CC_E);
	land(&x->a, unordered);
}

/* Unordered numbers, which are rare, have an exit of their own. */
static void exit_unless_equal(struct x64 *x, const struct ir_insn *i)
{
	exit_taken(x, i, CC_P);
	exit_taken(x, i, CC_NE);
}

void emit_exit_cond(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	struct x64_test t = x64_condition(x, i->a, i->info);
	ra_done(x, i->a);
	if (!t.parity)
		exit_taken(x, i, t.cc);
	else if (t.cc == CC_E)
		exit_if_equal(x, i);
	else
		exit_unless_equal(x, i);
	if (t.restore)
		put8(&x->a, CMC);
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
	op0f_rr(s, 0, 0xba, true, 4, a, false); /* BT a, imm8 */
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
	unsigned a = ra_use(x, i->a), t = a == RCX ? RDX : RCX;
	x64_loop_settle(x, s, t);
	if (a != RAX)
		mov_rr(s, true, RAX, a);
	mov_rr(s, false, RCX, RAX);
	alu_imm(s, ALU_AND, false, RCX, (JIT_JUMP_ENTRIES - 1) << 2);
	alu_rm(s, ALU_CMP, true, RAX, at_shifted(RBP, RCX, 2, table));
	patch_to(jump_if(s, CC_NE), x->cold.p);
	jump_mem(s, at_shifted(RBP, RCX, 2, table + 8));
	mov_imm(&x->cold, RCX, 0);
	patch_to(jump(&x->cold), x->j->leave_for[JIT_LOOKUP]);
	ra_done(x, i->a);
}

void emit_jump(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	x64_loop_leave(x, &x->a);
	go_on_at(x, &x->a, i->imm);
}

void emit_leave(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	x64_loop_settle(x, &x->a, RAX);
	leave_at(x, &x->a, i->imm, 0, JIT_LEFT);
}

/* The whole block has been taken out. */
void emit_budget(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	unsigned dst = ra_result(x, n, X64_NO_REG);
	mov_load(&x->a, true, dst, at(RBP, (int32_t)x->j->guest.budget));
	x64_loop_add_rest(x, dst);
	lea(&x->a, true, dst, at(dst, (int32_t)(x->b->guest_count - i->at) - 1));
	ra_define(x, n, dst);
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
	x64_loop_settle(x, &x->cold, RAX);
	refund(x, &x->cold, i->at);
	leave_at(x, &x->cold, ir_pc(x->b, i->at), 0, JIT_SINGLE);
}

void x64_leave_apart(struct x64 *x, const struct ir_insn *i)
{
	uint64_t pc = ir_pc(x->b, i->at);
	unsigned site;
	x64_loop_settle(x, &x->cold, RAX);
	refund(x, &x->cold, i->at);
	if (linkable(x, pc, &site))
		link_later(x, jump(&x->cold), site, pc, JIT_APART);
	else
		leave_at(x, &x->cold, pc, 0, JIT_APART);
}

void emit_helper(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	struct assembler *s = &x->a;
	ra_spill_scratch(x, (uint32_t)x->b->insn[i->b].imm, (uint32_t)x->b->insn[i->c].imm);
	if (i->info)
		ra_forget(x);
	x64_loop_settle(x, s, RAX);
	mov_imm(s, RAX, x->b->insn[i->a].imm);
	mov_imm(s, RDX, i->imm);
	patch_to(call_rel(s), i->info ? x->j->helper_any : x->j->helper);
	x64_loop_resume(x, s, RAX);
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
	struct mem budget = at(RBP, (int32_t)x->j->guest.budget);
	alu_mem_imm(&x->a, ALU_SUB, true, budget, (int32_t)x->b->guest_count);
	patch_to(jump_if(&x->a, CC_S), x->cold.p);
	if (x->loop) {
		x64_loop_end(x);
		return;
	}
	alu_mem_imm(&x->cold, ALU_ADD, true, budget, (int32_t)x->b->guest_count);
	leave_at(x, &x->cold, x->b->pc, 0, JIT_BUDGET);
	if (x->b->vectors)
		want_vectors(x);
}
