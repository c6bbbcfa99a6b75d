/* What the parts of the x86-64 host share: the emitters of operations, and small tools. */
#ifndef MYNA_JIT_X64_EMIT_H
#define MYNA_JIT_X64_EMIT_H

#include "jit/x64_ra.h"

/* Emits the code of operation `n`. */
typedef void x64_emit_fn(struct x64 *x, ir_ref n, const struct ir_insn *i);

/* x64_int.c */
x64_emit_fn emit_add;
x64_emit_fn emit_logic;
x64_emit_fn emit_mul;
x64_emit_fn emit_mulh;
x64_emit_fn emit_div;
x64_emit_fn emit_shift;
x64_emit_fn emit_ror;
x64_emit_fn emit_extr;
x64_emit_fn emit_unary;
/* x64_flags.c */
x64_emit_fn emit_flags;
x64_emit_fn emit_set_flags;
x64_emit_fn emit_get_flags;
x64_emit_fn emit_select;
x64_emit_fn emit_ccmp;
x64_emit_fn emit_nzcv;
/* How EFLAGS say that a condition holds.  With `parity`, it is CC_E and not CC_P, or CC_NE or CC_P.
 */
struct x64_test {
	enum x64_cc cc;
	bool parity;
	bool restore; /* CMC afterwards */
};

/* Make EFLAGS say whether `cond` holds for the flags of `v`. */
struct x64_test x64_condition(struct x64 *x, ir_ref v, unsigned cond);
/* x64_fcmp.c */
x64_emit_fn emit_fp_compare;
x64_emit_fn emit_fp_conditional_compare;
/* How EFLAGS say that `cond` holds after floating-point comparison `v`. */
struct x64_test x64_fcmp_test(unsigned cond);
/* Is `v` a SUBS whose difference nobody needs? */
bool x64_is_compare(const struct x64 *x, ir_ref v);
/* The lazy form of the flags of ADDS, SUBS, ANDS. */
enum jit_flags x64_flags_kind(const struct x64 *x, ir_ref v);
/* x64_mem.c */
x64_emit_fn emit_load;
x64_emit_fn emit_store;
x64_emit_fn emit_probe;
x64_emit_fn emit_load_host;
x64_emit_fn emit_store_host;
/* x64_flow.c */
x64_emit_fn emit_exit_cond;
x64_emit_fn emit_exit_test;
x64_emit_fn emit_exit_bit;
x64_emit_fn emit_jump_to;
x64_emit_fn emit_jump;
x64_emit_fn emit_leave;
x64_emit_fn emit_budget;
x64_emit_fn emit_call;
x64_emit_fn emit_refuse;
x64_emit_fn emit_helper;
/* Out of line: leave before `i` for a block whose accesses do not share checks. */
void x64_leave_apart(struct x64 *x, const struct ir_insn *i);
/* Take the whole block out of the budget, or leave before it. */
void emit_entry(struct x64 *x);

static inline bool wide(const struct ir_insn *i)
{
	return i->type == IR_I64;
}

/* The stack slot + 1 where a pair of conditions of `l` is kept. */
static inline uint8_t *x64_kept(struct loc *l, unsigned pair)
{
	return &l->kept[(l->pairs & (pair - 1)) != 0];
}

/* The byte in stack slot number `slot` - 1. */
static inline struct mem x64_stack_byte(unsigned slot)
{
	return at(RSP, ra_spill_offset(slot - 1u));
}

static inline bool small_const(const struct x64 *x, ir_ref v, int32_t *value)
{
	const struct ir_insn *i = &x->b->insn[v];
	if (i->op != IR_CONST || !fits32((int64_t)i->imm))
		return false;
	*value = (int32_t)i->imm;
	return true;
}

/* The same for an operand of a 32-bit operation, whose upper half does not count. */
static inline bool small_operand(
    const struct x64 *x, const struct ir_insn *i, ir_ref v, int32_t *value)
{
	if (!wide(i) && x->b->insn[v].op == IR_CONST) {
		*value = (int32_t)x->b->insn[v].imm;
		return true;
	}
	return small_const(x, v, value);
}

static inline void move_to(struct x64 *x, unsigned dst, unsigned src)
{
	if (dst != src)
		mov_rr(&x->a, true, dst, src);
}

static inline uint8_t *short_jump(struct assembler *a, unsigned opcode)
{
	put8(a, opcode);
	put8(a, 0);
	return a->p - 1;
}

static inline void land(struct assembler *a, uint8_t *site)
{
	*site = (uint8_t)(a->p - (site + 1));
}

enum { SHORT_JAE = 0x73, SHORT_JE = 0x74, SHORT_JNE = 0x75, SHORT_JP = 0x7a, SHORT_JMP = 0xeb };

#endif
