/* The runtime of the torture programs; see guest.h. */
#include "guest.h"

/* What the compiler may call. */
void *memcpy(void *to, const void *from, size_t n)
{
	size_t k = 0;
	for (; ((u64)to | (u64)from) % 8 == 0 && k + 8 <= n; k += 8)
		*(u64 *)((u8 *)to + k) = *(const u64 *)((const u8 *)from + k);
	for (; k < n; k++)
		((u8 *)to)[k] = ((const u8 *)from)[k];
	return to;
}

void *memset(void *to, int byte, size_t n)
{
	for (size_t k = 0; k < n; k++)
		((u8 *)to)[k] = (u8)byte;
	return to;
}

/* --- Output: a PL011, and PSCI to end --- */

enum { UART = 0x09000000, UART_FLAGS = 0x18, UART_LINE = 0x2c, UART_CONTROL = 0x30 };
#define UART_FULL       (1u << 5)
#define UART_FIFO_8BIT  0x70
#define UART_TRANSMIT   0x101
#define PSCI_SYSTEM_OFF 0x84000008u
#define PSCI_CPU_ON     0xc4000003u

static volatile u32 *device(u64 at)
{
	return (volatile u32 *)at;
}

static void say(const char *text)
{
	for (; *text; text++) {
		while (*device(UART + UART_FLAGS) & UART_FULL)
			;
		*device(UART) = (u8)*text;
	}
}

static void say_in(u64 value, unsigned base)
{
	char text[24];
	unsigned at = sizeof text - 1;
	text[at] = 0;
	do
		text[--at] = "0123456789abcdef"[value % base];
	while (value /= base);
	say(base == 16 ? "0x" : "");
	say(text + at);
}

void say_number(const char *name, u64 value)
{
	say(name);
	say(": ");
	say_in(value, 16);
	say("\n");
}

static u64 firmware(u32 function, u64 a, u64 b, u64 c)
{
	register u64 x0 __asm__("x0") = function;
	register u64 x1 __asm__("x1") = a;
	register u64 x2 __asm__("x2") = b;
	register u64 x3 __asm__("x3") = c;
	__asm__ volatile("hvc #0" : "+r"(x0) : "r"(x1), "r"(x2), "r"(x3) : "memory");
	return x0;
}

/* --- Checks --- */

#define FAILURES_SHOWN 20

static u64 checks, failures;

void check(const char *file, unsigned line, const char *what, u64 got, u64 want)
{
	checks++;
	if (got == want || failures++ >= FAILURES_SHOWN)
		return;
	say(file);
	say(":");
	say_in(line, 10);
	say(": ");
	say(what);
	say(" is ");
	say_in(got, 16);
	say(", not ");
	say_in(want, 16);
	say("\n");
}

void finish(void)
{
	say_in(checks, 10);
	say(" checks, ");
	say_in(failures, 10);
	say(" failed\n");
	for (;;)
		firmware(PSCI_SYSTEM_OFF, 0, 0, 0);
}

void guest_start(void);
void guest_start(void)
{
	*device(UART + UART_LINE) = UART_FIFO_8BIT;
	*device(UART + UART_CONTROL) = UART_TRANSMIT;
	main();
	finish();
}

/* --- Exceptions --- */

void (*on_exception)(struct frame *f);
void (*on_interrupt)(struct frame *f);
struct frame taken;
u64 taken_count;

enum { VECTOR_EL0 = 8 }; /* and up: from EL0 */

void skip_instruction(struct frame *f)
{
	taken = *f;
	taken_count++;
	f->elr += 4;
}

static void unexpected(const struct frame *f)
{
	say("unexpected exception\n");
	say_number("vector", f->vector);
	say_number("esr", f->esr);
	say_number("elr", f->elr);
	say_number("far", f->far);
	failures++;
	finish();
}

extern char el0_returns[];
#define SPSR_EL1H_MASKED 0x3c5

void trap(struct frame *f);
void trap(struct frame *f)
{
	bool interrupt = f->vector % 4 != 0;
	void (*handler)(struct frame *) = interrupt ? on_interrupt : on_exception;
	if (f->vector == VECTOR_EL0 && EXCEPTION_CLASS(f) == EC_SVC && !(f->esr & 0xffff)) {
		f->elr = (u64)el0_returns;
		f->spsr = SPSR_EL1H_MASKED;
	} else if (handler) {
		handler(f);
	} else {
		unexpected(f);
	}
}

void put_instruction(u32 word)
{
	slot[0] = word;
	code_written(slot, 4);
}

/* --- Memory --- */

#define TABLES     64
#define POOL_PAGES 256
#define GIC        0x08000000
#define GIC_SIZE   0x100000

u64 kernel_root[512] __attribute__((aligned(PAGE_SIZE)));
static u64 tables[TABLES][512] __attribute__((aligned(PAGE_SIZE)));
static u64 pool[POOL_PAGES][512] __attribute__((aligned(PAGE_SIZE)));
static unsigned tables_used, pool_used;
extern char _start[], image_end[];

static u64 *table_new(void)
{
	if (tables_used == TABLES)
		finish(); /* too few checks: the runner notices */
	return tables[tables_used++];
}

void *pages_new(unsigned count)
{
	void *p = pool[pool_used];
	pool_used += count;
	if (pool_used > POOL_PAGES)
		finish();
	return p;
}

u64 *descriptor(u64 *root, u64 va, unsigned level)
{
	u64 *table = root;
	for (unsigned n = 1;; n++) {
		u64 *entry = &table[va >> (39 - 9 * n) & 511];
		if (n == level)
			return entry;
		if (!*entry)
			*entry = (u64)table_new() | PAGE_VALID; /* of a table, as it happens */
		table = (u64 *)(*entry & 0xfffffffff000);
	}
}

