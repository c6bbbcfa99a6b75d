/* What the torture programs share: registers, page tables, exceptions, checks.
 *
 * A program runs at EL1 with the MMU on and defines main(). Its own pages, a stack and the devices
 * it needs are mapped onto themselves in 4 KiB pages, for EL1 alone; the rest of the lower 512 GiB
 * is empty. What it checks it counts; finish() says how many checks failed and switches the machine
 * off.
 */
#ifndef MYNA_TORTURE_GUEST_H
#define MYNA_TORTURE_GUEST_H

/* SCTLR_EL1 while programs run: M, C, SA, SA0, I, DZE, UCT, nTWI, nTWE, SPAN, UCI, RES1. */
#define SCTLR   0x34d5d81d
#define SCTLR_M (1u << 0)
#define SCTLR_A (1u << 1)
/* TCR_EL1: 39 bits of 4 KiB pages below, nothing above, cached, 40-bit physical addresses, 16-bit
 * ASIDs. */
#define TCR      0x1280993519
#define TCR_TBI0 (UINT64_C(1) << 37)
#define TCR_HA   (UINT64_C(1) << 39)
#define TCR_HD   (UINT64_C(1) << 40)

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t s64;

#define PAGE_SIZE 4096
#define COUNT(a)  (sizeof(a) / sizeof(a)[0])

