/* Lowering of AdvSIMD moves of lanes; semantics as in exec_simd_permute.c. */
#include "cpu/arm64/lower_simd.h"

/* --- Copies: imm5, 20:16, is lane number, 1, zeros; as many zeros as the log2 of the lane's bytes.
 */

static unsigned copy_size(uint32_t w)
{
	return (unsigned)__builtin_ctz(FIELD_OF(20, 16));
}

static unsigned copy_lane(uint32_t w)
{
	return FIELD_OF(20, 16) >> (copy_size(w) + 1);
}

static ir_ref copied(struct lower *l, uint32_t w)
{
	return simd_broadcast(l->b, copy_size(w), lower_v(l, RN), copy_lane(w));
}

LOWER(dup_v)
{
	return simd_set(l, w, copied(l, w));
}

LOWER(dup_s)
{
	lower_set_v(l, RD, simd_low(l->b, copy_size(w), copied(l, w)));
	return true;
}

LOWER(dup_general)
{
	ir_ref v = ir_append(l->b, IR_SPLAT, IR_V128, lower_x(l, RN), 0, 0, copy_size(w), 0);
	return simd_set(l, w, v);
}

LOWER(umov)
{
	lower_set_x(l, RD, ir_extract(l->b, copy_size(w), lower_v(l, RN), copy_lane(w)));
	return true;
}

LOWER(smov)
{
	static const enum ir_op extend[3] = {IR_SEXT8, IR_SEXT16, IR_SEXT32};
	ir_ref v = ir_extract(l->b, copy_size(w), lower_v(l, RN), copy_lane(w));
	lower_set_x(l, RD, ir_unary(l->b, extend[copy_size(w)], FULL ? IR_I64 : IR_I32, v));
	return true;
}

LOWER(ins_general)
{
	ir_ref v = ir_insert(l->b, copy_size(w), lower_v(l, RD), copy_lane(w), lower_x(l, RN));
	lower_set_v(l, RD, v);
	return true;
}

LOWER(ins_element)
{
	unsigned bytes = 1u << copy_size(w), to = copy_lane(w) * bytes;
	unsigned from = FIELD_OF(14, 11) & ~(bytes - 1);
	uint8_t p[16];
	for (unsigned k = 0; k < 16; k++)
		p[k] = (uint8_t)(k >= to && k < to + bytes ? 16 + from + k - to : k);
	lower_set_v(l, RD, ir_shuffle(l->b, lower_v(l, RD), lower_v(l, RN), p));
	return true;
}

/* --- Immediates: AdvSIMDExpandImm() for each value of cmode that is not floating point --- */

static uint64_t repeat(uint64_t v, unsigned bits)
{
	uint64_t mask = UINT64_MAX >> (64 - bits);
	return (v & mask) * (UINT64_MAX / mask);
}

static uint64_t imm8(uint32_t w)
{
	return FIELD_OF(18, 16) << 5 | FIELD_OF(9, 5);
}

static uint64_t imm_32(uint32_t w)
{
	return repeat(imm8(w) << 8 * FIELD_OF(14, 13), 32);
}

static uint64_t imm_16(uint32_t w)
{
	return repeat(imm8(w) << 8 * FIELD_OF(13, 13), 16);
}

static uint64_t imm_ones(uint32_t w)
{
	unsigned shift = 8u << FIELD_OF(12, 12);
	return repeat(imm8(w) << shift | ((UINT64_C(1) << shift) - 1), 32);
}

static uint64_t imm_8(uint32_t w)
{
	return repeat(imm8(w), 8);
}

/* Each bit becomes a byte. */
static uint64_t imm_64(uint32_t w)
{
	uint64_t v = 0;
	for (unsigned k = 0; k < 8; k++)
		v |= (imm8(w) >> k & 1) * 0xff << 8 * k;
	return v;
}

static bool move_immediate(struct lower *l, uint32_t w, uint64_t v)
{
	lower_set_v(l, RD, ir_vconst(l->b, v, FULL ? v : 0));
	return true;
}

static bool change(struct lower *l, uint32_t w, enum ir_op op, uint64_t v)
{
	return simd_set(l, w, ir_vector(l->b, op, 3, lower_v(l, RD), ir_vconst(l->b, v, v)));
}

#define ROW(name, call)      \
	LOWER(name)          \
	{                    \
		return call; \
	}
ROW(movi_32, move_immediate(l, w, imm_32(w)))
ROW(mvni_32, move_immediate(l, w, ~imm_32(w)))
ROW(movi_16, move_immediate(l, w, imm_16(w)))
ROW(mvni_16, move_immediate(l, w, ~imm_16(w)))
ROW(movi_msl, move_immediate(l, w, imm_ones(w)))
ROW(mvni_msl, move_immediate(l, w, ~imm_ones(w)))
ROW(movi_8, move_immediate(l, w, imm_8(w)))
ROW(movi_d, move_immediate(l, w, imm_64(w)))
ROW(movi_2d, move_immediate(l, w, imm_64(w)))
ROW(orr_32, change(l, w, IR_VOR, imm_32(w)))
ROW(orr_16, change(l, w, IR_VOR, imm_16(w)))
ROW(bic_32, change(l, w, IR_VAND, ~imm_32(w)))
ROW(bic_16, change(l, w, IR_VAND, ~imm_16(w)))

/* --- Permutations: where byte `k` of the result comes from, in n:m of `bytes` each --- */

