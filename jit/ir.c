/* Building a block: append with folding and forwarding, then one backward walk for liveness. */
#include "jit/ir.h"

#include <assert.h>
#include <string.h>

#define PURE     IR_PURE
#define EFFECT   IR_EFFECT
#define BARRIER  IR_BARRIER
#define FLAGS    IR_FLAGS
#define COMMUTES IR_COMMUTES
#define SLOW     IR_SLOW
const struct ir_op_info ir_ops[IR_OP_COUNT] = {
#define IR_OP(name, args, flags) {#name, args, flags},
#include "jit/ir.def"
#undef IR_OP
};

/* Worst case of operations one guest instruction may need. */
#define OPS_PER_INSN 96

static void forget_slots(struct ir_block *b)
{
	b->known_count = 0;
	memset(b->near, 0, sizeof b->near);
}

/* A call may change every register. */
static void forget(struct ir_block *b)
{
	forget_slots(b);
	b->flags = IR_NONE;
}

void ir_begin(struct ir_block *b, uint64_t pc, unsigned context)
{
	b->count = 1;
	b->insn[IR_NONE] = (struct ir_insn){.op = IR_CONST};
	b->at = 0;
	b->guest_count = 0;
	b->pc = pc;
	b->turn = 0;
	b->context = context;
	b->no_hint = 0;
	b->alone = b->shared = false;
	b->vectors = false;
	forget(b);
}

bool ir_room(const struct ir_block *b)
{
	return b->count + OPS_PER_INSN < IR_MAX_OPS;
}

static inline ir_ref append(struct ir_block *b, enum ir_op op, enum ir_type type, ir_ref a,
    ir_ref c, ir_ref d, unsigned info, uint64_t imm)
{
	const unsigned n = b->count;
	struct ir_insn *i = &b->insn[n];
	assert(n < IR_MAX_OPS);
	i->op = (uint8_t)op;
	i->type = (uint8_t)type;
	i->info = (uint8_t)info;
	i->at = b->at;
	i->a = a;
	i->b = c;
	i->c = d;
	i->uses = 0;
	i->imm = imm;
	b->count = n + 1;
	if (type == IR_V128)
		b->vectors = true;
	return (ir_ref)n;
}

ir_ref ir_append(struct ir_block *b, enum ir_op op, enum ir_type type, ir_ref a, ir_ref c, ir_ref d,
    unsigned info, uint64_t imm)
{
	return append(b, op, type, a, c, d, info, imm);
}

size_t ir_block_size(const struct ir_block *b)
{
	return offsetof(struct ir_block, insn) + b->count * sizeof b->insn[0];
}

bool ir_is_const(const struct ir_block *b, ir_ref v, uint64_t *value)
{
	*value = b->insn[v].imm;
	return b->insn[v].op == IR_CONST;
}

ir_ref ir_const(struct ir_block *b, uint64_t value)
{
	return append(b, IR_CONST, IR_I64, 0, 0, 0, 0, value);
}

/* --- Guest registers --- */

static ir_ref *known_slot(struct ir_block *b, uint32_t offset)
{
	if (offset / 8 < IR_NEAR_SLOTS) {
		unsigned k = b->near[offset / 8];
		return k ? &b->known[k - 1].value : NULL;
	}
	for (unsigned k = 0; k < b->known_count; k++)
		if (b->known[k].offset == offset)
			return &b->known[k].value;
	return NULL;
}

/* ... of a slot of which nothing is known yet. */
static void know(struct ir_block *b, uint32_t offset, ir_ref v)
{
	if (b->known_count == IR_MAX_SLOTS)
		return;
	b->known[b->known_count].offset = offset;
	b->known[b->known_count++].value = v;
	if (offset / 8 < IR_NEAR_SLOTS)
		b->near[offset / 8] = (uint8_t)b->known_count;
}

