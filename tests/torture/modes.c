/* The same instructions in one mode after the other, and instructions that fault in the middle of a
 * hot block: stack pointers, exception levels, cache operations, the ends of what can be executed.
 */
#include "guest.h"

#define DATA     0x80000000u
#define CODE     0x80400000u
#define EL0_DATA (PAGE_NORMAL | PAGE_EL0 | PAGE_NG | PAGE_UXN | PAGE_PXN)
#define EL0_CODE (PAGE_NORMAL | PAGE_EL0 | PAGE_READ_ONLY | PAGE_PXN)

#define EC_SYSTEM       0x18
#define EC_PC_ALIGNMENT 0x22
#define EC_SP_ALIGNMENT 0x26
#define EC_BRK          0x3c

static void expect(u64 count, unsigned class)
{
	CHECK(taken_count, count);
	if (count)
		CHECK(EXCEPTION_CLASS(&taken), class);
	taken_count = 0;
}

/* --- Stack pointers --- */

/* x0 = SP_EL0, and then what x1 is. */
u64 stack_pointer(u64 unused, u64 value);
/* Calls it with PSTATE.SP = 0 where x2 is, without a stack. */
u64 with_sp0(u64 a, u64 b);
__asm__(".text\n"
	"stack_pointer:\n"
	"	mov	x0, #0\n"
	"	mrs	x0, sp_el0\n"
	"	msr	sp_el0, x1\n"
	"	ret\n"
	"with_sp0:\n"
	"	mov	x9, x30\n"
	"	msr	spsel, #0\n"
	"	bl	stack_pointer\n"
	"	msr	spsel, #1\n"
	"	ret	x9\n");

/* SP_EL0 cannot be named while it is the stack pointer. */
static void selected_stack_pointer(void)
{
	WRITE_REGISTER(sp_el0, 0x1110);
	for (unsigned n = 0; n < 100; n++) {
		u64 before = 0x1110 + 16 * n;
		CHECK(stack_pointer(0, before + 16), before);
		expect(0, 0);
		with_sp0(0, 0x5550);
		expect(2, EC_UNKNOWN);
		CHECK(READ_REGISTER(sp_el0), before + 16);
	}
}

/* A load relative to a misaligned SP, with the check on and off. x0 becomes what was loaded. */
u64 load_from_sp(u64 sp);
__asm__(".text\n"
	"load_from_sp:\n"
	"	mov	x9, sp\n"
	"	mov	x1, x0\n"
	"	mov	x0, #0\n"
	"	mov	sp, x1\n"
	"	ldr	x0, [sp]\n"
	"	mov	sp, x9\n"
	"	ret\n");

#define SCTLR_SA (1u << 3)

/* At EL1 with SP_EL0, so that the exception has a good stack. */
static void misaligned_stack_pointer(void)
{
	static u64 words[4] __attribute__((aligned(16))) = {1, 2, 3, 4};
	for (unsigned n = 0; n < 100; n++) {
		bool checked = n & 1;
		u64 good, bad;
		WRITE_REGISTER(sctlr_el1, checked ? SCTLR : SCTLR & ~SCTLR_SA);
		ISB();
		__asm__ volatile("	mov	x0, %[words]\n"
				 "	msr	spsel, #0\n"
				 "	bl	load_from_sp\n"
				 "	mov	%[good], x0\n"
				 "	add	x0, %[words], #8\n"
				 "	bl	load_from_sp\n"
				 "	mov	%[bad], x0\n"
				 "	msr	spsel, #1"
				 : [good] "=&r"(good), [bad] "=&r"(bad)
				 : [words] "r"(words)
				 : "x0", "x1", "x9", "x30", "memory");
		CHECK(good, 1);
		CHECK(bad, checked ? 0 : 2);
		expect(checked, EC_SP_ALIGNMENT);
	}
	WRITE_REGISTER(sctlr_el1, SCTLR);
	ISB();
}

/* --- One page of code for both levels --- */

/* Counts in x0 what EL1 may and EL0 may not; each fault is skipped. Ends with a word to be
 * replaced. */
extern const u32 privileged[], privileged_end[];
__asm__(".text\nprivileged:\n"
	"	mov	x2, #0\n"
	"	mrs	x2, daif\n" /* trapped: SCTLR_EL1.UMA is 0 */
	"	mov	x2, #0\n"
	"	mrs	x2, tpidr_el1\n" /* undefined */
	"	add	x0, x0, x2\n"
	"	mov	x2, #0\n"
	"	mrs	x2, tpidrro_el0\n" /* allowed */
	"	add	x0, x0, x2\n"
	"	msr	tpidr_el0, x0\n"
	"	mov	x2, #0\n"
	"	ldr	x2, [x1]\n" /* EL1's page */
	"	add	x0, x0, x2\n"
	"	fmov	d0, x2\n" /* trapped at EL0 */
	"	nop\n"
	"privileged_end:\n");

