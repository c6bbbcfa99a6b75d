/* State of one compilation: where values live.  Registers are assigned in the forward pass; the
 * backward walk in ir_finish() has said when each value is used last.
 *
 * There are two banks of registers, for 64-bit values and for vectors, treated alike.  The guest
 * slots it names first are pinned to registers.  A GET of one is that register, without a copy; a
 * result that goes to one next is computed there.  Four scratch registers hold the rest; a value
 * that also lives in a guest slot is dropped rather than spilled.
 */
#ifndef MYNA_JIT_X64_RA_H
#define MYNA_JIT_X64_RA_H

#include "jit/cache.h"
#include "jit/jit.h"
#include "jit/loop.h"
#include "jit/x64_vec_asm.h"

#define SPILL_SLOTS        56
#define VECTOR_SPILL_SLOTS 16
#define LANES_OFFSET       (SPILL_SLOTS * 8 + VECTOR_SPILL_SLOTS * 16) /* operands of the lanes thunk */
#define LANES_BYTES        (3 * 16)
#define LOOP_OFFSET        (LANES_OFFSET + LANES_BYTES) /* three numbers, then an addend a stream */
#define LOOP_BYTES         ((24 + 8 * LOOP_STREAMS + 15) & ~15)

/* Banks, and their registers: general ones, vectors. */
enum { X64_GENERAL, X64_VECTOR, X64_BANKS };
#define X64_REGS       32 /* of the larger bank */
#define X64_LITERALS   8
#define X64_LOOP_CLEAN 8
#define X64_NO_HINT    0xffff

struct site {
	uint8_t *at; /* displacement to patch, in writable memory */
};

struct jit {
	struct jit_guest guest;
	struct eval_host *eval; /* NULL: what follows is in use */
	uint64_t random;        /* seed, 0: allocation is not random */
	struct code_memory memory;
	uint8_t *hot, *cold; /* next free byte of each half */
	uint8_t *hot_end, *cold_end;
	uint8_t *last_hot, *last_cold; /* where the last block begins */
	uint8_t *start;                /* first byte after the thunks, in the hot half */
	uint8_t *cold_start;
	void (*enter)(void *guest, void *code);
	const uint8_t *leave_for[JIT_REASONS]; /* to the caller, with pc in RAX, site in RCX */
	/* Thunks, in writable memory. */
	const uint8_t *probe, *weak, *call, *flags, *helper, *helper_any, *slow, *lanes;
	const uint8_t *load_vectors, *reload_vectors, *store_vectors, *unmask;
	const uint8_t *constants;     /* x64_const.h, in writable memory */
	bool avx512;                  /* the host has F, VL, BW, DQ: 32 registers, masks */
	bool vbmi;                    /* ... and byte permutations of two registers */
	bool sha;                     /* SHA-NI */
	unsigned pinned_vectors;      /* of guest.vector[] */
	uint8_t pinned_at[JIT_SLOTS]; /* register + 1 that a slot is pinned to, by offset / 8 */
	uint16_t cond_set[16];        /* values of NZCV under which a condition holds */
	struct site *sites;
	unsigned site_count;
	unsigned hints;    /* given out */
	unsigned loops;    /* seen */
	bool traps;        /* Invalid interrupts */
	struct trap *trap; /* x64_trap.h */
	unsigned trap_count;
	uint64_t trapped;    /* times */
	uint64_t *hint_time; /* when each was found to miss often, by the guest's clock */
};
#define JIT_MAX_SITES 262144

/* Where a value is, besides being a constant.  Its size is a power of two. */
struct __attribute__((aligned(32))) loc {
	union {
		struct {
			uint8_t spill;   /* stack slot + 1, 0 if none */
			uint8_t packed;  /* stack slot + 1 with its flags as NZCV */
			uint8_t kept[2]; /* ... with what the first and second pair says */
		};
		uint32_t stack; /* 0 if it has no stack slot */
	};
	uint8_t reg; /* X64_NO_REG if in none */
	uint8_t bank;
	uint8_t in_slot;    /* a guest slot in memory holds it */
	uint8_t hint;       /* pinned register it should be computed in */
	uint8_t value_use;  /* used as a number, not only for its flags */
	uint8_t clean;      /* a vector's bits that may not be 0: the low 8, 16, 32, 64 or 128 */
	uint8_t stored;     /* its flags become the guest's */
	uint8_t pack;       /* its flags are needed as a number after the host's are gone */
	uint8_t pairs;      /* pairs of conditions, by bit, that are tested */
	uint8_t keep;       /* ... after the host's flags are gone */
	uint8_t inverted;   /* pairs, by bit, of which `kept` says the contrary */
	uint8_t lazy;       /* a CCMP that never becomes a number */
	uint8_t direct;     /* of FCMP, FCCMP: pairs, by bit, that are tested in the host's flags */
	ir_ref set_by;      /* the SET_FLAGS that makes its flags the guest's */
	ir_ref if_chosen;   /* the lazy CCMP that makes its flags the guest's if it chooses them */
	uint16_t left;      /* uses to come */
	uint16_t flag_uses; /* uses for its flags, of all */
	uint32_t slot;      /* offset of the guest slot */
};

