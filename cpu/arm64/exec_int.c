/* Integer data processing: DDI 0487 C4.1 "Data Processing -- Immediate" and "-- Register".
 * sf (bit 31) chooses 64 or 32 bits; 32-bit results are zero-extended. */
#include "cpu/arm64/exec.h"
#include "cpu/arm64/bitmask.h"
#include "cpu/arm64/crc32.h"

#define RD BITS(i->w, 4, 0)
#define RN BITS(i->w, 9, 5)
#define RA BITS(i->w, 14, 10)
#define RM BITS(i->w, 20, 16)
#define SF (i->w >> 31)

static inline uint64_t truncate(uint64_t v, unsigned sf)
{
	return sf ? v : (uint32_t)v;
}

static inline void set_rd(struct arm64 *c, const struct insn *i, uint64_t v)
{
	x_set(c, RD, truncate(v, SF));
}

static inline void set_rd_sp(struct arm64 *c, const struct insn *i, uint64_t v)
{
	set_x_or_sp(c, RD, truncate(v, SF));
}

/* AddWithCarry() of the manual; returns the sum, stores the flags. */
static inline uint64_t add_flags(
    struct arm64 *c, uint64_t a, uint64_t b, unsigned carry, unsigned sf)
{
	if (sf) {
		uint64_t r;
		unsigned co = __builtin_add_overflow(a, b, &r);
		co |= __builtin_add_overflow(r, (uint64_t)carry, &r);
		unsigned v = (unsigned)(((a ^ r) & (b ^ r)) >> 63);
		c->s.nzcv = (unsigned)(r >> 63) << 3 | (r == 0) << 2 | co << 1 | v;
		return r;
	}
	uint64_t wide = (uint64_t)(uint32_t)a + (uint32_t)b + carry;
	uint32_t r = (uint32_t)wide;
	unsigned v = (((uint32_t)a ^ r) & ((uint32_t)b ^ r)) >> 31;
	c->s.nzcv = (r >> 31) << 3 | (r == 0) << 2 | (unsigned)(wide >> 32) << 1 | v;
	return r;
}

static inline uint64_t sub_flags(struct arm64 *c, uint64_t a, uint64_t b, unsigned sf)
{
	return add_flags(c, a, ~b, 1, sf);
}

/* Flags of a logical operation: C = V = 0. */
static inline uint64_t logic_flags(struct arm64 *c, uint64_t r, unsigned sf)
{
	r = truncate(r, sf);
	unsigned n = (unsigned)(r >> (sf ? 63 : 31));
	c->s.nzcv = n << 3 | (r == 0) << 2;
	return r;
}

/* --- Immediate --- */

EXEC(adr)
{
	int64_t offset = sign_extend(BITS(i->w, 23, 5) << 2 | BITS(i->w, 30, 29), 21);
	x_set(c, RD, arm64_pc_of(c, i) + (uint64_t)offset);
	return NEXT;
}

EXEC(adrp)
{
	int64_t pages = sign_extend(BITS(i->w, 23, 5) << 2 | BITS(i->w, 30, 29), 21);
	x_set(c, RD, c->pc_page + ((uint64_t)pages << 12));
	return NEXT;
}

static inline uint64_t imm12(const struct insn *i)
{
	return (uint64_t)BITS(i->w, 21, 10) << (BIT(i->w, 22) ? 12 : 0);
}

EXEC(add_imm)
{
	set_rd_sp(c, i, x_or_sp(c, RN) + imm12(i));
	return NEXT;
}

EXEC(adds_imm)
{
	x_set(c, RD, add_flags(c, x_or_sp(c, RN), imm12(i), 0, SF));
	return NEXT;
}

EXEC(sub_imm)
{
	set_rd_sp(c, i, x_or_sp(c, RN) - imm12(i));
	return NEXT;
}

EXEC(subs_imm)
{
	x_set(c, RD, sub_flags(c, x_or_sp(c, RN), imm12(i), SF));
	return NEXT;
}

EXEC(and_imm)
{
	set_rd_sp(c, i, x_get(c, RN) & bitmask_immediate(i->w));
	return NEXT;
}

EXEC(orr_imm)
{
	set_rd_sp(c, i, x_get(c, RN) | bitmask_immediate(i->w));
	return NEXT;
}

EXEC(eor_imm)
{
	set_rd_sp(c, i, x_get(c, RN) ^ bitmask_immediate(i->w));
	return NEXT;
}

EXEC(ands_imm)
{
	x_set(c, RD, logic_flags(c, x_get(c, RN) & bitmask_immediate(i->w), SF));
	return NEXT;
}

#define HALF_SHIFT (BITS(i->w, 22, 21) * 16)

