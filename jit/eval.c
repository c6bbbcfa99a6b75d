/* The IR in plain C.  README.md is the specification; nothing here is for speed. */
#include "jit/eval.h"

#include <ffi.h>
#include <stdlib.h>
#include <string.h>

#include "jit/flags.h"
#include "jit/vector.h"

/* The signatures of what a block calls. */
enum { CALL_PROBE, CALL_CALL, CALL_HELPER, CALLS };

struct eval {
	struct jit_guest guest_is; /* what g points to */
	const struct jit_guest *g;
	const struct ir_block *b;
	uint8_t *guest;
	uint64_t value[IR_MAX_OPS];
	uint64_t high[IR_MAX_OPS]; /* of vectors */
	uint32_t nzcv[IR_MAX_OPS]; /* of operations that carry flags */
	bool left, failed;
	ffi_cif cif[CALLS];
	ffi_type *arguments[2];
};

static bool prepare_call(struct eval *e, unsigned which, ffi_type *result, unsigned args)
{
	return ffi_prep_cif(&e->cif[which], FFI_DEFAULT_ABI, args, result, e->arguments) == FFI_OK;
}

struct eval *eval_new(const struct jit_guest *g)
{
	struct eval *e = calloc(1, sizeof *e);
	if (!e)
		return NULL;
	e->guest_is = *g;
	e->g = &e->guest_is;
	e->arguments[0] = e->arguments[1] = &ffi_type_pointer;
	if (prepare_call(e, CALL_PROBE, &ffi_type_pointer, 1) &&
	    prepare_call(e, CALL_CALL, &ffi_type_uint8, 1) &&
	    prepare_call(e, CALL_HELPER, &ffi_type_void, 2))
		return e;
	free(e);
	return NULL;
}

void eval_free(struct eval *e)
{
	free(e);
}

/* --- The guest struct --- */

static uint64_t field(const struct eval *e, uint64_t offset)
{
	uint64_t v;
	memcpy(&v, e->guest + offset, sizeof v);
	return v;
}

static void set_field(struct eval *e, uint64_t offset, uint64_t v)
{
	memcpy(e->guest + offset, &v, sizeof v);
}

static void refund(struct eval *e, unsigned executed)
{
	set_field(e, e->g->budget, field(e, e->g->budget) + e->b->guest_count - executed);
}

static void leave(struct eval *e, enum jit_reason reason, uint64_t pc)
{
	set_field(e, e->g->pc, pc);
	set_field(e, e->g->reason, reason);
	e->left = true;
}

/* Call a function with the guest and, if it takes two arguments, `data`.  An integral result
 * arrives in full width. */
static ffi_arg call_helper(struct eval *e, unsigned which, void (*function)(void), void *data)
{
	void *guest = e->guest, *values[2] = {&guest, &data};
	ffi_arg r = 0;
	ffi_call(&e->cif[which], function, &r, values);
	return r;
}

/* --- Integer --- */

static bool wide(const struct ir_insn *i)
{
	return i->type == IR_I64;
}

static uint64_t divide(uint64_t a, uint64_t b, bool w)
{
	if (!w)
		return (uint32_t)b ? (uint32_t)a / (uint32_t)b : 0;
	return b ? a / b : 0;
}

static uint64_t divide_signed(uint64_t a, uint64_t b, bool w)
{
	int64_t x = w ? (int64_t)a : (int32_t)a, y = w ? (int64_t)b : (int32_t)b;
	if (y == 0)
		return 0;
	return y == -1 ? -(uint64_t)x : (uint64_t)(x / y);
}

/* (a:b) >> n for 0 <= n < width; all rotations and shifts are cases of it. */
static uint64_t funnel(uint64_t a, uint64_t b, unsigned n, bool w)
{
	if (!w)
		return (uint64_t)(uint32_t)a << (32 - n) | (uint32_t)b >> n;
	return n ? a << (64 - n) | b >> n : b;
}

static uint64_t shift(enum ir_op op, uint64_t a, uint64_t b, bool w)
{
	unsigned n = (unsigned)b & (w ? 63 : 31);
	uint64_t sign = (w ? (int64_t)a : (int32_t)a) < 0 ? UINT64_MAX : 0;
	switch (op) {
	case IR_SHL: return a << n;
	case IR_SHR: return funnel(0, a, n, w);
	case IR_SAR: return funnel(sign, a, n, w);
	default: return funnel(a, a, n, w);
	}
}

