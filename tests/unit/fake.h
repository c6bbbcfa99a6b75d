/* A machine without an instruction set, for tests of the framework.
 *
 * Its CPUs turn a pseudo-random stream, made of nothing but their own registers, into everything
 * that can disturb a run: clock reads, events near, far, past and at once, cancelled events,
 * interrupts to each other, waiting, serial input and output, memory.  Whatever one of them sees
 * is folded into its registers, so the slightest difference in order or time spreads.
 */
#ifndef MYNA_TESTS_UNIT_FAKE_H
#define MYNA_TESTS_UNIT_FAKE_H

#include "machine/machine.h"

#define FAKE_MAX_CPUS 3
#define FAKE_TIMERS   3
#define FAKE_RAM_SIZE (40 * BUS_PAGE_SIZE) /* two and a half chunks of a state file */
#define FAKE_BLOB_MAX 4096

struct fake_cpu_state {
	uint64_t seed; /* source of the "program" */
	uint64_t seen; /* everything observed so far */
	uint32_t irq;  /* level of the input line */
	uint32_t waiting;
	uint64_t program; /* which actions the program may take, FAKE_* */
};

enum {
	FAKE_WAIT = 1,
	FAKE_EVENTS = 2,
	FAKE_SERIAL = 4,
	FAKE_MEMORY = 8,
	FAKE_IPI = 16,
	FAKE_CLOCK = 32,
	FAKE_ALL = 63
};

struct fake_cpu {
	struct cpu cpu;
	struct fake_cpu_state s;
};

struct fake_timer_state {
	uint64_t period; /* 0: one shot */
	uint32_t fired;
	uint16_t target; /* CPU it interrupts */
	uint8_t flags[2];
};

struct fake_timer {
	struct device dev;
	struct fake_timer_state s;
	struct event alarm;
	struct fake *fake;
	/* Data of varying size, outside the table. */
	uint8_t blob[FAKE_BLOB_MAX];
	uint32_t blob_size;
};

struct fake {
	struct machine m;
	struct fake_cpu cpu[FAKE_MAX_CPUS];
	struct fake_timer timer[FAKE_TIMERS];
	struct serial_port port;
	uint8_t *ram;
	/* For tests: called before each instruction, may stop the run.  NULL: none. */
	void (*each)(struct fake *f, struct fake_cpu *c);
	uint64_t stops; /* private to `each` */
};

/* A machine of `cpus` CPUs whose instructions take `ticks_per_insn`, running the program `seed`
 * made of the actions `program`. */
struct fake *fake_new(unsigned cpus, uint64_t ticks_per_insn, uint64_t seed, uint64_t program);
void fake_free(struct fake *f);

/* A repeatable random number; `*state` is any number. */
uint64_t fake_random(uint64_t *state);

#endif
