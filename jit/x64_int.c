/* Integer operations of the x86-64 host. */
#include <assert.h>

#include "jit/x64_emit.h"

void emit_add(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	bool subtract = i->op == IR_SUB;
	int32_t imm;
	unsigned a = ra_use(x, i->a);
	if (small_operand(x, i, i->b, &imm) && !(subtract && imm == INT32_MIN) &&
	    (subtract || !i->imm)) {
		ra_done(x, i->a);
		ra_done(x, i->b);
		unsigned dst = ra_result(x, n, a);
		lea(&x->a, wide(i), dst, at(a, subtract ? -imm : imm));
		ra_define(x, n, dst);
		return;
	}
	unsigned c = ra_use(x, i->b);
	ra_done(x, i->a);
	ra_done(x, i->b);
	unsigned dst = ra_result(x, n, a);
	if (!subtract) {
		lea(&x->a, wide(i), dst, at_shifted(a, c, (unsigned)i->imm, 0));
	} else {
		if (dst == c && dst != a)
			dst = ra_temp(x);
		move_to(x, dst, a);
		alu_rr(&x->a, ALU_SUB, wide(i), dst, c);
		x->host_flags = IR_NONE;
	}
	ra_define(x, n, dst);
}

/* AND, OR, XOR. */
void emit_logic(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	enum x64_alu op = i->op == IR_AND ? ALU_AND : i->op == IR_OR ? ALU_OR : ALU_XOR;
	int32_t imm;
	unsigned a = ra_use(x, i->a);
	bool is_imm = small_operand(x, i, i->b, &imm);
	unsigned c = is_imm ? X64_NO_REG : ra_use(x, i->b);
	ra_done(x, i->a);
	ra_done(x, i->b);
	unsigned dst = ra_result(x, n, a);
	if (!is_imm && dst == c) { /* commutes */
		c = a;
		a = dst;
	}
	move_to(x, dst, a);
	if (is_imm) /* a mask below 2^31 clears the upper half in any case */
		alu_imm(&x->a, op, wide(i) && !(op == ALU_AND && imm >= 0), dst, imm);
	else
		alu_rr(&x->a, op, wide(i), dst, c);
	x->host_flags = IR_NONE;
	ra_define(x, n, dst);
}

void emit_mul(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	unsigned a = ra_use(x, i->a), c = ra_use(x, i->b);
	ra_done(x, i->a);
	ra_done(x, i->b);
	unsigned dst = ra_result(x, n, a);
	if (dst == c)
		c = a;
	else
		move_to(x, dst, a);
	imul_rr(&x->a, wide(i), dst, c);
	x->host_flags = IR_NONE;
	ra_define(x, n, dst);
}

/* RDX times a register; the upper half is the result. */
void emit_mulh(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	bool is_signed = i->op == IR_SMULH;
	ra_claim(x, RAX);
	ra_claim(x, RDX);
	unsigned a = ra_use(x, i->a), c = ra_use(x, i->b);
	mov_rr(&x->a, true, RAX, a);
	unary(&x->a, is_signed ? 5 : 4, true, c);
	ra_done(x, i->a);
	ra_done(x, i->b);
	x->host_flags = IR_NONE;
	ra_define(x, n, RDX);
}

void emit_div(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	struct assembler *s = &x->a;
	bool w = wide(i), is_signed = i->op == IR_SDIV;
	ra_claim(x, RAX);
	ra_claim(x, RDX);
	unsigned a = ra_use(x, i->a), c = ra_use(x, i->b);
	mov_rr(s, true, RAX, a);
	test_rr(s, w, c, c);
	uint8_t *zero = short_jump(s, SHORT_JE), *minus = NULL, *end2 = NULL;
	if (is_signed) {
		alu_imm(s, ALU_CMP, w, c, -1);
		minus = short_jump(s, SHORT_JE);
		sign_to_rdx(s, w);
	} else {
		mov_imm(s, RDX, 0);
	}
	unary(s, is_signed ? 7 : 6, w, c);
	uint8_t *end = short_jump(s, SHORT_JMP);
	if (is_signed) {
		land(s, minus);
		unary(s, 3, w, RAX);
		end2 = short_jump(s, SHORT_JMP);
	}
	land(s, zero);
	mov_imm(s, RAX, 0);
	land(s, end);
	if (end2)
		land(s, end2);
	ra_done(x, i->a);
	ra_done(x, i->b);
	x->host_flags = IR_NONE;
	ra_define(x, n, RAX);
}

