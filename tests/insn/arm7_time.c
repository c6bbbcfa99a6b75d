/* Time: interrupts and their latency, events in the middle of instructions, halting, stolen cycles,
 * and that a run is the same however it is cut or restored. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machine/snapshot.h"
#include "tests/insn/arm7_bench.h"
#include "tests/insn/random.h"

#define CODE 0x1000u
#define DATA ARM7_BENCH_DATA
#define NOP  0xe1a00000

static struct arm7_bench *nops(bool tracing, uint32_t cpsr)
{
	struct arm7_bench *b = arm7_bench_new(tracing);
	for (uint32_t at = 0; at < ARM7_BENCH_RAM; at += 4)
		arm7_bench_set_word(b, at, NOP);
	arm7_bench_start(b, CODE, cpsr);
	return b;
}

static void raise_irq(struct arm7_bench *b)
{
	arm7tdmi_irq_line(&b->cpu, 0, 1);
}

static void raise_fiq(struct arm7_bench *b)
{
	arm7tdmi_fiq_line(&b->cpu, 0, 1);
	arm7tdmi_irq_line(&b->cpu, 0, 1);
}

/* The tick at which the vector's first instruction is about to execute. */
static uint64_t entry(struct arm7_bench *b, uint32_t vector)
{
	for (unsigned n = 0; n < 100 && arm7tdmi_pc(&b->cpu) != vector; n++)
		arm7_bench_step(b);
	return machine_now(&b->m);
}

Test(arm7_time, interrupt_latency)
{
	for (uint64_t sync = 0; sync < 5; sync++) {
		struct arm7_bench *b = nops(false, ARM7_SYS);
		uint64_t due = machine_now(&b->m) + 10;
		b->cpu.sync = sync;
		b->fire = raise_irq;
		event_at(&b->event, due);
		/* `sync` cycles to be seen, a lost fetch, two of the vector. */
		cr_expect_eq(entry(b, 0x18), due + sync + 3);
		cr_expect_eq(b->cpu.s.r[14], CODE + 4 * (10 + (uint32_t)sync) + 4);
		cr_expect_eq(arm7tdmi_cpsr(&b->cpu), PSR_I | ARM7_IRQ);
		arm7_bench_free(b);
	}
}

Test(arm7_time, fast_interrupt_first)
{
	struct arm7_bench *b = nops(false, ARM7_SYS);
	b->fire = raise_fiq;
	event_at(&b->event, machine_now(&b->m) + 5);
	entry(b, 0x1c);
	cr_expect_eq(arm7tdmi_cpsr(&b->cpu), PSR_I | PSR_F | ARM7_FIQ);
	arm7_bench_free(b);
}

/* In Thumb state as well, SUBS PC, LR, #4 returns to the instruction that did not execute. */
Test(arm7_time, interrupt_of_thumb_code_returns)
{
	struct arm7_bench *b = nops(false, ARM7_SYS);
	for (uint32_t at = CODE; at < CODE + 64; at += 4)
		arm7_bench_set_word(b, at, 0x30013001); /* adds r0, #1 */
	arm7_bench_set_word(b, 0x18, 0xe25ef004);       /* subs pc, lr, #4 */
	b->cpu.s.r[0] = 0;
	b->fire = raise_irq;
	event_at(&b->event, machine_now(&b->m) + 5);
	arm7_bench_start(b, CODE, ARM7_SYS | PSR_T);
	entry(b, 0x18);
	arm7tdmi_irq_line(&b->cpu, 0, 0);
	while (arm7tdmi_pc(&b->cpu) != CODE + 40)
		arm7_bench_step(b);
	cr_expect_eq(b->cpu.s.r[0], 20);
	arm7_bench_free(b);
}

/* MSR changes the mask too late for the next instruction: one more executes before an interrupt
 * that it lets in, and one that came with it is taken although it is masked. */
