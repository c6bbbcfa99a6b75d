/* Integer vectors of the x86-64 host.  Most operations are one instruction, out of a table; what
 * the host has no instruction for is done by vector_lanes() (vector.c), out of line. */
#include "jit/x64_const.h"
#include "jit/x64_emit.h"
#include "jit/x64_vec.h"

/* By the size of lanes: 1, 2, 4, 8 bytes. */
static const uint32_t direct[IR_OP_COUNT][4] = {
    [IR_VADD] = {V(1, 1, 0, 0xfc), V(1, 1, 0, 0xfd), V(1, 1, 0, 0xfe), V(1, 1, 1, 0xd4)},
    [IR_VSUB] = {V(1, 1, 0, 0xf8), V(1, 1, 0, 0xf9), V(1, 1, 0, 0xfa), V(1, 1, 1, 0xfb)},
    [IR_VMUL] = {0, V(1, 1, 0, 0xd5), V(2, 1, 0, 0x40), 0},
    [IR_VAND] = {V(1, 1, 0, 0xdb), V(1, 1, 0, 0xdb), V(1, 1, 0, 0xdb), V(1, 1, 1, 0xdb)},
    [IR_VOR] = {V(1, 1, 0, 0xeb), V(1, 1, 0, 0xeb), V(1, 1, 0, 0xeb), V(1, 1, 1, 0xeb)},
    [IR_VXOR] = {V(1, 1, 0, 0xef), V(1, 1, 0, 0xef), V(1, 1, 0, 0xef), V(1, 1, 1, 0xef)},
    [IR_VCEQ] = {V(1, 1, 0, 0x74), V(1, 1, 0, 0x75), V(1, 1, 0, 0x76), V(2, 1, 1, 0x29)},
    [IR_VCGT] = {V(1, 1, 0, 0x64), V(1, 1, 0, 0x65), V(1, 1, 0, 0x66), V(2, 1, 1, 0x37)},
    [IR_VSMIN] = {V(2, 1, 0, 0x38), V(1, 1, 0, 0xea), V(2, 1, 0, 0x39), V(2, 1, 1, 0x39) | V_EVEX},
    [IR_VSMAX] = {V(2, 1, 0, 0x3c), V(1, 1, 0, 0xee), V(2, 1, 0, 0x3d), V(2, 1, 1, 0x3d) | V_EVEX},
    [IR_VUMIN] = {V(1, 1, 0, 0xda), V(2, 1, 0, 0x3a), V(2, 1, 0, 0x3b), V(2, 1, 1, 0x3b) | V_EVEX},
    [IR_VUMAX] = {V(1, 1, 0, 0xde), V(2, 1, 0, 0x3e), V(2, 1, 0, 0x3f), V(2, 1, 1, 0x3f) | V_EVEX},
    [IR_VSQADD] = {V(1, 1, 0, 0xec), V(1, 1, 0, 0xed), 0, 0},
    [IR_VUQADD] = {V(1, 1, 0, 0xdc), V(1, 1, 0, 0xdd), 0, 0},
    [IR_VSQSUB] = {V(1, 1, 0, 0xe8), V(1, 1, 0, 0xe9), 0, 0},
    [IR_VUQSUB] = {V(1, 1, 0, 0xd8), V(1, 1, 0, 0xd9), 0, 0},
    [IR_VAVG] = {V(1, 1, 0, 0xe0), V(1, 1, 0, 0xe3), 0, 0},
    [IR_VABS] = {V(2, 1, 0, 0x1c), V(2, 1, 0, 0x1d), V(2, 1, 0, 0x1e), V(2, 1, 1, 0x1f) | V_EVEX},
    [IR_VSXT] = {0, V(2, 1, 0, 0x20), V(2, 1, 0, 0x23), V(2, 1, 0, 0x25)},
    [IR_VUXT] = {0, V(2, 1, 0, 0x30), V(2, 1, 0, 0x33), V(2, 1, 0, 0x35)},
    [IR_VMULS] = {0, 0, 0, V(2, 1, 1, 0x28)},
    [IR_VMULU] = {0, 0, 0, V(1, 1, 1, 0xf4)},
    [IR_VPAIRS] = {0, 0, V(1, 1, 0, 0xf5), 0},
    [IR_VPAIRSB] = {0, V(2, 1, 0, 0x04), 0, 0},
    [IR_VMULHS] = {0, V(1, 1, 0, 0xe5), 0, 0},
    [IR_VMULRS] = {0, V(2, 1, 0, 0x0b), 0, 0},
    [IR_VSAD] = {0, 0, 0, V(1, 1, 0, 0xf6)},
    [IR_VPERM] = {V(2, 1, 0, 0x00), 0, 0, 0},
    [IR_VCLZ] = {0, 0, V(2, 1, 0, 0x44) | V_EVEX, V(2, 1, 1, 0x44) | V_EVEX},
};

