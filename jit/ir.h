/* Intermediate representation of one translated block: linear SSA, 24 bytes an operation.
 *
 * A front end appends operations with the functions below, which fold constants and forward
 * guest registers as they go; a host turns the finished block into code in one pass after
 * ir_finish() has counted uses and dropped what is dead.  README.md is the manual.
 */
#ifndef MYNA_JIT_IR_H
#define MYNA_JIT_IR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ir_op {
#define IR_OP(name, args, flags) IR_##name,
#include "jit/ir.def"
#undef IR_OP
	IR_OP_COUNT
};

enum {
	IR_PURE = 1,
	IR_EFFECT = 2,
	IR_BARRIER = 4,
	IR_FLAGS = 8,
	IR_COMMUTES = 16,
	IR_SLOW = 32,
};

struct ir_op_info {
	const char *name;
	uint8_t args;
	uint8_t flags;
};
extern const struct ir_op_info ir_ops[IR_OP_COUNT];

/* Leaves the block if its condition holds. */
static inline bool ir_is_exit(enum ir_op op)
{
	return op == IR_EXIT_COND || op == IR_EXIT_ZERO || op == IR_EXIT_NONZERO ||
	       op == IR_EXIT_BIT;
}

enum ir_type { IR_VOID, IR_I32, IR_I64, IR_V128 };

/* info of memory operations: log2 of the size in bits 2:0 (4: 16 bytes), then flags. */
#define IR_MEM_SIZE(info) (1u << ((info)&7))
#define IR_MEM_SIGNED     8  /* extend the sign to the operation's type */
#define IR_MEM_WRITE      16 /* PROBE: for writing */

/* info of floating point: the shape, then what is particular to an operation. */
#define IR_F_DOUBLE 1 /* else single */
#define IR_F_HALF \
	2 /* the lanes of the low half; the others are 0.  Without HALF or FULL: lane 0. */
#define IR_F_FULL          4
#define IR_F_NEGATE        8  /* FMUL: the result; FMADD: the product */
#define IR_F_NEGATE_ADDEND 16 /* FMADD */
#define IR_F_ABSOLUTE      16 /* FSUB: the result's absolute value */
#define IR_F_SIGNAL        8  /* FCMP */
#define IR_F_UNSIGNED      8  /* conversions: the integers are unsigned */
#define IR_F_FROM64        16 /* ITOF: all 64 bits, else 32 */
#define IR_F_EXACT         64 /* FROUND: an inexact result is an exception */
/* FROUND, FRTOI: 0 to nearest, ties to even; 1 down; 2 up; 3 towards zero; 4 the guest's mode; 5 to
 * nearest, ties away from zero (scalars). */
#define IR_F_ROUND_AWAY     5
#define IR_F_ROUND(mode)    ((mode) << 3)
#define IR_F_ROUND_UNSIGNED 64 /* FRTOI */
#define IR_F_ROUND_OF(info) ((info) >> 3 & 7)

typedef uint16_t ir_ref; /* number of an operation; its value */
#define IR_NONE    0     /* operation 0 is unused */
#define IR_MAX_OPS 1024

struct ir_insn {
	uint8_t op, type;
	uint8_t info;
	uint8_t at; /* number of the guest instruction in the block */
	ir_ref a, b, c;
	uint16_t uses; /* counted by ir_finish() */
	uint64_t imm;
};

/* Slots that the builder forwards: guest registers, by offset. */
#define IR_MAX_SLOTS  128
#define IR_NEAR_SLOTS 128 /* those below 8 times this are found at once */

struct ir_block {
	unsigned count;       /* operations, number 0 included */
	uint8_t at;           /* guest instruction being lowered */
	unsigned guest_count; /* guest instructions in the block */
	uint64_t pc;          /* guest address of the first */
	unsigned turn;        /* the one that does not follow the one before it, or 0 */
	uint64_t turn_pc;     /* ... its address, in the same page */
	unsigned context;     /* which guest TLB memory operations use */
	bool shared;          /* some checks are for several instructions (ir_coalesce()) */
	bool alone;           /* the caller must see every pass through it: it is never linked */
	uint64_t no_hint;     /* instructions, by `at`, that access other pages each time */
	struct ir_insn insn[IR_MAX_OPS];
	/* From here on only while the block is built. */
	/* Values known to be in slots. */
	struct {
		uint32_t offset;
		ir_ref value;
	} known[IR_MAX_SLOTS];
	unsigned known_count;
	uint8_t near[IR_NEAR_SLOTS]; /* place in known[] + 1 of a slot, by offset / 8 */
	ir_ref flags;                /* current condition flags, or IR_NONE */
	bool vectors;                /* some operation is on vectors */
};

