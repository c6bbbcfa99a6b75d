/* What a page allows changes under running code: read-only, out of EL0's reach, not to be executed,
 * PAN, access flag and dirty state, the latter two by software and by hardware. */
#include "guest.h"

#define DATA     0x80000000u
#define CODE     0x80400000u
#define EL0_DATA (PAGE_NORMAL | PAGE_EL0 | PAGE_NG | PAGE_UXN | PAGE_PXN)
#define EL0_CODE (PAGE_NORMAL | PAGE_EL0 | PAGE_READ_ONLY | PAGE_PXN)

static u64 *data;

static void set_page(u64 va, u64 value)
{
	*(volatile u64 *)descriptor(kernel_root, va, 3) = value;
	TLBI(vaale1, TLBI_VA(va));
}

/* --- A loop over a page that the timer takes away in all ways --- */

/* x0 times: read, write, both as pairs. The words at `x1`: rounds, a sum of them, two that change
 * places. Ends with a word to be replaced. */
extern const u32 loop[], loop_end[];
__asm__(".text\nloop:\n"
	"1:	ldr	x3, [x1]\n"
	"	add	x3, x3, #1\n"
	"	str	x3, [x1], #8\n"
	"	ldr	x4, [x1]\n"
	"	add	x4, x4, x3\n"
	"	str	x4, [x1], #-8\n"
	"	ldp	x4, x5, [x1, #16]\n"
	"	stp	x5, x4, [x1, #16]\n"
	"	ldr	q0, [x1, #32]\n"
	"	str	q0, [x1, #48]\n"
	"	subs	x0, x0, #1\n"
	"	b.ne	1b\n"
	"	ldr	x0, [x1]\n"
	"	nop\n"
	"loop_end:\n");

struct loss {
	u64 value;
	unsigned status; /* of the fault that follows */
};

static const struct loss *losses, *loss;
static unsigned loss_count, changes, faults;
static u64 good_page;

static void take_away(struct frame *f)
{
	loss = &losses[random_next() % loss_count];
	set_page(DATA, loss->value ? (u64)data | loss->value : 0);
	changes++;
	timer_again(10 + random_next() % 10);
}

static void give_back(struct frame *f)
{
	CHECK(EXCEPTION_CLASS(f), f->vector >= 8 ? EC_DATA_ABORT_EL0 : EC_DATA_ABORT);
	CHECK(FAULT_STATUS(f), loss->status + 3);
	CHECK(f->far - DATA < 64, true);
	set_page(DATA, good_page);
	faults++;
}

static void clear(void)
{
	for (unsigned n = 0; n < 8; n++)
		((volatile u64 *)data)[n] = n * 0x0101010101010101;
	data[0] = data[1] = 0;
}

static void check_results(u64 rounds)
{
	CHECK(data[0], rounds);
	CHECK(data[1], rounds * (rounds + 1) / 2);
	CHECK(data[2], 0x0202020202020202);
	CHECK(data[3], 0x0303030303030303);
	CHECK(data[6], data[4]);
	CHECK(faults == changes || faults + 1 == changes, true);
	CHECK(faults > 50, true);
	say_number("faults", faults);
}

static void start_losing(const struct loss *table, unsigned count, u64 attributes)
{
	clear();
	losses = table;
	loss_count = count;
	changes = faults = 0;
	good_page = (u64)data | attributes;
	map(DATA, data, attributes);
	on_exception = give_back;
	timer_start(take_away, 10);
}

static void stop_losing(void)
{
	INTERRUPTS_OFF();
	timer_stop();
	on_exception = NULL;
	remap(DATA, 0);
}

#define ROUNDS 4000

static void taken_from_el1(u32 *code)
{
	static const struct loss table[] = {
	    {0, FAULT_TRANSLATION},
	    {PAGE_NORMAL | PAGE_READ_ONLY, FAULT_PERMISSION},
	    {PAGE_NORMAL & ~PAGE_ACCESSED, FAULT_ACCESS_FLAG},
	};
	code[loop_end - loop - 1] = INSN_RET;
	code_written(code, PAGE_SIZE);
	start_losing(table, COUNT(table), PAGE_NORMAL);
	INTERRUPTS_ON();
	CHECK(call((u64)code, ROUNDS, DATA), ROUNDS);
	stop_losing();
	check_results(ROUNDS);
}