/* Shifts by a number: group opcodes, by the size of lanes; bytes are shifted as words. */
static const uint32_t shift_group[4] = {
    V(1, 1, 0, 0x71), V(1, 1, 0, 0x71), V(1, 1, 0, 0x72), V(1, 1, 1, 0x73)};

static uint32_t encoding(const struct x64 *x, const struct ir_insn *i)
{
	uint32_t op = direct[i->op][i->info & 3];
	return op & V_EVEX && !x->j->avx512 ? 0 : op;
}

/* --- Shared with x64_fp.c and x64_shuffle.c --- */

const uint8_t *x64_const(const struct x64 *x, unsigned number)
{
	return x->j->constants + 16 * number;
}

const uint8_t *x64_literal(struct x64 *x, uint64_t low, uint64_t high)
{
	if (!(low | high))
		return x64_const(x, X64_ZEROS);
	if ((low & high) == UINT64_MAX)
		return x64_const(x, X64_ONES);
	for (unsigned k = 0; k < x->literals && k < X64_LITERALS; k++)
		if (x->literal[k].low == low && x->literal[k].high == high)
			return x->literal[k].at;
	const uint8_t *where = x->cold.p;
	unsigned k = x->literals++ % X64_LITERALS;
	x->literal[k].low = low;
	x->literal[k].high = high;
	x->literal[k].at = where;
	put64(&x->cold, low);
	put64(&x->cold, high);
	return where;
}

unsigned x64_low_register(struct x64 *x, unsigned reg)
{
	if (reg < 16)
		return reg;
	unsigned t = ra_vector_temp(x);
	vec_move(&x->a, t, reg);
	return t;
}

void x64_clean(struct x64 *x, ir_ref n, unsigned bits)
{
	if (bits < x->loc[n].clean)
		x->loc[n].clean = (uint8_t)bits;
}

void x64_zero_above(struct x64 *x, unsigned reg, unsigned bits)
{
	if (bits == 64)
		vop(&x->a, VMOVQ, reg, 0, reg);
	else
		vop_imm(&x->a, VINSERTPS, reg, reg, reg, 0x0e);
}

/* --- What has no instruction --- */

/* The operands go to the stack, the thunk to vector_lanes(). */
static void out_of_line(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	struct assembler *s = &x->a;
	const ir_ref arg[3] = {i->a, i->b, i->c};
	for (unsigned k = 0; k < ir_ops[i->op].args; k++)
		vec_store(s, at(RSP, LANES_OFFSET + 16 * (int32_t)k), ra_use(x, arg[k]));
	for (unsigned k = 0; k < ir_ops[i->op].args; k++)
		ra_done(x, arg[k]);
	unsigned dst = ra_result(x, n, X64_NO_REG);
	push(s, RAX);
	mov_imm(s, RAX, (uint64_t)i->imm << 16 | (uint64_t)i->info << 8 | i->op);
	patch_to(call_rel(s), x->j->lanes);
	pop(s, RAX);
	vec_load(s, dst, at(RSP, LANES_OFFSET));
	ra_define(x, n, dst);
}

