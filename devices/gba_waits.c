/* Wait states. */
#include "devices/gba_waits.h"

#include <stdio.h>

#define CAPACITY     8        /* halfwords */
#define BLOCK        0x20000u /* a sequential access at a multiple of it is not one to the cartridge */
#define WAITCNT_BITS 0x5fff
#define CONTROL_BITS 0xff00002fu

enum { REGION_EWRAM = 2, REGION_PALETTE = 5, REGION_VRAM = 6, REGION_ROM = 8, REGION_SRAM = 14 };

/* --- Costs --- */

/* All accesses of a 16-bit memory alike: a word takes two. */
static void set_region(struct gba_costs *c, unsigned region, unsigned first, unsigned sequential)
{
	for (unsigned size = 0; size < 2; size++) {
		c->cycles[region][0][size] = (uint8_t)first;
		c->cycles[region][1][size] = (uint8_t)sequential;
	}
	c->cycles[region][0][2] = (uint8_t)(first + sequential);
	c->cycles[region][1][2] = (uint8_t)(2 * sequential);
}

static void compute(struct gba_waits *w)
{
	static const uint8_t first_waits[4] = {4, 3, 2, 8};
	static const uint8_t more_waits[3][2] = {{2, 1}, {4, 1}, {8, 1}};
	struct gba_costs *c = &w->costs;
	unsigned ewram = 16 - (w->s.control >> 24 & 15), cnt = w->s.waitcnt;

	for (unsigned region = 0; region < 16; region++)
		for (unsigned i = 0; i < 6; i++)
			c->cycles[region][i / 3][i % 3] = 1;
	set_region(c, REGION_EWRAM, ewram, ewram);
	set_region(c, REGION_PALETTE, 1, 1);
	set_region(c, REGION_VRAM, 1, 1);
	for (unsigned state = 0; state < 3; state++) {
		unsigned first = 1u + first_waits[cnt >> (2 + 3 * state) & 3];
		unsigned more = 1u + more_waits[state][cnt >> (4 + 3 * state) & 1];
		set_region(c, REGION_ROM + 2 * state, first, more);
		set_region(c, REGION_ROM + 2 * state + 1, first, more);
	}
	/* One byte whatever the size. */
	for (unsigned i = 0; i < 12; i++)
		c->cycles[REGION_SRAM + i / 6][i / 3 % 2][i % 3] =
		    (uint8_t)(1 + first_waits[cnt & 3]);
}

static unsigned cost(const struct gba_waits *w, uint32_t address, unsigned size, bool sequential)
{
	return w->costs.cycles[address >> 24 & 15][sequential && address % BLOCK][size / 2];
}

/* --- Prefetching --- */

/* Cycles of a halfword read ahead. */
static unsigned duty(const struct gba_waits *w)
{
	return w->costs.cycles[w->s.head >> 24 & 15][1][1];
}

/* Bring `held` and `since` to the present.  A full buffer is not being added to: it is as if its
 * next halfword began now. */
static void catch_up(struct gba_waits *w, uint64_t now)
{
	struct gba_waits_state *s = &w->s;
	unsigned each = duty(w);

	/* Only a state file can say that a halfword takes that long. */
	if (s->since > now + CAPACITY * 32)
		s->since = now;
	uint64_t more = now > s->since ? (now - s->since) / each : 0;

	if (s->held + more >= CAPACITY) {
		s->held = CAPACITY;
		s->since = now;
	} else {
		s->held += (uint32_t)more;
		s->since += more * each;
	}
}

/* Take `halves` from the buffer; cycles that it takes. */
static unsigned take(struct gba_waits *w, uint64_t now, unsigned halves)
{
	struct gba_waits_state *s = &w->s;
	unsigned cycles = 1;

	catch_up(w, now);
	s->head += 2 * halves;
	if (s->held >= halves) {
		s->held -= halves;
		return cycles;
	}
	s->since += (uint64_t)(halves - s->held) * duty(w);
	s->held = 0;
	if (s->since > now + 1)
		cycles = (unsigned)(s->since - now);
	return cycles;
}

