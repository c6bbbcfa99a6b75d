/* AdvSIMD moves of lanes: DUP, INS, SMOV, UMOV, immediates, TBL, EXT, REV (DDI 0487 C7.2).  ZIP,
 * UZP and TRN are in exec_simd_host.c. */
#include "cpu/arm64/lanes.h"

/* Copies: imm5, 20:16, is lane number, 1, zeros; as many zeros as the log2 of the lane's bytes. */
static inline unsigned copy_log2(uint32_t w)
{
	return (unsigned)__builtin_ctz(BITS(w, 20, 16));
}

static inline void v_set_both(struct arm64 *c, uint32_t w, uint64_t x)
{
	c->s.v[2 * BITS(w, 4, 0)] = x;
	c->s.v[2 * BITS(w, 4, 0) + 1] = BIT(w, 30) ? x : 0;
}

EXEC(dup_s)
{
	unsigned log2 = copy_log2(i->w);
	v_set_low(c, BITS(i->w, 4, 0),
	    lane_bits(c, BITS(i->w, 9, 5), BITS(i->w, 20, 16) >> (log2 + 1), log2));
	return NEXT;
}

EXEC(dup_v)
{
	unsigned log2 = copy_log2(i->w);
	uint64_t x = lane_bits(c, BITS(i->w, 9, 5), BITS(i->w, 20, 16) >> (log2 + 1), log2);
	v_set_both(c, i->w, replicate(x, log2));
	return NEXT;
}

EXEC(dup_general)
{
	v_set_both(c, i->w, replicate(x_get(c, BITS(i->w, 9, 5)), copy_log2(i->w)));
	return NEXT;
}

EXEC(smov)
{
	unsigned log2 = copy_log2(i->w);
	uint64_t x = lane_bits(c, BITS(i->w, 9, 5), BITS(i->w, 20, 16) >> (log2 + 1), log2);
	x = (uint64_t)sign_extend(x, 8u << log2);
	x_set(c, BITS(i->w, 4, 0), BIT(i->w, 30) ? x : (uint32_t)x);
	return NEXT;
}

EXEC(umov)
{
	unsigned log2 = copy_log2(i->w);
	x_set(c, BITS(i->w, 4, 0),
	    lane_bits(c, BITS(i->w, 9, 5), BITS(i->w, 20, 16) >> (log2 + 1), log2));
	return NEXT;
}

static inline void insert(struct arm64 *c, uint32_t w, uint64_t x)
{
	unsigned log2 = copy_log2(w);
	lane_insert(c, BITS(w, 4, 0), BITS(w, 20, 16) >> (log2 + 1), log2, x);
}

EXEC(ins_general)
{
	insert(c, i->w, x_get(c, BITS(i->w, 9, 5)));
	return NEXT;
}

EXEC(ins_element)
{
	unsigned log2 = copy_log2(i->w);
	insert(c, i->w, lane_bits(c, BITS(i->w, 9, 5), BITS(i->w, 14, 11) >> log2, log2));
	return NEXT;
}

/* Modified immediates: AdvSIMDExpandImm() for each value of cmode that is not floating point. */

static inline uint64_t imm8(uint32_t w)
{
	return BITS(w, 18, 16) << 5 | BITS(w, 9, 5);
}

static inline uint64_t imm_32(uint32_t w)
{
	return replicate(imm8(w) << (8 * BITS(w, 14, 13)), 2);
}

static inline uint64_t imm_16(uint32_t w)
{
	return replicate(imm8(w) << (8 * BIT(w, 13)), 1);
}

static inline uint64_t imm_ones(uint32_t w)
{
	unsigned shift = 8u << BIT(w, 12);
	return replicate((imm8(w) << shift) | ((UINT64_C(1) << shift) - 1), 2);
}

/* Each bit becomes a byte. */
static inline uint64_t imm_64(uint32_t w)
{
	uint64_t x = 0;
	for (unsigned b = 0; b < 8; b++)
		x |= (imm8(w) >> b & 1) * 0xff << (8 * b);
	return x;
}

#define IMMEDIATE(name, expr)              \
	EXEC(name)                         \
	{                                  \
		v_set_both(c, i->w, expr); \
		return NEXT;               \
	}

IMMEDIATE(movi_32, imm_32(i->w))
IMMEDIATE(mvni_32, ~imm_32(i->w))
IMMEDIATE(movi_16, imm_16(i->w))
IMMEDIATE(mvni_16, ~imm_16(i->w))
IMMEDIATE(movi_msl, imm_ones(i->w))
IMMEDIATE(mvni_msl, ~imm_ones(i->w))
IMMEDIATE(movi_8, replicate(imm8(i->w), 0))
IMMEDIATE(movi_d, imm_64(i->w))
IMMEDIATE(movi_2d, imm_64(i->w))

static inline void change_both(struct arm64 *c, uint32_t w, uint64_t set, uint64_t clear)
{
	union vreg d = v_get(c, BITS(w, 4, 0));
	d.d[0] = (d.d[0] | set) & ~clear;
	d.d[1] = BIT(w, 30) ? (d.d[1] | set) & ~clear : 0;
	v_set(c, BITS(w, 4, 0), d);
}