typedef unsigned source_fn(uint32_t w, unsigned k, unsigned bytes);

/* Of half registers the host permutes one whole. */
static bool permute(struct lower *l, uint32_t w, source_fn *source, bool two)
{
	ir_ref n = lower_v(l, RN), m = two ? lower_v(l, RM) : n;
	unsigned bytes = 8u << FULL;
	uint8_t p[16];
	for (unsigned k = 0; k < 16; k++)
		p[k] = (uint8_t)(k < bytes ? source(w, k, bytes) : IR_SHUFFLE_ZERO);
	if (!FULL)
		n = m = two ? simd_join(l->b, n, m) : n;
	lower_set_v(l, RD, ir_shuffle(l->b, n, m, p));
	return true;
}

/* The place of byte `k` in its lane; the lane's number. */
static unsigned inside(uint32_t w, unsigned k)
{
	return k & ((1u << SIZE) - 1);
}

static unsigned lane(uint32_t w, unsigned k)
{
	return k >> SIZE;
}

static unsigned zip(uint32_t w, unsigned k, unsigned bytes, unsigned upper)
{
	return (lane(w, k) & 1 ? bytes : 0) + upper * bytes / 2 + (lane(w, k) / 2 << SIZE) +
	       inside(w, k);
}

static unsigned uzp(uint32_t w, unsigned k, unsigned odd)
{
	return ((2 * lane(w, k) + odd) << SIZE) + inside(w, k);
}

static unsigned trn(uint32_t w, unsigned k, unsigned bytes, unsigned odd)
{
	return (lane(w, k) & 1 ? bytes : 0) + (((lane(w, k) & ~1u) + odd) << SIZE) + inside(w, k);
}

/* REV: elements of SIZE in reverse order in containers of 8, 4, 2 bytes. */
static unsigned reverse(uint32_t w, unsigned k, unsigned container)
{
	return k ^ (container - 1) ^ ((1u << SIZE) - 1);
}

#define PERMUTE(name, two, expr)                                              \
	static unsigned source_##name(uint32_t w, unsigned k, unsigned bytes) \
	{                                                                     \
		(void)bytes;                                                  \
		return expr;                                                  \
	}                                                                     \
	LOWER(name)                                                           \
	{                                                                     \
		return permute(l, w, source_##name, two);                     \
	}
PERMUTE(zip1, true, zip(w, k, bytes, 0))
PERMUTE(zip2, true, zip(w, k, bytes, 1))
PERMUTE(uzp1, true, uzp(w, k, 0))
PERMUTE(uzp2, true, uzp(w, k, 1))
PERMUTE(trn1, true, trn(w, k, bytes, 0))
PERMUTE(trn2, true, trn(w, k, bytes, 1))
PERMUTE(ext, true, FIELD_OF(14, 11) + k)
PERMUTE(rev64_v, false, reverse(w, k, 8))
PERMUTE(rev32_v, false, reverse(w, k, 4))
PERMUTE(rev16_v, false, reverse(w, k, 2))

/* --- Table lookup --- */

static ir_ref bytes(struct lower *l, uint64_t v)
{
	return simd_constant(l->b, 0, v);
}

static ir_ref on_bytes(struct lower *l, enum ir_op op, ir_ref n, ir_ref m)
{
	return ir_vector(l->b, op, 0, n, m);
}

/* Indices that one register does not have are made 128 or more: VPERM gives 0 for them. */
static ir_ref look_up(struct lower *l, uint32_t w, ir_ref index)
{
	ir_ref r = IR_NONE;
	for (unsigned k = 0; k <= FIELD_OF(14, 13); k++) {
		ir_ref i = k ? on_bytes(l, IR_VSUB, index, bytes(l, 16 * k)) : index;
		i = on_bytes(l, IR_VUQADD, i, bytes(l, 112));
		i = on_bytes(l, IR_VPERM, lower_v(l, (RN + k) & 31), i);
		r = k ? on_bytes(l, IR_VOR, r, i) : i;
	}
	return r;
}

LOWER(tbl)
{
	return simd_set(l, w, look_up(l, w, lower_v(l, RM)));
}

LOWER(tbx)
{
	ir_ref index = lower_v(l, RM);
	ir_ref inside = on_bytes(l, IR_VCHI, bytes(l, 16 * (FIELD_OF(14, 13) + 1)), index);
	ir_ref v = look_up(l, w, index);
	return simd_set(l, w, ir_append(l->b, IR_VSEL, IR_V128, inside, v, lower_v(l, RD), 0, 0));
}

/* Bits of each byte in reverse order: half bytes are looked up, and exchanged. */
LOWER(rbit_v)
{
	static const uint64_t table[2] = {
	    UINT64_C(0x0e060a020c040800), UINT64_C(0x0f070b030d050901)};
	ir_ref n = lower_v(l, RN), low = bytes(l, 15);
	ir_ref reversed = ir_vconst(l->b, table[0], table[1]);
	ir_ref shifted = ir_vconst(l->b, table[0] << 4, table[1] << 4);
	ir_ref high = on_bytes(l, IR_VAND, ir_vector_imm(l->b, IR_VSHR, 1, n, 4), low);
	ir_ref v = on_bytes(l, IR_VPERM, shifted, on_bytes(l, IR_VAND, n, low));
	return simd_set(l, w, on_bytes(l, IR_VOR, v, on_bytes(l, IR_VPERM, reversed, high)));
}
