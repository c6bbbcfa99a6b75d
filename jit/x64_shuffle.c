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

/* One instruction. */
struct one {
	uint32_t op;
	unsigned a, b;
	int imm;        /* -1: none */
	unsigned group; /* of an opcode that shifts: the operation */
};

/* --- Of two sources: false if the instruction does not do it --- */

/* PUNPCKL and PUNPCKH: lanes of both sources in turn. */
static bool interleave(const struct shuffle *s, struct one *r)
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
				*r = (struct one){op[high][lane], s->a, s->b, -1, 0};
				return true;
			}
		}
	}
	return false;
}

/* SHUFPS: two words of the first source, then two of the second. */
static bool words(const struct shuffle *s, struct one *r)
{
	unsigned g[4], imm = 0;
	for (unsigned k = 0; k < 4; k++) {
		g[k] = group(s, 4, k);
		if (g[k] == 255 || g[k] / 4 != k / 2)
			return false;
		imm |= (g[k] & 3) << 2 * k;
	}
	*r = (struct one){V(1, 0, 0, 0xc6), s->a, s->b, (int)imm, 0};
	return true;
}

/* SHUFPD: a half of each. */
static bool halves(const struct shuffle *s, struct one *r)
{
	unsigned low = group(s, 8, 0), high = group(s, 8, 1);
	if (low > 1 || high < 2 || high > 3)
		return false;
	*r = (struct one){V(1, 1, 1, 0xc6), s->a, s->b, (int)(low | (high - 2) << 1), 0};
	return true;
}

static bool align(const struct shuffle *s, struct one *r)
{
	if (s->p[0] >= 16 || !run(s, 0, 16, s->p[0]))
		return false;
	*r = (struct one){V(3, 1, 0, 0x0f), s->b, s->a, s->p[0], 0}; /* PALIGNR */
	return true;
}

/* INSERTPS: a word of the second source into the first. */
static bool insert(const struct shuffle *s, struct one *r)
{
	unsigned to = 4;
	for (unsigned k = 0; k < 4; k++) {
		unsigned g = group(s, 4, k);
		if (g == k)
			continue;
		if (to < 4 || g < 4 || g == 255)
			return false;
		to = k;
	}
	if (to == 4)
		return false;
	*r = (struct one){VINSERTPS, s->a, s->b, (int)((group(s, 4, to) - 4) << 6 | to << 4), 0};
	return true;
}

#define PBLENDW V(3, 1, 0, 0x0e)

/* PBLENDW: what stays where it is.  VEX only. */
static bool blend(const struct shuffle *s, struct one *r)
{
	unsigned imm = 0;
	for (unsigned k = 0; k < 8; k++) {
		unsigned g = group(s, 2, k);
		if (g != k && g != k + 8)
			return false;
		imm |= (g > 7) << k;
	}
	*r = (struct one){PBLENDW, s->a, s->b, (int)imm, 0};
	return (s->a | s->b) < 16;
}

static bool two_sources(const struct shuffle *s, struct one *r)
{
	typedef bool way(const struct shuffle *, struct one *);
	static way *const ways[] = {interleave, words, halves, align, insert, blend};
	struct shuffle swapped = {.a = s->b, .b = s->a};
	for (unsigned k = 0; k < 16; k++)
		swapped.p[k] = s->p[k] < 32 ? s->p[k] ^ 16 : s->p[k];
	for (unsigned k = 0; k < sizeof ways / sizeof *ways; k++)
		if (ways[k](s, r) || ways[k](&swapped, r))
			return true;
	return false;
}

/* --- Of one source --- */

/* VPBROADCASTB and W of the lowest lane. */
static bool broadcast(const struct shuffle *s, struct one *r)
{
	for (unsigned lane = 0; lane < 2; lane++) {
		unsigned k = 0;
		while (k < 16u >> lane && group(s, 1u << lane, k) == 0)
			k++;
		if (k == 16u >> lane) {
			*r = (struct one){V(2, 1, 0, 0x78) + lane, 0, s->a, -1, 0};
			return true;
		}
	}
	return false;
}