#define READ_REGISTER(name)                                        \
	({                                                         \
		u64 value_;                                        \
		__asm__ volatile("mrs %0, " #name : "=r"(value_)); \
		value_;                                            \
	})
#define WRITE_REGISTER(name, value) \
	__asm__ volatile("msr " #name ", %x0" : : "rZ"((u64)(value)) : "memory")

/* --- Checks --- */

#define CHECK(got, want) check(__FILE__, __LINE__, #got, (u64)(got), (u64)(want))
void check(const char *file, unsigned line, const char *what, u64 got, u64 want);
/* Say a number, to be compared between engines. */
void say_number(const char *name, u64 value);
void finish(void) __attribute__((noreturn));
int main(void);

/* --- Exceptions --- */

struct frame {
	u64 x[31], elr, spsr, esr, far;
	u64 vector; /* 0 to 15, as in VBAR_EL1's table */
};
#define EXCEPTION_CLASS(f) ((f)->esr >> 26 & 0x3f)
#define FAULT_STATUS(f)    ((f)->esr & 0x3f)
#define FAULT_WRITE(f)     ((f)->esr >> 6 & 1)

enum exception_class {
	EC_UNKNOWN = 0x00,
	EC_FP_ACCESS = 0x07,
	EC_SVC = 0x15,
	EC_FETCH_ABORT_EL0 = 0x20,
	EC_FETCH_ABORT = 0x21,
	EC_DATA_ABORT_EL0 = 0x24,
	EC_DATA_ABORT = 0x25,
	EC_BREAKPOINT = 0x31,
	EC_STEP_EL0 = 0x32,
	EC_STEP = 0x33,
	EC_WATCHPOINT = 0x35,
};

/* Fault status of data and fetch aborts: the level is added. */
enum fault_status {
	FAULT_TRANSLATION = 0x04,
	FAULT_ACCESS_FLAG = 0x08,
	FAULT_PERMISSION = 0x0c,
	FAULT_ALIGNMENT = 0x21,
};

/* Called with what was interrupted, which goes on as the frame says. Without one an exception is a
 * failed check and ends the program. */
extern void (*on_exception)(struct frame *f);
extern void (*on_interrupt)(struct frame *f);

/* A handler: goes on behind the instruction. Each fills `taken`. */
extern struct frame taken;
extern u64 taken_count;
void skip_instruction(struct frame *f);

/* Run `pc` at EL0 with x0 and x1 until its `svc #0`; the value it left in x0. */
u64 call_el0(const void *pc, u64 a, u64 b);

/* --- One instruction with given registers --- */

struct registers {
	u64 x[31], nzcv; /* as in the register NZCV */
	u64 v[32][2];
};
/* Put `word` where execute() runs it. */
void put_instruction(u32 word);
void execute(struct registers *r);
extern u32 slot[];

/* --- Memory --- */

#define PAGE_VALID     UINT64_C(3)        /* of level 3 */
#define BLOCK_VALID    UINT64_C(1)        /* of levels 1 and 2 */
#define PAGE_DEVICE    (UINT64_C(1) << 2) /* attributes number 1 */
#define PAGE_EL0       (UINT64_C(1) << 6)
#define PAGE_READ_ONLY (UINT64_C(1) << 7)
#define PAGE_SHARED    (UINT64_C(3) << 8)
#define PAGE_ACCESSED  (UINT64_C(1) << 10)
#define PAGE_NG        (UINT64_C(1) << 11)
#define PAGE_DBM       (UINT64_C(1) << 51)
#define PAGE_PXN       (UINT64_C(1) << 53)
#define PAGE_UXN       (UINT64_C(1) << 54)
#define PAGE_NORMAL    (PAGE_VALID | PAGE_SHARED | PAGE_ACCESSED)
#define BLOCK_NORMAL   (BLOCK_VALID | PAGE_SHARED | PAGE_ACCESSED)

extern u64 kernel_root[512];
/* Tables that map what programs need, and nothing else. */
u64 *tables_new(void);
/* The descriptor of level 1, 2 or 3 for `va`; tables above it are made. */
u64 *descriptor(u64 *root, u64 va, unsigned level);
/* `va` becomes `page` in the tables programs start with: where there was nothing. */
void map(u64 va, const void *page, u64 attributes);
/* Pages full of zeros, at addresses that are mapped onto themselves. */
void *pages_new(unsigned count);

#define DSB() __asm__ volatile("dsb ish" : : : "memory")
#define ISB() __asm__ volatile("isb" : : : "memory")
static inline void synchronise(void)
{
	DSB();
	ISB();
}

/* TLB operations: with an argument and without, then what makes them take effect. */
#define TLBI(name, argument)                                                  \
	__asm__ volatile("dsb ishst\n\ttlbi " #name ", %x0\n\tdsb ish\n\tisb" \
			 :                                                    \
			 : "rZ"((u64)(argument))                              \
			 : "memory")
#define TLBI_ALL(name) \
	__asm__ volatile("dsb ishst\n\ttlbi " #name "\n\tdsb ish\n\tisb" : : : "memory")
#define TLBI_VA(va)  ((u64)(va) >> 12 & 0xfffffffffff)
#define TLBI_ASID(n) ((u64)(n) << 48)

/* Break before make: the page's descriptor becomes `value`. */
void remap(u64 va, u64 value);

/* A copy of the instructions from `from` to `to`, on a page of its own. */
u32 *code_copy(const u32 *from, const u32 *to);

/* Instructions have been written at `p`: cache maintenance as the architecture demands it. */
void code_written(const void *p, size_t bytes);

static inline u64 load64(u64 va)
{
	return *(volatile u64 *)va;
}

static inline void store64(u64 va, u64 value)
{
	*(volatile u64 *)va = value;
}

/* --- Instructions --- */

#define INSN_RET  0xd65f03c0u
#define INSN_NOP  0xd503201fu
#define INSN_SVC0 0xd4000001u
/* movz xd, #imm; add xd, xn, #imm */
#define INSN_MOVZ(d, imm)   (0xd2800000u | (u32)(imm) << 5 | (d))
#define INSN_ADD(d, n, imm) (0x91000000u | (u32)(imm) << 10 | (n) << 5 | (d))

typedef u64 function(u64 a, u64 b);
static inline u64 call(u64 va, u64 a, u64 b)
{
	return ((function *)va)(a, b);
}

/* --- Pseudo-random numbers: the same in every run --- */

u64 random_next(void);

/* --- Interrupts (GICv3) --- */

/* On this CPU; the handler then gets the number and says when it is done. */
void interrupts_init(void);
void interrupt_enable(unsigned number);
unsigned interrupt_acknowledge(void);
void interrupt_end(unsigned number);

/* The virtual timer interrupts when its counter, a count of 16 instructions, has advanced by
 * `counts`, until it is stopped. */
#define TIMER_INTERRUPT 27
void timer_start(void (*handler)(struct frame *f), u64 counts);
void timer_again(u64 counts);
void timer_stop(void);

#define INTERRUPTS_ON()  __asm__ volatile("msr daifclr, #2" : : : "memory")
#define INTERRUPTS_OFF() __asm__ volatile("msr daifset, #2" : : : "memory")

/* --- The second CPU --- */

void secondary_start(void);
void secondary_main(u64 cpu);
unsigned cpu_number(void);

#endif
#endif