/* Stop reading ahead.  A halfword in its last cycle is waited for. */
static unsigned end(struct gba_waits *w, uint64_t now)
{
	struct gba_waits_state *s = &w->s;

	if (!s->active)
		return 0;
	catch_up(w, now);
	s->active = 0;
	return s->held < CAPACITY && now >= s->since && now - s->since + 1 == duty(w);
}

unsigned gba_waits_fetch(
    struct gba_waits *w, uint64_t now, uint32_t address, unsigned size, bool sequential)
{
	struct gba_waits_state *s = &w->s;
	unsigned cycles;

	if (!gba_waits_prefetches(w))
		return end(w, now) + cost(w, address, size, sequential);
	if (s->active && address == s->head)
		return take(w, now, size / 2);
	cycles = end(w, now) + cost(w, address, size, false);
	s->active = 1;
	s->head = address + size;
	s->held = 0;
	s->since = now + cycles;
	return cycles;
}

unsigned gba_waits_data(
    struct gba_waits *w, uint64_t now, uint32_t address, unsigned size, bool sequential)
{
	return end(w, now) + cost(w, address, size, sequential);
}

/* --- Registers --- */

static void changed(struct gba_waits *w)
{
	compute(w);
	wire_set(&w->changed, 1);
	wire_set(&w->changed, 0);
}

static uint64_t waitcnt_read(void *owner, uint64_t offset, unsigned size)
{
	const struct gba_waits *w = owner;

	return gba_part(offset & 2 ? 0 : w->s.waitcnt, offset, size);
}

static void waitcnt_write(void *owner, uint64_t offset, uint64_t value, unsigned size)
{
	struct gba_waits *w = owner;

	if (offset & 2)
		return;
	w->s.waitcnt = gba_merge(w->s.waitcnt, offset, value, size) & WAITCNT_BITS;
	if (!gba_waits_prefetches(w))
		w->s.active = 0;
	changed(w);
}

const struct bus_ops gba_waits_ops = {waitcnt_read, waitcnt_write, waitcnt_read, 1, 2};

static uint64_t control_read(void *owner, uint64_t offset, unsigned size)
{
	const struct gba_waits *w = owner;

	return gba_part((uint16_t)(w->s.control >> (offset & 2) * 8), offset, size);
}

static void control_write(void *owner, uint64_t offset, uint64_t value, unsigned size)
{
	struct gba_waits *w = owner;
	unsigned shift = (offset & 2) * 8;
	uint32_t half = gba_merge((uint16_t)(w->s.control >> shift), offset, value, size);

	w->s.control = ((w->s.control & ~(0xffffu << shift)) | half << shift) & CONTROL_BITS;
	/* No wait state at all locks the console up; it gets one here. */
	if (w->s.control >> 24 == 15)
		w->s.control = (w->s.control & 0xffffff) | 14u << 24;
	changed(w);
}

const struct bus_ops gba_memory_control_ops = {control_read, control_write, control_read, 1, 2};

/* --- The device --- */

static const struct field fields[] = {
    FIELD(struct gba_waits_state, since, 0),
    FIELD(struct gba_waits_state, head, 0),
    FIELD(struct gba_waits_state, held, 0),
    FIELD(struct gba_waits_state, control, 0x0d000020),
    FIELD(struct gba_waits_state, waitcnt, 0),
    FIELD(struct gba_waits_state, active, 0),
    FIELD(struct gba_waits_state, reserved, 0),
};

static void gba_waits_reset(struct device *d)
{
	changed((struct gba_waits *)d);
}

static bool gba_waits_loaded(struct device *d, char *why, size_t size)
{
	struct gba_waits *w = (struct gba_waits *)d;

	if (w->s.held > CAPACITY || w->s.head >> 24 > 15) {
		snprintf(
		    why, size, "%s: prefetch of %u halfwords at %#x", d->tag, w->s.held, w->s.head);
		return false;
	}
	changed(w);
	return true;
}

const struct device_type gba_waits_type = {
    .name = "gba_waits",
    .description = "wait states and prefetch of the Game Boy Advance (GBATEK)",
    .table = STATE_TABLE(struct gba_waits_state, fields),
    .reset = gba_waits_reset,
    .loaded = gba_waits_loaded,
};

void gba_waits_init(struct gba_waits *w, const char *tag)
{
	device_init(&w->dev, &gba_waits_type, tag, &w->s);
	compute(w);
}
