/* SHUFFLE on the x86-64 host: one instruction for the patterns that have one, else byte
 * permutations with a constant. */
#include <string.h>

#include "jit/x64_vec.h"

enum source { FIRST, SECOND, BOTH };

struct shuffle {
	uint8_t p[16]; /* of the first source (0 to 15), the second (16 to 31), 0 (128) */
	unsigned a, b; /* registers */
	unsigned dst;
};

/* Do bytes `from` on hold start, start + 1, ...? */
static bool run(const struct shuffle *s, unsigned from, unsigned count, unsigned start)
{
	for (unsigned k = 0; k < count; k++)
		if (s->p[from + k] != start + k)
			return false;
	return true;
}

static bool zeros(const struct shuffle *s, unsigned from)
{
	for (unsigned k = from; k < 16; k++)
		if (s->p[k] != IR_SHUFFLE_ZERO)
			return false;
	return true;
}

/* The lane that group `k` of `size` bytes holds whole, or 255. */
static unsigned group(const struct shuffle *s, unsigned size, unsigned k)
{
	unsigned first = s->p[k * size];
	return first < 32 && first % size == 0 && run(s, k * size, size, first) ? first / size
										: 255;
}

/* PUNPCKL and PUNPCKH: lanes of both sources in turn. */
static bool interleave(struct x64 *x, const struct shuffle *s)
{
	static const uint32_t op[2][4] = {
	    {V(1, 1, 0, 0x60), V(1, 1, 0, 0x61), V(1, 1, 0, 0x62), V(1, 1, 1, 0x6c)},
	    {V(1, 1, 0, 0x68), V(1, 1, 0, 0x69), V(1, 1, 0, 0x6a), V(1, 1, 1, 0x6d)}};
	for (unsigned lane = 0; lane < 4; lane++) {
		unsigned size = 1u << lane, half = 8 / size, second = 16 / size;
		for (unsigned high = 0; high < 2; high++) {
			bool fits = true;
			for (unsigned k = 0; k < half && fits; k++)
				fits = group(s, size, 2 * k) == k + high * half &&
				       group(s, size, 2 * k + 1) == second + k + high * half;
			if (fits) {
				vop(&x->a, op[high][lane], s->dst, s->a, s->b);
				return true;
			}
		}
	}
	return false;
}

/* SHUFPS: two words of the first source, then two of the second. */
static bool words(struct x64 *x, const struct shuffle *s)
{
	unsigned g[4], imm = 0;
	for (unsigned k = 0; k < 4; k++) {
		g[k] = group(s, 4, k);
		if (g[k] == 255 || g[k] / 4 != k / 2)
			return false;
		imm |= (g[k] & 3) << 2 * k;
	}
	vop_imm(&x->a, V(1, 0, 0, 0xc6), s->dst, s->a, s->b, imm);
	return true;
}

static bool two_sources(struct x64 *x, const struct shuffle *s)
{
	if (interleave(x, s) || words(x, s))
		return true;
	if (s->p[0] < 16 && run(s, 0, 16, s->p[0])) {
		vop_imm(&x->a, V(3, 1, 0, 0x0f), s->dst, s->b, s->a, s->p[0]); /* PALIGNR */
		return true;
	}
	return false;
}

/* PSHUFD, PSRLDQ, PSLLDQ, or a move of the low half. */
static bool one_source(struct x64 *x, const struct shuffle *s)
{
	unsigned imm = 0, k, lead = 0;
	if (run(s, 0, 8, 0) && zeros(s, 8)) {
		vop(&x->a, VMOVQ, s->dst, 0, s->a);
		return true;
	}
	if (run(s, 0, 4, 0) && zeros(s, 4)) {
		vop_imm(&x->a, VINSERTPS, s->dst, s->a, s->a, 0x0e);
		return true;
	}
	for (k = 0; k < 4 && group(s, 4, k) < 4; k++)
		imm |= group(s, 4, k) << 2 * k;
	if (k == 4) {
		vop_imm(&x->a, V(1, 1, 0, 0x70), s->dst, 0, s->a, imm);
		return true;
	}
	if (s->p[0] < 16 && run(s, 0, 16u - s->p[0], s->p[0]) && zeros(s, 16u - s->p[0])) {
		vop_imm(&x->a, V(1, 1, 0, 0x73), 3, s->dst, s->a, s->p[0]);
		return true;
	}
	while (lead < 16 && s->p[lead] == IR_SHUFFLE_ZERO)
		lead++;
	if (lead < 16 && run(s, lead, 16 - lead, 0)) {
		vop_imm(&x->a, V(1, 1, 0, 0x73), 7, s->dst, s->a, lead);
		return true;
	}
	return false;
}

