/* What the ARM7TDMI does where recorded vectors are silent: addresses that are not aligned, block
 * transfers in their corners, the program counter as an operand, modes, exceptions, the pipeline.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "cpu/arm7tdmi/multiply.h"
#include "cpu/arm7tdmi/psr.h"
#include "tests/insn/arm7_bench.h"
#include "tests/insn/random.h"

#define CODE 0x1000u
#define DATA ARM7_BENCH_DATA
#define IF   (PSR_I | PSR_F)

static struct arm7_bench *bench;
static uint32_t *r;

static void open_bench(void)
{
	bench = arm7_bench_new(false);
	r = bench->cpu.s.r;
	for (uint32_t k = 0; k < 64; k++)
		arm7_bench_set_word(bench, DATA + 4 * k, 0x01010101 * k);
}

static void close_bench(void)
{
	arm7_bench_free(bench);
}

TestSuite(arm7_exec, .init = open_bench, .fini = close_bench);

/* Execute one ARM word at CODE; registers keep what they hold. */
static void arm(uint32_t word)
{
	arm7_bench_set_word(bench, CODE, word);
	arm7_bench_start(bench, CODE, bench->cpu.s.cpsr & ~(uint32_t)PSR_T);
	arm7_bench_step(bench);
}

static void thumb(uint32_t half)
{
	arm7_bench_set_word(bench, CODE, half | 0x46c00000);
	arm7_bench_start(bench, CODE, bench->cpu.s.cpsr | PSR_T);
	arm7_bench_step(bench);
}

static uint32_t pc(void)
{
	return arm7tdmi_pc(&bench->cpu);
}

static uint32_t word(uint32_t at)
{
	return arm7_bench_word(bench, at);
}

Test(arm7_exec, loads_that_are_not_aligned)
{
	arm7_bench_set_word(bench, DATA, 0x8899aabb);
	static const uint32_t ldr[4] = {0x8899aabb, 0xbb8899aa, 0xaabb8899, 0x99aabb88};
	static const uint32_t ldrh[4] = {0xaabb, 0xbb0000aa, 0x8899, 0x99000088};
	static const uint32_t ldrsh[4] = {0xffffaabb, 0xffffffaa, 0xffff8899, 0xffffff88};
	for (uint32_t k = 0; k < 4; k++) {
		r[1] = DATA + k;
		arm(0xe5910000);
		cr_expect_eq(r[0], ldr[k], "ldr + %u: %08x", k, r[0]);
		arm(0xe1d100b0);
		cr_expect_eq(r[0], ldrh[k], "ldrh + %u: %08x", k, r[0]);
		arm(0xe1d100f0);
		cr_expect_eq(r[0], ldrsh[k], "ldrsh + %u: %08x", k, r[0]);
		thumb(0x6808);
		cr_expect_eq(r[0], ldr[k], "thumb ldr + %u: %08x", k, r[0]);
		thumb(0x8808);
		cr_expect_eq(r[0], ldrh[k], "thumb ldrh + %u: %08x", k, r[0]);
		r[2] = 0;
		thumb(0x5e88);
		cr_expect_eq(r[0], ldrsh[k], "thumb ldrsh + %u: %08x", k, r[0]);
	}
}

Test(arm7_exec, stores_and_swaps_that_are_not_aligned)
{
	r[0] = 0x11223344;
	r[1] = DATA + 3;
	arm(0xe5810000);
	cr_expect_eq(word(DATA), 0x11223344);
	cr_expect_eq(word(DATA + 4), 0x01010101);
	arm(0xe1c100b0); /* strh */
	cr_expect_eq(word(DATA), 0x33443344);
	r[2] = 0x55667788;
	r[1] = DATA + 1;
	arm(0xe1010092); /* swp r0, r2, [r1] */
	cr_expect_eq(r[0], 0x44334433);
	cr_expect_eq(word(DATA), 0x55667788);
	arm(0xe1410092); /* swpb */
	cr_expect_eq(r[0], 0x77);
	cr_expect_eq(word(DATA), 0x55668888);
}

Test(arm7_exec, base_and_data_are_the_same_register)
{
	r[1] = DATA + 8;
	arm(0xe4911004); /* ldr r1, [r1], #4 */
	cr_expect_eq(r[1], 0x02020202);
	r[1] = DATA + 8;
	arm(0xe5a11004); /* str r1, [r1, #4]! */
	cr_expect_eq(r[1], DATA + 12);
	cr_expect_eq(word(DATA + 12), DATA + 8);
}

