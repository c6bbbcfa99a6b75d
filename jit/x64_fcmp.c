/* Scalar floating-point comparisons of the x86-64 host: FCMP and FCCMP.
 *
 * UCOMIS and COMIS set ZF, PF, CF: all three if unordered, CF if less, ZF if equal, none if
 * greater. Of Arm's conditions after a comparison, some are one code of the host's for a against b,
 * some for b against a, and that of equality takes two.  The comparison is made in the order of
 * those that follow it, and again in the other order if conditions of both are to be kept; it
 * raises the same again. */
#include "jit/x64_trap.h"
#include "jit/x64_vec.h"

enum { EQ, CS, MI, VS, HI, GE, GT, FCMP_PAIRS }; /* pairs of conditions, the even one's name */
enum order { EITHER, AB, BA, NEITHER };          /* of the operands */

static const struct {
	uint8_t cc, order; /* cc: for the even one */
} pairs[FCMP_PAIRS] = {
    [EQ] = {CC_E, EITHER},
    [CS] = {CC_BE, BA},
    [MI] = {CC_A, BA},
    [VS] = {CC_P, EITHER},
    [HI] = {CC_B, BA},
    [GE] = {CC_AE, AB},
    [GT] = {CC_A, AB},
};

enum { FLAG_C = 1, FLAG_P = 4, FLAG_Z = 0x40 }; /* in the low byte of EFLAGS */
#define SAHF 0x9e

struct x64_test x64_fcmp_test(unsigned cond)
{
	enum x64_cc cc = pairs[cond / 2].cc;
	return (struct x64_test){.cc = cc ^ (cond & 1), .parity = cc == CC_E};
}

/* The order in which a comparison says all of `of` (by bit). */
static enum order order_of(unsigned of)
{
	unsigned order = EITHER;
	for (unsigned k = 0; k < FCMP_PAIRS; k++)
		if (of >> k & 1)
			order |= pairs[k].order;
	return order;
}

static bool eflags_say(unsigned eflags, unsigned pair)
{
	bool c = eflags & FLAG_C, z = eflags & FLAG_Z, p = eflags & FLAG_P;
	switch (pairs[pair].cc) {
	case CC_E: return z && !p;
	case CC_BE: return c || z;
	case CC_A: return !c && !z;
	case CC_P: return p;
	case CC_B: return c;
	default: return !c;
	}
}

/* EFLAGS that say what `nzcv` does about the pairs `of`, or -1. */
static int eflags_for(const struct x64 *x, unsigned of, unsigned nzcv)
{
	for (unsigned k = 0; k < 8; k++) {
		unsigned f = (k & 1 ? FLAG_C : 0) | (k & 2 ? FLAG_P : 0) | (k & 4 ? FLAG_Z : 0);
		unsigned left = of;
		while (left) {
			unsigned pair = (unsigned)__builtin_ctz(left);
			if (eflags_say(f, pair) != (x->j->cond_set[2 * pair] >> nzcv & 1))
				break;
			left &= left - 1;
		}
		if (!left)
			return (int)f;
	}
	return -1;
}

static unsigned otherwise(const struct ir_insn *i)
{
	return i->imm >> 4 & 15;
}

bool x64_fcmp_says(const struct x64 *x, ir_ref v, unsigned of)
{
	const struct ir_insn *i = &x->b->insn[v];
	if (order_of(of) == NEITHER)
		return false;
	return i->op == IR_FCMP || eflags_for(x, of, otherwise(i)) >= 0;
}

/* A comparison and the registers it has; X64_NO_REG for those that it does not need. */
struct fcmp {
	struct loc *l;
	const struct ir_insn *i;
	unsigned a, b;
	unsigned number;           /* for its flags as NZCV */
	unsigned equal, unordered; /* scratch */
	bool compared;
	enum order order; /* in which EFLAGS say it */
};

/* With RAX for what goes by AH. */
static void take_registers(struct x64 *x, struct fcmp *f, bool conditional)
{
	bool number = f->l->value_use || f->l->pack, keeps_equal = f->l->keep >> EQ & 1;
	if (number || (conditional && f->l->direct))
		ra_claim(x, RAX);
	f->number = number ? ra_temp(x) : X64_NO_REG;
	f->equal = keeps_equal ? ra_temp(x) : X64_NO_REG;
	f->unordered = keeps_equal ? ra_temp(x) : X64_NO_REG;
}

static void store_operand(struct x64 *x, uint32_t field, ir_ref v, unsigned reg)
{
	const struct ir_insn *i = &x->b->insn[v];
	if (i->op == IR_VCONST && fits32((int64_t)i->imm))
		mov_store_imm(&x->a, true, at(RBP, (int32_t)field), (int32_t)i->imm);
	else
		vop_mem(&x->a, VMOVQ_STORE, reg, 0, at(RBP, (int32_t)field));
}

/* The guest's flags, lazily. */
static void store_operands(struct x64 *x, const struct fcmp *f)
{
	const struct jit_guest *g = &x->j->guest;
	const unsigned w = f->i->info & IR_F_DOUBLE ? 1 : 0;
	x->owed_flags = IR_NONE;
	mov_store_imm(
	    &x->a, true, at(RBP, (int32_t)g->flags_kind), (int32_t)(JIT_FLAGS_FCMP32 + w));
	store_operand(x, g->flags_a, f->i->a, f->a);
	store_operand(x, g->flags_b, f->i->b, f->b);
}

