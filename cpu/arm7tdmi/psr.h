/* Status registers, modes and their banks, exceptions (DDI 0100, A2.5, A2.6). */
#ifndef MYNA_CPU_ARM7TDMI_PSR_H
#define MYNA_CPU_ARM7TDMI_PSR_H

#include "cpu/arm7tdmi/arm7tdmi.h"

enum arm7_vector {
	VECTOR_UNDEFINED = 0x04,
	VECTOR_SWI = 0x08,
	VECTOR_IRQ = 0x18,
	VECTOR_FIQ = 0x1c,
};

/* Flags from a result. */
static inline void set_nz(struct arm7tdmi *c, uint32_t result)
{
	c->n = c->z = result;
}

static inline void set_nz64(struct arm7tdmi *c, uint64_t result)
{
	c->n = (uint32_t)(result >> 32);
	c->z = result != 0;
}

void psr_set_flags(struct arm7tdmi *c, uint32_t psr);

/* ConditionPassed() of the manual. */
static inline bool condition(const struct arm7tdmi *c, unsigned cond)
{
	bool n = c->n >> 31, z = c->z == 0;
	switch (cond) {
	case 0: return z;
	case 1: return !z;
	case 2: return c->carry;
	case 3: return !c->carry;
	case 4: return n;
	case 5: return !n;
	case 6: return c->overflow;
	case 7: return !c->overflow;
	case 8: return c->carry && !z;
	case 9: return !c->carry || z;
	case 10: return n == c->overflow;
	case 11: return n != c->overflow;
	case 12: return !z && n == c->overflow;
	case 13: return z || n != c->overflow;
	case 14: return true;
	default: return false;
	}
}

static inline bool is_user(const struct arm7tdmi *c)
{
	return (c->s.cpsr & PSR_MODE) == ARM7_USR;
}

/* The SPSR of the present mode; NULL in those that have none. */
uint32_t *psr_saved(struct arm7tdmi *c);

/* Register `n` of user mode, whatever the present mode is. */
uint32_t *psr_user_register(struct arm7tdmi *c, unsigned n);

/* Write CPSR but for the T bit: flags, masks and mode.  Interrupts see the masks `late`, after one
 * more instruction (MSR), or at once. */
void psr_write(struct arm7tdmi *c, uint32_t psr, bool late);

/* CPSR = SPSR, where there is one, T bit included: the pipeline must be filled anew. */
void psr_restore(struct arm7tdmi *c);

/* Enter an exception's mode with `lr` in its r14, and go to its vector. */
void exception(
    struct arm7tdmi *c, int64_t *left, enum arm7_mode mode, enum arm7_vector vector, uint32_t lr);

#endif
