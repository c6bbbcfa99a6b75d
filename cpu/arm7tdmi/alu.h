/* Arithmetic and shifts with their flags: what ARM and Thumb instructions share (DDI 0100, A5.1).
 */
#ifndef MYNA_CPU_ARM7TDMI_ALU_H
#define MYNA_CPU_ARM7TDMI_ALU_H

#include "cpu/arm7tdmi/exec.h"

/* a + b + carry with all flags. */
static ALWAYS_INLINE uint32_t add_flags(struct arm7tdmi *c, uint32_t a, uint32_t b, uint32_t carry)
{
	uint64_t wide = (uint64_t)a + b + carry;
	uint32_t r = (uint32_t)wide;
	set_nz(c, r);
	c->carry = (uint32_t)(wide >> 32);
	c->overflow = ((a ^ r) & (b ^ r)) >> 31;
	return r;
}

static ALWAYS_INLINE uint32_t sub_flags(struct arm7tdmi *c, uint32_t a, uint32_t b)
{
	return add_flags(c, a, ~b, 1);
}

/* N and Z of a logical operation; the carry is the shifter's. */
static ALWAYS_INLINE uint32_t logic_flags(struct arm7tdmi *c, uint32_t r, uint32_t carry)
{
	set_nz(c, r);
	c->carry = carry;
	return r;
}

enum shift_type { SHIFT_LSL, SHIFT_LSR, SHIFT_ASR, SHIFT_ROR };

/* A shift by an immediate; amounts of 0 stand for 32, and for RRX. */
static ALWAYS_INLINE uint32_t shift_by_immediate(
    uint32_t v, enum shift_type type, unsigned amount, uint32_t *carry)
{
	uint32_t in = *carry;
	switch (type) {
	case SHIFT_LSL:
		if (amount)
			*carry = v >> (32 - amount) & 1;
		return v << amount;
	case SHIFT_LSR:
		*carry = amount ? v >> (amount - 1) & 1 : v >> 31;
		return amount ? v >> amount : 0;
	case SHIFT_ASR:
		*carry = amount ? v >> (amount - 1) & 1 : v >> 31;
		return (uint32_t)((int32_t)v >> (amount ? amount : 31));
	default:
		*carry = amount ? v >> (amount - 1) & 1 : v & 1;
		return amount ? rotate_right(v, amount) : in << 31 | v >> 1;
	}
}

/* A shift by the low byte of a register; 0 leaves the carry. */
static ALWAYS_INLINE uint32_t shift_by_register(
    uint32_t v, enum shift_type type, unsigned amount, uint32_t *carry)
{
	if (!amount)
		return v;
	if (type == SHIFT_ROR) {
		*carry = v >> ((amount - 1) & 31) & 1;
		return rotate_right(v, amount);
	}
	if (type == SHIFT_ASR) {
		*carry = amount < 32 ? v >> (amount - 1) & 1 : v >> 31;
		return (uint32_t)((int32_t)v >> (amount < 32 ? amount : 31));
	}
	uint64_t wide = amount > 32 ? 0 : v;
	if (type == SHIFT_LSL) {
		wide <<= amount & 63;
		*carry = (uint32_t)(wide >> 32) & 1;
		return (uint32_t)wide;
	}
	*carry = (uint32_t)(wide << 1 >> (amount & 63)) & 1;
	return (uint32_t)(wide >> (amount & 63));
}

#endif