/* --- One instruction --- */

/* Zeros in the same lanes of all operands give zeros. */
static bool keeps_zeros(enum ir_op op)
{
	return op != IR_VCEQ && op != IR_VPERM;
}

static unsigned lane_bits(const struct ir_insn *i)
{
	bool bitwise = i->op == IR_VAND || i->op == IR_VOR || i->op == IR_VXOR;
	return bitwise ? 8 : 8u << (i->info & 3);
}

static void inherit_clean(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	unsigned bits = x->loc[i->a].clean, other = bits;
	if (ir_ops[i->op].args > 1)
		other = x->loc[i->b].clean;
	if (i->op == IR_VAND ? other < bits : other > bits)
		bits = other;
	if (lane_bits(i) > bits) /* what is not 0 may spread in its lane */
		bits = lane_bits(i);
	if (keeps_zeros((enum ir_op)i->op))
		x64_clean(x, n, bits);
}

static bool is_absent_constant(const struct x64 *x, ir_ref v)
{
	return x->b->insn[v].op == IR_VCONST && x->loc[v].reg == X64_NO_REG;
}

static const uint8_t *constant(struct x64 *x, ir_ref v)
{
	const struct ir_insn *i = &x->b->insn[v];
	return x64_literal(x, i->imm, x->b->insn[i->a].imm);
}

/* The last source of an instruction: a register, or a constant that is in none. */
struct source {
	const uint8_t *near;
	unsigned reg;
};

static struct source use_last(struct x64 *x, ir_ref v)
{
	if (is_absent_constant(x, v))
		return (struct source){.near = constant(x, v), .reg = 0};
	return (struct source){.reg = ra_use(x, v)};
}

static void apply(struct x64 *x, uint32_t op, unsigned dst, unsigned a, struct source b)
{
	if (b.near)
		vop_const(&x->a, op, dst, a, b.near);
	else
		vop(&x->a, op, dst, a, b.reg);
}

/* A constant goes last if the order does not matter. */
static void order(const struct x64 *x, const struct ir_insn *i, ir_ref *a, ir_ref *b)
{
	bool swap = ir_ops[i->op].flags & IR_COMMUTES && is_absent_constant(x, i->a);
	*a = swap ? i->b : i->a;
	*b = swap ? i->a : i->b;
}

void emit_vector_binary(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	uint32_t op = encoding(x, i);
	ir_ref first, second;
	if (!op) {
		out_of_line(x, n, i);
		return;
	}
	order(x, i, &first, &second);
	unsigned a = ra_use(x, first);
	struct source b = use_last(x, second);
	inherit_clean(x, n, i);
	ra_done(x, i->a);
	ra_done(x, i->b);
	unsigned dst = ra_result(x, n, a);
	apply(x, op, dst, a, b);
	ra_define(x, n, dst);
}

/* VPMOVM2B and its like: all ones in the lanes of a mask. */
static void spread_mask(struct x64 *x, unsigned dst, unsigned k, unsigned lane)
{
	static const uint32_t op[4] = {
	    V(2, 2, 0, 0x28), V(2, 2, 1, 0x28), V(2, 2, 0, 0x38), V(2, 2, 1, 0x38)};
	vop(&x->a, op[lane] | V_EVEX, dst, 0, k);
}

/* VCEQ, VCGT: EVEX has them with a mask as the result. */
void emit_vector_compare(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	uint32_t op = direct[i->op][i->info & 3];
	ir_ref first, second;
	order(x, i, &first, &second);
	unsigned a = ra_use(x, first);
	struct source b = use_last(x, second);
	inherit_clean(x, n, i);
	ra_done(x, i->a);
	ra_done(x, i->b);
	unsigned dst = ra_result(x, n, a);
	if ((dst | a | b.reg) < 16) {
		apply(x, op, dst, a, b);
	} else {
		if (b.near)
			vop_mask_const(&x->a, op, 1, a, b.near);
		else
			vop_mask(&x->a, op, 1, a, b.reg);
		spread_mask(x, dst, 1, i->info & 3);
	}
	ra_define(x, n, dst);
}

