/* Operands and results of AdvSIMD lowerings.  Patterns of shuffles are chosen so that a host has
 * few of them to do in more than one step. */
#include "cpu/arm64/lower_simd.h"

#include <string.h>

#include "cpu/fp/fp.h"

/* --- Permutations --- */

/* Lanes of `size` from the numbers in `from`, `count` of them, then zeros. */
static ir_ref lanes_of(
    struct ir_block *b, unsigned size, ir_ref v, const uint8_t *from, unsigned count)
{
	uint8_t p[16];
	memset(p, IR_SHUFFLE_ZERO, sizeof p);
	for (unsigned k = 0; k < count << size; k++)
		p[k] = (uint8_t)((from[k >> size] << size) + (k & ((1u << size) - 1)));
	return ir_shuffle(b, v, v, p);
}

ir_ref simd_low(struct ir_block *b, unsigned size, ir_ref v)
{
	static const uint8_t first[1] = {0};
	return lanes_of(b, size, v, first, 1);
}

ir_ref simd_join(struct ir_block *b, ir_ref n, ir_ref m)
{
	static const uint8_t halves[16] = {0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23};
	return ir_shuffle(b, n, m, halves);
}

ir_ref simd_every_second(struct ir_block *b, unsigned size, ir_ref v, unsigned first)
{
	uint8_t from[8];
	for (unsigned k = 0; k < 8; k++)
		from[k] = (uint8_t)(2 * k + first);
	return lanes_of(b, size, v, from, 8u >> size);
}

ir_ref simd_broadcast(struct ir_block *b, unsigned size, ir_ref v, unsigned k)
{
	uint8_t from[16];
	memset(from, (int)k, sizeof from);
	return lanes_of(b, size, v, from, 16u >> size);
}

static ir_ref upper_half(struct ir_block *b, ir_ref v)
{
	static const uint8_t one[1] = {1};
	return lanes_of(b, 3, v, one, 1);
}

ir_ref simd_constant(struct ir_block *b, unsigned size, uint64_t value)
{
	uint64_t mask = UINT64_MAX >> (64 - (8u << size));
	value = (value & mask) * (UINT64_MAX / mask);
	return ir_vconst(b, value, value);
}

/* Without a sign the upper half is widened by one permutation that has zeros in between. */
ir_ref simd_widen(const struct simd *s, ir_ref v)
{
	uint8_t p[16];
	if (s->upper && !s->sign) {
		for (unsigned k = 0; k < 16; k++)
			p[k] = k >> s->size & 1 ? IR_SHUFFLE_ZERO
						: (uint8_t)(8 + (k >> (s->size + 1) << s->size) +
							    (k & ((1u << s->size) - 1)));
		return ir_shuffle(s->b, v, v, p);
	}
	if (s->upper)
		v = upper_half(s->b, v);
	return ir_vector(s->b, s->sign ? IR_VSXT : IR_VUXT, s->size + 1, v, IR_NONE);
}

/* --- Operands --- */

/* One lane of Vm: h number H:L:M of V0 to V15, s number H:L.  For long operations it is extended
 * with zeros at once. */
static ir_ref element(struct lower *l, uint32_t w, bool extended)
{
	unsigned k = FIELD_OF(11, 11) << 1 | FIELD_OF(21, 21), reg = RM;
	uint8_t p[16];
	if (SIZE == 1) {
		k = k << 1 | FIELD_OF(20, 20);
		reg &= 15;
	}
	for (unsigned j = 0; j < 16; j++)
		p[j] =
		    (uint8_t)(extended && j >> SIZE & 1 ? IR_SHUFFLE_ZERO
							: (k << SIZE) + (j & ((1u << SIZE) - 1)));
	ir_ref v = lower_v(l, reg);
	return ir_shuffle(l->b, v, v, p);
}

/* The highest bit of immh, 22:19, gives the size of lanes; immh:immb counts up from there, or down
 * to it. */
static void open_shift(struct simd *s, uint32_t w, bool right)
{
	s->size = 31 - (unsigned)__builtin_clz(FIELD_OF(22, 19));
	unsigned bits = 8u << s->size, value = FIELD_OF(22, 16);
	s->count = right ? 2 * bits - value : value - bits;
}

struct simd simd_open(
    struct lower *l, uint32_t w, enum simd_operand operand, enum simd_shape shape, bool sign)
{
	struct simd s = {.l = l, .b = l->b, .w = w, .shape = shape, .size = SIZE, .sign = sign};
	s.scalar = FIELD_OF(28, 28);
	s.full = FULL && !s.scalar;
	s.upper = s.full && shape != SIMD_SAME && shape != SIMD_DOUBLE;
	if (operand == SIMD_RIGHT || operand == SIMD_LEFT)
		open_shift(&s, w, operand == SIMD_RIGHT);
	s.lane = s.size + (shape != SIMD_SAME);
	s.n = lower_v(l, RN);
	if (operand == SIMD_VECTOR)
		s.m = lower_v(l, RM);
	else if (operand == SIMD_ELEMENT)
		s.m = element(l, w, shape == SIMD_LONG);
	if (shape == SIMD_LONG)
		s.n = simd_widen(&s, s.n);
	if (operand == SIMD_VECTOR && (shape == SIMD_LONG || shape == SIMD_WIDE))
		s.m = simd_widen(&s, s.m);
	return s;
}

/* --- Results --- */

ir_ref simd_active(const struct simd *s, ir_ref v)
{
	bool wide = s->shape == SIMD_LONG || s->shape == SIMD_WIDE || s->shape == SIMD_NARROW;
	if (s->scalar)
		return simd_low(s->b, s->lane, v);
	return s->full || wide ? v : lower_low_half(s->l, v);
}

bool simd_close(const struct simd *s, ir_ref v)
{
	const uint32_t w = s->w;
	if (s->shape != SIMD_NARROW) {
		lower_set_v(s->l, RD, simd_active(s, v));
	} else if (s->scalar) {
		lower_set_v(s->l, RD, simd_low(s->b, s->size, v));
	} else {
		v = simd_every_second(s->b, s->size, v, 0);
		if (s->upper)
			v = simd_join(s->b, lower_v(s->l, RD), v);
		lower_set_v(s->l, RD, v);
	}
	return true;
}

void simd_saturated(const struct simd *s, ir_ref v)
{
	const unsigned bit = (unsigned)__builtin_ctz(FPSR_QC);
	ir_append(
	    s->b, IR_STICKY, IR_VOID, simd_active(s, v), 0, 0, bit, offsetof(struct arm64, s.fpsr));
}

bool simd_set(struct lower *l, uint32_t w, ir_ref v)
{
	lower_set_v(l, RD, FULL ? v : lower_low_half(l, v));
	return true;
}