static uint64_t leading_zeros(uint64_t a, bool w)
{
	uint64_t n = 0;
	for (unsigned bit = w ? 64 : 32; bit-- > 0 && !(a >> bit & 1);)
		n++;
	return n;
}

static uint64_t reverse_bytes(uint64_t a, bool w)
{
	uint64_t r = 0;
	for (unsigned k = 0, n = w ? 8 : 4; k < n; k++)
		r |= (a >> 8 * k & 0xff) << 8 * (n - 1 - k);
	return r;
}

/* False if `i` is none of these. */
static bool eval_integer(const struct ir_insn *i, uint64_t a, uint64_t b, uint64_t *r)
{
	bool w = wide(i);
	switch ((enum ir_op)i->op) {
	case IR_CONST: *r = i->imm; return true;
	case IR_ADD: *r = a + (b << i->imm); break;
	case IR_SUB: *r = a - b; break;
	case IR_MUL: *r = a * b; break;
	case IR_UMULH: *r = (uint64_t)((unsigned __int128)a * b >> 64); return true;
	case IR_SMULH: *r = (uint64_t)((__int128)(int64_t)a * (int64_t)b >> 64); return true;
	case IR_UDIV: *r = divide(a, b, w); break;
	case IR_SDIV: *r = divide_signed(a, b, w); break;
	case IR_AND: *r = a & b; break;
	case IR_OR: *r = a | b; break;
	case IR_XOR: *r = a ^ b; break;
	case IR_NOT: *r = ~a; break;
	case IR_NEG: *r = -a; break;
	case IR_SHL:
	case IR_SHR:
	case IR_SAR:
	case IR_ROR: *r = shift((enum ir_op)i->op, a, b, w); break;
	case IR_EXTR: *r = funnel(a, b, (unsigned)i->imm, w); break;
	case IR_SEXT8: *r = (uint64_t)(int8_t)a; break;
	case IR_SEXT16: *r = (uint64_t)(int16_t)a; break;
	case IR_SEXT32: *r = (uint64_t)(int32_t)a; break;
	case IR_ZEXT8: *r = (uint8_t)a; break;
	case IR_ZEXT16: *r = (uint16_t)a; break;
	case IR_ZEXT32: *r = (uint32_t)a; break;
	case IR_CLZ: *r = leading_zeros(a, w); break;
	case IR_BSWAP: *r = reverse_bytes(a, w); break;
	default: return false;
	}
	if (!w)
		*r = (uint32_t)*r;
	return true;
}

/* --- Condition flags --- */

static bool holds(uint32_t nzcv, uint64_t cond)
{
	bool n = nzcv >> 3 & 1, z = nzcv >> 2 & 1, c = nzcv >> 1 & 1, v = nzcv & 1;
	const bool even[8] = {z, c, n, v, c && !z, n == v, n == v && !z, true};
	bool r = even[cond >> 1 & 7];
	return cond & 1 && cond != 15 ? !r : r;
}

static uint64_t eval_arithmetic(
    struct eval *e, ir_ref n, const struct ir_insn *i, uint64_t a, uint64_t b)
{
	unsigned bits = wide(i) ? 64 : 32;
	uint64_t r = i->op == IR_ADDS ? a + b : i->op == IR_SUBS ? a - b : a & b;
	if (bits == 32)
		r = (uint32_t)r;
	if (i->op == IR_ADDS)
		e->nzcv[n] = flags_of_sum(r, b, bits);
	else if (i->op == IR_SUBS)
		e->nzcv[n] = flags_of_difference(a, b, bits);
	else
		e->nzcv[n] = flags_nzcv(r, false, false, bits);
	return r;
}

static uint32_t guest_flags(const struct eval *e)
{
	const struct jit_guest *g = e->g;
	return jit_flags_pack(field(e, g->flags_kind), field(e, g->flags_a), field(e, g->flags_b));
}

/* False if `i` is none of these. */
static bool eval_flags(struct eval *e, ir_ref n, const struct ir_insn *i, uint64_t a, uint64_t b)
{
	uint64_t *r = &e->value[n];
	switch ((enum ir_op)i->op) {
	case IR_ADDS:
	case IR_SUBS:
	case IR_ANDS: *r = eval_arithmetic(e, n, i, a, b); return true;
	case IR_GET_FLAGS: *r = e->nzcv[n] = guest_flags(e); return true;
	case IR_NZCV: *r = e->nzcv[n] = (uint32_t)a; return true;
	case IR_SET_FLAGS:
		set_field(e, e->g->flags_kind, JIT_FLAGS_PACKED);
		set_field(e, e->g->flags_a, e->nzcv[i->a]);
		return true;
	case IR_CCMP:
		*r = e->nzcv[n] = holds(e->nzcv[i->a], i->imm & 15) ? e->nzcv[i->b]
								    : (uint32_t)(i->imm >> 4 & 15);
		return true;
	case IR_SELECT:
		*r = holds(e->nzcv[i->a], i->imm) ? b : e->value[i->c];
		if (!wide(i))
			*r = (uint32_t)*r;
		return true;
	default: return false;
	}
}