static void ones(struct x64 *x, unsigned dst)
{
	if (dst < 16)
		vop(&x->a, V(1, 1, 0, 0x76), dst, dst, dst); /* VPCMPEQD */
	else
		vop_imm(&x->a, V(3, 1, 0, 0x25) | V_EVEX, dst, dst, dst, 0xff); /* VPTERNLOGD */
}

/* Unsigned numbers of 8 bytes, as signed ones with the other sign. */
static void higher_by_sign(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	const uint8_t *sign = x64_const(x, X64_SIGN64);
	unsigned a = ra_use(x, i->a), b = ra_use(x, i->b);
	unsigned t = ra_vector_temp(x), u = ra_vector_temp(x);
	inherit_clean(x, n, i);
	vop_const(&x->a, VPXOR, t, a, sign);
	vop_const(&x->a, VPXOR, u, b, sign);
	vop(&x->a, direct[IR_VCGT][3], t, t, u);
	ra_done(x, i->a);
	ra_done(x, i->b);
	ra_define(x, n, t);
}

/* VCHI: by a mask, or as not (min(a, b) = a). */
void emit_vector_higher(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	static const uint32_t masked[4] = {
	    V(3, 1, 0, 0x3e), V(3, 1, 1, 0x3e), V(3, 1, 0, 0x1e), V(3, 1, 1, 0x1e)};
	unsigned lane = i->info & 3;
	if (!x->j->avx512 && lane == 3) {
		higher_by_sign(x, n, i);
		return;
	}
	unsigned a = ra_use(x, i->a), b = ra_use(x, i->b);
	unsigned t = x->j->avx512 ? X64_NO_REG : ra_vector_temp(x);
	inherit_clean(x, n, i);
	ra_done(x, i->a);
	ra_done(x, i->b);
	unsigned dst = ra_result(x, n, a);
	if (x->j->avx512) {
		vop_mask(&x->a, masked[lane], 1, a, b);
		put8(&x->a, 6); /* not less or equal */
		spread_mask(x, dst, 1, lane);
	} else {
		vop(&x->a, direct[IR_VUMIN][lane], t, a, b);
		vop(&x->a, direct[IR_VCEQ][lane], dst, t, a);
		ones(x, t);
		vop(&x->a, VPXOR, dst, dst, t);
	}
	ra_define(x, n, dst);
}

/* VPANDN has its operands the other way round. */
void emit_vector_andn(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	unsigned a = ra_use(x, i->a), b = ra_use(x, i->b);
	x64_clean(x, n, x->loc[i->a].clean);
	ra_done(x, i->a);
	ra_done(x, i->b);
	unsigned dst = ra_result(x, n, a);
	vop(&x->a, V(1, 1, 0, 0xdf), dst, b, a);
	ra_define(x, n, dst);
}

/* VPTERNLOGD wants the result in the register of one operand, whichever. */
static void select_by_table(struct x64 *x, unsigned dst, unsigned a, unsigned b, unsigned c)
{
	const uint32_t op = V(3, 1, 0, 0x25) | V_EVEX;
	if (dst == b) {
		vop_imm(&x->a, op, b, a, c, 0xe2);
	} else if (dst == c) {
		vop_imm(&x->a, op, c, a, b, 0xb8);
	} else {
		vec_move(&x->a, dst, a);
		vop_imm(&x->a, op, dst, b, c, 0xca);
	}
}

/* ((b ^ c) & a) ^ c, where `dst` is none of them. */
static void select_by_bits(struct x64 *x, unsigned dst, unsigned a, unsigned b, unsigned c)
{
	vop(&x->a, VPXOR, dst, b, c);
	vop(&x->a, V(1, 1, 0, 0xdb), dst, dst, a);
	vop(&x->a, VPXOR, dst, dst, c);
}

