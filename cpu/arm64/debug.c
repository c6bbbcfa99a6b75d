/* Breakpoint and watchpoint matching. */
#include "cpu/arm64/debug.h"

#include "cpu/arm64/exception.h"
#include "cpu/arm64/mmu.h"
#include "cpu/arm64/registers.h"

#define MDSCR_MDE (UINT64_C(1) << 15)
#define POINT_E   1u
/* DBGBCR.PMC and DBGWCR.PAC, bits 2:1: EL1, EL0. */
#define AT_EL1    (1u << 1)
#define AT_EL0    (1u << 2)
#define WCR_LOAD  (1u << 3)
#define WCR_STORE (1u << 4)

static bool monitor_enabled(const struct arm64_state *s)
{
	return s->mdscr_el1 & MDSCR_MDE && !(s->oslar & 1);
}

/* Debug exceptions are always taken from EL0; from EL1 where KDE and PSTATE.D allow it. */
static bool enabled_here(const struct arm64_state *s)
{
	return monitor_enabled(s) &&
	       (s->el == 0 || (s->mdscr_el1 & MDSCR_KDE && !(s->daif & DAIF_D)));
}

static bool any_enabled(const struct arm64_state *s, const uint64_t *control)
{
	return monitor_enabled(s) && ((control[0] | control[1]) & POINT_E);
}

bool debug_breakpoints_armed(const struct arm64_state *s)
{
	return any_enabled(s, s->dbgbcr);
}

bool debug_watchpoints_armed(const struct arm64_state *s)
{
	return any_enabled(s, s->dbgwcr);
}

/* The 49 bits of a virtual address that are compared; TBI's byte is not. */
static uint64_t comparable(uint64_t va)
{
	return va << 8 >> 8;
}

bool debug_breakpoint_hit(const struct arm64 *c)
{
	const struct arm64_state *s = &c->s;
	if (!enabled_here(s))
		return false;
	for (unsigned n = 0; n < DEBUG_POINTS; n++) {
		uint64_t control = s->dbgbcr[n];
		bool type_is_address = !(control >> 20 & 15);
		if (control & POINT_E && type_is_address && control & (s->el ? AT_EL1 : AT_EL0) &&
		    comparable(s->dbgbvr[n] & ~UINT64_C(3)) == comparable(s->pc))
			return true;
	}
	return false;
}

/* Bytes that watchpoint `n` covers: by MASK a power of two, else those of BAS in one doubleword. */
static bool overlaps(uint64_t control, uint64_t value, uint64_t va, unsigned size)
{
	unsigned mask = control >> 24 & 31;
	uint64_t first = comparable(value), start = comparable(va), end = start + size;
	if (mask) {
		uint64_t bytes = UINT64_C(1) << mask;
		first &= ~(bytes - 1);
		return start < first + bytes && end > first;
	}
	first &= ~UINT64_C(7);
	for (unsigned k = 0; k < 8; k++)
		if (control >> (5 + k) & 1 && start <= first + k && first + k < end)
			return true;
	return false;
}

bool debug_watchpoint_hit(
    const struct arm64 *c, enum tlb_context context, uint64_t va, unsigned size, bool write)
{
	const struct arm64_state *s = &c->s;
	if (!enabled_here(s))
		return false;
	for (unsigned n = 0; n < DEBUG_POINTS; n++) {
		uint64_t control = s->dbgwcr[n];
		if (control & POINT_E && control & (context == TLB_EL0 ? AT_EL0 : AT_EL1) &&
		    control & (write ? WCR_STORE : WCR_LOAD) &&
		    overlaps(control, s->dbgwvr[n], va, size))
			return true;
	}
	return false;
}

/* --- Registers.  What is armed decides how code runs and what the TLB may hold. --- */

static bool set(struct arm64 *c, uint64_t *reg, uint64_t value)
{
	bool watched = debug_watchpoints_armed(&c->s);
	*reg = value;
	if (watched != debug_watchpoints_armed(&c->s))
		tlb_flush_all(c);
	cpu_kick(&c->cpu);
	return true;
}

uint64_t read_mdscr(struct arm64 *c)
{
	return c->s.mdscr_el1;
}

bool write_mdscr(struct arm64 *c, const struct insn *i, uint64_t value)
{
	return set(c, &c->s.mdscr_el1, value);
}

bool write_oslar(struct arm64 *c, const struct insn *i, uint64_t value)
{
	return set(c, &c->s.oslar, value & 1);
}

#define CONTROL(name, member)                                                    \
	uint64_t read_##name(struct arm64 *c)                                    \
	{                                                                        \
		return c->s.member;                                              \
	}                                                                        \
	bool write_##name(struct arm64 *c, const struct insn *i, uint64_t value) \
	{                                                                        \
		return set(c, &c->s.member, value);                              \
	}
CONTROL(dbgbcr0, dbgbcr[0])
CONTROL(dbgbcr1, dbgbcr[1])
CONTROL(dbgwcr0, dbgwcr[0])
CONTROL(dbgwcr1, dbgwcr[1])