ir_ref ir_get(struct ir_block *b, enum ir_type type, uint32_t offset)
{
	ir_ref *slot = known_slot(b, offset);
	if (slot)
		return *slot;
	ir_ref v = append(b, IR_GET, type, 0, 0, 0, 0, offset);
	know(b, offset, v);
	return v;
}

void ir_set(struct ir_block *b, uint32_t offset, ir_ref v)
{
	ir_ref *slot = known_slot(b, offset);
	if (slot && *slot == v)
		return;
	append(b, IR_SET, b->insn[v].type == IR_V128 ? IR_V128 : IR_VOID, v, 0, 0, 0, offset);
	if (slot)
		*slot = v;
	else
		know(b, offset, v);
}

ir_ref ir_get_flags(struct ir_block *b)
{
	if (!b->flags)
		b->flags = ir_append(b, IR_GET_FLAGS, IR_I32, 0, 0, 0, 0, 0);
	return b->flags;
}

void ir_set_flags(struct ir_block *b, ir_ref v)
{
	ir_append(b, IR_SET_FLAGS, IR_VOID, v, 0, 0, 0, 0);
	b->flags = v;
}

/* --- Folding --- */

static uint64_t width_mask(enum ir_type type)
{
	return type == IR_I32 ? UINT32_MAX : UINT64_MAX;
}

static bool fold_unary(enum ir_op op, enum ir_type type, uint64_t a, uint64_t *r)
{
	switch (op) {
	case IR_NOT: *r = ~a; break;
	case IR_NEG: *r = -a; break;
	case IR_SEXT8: *r = (uint64_t)(int8_t)a; break;
	case IR_SEXT16: *r = (uint64_t)(int16_t)a; break;
	case IR_SEXT32: *r = (uint64_t)(int32_t)a; break;
	case IR_ZEXT8: *r = (uint8_t)a; break;
	case IR_ZEXT16: *r = (uint16_t)a; break;
	case IR_ZEXT32: *r = (uint32_t)a; break;
	default: return false;
	}
	*r &= width_mask(type);
	return true;
}

static bool fold_binary(enum ir_op op, enum ir_type type, uint64_t a, uint64_t c, uint64_t *r)
{
	uint64_t mask = width_mask(type);
	unsigned n = (unsigned)c & (type == IR_I32 ? 31 : 63);
	switch (op) {
	case IR_ADD: *r = a + c; break;
	case IR_SUB: *r = a - c; break;
	case IR_MUL: *r = a * c; break;
	case IR_AND: *r = a & c; break;
	case IR_OR: *r = a | c; break;
	case IR_XOR: *r = a ^ c; break;
	case IR_SHL: *r = a << n; break;
	case IR_SHR: *r = (a & mask) >> n; break;
	default: return false;
	}
	*r &= mask;
	return true;
}

/* x op neutral = x.  Only in 64 bits: a 32-bit operation also truncates. */
static bool neutral(enum ir_op op, uint64_t c)
{
	switch (op) {
	case IR_ADD:
	case IR_SUB:
	case IR_OR:
	case IR_XOR:
	case IR_SHL:
	case IR_SHR:
	case IR_SAR:
	case IR_ROR: return c == 0;
	case IR_AND: return c == UINT64_MAX;
	case IR_MUL: return c == 1;
	default: return false;
	}
}

/* Bits above these are 0 in `v`. */
static unsigned bits_used(const struct ir_block *b, ir_ref v)
{
	const struct ir_insn *i = &b->insn[v];
	unsigned bits = i->type == IR_I32 ? 32 : 64;
	uint64_t c;
	switch (i->op) {
	case IR_CONST: return i->imm ? 64 - (unsigned)__builtin_clzll(i->imm) : 0;
	case IR_ZEXT8: return 8;
	case IR_ZEXT16: return 16;
	case IR_ZEXT32: return 32;
	case IR_AND:
		if (ir_is_const(b, i->b, &c) && c && 64 - (unsigned)__builtin_clzll(c) < bits)
			bits = 64 - (unsigned)__builtin_clzll(c);
		return bits;
	case IR_LOAD:
	case IR_LOAD_HOST:
		if (!(i->info & IR_MEM_SIGNED) && 8 * IR_MEM_SIZE(i->info) < bits)
			bits = 8 * IR_MEM_SIZE(i->info);
		return bits;
	default: return bits;
	}
}

