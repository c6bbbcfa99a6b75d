/* ARM data processing (DDI 0100, A3.4, A4).  A shift by a register costs an internal cycle, in
 * which the program counter moves on: it then reads as the instruction's address + 12. */
#include "cpu/arm7tdmi/alu.h"

#define RD BITS(w, 15, 12)
#define RN BITS(w, 19, 16)
#define RS BITS(w, 11, 8)
#define RM BITS(w, 3, 0)
#define S  BIT(w, 20)

static ALWAYS_INLINE uint32_t operand_imm(
    struct arm7tdmi *c, int64_t *left, uint32_t w, uint32_t *carry)
{
	uint32_t rotation = BITS(w, 11, 8) * 2, v = rotate_right(BITS(w, 7, 0), rotation);
	if (rotation)
		*carry = v >> 31;
	return v;
}

static ALWAYS_INLINE uint32_t operand_reg(
    struct arm7tdmi *c, int64_t *left, uint32_t w, uint32_t *carry)
{
	return shift_by_immediate(c->s.r[RM], BITS(w, 6, 5), BITS(w, 11, 7), carry);
}

/* A register in the second cycle. */
static ALWAYS_INLINE uint32_t late_register(const struct arm7tdmi *c, unsigned n)
{
	return c->s.r[n] + (n == 15 ? 4 : 0);
}

static ALWAYS_INLINE uint32_t operand_rsr(
    struct arm7tdmi *c, int64_t *left, uint32_t w, uint32_t *carry)
{
	internal(c, left, 1);
	return shift_by_register(
	    late_register(c, RM), BITS(w, 6, 5), late_register(c, RS) & 0xff, carry);
}

static ALWAYS_INLINE void set_result(struct arm7tdmi *c, int64_t *left, uint32_t w, uint32_t r)
{
	if (__builtin_expect(RD != 15, 1)) {
		c->s.r[RD] = r;
		return;
	}
	if (S)
		return_psr(c, left);
	branch(c, left, r);
}

/* Comparisons write no register.  With Rd = 15 (the old TSTP and so on) the SPSR is restored and
 * execution goes on, in the same state. */
static ALWAYS_INLINE void no_result(struct arm7tdmi *c, int64_t *left, uint32_t w)
{
	if (__builtin_expect(RD != 15, 1) || !psr_saved(c))
		return;
	spill(c, left);
	psr_write(c, *psr_saved(c), true);
	reload(c, left);
}

/* One operation with its three kinds of second operand: `a` is Rn, `b` the second operand, `carry`
 * what the shifter makes of the carry. */
#define FORMS(name, operation)                                                  \
	EXEC_ARM(name##_imm)                                                    \
	{                                                                       \
		uint32_t carry = c->carry, b = operand_imm(c, left, w, &carry); \
		uint32_t a = c->s.r[RN];                                        \
		operation                                                       \
	}                                                                       \
	EXEC_ARM(name##_reg)                                                    \
	{                                                                       \
		uint32_t carry = c->carry, b = operand_reg(c, left, w, &carry); \
		uint32_t a = c->s.r[RN];                                        \
		operation                                                       \
	}                                                                       \
	EXEC_ARM(name##_rsr)                                                    \
	{                                                                       \
		uint32_t carry = c->carry, b = operand_rsr(c, left, w, &carry); \
		uint32_t a = late_register(c, RN);                              \
		operation                                                       \
	}

/* x + y + in */
#define ARITHMETIC(name, x, y, in) \
	FORMS(name, (void)a; set_result(c, left, w, S ? add_flags(c, x, y, in) : (x) + (y) + (in));)
#define ARITHMETIC_TEST(name, x, y, in) FORMS(name, add_flags(c, x, y, in); no_result(c, left, w);)

/* Without flags the shifter's carry is not computed. */
#define LOGIC(name, r) \
	FORMS(name, (void)a; set_result(c, left, w, S ? logic_flags(c, r, carry) : (r));)
#define LOGIC_TEST(name, r) FORMS(name, logic_flags(c, r, carry); no_result(c, left, w);)

LOGIC(and, a &b)
LOGIC(eor, a ^ b)
ARITHMETIC(sub, a, ~b, 1)
ARITHMETIC(rsb, b, ~a, 1)
ARITHMETIC(add, a, b, 0)
ARITHMETIC(adc, a, b, c->carry)
ARITHMETIC(sbc, a, ~b, c->carry)
ARITHMETIC(rsc, b, ~a, c->carry)
LOGIC_TEST(tst, a &b)
LOGIC_TEST(teq, a ^ b)
ARITHMETIC_TEST(cmp, a, ~b, 1)
ARITHMETIC_TEST(cmn, a, b, 0)
LOGIC(orr, a | b)
LOGIC(mov, b)
LOGIC(bic, a & ~b)
LOGIC(mvn, ~b)