EXEC(movn)
{
	set_rd(c, i, ~((uint64_t)BITS(i->w, 20, 5) << HALF_SHIFT));
	return NEXT;
}

EXEC(movz)
{
	set_rd(c, i, (uint64_t)BITS(i->w, 20, 5) << HALF_SHIFT);
	return NEXT;
}

EXEC(movk)
{
	uint64_t keep = ~(UINT64_C(0xffff) << HALF_SHIFT);
	set_rd(c, i, (x_get(c, RD) & keep) | (uint64_t)BITS(i->w, 20, 5) << HALF_SHIFT);
	return NEXT;
}

/* Bitfield moves.  With imms >= immr the field imms:immr moves down to bit 0, else the field
 * imms:0 moves up to bit (size - immr).  `place` yields the field at its destination; the caller
 * decides what surrounds it. */
struct bitfield {
	uint64_t bits; /* the field, in place, zeros elsewhere */
	uint64_t mask; /* ones where it lies */
	unsigned top;  /* its highest bit */
};

static inline struct bitfield bitfield_place(const struct insn *i, uint64_t v)
{
	unsigned r = BITS(i->w, 21, 16), s = BITS(i->w, 15, 10);
	if (s >= r) {
		unsigned width = s - r + 1;
		uint64_t mask = ~UINT64_C(0) >> (64 - width);
		return (struct bitfield){v >> r & mask, mask, width - 1};
	}
	unsigned shift = (SF ? 64 : 32) - r;
	uint64_t mask = (~UINT64_C(0) >> (63 - s)) << shift;
	return (struct bitfield){v << shift & mask, mask, s + shift};
}

EXEC(sbfm)
{
	struct bitfield f = bitfield_place(i, x_get(c, RN));
	set_rd(c, i, (uint64_t)sign_extend(f.bits, f.top + 1));
	return NEXT;
}

EXEC(bfm)
{
	struct bitfield f = bitfield_place(i, x_get(c, RN));
	set_rd(c, i, (x_get(c, RD) & ~f.mask) | f.bits);
	return NEXT;
}

EXEC(ubfm)
{
	set_rd(c, i, bitfield_place(i, x_get(c, RN)).bits);
	return NEXT;
}

EXEC(extr)
{
	unsigned lsb = BITS(i->w, 15, 10);
	uint64_t high = x_get(c, RN), low = x_get(c, RM);
	if (SF) {
		x_set(c, RD, lsb ? high << (64 - lsb) | low >> lsb : low);
	} else {
		uint64_t both = high << 32 | (uint32_t)low;
		x_set(c, RD, (uint32_t)(both >> lsb));
	}
	return NEXT;
}

/* --- Register --- */

static inline uint64_t ror64(uint64_t v, unsigned n)
{
	return v >> (n & 63) | v << (-n & 63);
}

static inline uint32_t ror32(uint32_t v, unsigned n)
{
	return v >> (n & 31) | v << (-n & 31);
}

/* ShiftReg(); `n` is less than the register's size. */
static inline uint64_t shift_reg(uint64_t v, unsigned type, unsigned n, unsigned sf)
{
	switch (type) {
	case 0: return v << n;
	case 1: return truncate(v, sf) >> n;
	case 2: return sf ? (uint64_t)((int64_t)v >> n) : (uint64_t)(uint32_t)((int32_t)v >> n);
	default: return sf ? ror64(v, n) : ror32((uint32_t)v, n);
	}
}

static inline uint64_t operand_shifted(const struct arm64 *c, const struct insn *i)
{
	uint64_t v = x_get(c, RM);
	unsigned n = BITS(i->w, 15, 10), type = BITS(i->w, 23, 22);
	if ((n | type) == 0)
		return v;
	return shift_reg(v, type, n, SF);
}

EXEC(and_reg)
{
	set_rd(c, i, x_get(c, RN) & operand_shifted(c, i));
	return NEXT;
}

EXEC(bic_reg)
{
	set_rd(c, i, x_get(c, RN) & ~operand_shifted(c, i));
	return NEXT;
}

EXEC(orr_reg)
{
	set_rd(c, i, x_get(c, RN) | operand_shifted(c, i));
	return NEXT;
}

EXEC(orn_reg)
{
	set_rd(c, i, x_get(c, RN) | ~operand_shifted(c, i));
	return NEXT;
}

EXEC(eor_reg)
{
	set_rd(c, i, x_get(c, RN) ^ operand_shifted(c, i));
	return NEXT;
}

EXEC(eon_reg)
{
	set_rd(c, i, x_get(c, RN) ^ ~operand_shifted(c, i));
	return NEXT;
}

EXEC(ands_reg)
{
	x_set(c, RD, logic_flags(c, x_get(c, RN) & operand_shifted(c, i), SF));
	return NEXT;
}

