/* Two CPUs: the first changes code and mappings, the second runs what is changed.
 *
 * What the first has made visible, an `epoch` says: who reads the epoch and then runs or loads what
 * was changed finds at least that epoch. */
#include "guest.h"

#define DATA   0x80000000u
#define CODE   0x80400000u
#define EPOCHS 25
#define SIGNAL 3 /* the interrupt one CPU sends the other */

static u64 epoch;
static u32 *code;
static u64 *page[2];
static function *volatile job;

/* What the second CPU has seen. */
static volatile struct {
	u64 epoch, rounds, wrong, faults, interrupts;
} remote;

static u64 acquire(const u64 *p)
{
	u64 v;
	__asm__ volatile("ldar %0, [%1]" : "=r"(v) : "r"(p) : "memory");
	return v;
}

static void release(u64 *p, u64 v)
{
	__asm__ volatile("stlr %0, [%1]" : : "r"(v), "r"(p) : "memory");
}

/* --- The second CPU's side --- */

void secondary_main(u64 cpu)
{
	interrupts_init();
	interrupt_enable(SIGNAL);
	INTERRUPTS_ON();
	for (;;) {
		function *f = job;
		if (f) {
			f(0, 0);
			job = NULL;
		}
	}
}

#define LAST (EPOCHS + 1) /* the epoch that ends a job */

static void saw(u64 before, u64 found)
{
	remote.wrong += found < before || found > LAST + 1;
	remote.rounds++;
	remote.epoch = before;
}

/* Calls at `va`; with an ISB between epoch and call, or relying on an interrupt. */
static u64 call_until_last(u64 va, u64 synchronised)
{
	u64 before;
	do {
		before = acquire(&epoch);
		if (synchronised)
			ISB();
		saw(before, call(va, 0, 0));
	} while (before < LAST);
	return 0;
}

static u64 calls(u64 a, u64 b)
{
	return call_until_last((u64)code, true);
}

static u64 mapped_calls(u64 a, u64 b)
{
	return call_until_last(CODE, true);
}

static u64 unsynchronised_calls(u64 a, u64 b)
{
	return call_until_last((u64)code, false);
}

static u64 loads(u64 a, u64 b)
{
	u64 before;
	do {
		before = acquire(&epoch);
		saw(before, load64(DATA + 8 * (before % 512)));
	} while (before < LAST);
	return 0;
}

/* A fault of the second CPU is one of a page being changed: try again. */
static void retry(struct frame *f)
{
	CHECK(cpu_number(), 1);
	CHECK(FAULT_STATUS(f), FAULT_TRANSLATION + 3);
	remote.faults++;
}

static void interprocessor(struct frame *f)
{
	interrupt_end(interrupt_acknowledge());
	remote.interrupts++;
}

/* --- The first CPU's side --- */

static void begin(function *f)
{
	release(&epoch, 0);
	remote.rounds = remote.wrong = remote.faults = remote.epoch = 0;
	on_exception = retry;
	job = f;
}

/* The new state is visible; wait until the second CPU has used it. */
static void publish(u64 n)
{
	release(&epoch, n);
	while (remote.epoch < n)
		;
}

static void end(void)
{
	while (job)
		;
	on_exception = NULL;
	CHECK(remote.wrong, 0);
	CHECK(remote.rounds >= LAST, true);
	say_number("rounds", remote.rounds);
}

/* Cache maintenance by address, and of everything. */
static void clean_line(const void *p)
{
	__asm__ volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish" : : "r"(p) : "memory");
}

static void clean_all(const void *p)
{
	__asm__ volatile("dc cvau, %0\n\tdsb ish\n\tic ialluis\n\tdsb ish" : : "r"(p) : "memory");
}

/* A branch may be changed while another CPU runs it: to one of many functions that each return a
 * number. */
static u32 branch_to(unsigned n)
{
	return 0x14000000u | (2 + 2 * n);
}

static void fill_functions(void)
{
	for (unsigned n = 0; n <= LAST; n++) {
		code[2 + 2 * n] = INSN_MOVZ(0, n);
		code[3 + 2 * n] = INSN_RET;
	}
	code[0] = branch_to(0);
	code_written(code, PAGE_SIZE);
}

