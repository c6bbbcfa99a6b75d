/* The A64 CPU: EL0 and EL1 of Armv8.2-A (Arm ARM, DDI 0487).
 *
 * Registers live in one state table.  The interpreter runs decoded instructions that are kept per
 * physical page, one entry per word; each is executed by one C function, its row's exec_*().
 */
#ifndef MYNA_CPU_ARM64_H
#define MYNA_CPU_ARM64_H

#include "jit/jit.h"
#include "machine/machine.h"

struct arm64;
struct insn;

/* Executes one instruction and returns the next one: `i + 1` for straight-line code, another
 * entry of the same page for a branch inside it, or NULL when c->pc has been set (branch
 * elsewhere, exception) and must be looked up. */
typedef const struct insn *arm64_exec_fn(struct arm64 *c, const struct insn *i);

struct insn {
	arm64_exec_fn *exec;
	uint32_t w;   /* the instruction word */
	uint32_t row; /* number of its row in insns.def, for coverage and tracing */
};

#define ARM64_PAGE_INSNS 1024

/* Decoded instructions of one 4 KiB physical page.  Entries are compared with memory before they
 * run, so they never need invalidating. */
struct code_page {
	struct insn insn[ARM64_PAGE_INSNS + 1]; /* the last one stands for "next page" */
	uint64_t pa;
};

#define ARM64_V_COUNT 64

struct arm64_state {
	/* General registers.  x[31] is always 0 (XZR); x[32] is the current stack pointer. */
	uint64_t x[33];
	uint64_t pc;
	uint64_t sp_el[2];         /* banked SP_EL0, SP_EL1; the one in use is stale, see x[32] */
	uint64_t v[ARM64_V_COUNT]; /* V0..V31, low half first */
	uint64_t elr_el1, spsr_el1, esr_el1, far_el1, vbar_el1;
	uint64_t sctlr_el1, actlr_el1, cpacr_el1;
	uint64_t ttbr0_el1, ttbr1_el1, tcr_el1, mair_el1, amair_el1, contextidr_el1, par_el1;
	uint64_t tpidr_el0, tpidrro_el0, tpidr_el1, afsr0_el1, afsr1_el1, csselr_el1;
	uint64_t cntkctl_el1, cntv_cval, cntp_cval;
	uint64_t mdscr_el1, oslar, osdlr, dbgclaim, mdccint;
	uint64_t dbgbvr[2], dbgbcr[2], dbgwvr[2], dbgwcr[2]; /* debug.c */
	uint64_t disr_el1;
	uint64_t pmcr, pmcnten, pmovs, pmselr, pmccfiltr, pmuserenr, pminten;
	uint64_t pmccntr;      /* PMCCNTR_EL0 at `pmccntr_time` */
	uint64_t pmccntr_time; /* instructions retired when it was last brought up to date */
	uint64_t excl_addr;    /* virtual address of the exclusive monitor, or EXCL_NONE */
	uint64_t excl_val[2];  /* what was loaded there */
	uint64_t excl_size;    /* bytes */
	uint64_t daif;         /* D=8 A=4 I=2 F=1 */
	uint32_t nzcv;         /* N=8 Z=4 C=2 V=1 */
	uint32_t el, spsel, pan, uao, il, ss;
	uint32_t fpcr, fpsr;
	uint32_t cntv_ctl, cntp_ctl; /* ENABLE and IMASK; ISTATUS is computed */
	uint32_t irq, fiq;           /* levels of the input lines */
	uint32_t waiting;            /* in WFI */
	uint32_t powered;            /* 0: off (PSCI) */
	uint32_t reserved;
};

#define EXCL_NONE UINT64_MAX

/* FP/AdvSIMD register as its elements. */
union vreg {
	uint8_t b[16];
	uint16_t h[8];
	uint32_t s[4];
	uint64_t d[2];
};

/* Software TLB entry: page address in each tag if that access is allowed, else TLB_NONE. */
struct tlb_entry {
	uint64_t read, write; /* tags: virtual page address */
	uintptr_t addend;     /* host address = virtual address + addend */
	uint64_t global;      /* 1: survives a change of ASID */
};
#define TLB_NONE        UINT64_C(1) /* no page address has this bit */
#define TLB_ENTRIES     1024
#define TLB_WAYS        2 /* entry n of the second way is number TLB_ENTRIES + n */
#define TLB_LARGE_SHIFT 21
#define TLB_LARGE_BITS  1024
/* One TLB per way of looking at memory. */
enum tlb_context { TLB_EL0, TLB_EL1, TLB_EL1_PAN, TLB_CONTEXTS };

/* A page that instructions were fetched from. */
struct fetch_entry {
	uint64_t page; /* virtual address | EL, FETCH_NONE if empty */
	uint64_t pa;
	const uint32_t *words;
	struct code_page *code;
};
#define FETCH_NONE    UINT64_MAX
#define FETCH_ENTRIES 256

/* The GIC's CPU interface as system registers, supplied by the board; `reg` is the encoding
 * op0:op1:CRn:CRm:op2 as in SYSREG(). */
