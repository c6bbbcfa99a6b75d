/* The ARM7TDMI: ARMv4T, ARM and Thumb (ARM DDI 0100, ARM7TDMI TRM DDI 0210), exact to the cycle.
 *
 * The CPU performs the bus cycles of its data sheet in their order: N (nonsequential), S
 * (sequential) and I (internal).  It knows when and of which kind they are; what they cost is the
 * board's.  Time is struct cpu's budget, one unit a cycle, one tick a cycle: whoever lets a cycle
 * pass calls arm7tdmi_pass(), and machine_now() is exact at any moment, also in the middle of an
 * instruction.
 *
 * The board connects
 *
 *	windows   plain memory with known costs, by the upper byte of the address: the CPU reads and
 *	          writes there by itself and passes the time by itself.  Rebuild them at any time.
 *	bus       functions for everything else.  They pass the time of the access, then perform it.
 *	lines     arm7tdmi_irq_line, arm7tdmi_fiq_line: wire functions, owner = struct arm7tdmi
 *	halting   arm7tdmi_halt, arm7tdmi_wake; while halted the machine jumps to the next event
 *	stealing  arm7tdmi_request: have bus.attend called before the next access
 *
 * `attend` is called before an access inside an instruction when the budget is used up (an event is
 * due, or somebody has kicked the CPU), and between two instructions when it has been requested;
 *the machine itself fires the events that are due there.  That is where DMA takes the bus: it
 *passes its cycles, and calls machine_pass() now and then if it is long.
 */
#ifndef MYNA_CPU_ARM7TDMI_H
#define MYNA_CPU_ARM7TDMI_H

#include "machine/machine.h"

/* Kind of an access: one of the first three, and flags.  */
enum arm7_access {
	ARM7_NONSEQ, /* N cycle */
	ARM7_SEQ,    /* S cycle: the address follows that of the cycle before */
	ARM7_MERGED, /* S cycle of a fetch that goes on behind internal cycles (merged I-S): memory
		      * that forgets its address during I cycles, or on data accesses in between,
		      * takes it as an N cycle */
	ARM7_KINDS,
	ARM7_KIND = 3,
	ARM7_LOCK = 4, /* SWP: read and write belong together */
};

/* Addresses are as issued: a memory ignores the bits below its width, `value` of a byte or
 * halfword is in the low bits, and the CPU rotates what was read.  */
struct arm7tdmi_bus {
	void *owner;
	uint32_t (*read8)(void *owner, uint32_t address, unsigned access);
	uint32_t (*read16)(void *owner, uint32_t address, unsigned access);
	uint32_t (*read32)(void *owner, uint32_t address, unsigned access);
	void (*write8)(void *owner, uint32_t address, uint32_t value, unsigned access);
	void (*write16)(void *owner, uint32_t address, uint32_t value, unsigned access);
	void (*write32)(void *owner, uint32_t address, uint32_t value, unsigned access);
	uint32_t (*fetch16)(void *owner, uint32_t address, unsigned access);
	uint32_t (*fetch32)(void *owner, uint32_t address, unsigned access);
	/* `cycles` internal cycles begin; must pass them.  NULL: they just pass. */
	void (*idle)(void *owner, unsigned cycles);
	/* The budget is used up: see above.  NULL: machine_pass(). */
	void (*attend)(void *owner);
};

/* Memory that needs no function.  Offset = address & mask; offsets from `size` on are left to the
 * bus.  `size` is a multiple of 4; 0: no window. */
struct arm7tdmi_window {
	uint8_t *host;
	uint32_t mask;
	uint32_t size;
	/* A power of two, or 0: a sequential access at a multiple of it is a nonsequential one. */
	uint32_t burst;
	/* Cycles of an access by kind, of a byte or halfword [0] and of a word [1]; at least 1. */
	uint8_t cycles[ARM7_KINDS][2];
	uint8_t reserved[2];
};

#define ARM7_WINDOWS 256

struct arm7tdmi_windows {
	struct arm7tdmi_window fetch[ARM7_WINDOWS], read[ARM7_WINDOWS], write[ARM7_WINDOWS];
};

/* Modes: CPSR bits 4:0. */
enum arm7_mode {
	ARM7_USR = 0x10,
	ARM7_FIQ = 0x11,
	ARM7_IRQ = 0x12,
	ARM7_SVC = 0x13,
	ARM7_ABT = 0x17,
	ARM7_UND = 0x1b,
	ARM7_SYS = 0x1f,
};