static void changed_branch(void (*clean)(const void *p))
{
	fill_functions();
	begin(calls);
	for (unsigned n = 1; n <= LAST; n++) {
		*(volatile u32 *)code = branch_to(n);
		clean(code);
		publish(n);
	}
	end();
}

/* The second CPU runs no ISB, but takes an interrupt, which is as good. */
static void changed_with_interrupt(void)
{
	u64 sent = remote.interrupts;
	fill_functions();
	on_interrupt = interprocessor;
	begin(unsynchronised_calls);
	for (unsigned n = 1; n <= LAST; n++) {
		*(volatile u32 *)code = branch_to(n);
		clean_line(code);
		WRITE_REGISTER(S3_0_C12_C11_5, SIGNAL << 24 | 1 << 1); /* ICC_SGI1R_EL1, to CPU 1 */
		while (remote.interrupts == sent)
			;
		sent = remote.interrupts;
		publish(n);
	}
	end();
	CHECK(sent, LAST);
}

#define KIND_ALL(va)  0
#define KIND_VA(va)   TLBI_VA(va)
#define KIND_VAA(va)  TLBI_VA(va)
#define KIND_ASID(va) 0
#define OPERATION(name, text, argument)                                         \
	static void name(u64 va)                                                \
	{                                                                       \
		__asm__ volatile("dsb ishst\n\ttlbi " text "\n\tdsb ish\n\tisb" \
				 :                                              \
				 : [va] "r"(KIND_##argument(va))                \
				 : "memory");                                   \
	}
OPERATION(vmalle1is, "vmalle1is", ALL)
OPERATION(vae1is, "vae1is, %[va]", VA)
OPERATION(vale1is, "vale1is, %[va]", VA)
OPERATION(vaae1is, "vaae1is, %[va]", VAA)
OPERATION(vaale1is, "vaale1is, %[va]", VAA)
OPERATION(aside1is, "aside1is, %[va]", ASID)
static void (*const operations[])(u64 va) = {
    vmalle1is, vae1is, vale1is, vaae1is, vaale1is, aside1is};

#define POISON UINT64_MAX

static void fill(u64 *p, u64 v)
{
	for (unsigned n = 0; n < PAGE_SIZE / 8; n++)
		((volatile u64 *)p)[n] = v;
}

/* While a page is away, now and then until the second CPU has missed it. */
static void leave_away(unsigned n)
{
	u64 before = remote.faults;
	if (n % 5)
		return;
	while (remote.faults == before)
		;
}

/* Once the old page is gone from every TLB it is poisoned. */
static void changed_mapping(void (*invalidate)(u64 va))
{
	volatile u64 *entry = descriptor(kernel_root, DATA, 3);
	fill(page[0], 0);
	map(DATA, page[0], PAGE_NORMAL | PAGE_NG);
	begin(loads);
	for (unsigned n = 1; n <= LAST; n++) {
		*entry = 0;
		invalidate(DATA);
		leave_away(n);
		fill(page[(n - 1) % 2], POISON);
		fill(page[n % 2], n);
		*entry = (u64)page[n % 2] | PAGE_NORMAL | PAGE_NG;
		DSB();
		publish(n);
	}
	end();
	CHECK(remote.faults >= LAST / 5, true);
	remap(DATA, 0);
}

/* The same with code; what is left in the old page returns POISON. */
static void put_function(u64 *p, u32 word)
{
	((volatile u32 *)p)[0] = word;
	((volatile u32 *)p)[1] = INSN_RET;
	code_written(p, 8);
}

static void changed_code_mapping(void (*invalidate)(u64 va))
{
	volatile u64 *entry = descriptor(kernel_root, CODE, 3);
	put_function(page[0], INSN_MOVZ(0, 0));
	map(CODE, page[0], PAGE_NORMAL | PAGE_NG);
	begin(mapped_calls);
	for (unsigned n = 1; n <= LAST; n++) {
		*entry = 0;
		invalidate(CODE);
		leave_away(n);
		put_function(page[(n - 1) % 2], 0x92800000); /* mov x0, #-1 */
		put_function(page[n % 2], INSN_MOVZ(0, n));
		*entry = (u64)page[n % 2] | PAGE_NORMAL | PAGE_NG;
		DSB();
		publish(n);
	}
	end();
	CHECK(remote.faults >= LAST / 5, true);
	remap(CODE, 0);
}

/* --- The other way round: the second CPU writes what the first one has run --- */

static u64 put_functions(u64 a, u64 b)
{
	for (unsigned n = 1; n <= LAST; n++) {
		put_function(page[0], INSN_MOVZ(0, n));
		release(&epoch, n);
		while (remote.epoch < n)
			;
	}
	return 0;
}

static void written_by_the_second(void)
{
	put_function(page[0], INSN_MOVZ(0, 0));
	begin(put_functions);
	for (unsigned n = 1; n <= LAST; n++) {
		while (acquire(&epoch) < n)
			;
		ISB();
		CHECK(call((u64)page[0], 0, 0), n);
		CHECK(call((u64)page[0], 0, 0), n);
		remote.epoch = n;
	}
	while (job)
		;
	on_exception = NULL;
}

/* --- Both at once: counters --- */

#define ADDITIONS 3000

static u64 counter[3];

static u64 add(u64 a, u64 b)
{
	u64 v, t;
	u32 failed;
	for (unsigned n = 0; n < ADDITIONS; n++) {
		__asm__ volatile("1:	ldaxr %0, [%2]\n\tadd %0, %0, #1\n\tstlxr %w1, %0, [%2]\n"
				 "	cbnz %w1, 1b"
				 : "=&r"(v), "=&r"(failed)
				 : "r"(&counter[0])
				 : "memory");
		__asm__ volatile(".arch_extension lse\n\tldaddal %0, xzr, [%1]"
				 :
				 : "r"(UINT64_C(1)), "r"(&counter[1])
				 : "memory");
		do {
			v = acquire(&counter[2]);
			t = v;
			__asm__ volatile(".arch_extension lse\n\tcasal %0, %1, [%2]"
					 : "+r"(t)
					 : "r"(v + 1), "r"(&counter[2])
					 : "memory");
		} while (t != v);
	}
	return 0;
}

static void counted_together(void)
{
	job = add;
	add(0, 0);
	while (job)
		;
	for (unsigned n = 0; n < COUNT(counter); n++)
		CHECK(counter[n], 2 * ADDITIONS);
}

/* The other CPU's store between a load-exclusive and its store. */
static u64 store_when_told(u64 a, u64 b)
{
	for (unsigned n = 1; n <= LAST; n++) {
		while (acquire(&epoch) < n)
			;
		release(&counter[0], n);
		remote.epoch = n;
	}
	return 0;
}

static void exclusive_lost(void)
{
	u64 v;
	u32 failed;
	begin(store_when_told);
	for (unsigned n = 1; n <= LAST; n++) {
		__asm__ volatile("	ldxr	%0, [%2]\n"
				 "	stlr	%3, [%4]\n"
				 "1:	ldr	x9, [%5]\n"
				 "	cmp	x9, %3\n"
				 "	b.lo	1b\n"
				 "	stxr	%w1, %0, [%2]"
				 : "=&r"(v), "=&r"(failed)
				 : "r"(&counter[0]), "r"((u64)n), "r"(&epoch), "r"(&remote.epoch)
				 : "x9", "cc", "memory");
		CHECK(failed, 1);
		CHECK(counter[0], n);
	}
	while (job)
		;
	on_exception = NULL;
}

int main(void)
{
	code = pages_new(1);
	page[0] = pages_new(1);
	page[1] = pages_new(1);
	interrupts_init();
	secondary_start();
	changed_branch(clean_line);
	changed_branch(clean_all);
	changed_with_interrupt();
	for (unsigned n = 0; n < COUNT(operations); n++) {
		changed_mapping(operations[n]);
		changed_code_mapping(operations[n]);
	}
	written_by_the_second();
	counted_together();
	exclusive_lost();
	return 0;
}
