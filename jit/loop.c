/* Finding loops and streams in a finished block. */
#include "jit/loop.h"

#include <string.h>

#define MAX_DEPTH 6 /* of a sum */

static bool add_term(struct loop_sum *s, uint32_t slot, int64_t factor)
{
	for (unsigned k = 0; k < s->terms; k++) {
		if (s->term[k].slot == slot) {
			s->term[k].factor += factor;
			return true;
		}
	}
	if (s->terms == LOOP_TERMS)
		return false;
	s->term[s->terms].slot = slot;
	s->term[s->terms++].factor = factor;
	return true;
}

/* *s += factor * v.  False if `v` is no such sum. */
static bool add_value(
    const struct ir_block *b, ir_ref v, int64_t factor, unsigned depth, struct loop_sum *s)
{
	const struct ir_insn *i = &b->insn[v];
	uint64_t n;
	if (i->op == IR_CONST) {
		s->number += (uint64_t)factor * i->imm;
		return true;
	}
	if (i->type != IR_I64 || depth == MAX_DEPTH)
		return false;
	switch (i->op) {
	case IR_GET: return add_term(s, (uint32_t)i->imm, factor);
	case IR_ADD:
		return add_value(b, i->a, factor, depth + 1, s) &&
		       add_value(b, i->b, factor * (1 << i->imm), depth + 1, s);
	case IR_SUB:
		return add_value(b, i->a, factor, depth + 1, s) &&
		       add_value(b, i->b, -factor, depth + 1, s);
	case IR_SHL:
		return ir_is_const(b, i->b, &n) && n < 8 &&
		       add_value(b, i->a, factor * (1 << n), depth + 1, s);
	default: return false;
	}
}

static bool sum_of(const struct ir_block *b, ir_ref v, struct loop_sum *s)
{
	*s = (struct loop_sum){.terms = 0};
	return add_value(b, v, 1, 0, s);
}

/* What a pass adds to a slot. */
static bool slot_step(const struct ir_block *b, uint32_t slot, int64_t *step)
{
	struct loop_sum s;
	*step = 0;
	for (ir_ref n = b->count; n-- > 1;) {
		const struct ir_insn *i = &b->insn[n];
		if (i->op != IR_SET || i->imm != slot)
			continue;
		if (!sum_of(b, i->a, &s) || s.terms != 1 || s.term[0].slot != slot ||
		    s.term[0].factor != 1)
			return false;
		*step = (int64_t)s.number;
		return true;
	}
	return true;
}

static bool small(int64_t v, unsigned page_bits)
{
	return v >= -(INT64_C(1) << page_bits) && v <= INT64_C(1) << page_bits;
}

static bool is_stream(const struct ir_block *b, ir_ref n, unsigned page_bits, struct loop_stream *s)
{
	const struct ir_insn *i = &b->insn[n];
	if (i->op != IR_LOAD && i->op != IR_STORE && i->op != IR_PROBE)
		return false;
	*s = (struct loop_stream){.op = n};
	if (!sum_of(b, i->a, &s->address))
		return false;
	s->address.number += i->imm;
	for (unsigned k = 0; k < s->address.terms; k++) {
		int64_t step;
		if (!slot_step(b, s->address.term[k].slot, &step) || !small(step, page_bits) ||
		    !small(s->address.term[k].factor, page_bits))
			return false;
		s->step += step * s->address.term[k].factor;
	}
	return small(s->step, page_bits);
}

/* Does the last instruction lead to the block's start? */
static bool leads_back(const struct ir_block *b)
{
	for (ir_ref n = b->count; n-- > 1 && b->insn[n].at + 1u == b->guest_count;)
		if (ir_is_exit((enum ir_op)b->insn[n].op) && b->insn[n].imm == b->pc)
			return true;
	return false;
}

/* ... and nothing in between can change the TLB or a general slot. */
static bool is_loop(const struct ir_block *b)
{
	if (b->alone || !leads_back(b))
		return false;
	for (ir_ref n = 1; n < b->count; n++) {
		const struct ir_insn *i = &b->insn[n];
		if (i->op == IR_CALL || (i->op == IR_HELPER && i->info))
			return false;
	}
	return true;
}

bool loop_find(const struct ir_block *b, unsigned page_bits, struct loop *l)
{
	l->count = 0;
	if (!is_loop(b))
		return false;
	for (ir_ref n = 1; n < b->count && l->count < LOOP_STREAMS; n++)
		l->count += is_stream(b, n, page_bits, &l->stream[l->count]);
	return true;
}

unsigned loop_stream_of(const struct loop *l, ir_ref n)
{
	unsigned k = 0;
	while (k < l->count && l->stream[k].op != n)
		k++;
	return k < l->count ? k : LOOP_STREAMS;
}