/* MOVQ, INSERTPS, PSHUFD, PSRLDQ, PSLLDQ. */
static bool one_source(const struct shuffle *s, struct one *r)
{
	unsigned imm = 0, k, lead = 0;
	if (broadcast(s, r))
		return true;
	if (run(s, 0, 8, 0) && zeros(s, 8)) {
		*r = (struct one){VMOVQ, 0, s->a, -1, 0};
		return true;
	}
	if (run(s, 0, 4, 0) && zeros(s, 4)) {
		*r = (struct one){VINSERTPS, s->a, s->a, 0x0e, 0};
		return true;
	}
	for (k = 0; k < 4 && group(s, 4, k) < 4; k++)
		imm |= group(s, 4, k) << 2 * k;
	if (k == 4) {
		*r = (struct one){V(1, 1, 0, 0x70), 0, s->a, (int)imm, 0};
		return true;
	}
	if (s->p[0] < 16 && run(s, 0, 16u - s->p[0], s->p[0]) && zeros(s, 16u - s->p[0])) {
		*r = (struct one){V(1, 1, 0, 0x73), 0, s->a, s->p[0], 3};
		return true;
	}
	while (lead < 16 && s->p[lead] == IR_SHUFFLE_ZERO)
		lead++;
	*r = (struct one){V(1, 1, 0, 0x73), 0, s->a, (int)lead, 7};
	return lead < 16 && run(s, lead, 16 - lead, 0);
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

/* A move that need not be made: what is not copied is 0 already. */
static bool is_copy(const struct x64 *x, const struct shuffle *s, ir_ref a)
{
	unsigned n = 0;
	while (n < 16 && s->p[n] == n)
		n++;
	return zeros(s, n) && x->loc[a].clean <= 8 * n;
}

static void emit_one(struct x64 *x, unsigned dst, const struct one *r)
{
	if (r->group)
		vop_imm(&x->a, r->op, r->group, dst, r->b, (unsigned)r->imm);
	else if (r->imm >= 0)
		vop_imm(&x->a, r->op, dst, r->a, r->b, (unsigned)r->imm);
	else
		vop(&x->a, r->op, dst, r->a, r->b);
}

static void emit_of_two(struct x64 *x, ir_ref n, const struct ir_insn *i, struct shuffle *s)
{
	struct one r;
	bool one = two_sources(s, &r);
	x64_clean(x, n, clean_bits(s));
	if (!one) {
		s->dst = ra_result(x, n, X64_NO_REG); /* which is neither, then */
		bytes_of_two(x, s);
	}
	ra_done(x, i->a);
	ra_done(x, i->b);
	if (one) {
		s->dst = ra_result(x, n, s->a);
		if (r.op == PBLENDW && s->dst > 15)
			s->dst = ra_vector_temp(x);
		emit_one(x, s->dst, &r);
	}
}

static void emit_of_one(
    struct x64 *x, ir_ref n, const struct ir_insn *i, ir_ref source, struct shuffle *s)
{
	struct one r;
	for (unsigned k = 0; k < 16; k++)
		s->p[k] &= s->p[k] < 32 ? 15 : 255;
	bool copy = is_copy(x, s, source);
	x64_clean(x, n, clean_bits(s));
	if (copy)
		x64_clean(x, n, x->loc[source].clean);
	ra_done(x, i->a);
	ra_done(x, i->b);
	s->dst = ra_result(x, n, s->a);
	if (copy)
		vec_move(&x->a, s->dst, s->a);
	else if (one_source(s, &r))
		emit_one(x, s->dst, &r);
	else
		vop_const(&x->a, PSHUFB, s->dst, s->a, byte_pattern(x, s, 0));
}

void emit_shuffle(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	uint64_t half[2] = {i->imm, x->b->insn[i->c].imm};
	struct shuffle s;
	memcpy(s.p, half, sizeof s.p);
	enum source from = i->a == i->b ? FIRST : sources(&s);
	s.a = ra_use(x, from == SECOND ? i->b : i->a);
	if (from == BOTH) {
		s.b = ra_use(x, i->b);
		emit_of_two(x, n, i, &s);
	} else {
		emit_of_one(x, n, i, from == SECOND ? i->b : i->a, &s);
	}
	ra_done(x, i->c);
	ra_define(x, n, s.dst);
}
