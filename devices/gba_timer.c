/* Timers.  A running counter is never stored: it follows from the time at which it was right. */
#include "devices/gba_timer.h"

#include <stdio.h>

enum { PRESCALER = 3, CASCADE = 1 << 2, IRQ = 1 << 6, ENABLE = 1 << 7, READABLE = 0xc7 };

static const uint8_t shifts[4] = {0, 6, 8, 10};

static void pulse(const struct wire *w)
{
	wire_set(w, 1);
	wire_set(w, 0);
}

static uint64_t now(const struct gba_timer *t)
{
	return scheduler_now(t->events[0].due.sched);
}

static bool cascades(const struct gba_timer_state *s, unsigned n)
{
	return n && s->control[n] & CASCADE;
}

/* Does the timer count cycles? */
static bool running(const struct gba_timer_state *s, unsigned n)
{
	return s->control[n] & ENABLE && !cascades(s, n);
}

static unsigned shift_of(const struct gba_timer_state *s, unsigned n)
{
	return shifts[s->control[n] & PRESCALER];
}

/* Counts from `since` to `tick`. */
static uint64_t counts(const struct gba_timer_state *s, unsigned n, uint64_t tick)
{
	unsigned shift = shift_of(s, n);

	return tick > s->since[n] ? (tick >> shift) - (s->since[n] >> shift) : 0;
}

static uint16_t value(const struct gba_timer_state *s, unsigned n, uint64_t tick)
{
	if (!running(s, n))
		return s->counter[n];
	uint64_t reach = s->counter[n] + counts(s, n, tick);
	/* Without an event, overflows have gone by unnoticed. */
	if (reach < 0x10000)
		return (uint16_t)reach;
	return (uint16_t)(s->reload[n] + (reach - 0x10000) % (0x10000u - s->reload[n]));
}

/* Does an overflow do more than reload? */
static bool noticed(const struct gba_timer_state *s, unsigned n)
{
	return n < 2 || s->control[n] & IRQ ||
	       (n + 1 < GBA_TIMERS && s->control[n + 1] & ENABLE && cascades(s, n + 1));
}

static void schedule(struct gba_timer *t, unsigned n)
{
	const struct gba_timer_state *s = &t->s;
	unsigned shift = shift_of(s, n);
	uint64_t due = ((s->since[n] >> shift) + 0x10000 - s->counter[n]) << shift;

	event_at(&t->events[n].due, running(s, n) && noticed(s, n) ? due : EVENT_NEVER);
}

/* The counter as it is at `tick` becomes the one to go on from. */
static void settle(struct gba_timer *t, unsigned n, uint64_t tick)
{
	t->s.counter[n] = value(&t->s, n, tick);
	if (tick > t->s.since[n])
		t->s.since[n] = tick;
}

static void overflow(struct gba_timer *t, unsigned n)
{
	struct gba_timer_state *s = &t->s;

	s->counter[n] = now(t) > s->changed[n] + 1 ? s->reload[n] : s->former[n];
	if (s->control[n] & IRQ)
		pulse(&t->irq[n]);
	if (n < 2)
		pulse(&t->overflow[n]);
	if (++n < GBA_TIMERS && s->control[n] & ENABLE && cascades(s, n) && ++s->counter[n] == 0)
		overflow(t, n);
}

static void fire(void *owner)
{
	const struct gba_timer_event *e = owner;

	e->timer->s.since[e->n] = now(e->timer);
	overflow(e->timer, e->n);
	schedule(e->timer, e->n);
}

/* --- Registers --- */

static uint64_t gba_timer_read(void *owner, uint64_t offset, unsigned size)
{
	const struct gba_timer *t = owner;
	unsigned n = offset >> 2 & 3;

	return gba_part(offset & 2 ? t->s.control[n] : value(&t->s, n, now(t)), offset, size);
}

/* Control takes effect a cycle late: the timer counts on for it, and may overflow. */
static void last_cycle(struct gba_timer *t, unsigned n)
{
	uint64_t next = now(t) + 1;

	if (t->events[n].due.due == next) {
		t->s.since[n] = next;
		overflow(t, n);
	}
	settle(t, n, next);
}

static void write_control(struct gba_timer *t, unsigned n, uint16_t control)
{
	struct gba_timer_state *s = &t->s;
	bool starts = control & ~s->control[n] & ENABLE;

	last_cycle(t, n);
	s->control[n] = control & READABLE;
	if (starts) {
		s->counter[n] = s->reload[n];
		s->since[n] = now(t) + GBA_TIMER_DELAY;
	}
	/* The timer below may have been without notice until now. */
	if (n) {
		settle(t, n - 1, now(t));
		schedule(t, n - 1);
	}
	schedule(t, n);
}

static void gba_timer_write(void *owner, uint64_t offset, uint64_t v, unsigned size)
{
	struct gba_timer *t = owner;
	unsigned n = offset >> 2 & 3;

	if (offset & 2) {
		write_control(t, n, gba_merge(t->s.control[n], offset, v, size));
		return;
	}
	settle(t, n, now(t));
	t->s.former[n] = t->s.reload[n];
	t->s.changed[n] = now(t);
	t->s.reload[n] = gba_merge(t->s.reload[n], offset, v, size);
}

const struct bus_ops gba_timer_ops = {gba_timer_read, gba_timer_write, gba_timer_read, 1, 2};

/* --- The device --- */

static const struct field fields[] = {
    FIELD_ARRAY(struct gba_timer_state, since, 0),
    FIELD_ARRAY(struct gba_timer_state, changed, 0),
    FIELD_ARRAY(struct gba_timer_state, counter, 0),
    FIELD_ARRAY(struct gba_timer_state, reload, 0),
    FIELD_ARRAY(struct gba_timer_state, former, 0),
    FIELD_ARRAY(struct gba_timer_state, control, 0),
};

const struct device_type gba_timer_type = {
    .name = "gba_timer",
    .description = "four timers of the Game Boy Advance (GBATEK)",
    .table = STATE_TABLE(struct gba_timer_state, fields),
};

void gba_timer_init(struct gba_timer *t, const char *tag, struct scheduler *sched)
{
	device_init(&t->dev, &gba_timer_type, tag, &t->s);
	for (unsigned n = 0; n < GBA_TIMERS; n++) {
		struct gba_timer_event *e = &t->events[n];
		e->timer = t;
		e->n = n;
		snprintf(e->name, sizeof e->name, "%s.overflow%u", tag, n);
		event_init(&e->due, sched, e->name, fire, e);
	}
}
