/* What lowerings of AdvSIMD instructions on registers share: operands and results by shape.
 *
 * A lowering is an expression of the old destination d, the operands n and m and, for shifts, a
 * count, as in exec_simd_host.c, in IR operations on the lanes that the shape says. */
#ifndef MYNA_CPU_ARM64_LOWER_SIMD_H
#define MYNA_CPU_ARM64_LOWER_SIMD_H

#include "cpu/arm64/lower.h"

enum simd_operand {
	SIMD_UNARY,
	SIMD_VECTOR,  /* m is Vm */
	SIMD_ELEMENT, /* m is one lane of Vm in every lane */
	SIMD_RIGHT,   /* a shift by immediate */
	SIMD_LEFT,
};

/* Which operands have lanes of twice the size of the instruction's (capitals). */
enum simd_shape {
	SIMD_SAME,   /* d n m */
	SIMD_LONG,   /* D n m; n and m have been widened */
	SIMD_WIDE,   /* D N m; m has been widened */
	SIMD_NARROW, /* d N M; the result will be narrowed */
	SIMD_DOUBLE, /* D N M */
};

struct simd {
	struct lower *l;
	struct ir_block *b;
	uint32_t w;
	enum simd_shape shape;
	unsigned size;  /* log2 of the bytes of the instruction's lanes */
	unsigned lane;  /* ... of those computed on */
	unsigned count; /* of a shift by immediate */
	bool sign;      /* widening */
	bool upper;     /* narrow registers take part with their upper half */
	bool scalar, full;
	ir_ref d, n, m;
};

struct simd simd_open(
    struct lower *l, uint32_t w, enum simd_operand operand, enum simd_shape shape, bool sign);
/* Set the destination to `v`, in the form the shape gives it.  True. */
bool simd_close(const struct simd *s, ir_ref v);
/* The bits of `v` that are lanes of the instruction, zeros above. */
ir_ref simd_active(const struct simd *s, ir_ref v);
/* FPSR.QC, if any active lane of `v` is not 0. */
void simd_saturated(const struct simd *s, ir_ref v);

/* The halves of a register that a long operation takes, in wide lanes. */
ir_ref simd_widen(const struct simd *s, ir_ref v);
/* The low `1 << size` bytes of `v`, zeros above. */
ir_ref simd_low(struct ir_block *b, unsigned size, ir_ref v);
/* The low halves of `n` and `m` as the halves of one. */
ir_ref simd_join(struct ir_block *b, ir_ref n, ir_ref m);
/* Lanes at the low end from every second place, starting at `first`; zeros above. */
ir_ref simd_every_second(struct ir_block *b, unsigned size, ir_ref v, unsigned first);
/* Lane `k` in all places. */
ir_ref simd_broadcast(struct ir_block *b, unsigned size, ir_ref v, unsigned k);
/* `value` in every lane. */
ir_ref simd_constant(struct ir_block *b, unsigned size, uint64_t value);
/* Shifts by immediate to the right, the second with the last bit shifted out added. */
ir_ref simd_down(const struct simd *s, bool sign, ir_ref n);
ir_ref simd_rounded_down(const struct simd *s, bool sign, ir_ref n);
/* Shifts by the signed low byte of each lane of `m`, the second rounding to the right; that byte at
 * the lane's high end. */
ir_ref simd_by(const struct simd *s, bool sign, ir_ref n, ir_ref m);
ir_ref simd_rounded_by(const struct simd *s, bool sign, ir_ref n, ir_ref m);
ir_ref simd_count(const struct simd *s, ir_ref m);
/* The operands of a long product, and that product. */
struct simd simd_open_product(struct lower *l, uint32_t w, enum simd_operand operand, bool sign);
ir_ref simd_product(const struct simd *s, bool sign);
/* Set the destination of an instruction that knows no lanes. */
bool simd_set(struct lower *l, uint32_t w, ir_ref v);

#define RD   FIELD_OF(4, 0)
#define RN   FIELD_OF(9, 5)
#define RM   FIELD_OF(20, 16)
#define SIZE FIELD_OF(23, 22)
#define FULL FIELD_OF(30, 30)

/* In expressions; `s` is the instruction. */
#define OP(op, x, y)     ir_vector(s->b, IR_##op, s->lane, x, y)
#define BY(op, x, count) ir_vector_imm(s->b, IR_##op, s->lane, x, count)
#define ALL(value)       simd_constant(s->b, s->lane, value)
#define ZERO             ALL(0)
#define ONES             ALL(UINT64_MAX)
#define NOT(x)           OP(VXOR, x, ONES)

/* Rows whose lowering is one expression. */
#define SIMD(name, operand, shape, sign, expr)                                             \
	LOWER(name)                                                                        \
	{                                                                                  \
		const struct simd o = simd_open(l, w, SIMD_##operand, SIMD_##shape, sign), \
				  *s = &o;                                                 \
		const ir_ref n = s->n, m = s->m;                                           \
		(void)n;                                                                   \
		(void)m;                                                                   \
		return simd_close(s, expr);                                                \
	}
/* ... with a vector and a scalar form. */
#define SIMD_BOTH(name, operand, shape, sign, expr) \
	SIMD(name##_v, operand, shape, sign, expr)  \
	SIMD(name##_s, operand, shape, sign, expr)
enum { U = 0, S = 1 };

#endif