/* The guest address of instruction `at`. */
static inline uint64_t ir_pc(const struct ir_block *b, unsigned at)
{
	return b->turn && at >= b->turn ? b->turn_pc + 4 * (at - b->turn) : b->pc + 4 * at;
}

void ir_begin(struct ir_block *b, uint64_t pc, unsigned context);

/* False when the block has no room for another guest instruction. */
bool ir_room(const struct ir_block *b);

ir_ref ir_const(struct ir_block *b, uint64_t value);
ir_ref ir_get(struct ir_block *b, enum ir_type type, uint32_t offset);
void ir_set(struct ir_block *b, uint32_t offset, ir_ref v);
ir_ref ir_unary(struct ir_block *b, enum ir_op op, enum ir_type type, ir_ref a);
ir_ref ir_binary(struct ir_block *b, enum ir_op op, enum ir_type type, ir_ref a, ir_ref c);
ir_ref ir_extr(struct ir_block *b, enum ir_type type, ir_ref high, ir_ref low, unsigned lsb);
ir_ref ir_get_flags(struct ir_block *b);
void ir_set_flags(struct ir_block *b, ir_ref v);
ir_ref ir_ccmp(struct ir_block *b, ir_ref flags, ir_ref then, unsigned cond, unsigned nzcv);
ir_ref ir_select(
    struct ir_block *b, enum ir_type type, ir_ref flags, unsigned cond, ir_ref yes, ir_ref no);
ir_ref ir_load(struct ir_block *b, enum ir_type type, unsigned info, ir_ref address, int32_t disp);
void ir_store(struct ir_block *b, unsigned info, ir_ref address, int32_t disp, ir_ref v);
ir_ref ir_probe(struct ir_block *b, unsigned size_log2, bool write, ir_ref address, int32_t disp);
ir_ref ir_load_host(
    struct ir_block *b, enum ir_type type, unsigned info, ir_ref host, int32_t disp);
void ir_store_host(struct ir_block *b, unsigned info, ir_ref host, int32_t disp, ir_ref v);
void ir_exit(
    struct ir_block *b, enum ir_op op, enum ir_type type, ir_ref a, unsigned info, uint64_t pc);
void ir_jump(struct ir_block *b, uint64_t pc);
void ir_jump_to(struct ir_block *b, ir_ref pc);
void ir_leave(struct ir_block *b, uint64_t pc);
void ir_call(struct ir_block *b, uint64_t pc);
/* `first` and `last` bound the offsets of the slots it may change, none of them pinned. */
void ir_helper(
    struct ir_block *b, uint64_t function, const void *data, uint32_t first, uint32_t last);
/* It may use and change any slot, but no flags. */
void ir_helper_any(struct ir_block *b, uint64_t function, const void *data);

/* The bytes of a finished block that matter: a copy of as many can be evaluated and printed. */
size_t ir_block_size(const struct ir_block *b);

/* Append any operation as it is; for vector operations and tests. */
ir_ref ir_append(struct ir_block *b, enum ir_op op, enum ir_type type, ir_ref a, ir_ref c, ir_ref d,
    unsigned info, uint64_t imm);

/* Vectors. */
ir_ref ir_vconst(struct ir_block *b, uint64_t low, uint64_t high);
ir_ref ir_vector(struct ir_block *b, enum ir_op op, unsigned lane_log2, ir_ref a, ir_ref c);
/* ... with a number: a shift's amount. */
ir_ref ir_vector_imm(struct ir_block *b, enum ir_op op, unsigned lane_log2, ir_ref a, uint64_t imm);
ir_ref ir_insert(struct ir_block *b, unsigned lane_log2, ir_ref a, unsigned lane, ir_ref v);
ir_ref ir_extract(struct ir_block *b, unsigned lane_log2, ir_ref a, unsigned lane);
ir_ref ir_shuffle(struct ir_block *b, ir_ref a, ir_ref c, const uint8_t pattern[16]);
#define IR_SHUFFLE_ZERO 128

/* An operation that slow() can do from `data`; its value must be SET next. */
ir_ref ir_slow(struct ir_block *b, enum ir_op op, enum ir_type type, ir_ref a, ir_ref c, ir_ref d,
    unsigned info, const void *data);
/* The slot that slow() leaves the value of operation `n` in. */
uint32_t ir_slow_slot(const struct ir_block *b, ir_ref n);

/* Is `v` a constant?  Its value in *value. */
bool ir_is_const(const struct ir_block *b, ir_ref v, uint64_t *value);

/* Before ir_finish(): let accesses off one base `share` a check (coalesce.c), or just make LOAD and
 * STORE of lone accesses. */
void ir_coalesce(struct ir_block *b, bool share);

/* Count uses, drop what is dead (values nobody needs, SETs overwritten before anyone can see). */
void ir_finish(struct ir_block *b);

#endif