EXEC(orr_32)
{
	change_both(c, i->w, imm_32(i->w), 0);
	return NEXT;
}

EXEC(orr_16)
{
	change_both(c, i->w, imm_16(i->w), 0);
	return NEXT;
}

EXEC(bic_32)
{
	change_both(c, i->w, 0, imm_32(i->w));
	return NEXT;
}

EXEC(bic_16)
{
	change_both(c, i->w, 0, imm_16(i->w));
	return NEXT;
}

/* Table lookup in up to four registers, which wrap from V31 to V0.  Bytes out of range are 0, or
 * what `r` held. */
static inline const struct insn *table_lookup(struct arm64 *c, const struct insn *i, union vreg r)
{
	uint32_t w = i->w;
	union vreg table[4], m = v_get(c, BITS(w, 20, 16));
	const uint8_t *bytes = table[0].b;
	unsigned registers = BITS(w, 14, 13) + 1, count = 8u << BIT(w, 30);
	for (unsigned k = 0; k < registers; k++)
		table[k] = v_get(c, (BITS(w, 9, 5) + k) & 31);
	for (unsigned e = 0; e < count; e++)
		if (m.b[e] < 16 * registers)
			r.b[e] = bytes[m.b[e]];
	if (!BIT(w, 30))
		r.d[1] = 0;
	v_set(c, BITS(w, 4, 0), r);
	return NEXT;
}

EXEC(tbl)
{
	return table_lookup(c, i, (union vreg){0});
}

EXEC(tbx)
{
	return table_lookup(c, i, v_get(c, BITS(i->w, 4, 0)));
}

/* The bytes from `index` on of n, continued by m. */
static inline uint64_t extract(uint64_t n, uint64_t m, unsigned index)
{
	return index ? n >> 8 * index | m << (64 - 8 * index) : n;
}

EXEC(ext)
{
	uint32_t w = i->w;
	unsigned index = BITS(w, 14, 11), from = index / 8;
	union vreg n = v_get(c, BITS(w, 9, 5)), m = v_get(c, BITS(w, 20, 16)), d = {0};
	const uint64_t both[4] = {n.d[0], n.d[1], m.d[0], m.d[1]};
	if (BIT(w, 30)) {
		d.d[0] = extract(both[from], both[from + 1], index % 8);
		d.d[1] = extract(both[from + 1], both[from + 2], index % 8);
	} else {
		d.d[0] = extract(n.d[0], m.d[0], index);
	}
	v_set(c, BITS(w, 4, 0), d);
	return NEXT;
}

/* Reverse the bytes inside lanes of 64 bits, then bring elements back in order: swapping bytes,
 * pairs of bytes and words are the three steps of a byte reversal, and REV does some of them. */
static inline uint64_t swap_parts(uint64_t x, unsigned bits)
{
	static const uint64_t even[] = {UINT64_C(0x00ff00ff00ff00ff), UINT64_C(0x0000ffff0000ffff),
	    UINT64_C(0x00000000ffffffff)};
	uint64_t mask = even[bits / 16];
	return (x & mask) << bits | (x >> bits & mask);
}

/* Swap parts of `from` bits up to half of `whole`. */
static inline const struct insn *reverse(struct arm64 *c, const struct insn *i, unsigned whole)
{
	union vreg v = v_get(c, BITS(i->w, 9, 5));
	for (unsigned bits = 8u << BITS(i->w, 23, 22); bits < whole; bits *= 2) {
		v.d[0] = swap_parts(v.d[0], bits);
		v.d[1] = swap_parts(v.d[1], bits);
	}
	if (!BIT(i->w, 30))
		v.d[1] = 0;
	v_set(c, BITS(i->w, 4, 0), v);
	return NEXT;
}

EXEC(rev64_v)
{
	return reverse(c, i, 64);
}

EXEC(rev32_v)
{
	return reverse(c, i, 32);
}

EXEC(rev16_v)
{
	return reverse(c, i, 16);
}

/* Bits of each byte: a reversal of bits by the same three steps, one size down. */
static inline uint64_t reverse_bits(uint64_t x)
{
	x = (x & UINT64_C(0x5555555555555555)) << 1 | (x >> 1 & UINT64_C(0x5555555555555555));
	x = (x & UINT64_C(0x3333333333333333)) << 2 | (x >> 2 & UINT64_C(0x3333333333333333));
	return (x & UINT64_C(0x0f0f0f0f0f0f0f0f)) << 4 | (x >> 4 & UINT64_C(0x0f0f0f0f0f0f0f0f));
}

EXEC(rbit_v)
{
	union vreg v = v_get(c, BITS(i->w, 9, 5));
	v.d[0] = reverse_bits(v.d[0]);
	v.d[1] = BIT(i->w, 30) ? reverse_bits(v.d[1]) : 0;
	v_set(c, BITS(i->w, 4, 0), v);
	return NEXT;
}
