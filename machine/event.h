/* Events and time.
 *
 * Time is one unsigned 64-bit count of ticks; the board chooses what a tick is (virt: one
 * nanosecond of guest time).  An event is embedded in its device, registered once under a name,
 * and fires when time reaches its due tick.  Events due at the same tick fire in the order of
 * their registration, so a run never depends on addresses.  Only `due` is state: it is saved and
 * restored under the event's name.
 */
#ifndef MYNA_MACHINE_EVENT_H
#define MYNA_MACHINE_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#define EVENT_NEVER UINT64_MAX

typedef void event_fn(void *owner);

struct scheduler;

struct event {
	const char *name; /* unique in its scheduler, e.g. "rtc.alarm"; not owned */
	event_fn *fire;
	void *owner;
	uint64_t due;   /* tick at which it fires, EVENT_NEVER while idle */
	unsigned order; /* place in the order of registration */
	struct scheduler *sched;
	struct event *next; /* registration list */
};

/* Events number a few dozen, so the list is searched, not sorted. */
struct scheduler {
	uint64_t now;  /* tick reached by everything outside a running CPU */
	uint64_t next; /* smallest due tick of all events, EVENT_NEVER if none */
	struct event *events;
	unsigned count;
	struct event *firing; /* the event whose function is being called, else NULL */
	/* Called when `next` has become smaller, with its new value; may be NULL. */
	void (*earlier)(void *owner, uint64_t due);
	/* The present tick as the machine sees it; NULL outside a machine (then `now`). */
	uint64_t (*local_now)(void *owner);
	void *owner;
};

void scheduler_init(struct scheduler *s);

/* Register `e` (zeroed memory) for good.  `name` must outlive the scheduler. */
void event_init(
    struct event *e, struct scheduler *s, const char *name, event_fn *fire, void *owner);

/* (Re)schedule at the absolute tick `due`; a due tick in the past becomes the present one.
 * An event that re-arms itself from its own function fires one tick later at the earliest. */
void event_at(struct event *e, uint64_t due);
void event_cancel(struct event *e);

/* Loading a snapshot: set a due tick as it was, whatever the time is now. */
void event_restore(struct event *e, uint64_t due);

/* The present tick: inside a CPU's slice the CPU's own position. */
uint64_t scheduler_now(const struct scheduler *s);

/* Move time to `tick` and fire everything due up to and including it, in order; `now` is the due
 * tick of each while it fires. */
void scheduler_advance(struct scheduler *s, uint64_t tick);

/* A clock of `hz` counted in ticks of `tick_hz`, exact for all 64-bit times (128-bit products). */
struct clock_ratio {
	uint64_t hz, tick_hz;
};

uint64_t clock_cycles(struct clock_ratio r, uint64_t ticks); /* rounds down */
uint64_t clock_ticks(struct clock_ratio r, uint64_t cycles); /* first tick with that count */

#endif
