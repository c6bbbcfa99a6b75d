/* A board for tests of the ARM7TDMI: 64 KiB of RAM at 0 and at 0x01000000, both repeated over their
 * 16 MiB, which cost one cycle an access.  With `trace` nothing is a window, and every cycle is
 * written down:
 *
 *	Nc Sc Mc    fetch: nonsequential, sequential, sequential behind internal cycles
 *	Nr Sr Nw Sw data; L behind it: locked
 *	I           internal
 */
#ifndef MYNA_TESTS_INSN_ARM7_BENCH_H
#define MYNA_TESTS_INSN_ARM7_BENCH_H

#include "cpu/arm7tdmi/arm7tdmi.h"

#define ARM7_BENCH_RAM   0x10000u
#define ARM7_BENCH_DATA  0x01000000u
#define ARM7_BENCH_TRACE 512

struct arm7_bench {
	struct machine m;
	struct arm7tdmi cpu;
	uint8_t *ram[2];
	bool tracing;
	unsigned traced;
	char trace[ARM7_BENCH_TRACE];
	unsigned wait; /* cycles an access costs through the bus */
	/* For tests: called in each access through the bus, after its time has passed. */
	void (*each)(struct arm7_bench *b, uint32_t address);
	struct event event;
	void (*fire)(struct arm7_bench *b); /* what it does, unless NULL */
};

struct arm7_bench *arm7_bench_new(bool tracing);
void arm7_bench_free(struct arm7_bench *b);

uint8_t *arm7_bench_host(struct arm7_bench *b, uint32_t address);
uint32_t arm7_bench_word(struct arm7_bench *b, uint32_t address);
void arm7_bench_set_word(struct arm7_bench *b, uint32_t address, uint32_t v);

/* Begin at `pc`, fill the pipeline, and forget the trace. */
void arm7_bench_start(struct arm7_bench *b, uint32_t pc, uint32_t cpsr);

/* Execute one instruction (or take an interrupt); returns the cycles it took. */
uint64_t arm7_bench_step(struct arm7_bench *b);

#endif
