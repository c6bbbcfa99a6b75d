/* AdvSIMD moves of lanes: DUP, INS, SMOV, UMOV, immediates, TBL, EXT, ZIP, UZP, TRN, REV
 * (DDI 0487 C7.2). */
#include "cpu/arm64/lanes.h"

/* Copies: imm5, 20:16, is lane number, 1, zeros; as many zeros as the log2 of the lane's bytes. */
static inline unsigned copy_log2(uint32_t w)
{
	return (unsigned)__builtin_ctz(BITS(w, 20, 16));
}

/* A lane zero-extended; `log2` of its bytes. */
static inline uint64_t lane_bits(const struct arm64 *c, unsigned reg, unsigned e, unsigned log2)
{
	union vreg v = v_get(c, reg);
	return (uint64_t)lane_get(&v, e, 8u << log2, UNSIGNED);
}

/* The low `8 << log2` bits of x in all places. */
static inline uint64_t replicate(uint64_t x, unsigned log2)
{
	static const uint64_t ones[] = {UINT64_C(0x0101010101010101), UINT64_C(0x0001000100010001),
	    UINT64_C(0x0000000100000001), 1};
	return (x & (UINT64_MAX >> (64 - (8u << log2)))) * ones[log2];
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
	union vreg d = v_get(c, BITS(w, 4, 0));
	lane_set(&d, BITS(w, 20, 16) >> (log2 + 1), 8u << log2, x);
	v_set(c, BITS(w, 4, 0), d);
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

EXEC(ext)
{
	uint32_t w = i->w;
	unsigned count = 8u << BIT(w, 30);
	union vreg n = v_get(c, BITS(w, 9, 5)), m = v_get(c, BITS(w, 20, 16)), d = {0};
	uint8_t both[32];
	memcpy(both, &n, count);
	memcpy(both + count, &m, count);
	memcpy(&d, both + BITS(w, 14, 11), count);
	v_set(c, BITS(w, 4, 0), d);
	return NEXT;
}

/* ZIP, UZP, TRN: each lane of the result is a lane of the pair Rn:Rm.  `from` gives its number for
 * lane e; lanes of Rm follow the `count` lanes of Rn. */
typedef unsigned permute_fn(unsigned e, unsigned count, unsigned part);

static unsigned zip(unsigned e, unsigned count, unsigned part)
{
	return e / 2 + part * (count / 2) + (e & 1 ? count : 0);
}

static unsigned unzip(unsigned e, unsigned count, unsigned part)
{
	return 2 * e + part;
}

static unsigned transpose(unsigned e, unsigned count, unsigned part)
{
	return (e & ~1u) + part + (e & 1 ? count : 0);
}

static ALWAYS_INLINE void permute_sized(
    struct arm64 *c, uint32_t w, unsigned bits, permute_fn *from, unsigned part)
{
	union vreg n = v_get(c, BITS(w, 9, 5)), m = v_get(c, BITS(w, 20, 16)), d = {0};
	unsigned count = (64u << BIT(w, 30)) / bits;
	for (unsigned e = 0; e < count; e++) {
		unsigned k = from(e, count, part);
		const union vreg *v = k < count ? &n : &m;
		lane_set(&d, e, bits, lane_get(v, k < count ? k : k - count, bits, UNSIGNED));
	}
	v_set(c, BITS(w, 4, 0), d);
}

static ALWAYS_INLINE const struct insn *permute(
    struct arm64 *c, const struct insn *i, permute_fn *from, unsigned part)
{
	switch (BITS(i->w, 23, 22)) {
	case 0: permute_sized(c, i->w, 8, from, part); break;
	case 1: permute_sized(c, i->w, 16, from, part); break;
	case 2: permute_sized(c, i->w, 32, from, part); break;
	default: permute_sized(c, i->w, 64, from, part); break;
	}
	return NEXT;
}

#define PERMUTE(name, from, part)                 \
	EXEC(name)                                \
	{                                         \
		return permute(c, i, from, part); \
	}

PERMUTE(zip1, zip, 0)
PERMUTE(zip2, zip, 1)
PERMUTE(uzp1, unzip, 0)
PERMUTE(uzp2, unzip, 1)
PERMUTE(trn1, transpose, 0)
PERMUTE(trn2, transpose, 1)

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
