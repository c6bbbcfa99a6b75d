/* The machine: time, a bus, CPUs, devices and endpoints, and the one call that moves time.
 *
 * A board embeds `struct machine` first and its parts as members.  machine_run() is the only call
 * that advances time; everything it does is a function of the machine's state and of the input
 * put into its endpoints between calls.  The core never prints, exits or reads the host clock.
 *
 * CPUs run in turn, in index order, each from its own local time to the end of the round: the next
 * event or, with several CPUs, the next multiple of the quantum, whichever comes first; then time
 * moves there and events fire.  With one CPU events land on the exact instruction.  When all CPUs
 * wait, time jumps to the next event.
 *
 * So a run is one fixed sequence of slices and events, and the time a frontend sees, CPU 0's local
 * time, grows along it.  machine_run(m, t) stops at the first point of the sequence where that time
 * has grown by `t`: events due exactly there belong to the next call.  However a run is cut into
 * calls, and wherever it is stopped in between, the sequence is the same.
 */
#ifndef MYNA_MACHINE_MACHINE_H
#define MYNA_MACHINE_MACHINE_H

#include "machine/bus.h"
#include "machine/cpu.h"
#include "machine/device.h"
#include "machine/endpoint.h"
#include "machine/event.h"
#include "machine/wire.h"

#define MACHINE_MAX_CPUS    8
#define MACHINE_MAX_RAM     4
#define MACHINE_MAX_PORTS   8
#define MACHINE_MAX_SCREENS 2
#define MACHINE_MAX_AUDIO   2
#define MACHINE_MAX_INPUTS  4

/* Why machine_run() came back. */
enum machine_stop {
	STOP_TICKS,        /* the ticks asked for have passed */
	STOP_INSTRUCTIONS, /* instruction_limit has been reached, exactly */
	STOP_REQUEST,      /* machine_stop_soon(): a frontend's or sink's wish */
	STOP_POWER_OFF,    /* the guest switched itself off; s.exit_status holds its status */
	STOP_RESET,        /* the guest asked for a reset; the machine has been reset */
	STOP_IDLE, /* every CPU waits and no event is due: only input can wake it.  The ticks
		    * asked for have passed, unless they were without end (UINT64_MAX). */
};

struct ram_block {
	const char *name;
	uint8_t *host;
	uint64_t size;
};

/* Guest mistakes and missing features, counted by kind; the first few are also kept as text. */
struct guest_log {
	uint64_t count;
	/* Called for each of the first GUEST_LOG_LINES messages; may be NULL. */
	void (*sink)(void *owner, const char *text);
	void *owner;
};
#define GUEST_LOG_LINES 100

/* What the machine itself must remember.  Time, `ahead` and `retired` are copied here from where
 * they are used whenever a call that changes them returns. */
struct machine_state {
	uint64_t now;       /* tick at which the round began: everything up to it has happened */
	uint64_t round_end; /* tick to which each CPU runs in this round */
	uint64_t clock;     /* latest tick that machine_clock() has shown */
	uint64_t ahead[MACHINE_MAX_CPUS];   /* struct cpu */
	uint64_t retired[MACHINE_MAX_CPUS]; /* struct cpu */
	uint32_t turn;                      /* the CPU that runs next, or goes on */
	uint32_t exit_status;
	uint8_t powered_off, reset_requested;
	uint8_t reserved[6];
};

struct machine {
	struct device dev; /* its own state, tag "machine"; the first in `devices` */
	struct machine_state s;
	const char *name; /* "virt" */
	char config[96];  /* board options that a state must share, e.g. "gic=3"; may be "" */
	struct scheduler sched;
	struct bus *bus;
	struct cpu *cpus[MACHINE_MAX_CPUS];
	unsigned cpu_count;
	struct device *devices; /* all, machine, CPUs and ports included, in attachment order */
	struct ram_block ram[MACHINE_MAX_RAM];
	unsigned ram_count;
	struct serial_port *ports[MACHINE_MAX_PORTS];
	unsigned port_count;
	struct screen *screens[MACHINE_MAX_SCREENS];
	unsigned screen_count;
	struct audio *audio[MACHINE_MAX_AUDIO];
	unsigned audio_count;
	struct input_queue *inputs[MACHINE_MAX_INPUTS];
	unsigned input_count;
	uint64_t tick_hz;     /* ticks per second of guest time */
	uint64_t quantum;     /* ticks a CPU may run ahead of the others */
	struct cpu *running;  /* the CPU whose slice it is, else NULL */
	uint64_t slice_start; /* tick at which that slice began */
	uint64_t slice_limit; /* tick at which the caller wants it to end */
	bool stop_requested;
	/* Instructions of all CPUs together, counted from power-on, at which to pause; UINT64_MAX:
	 * never.  A frontend's wish like the ticks of machine_run(), not state. */
	uint64_t instruction_limit;
	struct guest_log log;
	/* Board hooks: put the machine in its state after power-on; release what the board owns. */
	void (*reset)(struct machine *m);
	void (*destroy)(struct machine *m);
	/* Press and release the power key, between calls of machine_run(); NULL without one. */
	void (*power_key)(struct machine *m);
};

/* The board sets `bus`, `quantum` and the hooks afterwards. */
void machine_init(struct machine *m, const char *name, uint64_t tick_hz);
/* Release RAM and bus; then the board's destroy hook frees its parts and `m` itself. */
void machine_free(struct machine *m);

/* Attach parts, in a fixed order: that order is the order of hash and save. */
void machine_add_device(struct machine *m, struct device *d);
void machine_add_cpu(struct machine *m, struct cpu *c);
void machine_add_port(struct machine *m, struct serial_port *p);
void machine_add_screen(struct machine *m, struct screen *s);
void machine_add_audio(struct machine *m, struct audio *a);
void machine_add_input(struct machine *m, struct input_queue *q);
/* Allocate and map zeroed RAM.  NULL when the host has too little memory. */
uint8_t *machine_add_ram(struct machine *m, const char *name, uint64_t base, uint64_t size);

/* Reset every device, CPU and event, then call the board's hook.  RAM is left as it is; time and
 * instruction counts go on.  A board calls it once when all its parts are attached. */
void machine_reset(struct machine *m);

/* Run for at most `ticks`. */
enum machine_stop machine_run(struct machine *m, uint64_t ticks);

/* For the bus of a CPU that counts cycles, in the middle of an instruction whose budget is used up:
 * let the events fire that are due by now, each at its own tick, as they would have between two
 * instructions.  So they come on the exact cycle, before the next access.  Only with one CPU. */
void machine_pass(struct machine *m);

/* Guest time now: inside a CPU's slice the position of that CPU, in an event the tick at which it
 * fires, between runs the position of CPU 0, which never goes back. */
uint64_t machine_now(const struct machine *m);

/* What a counter that all CPUs share must show to the running one: machine_now(), but never less
 * than any CPU has been shown.  CPUs run ahead of each other by up to a quantum, and system
 * software takes a counter that goes back from one CPU to the next for an enormous step forward.
 * Only for reads by the guest: what has been shown is machine state. */
uint64_t machine_clock(struct machine *m);

/* Instructions executed by all CPUs since power-on. */
uint64_t machine_instructions(const struct machine *m);

/* From inside a run: come back as soon as the current instruction is done. */
void machine_stop_soon(struct machine *m);
void machine_power_off(struct machine *m, uint32_t status);
void machine_request_reset(struct machine *m);

/* Record a guest mistake: printf-like text without newline. */
void machine_log(struct machine *m, const char *format, ...) __attribute__((format(printf, 2, 3)));

struct device *machine_device(struct machine *m, const char *tag);

#endif