/* It ends with an SVC that is skipped and a word that leads to each level's way back. */
static void go_on_behind(struct frame *f)
{
	taken = *f;
	taken_count++;
	if (EXCEPTION_CLASS(f) != EC_SVC)
		f->elr += 4;
}

static void shared_page(void)
{
	u64 *data = pages_new(1);
	u32 *code = code_copy(privileged, privileged_end);
	u64 count = (u64)(privileged_end - privileged);
	code[count - 1] = 0xd4000021; /* svc #1 */
	code[count] = 0xb4000042;     /* cbz x2, to the SVC: EL0 has loaded nothing */
	code[count + 1] = INSN_RET;
	code[count + 2] = INSN_SVC0;
	code_written(code, PAGE_SIZE);
	data[0] = 0x1000;
	WRITE_REGISTER(tpidr_el1, 0x100);
	WRITE_REGISTER(tpidrro_el0, 0x10);
	on_exception = go_on_behind;
	map(DATA, data, PAGE_NORMAL);
	map(CODE, code, EL0_CODE & ~PAGE_PXN);
	WRITE_REGISTER(cpacr_el1, 1 << 20);
	ISB();
	for (unsigned n = 0; n < 200; n++) {
		bool low = n % 3 == 0;
		u64 sum = low ? call_el0((void *)(u64)CODE, 1, DATA) : call(CODE, 1, DATA);
		CHECK(sum, low ? 0x11 : 0x1111);
		expect(low ? 5 : 1, EC_SVC);
	}
	WRITE_REGISTER(cpacr_el1, 3 << 20);
	ISB();
	on_exception = skip_instruction;
	remap(CODE, 0);
	remap(DATA, 0);
}

/* --- Exclusives --- */

/* 1 if the store-exclusive to `to` after a load-exclusive from `from` and what is in between fails.
 */
#define EXCLUSIVE(between)                                                                      \
	static u64 exclusive_##between(const u64 *from, u64 *to)                                \
	{                                                                                       \
		u64 v, failed;                                                                  \
		__asm__ volatile("ldxr %0, [%2]\n\t" between_##between "\n\tstxr %w1, %0, [%3]" \
				 : "=&r"(v), "=&r"(failed)                                      \
				 : "r"(from), "r"(to)                                           \
				 : "memory");                                                   \
		return failed;                                                                  \
	}
#define between_nothing   ""
#define between_exception "svc #5"
#define between_clearing  "clrex"
EXCLUSIVE(nothing)
EXCLUSIVE(exception)
EXCLUSIVE(clearing)

static void exclusives(void)
{
	static u64 words[64];
	on_exception = go_on_behind;
	for (unsigned n = 0; n < 100; n++) {
		CHECK(exclusive_nothing(&words[n % 64], &words[n % 64]), 0);
		/* The return from an exception clears the monitor; another address is not watched
		 * (that is open to the machine; this one's monitor knows the address). */
		CHECK(exclusive_exception(&words[n % 64], &words[n % 64]), 1);
		expect(1, EC_SVC);
		CHECK(exclusive_clearing(&words[n % 64], &words[n % 64]), 1);
		CHECK(exclusive_nothing(&words[n % 64], &words[(n + 1) % 64]), 1);
	}
	on_exception = skip_instruction;
}

/* --- Cache operations by address --- */

#define ISS_CACHE (1u << 8)

static void check_operation(u64 va, u64 count, u64 status, u64 iss)
{
	CHECK(taken_count, count);
	if (count) {
		CHECK(taken.far, va);
		CHECK(taken.esr, (u64)EC_DATA_ABORT << 26 | 1 << 25 | 1 << 6 | iss | status);
	}
	taken_count = 0;
}

#define OPERATE(name, va) __asm__ volatile(name ", %0" : : "r"(va) : "memory")

