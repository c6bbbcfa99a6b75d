/* The slow side of bus cycles: looking up the window of code, and the board's functions. */
#include "cpu/arm7tdmi/access.h"

void arm7_attend(struct arm7tdmi *c)
{
	c->requested = false;
	if (c->bus.attend)
		c->bus.attend(c->bus.owner);
	else
		machine_pass(c->cpu.machine);
}

/* Enter the stretch of the window around `address`.  A window without bursts is one stretch. */
static bool enter(struct arm7tdmi *c, uint32_t address)
{
	const struct arm7tdmi_window *w = &c->windows->fetch[address >> 24];
	uint32_t at = address & w->mask;
	uint32_t first = w->burst ? at & ~(w->burst - 1) : 0;
	if (at >= w->size)
		return false;
	uint32_t size = w->size - first;
	c->code = (struct arm7_code){
	    .base = address - (at - first),
	    .size = w->burst && w->burst < size ? w->burst : size,
	    .host = w->host + first,
	};
	memcpy(c->code.cycles, w->cycles, sizeof c->code.cycles);
	return true;
}

uint32_t arm7_fetch_slow(struct arm7tdmi *c, uint32_t address, bool word)
{
	unsigned kind = c->s.fetch;
	if (enter(c, address)) {
		if (kind == ARM7_SEQ && address == c->code.base &&
		    c->windows->fetch[address >> 24].burst)
			c->s.fetch = ARM7_NONSEQ;
		return word ? fetch(c, &c->cpu.budget, address, true)
			    : fetch(c, &c->cpu.budget, address, false);
	}
	c->s.fetch = ARM7_SEQ;
	return word ? c->bus.fetch32(c->bus.owner, address, kind)
		    : c->bus.fetch16(c->bus.owner, address, kind);
}

uint32_t arm7_load_slow(struct arm7tdmi *c, uint32_t address, unsigned size, unsigned access)
{
	switch (size) {
	case 1: return c->bus.read8(c->bus.owner, address, access) & 0xff;
	case 2: return c->bus.read16(c->bus.owner, address, access) & 0xffff;
	default: return c->bus.read32(c->bus.owner, address, access);
	}
}

void arm7_store_slow(
    struct arm7tdmi *c, uint32_t address, unsigned size, uint32_t value, unsigned access)
{
	switch (size) {
	case 1: c->bus.write8(c->bus.owner, address, value & 0xff, access); break;
	case 2: c->bus.write16(c->bus.owner, address, value & 0xffff, access); break;
	default: c->bus.write32(c->bus.owner, address, value, access); break;
	}
}
