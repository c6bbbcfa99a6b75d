/* The machine: whose turn it is, and how time moves.
 *
 * See machine.h for what a run is.  The functions below walk that sequence one step at a time;
 * every decision is made from machine state, never from the caller's limit, which only says where
 * to pause.
 */
#include "machine/machine.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>

/* No slice needs more, and sums of slices stay far from overflow. */
#define SLICE_MAX (INT64_C(1) << 60)

static const struct field machine_fields[] = {
    FIELD(struct machine_state, now, 0),
    FIELD(struct machine_state, round_end, 0),
    FIELD(struct machine_state, clock, 0),
    FIELD_ARRAY(struct machine_state, ahead, 0),
    FIELD_ARRAY(struct machine_state, retired, 0),
    FIELD(struct machine_state, turn, 0),
    FIELD(struct machine_state, exit_status, 0),
    FIELD(struct machine_state, powered_off, 0),
    FIELD(struct machine_state, reset_requested, 0),
    FIELD_ARRAY(struct machine_state, reserved, 0),
};

/* Latest tick a state file may claim; beyond it sums of times could overflow. */
#define TIME_MAX (UINT64_MAX / 4)

/* The end of the quantum that `tick` lies in. */
static uint64_t quantum_end(const struct machine *m, uint64_t tick)
{
	return (tick / m->quantum + 1) * m->quantum;
}

/* Could a run have come to these times?  Anything else would only be caught up with in ages. */
static bool times_possible(const struct machine *m)
{
	const struct machine_state *s = &m->s;
	uint64_t reach = m->cpu_count > 1 ? quantum_end(m, s->now) : s->round_end;

	if (s->now > TIME_MAX || s->round_end < s->now || s->round_end > m->sched.next ||
	    s->round_end > reach || s->turn >= (m->cpu_count ? m->cpu_count : 1))
		return false;
	for (unsigned i = 0; i < m->cpu_count; i++) {
		uint64_t ahead = s->ahead[i];
		uint64_t late = m->cpus[i]->ticks_per_insn * (m->cpus[i]->overrun + 1);
		if (ahead < s->now || ahead > TIME_MAX || (ahead > reach && ahead - reach > late))
			return false;
	}
	return s->clock <= TIME_MAX;
}

static bool machine_loaded(struct device *d, char *why, size_t size)
{
	struct machine *m = (struct machine *)d;
	struct machine_state *s = &m->s;

	if (!times_possible(m)) {
		snprintf(why, size, "machine: impossible times");
		return false;
	}
	s->powered_off = !!s->powered_off;
	s->reset_requested = !!s->reset_requested;
	m->sched.now = s->now;
	for (unsigned i = 0; i < m->cpu_count; i++) {
		m->cpus[i]->ahead = s->ahead[i];
		m->cpus[i]->retired = s->retired[i];
	}
	return true;
}

static const struct device_type machine_type = {
    .name = "machine",
    .description = "time, turns of the CPUs, power state",
    .table = STATE_TABLE(struct machine_state, machine_fields),
    .loaded = machine_loaded,
};

static void state_copy(struct machine *m)
{
	m->s.now = m->sched.now;
	for (unsigned i = 0; i < m->cpu_count; i++) {
		m->s.ahead[i] = m->cpus[i]->ahead;
		m->s.retired[i] = m->cpus[i]->retired;
	}
}

/* The time a frontend sees. */
static uint64_t front(const struct machine *m)
{
	return m->cpu_count ? m->cpus[0]->ahead : m->sched.now;
}

static uint64_t local_now(void *owner)
{
	const struct machine *m = owner;

	if (m->sched.firing)
		return m->sched.now;
	if (m->running)
		return m->slice_start + cpu_done(m->running) * m->running->ticks_per_insn;
	return front(m);
}

/* Instructions that bring a CPU from tick `from` to `to` or just beyond. */
static int64_t instructions_to(const struct cpu *c, uint64_t from, uint64_t to)
{
	uint64_t n = to > from ? (to - from - 1) / c->ticks_per_insn + 1 : 0;

	return n < SLICE_MAX ? (int64_t)n : SLICE_MAX;
}

/* An event has been set before the end of the round: nobody may run past it any more. */
static void earlier(void *owner, uint64_t due)
{
	struct machine *m = owner;
	struct cpu *c = m->running;

	if (due >= m->s.round_end)
		return;
	m->s.round_end = due;
	if (!c)
		return;
	int64_t started = (int64_t)c->slice - (c->budget + c->held);
	int64_t wanted = instructions_to(c, m->slice_start, due);
	cpu_cut(c, wanted > started ? wanted - started : 0);
}

void machine_init(struct machine *m, const char *name, uint64_t tick_hz)
{
	memset(m, 0, sizeof *m);
	m->name = name;
	m->tick_hz = tick_hz;
	m->instruction_limit = UINT64_MAX;
	m->quantum = tick_hz >= 100000 ? tick_hz / 100000 : 1;
	scheduler_init(&m->sched);
	m->sched.earlier = earlier;
	m->sched.local_now = local_now;
	m->sched.owner = m;
	device_init(&m->dev, &machine_type, "machine", &m->s);
	m->devices = &m->dev;
}

