/* The bus cycles of every kind of instruction, in their order (ARM7TDMI TRM, DDI 0210, chapter
 * "Instruction Cycle Timings").  Each case executes one instruction and the fetch that begins the
 * next one: a store shows in the fetch after it. */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/insn/arm7_bench.h"

#define CODE   0x1000u
#define TARGET 0x1100u
#define DATA   ARM7_BENCH_DATA

struct timing {
	const char *what;
	uint32_t word;
	uint32_t r2; /* r1 points to data, which holds TARGET */
	const char *cycles;
};

static const struct timing arm[] = {
    {"mov r0, r0", 0xe1a00000, 0, "Sc Sc"},
    {"movne r0, r0, lsl r2, not executed", 0x11a00210, 0, "Sc Sc"},
    {"condition never", 0xf1a00000, 0, "Sc Sc"},
    {"mov r0, r1, lsl r2", 0xe1a00211, 0, "Sc I Mc"},
    {"cmp r0, r1, lsl r2", 0xe1500211, 0, "Sc I Mc"},
    {"mov pc, r3", 0xe1a0f003, 0, "Sc Nc Sc Sc"},
    {"mov pc, r3, lsl r2", 0xe1a0f213, 0, "Sc I Nc Sc Sc"},
    {"mrs r0, cpsr", 0xe10f0000, 0, "Sc Sc"},
    {"msr cpsr_f, r0", 0xe128f000, 0, "Sc Sc"},
    {"b", 0xea00003e, 0, "Sc Nc Sc Sc"},
    {"bl", 0xeb00003e, 0, "Sc Nc Sc Sc"},
    {"bx r3", 0xe12fff13, 0, "Sc Nc Sc Sc"},
    {"mul r0, r1, r2: 1", 0xe0000291, 0xffffff80, "Sc I Mc"},
    {"mul r0, r1, r2: 1", 0xe0000291, 0xff, "Sc I Mc"},
    {"mul r0, r1, r2: 2", 0xe0000291, 0x100, "Sc I I Mc"},
    {"mul r0, r1, r2: 2", 0xe0000291, 0xffff0000, "Sc I I Mc"},
    {"mul r0, r1, r2: 3", 0xe0000291, 0x00ffffff, "Sc I I I Mc"},
    {"mul r0, r1, r2: 4", 0xe0000291, 0x80000000, "Sc I I I I Mc"},
    {"mla r0, r1, r2, r3: 1", 0xe0203291, 1, "Sc I I Mc"},
    {"mla r0, r1, r2, r3: 4", 0xe0203291, 0x01000000, "Sc I I I I I Mc"},
    {"umull r3, r0, r1, r2: 1", 0xe0803291, 0x80, "Sc I I Mc"},
    {"umull r3, r0, r1, r2: 4", 0xe0803291, 0xffffffff, "Sc I I I I I Mc"},
    {"umlal r3, r0, r1, r2: 2", 0xe0a03291, 0xffff, "Sc I I I I Mc"},
    {"smull r3, r0, r1, r2: 1", 0xe0c03291, 0xffffffff, "Sc I I Mc"},
    {"smlal r3, r0, r1, r2: 3", 0xe0e03291, 0xff800000, "Sc I I I I I Mc"},
    {"ldr r0, [r1]", 0xe5910000, 0, "Sc Nr I Mc"},
    {"ldrb r0, [r1, r2, lsl #1]", 0xe7d10082, 0, "Sc Nr I Mc"},
    {"ldrsh r0, [r1], #2", 0xe0d100f2, 0, "Sc Nr I Mc"},
    {"ldr pc, [r1]", 0xe591f000, 0, "Sc Nr I Nc Sc Sc"},
    {"str r0, [r1]", 0xe5810000, 0, "Sc Nw Nc"},
    {"strh r0, [r1]", 0xe1c100b0, 0, "Sc Nw Nc"},
    {"ldm r1, {r3}", 0xe8910008, 0, "Sc Nr I Mc"},
    {"ldm r1, {r3, r4, r5}", 0xe8910038, 0, "Sc Nr Sr Sr I Mc"},
    {"ldm r1, {pc}", 0xe8918000, 0, "Sc Nr I Nc Sc Sc"},
    {"ldmda r1, {r3, pc}", 0xe8118008, 0, "Sc Nr Sr I Nc Sc Sc"},
    {"ldm r1, {}", 0xe8910000, 0, "Sc Nr I Nc Sc Sc"},
    {"stm r1, {r3}", 0xe8810008, 0, "Sc Nw Nc"},
    {"stmdb r1!, {r3, r4, r5}", 0xe9210038, 0, "Sc Nw Sw Sw Nc"},
    {"swp r0, r3, [r1]", 0xe1010093, 0, "Sc NrL NwL I Mc"},
    {"swpb r0, r3, [r1]", 0xe1410093, 0, "Sc NrL NwL I Mc"},
    {"svc", 0xef000000, 0, "Sc Nc Sc Sc"},
    {"udf", 0xe7f000f0, 0, "Sc I Nc Sc Sc"},
    {"cdp without a coprocessor", 0xee000000, 0, "Sc I Nc Sc Sc"},
    {"bit 4 of an address: undefined", 0xe7910012, 0, "Sc I Nc Sc Sc"},
};