enum arm7_psr {
	PSR_N = 1u << 31,
	PSR_Z = 1u << 30,
	PSR_C = 1u << 29,
	PSR_V = 1u << 28,
	PSR_I = 1u << 7,
	PSR_F = 1u << 6,
	PSR_T = 1u << 5,
	PSR_MODE = 31,
	PSR_ALL = 0xf00000ff, /* bits that exist */
};

/* As it is between two instructions.  pipe[0] is executed next; it stands at r[15] - 4, or - 2 in
 * Thumb state, where r[15] is the address that was fetched last, into pipe[1].  While an
 * instruction executes, r[15] is what it reads as PC. */
struct arm7tdmi_state {
	uint32_t r[16];   /* of the present mode */
	uint32_t cpsr;    /* between runs only: use arm7tdmi_cpsr() */
	uint32_t pipe[2]; /* opcodes fetched ahead; the second came last: the open bus */
	uint32_t fetch;   /* kind of the next instruction fetch */
	/* Registers of modes other than the present one: */
	uint32_t usr[7]; /* r8..r14 */
	uint32_t fiq[7];
	uint32_t svc[2]; /* r13, r14 */
	uint32_t abt[2];
	uint32_t irq[2];
	uint32_t und[2];
	uint32_t spsr[5]; /* fiq, svc, abt, irq, und */
	uint32_t masked;  /* CPSR bits I and F as the interrupt logic sees them: an instruction late
			   * after MSR */
	uint8_t halted;
	uint8_t refill; /* nothing has been fetched yet: execution begins at r[15] */
	uint8_t irq_level, fiq_level;
	uint8_t reserved[4];
	uint64_t irq_since, fiq_since; /* tick at which the line rose */
};

struct arm7tdmi {
	struct cpu cpu;
	struct arm7tdmi_state s;
	/* Flags while running: N is bit 31 of n, Z is z == 0, C and V are 0 or 1. */
	uint32_t n, z, carry, overflow;
	uint32_t thumb; /* CPSR bit T while running */
	bool requested; /* attend() is wanted */
	bool jumped;    /* the pipeline has been filled anew */
	/* The stretch of a fetch window that code runs in: base <= address < base + size. */
	struct arm7_code {
		uint32_t base, size;
		const uint8_t *host;
		uint8_t cycles[ARM7_KINDS][2];
	} code;
	/* Outside. */
	struct arm7tdmi_bus bus;
	struct arm7tdmi_windows *windows;
	uint64_t sync; /* cycles an interrupt line must be high before an instruction sees it */
};

/* `tag` ("cpu") is not owned.  No windows, no bus: the board fills them before the first reset.
 * False when memory is short. */
bool arm7tdmi_init(struct arm7tdmi *c, struct machine *m, const char *tag);
void arm7tdmi_free(struct arm7tdmi *c);

/* Cycles have passed. */
static inline void arm7tdmi_pass(struct arm7tdmi *c, unsigned cycles)
{
	c->cpu.budget -= cycles;
}

/* Call after any change of a fetch window, also when its costs change. */
static inline void arm7tdmi_windows_changed(struct arm7tdmi *c)
{
	c->code.size = 0;
}

/* After reset the CPU is in SVC mode, ARM state, interrupts masked, and begins at 0.  A board that
 * starts elsewhere does this, between runs; the pipeline is filled when the CPU runs next. */
void arm7tdmi_jump(struct arm7tdmi *c, uint32_t pc, uint32_t cpsr);

uint32_t arm7tdmi_cpsr(const struct arm7tdmi *c);

/* Address of the instruction that is executing, or between two of the next one. */
uint32_t arm7tdmi_pc(const struct arm7tdmi *c);

/* Input lines, high = active: wire functions with owner = struct arm7tdmi. */
void arm7tdmi_irq_line(void *owner, unsigned number, int level);
void arm7tdmi_fiq_line(void *owner, unsigned number, int level);

/* Stop after the present instruction, until woken.  An interrupt line wakes nothing by itself. */
void arm7tdmi_halt(struct arm7tdmi *c);
void arm7tdmi_wake(struct arm7tdmi *c);

/* Have bus.attend called before the next access or instruction, also while halted.  Not saved: a
 * board whose state says that it still wants it asks again when it is loaded. */
void arm7tdmi_request(struct arm7tdmi *c);

extern const struct device_type arm7tdmi_type;

#endif