/* Does the operation leave a value of so many bits as it is? */
static bool has_no_effect(enum ir_op op, unsigned bits)
{
	return (op == IR_ZEXT8 && bits <= 8) || (op == IR_ZEXT16 && bits <= 16) ||
	       (op == IR_ZEXT32 && bits <= 32);
}

ir_ref ir_unary(struct ir_block *b, enum ir_op op, enum ir_type type, ir_ref a)
{
	uint64_t x, r;
	if (ir_is_const(b, a, &x) && fold_unary(op, type, x, &r))
		return ir_const(b, r);
	if (has_no_effect(op, bits_used(b, a)))
		return a;
	return ir_append(b, op, type, a, 0, 0, 0, 0);
}

/* AND with a mask that has an operation of its own. */
static enum ir_op extension(uint64_t mask, enum ir_type type)
{
	if (mask == 0xff || mask == 0xffff)
		return mask == 0xff ? IR_ZEXT8 : IR_ZEXT16;
	return mask == UINT32_MAX && type == IR_I64 ? IR_ZEXT32 : IR_AND;
}

/* How far back a sum is looked for, in operations. */
#define SUM_WINDOW 48

/* The same sum of two values that are no constants, or IR_NONE: accesses at one address can share a
 * check. */
static ir_ref same_sum(const struct ir_block *b, enum ir_type type, ir_ref a, ir_ref c, uint64_t n)
{
	const unsigned last = b->count > SUM_WINDOW ? b->count - SUM_WINDOW : 0;
	for (unsigned k = b->count - 1; k > last && k > a && k > c; k--) {
		const struct ir_insn *i = &b->insn[k];
		if (i->op == IR_ADD && i->a == a && i->b == c && i->type == type && i->imm == n)
			return (ir_ref)k;
	}
	return IR_NONE;
}

static ir_ref add(struct ir_block *b, enum ir_type type, ir_ref a, ir_ref c, uint64_t n)
{
	ir_ref v = same_sum(b, type, a, c, n);
	return v ? v : ir_append(b, IR_ADD, type, a, c, 0, 0, n);
}

/* a + (y << 1 to 3), if `c` is such a shift. */
static ir_ref add_shifted(struct ir_block *b, enum ir_type type, ir_ref a, ir_ref c)
{
	uint64_t n;
	const struct ir_insn *i = &b->insn[c];
	if (i->op != IR_SHL || i->type != type || !ir_is_const(b, i->b, &n) || n < 1 || n > 3)
		return IR_NONE;
	return add(b, type, a, i->a, n);
}

ir_ref ir_binary(struct ir_block *b, enum ir_op op, enum ir_type type, ir_ref a, ir_ref c)
{
	uint64_t x, y, r;
	ir_ref v;
	bool const_a = ir_is_const(b, a, &x), const_c = ir_is_const(b, c, &y);
	if (const_a && const_c && fold_binary(op, type, x, y, &r))
		return ir_const(b, r);
	if (const_a && !const_c && ir_ops[op].flags & IR_COMMUTES)
		return ir_binary(b, op, type, c, a);
	if (const_c && neutral(op, y) && (type == IR_I64 || bits_used(b, a) <= 32))
		return a;
	if (const_c && op == IR_AND && extension(y, type) != IR_AND)
		return ir_unary(b, extension(y, type), type, a);
	if (op == IR_ADD && !const_c) {
		v = add_shifted(b, type, a, c);
		v = v ? v : add_shifted(b, type, c, a);
		return v ? v : add(b, type, a, c, 0);
	}
	return ir_append(b, op, type, a, c, 0, 0, 0);
}