static void shift(
    struct x64 *x, ir_ref n, const struct ir_insn *i, enum x64_shift by_imm, unsigned by_reg)
{
	int32_t imm;
	unsigned a = ra_use(x, i->a);
	if (small_operand(x, i, i->b, &imm)) {
		unsigned count = (unsigned)imm & (wide(i) ? 63 : 31);
		ra_done(x, i->a);
		ra_done(x, i->b);
		unsigned dst = ra_result(x, n, a);
		if (by_imm == SH_ROR) {
			rorx(&x->a, wide(i), dst, a, count);
		} else {
			if (dst != a || !wide(i))
				mov_rr(&x->a, wide(i), dst, a);
			if (count)
				shift_imm(&x->a, by_imm, wide(i), dst, count);
		}
		x->host_flags = IR_NONE;
		ra_define(x, n, dst);
		return;
	}
	unsigned c = ra_use(x, i->b);
	ra_done(x, i->a);
	ra_done(x, i->b);
	unsigned dst = ra_result(x, n, X64_NO_REG);
	shift_x(&x->a, by_reg, wide(i), dst, a, c);
	ra_define(x, n, dst);
}

/* SHL, SHR, SAR. */
void emit_shift(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	switch (i->op) {
	case IR_SHL: shift(x, n, i, SH_SHL, X_SHLX); break;
	case IR_SHR: shift(x, n, i, SH_SHR, X_SHRX); break;
	default: shift(x, n, i, SH_SAR, X_SARX);
	}
}

/* Rotation by a register counts in CL. */
void emit_ror(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	int32_t imm;
	if (small_operand(x, i, i->b, &imm)) {
		shift(x, n, i, SH_ROR, 0);
		return;
	}
	ra_claim(x, RCX);
	unsigned a = ra_use(x, i->a), c = ra_use(x, i->b);
	mov_rr(&x->a, true, RCX, c);
	unsigned dst = ra_temp(x);
	mov_rr(&x->a, true, dst, a);
	shift_cl(&x->a, SH_ROR, wide(i), dst);
	ra_done(x, i->a);
	ra_done(x, i->b);
	x->host_flags = IR_NONE;
	ra_define(x, n, dst);
}

void emit_extr(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	unsigned high = ra_use(x, i->a), low = ra_use(x, i->b);
	ra_done(x, i->a);
	ra_done(x, i->b);
	unsigned dst = ra_result(x, n, low);
	if (dst == high && dst != low)
		dst = ra_temp(x);
	move_to(x, dst, low);
	shrd(&x->a, wide(i), dst, high, (unsigned)i->imm);
	x->host_flags = IR_NONE;
	ra_define(x, n, dst);
}

/* The low half of a value that is only in its slot. */
static bool emit_low_half(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	const struct loc *l = &x->loc[i->a];
	struct mem slot = at(RBP, (int32_t)l->slot);
	if (l->reg != X64_NO_REG || !l->in_slot || l->spill)
		return false;
	ra_done(x, i->a);
	unsigned dst = ra_result(x, n, X64_NO_REG);
	mov_load(&x->a, false, dst, slot);
	ra_define(x, n, dst);
	return true;
}

void emit_unary(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	struct assembler *s = &x->a;
	if (i->op == IR_ZEXT32 && emit_low_half(x, n, i))
		return;
	unsigned a = ra_use(x, i->a);
	ra_done(x, i->a);
	unsigned dst = ra_result(x, n, a);
	bool w = wide(i);
	switch (i->op) {
	case IR_NOT:
		move_to(x, dst, a);
		unary(s, 2, w, dst);
		break;
	case IR_NEG:
		move_to(x, dst, a);
		unary(s, 3, w, dst);
		break;
	case IR_SEXT8: op0f_rr(s, 0, 0xbe, w, dst, a, a >= RSP); break;
	case IR_SEXT16: op0f_rr(s, 0, 0xbf, w, dst, a, false); break;
	case IR_SEXT32:
		if (w)
			op_rr(s, 0x63, true, dst, a);
		else
			mov_rr(s, false, dst, a);
		break;
	case IR_ZEXT8: op0f_rr(s, 0, 0xb6, false, dst, a, a >= RSP); break;
	case IR_ZEXT16: op0f_rr(s, 0, 0xb7, false, dst, a, false); break;
	case IR_ZEXT32: mov_rr(s, false, dst, a); break;
	case IR_CLZ: op0f_rr(s, 0xf3, 0xbd, w, dst, a, false); break;
	case IR_BSWAP:
		move_to(x, dst, a);
		bswap(s, w, dst);
		break;
	default: assert(!"not unary");
	}
	if (i->op == IR_NEG || i->op == IR_CLZ)
		x->host_flags = IR_NONE;
	ra_define(x, n, dst);
}
