/* From guest words to a finished IR block. */
#include "cpu/arm64/lower.h"

#include "cpu/arm64/engine.h"
#include "cpu/arm64/registers.h"
#include "cpu/arm64/table.h"

#define MAX_BLOCK 64 /* guest instructions; loops and calls end most blocks far earlier */

/* Row names to lowerings: the rows are looked up once. */
#define INSN(name, pattern, text, flags, valid) ROW_##name,
enum {
#include "cpu/arm64/insns.def"
	ROW_COUNT
};
#undef INSN

static lower_fn *const lowerings[ROW_COUNT] = {
#define LOWERING(name) [ROW_##name] = lower_##name,
#include "cpu/arm64/lowerings.def"
#undef LOWERING
};

/* SP moved by a multiple of 16 since it was checked is still aligned. */
static bool still_aligned(const struct lower *l, ir_ref v)
{
	uint64_t by;
	while (v != l->sp_checked) {
		const struct ir_insn *i = &l->b->insn[v];
		if ((i->op != IR_ADD && i->op != IR_SUB) || !ir_is_const(l->b, i->b, &by) ||
		    by & 15)
			return false;
		v = i->a;
	}
	return true;
}

ir_ref lower_base(struct lower *l, unsigned n)
{
	ir_ref v = lower_x_sp(l, n);
	if (n == 31 && l->check_sp && !still_aligned(l, v))
		ir_append(l->b, IR_REFUSE, IR_I64, v, 0, 0, 0, 15);
	if (n == 31)
		l->sp_checked = v;
	return v;
}

ir_ref lower_low_half(struct lower *l, ir_ref v)
{
	static const uint8_t low[16] = {0, 1, 2, 3, 4, 5, 6, 7, IR_SHUFFLE_ZERO, IR_SHUFFLE_ZERO,
	    IR_SHUFFLE_ZERO, IR_SHUFFLE_ZERO, IR_SHUFFLE_ZERO, IR_SHUFFLE_ZERO, IR_SHUFFLE_ZERO,
	    IR_SHUFFLE_ZERO};
	return ir_shuffle(l->b, v, v, low);
}

ir_ref lower_scalar(struct lower *l, unsigned size, ir_ref v)
{
	return ir_insert(l->b, size, ir_vconst(l->b, 0, 0), 0, v);
}

ir_ref lower_index(struct lower *l, uint32_t w, unsigned size)
{
	unsigned option = FIELD_OF(15, 13);
	ir_ref v = lower_x(l, FIELD_OF(20, 16));
	if (option == 2 || option == 6)
		v = ir_unary(l->b, option == 2 ? IR_ZEXT32 : IR_SEXT32, IR_I64, v);
	return FIELD_OF(12, 12) && size ? ir_binary(l->b, IR_SHL, IR_I64, v, ir_const(l->b, size))
					: v;
}

static bool ends_block(const struct insn_row *r)
{
	return !r || r->flags & INSN_BRANCH;
}

/* The interpreter's function; what follows a branch is never reached through it. */
static void lower_as_call(struct lower *l, const struct insn_row *r)
{
	if (l->c->lockstep) { /* only translated code is compared */
		ir_append(l->b, IR_REFUSE, IR_I64, ir_const(l->b, 1), 0, 0, 0, 1);
		ir_leave(l->b, l->pc);
		l->ended = true;
		return;
	}
	ir_call(l->b, l->pc);
	l->sp_checked = IR_NONE;
	if (ends_block(r)) {
		ir_leave(l->b, l->pc + 4);
		l->ended = true;
	}
}

/* FP and vector instructions without memory cannot fault; flags of their row say what they touch
 * besides V registers, FPCR and FPSR. */
static bool is_computation(const struct insn_row *r)
{
	return r->flags & INSN_FP && !(r->flags & (INSN_LOAD | INSN_STORE | INSN_NZCV));
}

static void lower_as_helper(struct lower *l, const struct insn_row *r, uint32_t word)
{
	const struct insn *i = engine_keep(l->c->engine, word);
	if (!i) { /* the host is out of memory: the slower way needs none */
		ir_call(l->b, l->pc);
		return;
	}
	uint32_t v = offsetof(struct arm64, s.v);
	if (r->flags & INSN_GENERAL)
		ir_helper_any(l->b, (uintptr_t)i->exec, i);
	else
		ir_helper(l->b, (uintptr_t)i->exec, i, v, v + ARM64_V_COUNT * 8u - 1);
}

static void lower_one(struct lower *l, const struct decoder *d, uint32_t word)
{
	const struct insn_row *r = decode(d, word);
	lower_fn *f = r ? lowerings[r - d->rows] : NULL;
	if (f && r->flags & INSN_FP && l->c->fp_trapped)
		f = NULL;
	if (f && f(l, word))
		return;
	if (r && is_computation(r) && !l->c->fp_trapped)
		lower_as_helper(l, r, word);
	else
		lower_as_call(l, r);
}

void arm64_lower_block(
    struct ir_block *b, const struct arm64 *c, const uint32_t *words, uint64_t pc, bool apart)
{
	const struct decoder *d = arm64_decoder();
	struct lower l = {.b = b, .c = c, .pc = pc, .words = words};
	l.check_sp = c->s.sctlr_el1 & (c->s.el ? SCTLR_SA : SCTLR_SA0);
	ir_begin(b, pc, c->context);
	b->alone = c->lockstep;
	l.follows = !b->alone && !apart;
	for (unsigned n = 0; !l.ended; n++, l.pc = l.next) {
		if ((l.pc ^ pc) >> BUS_PAGE_BITS || n == MAX_BLOCK || !ir_room(b)) {
			ir_jump(b, l.pc);
			break;
		}
		b->at = (uint8_t)n;
		b->guest_count = n + 1;
		l.next = l.pc + 4;
		lower_one(&l, d, words[(int64_t)(l.pc - pc) / 4]);
	}
	ir_coalesce(b, !apart);
}