static void compare(struct x64 *x, struct fcmp *f, enum order order)
{
	bool d = f->i->info & IR_F_DOUBLE;
	uint32_t op = V(1, d, d, f->i->info & IR_F_SIGNAL ? 0x2f : 0x2e);
	if (f->compared && f->order == order)
		return;
	const uint8_t *at = x->a.p;
	vop(&x->a, op, order == BA ? f->b : f->a, 0, order == BA ? f->a : f->b);
	x64_trap_again(x, at);
	f->compared = true;
	f->order = order;
}

/* ZF, PF, CF are 7, 1, 4 or 0 for NZCV of 3, 8, 6, 2: nibbles of a number. */
static void make_number(struct x64 *x, struct fcmp *f)
{
	struct assembler *s = &x->a;
	compare(x, f, AB);
	put8(s, 0x9f);                 /* LAHF */
	mov_imm(s, f->number, 0x4500); /* ZF, PF, CF in AH */
	pext(s, false, f->number, RAX, f->number);
	shift_imm(s, SH_SHL, false, f->number, 2);
	mov_imm(s, RAX, 0x30060082);
	shift_x(s, X_SHRX, false, f->number, RAX, f->number);
	alu_imm(s, ALU_AND, false, f->number, 15);
	f->order = NEITHER;
}

static void keep_pair(struct x64 *x, struct fcmp *f, unsigned pair)
{
	struct assembler *s = &x->a;
	uint8_t *slot = x64_kept(f->l, 1u << pair);
	*slot = (uint8_t)(ra_spill_slot(x) + 1);
	if (pair != EQ) {
		setcc_mem(s, pairs[pair].cc, x64_stack_byte(*slot));
		return;
	}
	setcc(s, CC_E, f->equal);
	mov_imm(s, f->unordered, 0);
	cmov(s, CC_P, false, f->equal, f->unordered);
	mov_store(s, false, x64_stack_byte(*slot), f->equal);
}

/* All that is wanted of the comparison, that which EFLAGS say last. */
static void emit_comparison(struct x64 *x, struct fcmp *f)
{
	const enum order last = order_of(f->l->direct) == BA ? BA : AB;
	if (f->l->stored)
		store_operands(x, f);
	if (f->number != X64_NO_REG)
		make_number(x, f);
	for (unsigned turn = 0; turn < 2; turn++) {
		enum order order = turn ? last : last ^ NEITHER;
		for (unsigned k = 0; k < FCMP_PAIRS; k++) {
			enum order fits = pairs[k].order == EITHER ? last : pairs[k].order;
			if (f->l->keep >> k & 1 && fits == order) {
				compare(x, f, order);
				keep_pair(x, f, k);
			}
		}
	}
	if (f->l->direct || !f->compared)
		compare(x, f, last);
}

static void finish(struct x64 *x, ir_ref n, const struct fcmp *f)
{
	x->host_flags = f->l->direct ? n : IR_NONE;
	if (f->number != X64_NO_REG)
		ra_define(x, n, f->number);
}

void emit_fp_compare(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	struct fcmp f = {.l = &x->loc[n], .i = i, .a = ra_use(x, i->a), .b = ra_use(x, i->b)};
	take_registers(x, &f, false);
	emit_comparison(x, &f);
	ra_done(x, i->a);
	ra_done(x, i->b);
	finish(x, n, &f);
}

/* Out of line: the condition does not hold. */
static void emit_otherwise(struct x64 *x, const struct fcmp *f)
{
	struct assembler *c = &x->cold;
	const struct jit_guest *g = &x->j->guest;
	const unsigned nzcv = otherwise(f->i);
	if (f->l->stored) {
		mov_store_imm(c, true, at(RBP, (int32_t)g->flags_kind), JIT_FLAGS_PACKED);
		mov_store_imm(c, true, at(RBP, (int32_t)g->flags_a), (int32_t)nzcv);
	}
	for (unsigned k = 0; k < FCMP_PAIRS; k++)
		if (f->l->keep >> k & 1)
			mov_store_imm(c, false, x64_stack_byte(*x64_kept(f->l, 1u << k)),
			    x->j->cond_set[2 * k] >> nzcv & 1);
	if (f->number != X64_NO_REG)
		mov_imm(c, f->number, nzcv);
	if (f->l->direct) {
		mov_imm(c, RAX, (unsigned)eflags_for(x, f->l->direct, nzcv) << 8);
		put8(c, SAHF);
	}
	patch_to(jump(c), x->a.p);
}

/* Jump unless `t` says that the condition holds; the jumps' displacements, NULL for none. */
static void jump_unless(struct x64 *x, struct x64_test t, uint8_t *to[2])
{
	struct assembler *s = &x->a;
	to[1] = NULL;
	if (t.parity && t.cc == CC_NE) {
		uint8_t *unordered = short_jump(s, SHORT_JP);
		to[0] = jump_if(s, CC_E);
		land(s, unordered);
		return;
	}
	to[0] = jump_if(s, t.cc ^ 1);
	if (t.parity)
		to[1] = jump_if(s, CC_P);
}

void emit_fp_conditional_compare(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	struct fcmp f = {.l = &x->loc[n], .i = i, .a = ra_use(x, i->a), .b = ra_use(x, i->b)};
	struct x64_test t = x64_condition(x, i->c, i->imm & 15);
	uint8_t *to[2];
	ra_done(x, i->c);
	x->bank[X64_GENERAL].locked = 0; /* EFLAGS have it all */
	take_registers(x, &f, true);
	jump_unless(x, t, to);
	emit_comparison(x, &f);
	for (unsigned k = 0; k < 2 && to[k]; k++)
		patch_to(to[k], x->cold.p);
	emit_otherwise(x, &f);
	ra_done(x, i->a);
	ra_done(x, i->b);
	finish(x, n, &f);
}