void machine_free(struct machine *m)
{
	for (unsigned i = 0; i < m->ram_count; i++)
		munmap(m->ram[i].host, m->ram[i].size + BUS_PAGE_SIZE);
	bus_free(m->bus);
	m->ram_count = 0;
	m->bus = NULL;
	if (m->destroy)
		m->destroy(m);
}

void machine_add_device(struct machine *m, struct device *d)
{
	struct device **end = &m->devices;

	assert(!machine_device(m, d->tag));
	while (*end)
		end = &(*end)->next;
	d->next = NULL;
	*end = d;
}

void machine_add_cpu(struct machine *m, struct cpu *c)
{
	assert(m->cpu_count < MACHINE_MAX_CPUS && c->ticks_per_insn);
	c->machine = m;
	c->index = m->cpu_count;
	m->cpus[m->cpu_count++] = c;
	machine_add_device(m, &c->dev);
}

void machine_add_port(struct machine *m, struct serial_port *p)
{
	assert(m->port_count < MACHINE_MAX_PORTS);
	m->ports[m->port_count++] = p;
	machine_add_device(m, &p->dev);
}

void machine_add_screen(struct machine *m, struct screen *s)
{
	assert(m->screen_count < MACHINE_MAX_SCREENS);
	m->screens[m->screen_count++] = s;
}

void machine_add_audio(struct machine *m, struct audio *a)
{
	assert(m->audio_count < MACHINE_MAX_AUDIO);
	m->audio[m->audio_count++] = a;
}

void machine_add_input(struct machine *m, struct input_queue *q)
{
	assert(m->input_count < MACHINE_MAX_INPUTS);
	m->inputs[m->input_count++] = q;
	machine_add_device(m, &q->dev);
}