EXEC(bics_reg)
{
	x_set(c, RD, logic_flags(c, x_get(c, RN) & ~operand_shifted(c, i), SF));
	return NEXT;
}

EXEC(add_reg)
{
	set_rd(c, i, x_get(c, RN) + operand_shifted(c, i));
	return NEXT;
}

EXEC(adds_reg)
{
	x_set(c, RD, add_flags(c, x_get(c, RN), operand_shifted(c, i), 0, SF));
	return NEXT;
}

EXEC(sub_reg)
{
	set_rd(c, i, x_get(c, RN) - operand_shifted(c, i));
	return NEXT;
}

EXEC(subs_reg)
{
	x_set(c, RD, sub_flags(c, x_get(c, RN), operand_shifted(c, i), SF));
	return NEXT;
}

static inline uint64_t operand_extended(const struct arm64 *c, const struct insn *i)
{
	return extend_reg(x_get(c, RM), BITS(i->w, 15, 13)) << BITS(i->w, 12, 10);
}

EXEC(add_ext)
{
	set_rd_sp(c, i, x_or_sp(c, RN) + operand_extended(c, i));
	return NEXT;
}

EXEC(adds_ext)
{
	x_set(c, RD, add_flags(c, x_or_sp(c, RN), operand_extended(c, i), 0, SF));
	return NEXT;
}

EXEC(sub_ext)
{
	set_rd_sp(c, i, x_or_sp(c, RN) - operand_extended(c, i));
	return NEXT;
}

EXEC(subs_ext)
{
	x_set(c, RD, sub_flags(c, x_or_sp(c, RN), operand_extended(c, i), SF));
	return NEXT;
}

#define CARRY (c->s.nzcv >> 1 & 1)

EXEC(adc)
{
	set_rd(c, i, x_get(c, RN) + x_get(c, RM) + CARRY);
	return NEXT;
}

EXEC(adcs)
{
	x_set(c, RD, add_flags(c, x_get(c, RN), x_get(c, RM), CARRY, SF));
	return NEXT;
}

EXEC(sbc)
{
	set_rd(c, i, x_get(c, RN) + ~x_get(c, RM) + CARRY);
	return NEXT;
}

EXEC(sbcs)
{
	x_set(c, RD, add_flags(c, x_get(c, RN), ~x_get(c, RM), CARRY, SF));
	return NEXT;
}

static inline const struct insn *conditional_compare(
    struct arm64 *c, const struct insn *i, uint64_t operand, bool subtract)
{
	if (!condition_holds(c->s.nzcv, BITS(i->w, 15, 12)))
		c->s.nzcv = BITS(i->w, 3, 0);
	else if (subtract)
		sub_flags(c, x_get(c, RN), operand, SF);
	else
		add_flags(c, x_get(c, RN), operand, 0, SF);
	return NEXT;
}

EXEC(ccmn_reg)
{
	return conditional_compare(c, i, x_get(c, RM), false);
}

EXEC(ccmp_reg)
{
	return conditional_compare(c, i, x_get(c, RM), true);
}

EXEC(ccmn_imm)
{
	return conditional_compare(c, i, RM, false);
}

EXEC(ccmp_imm)
{
	return conditional_compare(c, i, RM, true);
}

#define COND_HOLDS condition_holds(c->s.nzcv, BITS(i->w, 15, 12))

EXEC(csel)
{
	set_rd(c, i, COND_HOLDS ? x_get(c, RN) : x_get(c, RM));
	return NEXT;
}

EXEC(csinc)
{
	set_rd(c, i, COND_HOLDS ? x_get(c, RN) : x_get(c, RM) + 1);
	return NEXT;
}

EXEC(csinv)
{
	set_rd(c, i, COND_HOLDS ? x_get(c, RN) : ~x_get(c, RM));
	return NEXT;
}

EXEC(csneg)
{
	set_rd(c, i, COND_HOLDS ? x_get(c, RN) : -x_get(c, RM));
	return NEXT;
}

EXEC(madd)
{
	set_rd(c, i, x_get(c, RA) + x_get(c, RN) * x_get(c, RM));
	return NEXT;
}

EXEC(msub)
{
	set_rd(c, i, x_get(c, RA) - x_get(c, RN) * x_get(c, RM));
	return NEXT;
}

static inline uint64_t product_signed(const struct arm64 *c, const struct insn *i)
{
	return (uint64_t)((int64_t)(int32_t)x_get(c, RN) * (int32_t)x_get(c, RM));
}

static inline uint64_t product_unsigned(const struct arm64 *c, const struct insn *i)
{
	return (uint64_t)(uint32_t)x_get(c, RN) * (uint32_t)x_get(c, RM);
}

