/* The run loop: the same run however it is cut, idle jumps, stops, two machines at once. */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/unit/fake.h"

#define TOTAL 200000

/* Everything but RAM, as one comparison: tables, events, blobs. */
static void assert_same(struct fake *a, struct fake *b, const char *what)
{
	char text[128];

	for (struct device *d = a->m.devices, *e = b->m.devices; d; d = d->next, e = e->next)
		cr_assert_not(
		    state_difference(&d->type->table, d->state, e->state, text, sizeof text),
		    "%s: %s.%s", what, d->tag, text);
	for (unsigned i = 0; i < FAKE_TIMERS; i++) {
		cr_assert_eq(a->timer[i].alarm.due, b->timer[i].alarm.due, "%s", what);
		cr_assert_eq(a->timer[i].blob_size, b->timer[i].blob_size, "%s", what);
	}
	cr_assert_arr_eq(a->ram, b->ram, FAKE_RAM_SIZE, "%s: RAM", what);
}

/* Run to tick `to` in pieces of at most `piece` ticks, or whole for 0. */
static void run_to(struct fake *f, uint64_t to, uint64_t piece, uint64_t *seed)
{
	while (machine_now(&f->m) < to) {
		uint64_t left = to - machine_now(&f->m), ticks = left;
		if (piece)
			ticks = 1 + fake_random(seed) % piece;
		machine_run(&f->m, ticks < left ? ticks : left);
	}
}

/* Stop about every 50th instruction, for reasons the machine cannot know. */
static void stop_often(struct fake *f, struct fake_cpu *c)
{
	if (fake_random(&f->stops) % 50 == 0)
		machine_stop_soon(&f->m);
}

static void check_cuts(unsigned cpus, uint64_t ticks_per_insn, uint64_t program)
{
	unsigned fired = 0;

	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct fake *whole = fake_new(cpus, ticks_per_insn, seed, program);
		struct fake *cut = fake_new(cpus, ticks_per_insn, seed, program);
		struct fake *stopped = fake_new(cpus, ticks_per_insn, seed, program);
		uint64_t random = seed;

		stopped->each = stop_often;
		stopped->stops = seed;
		run_to(whole, TOTAL / 10, 0, NULL);
		run_to(cut, TOTAL / 10, seed % 3 ? 9 : 1700, &random);
		run_to(stopped, TOTAL / 10, seed % 2 ? 300 : 0, &random);
		assert_same(whole, cut, "cut into pieces");
		assert_same(whole, stopped, "stopped at random");
		cr_assert_geq(machine_now(&whole->m), TOTAL / 10);
		for (unsigned i = 0; i < FAKE_TIMERS; i++)
			fired += whole->timer[i].s.fired;
		fake_free(whole);
		fake_free(cut);
		fake_free(stopped);
	}
	cr_assert_gt(fired, 400, "%u: nothing happened that could differ", fired);
}

Test(machine, one_cpu_runs_the_same_however_it_is_cut)
{
	check_cuts(1, 1, FAKE_ALL);
	check_cuts(1, 7, FAKE_ALL);
	check_cuts(1, 3, FAKE_ALL & ~FAKE_WAIT);
}

Test(machine, three_cpus_run_the_same_however_they_are_cut)
{
	check_cuts(3, 1, FAKE_ALL);
	check_cuts(3, 7, FAKE_ALL);
	check_cuts(3, 3, FAKE_ALL & ~FAKE_WAIT);
	check_cuts(3, 130, FAKE_ALL); /* an instruction longer than the quantum */
}

Test(machine, an_instruction_limit_is_met_exactly_and_leaves_no_trace)
{
	struct fake *whole = fake_new(3, 3, 21, FAKE_ALL), *a = fake_new(3, 3, 21, FAKE_ALL);
	struct fake *b = fake_new(3, 3, 21, FAKE_ALL);
	uint64_t random = 8;

	for (uint64_t n = 1; n < 4000; n += 1 + n / 3) {
		a->m.instruction_limit = b->m.instruction_limit = n;
		cr_assert_eq(machine_run(&a->m, UINT64_MAX), STOP_INSTRUCTIONS);
		while (machine_run(&b->m, 1 + fake_random(&random) % 40) != STOP_INSTRUCTIONS)
			;
		cr_assert_eq(machine_instructions(&a->m), n);
		assert_same(a, b, "the same point of the run");
	}
	a->m.instruction_limit = UINT64_MAX;
	cr_assert_lt(machine_now(&a->m), TOTAL);
	run_to(whole, TOTAL, 0, NULL);
	run_to(a, TOTAL, 0, NULL);
	assert_same(whole, a, "counted");
	fake_free(whole);
	fake_free(a);
	fake_free(b);
}

