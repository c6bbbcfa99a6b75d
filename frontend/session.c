/* The run loop, whole for a run without a window and in parts for one with. */
#include "frontend/session.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)

/* Guest time between looks at the host: at interpreter speed about as much of the host's. */
#define PIECES_PER_SECOND 100

/* A guest further behind the wall clock than this does not have to catch up. */
#define PACE_SLACK (SECOND / 10)

/* Longest sleep, so that a clock change or lost wake-up cannot hang a run. */
#define SLEEP_MAX_MS 1000

uint64_t host_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

uint64_t session_ticks(const struct session *s, uint64_t ns)
{
	return (uint64_t)((unsigned __int128)ns * s->machine->tick_hz / SECOND);
}

uint64_t session_ns(const struct session *s, uint64_t ticks)
{
	return (uint64_t)((unsigned __int128)ticks * SECOND / s->machine->tick_hz);
}

static uint64_t earlier_of(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* A picture is complete. */
static void screen_finished(void *owner, struct screen *screen)
{
	struct session *s = owner;
	bool until = until_frame(&s->until, screen->frames);

	if (until || shots_frame(&s->shots, screen->frames) || s->stop_at_frame)
		machine_stop_soon(s->machine);
}

/* What the guest sends on the first port is shown, and watched for texts. */
static void serial_sink(void *owner, const uint8_t *bytes, size_t n)
{
	struct session *s = owner;

	serial_host_write(&s->hosts[0], bytes, n);
	for (size_t i = 0; i < n; i++) {
		bool until = until_byte(&s->until, bytes[i]);

		if (typist_byte(&s->typist, bytes[i], machine_now(s->machine)) || until)
			machine_stop_soon(s->machine);
	}
}

static void console_sink(void *owner, const uint8_t *bytes, size_t n)
{
	struct session *s = owner;

	serial_host_write(&s->hosts[1], bytes, n);
}

static void obey(struct session *s, enum terminal_command command)
{
	switch (command) {
	case TERMINAL_QUIT: s->end = END_QUIT; break;
	case TERMINAL_HELP: fprintf(stderr, "\n%s", terminal_help); break;
	case TERMINAL_POWER_KEY:
		if (s->machine->power_key)
			s->machine->power_key(s->machine);
		break;
	case TERMINAL_MONITOR: fputs("\nmyna: there is no monitor yet\n", stderr); break;
	case TERMINAL_NONE: break;
	}
}

/* Take what the host has for a port, no more than the guest's queue holds. */
static void port_input(struct session *s, unsigned index)
{
	struct serial_host *h = &s->hosts[index];
	struct serial_port *port = s->machine->ports[index];
	enum terminal_command command = TERMINAL_NONE;
	uint8_t bytes[SERIAL_QUEUE];
	size_t n = serial_host_read(h, bytes, SERIAL_QUEUE - port->s.count);

	if (n && h->kind == SERIAL_STDIO && s->interactive)
		n = terminal_filter(&s->keys, bytes, n, &command);
	if (n)
		serial_input(port, bytes, n);
	obey(s, command);
}

static bool input_may_come(const struct session *s)
{
	struct pollfd unused;
	unsigned found = 0;

	for (unsigned i = 0; i < s->port_count; i++)
		found += serial_host_poll(&s->hosts[i], &unused);
	return found > 0 || s->input_open;
}

/* Sleep until the host has input, a signal arrives or `ns` have passed. */
static void wait_for_host(struct session *s, uint64_t ns)
{
	struct pollfd fds[SESSION_PORTS + 1];
	unsigned n = 0;
	struct timespec t;

	for (unsigned i = 0; i < s->port_count; i++) {
		/* A full queue must empty before its descriptor is worth looking at. */
		if (s->machine->ports[i]->s.count < SERIAL_QUEUE)
			n += serial_host_poll(&s->hosts[i], &fds[n]);
	}
	fds[n++] = (struct pollfd){.fd = terminal_signal_fd(), .events = POLLIN};
	if (s->wall_limit) {
		uint64_t taken = host_clock() - s->wall_start;

		ns = earlier_of(ns, s->wall_limit - earlier_of(taken, s->wall_limit));
	}
	ns = earlier_of(ns, SLEEP_MAX_MS * UINT64_C(1000000));
	t = (struct timespec){(time_t)(ns / SECOND), (long)(ns % SECOND)};
	ppoll(fds, n, &t, NULL);
}

static bool all_waiting(const struct machine *m)
{
	for (unsigned i = 0; i < m->cpu_count; i++) {
		if (!m->cpus[i]->type->waiting(m->cpus[i]))
			return false;
	}
	return true;
}

/* Tick at which the frontend itself has something to do. */
static uint64_t own_due(const struct session *s)
{
	return earlier_of(earlier_of(s->until.tick, s->typist.due), s->shots.due);
}

/* Sleep while the guest is ahead of the wall clock; returns the tick it may run to. */
static uint64_t pace(struct session *s)
{
	struct machine *m = s->machine;
	uint64_t now = machine_now(m), soon = now + m->tick_hz / PIECES_PER_SECOND;
	uint64_t wake = all_waiting(m) ? earlier_of(m->sched.next, own_due(s)) : soon;
	uint64_t clock = host_clock(), due, allowed;

	if (wake == UINT64_MAX)
		wake = now + m->tick_hz;
	due = s->anchor_wall + session_ns(s, wake - s->anchor_tick);
	if (wake > now && due > clock) {
		wait_for_host(s, due - clock);
		clock = host_clock();
	}
	allowed = s->anchor_tick + session_ticks(s, clock - s->anchor_wall);
	if (wake < soon)
		wake = soon;
	if (allowed > wake && session_ns(s, allowed - wake) > PACE_SLACK) {
		s->anchor_wall = clock;
		s->anchor_tick = wake;
	}
	return earlier_of(allowed, wake);
}

/* Tick to run to in this piece, unless something is due before. */
static uint64_t piece_end(struct session *s)
{
	struct machine *m = s->machine;
	uint64_t end;

	if (s->pace) {
		end = pace(s);
	} else {
		if (s->idle_for_good && own_due(s) == UINT64_MAX && input_may_come(s))
			wait_for_host(s, UINT64_MAX);
		end = machine_now(m) + m->tick_hz / PIECES_PER_SECOND;
	}
	return end;
}

static void judge_stop(struct session *s, enum machine_stop stop)
{
	s->idle_for_good = stop == STOP_IDLE;
	if (stop == STOP_POWER_OFF)
		s->end = END_POWER_OFF;
	if (stop == STOP_RESET) {
		s->resets++;
		if (!s->reboot)
			s->end = END_RESET;
	}
	if (!s->end && s->idle_for_good && own_due(s) == UINT64_MAX && !input_may_come(s))
		s->end = END_STUCK;
}

static void judge_host(struct session *s)
{
	for (unsigned i = 0; i < s->port_count; i++) {
		serial_host_flush(&s->hosts[i]);
		if (s->hosts[i].error)
			s->end = END_OUTPUT;
	}
	if (terminal_signal())
		s->end = END_SIGNAL;
}

/* The line of --progress: rewritten on a terminal, repeated every ten seconds elsewhere. */
static void show_progress(struct session *s, uint64_t clock)
{
	bool tty = isatty(STDERR_FILENO);
	uint64_t done = machine_instructions(s->machine);
	uint64_t period = tty ? SECOND / 2 : 10 * SECOND;

	if (clock < s->progress_due)
		return;
	if (s->progress_due) {
		double wall = (double)(clock - s->progress_due + period) / SECOND;

		fprintf(stderr, "%st=%.2fs(guest) %.2fs(wall) %.0f MIPS%s",
		    tty ? "\r" : "myna: ", (double)session_ns(s, machine_now(s->machine)) / SECOND,
		    (double)(clock - s->wall_start) / SECOND,
		    (double)(done - s->progress_insn) / wall / 1e6, tty ? "   " : "\n");
	}
	s->progress_due = clock + period;
	s->progress_insn = done;
}

void session_step(struct session *s, uint64_t end)
{
	struct machine *m = s->machine;
	uint64_t now = machine_now(m);
	enum machine_stop stop;

	end = earlier_of(end, own_due(s));
	stop = machine_run(m, end > now ? end - now : 0);
	judge_host(s);
	judge_stop(s, stop);
	if (s->shots.count)
		shots_take(&s->shots, m, false);
	if (until_counted(&s->until, machine_now(m), machine_instructions(m)) && !s->end)
		s->end = END_UNTIL;
	for (unsigned i = 0; i < s->port_count && !s->end; i++)
		port_input(s, i);
	if (s->port_count)
		typist_type(&s->typist, m->ports[0], machine_now(m));
	now = host_clock();
	if (s->wall_limit && now - s->wall_start >= s->wall_limit && !s->end)
		s->end = END_WALL;
	if (s->progress)
		show_progress(s, now);
}

void session_begin(struct session *s)
{
	struct machine *m = s->machine;
	static void (*const sinks[SESSION_PORTS])(void *, const uint8_t *, size_t) = {
	    serial_sink, console_sink};

	s->port_count = m->port_count < SESSION_PORTS ? m->port_count : SESSION_PORTS;
	for (unsigned i = 0; i < s->port_count; i++) {
		m->ports[i]->sink = sinks[i];
		m->ports[i]->sink_owner = s;
	}
	if (m->screen_count) {
		m->screens[0]->finished = screen_finished;
		m->screens[0]->finished_owner = s;
	}
	s->wall_start = s->anchor_wall = host_clock();
	s->tick_start = s->anchor_tick = machine_now(m);
	s->insn_start = machine_instructions(m);
	m->instruction_limit = s->until.instructions;
}

void session_finish(struct session *s)
{
	if (s->shots.count)
		shots_take(&s->shots, s->machine, true);
	s->wall_ns = host_clock() - s->wall_start;
	if (s->progress && isatty(STDERR_FILENO))
		fputc('\n', stderr);
}

enum session_end session_run(struct session *s)
{
	session_begin(s);
	while (!s->end)
		session_step(s, piece_end(s));
	session_finish(s);
	return s->end;
}
