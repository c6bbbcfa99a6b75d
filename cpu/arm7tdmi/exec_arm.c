/* ARM multiplies, status registers, branches, exceptions (DDI 0100, A3.2, A3.3, A3.5 to A3.10). */
#include "cpu/arm7tdmi/alu.h"
#include "cpu/arm7tdmi/multiply.h"

#define RD BITS(w, 15, 12)
#define RN BITS(w, 19, 16)
#define RS BITS(w, 11, 8)
#define RM BITS(w, 3, 0)
#define S  BIT(w, 20)

/* --- multiplies: Rd is where other instructions have Rn --- */

static ALWAYS_INLINE void multiply(
    struct arm7tdmi *c, int64_t *left, uint32_t w, uint32_t accumulator, unsigned extra)
{
	uint32_t m = c->s.r[RM], s = c->s.r[RS], r = m * s + accumulator;
	unsigned cycles = multiply_cycles(s, true);
	internal(c, left, cycles + extra);
	set_general(c, RN, r);
	if (S) {
		set_nz(c, r);
		c->carry = multiply_carry(
		    extend_word(m, true), extend_word(s, true), accumulator, cycles, false);
	}
}

EXEC_ARM(mul)
{
	multiply(c, left, w, 0, 0);
}

EXEC_ARM(mla)
{
	multiply(c, left, w, c->s.r[RD], 1);
}

/* RdHi:RdLo = Rm * Rs, plus itself. */
static ALWAYS_INLINE void multiply_long(
    struct arm7tdmi *c, int64_t *left, uint32_t w, bool sign, bool accumulate)
{
	uint64_t m = extend_word(c->s.r[RM], sign), s = extend_word(c->s.r[RS], sign);
	uint64_t addend = accumulate ? (uint64_t)c->s.r[RN] << 32 | c->s.r[RD] : 0;
	unsigned cycles = multiply_cycles(c->s.r[RS], sign);
	uint64_t r = m * s + addend;
	internal(c, left, cycles + 1 + accumulate);
	set_general(c, RD, (uint32_t)r);
	set_general(c, RN, (uint32_t)(r >> 32));
	if (S) {
		set_nz64(c, r);
		c->carry = multiply_carry(m, s, addend, cycles, true);
	}
}

EXEC_ARM(umull)
{
	multiply_long(c, left, w, false, false);
}

EXEC_ARM(umlal)
{
	multiply_long(c, left, w, false, true);
}

EXEC_ARM(smull)
{
	multiply_long(c, left, w, true, false);
}

EXEC_ARM(smlal)
{
	multiply_long(c, left, w, true, true);
}

/* --- status registers --- */

EXEC_ARM(mrs)
{
	const uint32_t *saved = BIT(w, 22) ? psr_saved(c) : NULL;
	set_general(c, RD, saved ? *saved : arm7tdmi_cpsr(c));
}

/* Fields c, x, s, f are bytes; user mode changes only flags, and MSR never the state. */
static void write_psr(struct arm7tdmi *c, int64_t *left, uint32_t w, uint32_t v)
{
	uint32_t mask = 0;
	for (unsigned k = 0; k < 4; k++)
		mask |= BIT(w, 16 + k) ? UINT32_C(0xff) << 8 * k : 0;
	mask &= PSR_ALL;
	if (BIT(w, 22)) {
		uint32_t *saved = psr_saved(c);
		if (saved)
			*saved = (*saved & ~mask) | (v & mask);
		return;
	}
	if (is_user(c))
		mask &= 0xf0000000;
	spill(c, left);
	psr_write(c, (arm7tdmi_cpsr(c) & ~mask) | (v & mask), true);
	reload(c, left);
}

EXEC_ARM(msr_reg)
{
	write_psr(c, left, w, c->s.r[RM]);
}

EXEC_ARM(msr_imm)
{
	write_psr(c, left, w, rotate_right(BITS(w, 7, 0), BITS(w, 11, 8) * 2));
}

/* --- branches --- */

EXEC_ARM(b)
{
	branch(c, left, c->s.r[15] + sign_extend(BITS(w, 23, 0) << 2, 26));
}

EXEC_ARM(bl)
{
	uint32_t target = c->s.r[15] + sign_extend(BITS(w, 23, 0) << 2, 26);
	c->s.r[14] = next_address(c);
	branch(c, left, target);
}

EXEC_ARM(bx)
{
	branch_exchange(c, left, c->s.r[RM]);
}

/* --- exceptions --- */

void undefined_instruction(struct arm7tdmi *c, int64_t *left)
{
	internal(c, left, 1);
	exception(c, left, ARM7_UND, VECTOR_UNDEFINED, next_address(c));
}

EXEC_ARM(swi)
{
	exception(c, left, ARM7_SVC, VECTOR_SWI, next_address(c));
}

EXEC_ARM(undefined)
{
	undefined_instruction(c, left);
}

/* No coprocessor answers. */
#define NOT_CONNECTED(name)                     \
	EXEC_ARM(name)                          \
	{                                       \
		undefined_instruction(c, left); \
	}

NOT_CONNECTED(cdp)
NOT_CONNECTED(mcr)
NOT_CONNECTED(mrc)
NOT_CONNECTED(stc)
NOT_CONNECTED(ldc)