Test(arm7_exec, block_addresses)
{
	static const struct {
		uint32_t word, first, base;
	} cases[] = {
	    {0xe8b1000c, DATA + 0x20, DATA + 0x28}, /* ldmia r1!, {r2, r3} */
	    {0xe9b1000c, DATA + 0x24, DATA + 0x28}, /* ib */
	    {0xe831000c, DATA + 0x1c, DATA + 0x18}, /* da */
	    {0xe931000c, DATA + 0x18, DATA + 0x18}, /* db */
	};
	for (size_t k = 0; k < 4; k++) {
		r[1] = DATA + 0x20;
		arm(cases[k].word);
		cr_expect_eq(r[2], word(cases[k].first), "%zu: r2 %08x", k, r[2]);
		cr_expect_eq(r[3], word(cases[k].first + 4));
		cr_expect_eq(r[1], cases[k].base, "%zu: base %08x", k, r[1]);
	}
}

Test(arm7_exec, base_in_a_block)
{
	r[0] = 0x100, r[2] = 0x102;
	r[1] = DATA;
	arm(0xe8a10006); /* stmia r1!, {r1, r2}: first, as it was */
	cr_expect_eq(word(DATA), DATA);
	cr_expect_eq(r[1], DATA + 8);
	r[1] = DATA;
	arm(0xe8a10003); /* stmia r1!, {r0, r1}: not the first, as it becomes */
	cr_expect_eq(word(DATA + 4), DATA + 8);
	r[1] = DATA;
	arm(0xe8b10006); /* ldmia r1!, {r1, r2}: what was loaded */
	cr_expect_eq(r[1], 0x100);
	cr_expect_eq(r[2], DATA + 8);
	r[1] = DATA + 0x10;
	thumb(0xc903); /* ldm r1!, {r0, r1} */
	cr_expect_eq(r[0], 0x04040404);
	cr_expect_eq(r[1], 0x05050505);
	r[0] = DATA, r[1] = 0x33;
	thumb(0xc003); /* stm r0!, {r0, r1} */
	cr_expect_eq(word(DATA), DATA);
	r[0] = 0x44, r[1] = DATA;
	thumb(0xc103); /* stm r1!, {r0, r1} */
	cr_expect_eq(word(DATA + 4), DATA + 8);
}

Test(arm7_exec, empty_lists)
{
	r[1] = DATA + 0x80;
	arm(0xe8a10000); /* stmia r1!, {} */
	cr_expect_eq(r[1], DATA + 0xc0);
	cr_expect_eq(word(DATA + 0x80), CODE + 12);
	r[1] = DATA + 0x80;
	arm(0xe9210000); /* stmdb r1!, {} */
	cr_expect_eq(r[1], DATA + 0x40);
	cr_expect_eq(word(DATA + 0x40), CODE + 12);
	arm7_bench_set_word(bench, DATA + 0x80, 0x2000);
	r[1] = DATA + 0x80;
	arm(0xe8b10000); /* ldmia r1!, {} */
	cr_expect_eq(r[1], DATA + 0xc0);
	cr_expect_eq(pc(), 0x2000);
	r[1] = DATA + 0x80;
	thumb(0xc900);
	cr_expect_eq(r[1], DATA + 0xc0);
	cr_expect_eq(pc(), 0x2000);
	r[1] = DATA + 0x80;
	thumb(0xc100);
	cr_expect_eq(r[1], DATA + 0xc0);
	cr_expect_eq(word(DATA + 0x80), CODE + 6);
}

Test(arm7_exec, program_counter_as_operand)
{
	r[1] = 0, r[2] = 0;
	arm(0xe1a0000f); /* mov r0, pc */
	cr_expect_eq(r[0], CODE + 8);
	arm(0xe08f0211); /* add r0, pc, r1, lsl r2 */
	cr_expect_eq(r[0], CODE + 12);
	arm(0xe081021f); /* add r0, r1, pc, lsl r2 */
	cr_expect_eq(r[0], CODE + 12);
	r[1] = DATA;
	arm(0xe581f000); /* str pc, [r1] */
	cr_expect_eq(word(DATA), CODE + 12);
	arm(0xe8818001); /* stm r1, {r0, pc} */
	cr_expect_eq(word(DATA + 4), CODE + 12);
	thumb(0x4678); /* mov r0, pc */
	cr_expect_eq(r[0], CODE + 4);
	arm7_bench_set_word(bench, CODE + 4, 0xcafe0001);
	thumb(0x4800); /* ldr r0, [pc, #0], at CODE */
	cr_expect_eq(r[0], 0xcafe0001);
	arm7_bench_set_word(bench, CODE, 0xa000a001); /* adr r0, at CODE + 2 */
	arm7_bench_start(bench, CODE + 2, ARM7_SVC | PSR_T);
	arm7_bench_step(bench);
	cr_expect_eq(r[0], CODE + 4, "%x", r[0]);
}

