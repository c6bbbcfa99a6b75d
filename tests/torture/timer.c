/* The timer's interrupt at every instruction of a loop, whose handler overwrites flags, vectors and
 * floating-point status; and never where interrupts are masked. */
#include "mixed.h"

#define CODE     0x80400000u
#define DATA     0x80000000u
#define ROUNDS   800
#define EL0_DATA (PAGE_NORMAL | PAGE_EL0 | PAGE_NG | PAGE_UXN | PAGE_PXN)
#define EL0_CODE (PAGE_NORMAL | PAGE_EL0 | PAGE_READ_ONLY | PAGE_PXN)

static u64 seen[64]; /* interrupts at each instruction */
static u64 interrupts, sequence, code_at;

/* Spoils what the handler has to preserve, after having kept it. */
static void spoil(void)
{
	static u64 vectors[64] __attribute__((aligned(16)));
	u64 fpcr = READ_REGISTER(fpcr), fpsr = READ_REGISTER(fpsr);
	__asm__ volatile("	stp	q0, q1, [%0]\n"
			 "	stp	q2, q3, [%0, #32]\n"
			 "	stp	q4, q5, [%0, #64]\n"
			 "	stp	q6, q7, [%0, #96]\n"
			 "	msr	fpcr, %1\n"
			 "	fmov	d0, #1.0\n"
			 "	fmov	d1, xzr\n"
			 "	fdiv	d2, d0, d1\n" /* sets DZC */
			 "	fdiv	d3, d1, d1\n" /* sets IOC */
			 "	movi	v4.16b, #0xa5\n"
			 "	movi	v5.16b, #0x5a\n"
			 "	fcmp	d0, d1\n"
			 "	ldp	q0, q1, [%0]\n"
			 "	ldp	q2, q3, [%0, #32]\n"
			 "	ldp	q4, q5, [%0, #64]\n"
			 "	ldp	q6, q7, [%0, #96]\n"
			 :
			 : "r"(vectors), "r"((u64)3 << 22)
			 : "cc", "memory");
	CHECK(READ_REGISTER(fpsr) & 3, 3);
	WRITE_REGISTER(fpcr, fpcr);
	WRITE_REGISTER(fpsr, fpsr);
}

static void note(struct frame *f)
{
	u64 at = (f->elr - code_at) / 4;
	if (at < COUNT(seen))
		seen[at]++;
	interrupts++;
	sequence = (sequence ^ f->elr) * 0x100000001b3;
	sequence = (sequence ^ f->spsr) * 0x100000001b3;
	spoil();
	for (u64 n = random_next() % 16; n; n--)
		__asm__ volatile("nop");
	timer_again(1 + random_next() % 3);
}

static void count(struct frame *f)
{
	interrupts++;
}

static void start(u64 code)
{
	memset(seen, 0, sizeof seen);
	interrupts = 0;
	code_at = code;
	timer_start(note, 2);
}

static void check_all_seen(void)
{
	INTERRUPTS_OFF();
	timer_stop();
	for (u64 n = (u64)(mixed_loop - mixed); n < (u64)(mixed_loop_end - mixed); n++)
		CHECK(seen[n] ? 0 : n, 0);
	say_number("interrupts", interrupts);
	say_number("sequence", sequence);
}

static void at_el1(const struct mixed *model)
{
	static struct mixed m;
	u32 *code = mixed_copy(INSN_RET);
	mixed_start(&m);
	start((u64)code);
	INTERRUPTS_ON();
	CHECK(call((u64)code, ROUNDS, (u64)&m), ROUNDS);
	check_all_seen();
	CHECK(mixed_same(&m, model), true);
}

static void at_el0(const struct mixed *model)
{
	struct mixed *m = pages_new(1);
	u32 *code = mixed_copy(INSN_SVC0);
	mixed_start(m);
	map(CODE, code, EL0_CODE);
	map(DATA, m, EL0_DATA);
	start(CODE);
	CHECK(call_el0((void *)(u64)CODE, ROUNDS, DATA), ROUNDS);
	check_all_seen();
	CHECK(mixed_same(m, model), true);
	remap(CODE, 0);
	remap(DATA, 0);
}

/* --- Masked stretches --- */

/* x0 rounds: masked between `masked_from` and `masked_to`, by each way there is of masking. */
extern const u32 masking[], masked_a[], unmasked_a[], masked_b[], unmasked_b[], masking_end[];
__asm__(".text\nmasking:\n"
	"	mrs	x2, daif\n"
	"	orr	x3, x2, #0x80\n"
	"1:	add	x4, x4, #1\n"
	"	msr	daifset, #2\n"
	"masked_a:\n"
	"	eor	x5, x5, x4\n"
	"	ror	x5, x5, #3\n"
	"	add	x5, x5, x4\n"
	"	eor	x5, x5, x4, lsl #3\n"
	"	ror	x5, x5, #3\n"
	"	add	x5, x5, x4\n"
	"	eor	x5, x5, x4, lsl #7\n"
	"	msr	daifclr, #2\n"
	"unmasked_a:\n"
	"	add	x4, x4, #1\n"
	"	eor	x5, x5, x4\n"
	"	msr	daif, x3\n"
	"masked_b:\n"
	"	eor	x5, x5, x4\n"
	"	ror	x5, x5, #3\n"
	"	add	x5, x5, x4\n"
	"	ror	x5, x5, #3\n"
	"	msr	daif, x2\n"
	"unmasked_b:\n"
	"	subs	x0, x0, #1\n"
	"	b.ne	1b\n"
	"	ret\n"
	"masking_end:\n");

static void masked(void)
{
	u64 at_unmasking;
	start((u64)masking);
	INTERRUPTS_ON();
	call((u64)masking, ROUNDS, 0);
	INTERRUPTS_OFF();
	timer_stop();
	for (const u32 *p = masked_a; p < unmasked_a; p++)
		CHECK(seen[p - masking], 0);
	for (const u32 *p = masked_b; p < unmasked_b; p++)
		CHECK(seen[p - masking], 0);
	for (const u32 *p = unmasked_a; p < masked_b; p++)
		CHECK(seen[p - masking] > 0, true);
	/* What came in between waits there. */
	at_unmasking = seen[unmasked_a - masking] + seen[unmasked_b - masking];
	CHECK(at_unmasking > interrupts / 3, true);
	say_number("masked sequence", sequence);
}

/* --- Waiting --- */

static void waiting(void)
{
	u64 counter = READ_REGISTER(cntvct_el0);
	interrupts = 0;
	timer_start(count, 1000);
	for (unsigned n = 0; n < 100; n++) {
		timer_again(1000 + n);
		__asm__ volatile("wfi" : : : "memory");
		CHECK(interrupts, n);
		INTERRUPTS_ON();
		INTERRUPTS_OFF();
		CHECK(interrupts, n + 1);
	}
	timer_stop();
	CHECK(READ_REGISTER(cntvct_el0) - counter > 100 * 1000, true);
}

int main(void)
{
	static struct mixed model;
	mixed_model(&model, ROUNDS);
	at_el1(&model);
	at_el0(&model);
	masked();
	waiting();
	return 0;
}