void emit_vector_select(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	unsigned a = ra_use(x, i->a), b = ra_use(x, i->b), c = ra_use(x, i->c);
	unsigned dst = x->j->avx512 ? X64_NO_REG : ra_result(x, n, X64_NO_REG);
	unsigned yes = x->loc[i->b].clean, no = x->loc[i->c].clean;
	x64_clean(x, n, yes > no ? yes : no);
	ra_done(x, i->a);
	ra_done(x, i->b);
	ra_done(x, i->c);
	if (x->j->avx512) {
		dst = ra_result(x, n, a);
		select_by_table(x, dst, a, b, c);
	} else {
		select_by_bits(x, dst, a, b, c);
	}
	ra_define(x, n, dst);
}

void emit_vector_unary(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	uint32_t op = encoding(x, i);
	if (!op || (i->op == IR_VCLZ && !x->j->avx512)) {
		out_of_line(x, n, i);
		return;
	}
	unsigned a = ra_use(x, i->a);
	if (i->op == IR_VABS)
		inherit_clean(x, n, i);
	else if (i->op != IR_VCLZ && x->loc[i->a].clean <= 64)
		x64_clean(x, n, 2u * x->loc[i->a].clean); /* widening */
	ra_done(x, i->a);
	unsigned dst = ra_result(x, n, a);
	vop(&x->a, op, dst, 0, a);
	ra_define(x, n, dst);
}

/* Bytes are multiplied as words: odd ones where they are, even ones below. */
void emit_vector_mul(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	static const uint32_t pmullw = V(1, 1, 0, 0xd5), pand = V(1, 1, 0, 0xdb);
	struct assembler *s = &x->a;
	if (i->info & 3) {
		emit_vector_binary(x, n, i);
		return;
	}
	unsigned a = ra_use(x, i->a), b = ra_use(x, i->b);
	unsigned even = ra_result(x, n, X64_NO_REG), odd = ra_vector_temp(x);
	inherit_clean(x, n, i);
	vop_imm(s, shift_group[1], 2, odd, a, 8);
	vop_const(s, pand, even, b, x64_const(x, X64_WORDS_FF00));
	vop(s, pmullw, odd, odd, even);
	vop(s, pmullw, even, a, b);
	vop_const(s, pand, even, even, x64_const(x, X64_WORDS_00FF));
	vop(s, V(1, 1, 0, 0xeb), even, even, odd);
	ra_done(x, i->a);
	ra_done(x, i->b);
	ra_define(x, n, even);
}

/* --- Shifts --- */

static uint64_t bytes(unsigned v)
{
	return (v & 0xff) * UINT64_C(0x0101010101010101);
}

/* Bytes: shift words, then clear what came from the neighbour; with a sign, extend it. */
static void fix_bytes(struct x64 *x, const struct ir_insn *i, unsigned dst)
{
	struct assembler *s = &x->a;
	unsigned n = (unsigned)i->imm;
	uint64_t keep = bytes(i->op == IR_VSHL ? 0xffu << n : 0xffu >> n), sign = bytes(0x80u >> n);
	vop_const(s, V(1, 1, 0, 0xdb), dst, dst, x64_literal(x, keep, keep));
	if (i->op == IR_VSAR) {
		const uint8_t *c = x64_literal(x, sign, sign);
		vop_const(s, VPXOR, dst, dst, c);
		vop_const(s, V(1, 1, 0, 0xf8), dst, dst, c); /* VPSUBB */
	}
}