Test(arm7_exec, branches)
{
	arm(0xeb000010); /* bl */
	cr_expect_eq(pc(), CODE + 0x48);
	cr_expect_eq(r[14], CODE + 4);
	arm(0xeafffffe);
	cr_expect_eq(pc(), CODE);
	r[0] = 0x2001;
	arm(0xe12fff10); /* bx */
	cr_expect_eq(pc(), 0x2000);
	cr_expect(bench->cpu.thumb);
	r[0] = 0x2002;
	thumb(0x4700);
	cr_expect_eq(pc(), 0x2000);
	cr_expect(!bench->cpu.thumb);
	arm7_bench_set_word(bench, CODE, 0xf802f7ff); /* bl back by 0x1000 and on by 4 */
	arm7_bench_start(bench, CODE, ARM7_SVC | PSR_T);
	arm7_bench_step(bench);
	cr_expect_eq(r[14], CODE + 4 - 0x1000);
	arm7_bench_step(bench);
	cr_expect_eq(pc(), CODE + 4 - 0x1000 + 4);
	cr_expect_eq(r[14], CODE + 5);
	r[13] = DATA;
	arm7_bench_set_word(bench, DATA, 0x3001);
	thumb(0xbd00); /* pop {pc}: ARMv4 stays in its state whatever bit 0 is */
	cr_expect_eq(pc(), 0x3000);
	cr_expect(bench->cpu.thumb);
}

Test(arm7_exec, banked_registers)
{
	static const uint32_t modes[] = {
	    ARM7_USR, ARM7_FIQ, ARM7_IRQ, ARM7_SVC, ARM7_ABT, ARM7_UND, ARM7_SYS};
	for (uint32_t m = 0; m < 6; m++) {
		arm7tdmi_jump(&bench->cpu, CODE, modes[m] | IF);
		for (uint32_t n = 8; n < 15; n++)
			r[n] = m << 8 | n;
	}
	for (uint32_t m = 0; m < 7; m++) {
		arm7tdmi_jump(&bench->cpu, CODE, modes[m] | IF);
		uint32_t own = m % 6;
		/* r8 to r12 of all but FIQ are shared; UND wrote them last. */
		cr_expect_eq(r[8], (m == 1 ? 1u : 5u) << 8 | 8, "mode %u: r8 %x", m, r[8]);
		cr_expect_eq(r[12], (m == 1 ? 1u : 5u) << 8 | 12);
		cr_expect_eq(r[13], own << 8 | 13, "mode %u: r13 %x", m, r[13]);
		cr_expect_eq(r[14], own << 8 | 14);
	}
}

Test(arm7_exec, user_registers_in_blocks)
{
	arm7tdmi_jump(&bench->cpu, CODE, ARM7_USR);
	r[8] = 8, r[13] = 13, r[14] = 14;
	arm7tdmi_jump(&bench->cpu, CODE, ARM7_FIQ | IF);
	r[8] = 0x88, r[13] = 0xd0, r[14] = 0xe0;
	r[1] = DATA;
	arm(0xe8c16100); /* stm r1, {r8, r13, r14} ^ */
	cr_expect_eq(word(DATA), 8);
	cr_expect_eq(word(DATA + 4), 13);
	cr_expect_eq(word(DATA + 8), 14);
	arm7_bench_set_word(bench, DATA, 0x99);
	arm(0xe8d16100); /* ldm r1, {r8, r13, r14} ^ */
	cr_expect_eq(r[8], 0x88);
	cr_expect_eq(r[13], 0xd0);
	arm7tdmi_jump(&bench->cpu, CODE, ARM7_SYS);
	cr_expect_eq(r[8], 0x99);
	cr_expect_eq(r[13], 13);
}