Test(machine, serial_input_arrives_at_the_tick_it_was_put)
{
	struct fake *a = fake_new(2, 3, 5, FAKE_ALL), *b = fake_new(2, 3, 5, FAKE_ALL);
	uint64_t random = 1;

	for (unsigned i = 1; i <= 20; i++) {
		uint8_t byte = (uint8_t)i;
		run_to(a, i * 1000, 0, NULL);
		run_to(b, i * 1000, 37, &random);
		serial_input(&a->port, &byte, 1);
		serial_input(&b->port, &byte, 1);
	}
	run_to(a, TOTAL, 0, NULL);
	run_to(b, TOTAL, 37, &random);
	assert_same(a, b, "with input");
	fake_free(a);
	fake_free(b);
}

static void note_time(struct fake *f, struct fake_cpu *c)
{
	f->stops = machine_now(&f->m);
}

Test(machine, an_event_lands_on_the_instruction)
{
	struct fake *f = fake_new(1, 4, 1, 0);

	f->each = note_time;
	event_at(&f->timer[0].alarm, 1001);
	cr_assert_eq(machine_run(&f->m, 1001), STOP_TICKS);
	/* Instructions begin at multiples of 4: the last one before the event at 1000. */
	cr_assert_eq(f->stops, 1000);
	cr_assert_eq(machine_now(&f->m), 1004);
	cr_assert_eq(f->timer[0].s.fired, 0);
	machine_run(&f->m, 1);
	cr_assert_eq(f->timer[0].s.fired, 1);
	cr_assert_eq(f->timer[0].blob[0], (uint8_t)1001, "seen by the event");
	cr_assert_eq(machine_instructions(&f->m), 252);
	fake_free(f);
}

/* Set an event two instructions ahead from within a slice that could go on for ever. */
static void set_at_100(struct fake *f, struct fake_cpu *c)
{
	if (machine_now(&f->m) == 100)
		event_at(&f->timer[0].alarm, 102);
	if (f->timer[0].s.fired == 0)
		f->stops = machine_now(&f->m);
}

Test(machine, an_earlier_event_cuts_the_running_slice)
{
	struct fake *f = fake_new(1, 1, 1, 0);

	f->each = set_at_100;
	machine_run(&f->m, 10000);
	cr_assert_eq(f->stops, 101);
	cr_assert_eq(f->timer[0].s.fired, 1);
	cr_assert_eq(machine_instructions(&f->m), 10000);
	fake_free(f);
}

Test(machine, idle_time_jumps)
{
	struct fake *f = fake_new(3, 1, 1, FAKE_CLOCK);
	uint64_t far = UINT64_C(3600) * 1000000;

	for (unsigned i = 0; i < 3; i++)
		f->cpu[i].s.waiting = 1;
	cr_assert_eq(machine_run(&f->m, 500), STOP_IDLE);
	cr_assert_eq(machine_now(&f->m), 500);
	cr_assert_eq(machine_run(&f->m, UINT64_MAX), STOP_IDLE);
	cr_assert_eq(machine_now(&f->m), 500, "endless ticks cannot pass");
	event_at(&f->timer[1].alarm, far);
	cr_assert_eq(machine_run(&f->m, far - 500), STOP_TICKS);
	cr_assert_eq(machine_now(&f->m), far);
	cr_assert_eq(machine_instructions(&f->m), 0);
	cr_assert_eq(f->timer[1].s.fired, 0, "due at the end: the next call's");
	cr_assert_eq(machine_run(&f->m, 1000), STOP_TICKS);
	cr_assert_eq(f->timer[1].s.fired, 1);
	/* Only the CPU that was woken ran; the last 1000 ticks belong to it. */
	cr_assert_eq(f->cpu[0].cpu.retired + f->cpu[2].cpu.retired, 0);
	cr_assert_eq(f->cpu[1].cpu.retired, 900, "%lu", (unsigned long)f->cpu[1].cpu.retired);
	fake_free(f);
}

Test(machine, a_machine_without_cpus_is_moved_by_its_events)
{
	struct machine m;

	machine_init(&m, "bare", 1000);
	machine_reset(&m);
	cr_assert_eq(machine_run(&m, 10), STOP_IDLE);
	cr_assert_eq(machine_now(&m), 10);
	machine_free(&m);
}

static void off_at_55(struct fake *f, struct fake_cpu *c)
{
	if (machine_now(&f->m) == 55)
		machine_power_off(&f->m, 3);
}

Test(machine, power_off_is_final_until_reset)
{
	struct fake *f = fake_new(1, 5, 1, 0);

	f->each = off_at_55;
	cr_assert_eq(machine_run(&f->m, 1000), STOP_POWER_OFF);
	cr_assert_eq(f->m.s.exit_status, 3);
	cr_assert_eq(machine_now(&f->m), 60);
	cr_assert_eq(machine_run(&f->m, 1000), STOP_POWER_OFF);
	cr_assert_eq(machine_now(&f->m), 60);
	machine_reset(&f->m);
	cr_assert_eq(machine_run(&f->m, 1000), STOP_TICKS);
	cr_assert_eq(machine_now(&f->m), 1060);
	fake_free(f);
}

