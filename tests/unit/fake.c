#include "tests/unit/fake.h"

#include <stdlib.h>
#include <string.h>

#include "machine/snapshot.h"

/* splitmix64: any state is good. */
uint64_t fake_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static void see(struct fake_cpu *c, uint64_t value)
{
	c->s.seen = (c->s.seen ^ value) * UINT64_C(0x100000001b3) + 1;
}

static void fake_irq(struct fake_cpu *c, uint32_t level)
{
	c->s.irq = level;
	if (level) {
		c->s.waiting = 0;
		cpu_kick(&c->cpu);
	}
}

/* A CPU waits only while some alarm is set. */
static void keep_alarm(struct fake *f, uint64_t r)
{
	if (f->m.sched.next == EVENT_NEVER)
		event_at(&f->timer[r % FAKE_TIMERS].alarm, machine_now(&f->m) + 1 + r % 1500);
}

/* What an instruction does to timer `t`. */
static void program_timer(struct fake_cpu *c, struct fake_timer *t, uint64_t r)
{
	uint64_t now = machine_now(c->cpu.machine);

	t->s.period = r & 0x1000 ? 1 + (r >> 16) % 700 : 0;
	switch (r % 6) {
	case 0: event_cancel(&t->alarm); break;
	case 1: event_at(&t->alarm, now > 50 ? now - 50 : 0); break;
	case 2: event_at(&t->alarm, now); break;
	case 3: event_at(&t->alarm, now + (r >> 20) % 16); break;
	case 4: event_at(&t->alarm, now + (r >> 20) % 5000); break;
	case 5: event_at(&t->alarm, now + 1 + (r >> 20) % 300); break;
	}
}

static void use_memory(struct fake_cpu *c, struct fake *f, uint64_t r)
{
	uint64_t pa = (r >> 8) % (FAKE_RAM_SIZE / 8) * 8, value;

	bus_read(f->m.bus, pa, 8, &value);
	see(c, value);
	/* A few pages only, so that zero pages remain. */
	bus_write(f->m.bus, pa % (12 * BUS_PAGE_SIZE), 8, c->s.seen);
}

static void use_serial(struct fake_cpu *c, struct fake *f)
{
	uint8_t byte = 0;

	see(c, serial_take(&f->port, &byte, 1));
	see(c, byte);
	serial_output(&f->port, (const uint8_t *)&c->s.seen, 1);
}

static void step(struct fake_cpu *c)
{
	struct fake *f = (struct fake *)c->cpu.machine;
	uint64_t r = fake_random(&c->s.seed), action = r % 64, may = c->s.program;

	see(c, r);
	r >>= 8;
	if (action < 3 && (may & FAKE_WAIT) && !c->s.irq) {
		keep_alarm(f, r);
		c->s.waiting = 1;
	} else if (action < 6 && (may & FAKE_EVENTS)) {
		program_timer(c, &f->timer[r % FAKE_TIMERS], r);
		keep_alarm(f, r);
	} else if (action < 9 && (may & FAKE_SERIAL)) {
		use_serial(c, f);
	} else if (action < 14 && (may & FAKE_MEMORY)) {
		use_memory(c, f, r);
	} else if (action < 16 && (may & FAKE_IPI)) {
		fake_irq(&f->cpu[r % f->m.cpu_count], 1);
	} else if (action < 20 && (may & FAKE_CLOCK)) {
		see(c, machine_clock(&f->m) ^ scheduler_now(&f->m.sched) << 20);
	}
}

static void fake_run(struct cpu *cpu)
{
	struct fake_cpu *c = (struct fake_cpu *)cpu;
	struct fake *f = (struct fake *)cpu->machine;

	for (;;) {
		if (c->s.irq) {
			see(c, UINT64_C(0x1234567));
			c->s.irq = 0;
		}
		cpu->budget += cpu->held;
		cpu->held = 0;
		if (!cpu->budget)
			return;
		while (cpu->budget > 0) {
			cpu->budget--;
			if (f->each)
				f->each(f, c);
			step(c);
			if (c->s.waiting)
				return;
		}
	}
}

static bool fake_waiting(struct cpu *cpu)
{
	return ((struct fake_cpu *)cpu)->s.waiting;
}

static const struct cpu_type fake_cpu_type = {.run = fake_run, .waiting = fake_waiting};

static const struct field fake_cpu_fields[] = {
    FIELD(struct fake_cpu_state, seed, 0),
    FIELD(struct fake_cpu_state, seen, 0),
    FIELD(struct fake_cpu_state, irq, 0),
    FIELD(struct fake_cpu_state, waiting, 0),
    FIELD(struct fake_cpu_state, program, 0),
};