ir_ref ir_extr(struct ir_block *b, enum ir_type type, ir_ref high, ir_ref low, unsigned lsb)
{
	return ir_append(b, IR_EXTR, type, high, low, 0, 0, lsb);
}

ir_ref ir_ccmp(struct ir_block *b, ir_ref flags, ir_ref then, unsigned cond, unsigned nzcv)
{
	return ir_append(b, IR_CCMP, IR_I32, flags, then, 0, 0, cond | nzcv << 4);
}

ir_ref ir_select(
    struct ir_block *b, enum ir_type type, ir_ref flags, unsigned cond, ir_ref yes, ir_ref no)
{
	return ir_append(b, IR_SELECT, type, flags, yes, no, 0, cond);
}

/* --- Memory and control --- */

ir_ref ir_load(struct ir_block *b, enum ir_type type, unsigned info, ir_ref address, int32_t disp)
{
	return ir_append(b, IR_LOAD, type, address, 0, 0, info, (uint64_t)(int64_t)disp);
}

void ir_store(struct ir_block *b, unsigned info, ir_ref address, int32_t disp, ir_ref v)
{
	enum ir_type type = b->insn[v].type == IR_V128 ? IR_V128 : IR_VOID;
	ir_append(b, IR_STORE, type, address, v, 0, info, (uint64_t)(int64_t)disp);
}

ir_ref ir_probe(struct ir_block *b, unsigned size_log2, bool write, ir_ref address, int32_t disp)
{
	return ir_append(b, IR_PROBE, IR_I64, address, 0, 0, size_log2 | (write ? IR_MEM_WRITE : 0),
	    (uint64_t)(int64_t)disp);
}

ir_ref ir_load_host(struct ir_block *b, enum ir_type type, unsigned info, ir_ref host, int32_t disp)
{
	return ir_append(b, IR_LOAD_HOST, type, host, 0, 0, info, (uint64_t)(int64_t)disp);
}

void ir_store_host(struct ir_block *b, unsigned info, ir_ref host, int32_t disp, ir_ref v)
{
	enum ir_type type = b->insn[v].type == IR_V128 ? IR_V128 : IR_VOID;
	ir_append(b, IR_STORE_HOST, type, host, v, 0, info, (uint64_t)(int64_t)disp);
}

void ir_exit(
    struct ir_block *b, enum ir_op op, enum ir_type type, ir_ref a, unsigned info, uint64_t pc)
{
	ir_append(b, op, type, a, 0, 0, info, pc);
}

void ir_jump(struct ir_block *b, uint64_t pc)
{
	ir_append(b, IR_JUMP, IR_VOID, 0, 0, 0, 0, pc);
}

void ir_jump_to(struct ir_block *b, ir_ref pc)
{
	ir_append(b, IR_JUMP_TO, IR_VOID, pc, 0, 0, 0, 0);
}

void ir_leave(struct ir_block *b, uint64_t pc)
{
	ir_append(b, IR_LEAVE, IR_VOID, 0, 0, 0, 0, pc);
}

void ir_call(struct ir_block *b, uint64_t pc)
{
	ir_append(b, IR_CALL, IR_VOID, 0, 0, 0, 0, pc);
	forget(b);
}

void ir_helper(
    struct ir_block *b, uint64_t function, const void *data, uint32_t first, uint32_t last)
{
	const unsigned known = b->known_count;
	ir_ref f = ir_const(b, function), from = ir_const(b, first), to = ir_const(b, last);
	ir_append(b, IR_HELPER, IR_VOID, f, from, to, 0, (uintptr_t)data);
	forget_slots(b);
	for (unsigned k = 0; k < known; k++)
		if (b->known[k].offset < first || b->known[k].offset > last)
			know(b, b->known[k].offset, b->known[k].value);
}

void ir_helper_any(struct ir_block *b, uint64_t function, const void *data)
{
	ir_helper(b, function, data, 0, UINT32_MAX);
	b->insn[b->count - 1].info = 1;
}

/* --- Vectors --- */