static void taken_from_el0(u32 *code)
{
	static const struct loss table[] = {
	    {0, FAULT_TRANSLATION},
	    {EL0_DATA | PAGE_READ_ONLY, FAULT_PERMISSION},
	    {EL0_DATA & ~PAGE_EL0, FAULT_PERMISSION},
	    {EL0_DATA & ~PAGE_ACCESSED, FAULT_ACCESS_FLAG},
	};
	code[loop_end - loop - 1] = INSN_SVC0;
	code_written(code, PAGE_SIZE);
	map(CODE, code, EL0_CODE);
	start_losing(table, COUNT(table), EL0_DATA);
	CHECK(call_el0((void *)(u64)CODE, ROUNDS, DATA), ROUNDS);
	stop_losing();
	check_results(ROUNDS);
	remap(CODE, 0);
}

/* --- The loop's own page, not to be executed --- */

static u64 own_page;

static void forbid_code(struct frame *f)
{
	bool el0 = f->vector >= 8;
	u64 to[2] = {own_page | (el0 ? PAGE_UXN : PAGE_PXN), 0};
	set_page(CODE, to[changes++ % 2]);
	timer_again(10 + random_next() % 10);
}

static void allow_code(struct frame *f)
{
	bool el0 = f->vector >= 8;
	CHECK(EXCEPTION_CLASS(f), el0 ? EC_FETCH_ABORT_EL0 : EC_FETCH_ABORT);
	CHECK(FAULT_STATUS(f), (changes & 1 ? FAULT_PERMISSION : FAULT_TRANSLATION) + 3);
	CHECK(f->far, f->elr);
	set_page(CODE, own_page);
	faults++;
}

static void code_taken(u32 *code, bool el0)
{
	clear();
	changes = faults = 0;
	code[loop_end - loop - 1] = el0 ? INSN_SVC0 : INSN_RET;
	code_written(code, PAGE_SIZE);
	own_page = (u64)code | (el0 ? EL0_CODE : PAGE_NORMAL);
	set_page(CODE, own_page);
	map(DATA, data, el0 ? EL0_DATA : PAGE_NORMAL);
	on_exception = allow_code;
	timer_start(forbid_code, 10);
	if (el0) {
		CHECK(call_el0((void *)(u64)CODE, ROUNDS, DATA), ROUNDS);
	} else {
		INTERRUPTS_ON();
		CHECK(call(CODE, ROUNDS, DATA), ROUNDS);
	}
	stop_losing();
	set_page(CODE, 0);
	check_results(ROUNDS);
}

/* --- Calls of a page that may not be executed, for every reason there is --- */

#define WXN (UINT64_C(1) << 19)

static void return_at_once(struct frame *f)
{
	skip_instruction(f);
	f->elr = f->x[30];
}

/* How many of ten calls come back with an exception. */
static u64 refused_calls(u64 attributes, u32 *code)
{
	taken_count = 0;
	set_page(CODE, (u64)code | attributes);
	for (unsigned n = 0; n < 10; n++)
		call(CODE, 1, (u64)data);
	return taken_count;
}

/* With WXN nothing writable is executed, so our own code must not be. */
extern char _start[], code_end[];
static void set_wxn(bool on)
{
	WRITE_REGISTER(sctlr_el1, SCTLR);
	ISB();
	for (u64 at = (u64)_start; at < (u64)code_end; at += PAGE_SIZE)
		*descriptor(kernel_root, at, 3) = at | PAGE_NORMAL | (on ? PAGE_READ_ONLY : 0);
	TLBI_ALL(vmalle1);
	WRITE_REGISTER(sctlr_el1, on ? SCTLR | WXN : SCTLR);
	ISB();
}