static const struct timing thumb[] = {
    {"mov r8, r8", 0x46c0, 0, "Sc Sc"},
    {"lsls r0, r1, #1", 0x0048, 0, "Sc Sc"},
    {"lsls r0, r2", 0x4090, 0, "Sc I Mc"},
    {"rors r0, r2", 0x41d0, 0, "Sc I Mc"},
    {"muls r2, r1, r2: 1", 0x434a, 0x7f, "Sc I Mc"},
    {"muls r2, r1, r2: 4", 0x434a, 0x12345678, "Sc I I I I Mc"},
    {"add pc, r3", 0x449f, 0, "Sc Nc Sc Sc"},
    {"mov pc, r3", 0x469f, 0, "Sc Nc Sc Sc"},
    {"bx r3", 0x4718, 0, "Sc Nc Sc Sc"},
    {"ldr r0, [pc, #0]", 0x4800, 0, "Sc Nr I Mc"},
    {"ldrsb r0, [r1, r2]", 0x5688, 0, "Sc Nr I Mc"},
    {"strb r0, [r1]", 0x7008, 0, "Sc Nw Nc"},
    {"push {r0, lr}", 0xb501, 0, "Sc Nw Sw Nc"},
    {"pop {r0, r1}", 0xbc03, 0, "Sc Nr Sr I Mc"},
    {"pop {r0, pc}", 0xbd01, 0, "Sc Nr Sr I Nc Sc Sc"},
    {"stm r1!, {r3, r4}", 0xc118, 0, "Sc Nw Sw Nc"},
    {"ldm r1!, {r3, r4}", 0xc918, 0, "Sc Nr Sr I Mc"},
    {"ldm r1!, {}", 0xc900, 0, "Sc Nr I Nc Sc Sc"},
    {"beq, not taken", 0xd0fe, 0, "Sc Sc"},
    {"bne", 0xd17e, 0, "Sc Nc Sc Sc"},
    {"b", 0xe07e, 0, "Sc Nc Sc Sc"},
    {"first half of bl", 0xf000, 0, "Sc Sc"},
    {"second half of bl", 0xf800, 0, "Sc Nc Sc Sc"},
    {"svc", 0xdf00, 0, "Sc Nc Sc Sc"},
    {"udf", 0xde00, 0, "Sc I Nc Sc Sc"},
};

/* NOPs everywhere. */
static void fill(struct arm7_bench *b, uint32_t nop)
{
	for (uint32_t at = 0; at < ARM7_BENCH_RAM; at += 4)
		arm7_bench_set_word(b, at, nop);
}