/* --- Memory --- */

/* The host address of an access, or NULL: the block has been left. */
static uint8_t *translate(struct eval *e, const struct ir_insn *i, uint64_t address, bool write)
{
	const struct jit_guest *g = e->g;
	uint64_t size = IR_MEM_SIZE(i->info),
		 page = (address + size - 1) >> g->page_bits << g->page_bits;
	uint64_t entry =
	    g->tlb[e->b->context] + (address >> g->page_bits & (g->tlb_entries - 1)) * 32;
	for (unsigned way = 0; way < 2; way++, entry += 32 * g->tlb_entries)
		if (field(e, entry + (write ? g->tlb_write : g->tlb_read)) == page)
			return (uint8_t *)(uintptr_t)(address + field(e, entry + g->tlb_addend));
	if (e->b->shared && size > 16 && page != address >> g->page_bits << g->page_bits) {
		refund(e, i->at);
		set_field(e, g->site, 0);
		leave(e, JIT_APART, ir_pc(e->b, i->at));
		return NULL;
	}
	set_field(e, g->probe_address, address);
	set_field(e, g->probe_info, size | (uint64_t)write << 8 | (uint64_t)e->b->context << 9);
	set_field(e, g->probe_pc, ir_pc(e->b, i->at));
	set_field(e, g->probe_rest, e->b->guest_count - i->at);
	uint64_t addend = call_helper(e, CALL_PROBE, FFI_FN(g->probe), NULL);
	set_field(e, g->probe_address, addend);
	if (addend)
		return (uint8_t *)(uintptr_t)(address + addend);
	refund(e, i->at);
	leave(e, JIT_SINGLE, field(e, g->probe_pc));
	return NULL;
}

static void load_vector(struct eval *e, ir_ref n, const struct ir_insn *i, const uint8_t *host)
{
	uint64_t v[2] = {0, 0};
	memcpy(v, host, IR_MEM_SIZE(i->info));
	e->value[n] = v[0];
	e->high[n] = v[1];
}

static void store(struct eval *e, const struct ir_insn *i, uint8_t *host, uint64_t b)
{
	uint64_t v[2] = {b, e->high[i->b]};
	memcpy(host, v, IR_MEM_SIZE(i->info));
}

static uint64_t load(const struct ir_insn *i, const uint8_t *host)
{
	uint64_t v = 0;
	unsigned bits = 8 * IR_MEM_SIZE(i->info);
	memcpy(&v, host, bits / 8);
	if (i->info & IR_MEM_SIGNED)
		v = (uint64_t)((int64_t)(v << (64 - bits)) >> (64 - bits));
	return wide(i) ? v : (uint32_t)v;
}

/* False if `i` is none of these. */
static bool eval_memory(struct eval *e, ir_ref n, const struct ir_insn *i, uint64_t a, uint64_t b)
{
	uint64_t address = a + i->imm;
	uint8_t *host = (uint8_t *)(uintptr_t)address;
	if (i->op == IR_LOAD || i->op == IR_STORE || i->op == IR_PROBE) {
		bool write = i->op == IR_STORE || (i->op == IR_PROBE && i->info & IR_MEM_WRITE);
		host = translate(e, i, address, write);
		if (!host)
			return true;
	}
	switch ((enum ir_op)i->op) {
	case IR_LOAD:
	case IR_LOAD_HOST:
		if (i->type == IR_V128)
			load_vector(e, n, i, host);
		else
			e->value[n] = load(i, host);
		return true;
	case IR_STORE:
	case IR_STORE_HOST: store(e, i, host, b); return true;
	case IR_PROBE: e->value[n] = (uintptr_t)host; return true;
	default: return false;
	}
}

/* --- Vectors --- */

