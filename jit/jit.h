/* A translator for one machine: what it must know of the guest, its code memory, compiling.
 *
 * The guest is a struct in memory, addressed through RBP; everything the emitted code touches in it
 * is named here by offset.  Nothing in this folder knows which guest it is.
 */
#ifndef MYNA_JIT_JIT_H
#define MYNA_JIT_JIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jit/ir.h"

#define JIT_PINNED       10  /* 64-bit slots kept in host registers while translated code runs */
#define JIT_VECTORS      28  /* 128-bit slots that may be kept so, as many as the host can */
#define JIT_SLOTS        512 /* pinned slots have offsets below 8 times this */
#define JIT_CONTEXTS     3
#define JIT_JUMP_ENTRIES 4096
/* The guest's register points so far into its struct: offsets from 96 to 351 are cheapest. */
#define JIT_BASE 224

/* How the guest's condition flags are kept while translated code runs; the guest struct has the
 * fields kind, a, b.  a, b are operands, r a result. */
enum jit_flags {
	JIT_FLAGS_PACKED, /* a = NZCV as 8 4 2 1 */
	JIT_FLAGS_CMP32,  /* of a - b */
	JIT_FLAGS_CMP64,
	JIT_FLAGS_SUB32, /* of r - b's result r in a: the minuend is a + b */
	JIT_FLAGS_SUB64,
	JIT_FLAGS_ADD32, /* a = result, b = one operand */
	JIT_FLAGS_ADD64,
	JIT_FLAGS_LOGIC32, /* a = result */
	JIT_FLAGS_LOGIC64,
	JIT_FLAGS_FCMP32, /* a and b as floating-point numbers: unordered 3, less 8, equal 6,
			     greater 2 */
	JIT_FLAGS_FCMP64,
	/* With one of these: the flags are only so if bit 32, inverted by JIT_FLAGS_NOT, is set;
	 * else they are the number in bits 11:8. */
	JIT_FLAGS_IF = 16,
	JIT_FLAGS_NOT = 32,
};

/* Why translated code came back. */
enum jit_reason {
	JIT_LOOKUP, /* go on at pc; link `site` to it if it is not 0 */
	JIT_BUDGET, /* the block at pc does not fit the budget */
	JIT_SINGLE, /* the instruction at pc is the interpreter's */
	JIT_LEFT,   /* a call has changed the course: pc is set */
	JIT_APART,  /* as JIT_LOOKUP, but to a block whose accesses do not share checks */
	JIT_REASONS
};

/* An entry of the jump cache and of the software TLB. */
struct jit_jump {
	uint64_t pc; /* guest address, jit_no_pc() if empty */
	void *code;
};

/* What entry `n` holds if it is empty: an address, even a misaligned one, that belongs to another.
 */
static inline uint64_t jit_no_pc(unsigned n)
{
	return n ? 0 : 4;
}

/* Passes before a loop is prepared for many, where nothing is known of it. */
#define JIT_LOOP_WARM 8

struct jit_guest {
	/* Offsets in the guest struct. */
	uint32_t pinned[JIT_PINNED];
	uint32_t vector[JIT_VECTORS]; /* the most used first */
	uint32_t vectors_live;        /* uint64_t: 1 while the pinned vectors are in registers */
	uint32_t fp_control;          /* uint32_t: MXCSR while they are; in */
	uint32_t fp_status;           /* uint32_t: JIT_FP_* accumulate there; out */
	uint32_t budget;              /* int64_t, guest instructions left */
	uint32_t flags_kind, flags_a, flags_b;                    /* uint64_t each */
	uint32_t pc;                                              /* uint64_t */
	uint32_t site;                                            /* uint64_t, out */
	uint32_t reason;                                          /* uint64_t, out */
	uint32_t probe_address, probe_info, probe_pc, probe_rest; /* uint64_t, to the helpers */
	uint32_t helpers;                                         /* uint64_t, counts HELPERs */
	/* Entries of 32 bytes: tlb_entries of the first way, then as many of the second. */
	uint32_t tlb[JIT_CONTEXTS];
	uint32_t tlb_read, tlb_write, tlb_addend; /* in an entry */
	uint32_t tlb_entries;
	uint32_t hints;              /* how many each context has; none: 0 */
	uint32_t hint[JIT_CONTEXTS]; /* void *[hints]: entries of its TLB, any to begin with */
	uint32_t hint_misses;        /* uint8_t[JIT_CONTEXTS][hints] */
	uint32_t loops;              /* loops are told apart modulo so many; not at all: 0 */
	uint32_t loop_warm;          /* uint8_t[loops], JIT_LOOP_WARM to begin with */
	uint32_t jump[JIT_CONTEXTS]; /* struct jit_jump[JIT_JUMP_ENTRIES] */
	unsigned page_bits;          /* blocks may be linked inside a page */
	/* The addend for probe_address, or 0 to leave before the instruction. */
	uintptr_t (*probe)(void *guest);
	/* Run the instruction at probe_pc; probe_rest are the instructions from it to the end of
	 * the block.  True: the course has changed. */
	bool (*call)(void *guest);
	/* Instructions executed, roughly. */
	uint64_t (*clock)(void *guest);
	/* An instruction of the block at `pc`, which is running, accesses many pages: it does
	 * better translated without a hint (struct ir_block).  It is `distance` words behind pc.
	 * jit_replace() the block, or not. */
	void (*weak)(void *guest, uint64_t pc, int distance);
	/* Do the instruction that `data` stands for, from slots to slots. */
	void (*slow)(void *guest, const void *data);
};