static void check(const struct timing *t, bool is_thumb)
{
	struct arm7_bench *b = arm7_bench_new(true);
	uint32_t *r = b->cpu.s.r;
	fill(b, is_thumb ? 0x46c046c0 : 0xe1a00000);
	memcpy(arm7_bench_host(b, CODE), &t->word, is_thumb ? 2 : 4);
	arm7_bench_set_word(b, DATA, TARGET);
	arm7_bench_set_word(b, DATA + 4, TARGET);
	arm7_bench_start(b, CODE, (is_thumb ? PSR_T : 0) | ARM7_SVC | PSR_I | PSR_F);
	r[1] = r[13] = DATA;
	r[2] = t->r2;
	r[3] = r[14] = TARGET + (is_thumb ? 1 : 0);
	if (!strcmp(t->what, "movne r0, r0, lsl r2, not executed") ||
	    !strcmp(t->what, "beq, not taken"))
		b->cpu.z = !strcmp(t->what, "beq, not taken");
	uint64_t took = arm7_bench_step(b);
	unsigned cycles = 1;
	for (const char *p = b->trace; *p; p++)
		cycles += *p == ' ';
	cr_expect_eq(took, cycles, "%s: %u cycles pass in %u", t->what, (unsigned)took, cycles);
	arm7_bench_step(b);
	cr_expect_str_eq(
	    b->trace, t->cycles, "%s: %s, but should be %s", t->what, b->trace, t->cycles);
	arm7_bench_free(b);
}

Test(arm7_cycles, arm)
{
	for (size_t i = 0; i < sizeof arm / sizeof arm[0]; i++)
		check(&arm[i], false);
}

Test(arm7_cycles, thumb)
{
	for (size_t i = 0; i < sizeof thumb / sizeof thumb[0]; i++)
		check(&thumb[i], true);
}

/* An interrupt comes instead of an instruction whose fetch still happens. */
Test(arm7_cycles, interrupt)
{
	struct arm7_bench *b = arm7_bench_new(true);
	fill(b, 0xe1a00000);
	b->cpu.sync = 0;
	arm7_bench_start(b, CODE, ARM7_USR);
	arm7tdmi_irq_line(&b->cpu, 0, 1);
	cr_expect_eq(arm7_bench_step(b), 3);
	cr_expect_str_eq(b->trace, "Sc Nc Sc");
	cr_expect_eq(arm7tdmi_pc(&b->cpu), 0x18);
	arm7_bench_free(b);
}

/* Windows count what the bus functions count, by kind, width and burst. */
Test(arm7_cycles, windows)
{
	struct arm7_bench *b = arm7_bench_new(false);
	static const uint8_t code[ARM7_KINDS][2] = {{5, 8}, {3, 6}, {7, 9}};
	static const uint8_t data[ARM7_KINDS][2] = {{11, 13}, {2, 4}, {100, 100}};
	memcpy(b->cpu.windows->fetch[0].cycles, code, sizeof code);
	memcpy(b->cpu.windows->read[1].cycles, data, sizeof data);
	memcpy(b->cpu.windows->write[1].cycles, data, sizeof data);
	b->cpu.windows->read[1].burst = 0x20;
	b->cpu.windows->fetch[0].burst = 0x2000;
	fill(b, 0xe1a00000);
	arm7_bench_set_word(b, CODE + 0, 0xe8910038); /* ldm r1, {r3, r4, r5} */
	arm7_bench_set_word(b, CODE + 4, 0xe5c10000); /* strb r0, [r1] */
	arm7_bench_set_word(b, CODE + 8, 0xe1a00000);
	arm7_bench_set_word(b, CODE + 12, 0xea0003f9); /* b 0x1ff8 */
	arm7_bench_start(b, CODE, ARM7_SVC);
	b->cpu.s.r[1] = DATA + 0x1c;
	cr_expect_eq(arm7_bench_step(b), 6 + 13 + 13 + 4 + 1);
	cr_expect_eq(arm7_bench_step(b), 9 + 11);
	cr_expect_eq(arm7_bench_step(b), 8);
	cr_expect_eq(arm7_bench_step(b), 6 + 8 + 6);
	cr_expect_eq(arm7_bench_step(b), 8, "a sequential fetch at a multiple of the burst");
	cr_expect_eq(arm7_bench_step(b), 6);
	arm7_bench_free(b);
}