EXEC(smaddl)
{
	x_set(c, RD, x_get(c, RA) + product_signed(c, i));
	return NEXT;
}

EXEC(smsubl)
{
	x_set(c, RD, x_get(c, RA) - product_signed(c, i));
	return NEXT;
}

EXEC(umaddl)
{
	x_set(c, RD, x_get(c, RA) + product_unsigned(c, i));
	return NEXT;
}

EXEC(umsubl)
{
	x_set(c, RD, x_get(c, RA) - product_unsigned(c, i));
	return NEXT;
}

EXEC(smulh)
{
	__int128 p = (__int128)(int64_t)x_get(c, RN) * (int64_t)x_get(c, RM);
	x_set(c, RD, (uint64_t)(p >> 64));
	return NEXT;
}

EXEC(umulh)
{
	unsigned __int128 p = (unsigned __int128)x_get(c, RN) * x_get(c, RM);
	x_set(c, RD, (uint64_t)(p >> 64));
	return NEXT;
}

/* Division by zero gives zero; the one signed overflow wraps. */
EXEC(udiv)
{
	uint64_t n = truncate(x_get(c, RN), SF), m = truncate(x_get(c, RM), SF);
	x_set(c, RD, m ? n / m : 0);
	return NEXT;
}

EXEC(sdiv)
{
	int64_t n = sign_extend(x_get(c, RN), SF ? 64 : 32);
	int64_t m = sign_extend(x_get(c, RM), SF ? 64 : 32);
	uint64_t q = m == 0 ? 0 : m == -1 ? -(uint64_t)n : (uint64_t)(n / m);
	set_rd(c, i, q);
	return NEXT;
}

static inline const struct insn *shift_variable(
    struct arm64 *c, const struct insn *i, unsigned type)
{
	unsigned n = x_get(c, RM) & (SF ? 63 : 31);
	set_rd(c, i, shift_reg(x_get(c, RN), type, n, SF));
	return NEXT;
}

EXEC(lslv)
{
	return shift_variable(c, i, 0);
}

EXEC(lsrv)
{
	return shift_variable(c, i, 1);
}

EXEC(asrv)
{
	return shift_variable(c, i, 2);
}

EXEC(rorv)
{
	return shift_variable(c, i, 3);
}

EXEC(crc32)
{
	x_set(c, RD, crc32_ieee((uint32_t)x_get(c, RN), x_get(c, RM), 1u << BITS(i->w, 11, 10)));
	return NEXT;
}

EXEC(crc32c)
{
	x_set(c, RD,
	    crc32_castagnoli((uint32_t)x_get(c, RN), x_get(c, RM), 1u << BITS(i->w, 11, 10)));
	return NEXT;
}

static inline uint64_t reverse_bits(uint64_t v)
{
	v = (v >> 1 & 0x5555555555555555) | (v & 0x5555555555555555) << 1;
	v = (v >> 2 & 0x3333333333333333) | (v & 0x3333333333333333) << 2;
	v = (v >> 4 & 0x0f0f0f0f0f0f0f0f) | (v & 0x0f0f0f0f0f0f0f0f) << 4;
	return __builtin_bswap64(v);
}

EXEC(rbit)
{
	uint64_t r = reverse_bits(x_get(c, RN));
	x_set(c, RD, SF ? r : r >> 32);
	return NEXT;
}

EXEC(rev16)
{
	uint64_t v = x_get(c, RN);
	set_rd(c, i, (v >> 8 & 0x00ff00ff00ff00ff) | (v & 0x00ff00ff00ff00ff) << 8);
	return NEXT;
}

EXEC(rev_w)
{
	x_set(c, RD, __builtin_bswap32((uint32_t)x_get(c, RN)));
	return NEXT;
}

EXEC(rev32)
{
	uint64_t r = __builtin_bswap64(x_get(c, RN));
	x_set(c, RD, r >> 32 | r << 32);
	return NEXT;
}

EXEC(rev_x)
{
	x_set(c, RD, __builtin_bswap64(x_get(c, RN)));
	return NEXT;
}

static inline unsigned leading_zeros(uint64_t v, unsigned sf)
{
	v = truncate(v, sf);
	return v ? (unsigned)__builtin_clzll(v) - (sf ? 0 : 32) : sf ? 64 : 32;
}

EXEC(clz)
{
	x_set(c, RD, leading_zeros(x_get(c, RN), SF));
	return NEXT;
}

/* Bits below the sign that equal it. */
EXEC(cls)
{
	int64_t v = sign_extend(x_get(c, RN), SF ? 64 : 32);
	x_set(c, RD, leading_zeros((uint64_t)(v ^ v >> 63), SF) - 1);
	return NEXT;
}