/* fp_control: rounding in bits 14:13 (0 nearest, 1 down, 2 up, 3 to zero); exceptions are masked,
 * but for Invalid if jit_traps(). */
#define JIT_FP_CONTROL(rounding) (0x1f80u | (uint32_t)(rounding) << 13)
#define JIT_FP_MASK_INVALID      0x80
/* fp_status. */
enum {
	JIT_FP_INVALID = 1,
	JIT_FP_DIVIDE = 4,
	JIT_FP_OVERFLOW = 8,
	JIT_FP_UNDERFLOW = 16,
	JIT_FP_INEXACT = 32,
};

struct jit;

/* Has this host what translated code needs: AVX2, FMA, BMI1, BMI2, LZCNT, AES, PCLMUL? */
bool jit_host_supported(void);

struct jit_options {
	size_t bytes;   /* room for code, or for blocks to be evaluated */
	bool evaluate;  /* no host code: blocks are run by eval.h, which any host can do */
	bool avx2_only; /* do without AVX-512 and SHA-NI */
	bool emit_all;  /* use what the host lacks, too: the code is to be looked at, not run */
	bool anonymous; /* code memory without a file, see cache.h */
	bool traps;     /* SIGFPE is answered as jit_trapped() says */
	/* Not 0: the seed of random register allocation, for tests.  Equal seeds and blocks give
	 * equal code. */
	uint64_t random;
};

/* NULL, with what is missing and the remedy in `why`, when the host lacks instructions or refuses
 * memory. */
struct jit *jit_new(
    const struct jit_guest *guest, const struct jit_options *o, char *why, size_t size);
void jit_free(struct jit *j);

/* Code for a finished block, or NULL when the memory is full: then jit_flush(). */
void *jit_compile(struct jit *j, const struct ir_block *b);

/* Where the code of the block compiled last is: the straight path and what is out of line.  Size 0
 * if it has none. */
struct jit_range {
	const uint8_t *at; /* where it runs; it can be read there */
	size_t offset;     /* in the code memory */
	size_t size;
};
void jit_last_code(const struct jit *j, struct jit_range range[2]);

/* Is the host address `at` in the code memory, that is, in a block or a thunk? */
bool jit_holds(const struct jit *j, const void *at);
/* Translated code has been interrupted with these values in the host's registers, numbered as in
 * its instructions; of the vectors, as many are known: bring the pinned slots into the guest
 * struct. */
void jit_recover(const struct jit *j, void *guest, const uint64_t host[16],
    const uint64_t vector[][2], unsigned vectors);

/* Does translated code count on SIGFPE? */
bool jit_traps(const struct jit *j);
/* SIGFPE has interrupted this thread at the host address `at`: where it is to go on, and whether
 * with Invalid masked in MXCSR.  NULL if that is no business of translated code.  Safe in a
 * handler. */
const void *jit_trapped(const void *at, bool *again);
/* How often that was so. */
uint64_t jit_trap_count(const struct jit *j);
/* From now on do without; forgets all code. */
void jit_mask_traps(struct jit *j);

/* Forget all code.  No code of it may be running. */
void jit_flush(struct jit *j);

/* Make the exit `site` go straight to `code`. */
void jit_link(struct jit *j, uint64_t site, void *code);

/* Make block `old` go on in the block `code` instead. */
void jit_replace(struct jit *j, void *old, void *code);

/* Enter `code` with the guest in memory; it is in memory again on return. */
void jit_enter(struct jit *j, void *guest, void *code);

size_t jit_code_used(const struct jit *j);

#endif