static void reset_at_350(struct fake *f, struct fake_cpu *c)
{
	if (c->cpu.index == 1 && machine_now(&f->m) == 350)
		machine_request_reset(&f->m);
}

Test(machine, reset_clears_state_and_events_and_keeps_time)
{
	struct fake *f = fake_new(2, 1, 1, FAKE_SERIAL);
	uint8_t byte = 1;

	f->each = reset_at_350;
	f->timer[0].s.flags[1] = 0;
	event_at(&f->timer[0].alarm, 100000);
	serial_input(&f->port, &byte, 0);
	cr_assert_eq(machine_run(&f->m, 1000), STOP_RESET);
	cr_assert_eq(machine_now(&f->m), 400);
	cr_assert_eq(f->timer[0].alarm.due, EVENT_NEVER);
	cr_assert_eq(f->timer[0].s.flags[1], 0x5a);
	cr_assert_eq(f->timer[2].s.target, 2, "reset hook after the table");
	cr_assert_eq(f->cpu[0].cpu.ahead, f->cpu[1].cpu.ahead);
	cr_assert_eq(machine_instructions(&f->m), 400 + 351);
	f->each = NULL;
	cr_assert_eq(machine_run(&f->m, 600), STOP_TICKS);
	cr_assert_eq(machine_now(&f->m), 1000);
	fake_free(f);
}

static void shared_clock(struct fake *f, struct fake_cpu *c)
{
	uint64_t now = machine_clock(&f->m);

	cr_assert_geq(now, f->stops, "the clock went back");
	cr_assert_geq(now, machine_now(&f->m));
	f->stops = now;
}

Test(machine, the_shared_clock_never_goes_back)
{
	struct fake *f = fake_new(3, 3, 9, FAKE_ALL);

	f->each = shared_clock;
	machine_run(&f->m, 50000);
	cr_assert_gt(f->stops, 10000);
	fake_free(f);
}

Test(machine, two_machines_do_not_touch_each_other)
{
	struct fake *alone = fake_new(2, 3, 11, FAKE_ALL);
	struct fake *a = fake_new(2, 3, 11, FAKE_ALL), *b = fake_new(3, 5, 12, FAKE_ALL);
	uint64_t random = 4;

	run_to(alone, 30000, 0, NULL);
	for (uint64_t t = 1000; t <= 30000; t += 1000) {
		run_to(a, t, 90, &random);
		run_to(b, t, 50, &random);
	}
	assert_same(alone, a, "beside another machine");
	fake_free(alone);
	fake_free(a);
	fake_free(b);
}

Test(machine, parts_are_found_by_tag)
{
	struct fake *f = fake_new(2, 1, 1, 0);

	cr_assert_eq(machine_device(&f->m, "cpu1"), &f->cpu[1].cpu.dev);
	cr_assert_eq(machine_device(&f->m, "machine"), &f->m.dev);
	cr_assert_eq(machine_device(&f->m, "serial0"), &f->port.dev);
	cr_assert_null(machine_device(&f->m, "cpu2"));
	fake_free(f);
}

Test(machine, every_table_tiles)
{
	struct fake *f = fake_new(1, 1, 1, 0);

	for (struct device *d = f->m.devices; d; d = d->next)
		cr_assert_null(state_tiles(&d->type->table), "%s", d->tag);
	fake_free(f);
}

static unsigned lines;
static char last_line[300];

static void keep_line(void *owner, const char *text)
{
	lines++;
	snprintf(last_line, sizeof last_line, "%s", text);
}

Test(machine, the_log_counts_all_and_passes_the_first_on)
{
	struct fake *f = fake_new(1, 1, 1, 0);

	f->m.log.sink = keep_line;
	for (int i = 1; i <= 1000; i++)
		machine_log(&f->m, "mistake %d", i);
	cr_assert_eq(f->m.log.count, 1000);
	cr_assert_eq(lines, GUEST_LOG_LINES);
	cr_assert_str_eq(last_line, "mistake 100");
	fake_free(f);
}

Test(machine, the_serial_queue_is_bounded)
{
	struct fake *f = fake_new(1, 1, 1, 0);
	uint8_t in[SERIAL_QUEUE + 100], out[SERIAL_QUEUE + 100];

	for (unsigned i = 0; i < sizeof in; i++)
		in[i] = (uint8_t)(i * 7);
	cr_assert_eq(serial_input(&f->port, in, 100), 100);
	cr_assert_eq(serial_take(&f->port, out, 60), 60);
	cr_assert_eq(serial_input(&f->port, in + 100, sizeof in - 100), SERIAL_QUEUE - 40);
	cr_assert_eq(serial_take(&f->port, out + 60, sizeof out), SERIAL_QUEUE);
	cr_assert_arr_eq(in, out, SERIAL_QUEUE + 60);
	cr_assert_eq(serial_take(&f->port, out, 1), 0);
	fake_free(f);
}
