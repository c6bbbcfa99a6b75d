/* Thumb instructions (DDI 0100, A6, A7). */
#include "cpu/arm7tdmi/alu.h"
#include "cpu/arm7tdmi/multiply.h"

/* Low registers. */
#define RD  c->s.r[BITS(w, 2, 0)]
#define RN  c->s.r[BITS(w, 5, 3)]
#define RM  c->s.r[BITS(w, 8, 6)]
#define RD8 c->s.r[BITS(w, 10, 8)]
#define SP  c->s.r[13]

#define IMM5 BITS(w, 10, 6)
#define IMM8 BITS(w, 7, 0)

/* --- shift, add, subtract, move, compare --- */

#define SHIFT(name, type)                                                \
	EXEC_THUMB(name##_imm)                                           \
	{                                                                \
		uint32_t carry = c->carry;                               \
		uint32_t v = shift_by_immediate(RN, type, IMM5, &carry); \
		RD = logic_flags(c, v, carry);                           \
	}                                                                \
	SHIFT_BY_REGISTER(name, type)
#define SHIFT_BY_REGISTER(name, type)                                        \
	EXEC_THUMB(name##_reg)                                               \
	{                                                                    \
		uint32_t carry = c->carry;                                   \
		internal(c, left, 1);                                        \
		uint32_t v = shift_by_register(RD, type, RN & 0xff, &carry); \
		RD = logic_flags(c, v, carry);                               \
	}

SHIFT(lsl, SHIFT_LSL)
SHIFT(lsr, SHIFT_LSR)
SHIFT(asr, SHIFT_ASR)
SHIFT_BY_REGISTER(ror, SHIFT_ROR)

#define SIMPLE(name, statement) \
	EXEC_THUMB(name)        \
	{                       \
		statement;      \
	}

SIMPLE(add_reg, RD = add_flags(c, RN, RM, 0))
SIMPLE(sub_reg, RD = sub_flags(c, RN, RM))
SIMPLE(add_imm3, RD = add_flags(c, RN, BITS(w, 8, 6), 0))
SIMPLE(sub_imm3, RD = sub_flags(c, RN, BITS(w, 8, 6)))
SIMPLE(mov_imm, RD8 = logic_flags(c, IMM8, c->carry))
SIMPLE(cmp_imm, sub_flags(c, RD8, IMM8))
SIMPLE(add_imm8, RD8 = add_flags(c, RD8, IMM8, 0))
SIMPLE(sub_imm8, RD8 = sub_flags(c, RD8, IMM8))

/* --- register operations --- */

SIMPLE(and, RD = logic_flags(c, RD &RN, c->carry))
SIMPLE(eor, RD = logic_flags(c, RD ^ RN, c->carry))
SIMPLE(adc, RD = add_flags(c, RD, RN, c->carry))
SIMPLE(sbc, RD = add_flags(c, RD, ~RN, c->carry))
SIMPLE(tst, logic_flags(c, RD &RN, c->carry))
SIMPLE(neg, RD = sub_flags(c, 0, RN))
SIMPLE(cmp_reg, sub_flags(c, RD, RN))
SIMPLE(cmn, add_flags(c, RD, RN, 0))
SIMPLE(orr, RD = logic_flags(c, RD | RN, c->carry))
SIMPLE(bic, RD = logic_flags(c, RD & ~RN, c->carry))
SIMPLE(mvn, RD = logic_flags(c, ~RN, c->carry))

EXEC_THUMB(mul)
{
	uint32_t s = RD, m = RN;
	unsigned cycles = multiply_cycles(s, true);
	internal(c, left, cycles);
	RD = m * s;
	set_nz(c, RD);
	c->carry = multiply_carry(extend_word(m, true), extend_word(s, true), 0, cycles, false);
}

/* All sixteen registers. */
static ALWAYS_INLINE unsigned high_d(uint32_t w)
{
	return BIT(w, 7) << 3 | BITS(w, 2, 0);
}

static ALWAYS_INLINE uint32_t high_m(const struct arm7tdmi *c, uint32_t w)
{
	return c->s.r[BITS(w, 6, 3)];
}

SIMPLE(add_high, set_register(c, left, high_d(w), c->s.r[high_d(w)] + high_m(c, w)))
SIMPLE(cmp_high, sub_flags(c, c->s.r[high_d(w)], high_m(c, w)))
SIMPLE(mov_high, set_register(c, left, high_d(w), high_m(c, w)))
SIMPLE(bx, branch_exchange(c, left, high_m(c, w)))

/* --- loads and stores --- */

#define LOAD(name, target, address, access)  \
	EXEC_THUMB(name)                     \
	{                                    \
		const uint32_t at = address; \
		uint32_t v = access;         \
		internal(c, left, 1);        \
		target = v;                  \
	}
#define STORE(name, source, address, size)                          \
	EXEC_THUMB(name)                                            \
	{                                                           \
		store(c, left, address, size, source, ARM7_NONSEQ); \
		c->s.fetch = ARM7_NONSEQ;                           \
	}

LOAD(ldr_pc, RD8, (c->s.r[15] & ~3u) + IMM8 * 4, load_word(c, left, at, ARM7_NONSEQ))
LOAD(ldrsb_reg, RD, RN + RM, load_signed_byte(c, left, at))
LOAD(ldr_reg, RD, RN + RM, load_word(c, left, at, ARM7_NONSEQ))
LOAD(ldrh_reg, RD, RN + RM, load_half(c, left, at))
LOAD(ldrb_reg, RD, RN + RM, load(c, left, at, 1, ARM7_NONSEQ))
LOAD(ldrsh_reg, RD, RN + RM, load_signed_half(c, left, at))
LOAD(ldr_imm, RD, RN + IMM5 * 4, load_word(c, left, at, ARM7_NONSEQ))
LOAD(ldrb_imm, RD, RN + IMM5, load(c, left, at, 1, ARM7_NONSEQ))
LOAD(ldrh_imm, RD, RN + IMM5 * 2, load_half(c, left, at))
LOAD(ldr_sp, RD8, SP + IMM8 * 4, load_word(c, left, at, ARM7_NONSEQ))
STORE(str_reg, RD, RN + RM, 4)
STORE(strh_reg, RD, RN + RM, 2)
STORE(strb_reg, RD, RN + RM, 1)
STORE(str_imm, RD, RN + IMM5 * 4, 4)
STORE(strb_imm, RD, RN + IMM5, 1)
STORE(strh_imm, RD, RN + IMM5 * 2, 2)
STORE(str_sp, RD8, SP + IMM8 * 4, 4)

EXEC_THUMB(push)
{
	uint32_t list = IMM8 | BIT(w, 8) << 14, address = SP - block_bytes(list);
	store_block(c, left, address, list, false, 13, address);
}

EXEC_THUMB(pop)
{
	uint32_t list = IMM8 | BIT(w, 8) << 15, address = SP;
	SP += block_bytes(list);
	uint32_t last = load_block(c, left, address, list, false);
	if (!list || list >> 15)
		branch(c, left, last);
}

EXEC_THUMB(stm)
{
	store_block(c, left, RD8, IMM8, false, BITS(w, 10, 8), RD8 + block_bytes(IMM8));
}

/* A base in the list is loaded. */
EXEC_THUMB(ldm)
{
	uint32_t address = RD8;
	RD8 += block_bytes(IMM8);
	uint32_t last = load_block(c, left, address, IMM8, false);
	if (!IMM8)
		branch(c, left, last);
}

/* --- addresses, branches, exceptions --- */

SIMPLE(adr, RD8 = (c->s.r[15] & ~3u) + IMM8 * 4)
SIMPLE(add_sp, RD8 = SP + IMM8 * 4)
SIMPLE(add_sp_imm7, SP += BITS(w, 6, 0) * 4)
SIMPLE(sub_sp_imm7, SP -= BITS(w, 6, 0) * 4)

EXEC_THUMB(b_cond)
{
	if (condition(c, BITS(w, 11, 8)))
		branch(c, left, c->s.r[15] + sign_extend(IMM8 << 1, 9));
}

EXEC_THUMB(b)
{
	branch(c, left, c->s.r[15] + sign_extend(BITS(w, 10, 0) << 1, 12));
}

EXEC_THUMB(bl_high)
{
	c->s.r[14] = c->s.r[15] + sign_extend(BITS(w, 10, 0) << 12, 23);
}

EXEC_THUMB(bl_low)
{
	uint32_t target = c->s.r[14] + (BITS(w, 10, 0) << 1);
	c->s.r[14] = next_address(c) | 1;
	branch(c, left, target);
}

EXEC_THUMB(swi)
{
	exception(c, left, ARM7_SVC, VECTOR_SWI, next_address(c));
}

EXEC_THUMB(undefined)
{
	undefined_instruction(c, left);
}
