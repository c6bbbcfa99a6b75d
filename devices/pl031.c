/* PL031 real-time clock (DDI 0224B).
 *
 * The counter is never stored: RTCDR = offset + seconds of guest time.  A match is one event.
 * RTCCR reads 1 and cannot be cleared: this clock has been running since before power-on, as a
 * battery-backed one would.
 */
#include "devices/pl031.h"

#include <stdio.h>

#include "devices/primecell.h"

#define PL031_PERIPH_ID 0x00141031 /* revision 1 in bits 23..20 */

enum {
	DR = 0x00,
	MR = 0x04,
	LR = 0x08,
	CR = 0x0c,
	IMSC = 0x10,
	RIS = 0x14,
	MIS = 0x18,
	ICR = 0x1c
};

static void update(struct pl031 *r)
{
	wire_set(&r->irq, r->s.ris & r->s.imsc);
}

/* Whole seconds of guest time. */
static uint64_t elapsed(const struct pl031 *r)
{
	return clock_cycles(r->seconds, scheduler_now(r->match.sched));
}

static uint32_t counter(const struct pl031 *r)
{
	return r->s.offset + (uint32_t)elapsed(r);
}

/* The next tick at which the counter becomes equal to RTCMR: at most 2^32 seconds ahead. */
static void schedule(struct pl031 *r)
{
	uint64_t wait = (uint32_t)(r->s.mr - counter(r));
	if (wait == 0)
		wait = UINT64_C(1) << 32;
	event_at(&r->match, clock_ticks(r->seconds, elapsed(r) + wait));
}

/* A register that takes part in the comparison has changed. */
static void compare(struct pl031 *r)
{
	if (counter(r) == r->s.mr)
		r->s.ris = 1;
	schedule(r);
	update(r);
}

static void match(void *owner)
{
	compare(owner);
}

static uint64_t pl031_read(void *owner, uint64_t offset, unsigned size)
{
	const struct pl031 *r = owner;
	if (primecell_is_id(offset))
		return primecell_id(PL031_PERIPH_ID, offset);
	switch (offset) {
	case DR: return counter(r);
	case MR: return r->s.mr;
	case LR: return r->s.lr;
	case CR: return 1;
	case IMSC: return r->s.imsc;
	case RIS: return r->s.ris;
	case MIS: return r->s.ris & r->s.imsc;
	default: return 0;
	}
}

static void pl031_write(void *owner, uint64_t offset, uint64_t value, unsigned size)
{
	struct pl031 *r = owner;
	switch (offset) {
	case MR:
		r->s.mr = (uint32_t)value;
		compare(r);
		break;
	case LR:
		r->s.lr = (uint32_t)value;
		r->s.offset = r->s.lr - (uint32_t)elapsed(r);
		compare(r);
		break;
	case IMSC: r->s.imsc = value & 1; break;
	case ICR: r->s.ris &= ~(uint32_t)value; break;
	default: break;
	}
	update(r);
}

const struct bus_ops pl031_ops = {pl031_read, pl031_write, pl031_read, 4, 4};

static const struct field fields[] = {
    FIELD(struct pl031_state, offset, 0),
    FIELD(struct pl031_state, mr, 0),
    FIELD(struct pl031_state, lr, 0),
    FIELD(struct pl031_state, imsc, 0),
    FIELD(struct pl031_state, ris, 0),
};

static void pl031_reset(struct device *d)
{
	struct pl031 *r = (struct pl031 *)d;
	r->s.offset = r->epoch;
	event_cancel(&r->match);
	update(r);
}

static bool pl031_loaded(struct device *d, char *why, size_t size)
{
	struct pl031 *r = (struct pl031 *)d;
	if (r->s.imsc > 1 || r->s.ris > 1) {
		snprintf(why, size, "%s: interrupt mask or status is not 0 or 1", d->tag);
		return false;
	}
	update(r);
	return true;
}

const struct device_type pl031_type = {
    .name = "pl031",
    .description = "real-time clock, Arm PrimeCell PL031 (DDI 0224B)",
    .table = STATE_TABLE(struct pl031_state, fields),
    .reset = pl031_reset,
    .loaded = pl031_loaded,
};

void pl031_init(
    struct pl031 *r, const char *tag, struct scheduler *sched, uint64_t tick_hz, uint32_t epoch)
{
	device_init(&r->dev, &pl031_type, tag, &r->s);
	r->epoch = epoch;
	r->seconds = (struct clock_ratio){1, tick_hz};
	snprintf(r->event_name, sizeof r->event_name, "%s.match", tag);
	event_init(&r->match, sched, r->event_name, match, r);
}