void emit_vector_shift(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	unsigned lane = i->info & 3;
	unsigned extension = i->op == IR_VSHL ? 6 : i->op == IR_VSHR ? 2 : lane ? 4 : 2;
	uint32_t op = shift_group[lane];
	if (i->op == IR_VSAR && lane == 3) {
		if (!x->j->avx512) {
			out_of_line(x, n, i);
			return;
		}
		op = V(1, 1, 1, 0x72) | V_EVEX;
	}
	unsigned a = ra_use(x, i->a);
	inherit_clean(x, n, i);
	ra_done(x, i->a);
	unsigned dst = ra_result(x, n, a);
	vop_imm(&x->a, op, extension, dst, a, (unsigned)i->imm);
	if (!lane)
		fix_bytes(x, i, dst);
	ra_define(x, n, dst);
}

/* VUSHL, VSSHL.  A count beyond the lane shifts everything out, so one of the two directions gives
 * zeros; to the right with a sign it does not, and is masked. */
void emit_vector_shift_by(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	static const uint32_t left[4] = {
	    0, V(2, 1, 1, 0x12) | V_EVEX, V(2, 1, 0, 0x47), V(2, 1, 1, 0x47) | V_W};
	static const uint32_t right[2][4] = {
	    {0, V(2, 1, 1, 0x10) | V_EVEX, V(2, 1, 0, 0x45), V(2, 1, 1, 0x45) | V_W},
	    {0, V(2, 1, 1, 0x11) | V_EVEX, V(2, 1, 0, 0x46), V(2, 1, 1, 0x46) | V_EVEX}};
	struct assembler *s = &x->a;
	unsigned lane = i->info & 3, bits = 8u << lane;
	bool sign = i->op == IR_VSSHL;
	uint32_t to_right = right[sign][lane];
	if (!lane || (lane == 3 && !x->j->avx512) || (to_right & V_EVEX && !x->j->avx512)) {
		out_of_line(x, n, i);
		return;
	}
	uint32_t sar = lane == 3 ? V(1, 1, 1, 0x72) | V_EVEX : shift_group[lane];
	unsigned a = ra_use(x, i->a), b = ra_use(x, i->b);
	unsigned count = ra_vector_temp(x), dst = ra_vector_temp(x);
	inherit_clean(x, n, i);
	vop_imm(s, shift_group[lane], 6, count, b, bits - 8);
	vop_imm(s, sar, 4, count, count, bits - 8); /* the byte, with its sign */
	if (a != b)
		ra_release_vector(x, b);
	ra_done(x, i->b);
	vop(s, VPXOR, dst, dst, dst);
	vop(s, direct[IR_VSUB][lane], dst, dst, count);
	vop(s, to_right, dst, a, dst);
	if (sign) {
		unsigned negative = ra_vector_temp(x);
		vop_imm(s, sar, 4, negative, count, bits - 1);
		vop(s, V(1, 1, 0, 0xdb), dst, dst, negative);
	}
	vop(s, left[lane], count, a, count);
	vop(s, V(1, 1, 0, 0xeb), dst, dst, count);
	ra_done(x, i->a);
	ra_define(x, n, dst);
}

/* Set bits of each half byte, looked up. */
void emit_vector_count(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	static const uint32_t pshufb = V(2, 1, 0, 0x00), pand = V(1, 1, 0, 0xdb);
	struct assembler *s = &x->a;
	unsigned a = ra_use(x, i->a), t = ra_vector_temp(x), table = ra_vector_temp(x);
	inherit_clean(x, n, i);
	vop_imm(s, V(1, 1, 0, 0x71), 2, t, a, 4);
	vop_const(s, pand, t, t, x64_const(x, X64_BYTES_0F));
	vop_const(s, VMOVUPS_LOAD, table, 0, x64_const(x, X64_COUNTS));
	vop(s, pshufb, t, table, t);
	ra_done(x, i->a);
	unsigned low = ra_result(x, n, a);
	vop_const(s, pand, low, a, x64_const(x, X64_BYTES_0F));
	vop(s, pshufb, low, table, low);
	vop(s, direct[IR_VADD][0], low, low, t);
	ra_define(x, n, low);
}

/* --- Constants, and to and from general registers --- */