Test(arm7_time, mask_takes_an_instruction)
{
	struct arm7_bench *b = nops(false, PSR_I | ARM7_SYS);
	b->cpu.sync = 0;
	raise_irq(b);
	arm7_bench_set_word(b, CODE, 0xe321f01f); /* msr cpsr_c, #0x1f */
	arm7_bench_start(b, CODE, PSR_I | ARM7_SYS);
	arm7_bench_step(b);
	cr_expect_eq(arm7tdmi_pc(&b->cpu), CODE + 4);
	arm7_bench_step(b);
	cr_expect_eq(arm7tdmi_pc(&b->cpu), CODE + 8);
	arm7_bench_step(b);
	cr_expect_eq(arm7tdmi_pc(&b->cpu), 0x18);
	arm7_bench_free(b);

	b = nops(false, ARM7_SYS);
	b->cpu.sync = 0;
	b->fire = raise_irq;
	arm7_bench_set_word(b, CODE, 0xe321f09f); /* msr cpsr_c, #0x9f */
	arm7_bench_start(b, CODE, ARM7_SYS);
	event_at(&b->event, machine_now(&b->m) + 1);
	arm7_bench_step(b);
	arm7_bench_step(b);
	cr_expect_eq(arm7tdmi_pc(&b->cpu), CODE + 8, "the line rose behind MSR");
	arm7_bench_step(b);
	cr_expect_eq(arm7tdmi_pc(&b->cpu), CODE + 12);
	arm7_bench_free(b);

	b = nops(false, ARM7_SYS);
	b->cpu.sync = 1;
	raise_irq(b);
	arm7_bench_set_word(b, CODE, 0xe321f09f);
	b->cpu.s.irq_since = machine_now(&b->m) + 2; /* too late for MSR to be replaced */
	arm7_bench_start(b, CODE, ARM7_SYS);
	b->cpu.s.irq_since = machine_now(&b->m);
	arm7_bench_step(b);
	cr_expect_eq(arm7tdmi_pc(&b->cpu), CODE + 4);
	arm7_bench_step(b);
	cr_expect_eq(arm7tdmi_pc(&b->cpu), 0x18);
	cr_expect_eq(b->cpu.s.spsr[3], PSR_I | ARM7_SYS);
	arm7_bench_free(b);
}

static void change_memory(struct arm7_bench *b)
{
	cr_expect_eq(machine_now(&b->m), b->m.sched.now);
	arm7_bench_set_word(b, DATA + 8, machine_now(&b->m) & 0xffff);
	if (b->m.sched.now & 1)
		event_at(&b->event, machine_now(&b->m) + 1);
}

/* LDM reads four words at cycles 2 to 5: an event in between is seen by those behind it. */
Test(arm7_time, events_come_between_the_accesses_of_an_instruction)
{
	for (unsigned at = 0; at < 7; at++) {
		struct arm7_bench *b = nops(at & 1, ARM7_SYS);
		arm7_bench_set_word(b, DATA + 8, 0xffffffff);
		arm7_bench_set_word(b, CODE, 0xe891003c); /* ldm r1, {r2, r3, r4, r5} */
		arm7_bench_start(b, CODE, ARM7_SYS);
		b->cpu.s.r[1] = DATA;
		b->fire = change_memory;
		uint64_t start = machine_now(&b->m), due = start + at;
		event_at(&b->event, due);
		cr_expect_eq(arm7_bench_step(b), 6);
		/* The third word is read when three cycles have passed; an event at an odd tick is
		 * followed by one at the next. */
		uint64_t last = due & 1 && due + 1 <= start + 3 ? due + 1 : due;
		cr_expect_eq(b->cpu.s.r[4], at <= 3 ? last & 0xffff : 0xffffffff,
		    "event at %u: %08x", at, b->cpu.s.r[4]);
		arm7_bench_free(b);
	}
}

static void wake(struct arm7_bench *b)
{
	arm7tdmi_wake(&b->cpu);
}

Test(arm7_time, halting)
{
	struct arm7_bench *b = nops(false, ARM7_SYS);
	uint64_t now = machine_now(&b->m);
	arm7tdmi_halt(&b->cpu);
	b->fire = wake;
	event_at(&b->event, now + 1000);
	cr_expect_eq(machine_run(&b->m, 400), STOP_TICKS);
	cr_expect_eq(machine_now(&b->m), now + 400);
	machine_run(&b->m, 610);
	cr_expect_eq(arm7tdmi_pc(&b->cpu), CODE + 4 * 10);
	arm7tdmi_halt(&b->cpu);
	cr_expect_eq(machine_run(&b->m, UINT64_MAX), STOP_IDLE);
	arm7_bench_free(b);
}

static void steal(void *owner)
{
	struct arm7_bench *b = owner;
	machine_pass(&b->m);
	if (b->wait < 100)
		return;
	arm7tdmi_pass(&b->cpu, b->wait);
	b->wait = 1;
}

