/* Status registers, modes, exceptions; see psr.h.
 *
 * While the CPU runs, the flags and T live in members of their own and s.cpsr holds the rest. */
#include "cpu/arm7tdmi/psr.h"

#include <string.h>

#include "cpu/arm7tdmi/access.h"

void psr_set_flags(struct arm7tdmi *c, uint32_t psr)
{
	c->n = psr;
	c->z = !(psr & PSR_Z);
	c->carry = psr >> 29 & 1;
	c->overflow = psr >> 28 & 1;
}

uint32_t arm7tdmi_cpsr(const struct arm7tdmi *c)
{
	return (c->n & PSR_N) | (c->z ? 0 : PSR_Z) | c->carry << 29 | c->overflow << 28 |
	       (c->thumb ? PSR_T : 0) | (c->s.cpsr & (PSR_I | PSR_F | PSR_MODE));
}

/* Modes with registers of their own, by number of their SPSR. */
static int bank_number(uint32_t mode)
{
	switch (mode & PSR_MODE) {
	case ARM7_FIQ: return 0;
	case ARM7_SVC: return 1;
	case ARM7_ABT: return 2;
	case ARM7_IRQ: return 3;
	case ARM7_UND: return 4;
	default: return -1;
	}
}

uint32_t *psr_saved(struct arm7tdmi *c)
{
	int bank = bank_number(c->s.cpsr);
	return bank < 0 ? NULL : &c->s.spsr[bank];
}

/* Where r13 and r14 of a mode are kept while another one is present. */
static uint32_t *bank_of(struct arm7tdmi_state *s, uint32_t mode)
{
	switch (mode & PSR_MODE) {
	case ARM7_FIQ: return &s->fiq[5];
	case ARM7_SVC: return s->svc;
	case ARM7_ABT: return s->abt;
	case ARM7_IRQ: return s->irq;
	case ARM7_UND: return s->und;
	default: return &s->usr[5];
	}
}

static void switch_bank(struct arm7tdmi_state *s, uint32_t from, uint32_t to)
{
	uint32_t *out = bank_of(s, from), *in = bank_of(s, to);
	if (in == out)
		return;
	memcpy(out, &s->r[13], 8);
	memcpy(&s->r[13], in, 8);
	if (out == &s->fiq[5]) {
		memcpy(s->fiq, &s->r[8], 20);
		memcpy(&s->r[8], s->usr, 20);
	} else if (in == &s->fiq[5]) {
		memcpy(s->usr, &s->r[8], 20);
		memcpy(&s->r[8], s->fiq, 20);
	}
}

uint32_t *psr_user_register(struct arm7tdmi *c, unsigned n)
{
	bool banked = n == 13 || n == 14;
	int bank = bank_number(c->s.cpsr);
	if (bank == 0)
		banked = n >= 8 && n < 15;
	return banked && bank >= 0 ? &c->s.usr[n - 8] : &c->s.r[n];
}

static void write_low(struct arm7tdmi *c, uint32_t psr)
{
	psr |= 0x10; /* modes without this bit are those of 26-bit CPUs: it cannot be cleared */
	switch_bank(&c->s, c->s.cpsr, psr);
	c->s.cpsr = psr & (PSR_I | PSR_F | PSR_MODE);
}

static uint32_t masks(const struct arm7tdmi *c)
{
	return c->s.cpsr & (PSR_I | PSR_F);
}

void psr_write(struct arm7tdmi *c, uint32_t psr, bool late)
{
	psr_set_flags(c, psr);
	write_low(c, psr);
	if (masks(c) == c->s.masked)
		return;
	/* Nobody can tell when the masks change while no line is high. */
	const bool high = c->s.irq_level | c->s.fiq_level;
	if (!late || !high)
		c->s.masked = masks(c);
	if (high)
		cpu_kick(&c->cpu);
}

void psr_restore(struct arm7tdmi *c)
{
	const uint32_t *saved = psr_saved(c);
	if (!saved)
		return;
	c->thumb = *saved >> 5 & 1;
	psr_write(c, *saved, false);
}

void exception(
    struct arm7tdmi *c, int64_t *left, enum arm7_mode mode, enum arm7_vector vector, uint32_t lr)
{
	uint32_t old = arm7tdmi_cpsr(c);
	uint32_t mask = PSR_I | (vector == VECTOR_FIQ ? PSR_F : 0);
	write_low(c, (c->s.cpsr & ~(uint32_t)PSR_MODE) | mode | mask);
	c->s.masked = masks(c);
	*psr_saved(c) = old;
	c->s.r[14] = lr;
	c->thumb = 0;
	branch(c, left, vector);
}
