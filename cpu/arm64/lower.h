/* Lowering A64 instructions to IR.
 *
 * lowerings.def names the rows of insns.def that have a lowering, lower_<row>().  It appends the
 * instruction's operations and returns true, or appends nothing and returns false: then the
 * translated block calls the interpreter's function.
 */
#ifndef MYNA_CPU_ARM64_LOWER_H
#define MYNA_CPU_ARM64_LOWER_H

#include "cpu/arm64/arm64.h"
#include "jit/ir.h"

struct lower {
	struct ir_block *b;
	const struct arm64 *c; /* modes that are part of the block's key: EL, context, UAO */
	uint64_t pc, next;     /* of the instruction, and of the one to be lowered after it */
	const uint32_t *words; /* from the block's pc on */
	bool follows;          /* branches that go back may be followed */
	bool check_sp;         /* a misaligned SP faults as a base register */
	ir_ref sp_checked;     /* the value of SP known to be aligned */
	bool ended;            /* set by a lowering whose instruction ends the block */
};

typedef bool lower_fn(struct lower *l, uint32_t w);

#define LOWER(name)    bool lower_##name(struct lower *l, uint32_t w)
#define LOWERING(name) LOWER(name);
#include "cpu/arm64/lowerings.def"
#undef LOWERING

/* Translate the block at `pc`, whose page holds `words` from there on, for the CPU's present mode.
 * Accesses do not share checks if `apart` is set.  It ends at the first branch that is always
 * taken, or goes back (but see lower_branch.c, "two parts"), at the page's end, or after 64
 * instructions.  ir_finish() is the caller's. */
void arm64_lower_block(
    struct ir_block *b, const struct arm64 *c, const uint32_t *words, uint64_t pc, bool apart);

#define FIELD_OF(hi, lo) ((w >> (lo)) & (UINT32_MAX >> (31 - ((hi) - (lo)))))
#define X_OFFSET(n)      ((uint32_t)(offsetof(struct arm64, s.x) + (n)*8u))

static inline enum ir_type lower_type(uint32_t w)
{
	return w >> 31 ? IR_I64 : IR_I32;
}

/* Xn, XZR for 31. */
static inline ir_ref lower_x(struct lower *l, unsigned n)
{
	return n == 31 ? ir_const(l->b, 0) : ir_get(l->b, IR_I64, X_OFFSET(n));
}

static inline void lower_set_x(struct lower *l, unsigned n, ir_ref v)
{
	if (n != 31)
		ir_set(l->b, X_OFFSET(n), v);
}

/* Vn, all of it. */
#define V_OFFSET(n) ((uint32_t)(offsetof(struct arm64, s.v) + (n)*16u))

static inline ir_ref lower_v(struct lower *l, unsigned n)
{
	return ir_get(l->b, IR_V128, V_OFFSET(n));
}

static inline void lower_set_v(struct lower *l, unsigned n, ir_ref v)
{
	ir_set(l->b, V_OFFSET(n), v);
}

/* The low half of `v`, zeros above. */
ir_ref lower_low_half(struct lower *l, ir_ref v);
/* A vector of the low 1 << size bytes of a general value, zeros above. */
ir_ref lower_scalar(struct lower *l, unsigned size, ir_ref v);

/* The register offset of a load or store, extended and shifted by `size` as the word says. */
ir_ref lower_index(struct lower *l, uint32_t w, unsigned size);
/* Its signed offset in bits 20:12. */
static inline int32_t lower_imm9(uint32_t w)
{
	return (int32_t)(w << 11) >> 23;
}

/* A base register; the block is left if it is a misaligned SP, for the interpreter to fault. */
ir_ref lower_base(struct lower *l, unsigned n);

/* Xn, SP for 31. */
static inline ir_ref lower_x_sp(struct lower *l, unsigned n)
{
	return ir_get(l->b, IR_I64, X_OFFSET(n + (n == 31)));
}

static inline void lower_set_x_sp(struct lower *l, unsigned n, ir_ref v)
{
	ir_set(l->b, X_OFFSET(n + (n == 31)), v);
}

#endif
