/* Events and time.
 *
 * `next` is kept exact by searching the list whenever an event moves: a machine has a few dozen
 * events and moves one a few thousand times a second, so a heap would buy nothing and its order
 * among equals would have to be argued about.
 */
#include "machine/event.h"

#include <assert.h>
#include <string.h>

void scheduler_init(struct scheduler *s)
{
	memset(s, 0, sizeof *s);
	s->next = EVENT_NEVER;
}

void event_init(struct event *e, struct scheduler *s, const char *name, event_fn *fire, void *owner)
{
	struct event **end = &s->events;

	for (; *end; end = &(*end)->next)
		assert(*end != e && strcmp((*end)->name, name) != 0);
	*e = (struct event){.name = name,
	    .fire = fire,
	    .owner = owner,
	    .due = EVENT_NEVER,
	    .order = s->count++,
	    .sched = s};
	*end = e;
}

static struct event *earliest(const struct scheduler *s)
{
	struct event *first = NULL;

	for (struct event *e = s->events; e; e = e->next)
		if (e->due != EVENT_NEVER && (!first || e->due < first->due))
			first = e;
	return first;
}

void event_restore(struct event *e, uint64_t due)
{
	struct scheduler *s = e->sched;

	e->due = due;
	if (due <= s->next) {
		s->next = due;
	} else {
		const struct event *first = earliest(s);
		s->next = first ? first->due : EVENT_NEVER;
	}
}

void event_at(struct event *e, uint64_t due)
{
	struct scheduler *s = e->sched;
	uint64_t before = s->next;
	/* Re-armed for the tick it fires at, an event would stop time. */
	uint64_t soonest = e == s->firing ? s->now + 1 : scheduler_now(s);

	if (due < soonest)
		due = soonest;
	event_restore(e, due);
	if (s->next < before && s->earlier)
		s->earlier(s->owner, s->next);
}

void event_cancel(struct event *e)
{
	event_at(e, EVENT_NEVER);
}

uint64_t scheduler_now(const struct scheduler *s)
{
	return s->local_now ? s->local_now(s->owner) : s->now;
}

void scheduler_advance(struct scheduler *s, uint64_t tick)
{
	struct event *e;

	while (s->next <= tick && (e = earliest(s))) {
		if (e->due > s->now)
			s->now = e->due;
		event_cancel(e);
		s->firing = e;
		e->fire(e->owner);
		s->firing = NULL;
	}
	if (tick > s->now)
		s->now = tick;
}

/* A product of two 64-bit numbers divided by a third, kept to 64 bits: a count that does not fit
 * can only come from a time that no machine reaches, and becomes EVENT_NEVER. */
static uint64_t scaled(uint64_t value, uint64_t mul, uint64_t div, bool up)
{
	unsigned __int128 product = (unsigned __int128)value * mul + (up ? div - 1 : 0);

	product /= div;
	return product > EVENT_NEVER ? EVENT_NEVER : (uint64_t)product;
}

uint64_t clock_cycles(struct clock_ratio r, uint64_t ticks)
{
	return scaled(ticks, r.hz, r.tick_hz, false);
}

uint64_t clock_ticks(struct clock_ratio r, uint64_t cycles)
{
	return scaled(cycles, r.tick_hz, r.hz, true);
}
