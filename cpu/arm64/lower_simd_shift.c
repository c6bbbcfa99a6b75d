/* Lowering of AdvSIMD shifts that do not saturate; semantics as in exec_simd_host.c and
 * exec_simd_shift.c. */
#include "cpu/arm64/lower_simd.h"

#define D lower_v(s->l, s->w & 31)

static uint64_t lane_ones(const struct simd *s)
{
	return UINT64_MAX >> (64 - (8u << s->lane));
}

/* To the right by 1 to all bits of a lane. */
ir_ref simd_down(const struct simd *s, bool sign, ir_ref n)
{
	unsigned bits = 8u << s->lane;
	if (s->count == bits)
		return sign ? BY(VSAR, n, bits - 1) : ZERO;
	return sign ? BY(VSAR, n, s->count) : BY(VSHR, n, s->count);
}

/* The last bit shifted out is added. */
ir_ref simd_rounded_down(const struct simd *s, bool sign, ir_ref n)
{
	ir_ref last = OP(VAND, BY(VSHR, n, s->count - 1), ALL(1));
	return OP(VADD, simd_down(s, sign, n), last);
}

static ir_ref up(const struct simd *s, ir_ref n)
{
	return s->count ? BY(VSHL, n, s->count) : n;
}

/* What is shifted in is taken from the destination. */
static ir_ref insert_down(const struct simd *s, ir_ref n)
{
	unsigned bits = 8u << s->lane;
	if (s->count == bits)
		return D;
	uint64_t mask = lane_ones(s);
	return OP(VOR, BY(VSHR, n, s->count), OP(VAND, D, ALL(mask & ~(mask >> s->count))));
}

static ir_ref insert_up(const struct simd *s, ir_ref n)
{
	if (!s->count)
		return n;
	return OP(VOR, BY(VSHL, n, s->count), OP(VAND, D, ALL(~(UINT64_MAX << s->count))));
}

/* --- By a register: the signed low byte of each lane --- */

static ir_ref by_count(const struct simd *s, bool sign, unsigned lane, ir_ref n, ir_ref m)
{
	return ir_vector(s->b, sign ? IR_VSSHL : IR_VUSHL, lane, n, m);
}

/* Bytes of odd or even numbers, as half words. */
static ir_ref bytes_by_count(const struct simd *s, bool sign, bool odd, ir_ref n, ir_ref m)
{
	n = odd ? n : ir_vector_imm(s->b, IR_VSHL, 1, n, 8);
	n = ir_vector_imm(s->b, sign ? IR_VSAR : IR_VSHR, 1, n, 8);
	m = odd ? ir_vector_imm(s->b, IR_VSHR, 1, m, 8) : m;
	return by_count(s, sign, 1, n, m);
}

/* Hosts do not shift bytes. */
ir_ref simd_by(const struct simd *s, bool sign, ir_ref n, ir_ref m)
{
	if (s->lane)
		return by_count(s, sign, s->lane, n, m);
	ir_ref odd = ir_vector_imm(s->b, IR_VSHL, 1, bytes_by_count(s, sign, true, n, m), 8);
	ir_ref even = bytes_by_count(s, sign, false, n, m);
	return OP(VOR, odd, OP(VAND, even, simd_constant(s->b, 1, 0xff)));
}

ir_ref simd_count(const struct simd *s, ir_ref m)
{
	return s->lane ? BY(VSHL, m, (8u << s->lane) - 8) : m;
}

/* To the right the last bit shifted out is added: the lowest one after a shift by one less. */
ir_ref simd_rounded_by(const struct simd *s, bool sign, ir_ref n, ir_ref m)
{
	ir_ref right = OP(VAND, OP(VCGT, ZERO, simd_count(s, m)), ALL(1));
	ir_ref last = OP(VAND, simd_by(s, sign, n, OP(VADD, m, ALL(1))), right);
	return OP(VADD, simd_by(s, sign, n, m), last);
}

// clang-format off
SIMD_BOTH(sshr,  RIGHT, SAME, S, simd_down(s, S, n))
SIMD_BOTH(ushr,  RIGHT, SAME, U, simd_down(s, U, n))
SIMD_BOTH(ssra,  RIGHT, SAME, S, OP(VADD, D, simd_down(s, S, n)))
SIMD_BOTH(usra,  RIGHT, SAME, U, OP(VADD, D, simd_down(s, U, n)))
SIMD_BOTH(srshr, RIGHT, SAME, S, simd_rounded_down(s, S, n))
SIMD_BOTH(urshr, RIGHT, SAME, U, simd_rounded_down(s, U, n))
SIMD_BOTH(srsra, RIGHT, SAME, S, OP(VADD, D, simd_rounded_down(s, S, n)))
SIMD_BOTH(ursra, RIGHT, SAME, U, OP(VADD, D, simd_rounded_down(s, U, n)))
SIMD_BOTH(sri,   RIGHT, SAME, U, insert_down(s, n))
SIMD_BOTH(shl,   LEFT,  SAME, U, up(s, n))
SIMD_BOTH(sli,   LEFT,  SAME, U, insert_up(s, n))
SIMD(sshll_v,    LEFT,  LONG, S, up(s, n))
SIMD(ushll_v,    LEFT,  LONG, U, up(s, n))
SIMD(shll_v,     UNARY, LONG, U, BY(VSHL, n, 8u << s->size))
SIMD(rshrn_v,    RIGHT, NARROW, U, simd_rounded_down(s, U, n))
SIMD_BOTH(ushl,  VECTOR, SAME, U, simd_by(s, U, n, m))
SIMD_BOTH(sshl,  VECTOR, SAME, S, simd_by(s, S, n, m))
SIMD_BOTH(urshl, VECTOR, SAME, U, simd_rounded_by(s, U, n, m))
SIMD_BOTH(srshl, VECTOR, SAME, S, simd_rounded_by(s, S, n, m))
// clang-format on

/* By whole narrow lanes it is a permutation alone. */
LOWER(shrn_v)
{
	struct simd o = simd_open(l, w, SIMD_RIGHT, SIMD_NARROW, U), *s = &o;
	if (s->count != 8u << s->size)
		return simd_close(s, simd_down(s, U, s->n));
	ir_ref v = simd_every_second(s->b, s->size, s->n, 1);
	lower_set_v(l, RD, FULL ? simd_join(s->b, D, v) : v);
	return true;
}