static void shuffle(struct eval *e, ir_ref n, const struct ir_insn *i)
{
	const uint64_t from[4] = {e->value[i->a], e->high[i->a], e->value[i->b], e->high[i->b]};
	const uint64_t half[2] = {i->imm, e->value[i->c]};
	uint8_t source[32], pattern[16], result[16];
	memcpy(source, from, sizeof source);
	memcpy(pattern, half, sizeof pattern);
	for (unsigned k = 0; k < 16; k++)
		result[k] = pattern[k] < 32 ? source[pattern[k]] : 0;
	memcpy(&e->value[n], result, 8);
	memcpy(&e->high[n], result + 8, 8);
}

/* Lane number imm of the pair at `v`. */
static uint64_t *lane_of(uint64_t v[2], const struct ir_insn *i, unsigned *shift, uint64_t *mask)
{
	unsigned bits = 8u << (i->info & 3), at = (unsigned)i->imm * bits;
	*shift = at % 64;
	*mask = ~UINT64_C(0) >> (64 - bits);
	return &v[at / 64 & 1];
}

static void insert(struct eval *e, ir_ref n, const struct ir_insn *i)
{
	uint64_t v[2] = {e->value[i->a], e->high[i->a]}, mask;
	unsigned shift;
	uint64_t *half = lane_of(v, i, &shift, &mask);
	*half = (*half & ~(mask << shift)) | (e->value[i->b] & mask) << shift;
	e->value[n] = v[0];
	e->high[n] = v[1];
}

static uint64_t extract(struct eval *e, const struct ir_insn *i)
{
	uint64_t v[2] = {e->value[i->a], e->high[i->a]}, mask;
	unsigned shift;
	uint64_t *half = lane_of(v, i, &shift, &mask);
	return *half >> shift & mask;
}

static uint64_t splat(uint64_t v, unsigned lane_log2)
{
	for (unsigned bits = 8u << lane_log2; bits < 64; bits *= 2)
		v = (v & ~UINT64_C(0) >> (64 - bits)) | v << bits;
	return v;
}

static void lanes(struct eval *e, ir_ref n, const struct ir_insn *i)
{
	uint64_t v[3][2] = {{e->value[i->a], e->high[i->a]}, {e->value[i->b], e->high[i->b]},
	    {e->value[i->c], e->high[i->c]}};
	vector_lanes(i->imm << 16 | (uint64_t)i->info << 8 | i->op, v);
	e->value[n] = v[0][0];
	e->high[n] = v[0][1];
}

static void sticky(struct eval *e, const struct ir_insn *i)
{
	uint32_t v;
	memcpy(&v, e->guest + i->imm, sizeof v);
	v |= e->value[i->a] | e->high[i->a] ? 1u << i->info : 0;
	memcpy(e->guest + i->imm, &v, sizeof v);
}

/* The guest's own function does it, from slots to slots. */
static void slow(struct eval *e, ir_ref n, const struct ir_insn *i)
{
	call_helper(e, CALL_HELPER, FFI_FN(e->g->slow), (void *)(uintptr_t)i->imm);
	uint32_t slot = ir_slow_slot(e->b, n);
	e->value[n] = field(e, slot);
	if (i->type == IR_V128)
		e->high[n] = field(e, slot + 8);
}

static bool signals(uint64_t v, bool is_double)
{
	uint64_t quiet = is_double ? UINT64_C(0x7ff8) << 48 : 0x7fc00000;
	uint64_t infinity = is_double ? UINT64_C(0x7ff0) << 48 : 0x7f800000;
	uint64_t fraction = is_double ? UINT64_MAX >> 12 : UINT32_MAX >> 9;
	return (v & quiet) == infinity && v & fraction;
}

/* FCMP, FCCMP. */
static void compare(struct eval *e, ir_ref n, const struct ir_insn *i)
{
	const uint64_t a = e->value[i->a], b = e->value[i->b];
	bool d = i->info & IR_F_DOUBLE;
	if (i->op == IR_FCCMP && !holds(e->nzcv[i->c], i->imm & 15)) {
		e->value[n] = e->nzcv[n] = i->imm >> 4 & 15;
		return;
	}
	e->value[n] = e->nzcv[n] = flags_of_numbers(a, b, d ? 64 : 32);
	if (e->nzcv[n] != 3 || !(i->info & IR_F_SIGNAL || signals(a, d) || signals(b, d)))
		return;
	uint32_t status;
	memcpy(&status, e->guest + e->g->fp_status, sizeof status);
	status |= JIT_FP_INVALID;
	memcpy(e->guest + e->g->fp_status, &status, sizeof status);
}