Test(arm7_time, stealing)
{
	struct arm7_bench *b = nops(false, ARM7_SYS);
	b->cpu.bus.attend = steal;
	b->wait = 100;
	uint64_t now = machine_now(&b->m);
	arm7tdmi_request(&b->cpu);
	machine_run(&b->m, 110);
	cr_expect_eq(machine_now(&b->m), now + 110);
	cr_expect_eq(arm7tdmi_pc(&b->cpu), CODE + 4 * 10);
	b->wait = 200;
	now = machine_now(&b->m);
	arm7tdmi_halt(&b->cpu);
	arm7tdmi_request(&b->cpu);
	machine_run(&b->m, 250);
	cr_expect_eq(machine_now(&b->m), now + 250, "also while halted");
	cr_expect_eq(b->wait, 1);
	arm7_bench_free(b);
}

/* --- random programs --- */

#define RUN 20000

/* Interrupt lines and memory change at odd times. */
static void disturb(struct arm7_bench *b)
{
	struct random r = {b->m.sched.now * 77};
	uint32_t v = random_below(&r, 100);
	arm7tdmi_irq_line(&b->cpu, 0, v & 1);
	arm7tdmi_fiq_line(&b->cpu, 0, v % 7 == 0);
	arm7tdmi_wake(&b->cpu);
	if (v % 5 == 0)
		arm7_bench_set_word(b, random_below(&r, 1u << 25), (uint32_t)random_next(&r));
	event_at(&b->event, machine_now(&b->m) + 1 + random_below(&r, v < 50 ? 8 : 100));
}

static void halt_sometimes(struct arm7_bench *b, uint32_t address)
{
	if (address % 61 == 0)
		arm7tdmi_halt(&b->cpu);
}

/* Random words, most of them executed always; vectors lead back into them. */
static struct arm7_bench *random_program(uint64_t seed)
{
	struct arm7_bench *b = arm7_bench_new(seed & 1);
	struct random r = {seed};
	b->tracing = false;
	b->wait = 1 + seed % 3;
	for (uint32_t at = 0; at < 2 * ARM7_BENCH_RAM; at += 4) {
		uint32_t w = (uint32_t)random_next(&r);
		if (at < ARM7_BENCH_RAM && random_chance(&r, 70))
			w = (w & 0x0fffffff) | 0xe0000000;
		arm7_bench_set_word(b, at < ARM7_BENCH_RAM ? at : at - ARM7_BENCH_RAM + DATA, w);
	}
	arm7tdmi_jump(&b->cpu, CODE, ARM7_SYS | (seed & 2 ? PSR_T : 0));
	for (unsigned n = 0; n < 15; n++)
		b->cpu.s.r[n] =
		    (uint32_t)random_next(&r) & (random_chance(&r, 70) ? 0x0100ffff : ~0u);
	b->fire = disturb;
	b->each = halt_sometimes;
	event_at(&b->event, 1 + random_below(&r, 50));
	return b;
}

static void reload(struct arm7_bench *b)
{
	char why[160];
	FILE *f = tmpfile();
	cr_assert(f);
	cr_assert(snapshot_save(&b->m, fileno(f), why, sizeof why), "%s", why);
	memset(&b->cpu.s, 0xa5, sizeof b->cpu.s);
	cr_assert(snapshot_load(&b->m, fileno(f), why, sizeof why), "%s", why);
	for (unsigned k = 0; k < 2; k++)
		b->ram[k] = b->m.ram[k].host;
	fclose(f);
}

static void run_in_pieces(struct arm7_bench *b, uint64_t seed, uint32_t most, bool save)
{
	struct random r = {seed};
	while (machine_now(&b->m) < RUN) {
		uint64_t left = RUN - machine_now(&b->m), piece = 1 + random_below(&r, most);
		machine_run(&b->m, piece < left ? piece : left);
		if (save)
			reload(b);
	}
}

Test(arm7_time, runs_are_the_same_however_cut_or_restored, .timeout = 120)
{
	unsigned far = 0;
	for (uint64_t seed = 1; seed <= 60; seed++) {
		char text[160] = "";
		struct arm7_bench *whole = random_program(seed), *cut = random_program(seed);
		struct arm7_bench *saved = random_program(seed);
		machine_run(&whole->m, RUN - machine_now(&whole->m));
		run_in_pieces(cut, seed, 9, false);
		run_in_pieces(saved, seed, 2000, true);
		cr_expect(!machine_difference(&whole->m, &cut->m, text, sizeof text),
		    "seed %u, cut: %s", (unsigned)seed, text);
		cr_expect(!machine_difference(&whole->m, &saved->m, text, sizeof text),
		    "seed %u, saved: %s", (unsigned)seed, text);
		far += whole->cpu.s.r[14] != 0;
		arm7_bench_free(whole);
		arm7_bench_free(cut);
		arm7_bench_free(saved);
	}
	cr_expect_gt(far, 30);
}