Test(arm7_exec, status_registers)
{
	arm7tdmi_jump(&bench->cpu, CODE, ARM7_SVC | IF);
	r[0] = 0xffffffff;
	arm(0xe169f000); /* msr spsr_fc, r0 */
	arm(0xe14f2000); /* mrs r2, spsr */
	cr_expect_eq(r[2], PSR_ALL);
	r[0] = 0xa0000000 | ARM7_USR;
	arm(0xe129f000); /* msr cpsr_fc, r0 */
	arm(0xe10f2000);
	cr_expect_eq(r[2], 0xa0000000 | ARM7_USR);
	r[0] = 0x50000000 | ARM7_SVC | IF;
	arm(0xe129f000); /* user mode: flags only */
	arm(0xe10f2000);
	cr_expect_eq(r[2], 0x50000000 | ARM7_USR);
	arm(0xe14f3000); /* no SPSR: the CPSR */
	cr_expect_eq(r[3], r[2]);
	arm(0xe328f20a); /* msr cpsr_f, #0xa0000000 */
	cr_expect_eq(arm7tdmi_cpsr(&bench->cpu), 0xa0000000 | ARM7_USR);
}

Test(arm7_exec, software_interrupt_and_return)
{
	arm7tdmi_jump(&bench->cpu, CODE, PSR_C | ARM7_USR);
	r[14] = 0x77;
	arm7_bench_set_word(bench, 8, 0xe1b0f00e); /* movs pc, lr */
	thumb(0xdf00);
	cr_expect_eq(pc(), 8);
	cr_expect_eq(arm7tdmi_cpsr(&bench->cpu), PSR_C | PSR_I | ARM7_SVC);
	cr_expect_eq(r[14], CODE + 2);
	arm7_bench_step(bench);
	cr_expect_eq(pc(), CODE + 2);
	cr_expect_eq(arm7tdmi_cpsr(&bench->cpu), PSR_C | PSR_T | ARM7_USR);
	cr_expect_eq(r[14], 0x77);
	arm(0xef000000);
	cr_expect_eq(r[14], CODE + 4);
}

Test(arm7_exec, undefined_instruction)
{
	arm7tdmi_jump(&bench->cpu, CODE, ARM7_SYS);
	arm(0xe7f000f0);
	cr_expect_eq(pc(), 4);
	cr_expect_eq(r[14], CODE + 4);
	cr_expect_eq(arm7tdmi_cpsr(&bench->cpu), PSR_I | ARM7_UND);
	arm7tdmi_jump(&bench->cpu, CODE, ARM7_SYS);
	thumb(0xde00);
	cr_expect_eq(r[14], CODE + 2);
	cr_expect_eq(*psr_saved(&bench->cpu), PSR_T | ARM7_SYS);
}

Test(arm7_exec, block_load_returns_from_an_exception)
{
	arm7tdmi_jump(&bench->cpu, CODE, ARM7_IRQ | IF);
	bench->cpu.s.spsr[3] = PSR_V | PSR_T | ARM7_USR;
	arm7_bench_set_word(bench, DATA, 0x2002);
	r[13] = DATA;
	arm(0xe8fd8000); /* ldm sp!, {pc} ^ */
	cr_expect_eq(pc(), 0x2002);
	cr_expect_eq(arm7tdmi_cpsr(&bench->cpu), PSR_V | PSR_T | ARM7_USR);
	arm7tdmi_jump(&bench->cpu, CODE, ARM7_IRQ | IF);
	cr_expect_eq(r[13], DATA + 4);
}

/* TSTP and so on: Rd = 15 in a comparison copies the SPSR, without a jump. */
Test(arm7_exec, comparison_with_r15_restores)
{
	arm7tdmi_jump(&bench->cpu, CODE, ARM7_SVC | IF);
	bench->cpu.s.spsr[1] = PSR_N | ARM7_SYS;
	arm(0xe15ff000); /* cmp pc, r0 with Rd = 15 */
	cr_expect_eq(arm7tdmi_cpsr(&bench->cpu), PSR_N | ARM7_SYS);
	cr_expect_eq(pc(), CODE + 4);
}

/* An opcode that has been fetched is executed, whatever memory holds by then. */
Test(arm7_exec, pipeline)
{
	r[0] = 0xe3a02005; /* mov r2, #5 */
	r[1] = CODE + 8;
	r[2] = 0;
	arm7_bench_set_word(bench, CODE, 0xe5810000); /* str r0, [r1] */
	for (uint32_t k = 1; k < 4; k++)
		arm7_bench_set_word(bench, CODE + 4 * k, 0xe1a00000);
	arm7_bench_start(bench, CODE, ARM7_SVC | IF);
	for (unsigned k = 0; k < 3; k++)
		arm7_bench_step(bench);
	cr_expect_eq(r[2], 0, "the store came too late");
	arm7_bench_set_word(bench, CODE + 8, 0xe1a00000);
	r[1] = CODE + 12;
	arm7_bench_start(bench, CODE, ARM7_SVC | IF);
	for (unsigned k = 0; k < 4; k++)
		arm7_bench_step(bench);
	cr_expect_eq(r[2], 5, "the store was in time");
}