static const struct device_type fake_cpu_device = {
    .name = "fake-cpu",
    .description = "pseudo-random program",
    .table = STATE_TABLE(struct fake_cpu_state, fake_cpu_fields),
};

static void timer_fire(void *owner)
{
	struct fake_timer *t = owner;
	struct fake *f = t->fake;

	t->s.fired++;
	for (unsigned i = 0; i < f->m.cpu_count; i++)
		see(&f->cpu[i], machine_now(&f->m) * 8 + (uint64_t)(t - f->timer));
	if (t->blob_size < FAKE_BLOB_MAX)
		t->blob[t->blob_size++] = (uint8_t)machine_now(&f->m);
	fake_irq(&f->cpu[t->s.target % f->m.cpu_count], 1);
	if (t->s.period)
		event_at(&t->alarm, machine_now(&f->m) + t->s.period);
}

static bool timer_save(struct device *d, struct state_writer *w)
{
	struct fake_timer *t = (struct fake_timer *)d;

	return state_write(w, &t->blob_size, sizeof t->blob_size) &&
	       state_write(w, t->blob, t->blob_size);
}

static bool timer_load(struct device *d, struct state_reader *r, char *why, size_t size)
{
	struct fake_timer *t = (struct fake_timer *)d;

	if (state_read(r, &t->blob_size, sizeof t->blob_size) && t->blob_size <= FAKE_BLOB_MAX &&
	    state_read(r, t->blob, t->blob_size))
		return true;
	t->blob_size = 0;
	snprintf(why, size, "%s: log does not fit", d->tag);
	return false;
}

static void timer_reset(struct device *d)
{
	struct fake_timer *t = (struct fake_timer *)d;

	t->blob_size = 0;
	t->s.target = (uint16_t)(t - t->fake->timer);
}

static const struct field fake_timer_fields[] = {
    FIELD(struct fake_timer_state, period, 0),
    FIELD(struct fake_timer_state, fired, 0),
    FIELD(struct fake_timer_state, target, 0),
    FIELD_ARRAY(struct fake_timer_state, flags, 0x5a),
};

static const struct device_type fake_timer_device = {
    .name = "fake-timer",
    .description = "alarm that interrupts a CPU",
    .table = STATE_TABLE(struct fake_timer_state, fake_timer_fields),
    .reset = timer_reset,
    .save_blob = timer_save,
    .load_blob = timer_load,
};

static void fake_destroy(struct machine *m)
{
	free(m);
}

struct fake *fake_new(unsigned cpus, uint64_t ticks_per_insn, uint64_t seed, uint64_t program)
{
	static const char *cpu_tags[] = {"cpu0", "cpu1", "cpu2"};
	static const char *timer_tags[] = {"timer0", "timer1", "timer2"};
	struct fake *f = calloc(1, sizeof *f);

	if (!f)
		abort();
	machine_init(&f->m, "fake", 1000000);
	f->m.quantum = 100;
	f->m.destroy = fake_destroy;
	f->m.bus = bus_new(32);
	f->ram = f->m.bus ? machine_add_ram(&f->m, "ram", 0, FAKE_RAM_SIZE) : NULL;
	if (!f->ram)
		abort();
	for (unsigned i = 0; i < cpus; i++) {
		struct fake_cpu *c = &f->cpu[i];
		device_init(&c->cpu.dev, &fake_cpu_device, cpu_tags[i], &c->s);
		c->cpu.type = &fake_cpu_type;
		c->cpu.ticks_per_insn = ticks_per_insn;
		machine_add_cpu(&f->m, &c->cpu);
	}
	for (unsigned i = 0; i < FAKE_TIMERS; i++) {
		struct fake_timer *t = &f->timer[i];
		t->fake = f;
		device_init(&t->dev, &fake_timer_device, timer_tags[i], &t->s);
		event_init(&t->alarm, &f->m.sched, timer_tags[i], timer_fire, t);
		machine_add_device(&f->m, &t->dev);
	}
	serial_init(&f->port, "serial0");
	machine_add_port(&f->m, &f->port);
	machine_reset(&f->m);
	for (unsigned i = 0; i < cpus; i++) {
		f->cpu[i].s.seed = seed + i;
		f->cpu[i].s.program = program;
	}
	return f;
}

void fake_free(struct fake *f)
{
	machine_free(&f->m);
}