/* False if `i` is none of these. */
static bool eval_vector(struct eval *e, ir_ref n, const struct ir_insn *i)
{
	enum ir_op op = (enum ir_op)i->op;
	if (ir_ops[op].flags & IR_SLOW)
		slow(e, n, i);
	else if (vector_is_lanes(op))
		lanes(e, n, i);
	else if (op == IR_VCONST) {
		e->value[n] = i->imm;
		e->high[n] = e->value[i->a];
	} else if (op == IR_SPLAT)
		e->value[n] = e->high[n] = splat(e->value[i->a], i->info & 3);
	else if (op == IR_SHUFFLE)
		shuffle(e, n, i);
	else if (op == IR_INSERT)
		insert(e, n, i);
	else if (op == IR_EXTRACT)
		e->value[n] = extract(e, i);
	else if (op == IR_STICKY)
		sticky(e, i);
	else if (op == IR_FCMP || op == IR_FCCMP)
		compare(e, n, i);
	else
		return false;
	return true;
}

/* --- Leaving --- */

static void go_on_at(struct eval *e, uint64_t pc)
{
	set_field(e, e->g->site, 0);
	leave(e, JIT_LOOKUP, pc);
}

static void exit_if(struct eval *e, const struct ir_insn *i, bool taken)
{
	if (!taken)
		return;
	refund(e, i->at + 1u);
	go_on_at(e, i->imm);
}

static void refuse(struct eval *e, const struct ir_insn *i, uint64_t a)
{
	if (!(a & i->imm))
		return;
	refund(e, i->at);
	leave(e, JIT_SINGLE, ir_pc(e->b, i->at));
}

static void call(struct eval *e, const struct ir_insn *i)
{
	set_field(e, e->g->probe_pc, i->imm);
	set_field(e, e->g->probe_rest, e->b->guest_count - i->at);
	if (!(uint8_t)call_helper(e, CALL_CALL, FFI_FN(e->g->call), NULL))
		return;
	set_field(e, e->g->reason, JIT_LEFT);
	e->left = true;
}

static void get(struct eval *e, ir_ref n, const struct ir_insn *i)
{
	e->value[n] = field(e, i->imm);
	if (i->type == IR_V128)
		e->high[n] = field(e, i->imm + 8);
}

static void eval_control(struct eval *e, ir_ref n, const struct ir_insn *i, uint64_t a)
{
	uint64_t tested = wide(i) ? a : (uint32_t)a;
	switch ((enum ir_op)i->op) {
	case IR_GET: get(e, n, i); break;
	case IR_SET:
		set_field(e, i->imm, a);
		if (i->type == IR_V128)
			set_field(e, i->imm + 8, e->high[i->a]);
		break;
	case IR_REFUSE: refuse(e, i, a); break;
	case IR_BUDGET: e->value[n] = field(e, e->g->budget) + e->b->guest_count - i->at - 1; break;
	case IR_EXIT_COND: exit_if(e, i, holds(e->nzcv[i->a], i->info)); break;
	case IR_EXIT_ZERO: exit_if(e, i, !tested); break;
	case IR_EXIT_NONZERO: exit_if(e, i, tested); break;
	case IR_EXIT_BIT: exit_if(e, i, (a >> (i->info & 63) & 1) != (i->info >> 6 & 1)); break;
	case IR_JUMP: go_on_at(e, i->imm); break;
	case IR_JUMP_TO: go_on_at(e, a); break;
	case IR_LEAVE:
		set_field(e, e->g->site, 0);
		leave(e, JIT_LEFT, i->imm);
		break;
	case IR_CALL: call(e, i); break;
	case IR_HELPER:
		set_field(e, e->g->helpers, field(e, e->g->helpers) + 1);
		call_helper(e, CALL_HELPER, FFI_FN((uintptr_t)a), (void *)(uintptr_t)i->imm);
		break;
	default: e->failed = e->left = true;
	}
}

bool eval_run(struct eval *e, const struct ir_block *b, void *guest)
{
	e->b = b;
	e->guest = guest;
	e->left = e->failed = false;
	uint64_t left = field(e, e->g->budget) - b->guest_count;
	if (left >> 63) {
		leave(e, JIT_BUDGET, b->pc);
		return true;
	}
	set_field(e, e->g->budget, left);
	for (ir_ref n = 1; n < b->count && !e->left; n++) {
		const struct ir_insn *i = &b->insn[n];
		uint64_t x = e->value[i->a], y = e->value[i->b];
		if (!eval_integer(i, x, y, &e->value[n]) && !eval_flags(e, n, i, x, y) &&
		    !eval_memory(e, n, i, x, y) && !eval_vector(e, n, i))
			eval_control(e, n, i, x);
	}
	return e->left && !e->failed;
}