Test(arm7_exec, long_multiplies)
{
	r[1] = 0xffffffff, r[2] = 0xfffffffe;
	arm(0xe0940291); /* umulls r0, r4, r1, r2 */
	cr_expect_eq(r[4], 0xfffffffd);
	cr_expect_eq(r[0], 2);
	cr_expect_eq(arm7tdmi_cpsr(&bench->cpu) & (PSR_N | PSR_Z), PSR_N);
	arm(0xe0d40291); /* smulls */
	cr_expect_eq(r[4], 0);
	cr_expect_eq(r[0], 2);
	cr_expect_eq(arm7tdmi_cpsr(&bench->cpu) & (PSR_N | PSR_Z), 0);
	r[0] = 0xfffffffe, r[4] = 0xffffffff;
	arm(0xe0f40291); /* smlals */
	cr_expect_eq(r[4], 0);
	cr_expect_eq(r[0], 0);
	cr_expect_eq(arm7tdmi_cpsr(&bench->cpu) & (PSR_N | PSR_Z), PSR_Z);
	r[0] = 0xffffffff, r[4] = 1;
	arm(0xe0a40291); /* umlal */
	cr_expect_eq(r[4], 0xffffffff);
	cr_expect_eq(r[0], 1);
	r[3] = 7;
	arm(0xe0203291); /* mla r0, r1, r2, r3 */
	cr_expect_eq(r[0], 9);
}

/* The model of the array is right if what it leaves adds up to the product, however early it stops;
 * its carry word is then given by the recoding. */
Test(arm7_exec, multiplier_array)
{
	struct random random = {1};
	for (unsigned n = 0; n < 200000; n++) {
		uint64_t m = random_next(&random),
			 s = random_next(&random) >> random_below(&random, 64);
		uint64_t addend = random_next(&random);
		bool sign = n & 1;
		m = extend_word((uint32_t)m, sign);
		s = extend_word((uint32_t)s, sign);
		unsigned cycles = multiply_cycles((uint32_t)s, sign);
		struct multiply_array a = multiply_array(m, s, addend, cycles);
		cr_assert_eq(a.sum + a.carry + a.in, m * s + addend, "%lx * %lx", m, s);
	}
}

/* After four cycles the highest bit of the carry word is what completes the last digit, so C says
 * that it is negative: bits 31:30 of the multiplier are 10.  A multiplicand of 0 or a multiplier of
 * 0 carries nothing up there. */
Test(arm7_exec, multiply_sets_carry)
{
	struct random random = {1};
	for (unsigned n = 0; n < 1000; n++) {
		r[0] = (uint32_t)random_next(&random);
		r[1] = (uint32_t)random_next(&random);
		r[2] = (uint32_t)random_next(&random);
		bool expected = r[1] >> 30 == 2;
		if (multiply_cycles(r[1], true) != 4)
			continue;
		arm(0xe0130190); /* muls r3, r0, r1 */
		cr_assert_eq(!!(arm7tdmi_cpsr(&bench->cpu) & PSR_C), expected);
		arm(0xe0332190); /* mlas r3, r0, r1, r2 */
		cr_assert_eq(!!(arm7tdmi_cpsr(&bench->cpu) & PSR_C), expected);
		r[3] = r[1];
		thumb(0x4343); /* muls r3, r0, r3 */
		cr_assert_eq(!!(arm7tdmi_cpsr(&bench->cpu) & PSR_C), expected);
	}
	cr_expect_eq(multiply_carry(0, 0x55, 0, 1, false), 0);
	cr_expect_eq(multiply_carry(UINT64_MAX, 0, 0xffffffff, 1, true), 0);
}

Test(arm7_exec, first_instruction_after_reset)
{
	arm7_bench_set_word(bench, 0, 0xe3a02005); /* mov r2, #5 */
	machine_reset(&bench->m);
	machine_run(&bench->m, 3);
	cr_expect_eq(r[2], 5);
	cr_expect_eq(arm7tdmi_cpsr(&bench->cpu), IF | ARM7_SVC);
	cr_expect_eq(pc(), 4);
}