/* A constant for PSHUFB: bytes of one source, 0 for the rest. */
static const uint8_t *byte_pattern(struct x64 *x, const struct shuffle *s, unsigned source)
{
	uint8_t p[16];
	uint64_t half[2];
	for (unsigned k = 0; k < 16; k++)
		p[k] = s->p[k] >> 4 == source ? s->p[k] & 15 : IR_SHUFFLE_ZERO;
	memcpy(half, p, sizeof half);
	return x64_literal(x, half[0], half[1]);
}

static bool any_zero(const struct shuffle *s)
{
	for (unsigned k = 0; k < 16; k++)
		if (s->p[k] == IR_SHUFFLE_ZERO)
			return true;
	return false;
}

#define PSHUFB V(2, 1, 0, 0x00)

/* `dst` is neither source. */
static void bytes_of_two(struct x64 *x, const struct shuffle *s)
{
	if (x->j->vbmi && !any_zero(s)) {
		uint64_t half[2];
		memcpy(half, s->p, sizeof half);
		vop_const(&x->a, VMOVUPS_LOAD, s->dst, 0, x64_literal(x, half[0], half[1]));
		vop(&x->a, V(2, 1, 0, 0x75) | V_EVEX, s->dst, s->a, s->b); /* VPERMI2B */
		return;
	}
	unsigned t = ra_vector_temp(x);
	vop_const(&x->a, PSHUFB, s->dst, s->a, byte_pattern(x, s, 0));
	vop_const(&x->a, PSHUFB, t, s->b, byte_pattern(x, s, 1));
	vop(&x->a, V(1, 1, 0, 0xeb), s->dst, s->dst, t);
}

static enum source sources(const struct shuffle *s)
{
	bool first = false, second = false;
	for (unsigned k = 0; k < 16; k++) {
		first |= s->p[k] < 16;
		second |= s->p[k] >= 16 && s->p[k] < 32;
	}
	return first && second ? BOTH : second ? SECOND : FIRST;
}

/* Bits that can be other than 0. */
static unsigned clean_bits(const struct shuffle *s)
{
	unsigned n = 16;
	while (n > 1 && s->p[n - 1] == IR_SHUFFLE_ZERO)
		n--;
	return n > 8 ? 128 : n > 4 ? 64 : n > 2 ? 32 : n * 8;
}

/* A move that need not be made. */
static bool is_copy(const struct x64 *x, const struct shuffle *s, ir_ref a)
{
	return run(s, 0, 16, 0) || (x->loc[a].clean <= 64 && run(s, 0, 8, 0) && zeros(s, 8));
}

void emit_shuffle(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	uint64_t half[2] = {i->imm, x->b->insn[i->c].imm};
	struct shuffle s;
	memcpy(s.p, half, sizeof s.p);
	s.a = ra_use(x, i->a);
	s.b = ra_use(x, i->b);
	enum source from = i->a == i->b ? FIRST : sources(&s);
	ir_ref first = from == SECOND ? i->b : i->a;
	if (from == SECOND)
		s.a = s.b;
	if (from != BOTH)
		for (unsigned k = 0; k < 16; k++)
			s.p[k] &= s.p[k] < 32 ? 15 : 255;
	bool copy = from != BOTH && is_copy(x, &s, first);
	x64_clean(x, n, clean_bits(&s));
	if (copy)
		x64_clean(x, n, x->loc[first].clean);
	if (from == BOTH)
		s.dst = ra_vector_temp(x);
	ra_done(x, i->a);
	ra_done(x, i->b);
	ra_done(x, i->c);
	if (from != BOTH)
		s.dst = ra_result(x, n, s.a);
	if (copy)
		vec_move(&x->a, s.dst, s.a);
	else if (from != BOTH && !one_source(x, &s))
		vop_const(&x->a, PSHUFB, s.dst, s.a, byte_pattern(x, &s, 0));
	else if (from == BOTH && !two_sources(x, &s))
		bytes_of_two(x, &s);
	ra_define(x, n, s.dst);
}