struct x64 {
	struct jit *j;
	const struct ir_block *b;
	struct assembler a, cold;
	struct loc loc[IR_MAX_OPS];
	struct {
		ir_ref in_reg[X64_REGS];
		ir_ref pinned[X64_REGS]; /* what the slot pinned there was last known to be */
		uint32_t locked;         /* registers the current operation needs */
		uint64_t spill_used;
	} bank[X64_BANKS];
	const struct loop *loop; /* of the second copy of a loop, else NULL */
	struct {
		ir_ref get;      /* of a vector slot */
		uint8_t bits;    /* the only ones that are not 0, pass by pass */
	} clean[X64_LOOP_CLEAN]; /* ... if it is so to begin with */
	unsigned clean_count;
	const struct loop *streams;         /* of either copy */
	uint16_t stream_hint[LOOP_STREAMS]; /* that the first copy uses, or X64_NO_HINT */
	uint32_t warm_at;                   /* where the guest keeps how warm the loop is, or 0 */
	ir_ref owed_flags;      /* ... whose flags are stored by whoever leaves it, or IR_NONE */
	bool loops;             /* the block has two copies */
	const uint8_t *start;   /* of a pass */
	uint8_t *prepare;       /* displacement of the jump from the first copy to the second */
	uint8_t *prepare_again; /* displacement of the jump when the passes are used up */
	ir_ref host_flags; /* whose flags EFLAGS holds, or IR_NONE; of a lazy CCMP, ZF alone, that
			    * its last pair is false */
	struct {
		uint32_t offset;
		ir_ref value;
	} slot[IR_MAX_SLOTS]; /* values that slots in memory hold */
	unsigned slot_count;
	struct {
		uint64_t low, high;
		const uint8_t *at;
	} literal[X64_LITERALS]; /* the last ones put among the code out of line */
	unsigned literals;       /* so far */
	bool overflow;
	uint64_t random; /* state of the sequence, 0: allocation is not random */
};

#define SCRATCH_MASK        (1u << RAX | 1u << RCX | 1u << RDX | 1u << R13)
#define VECTOR_SCRATCH_MASK 15u /* XMM0 to XMM3; the pinned ones follow */
#define VECTOR_PINNED_FIRST 4
extern const uint8_t x64_pinned[JIT_PINNED];

/* Two pairs of conditions at most? */
static inline bool few_pairs(unsigned pairs)
{
	pairs &= pairs - 1;
	return !(pairs & (pairs - 1));
}

/* The greater of two. */
static inline unsigned last_pair(unsigned pairs)
{
	return pairs & (pairs - 1) ? pairs & (pairs - 1) : pairs;
}

/* Are the guest's flags that the SET_FLAGS at `n` asks for stored where their value `v` is
 * computed? Not if somebody could see or change the guest's flags in between. */
bool ra_stored_at_once(const struct ir_block *b, ir_ref v, ir_ref n);

/* Whose code this thread is in, or NULL. */
struct jit *jit_running(void);

/* FCMP or FCCMP? */
bool ra_is_fcmp(const struct x64 *x, ir_ref v);
/* Can the host's flags say all these pairs of conditions of FCMP or FCCMP `v` at once?  In
 * x64_fcmp.c. */
bool x64_fcmp_says(const struct x64 *x, ir_ref v, unsigned pairs);

/* Code for a finished block, NULL when the memory is full. */
void *x64_compile(struct jit *j, const struct ir_block *b);

/* `random`: the seed of random allocation, or 0. */
void ra_begin(struct x64 *x, struct jit *j, const struct ir_block *b, uint64_t random);

/* VCONST `v` into a vector register; in x64_vec.c. */
void x64_load_constant(struct x64 *x, unsigned reg, ir_ref v);

/* A register that holds `v` (loaded if need be), locked until ra_next(). */
unsigned ra_use(struct x64 *x, ir_ref v);
/* One use of `v` is over; its register is free again after the last. */
void ra_done(struct x64 *x, ir_ref v);
/* A free scratch register, locked. */
unsigned ra_temp(struct x64 *x);
unsigned ra_vector_temp(struct x64 *x);
/* Are `n` scratch vector registers free? */
bool ra_has_vector_temps(const struct x64 *x, unsigned n);
/* Values in scratch vector registers are in memory, too: making room for others takes no code. */
void ra_home_vectors(struct x64 *x);
/* Make one particular scratch register free, and lock it. */
void ra_claim(struct x64 *x, unsigned reg);
void ra_claim_vector(struct x64 *x, unsigned reg);
void ra_release(struct x64 *x, unsigned reg);
void ra_release_vector(struct x64 *x, unsigned reg);
/* The register to compute `v` in: its hint, `prefer` if that is free, or a scratch register. */
unsigned ra_result(struct x64 *x, ir_ref v, unsigned prefer);
/* `v` is now in `reg`. */
void ra_define(struct x64 *x, ir_ref v, unsigned reg);
/* The operation is over: unlock. */
static inline void ra_next(struct x64 *x)
{
	x->bank[X64_GENERAL].locked = x->bank[X64_VECTOR].locked = 0;
}

/* Between two operations: with random allocation, values may be thrown out of their registers. */
void ra_shake(struct x64 *x);
/* What a slot holds and operations after `i` need is moved elsewhere. */
void ra_vacate(struct x64 *x, uint32_t offset, const struct ir_insn *i);
/* GET and SET. */
void ra_get(struct x64 *x, ir_ref v, uint32_t offset);
void ra_set(struct x64 *x, uint32_t offset, ir_ref v);
/* Values leave the scratch and vector registers, and the slots from `first` to `last` are no longer
 * known. */
void ra_spill_scratch(struct x64 *x, uint32_t first, uint32_t last);
/* No register and no slot survives what comes; values that are needed later are on the stack. */
void ra_forget(struct x64 *x);
/* A slot of 8 bytes on the stack. */
unsigned ra_spill_slot(struct x64 *x);
int32_t ra_spill_offset(unsigned slot);
/* The register a slot is pinned to; X64_REGS or more if to none. */
static inline unsigned ra_pinned(const struct x64 *x, uint32_t offset)
{
	return offset < JIT_SLOTS * 8 ? x->j->pinned_at[offset / 8] - 1u : X64_REGS;
}

#endif