/* Loaded where it is used; most instructions take it from memory. */
void emit_vector_const(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	uint64_t low = i->imm, high = x->b->insn[i->a].imm;
	x64_clean(x, n, high ? 128 : low >> 32 ? 64 : low >> 16 ? 32 : low >> 8 ? 16 : 8);
}

void x64_load_constant(struct x64 *x, unsigned reg, ir_ref v)
{
	const struct ir_insn *i = &x->b->insn[v];
	uint64_t low = i->imm, high = x->b->insn[i->a].imm;
	if (!(low | high))
		vop(&x->a, VPXOR, reg, reg, reg);
	else if ((low & high) == UINT64_MAX)
		ones(x, reg);
	else
		vop_const(&x->a, VMOVUPS_LOAD, reg, 0, constant(x, v));
}

void emit_vector_splat(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	static const uint32_t broadcast[4] = {
	    V(2, 1, 0, 0x78), V(2, 1, 0, 0x79), V(2, 1, 0, 0x58), V(2, 1, 1, 0x59)};
	unsigned a = ra_use(x, i->a), lane = i->info & 3;
	ra_done(x, i->a);
	unsigned dst = ra_result(x, n, X64_NO_REG);
	vop(&x->a, lane == 3 ? VMOVQ_FROM : VMOVD_FROM, dst, 0, a);
	vop(&x->a, broadcast[lane], dst, 0, dst);
	ra_define(x, n, dst);
}

static const uint32_t insert_op[4] = {
    V(3, 1, 0, 0x20), V(1, 1, 0, 0xc4), V(3, 1, 0, 0x22) | V_W, V(3, 1, 1, 0x22) | V_W};
static const uint32_t extract_op[4] = {
    V(3, 1, 0, 0x14), V(3, 1, 0, 0x15), V(3, 1, 0, 0x16) | V_W, V(3, 1, 1, 0x16) | V_W};

static bool is_zero(const struct x64 *x, ir_ref v)
{
	const struct ir_insn *i = &x->b->insn[v];
	return i->op == IR_VCONST && !i->imm && !x->b->insn[i->a].imm;
}

void emit_vector_insert(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	unsigned lane = i->info & 3, where = (unsigned)i->imm;
	unsigned top = (where + 1) * (8u << lane);
	unsigned b = ra_use(x, i->b);
	if (lane >= 2 && !where && is_zero(x, i->a)) {
		ra_done(x, i->a);
		ra_done(x, i->b);
		unsigned dst = ra_result(x, n, X64_NO_REG);
		vop(&x->a, lane == 3 ? VMOVQ_FROM : VMOVD_FROM, dst, 0, b);
		x64_clean(x, n, top);
		ra_define(x, n, dst);
		return;
	}
	unsigned a = ra_use(x, i->a);
	x64_clean(x, n, x->loc[i->a].clean > top ? x->loc[i->a].clean : top);
	ra_done(x, i->a);
	ra_done(x, i->b);
	unsigned dst = ra_result(x, n, a);
	vop_imm(&x->a, insert_op[lane], dst, a, b, where);
	ra_define(x, n, dst);
}

void emit_vector_extract(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	unsigned lane = i->info & 3, where = (unsigned)i->imm, a = ra_use(x, i->a);
	unsigned clean = x->loc[i->a].clean;
	ra_done(x, i->a);
	unsigned dst = ra_result(x, n, X64_NO_REG);
	if (!where && (lane >= 2 || clean <= 8u << lane))
		vop(&x->a, lane == 3 ? VMOVQ_TO : VMOVD_TO, a, 0, dst);
	else
		vop_imm(&x->a, extract_op[lane], a, 0, dst, where);
	ra_define(x, n, dst);
}

void emit_sticky(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	unsigned a = x64_low_register(x, ra_use(x, i->a));
	vop(&x->a, VPTEST, a, 0, a);
	patch_to(jump_if(&x->a, CC_NE), x->cold.p);
	alu_mem_imm(&x->cold, ALU_OR, false, at(RBP, (int32_t)i->imm), (int32_t)(1u << i->info));
	patch_to(jump(&x->cold), x->a.p);
	x->host_flags = IR_NONE;
	ra_done(x, i->a);
}

