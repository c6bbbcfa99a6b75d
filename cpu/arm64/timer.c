/* The generic timer: a counter derived from guest time, two comparators, two output lines. */
#include "cpu/arm64/timer.h"

#include "cpu/arm64/exec.h"

#define CTL_ENABLE  1u
#define CTL_IMASK   2u
#define CTL_ISTATUS 4u

static uint64_t counter(const struct arm64 *c)
{
	return clock_cycles(c->counter, machine_now(c->cpu.machine));
}

static uint32_t ctl_with_status(const struct arm64 *c, uint32_t ctl, uint64_t cval)
{
	return ctl & CTL_ENABLE && cval <= counter(c) ? ctl | CTL_ISTATUS : ctl;
}

static void update_one(
    struct arm64 *c, uint32_t ctl, uint64_t cval, const struct wire *line, struct event *event)
{
	bool met = ctl_with_status(c, ctl, cval) & CTL_ISTATUS;
	if (ctl & CTL_ENABLE && !met && !(ctl & CTL_IMASK))
		event_at(event, clock_ticks(c->counter, cval));
	else
		event_cancel(event);
	wire_set(line, met && !(ctl & CTL_IMASK));
}

void timer_update(struct arm64 *c)
{
	update_one(c, c->s.cntv_ctl, c->s.cntv_cval, &c->timer_v, &c->timer_v_event);
	update_one(c, c->s.cntp_ctl, c->s.cntp_cval, &c->timer_p, &c->timer_p_event);
}

static void timer_fire(void *owner)
{
	timer_update(owner);
}

void timer_init(struct arm64 *c)
{
	struct scheduler *s = &c->cpu.machine->sched;
	snprintf(c->timer_names[0], sizeof c->timer_names[0], "%s.cntv", c->cpu.dev.tag);
	snprintf(c->timer_names[1], sizeof c->timer_names[1], "%s.cntp", c->cpu.dev.tag);
	event_init(&c->timer_v_event, s, c->timer_names[0], timer_fire, c);
	event_init(&c->timer_p_event, s, c->timer_names[1], timer_fire, c);
}

/* --- Registers --- */

/* CNTKCTL_EL1 bits that let EL0 in. */
#define EL0VTEN (1u << 8)
#define EL0PTEN (1u << 9)

static enum el0_access allowed_by(const struct arm64 *c, unsigned bits)
{
	return c->s.cntkctl_el1 & bits ? EL0_ALLOWED : EL0_TRAPPED;
}

enum el0_access el0_counter_read(const struct arm64 *c, bool write)
{
	return write ? EL0_UNDEFINED : allowed_by(c, CNTKCTL_EL0PCTEN | CNTKCTL_EL0VCTEN);
}

enum el0_access el0_cntpct(const struct arm64 *c, bool write)
{
	return allowed_by(c, CNTKCTL_EL0PCTEN);
}

enum el0_access el0_cntvct(const struct arm64 *c, bool write)
{
	return allowed_by(c, CNTKCTL_EL0VCTEN);
}

enum el0_access el0_cntp(const struct arm64 *c, bool write)
{
	return allowed_by(c, EL0PTEN);
}

enum el0_access el0_cntv(const struct arm64 *c, bool write)
{
	return allowed_by(c, EL0VTEN);
}

uint64_t read_cntfrq(struct arm64 *c)
{
	return c->counter.hz;
}

uint64_t read_counter(struct arm64 *c)
{
	return clock_cycles(c->counter, machine_clock(c->cpu.machine));
}

static uint64_t tval(struct arm64 *c, uint64_t cval)
{
	return (uint32_t)(cval - counter(c));
}

static bool set_cval(struct arm64 *c, uint64_t *cval, uint64_t value)
{
	*cval = value;
	timer_update(c);
	return true;
}

static bool set_tval(struct arm64 *c, uint64_t *cval, uint64_t value)
{
	return set_cval(c, cval, counter(c) + (uint64_t)sign_extend(value, 32));
}

static bool set_ctl(struct arm64 *c, uint32_t *ctl, uint64_t value)
{
	*ctl = value & (CTL_ENABLE | CTL_IMASK);
	timer_update(c);
	return true;
}

#define COMPARATOR(t)                                                                \
	uint64_t read_##t##_tval(struct arm64 *c)                                    \
	{                                                                            \
		return tval(c, c->s.t##_cval);                                       \
	}                                                                            \
	uint64_t read_##t##_cval(struct arm64 *c)                                    \
	{                                                                            \
		return c->s.t##_cval;                                                \
	}                                                                            \
	uint64_t read_##t##_ctl(struct arm64 *c)                                     \
	{                                                                            \
		return ctl_with_status(c, c->s.t##_ctl, c->s.t##_cval);              \
	}                                                                            \
	bool write_##t##_tval(struct arm64 *c, const struct insn *i, uint64_t value) \
	{                                                                            \
		return set_tval(c, &c->s.t##_cval, value);                           \
	}                                                                            \
	bool write_##t##_cval(struct arm64 *c, const struct insn *i, uint64_t value) \
	{                                                                            \
		return set_cval(c, &c->s.t##_cval, value);                           \
	}                                                                            \
	bool write_##t##_ctl(struct arm64 *c, const struct insn *i, uint64_t value)  \
	{                                                                            \
		return set_ctl(c, &c->s.t##_ctl, value);                             \
	}
COMPARATOR(cntp)
COMPARATOR(cntv)