ir_ref ir_vconst(struct ir_block *b, uint64_t low, uint64_t high)
{
	return ir_append(b, IR_VCONST, IR_V128, ir_const(b, high), 0, 0, 0, low);
}

ir_ref ir_vector(struct ir_block *b, enum ir_op op, unsigned lane_log2, ir_ref a, ir_ref c)
{
	return ir_append(b, op, IR_V128, a, c, 0, lane_log2, 0);
}

ir_ref ir_vector_imm(struct ir_block *b, enum ir_op op, unsigned lane_log2, ir_ref a, uint64_t imm)
{
	return ir_append(b, op, IR_V128, a, 0, 0, lane_log2, imm);
}

ir_ref ir_insert(struct ir_block *b, unsigned lane_log2, ir_ref a, unsigned lane, ir_ref v)
{
	return ir_append(b, IR_INSERT, IR_V128, a, v, 0, lane_log2, lane);
}

ir_ref ir_extract(struct ir_block *b, unsigned lane_log2, ir_ref a, unsigned lane)
{
	b->vectors = true;
	return ir_append(b, IR_EXTRACT, IR_I64, a, 0, 0, lane_log2, lane);
}

ir_ref ir_shuffle(struct ir_block *b, ir_ref a, ir_ref c, const uint8_t pattern[16])
{
	uint64_t half[2];
	memcpy(half, pattern, sizeof half);
	return ir_append(b, IR_SHUFFLE, IR_V128, a, c, ir_const(b, half[1]), 0, half[0]);
}

ir_ref ir_slow(struct ir_block *b, enum ir_op op, enum ir_type type, ir_ref a, ir_ref c, ir_ref d,
    unsigned info, const void *data)
{
	b->vectors = true;
	return ir_append(b, op, type, a, c, d, info, (uintptr_t)data);
}

uint32_t ir_slow_slot(const struct ir_block *b, ir_ref n)
{
	for (ir_ref k = n + 1; k < b->count; k++)
		if (b->insn[k].op == IR_SET && b->insn[k].a == n)
			return (uint32_t)b->insn[k].imm;
	return 0;
}

/* --- Liveness --- */

/* Slots written again below, with no barrier in between: SETs of them are dead. */
struct written {
	uint32_t offset[IR_MAX_SLOTS];
	unsigned count;
	bool flags;
};

static bool overwritten(struct written *w, const struct ir_insn *i)
{
	if (i->op == IR_SET_FLAGS) {
		bool dead = w->flags;
		w->flags = true;
		return dead;
	}
	for (unsigned k = 0; k < w->count; k++)
		if (w->offset[k] == i->imm)
			return true;
	if (w->count < IR_MAX_SLOTS)
		w->offset[w->count++] = (uint32_t)i->imm;
	return false;
}

static void keep(struct ir_block *b, const struct ir_insn *i)
{
	unsigned args = ir_ops[i->op].args;
	if (args > 0)
		b->insn[i->a].uses++;
	if (args > 1)
		b->insn[i->b].uses++;
	if (args > 2)
		b->insn[i->c].uses++;
}

void ir_finish(struct ir_block *b)
{
	struct written w;
	w.count = 0;
	w.flags = false;
	for (unsigned n = b->count; n-- > 1;) {
		struct ir_insn *i = &b->insn[n];
		if (i->op == IR_CONST)
			continue;
		unsigned flags = ir_ops[i->op].flags;
		bool dead = flags & IR_PURE && !i->uses;
		if (i->op == IR_SET ||
		    i->op == IR_SET_FLAGS) /* slow() writes to the slot in any case */
			dead =
			    overwritten(&w, i) &&
			    (i->op == IR_SET_FLAGS || !(ir_ops[b->insn[i->a].op].flags & IR_SLOW));
		if (flags & IR_BARRIER) {
			w.count = 0;
			w.flags = false;
		}
		if (dead)
			i->op = IR_CONST; /* nothing uses it, so it makes no code */
		else
			keep(b, i);
	}
}