static void map_onto_itself(u64 *root, u64 from, u64 to, u64 attributes)
{
	for (u64 at = from; at < to; at += PAGE_SIZE)
		*descriptor(root, at, 3) = at | attributes;
}

static void map_program(u64 *root)
{
	u64 device_page = PAGE_NORMAL | PAGE_DEVICE | PAGE_PXN | PAGE_UXN;
	map_onto_itself(root, (u64)_start, (u64)image_end, PAGE_NORMAL);
	map_onto_itself(root, UART, UART + PAGE_SIZE, device_page);
	map_onto_itself(root, GIC, GIC + GIC_SIZE, device_page);
}

void tables_build(void);
void tables_build(void)
{
	map_program(kernel_root);
}

u64 *tables_new(void)
{
	u64 *root = table_new();
	map_program(root);
	return root;
}

void map(u64 va, const void *page, u64 attributes)
{
	*descriptor(kernel_root, va, 3) = (u64)page | attributes;
	synchronise();
}

void remap(u64 va, u64 value)
{
	u64 *entry = descriptor(kernel_root, va, 3);
	*(volatile u64 *)entry = 0;
	TLBI(vaae1is, TLBI_VA(va));
	*(volatile u64 *)entry = value;
	synchronise();
}

#define CACHE_LINE 64

static u64 line_of(const void *p)
{
	return (u64)p & ~(u64)(CACHE_LINE - 1);
}

void code_written(const void *p, size_t bytes)
{
	u64 end = (u64)p + bytes;
	for (u64 line = line_of(p); line < end; line += CACHE_LINE)
		__asm__ volatile("dc cvau, %0" : : "r"(line) : "memory");
	DSB();
	for (u64 line = line_of(p); line < end; line += CACHE_LINE)
		__asm__ volatile("ic ivau, %0" : : "r"(line) : "memory");
	synchronise();
}

u32 *code_copy(const u32 *from, const u32 *to)
{
	u32 *page = pages_new(1);
	memcpy(page, from, (size_t)(to - from) * 4);
	code_written(page, PAGE_SIZE);
	return page;
}

/* --- Pseudo-random numbers: xorshift64 --- */

u64 random_next(void)
{
	static u64 state = 0x9e3779b97f4a7c15;
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* --- Interrupts --- */

/* GICv3, IHI 0069: this CPU's redistributor and system registers. */
enum {
	GICD_CTLR = GIC,
	GICR_FIRST = GIC + 0xa0000,
	GICR_STRIDE = 0x20000,
	GICR_WAKER = 0x14,
	GICR_IGROUPR0 = 0x10080,
	GICR_ISENABLER0 = 0x10100,
};
#define GICD_ARE_GROUP1      0x12 /* ARE_NS, EnableGrp1 */
#define WAKER_SLEEP          (1u << 1)
#define WAKER_CHILDREN_SLEEP (1u << 2)

unsigned cpu_number(void)
{
	return READ_REGISTER(mpidr_el1) & 0xff;
}

static u64 redistributor(void)
{
	return GICR_FIRST + (u64)GICR_STRIDE * cpu_number();
}

void interrupts_init(void)
{
	u64 r = redistributor();
	*device(GICD_CTLR) = GICD_ARE_GROUP1;
	*device(r + GICR_WAKER) &= ~WAKER_SLEEP;
	while (*device(r + GICR_WAKER) & WAKER_CHILDREN_SLEEP)
		;
	*device(r + GICR_IGROUPR0) = ~0u;
	WRITE_REGISTER(S3_0_C12_C12_5, 7);  /* ICC_SRE_EL1 */
	WRITE_REGISTER(S3_0_C4_C6_0, 0xff); /* ICC_PMR_EL1 */
	WRITE_REGISTER(S3_0_C12_C12_7, 1);  /* ICC_IGRPEN1_EL1 */
	ISB();
}

void interrupt_enable(unsigned number)
{
	*device(redistributor() + GICR_ISENABLER0) = 1u << number;
}

unsigned interrupt_acknowledge(void)
{
	return (unsigned)READ_REGISTER(S3_0_C12_C12_0); /* ICC_IAR1_EL1 */
}

void interrupt_end(unsigned number)
{
	WRITE_REGISTER(S3_0_C12_C12_1, number); /* ICC_EOIR1_EL1 */
}

static void (*timer_handler)(struct frame *f);

static void timer_interrupt(struct frame *f)
{
	CHECK(interrupt_acknowledge(), TIMER_INTERRUPT);
	timer_stop();
	timer_handler(f);
	interrupt_end(TIMER_INTERRUPT);
}

void timer_again(u64 counts)
{
	WRITE_REGISTER(cntv_cval_el0, READ_REGISTER(cntvct_el0) + counts);
	WRITE_REGISTER(cntv_ctl_el0, 1);
}

void timer_start(void (*handler)(struct frame *f), u64 counts)
{
	interrupts_init();
	interrupt_enable(TIMER_INTERRUPT);
	on_interrupt = timer_interrupt;
	timer_handler = handler;
	timer_again(counts);
}

void timer_stop(void)
{
	WRITE_REGISTER(cntv_ctl_el0, 0);
}

/* --- The second CPU --- */

extern char secondary[];

void secondary_start(void)
{
	CHECK(firmware(PSCI_CPU_ON, 1, (u64)secondary, 1), 0);
}

/* Of a program with one CPU. */
__attribute__((weak)) void secondary_main(u64 cpu)
{
	(void)cpu;
}