struct arm64_icc {
	uint64_t (*read)(void *owner, unsigned cpu, unsigned reg);
	void (*write)(void *owner, unsigned cpu, unsigned reg, uint64_t value);
	void *owner;
};

/* HVC and SMC, answered by the board (PSCI): arguments and results in x0..x3.  False: undefined. */
typedef bool arm64_call_fn(void *owner, struct arm64 *c, bool smc);

#define ARM64_CNTFRQ 62500000 /* Hz, as on the boards this CPU is put on */

#define ARM64_HINTS    4096
#define ARM64_LOOPS    4096
#define JUMP_PAGE_BITS 4096

struct code_cache;
struct engine;

/* Condition flags as translated code keeps them; see jit/flags.h. */
struct arm64_lazy_flags {
	uint64_t kind, a, b;
};

/* What translated code and its helpers tell each other; see jit/jit.h. */
struct arm64_jit {
	uint64_t site, reason;
	uint64_t probe_address, probe_info, probe_pc, probe_rest;
	uint64_t vectors_live;
	uint32_t fp_control, fp_status;
	uint64_t helpers;
};

extern const struct device_type arm64_type;

/* Budget, flags and general registers stand together, where translated code reaches them with short
 * displacements. */
struct arm64 {
	struct cpu cpu;
	struct arm64_lazy_flags flags;
	struct arm64_state s;
	/* Derived from state; rebuilt by arm64_loaded() and kept up to date by its writers. */
	enum tlb_context context; /* what EL, PAN say */
	bool fp_trapped;          /* FP/AdvSIMD instructions trap (CPACR_EL1.FPEN) */
	/* Fetching. */
	struct code_page *code; /* page being executed */
	const uint32_t *fetch;  /* its words in guest memory */
	uint64_t pc_page;       /* its virtual address */
	struct fetch_entry fetch_tlb[FETCH_ENTRIES];
	/* As for data below: where mappings above 4 KiB have been fetched from. */
	uint64_t fetch_large[TLB_LARGE_BITS / 64];
	bool fetch_huge;
	uint64_t fetch_flushes;   /* how often entries have been dropped */
	struct code_cache *cache; /* shared by the CPUs of a machine */
	struct tlb_entry tlb[TLB_CONTEXTS][TLB_WAYS * TLB_ENTRIES];
	/* Mappings above 4 KiB are cached in 4 KiB pieces.  Which 2 MiB of the address space have
	 * some (by a hash), and whether any are pieces of more than 2 MiB. */
	uint64_t tlb_large[TLB_LARGE_BITS / 64];
	bool tlb_huge;
	/* Outside. */
	struct wire timer_v, timer_p;
	struct event timer_v_event, timer_p_event;
	struct arm64_icc icc;
	arm64_call_fn *call;
	void *call_owner;
	uint64_t mpidr;
	struct clock_ratio counter; /* CNTVCT in ticks of the machine */
	char timer_names[2][24];    /* of the events */
	/* Execution: the interpreter, or the translator's loop and what it keeps (engine.c). */
	void (*execute)(struct arm64 *c);
	struct engine *engine;     /* NULL without a translator; shared by the machine's CPUs */
	struct lockstep *lockstep; /* NULL: translated blocks are trusted */
	struct arm64_jit jit;
	uint32_t jump_mode; /* mode the direct jumps below belong to */
	/* Pages, by a hash, that have direct jumps; and whether any has. */
	uint64_t jump_pages[JUMP_PAGE_BITS / 64];
	bool has_jumps;
	struct jit_jump jump[TLB_CONTEXTS][JIT_JUMP_ENTRIES];
	struct tlb_entry
	    *hint[TLB_CONTEXTS][ARM64_HINTS]; /* where accesses found their page last */
	uint8_t hint_misses[TLB_CONTEXTS][ARM64_HINTS];
	uint8_t loop_warm[ARM64_LOOPS]; /* passes before translated loops are prepared for many */
};

/* Create CPU number `index`.  `tag` ("cpu0") is not owned.  False when memory is short. */
bool arm64_init(struct arm64 *c, struct machine *m, unsigned index, const char *tag);
void arm64_free(struct arm64 *c);

/* Start a powered-off CPU at `pc` in EL1 with x0 = `context` (PSCI CPU_ON). */
void arm64_power_on(struct arm64 *c, uint64_t pc, uint64_t context);

/* Input lines: wire functions with owner = struct arm64. */
void arm64_irq_line(void *owner, unsigned number, int level);
void arm64_fiq_line(void *owner, unsigned number, int level);

/* The program counter as guest sees it, also in the middle of a page. */
static inline uint64_t arm64_pc_of(const struct arm64 *c, const struct insn *i)
{
	return c->pc_page + (uint64_t)(i - c->code->insn) * 4;
}

/* Disassemble one word; `pc` resolves branch targets.  "udf" form for unallocated words. */
void arm64_disassemble(uint32_t word, uint64_t pc, char *text, size_t size);

#endif
