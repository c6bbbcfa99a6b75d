/* Order, lateness and clocks of machine/event.c. */
#include <criterion/criterion.h>

#include "machine/event.h"

struct probe {
	struct event event;
	struct scheduler *sched;
	char letter;
	uint64_t again; /* re-arm with this due tick when fired; EVENT_NEVER: do not */
	struct event *other;
	uint64_t other_due;
};

static char order[64];
static unsigned fired;

static void probe_fire(void *owner)
{
	struct probe *p = owner;

	if (fired < sizeof order - 1)
		order[fired++] = p->letter;
	order[fired] = 0;
	if (p->again != EVENT_NEVER)
		event_at(&p->event, p->again);
	if (p->other)
		event_at(p->other, p->other_due);
}

static void probes(struct scheduler *s, struct probe *p, unsigned n)
{
	static const char *names[] = {"a", "b", "c", "d"};

	scheduler_init(s);
	for (unsigned i = 0; i < n; i++) {
		p[i] = (struct probe){.sched = s, .letter = names[i][0], .again = EVENT_NEVER};
		event_init(&p[i].event, s, names[i], probe_fire, &p[i]);
	}
	fired = 0;
	order[0] = 0;
}

Test(event, due_order_then_registration_order)
{
	struct scheduler s;
	struct probe p[4];

	probes(&s, p, 4);
	event_at(&p[3].event, 10);
	event_at(&p[2].event, 20);
	event_at(&p[1].event, 20);
	event_at(&p[0].event, 30);
	cr_assert_eq(s.next, 10);
	scheduler_advance(&s, 29);
	cr_assert_str_eq(order, "dbc");
	cr_assert_eq(s.now, 29);
	cr_assert_eq(s.next, 30);
	scheduler_advance(&s, 30);
	cr_assert_str_eq(order, "dbca");
	cr_assert_eq(s.next, EVENT_NEVER);
}

Test(event, next_follows_every_move)
{
	struct scheduler s;
	struct probe p[2];

	probes(&s, p, 2);
	event_at(&p[0].event, 10);
	event_at(&p[1].event, 5);
	cr_assert_eq(s.next, 5);
	event_at(&p[1].event, 50);
	cr_assert_eq(s.next, 10);
	event_cancel(&p[0].event);
	cr_assert_eq(s.next, 50);
	event_cancel(&p[1].event);
	event_cancel(&p[1].event);
	cr_assert_eq(s.next, EVENT_NEVER);
	scheduler_advance(&s, 1000);
	cr_assert_eq(fired, 0);
}

Test(event, past_becomes_present)
{
	struct scheduler s;
	struct probe p[2];

	probes(&s, p, 2);
	scheduler_advance(&s, 100);
	event_at(&p[0].event, 7);
	cr_assert_eq(p[0].event.due, 100);
	scheduler_advance(&s, 100);
	cr_assert_str_eq(order, "a");
	cr_assert_eq(s.now, 100);
}

Test(event, rearming_for_the_same_tick_lets_time_pass)
{
	struct scheduler s;
	struct probe p[1];

	probes(&s, p, 1);
	p[0].again = 0;
	event_at(&p[0].event, 10);
	scheduler_advance(&s, 14);
	cr_assert_str_eq(order, "aaaaa");
	cr_assert_eq(s.next, 15);
}

Test(event, one_event_may_set_another_at_the_same_tick)
{
	struct scheduler s;
	struct probe p[2];

	probes(&s, p, 2);
	p[1].other = &p[0].event;
	p[1].other_due = 10;
	event_at(&p[1].event, 10);
	scheduler_advance(&s, 10);
	cr_assert_str_eq(order, "ba");
}

static uint64_t told;

static void tell(void *owner, uint64_t due)
{
	told = due;
}

Test(event, owner_hears_of_earlier_events_only)
{
	struct scheduler s;
	struct probe p[2];

	probes(&s, p, 2);
	s.earlier = tell;
	event_at(&p[0].event, 100);
	cr_assert_eq(told, 100);
	event_at(&p[1].event, 50);
	cr_assert_eq(told, 50);
	told = 0;
	event_at(&p[0].event, 70);
	event_at(&p[1].event, 60);
	event_cancel(&p[1].event);
	cr_assert_eq(told, 0);
}

Test(event, clocks_are_exact)
{
	/* A UART of 24 MHz on a machine of one tick a nanosecond: 41.67 ticks a cycle. */
	struct clock_ratio r = {.hz = 24000000, .tick_hz = 1000000000};

	cr_assert_eq(clock_ticks(r, 0), 0);
	cr_assert_eq(clock_ticks(r, 1), 42);
	cr_assert_eq(clock_ticks(r, 3), 125);
	for (uint64_t n = 1; n < 1000000; n += 7919) {
		cr_assert_eq(clock_cycles(r, clock_ticks(r, n)), n);
		cr_assert_eq(clock_cycles(r, clock_ticks(r, n) - 1), n - 1);
	}
	cr_assert_eq(clock_cycles(r, UINT64_MAX), UINT64_C(442721857769029238));
	cr_assert_eq(clock_ticks(r, UINT64_MAX), EVENT_NEVER);
}