/* --- Cryptography --- */

enum { AESENC = 0xdc, AESENCLAST = 0xdd, AESDEC = 0xde, AESDECLAST = 0xdf, AESIMC_CODE = 0xdb };

/* A register that VEX can name: these instructions have no other form everywhere. */
static unsigned vex_result(struct x64 *x, ir_ref n, unsigned prefer)
{
	unsigned dst = ra_result(x, n, prefer);
	return dst < 16 ? dst : ra_vector_temp(x);
}

/* The host adds its round key last, the guest first: a zero key, and an exclusive or before. */
void emit_aes_round(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	struct assembler *s = &x->a;
	unsigned last = i->op == IR_AESE ? AESENCLAST : AESDECLAST;
	unsigned a = ra_use(x, i->a), b = ra_use(x, i->b);
	ra_done(x, i->a);
	ra_done(x, i->b);
	unsigned dst = vex_result(x, n, a);
	vop(s, VPXOR, dst, a, b);
	if (i->op == IR_AESE && i->info)
		last = AESENC;
	vop_const(s, V(2, 1, 0, 0) | last, dst, dst, x64_const(x, X64_ZEROS));
	ra_define(x, n, dst);
}

/* MixColumns is the part of a round that the last one lacks. */
void emit_aes_mix(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	struct assembler *s = &x->a;
	const uint8_t *zero = x64_const(x, X64_ZEROS);
	unsigned a = x64_low_register(x, ra_use(x, i->a));
	ra_done(x, i->a);
	unsigned dst = vex_result(x, n, a);
	if (i->op == IR_AESIMC) {
		vop(s, V(2, 1, 0, AESIMC_CODE), dst, 0, a);
	} else {
		vop_const(s, V(2, 1, 0, AESDECLAST), dst, a, zero);
		vop_const(s, V(2, 1, 0, AESENC), dst, dst, zero);
	}
	ra_define(x, n, dst);
}

void emit_clmul(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	unsigned a = x64_low_register(x, ra_use(x, i->a));
	unsigned b = x64_low_register(x, ra_use(x, i->b));
	ra_done(x, i->a);
	ra_done(x, i->b);
	unsigned dst = vex_result(x, n, a);
	vop_imm(&x->a, V(3, 1, 0, 0x44), dst, a, b, i->info ? 0x11 : 0);
	ra_define(x, n, dst);
}

/* SHA1RNDS4, SHA256RNDS2, SHA256MSG1, SHA256MSG2: the result replaces the first operand, and there
 * is no VEX form.  The second one takes the words in XMM0. */
static uint32_t sha_opcode(enum ir_op op)
{
	switch (op) {
	case IR_SHA1: return V(3, 0, 0, 0xcc);
	case IR_SHA256: return V(2, 0, 0, 0xcb);
	case IR_SHA256A: return V(2, 0, 0, 0xcc);
	default: return V(2, 0, 0, 0xcd);
	}
}

void emit_sha(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	if (!x->j->sha) {
		out_of_line(x, n, i);
		return;
	}
	if (i->op == IR_SHA256) {
		ra_claim_vector(x, 0);
		unsigned words = ra_use(x, i->c);
		vec_move(&x->a, 0, words);
		ra_release_vector(x, words);
		ra_done(x, i->c);
	}
	unsigned a = ra_use(x, i->a), b = x64_low_register(x, ra_use(x, i->b));
	ra_done(x, i->a);
	unsigned dst = vex_result(x, n, a); /* not b's, which is still in use */
	ra_done(x, i->b);
	vec_move(&x->a, dst, a);
	legacy_op(&x->a, sha_opcode((enum ir_op)i->op), dst, b);
	if (i->op == IR_SHA1)
		put8(&x->a, i->info);
	ra_define(x, n, dst);
}