uint8_t *machine_add_ram(struct machine *m, const char *name, uint64_t base, uint64_t size)
{
	assert(m->ram_count < MACHINE_MAX_RAM && size % BUS_PAGE_SIZE == 0);
	/* The page behind the end lets a fetch of the last word read beyond it. */
	uint8_t *host = mmap(
	    NULL, size + BUS_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (host == MAP_FAILED)
		return NULL;
	madvise(host, size, MADV_HUGEPAGE);
	if (!bus_map_memory(m->bus, name, base, size, host, false)) {
		munmap(host, size + BUS_PAGE_SIZE);
		return NULL;
	}
	m->ram[m->ram_count++] = (struct ram_block){.name = name, .host = host, .size = size};
	return host;
}

struct device *machine_device(struct machine *m, const char *tag)
{
	for (struct device *d = m->devices; d; d = d->next)
		if (strcmp(d->tag, tag) == 0)
			return d;
	return NULL;
}

static void round_begin(struct machine *m)
{
	m->s.turn = 0;
	m->s.round_end = m->sched.next;
	if (m->cpu_count > 1 && quantum_end(m, m->sched.now) < m->s.round_end)
		m->s.round_end = quantum_end(m, m->sched.now);
}

void machine_reset(struct machine *m)
{
	uint64_t now = m->sched.now;

	for (struct event *e = m->sched.events; e; e = e->next)
		event_cancel(e);
	for (unsigned i = 0; i < m->cpu_count; i++)
		if (m->cpus[i]->ahead > now)
			now = m->cpus[i]->ahead;
	m->sched.now = now;
	for (unsigned i = 0; i < m->cpu_count; i++)
		m->cpus[i]->ahead = now;
	m->s.exit_status = m->s.powered_off = m->s.reset_requested = 0;
	/* All tables before any hook: a hook may drive a wire into another device. */
	for (struct device *d = m->dev.next; d; d = d->next)
		state_reset(&d->type->table, d->state);
	for (struct device *d = m->dev.next; d; d = d->next)
		if (d->type->reset)
			d->type->reset(d);
	if (m->reset)
		m->reset(m);
	round_begin(m);
	state_copy(m);
}

static bool all_waiting(const struct machine *m)
{
	for (unsigned i = 0; i < m->cpu_count; i++)
		if (!m->cpus[i]->type->waiting(m->cpus[i]))
			return false;
	return true;
}

/* Every CPU waits: move all of them to the next event or, if that is not before `limit`, to
 * `limit`.  False: no event will ever come. */
static bool idle(struct machine *m, uint64_t limit)
{
	uint64_t to = m->sched.next < limit ? m->sched.next : limit;

	if (to == EVENT_NEVER)
		return false;
	for (unsigned i = 0; i < m->cpu_count; i++)
		if (m->cpus[i]->ahead < to)
			m->cpus[i]->ahead = to;
	if (to < limit)
		scheduler_advance(&m->sched, to);
	else
		m->sched.now = to;
	round_begin(m);
	return m->sched.next != EVENT_NEVER || to < limit;
}

static void slice_run(struct machine *m, struct cpu *c, uint64_t limit)
{
	uint64_t end = limit < m->s.round_end ? limit : m->s.round_end;

	if (c->type->waiting(c)) {
		c->ahead = end;
		return;
	}
	uint64_t left = m->instruction_limit - machine_instructions(m);
	c->slice = (uint64_t)instructions_to(c, c->ahead, end);
	if (c->slice > left)
		c->slice = left;
	c->budget = (int64_t)c->slice;
	c->held = 0;
	m->slice_start = c->ahead;
	m->slice_limit = limit;
	m->running = c;
	c->type->run(c);
	m->running = NULL;
	uint64_t executed = c->slice - (uint64_t)(c->budget + c->held);
	assert(executed || !c->slice || c->type->waiting(c));
	c->retired += executed;
	c->ahead += executed * c->ticks_per_insn;
	c->slice = 0;
	c->budget = c->held = 0;
}

void machine_pass(struct machine *m)
{
	struct cpu *c = m->running;
	uint64_t now = local_now(m);

	assert(c && c->overrun && m->cpu_count == 1);
	if (m->sched.next > now || m->sched.firing)
		return;
	scheduler_advance(&m->sched, now);
	m->s.round_end = m->sched.next;
	/* All that is left now is the CPU's again, once it has looked at its inputs. */
	uint64_t end = m->slice_limit < m->s.round_end ? m->slice_limit : m->s.round_end;
	uint64_t passed = c->slice - (uint64_t)(c->budget + c->held);
	uint64_t counted = machine_instructions(m);
	uint64_t more = m->instruction_limit > counted ? m->instruction_limit - counted : 0;
	c->budget = 0;
	c->held = instructions_to(c, now, end);
	if (more < (uint64_t)c->held)
		c->held = (int64_t)more;
	c->slice = passed + (uint64_t)c->held;
	if (m->stop_requested || m->s.powered_off || m->s.reset_requested)
		cpu_cut(c, 0);
}

/* The next slice, or the end of a turn. */
static void turn_run(struct machine *m, uint64_t limit)
{
	struct cpu *c = m->cpus[m->s.turn];
	uint64_t end = m->s.round_end;

	if (c->ahead < end) {
		/* Only CPU 0 is ever paused: the others run when it has reached the end, and then
		 * the limit lies beyond. */
		slice_run(m, c, limit);
		return;
	}
	if (++m->s.turn < m->cpu_count)
		return;
	scheduler_advance(&m->sched, end);
	round_begin(m);
}

enum machine_stop machine_run(struct machine *m, uint64_t ticks)
{
	uint64_t limit = front(m) + ticks < ticks ? UINT64_MAX : front(m) + ticks;
	enum machine_stop why = STOP_TICKS;

	assert(!m->running && !m->sched.firing);
	for (;;) {
		if (m->s.powered_off) {
			why = STOP_POWER_OFF;
			break;
		}
		if (m->s.reset_requested) {
			machine_reset(m);
			why = STOP_RESET;
			break;
		}
		if (m->stop_requested) {
			why = STOP_REQUEST;
			break;
		}
		if (machine_instructions(m) >= m->instruction_limit) {
			why = STOP_INSTRUCTIONS;
			break;
		}
		if (front(m) >= limit)
			break;
		if (!all_waiting(m)) {
			turn_run(m, limit);
		} else if (!idle(m, limit)) {
			why = STOP_IDLE;
			break;
		}
	}
	m->stop_requested = false;
	state_copy(m);
	return why;
}

uint64_t machine_now(const struct machine *m)
{
	return local_now((void *)m);
}

uint64_t machine_clock(struct machine *m)
{
	uint64_t now = machine_now(m);

	/* One CPU alone cannot see its time go back, so nothing needs remembering. */
	if (m->cpu_count < 2)
		return now;
	if (m->s.clock < now)
		m->s.clock = now;
	return m->s.clock;
}

uint64_t machine_instructions(const struct machine *m)
{
	uint64_t sum = m->running ? cpu_done(m->running) : 0;

	for (unsigned i = 0; i < m->cpu_count; i++)
		sum += m->cpus[i]->retired;
	return sum;
}

static void leave(struct machine *m)
{
	if (m->running)
		cpu_cut(m->running, 0);
}

void machine_stop_soon(struct machine *m)
{
	m->stop_requested = true;
	leave(m);
}

void machine_power_off(struct machine *m, uint32_t status)
{
	m->s.powered_off = 1;
	m->s.exit_status = status;
	leave(m);
}

void machine_request_reset(struct machine *m)
{
	m->s.reset_requested = 1;
	leave(m);
}

void machine_log(struct machine *m, const char *format, ...)
{
	char text[256];
	va_list args;

	if (++m->log.count > GUEST_LOG_LINES || !m->log.sink)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	m->log.sink(m->log.owner, text);
}