static void cache_operations(void)
{
	u64 *data = pages_new(1), va = DATA + 0x7c; /* in the middle of a line */
	for (unsigned n = 0; n < 50; n++) {
		u64 iss = ISS_CACHE, unmapped = FAULT_TRANSLATION + 3;
		OPERATE("dc cvau", va);
		check_operation(va, 1, unmapped, iss);
		OPERATE("ic ivau", va);
		check_operation(va, 1, unmapped, iss);
		OPERATE("dc civac", va);
		check_operation(va, 1, unmapped, iss);
		OPERATE("dc zva", va);
		check_operation(va, 1, unmapped, 0);
		map(DATA, data, PAGE_NORMAL | PAGE_READ_ONLY);
		OPERATE("dc cvau", va);
		check_operation(va, 0, 0, 0);
		OPERATE("dc zva", va);
		check_operation(va, 1, FAULT_PERMISSION + 3, 0);
		remap(DATA, (u64)data | PAGE_NORMAL | PAGE_DEVICE);
		OPERATE("dc zva", va);
		check_operation(va, 1, FAULT_ALIGNMENT, 0);
		remap(DATA, (u64)data | PAGE_NORMAL);
		for (unsigned k = 0; k < 32; k++)
			data[k] = 1;
		OPERATE("dc zva", va);
		check_operation(va, 0, 0, 0);
		for (unsigned k = 0; k < 32; k++)
			CHECK(data[k], k < 8 || k >= 16);
		remap(DATA, 0);
	}
}

/* --- Where execution ends --- */

static void return_to_caller(struct frame *f)
{
	skip_instruction(f);
	f->elr = f->x[30];
}

/* A run of NOPs over the end of a page into one that is there, that is not, that may not be run. */
static void fall_through(void)
{
	u32 *pages = pages_new(2);
	for (unsigned n = 0; n < 1024; n++)
		pages[n] = INSN_NOP;
	pages[1024] = INSN_MOVZ(0, 5);
	pages[1025] = INSN_RET;
	code_written(pages, 2 * PAGE_SIZE);
	map(CODE, pages, PAGE_NORMAL);
	on_exception = return_to_caller;
	for (unsigned n = 0; n < 99; n++) {
		u64 values[3] = {PAGE_NORMAL | (u64)(pages + 1024), 0,
		    PAGE_NORMAL | PAGE_PXN | (u64)(pages + 1024)};
		remap(CODE + PAGE_SIZE, values[n % 3]);
		CHECK(call(CODE + PAGE_SIZE - 40, 1, 0), n % 3 ? 1 : 5);
		CHECK(taken.elr == CODE + PAGE_SIZE && taken.far == taken.elr, n > 0);
		expect(n % 3 != 0, EC_FETCH_ABORT);
	}
	remap(CODE, 0);
	remap(CODE + PAGE_SIZE, 0);
}

/* A misaligned target, an undefined word and BRK, each in code that was good before. */
static void bad_instructions(void)
{
	u32 *f = pages_new(1);
	static const u32 words[] = {INSN_NOP, 0, 0xd4200000, 0xd5380000 | 31 << 5};
	static const u8 class[] = {0, EC_UNKNOWN, EC_BRK, 0};
	on_exception = skip_instruction;
	for (unsigned n = 0; n < 90; n++) {
		unsigned k = n % 3;
		f[0] = INSN_ADD(0, 0, 1);
		f[1] = words[k];
		f[2] = INSN_ADD(0, 0, 2);
		f[3] = INSN_RET;
		code_written(f, 16);
		CHECK(call((u64)f, 1, 0), 4);
		if (k)
			CHECK(taken.elr, f + 1);
		expect(k != 0, class[k]);
	}
	on_exception = return_to_caller;
	call((u64)f + 2, 1, 0);
	CHECK(taken.elr, (u64)f + 2);
	CHECK(taken.far, (u64)f + 2);
	expect(1, EC_PC_ALIGNMENT);
}

/* With its top byte ignored an address is stripped of it when it becomes the PC. */
static void tagged_branch(void)
{
	static const u32 where[] = {0x10000000, INSN_RET}; /* adr x0, . */
	u64 tcr = READ_REGISTER(tcr_el1);
	u32 *f = code_copy(where, where + 2);
	WRITE_REGISTER(tcr_el1, tcr | TCR_TBI0);
	ISB();
	TLBI_ALL(vmalle1);
	for (u64 tag = 0; tag < 100; tag++)
		CHECK(call((u64)f | tag << 56, 0, 0), f);
	WRITE_REGISTER(tcr_el1, tcr);
	ISB();
	TLBI_ALL(vmalle1);
}

int main(void)
{
	on_exception = skip_instruction;
	selected_stack_pointer();
	misaligned_stack_pointer();
	shared_page();
	exclusives();
	cache_operations();
	fall_through();
	bad_instructions();
	tagged_branch();
	return 0;
}