static void never_executed(u32 *code)
{
	code[loop_end - loop - 1] = INSN_RET;
	code_written(code, PAGE_SIZE);
	on_exception = return_at_once;
	for (unsigned n = 0; n < 20; n++) {
		CHECK(refused_calls(PAGE_NORMAL, code), 0);
		CHECK(refused_calls(PAGE_NORMAL | PAGE_PXN, code), 10);
		CHECK(refused_calls(PAGE_NORMAL | PAGE_UXN, code), 0);
		/* What EL0 may write EL1 does not execute. */
		CHECK(refused_calls(PAGE_NORMAL | PAGE_EL0, code), 10);
		CHECK(refused_calls(PAGE_NORMAL | PAGE_EL0 | PAGE_READ_ONLY, code), 0);
		set_wxn(true);
		CHECK(refused_calls(PAGE_NORMAL | PAGE_READ_ONLY, code), 0);
		CHECK(refused_calls(PAGE_NORMAL, code), 10);
		set_wxn(false);
		CHECK(EXCEPTION_CLASS(&taken), EC_FETCH_ABORT);
		CHECK(FAULT_STATUS(&taken), FAULT_PERMISSION + 3);
		CHECK(taken.far, CODE);
	}
	on_exception = NULL;
	set_page(CODE, 0);
}

/* --- PAN, and accesses as EL0 --- */

/* x0 rounds over the page at x1, with PAN off and on in turn; counts the loads that succeed. */
static u64 with_pan(u64 rounds)
{
	u64 sum = 0, v;
	__asm__ volatile("1:	tst	%[n], #1\n"
			 "	b.eq	2f\n"
			 "	msr	pan, #1\n"
			 "	b	3f\n"
			 "2:	msr	pan, #0\n"
			 "3:	mov	%[v], #0\n"
			 "	ldr	%[v], [%[page]]\n" /* skipped if it faults */
			 "	add	%[sum], %[sum], %[v]\n"
			 "	ldtr	%[v], [%[page]]\n" /* as EL0, so never */
			 "	add	%[sum], %[sum], %[v], lsl #32\n"
			 "	subs	%[n], %[n], #1\n"
			 "	b.ne	1b\n"
			 "	msr	pan, #0"
			 : [sum] "+r"(sum), [v] "=&r"(v), [n] "+r"(rounds)
			 : [page] "r"((u64)DATA)
			 : "cc", "memory");
	return sum;
}

/* The same with UAO: LDTR is then an access of EL1. */
static u64 with_uao(u64 rounds)
{
	u64 sum = 0, v;
	__asm__ volatile("1:	tst	%[n], #1\n"
			 "	cset	%[v], ne\n"
			 "	lsl	%[v], %[v], #23\n"
			 "	msr	S3_0_C4_C2_4, %[v]\n" /* UAO */
			 "	mov	%[v], #0\n"
			 "	ldtr	%[v], [%[page]]\n" /* skipped if it faults */
			 "	add	%[sum], %[sum], %[v]\n"
			 "	subs	%[n], %[n], #1\n"
			 "	b.ne	1b\n"
			 "	msr	S3_0_C4_C2_4, xzr"
			 : [sum] "+r"(sum), [v] "=&r"(v), [n] "+r"(rounds)
			 : [page] "r"((u64)DATA)
			 : "cc", "memory");
	return sum;
}

static void privileged_access(void)
{
	data[0] = 1;
	on_exception = skip_instruction;
	map(DATA, data, EL0_DATA);
	taken_count = 0;
	CHECK(with_pan(1000), 1000 * (UINT64_C(1) << 32) + 500);
	CHECK(taken_count, 500);
	CHECK(FAULT_STATUS(&taken), FAULT_PERMISSION + 3);
	CHECK(taken.far, DATA);
	remap(DATA, (u64)data | PAGE_NORMAL); /* EL1's: no PAN for it, and no LDTR without UAO */
	taken_count = 0;
	CHECK(with_uao(1000), 500);
	CHECK(taken_count, 500);
	remap(DATA, 0);
	on_exception = NULL;
}

/* --- Access flag and dirty state --- */

static void set_access_flag(struct frame *f)
{
	CHECK(FAULT_STATUS(f), FAULT_ACCESS_FLAG + 3);
	*(volatile u64 *)descriptor(kernel_root, f->far, 3) |= PAGE_ACCESSED;
	synchronise(); /* and no TLBI: such an entry is in no TLB */
	faults++;
}

/* A page that grows old every 20 loads. */
static void access_flag_by_software(void)
{
	volatile u64 *entry = descriptor(kernel_root, DATA, 3);
	u64 sum = 0;
	faults = 0;
	data[0] = 1;
	map(DATA, data, PAGE_NORMAL);
	on_exception = set_access_flag;
	for (unsigned n = 0; n < 2000; n++) {
		if (n % 20 == 0)
			set_page(DATA, *entry & ~PAGE_ACCESSED);
		sum += load64(DATA);
	}
	CHECK(sum, 2000);
	CHECK(faults, 100);
	on_exception = NULL;
	remap(DATA, 0);
}

/* The same where hardware sets the flag: seen in the table, at loads, stores and fetches. */
static void access_flag_by_hardware(u32 *code)
{
	volatile u64 *entry = descriptor(kernel_root, DATA, 3);
	volatile u64 *code_entry = descriptor(kernel_root, CODE, 3);
	u64 tcr = READ_REGISTER(tcr_el1);
	WRITE_REGISTER(tcr_el1, tcr | TCR_HA);
	ISB();
	for (unsigned n = 0; n < 300; n++) {
		set_page(DATA, ((u64)data | PAGE_NORMAL) & ~PAGE_ACCESSED);
		set_page(CODE, ((u64)code | PAGE_NORMAL) & ~PAGE_ACCESSED);
		CHECK(*entry & PAGE_ACCESSED, 0);
		if (n & 1)
			store64(DATA + 64, n);
		else
			load64(DATA + 64);
		CHECK(*entry, (u64)data | PAGE_NORMAL);
		CHECK(*code_entry & PAGE_ACCESSED, 0);
		call(CODE, 1, (u64)data);
		CHECK(*code_entry, (u64)code | PAGE_NORMAL);
	}
	WRITE_REGISTER(tcr_el1, tcr);
	ISB();
	set_page(DATA, 0);
	set_page(CODE, 0);
}

/* A clean page becomes dirty with the first store, and only with a store; cleaned in the middle of
 * a loop it becomes dirty again. */
static void dirty_state_by_hardware(void)
{
	volatile u64 *entry = descriptor(kernel_root, DATA, 3);
	u64 tcr = READ_REGISTER(tcr_el1), clean = PAGE_NORMAL | PAGE_DBM | PAGE_READ_ONLY,
	    dirtied = 0;
	WRITE_REGISTER(tcr_el1, tcr | TCR_HA | TCR_HD);
	ISB();
	set_page(DATA, (u64)data | clean);
	for (unsigned n = 0; n < 2000; n++) {
		load64(DATA);
		if (n % 20 == 10) {
			CHECK(*entry, (u64)data | clean);
			store64(DATA, n);
			dirtied += *entry == ((u64)data | PAGE_NORMAL | PAGE_DBM);
		} else if (n % 20 > 10) {
			store64(DATA + 8, n);
		} else if (n % 20 == 0) {
			set_page(DATA, *entry | PAGE_READ_ONLY);
		}
	}
	CHECK(dirtied, 100);
	/* Without DBM it is a fault, as ever. */
	on_exception = skip_instruction;
	taken_count = 0;
	set_page(DATA, ((u64)data | clean) & ~PAGE_DBM);
	store64(DATA, 0);
	CHECK(taken_count, 1);
	on_exception = NULL;
	WRITE_REGISTER(tcr_el1, tcr);
	ISB();
	set_page(DATA, 0);
}

int main(void)
{
	u32 *code = code_copy(loop, loop_end);
	data = pages_new(1);
	taken_from_el1(code);
	taken_from_el0(code);
	code_taken(code, false);
	code_taken(code, true);
	never_executed(code);
	privileged_access();
	access_flag_by_software();
	access_flag_by_hardware(code);
	dirty_state_by_hardware();
	return 0;
}
