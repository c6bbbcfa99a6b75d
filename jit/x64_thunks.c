/* Entering and leaving translated code, calls out of it, and the guest's flags out of their lazy
 * form.  While translated code runs: RBP is the guest, the pinned slots are in their registers, and
 * the stack holds a frame of spill slots, aligned to 16 bytes.
 *
 * Pinned vectors are loaded by the first block that has to do with vectors, and stored when C code
 * is to see them; in between MXCSR is the guest's, and its exception flags are the guest's. */
#include "jit/x64_thunks.h"

#include "jit/vector.h"
#include "jit/x64_const.h"
#include "jit/x64_trap.h"

#include <stdlib.h>

/* Six pushes and the return address precede it. */
#define FRAME         (LOOP_OFFSET + LOOP_BYTES + 8)
#define SCRATCH_BYTES (4 * 16) /* of the scratch vectors */

static const uint8_t saved[] = {RBX, RBP, R12, R13, R14, R15};
#define SAVED_COUNT (sizeof saved)

static void load_pinned(struct assembler *a, const struct jit_guest *g)
{
	for (unsigned k = 0; k < JIT_PINNED; k++)
		mov_load(a, true, x64_pinned[k], at(RBP, (int32_t)g->pinned[k]));
}

static void store_pinned(struct assembler *a, const struct jit_guest *g)
{
	for (unsigned k = 0; k < JIT_PINNED; k++)
		mov_store(a, true, at(RBP, (int32_t)g->pinned[k]), x64_pinned[k]);
}

/* Uses RCX and the 8 bytes below the stack. */
static void emit_store_vectors(struct assembler *a, const struct jit *j)
{
	const struct jit_guest *g = &j->guest;
	for (unsigned k = 0; k < j->pinned_vectors; k++)
		vec_store(a, at(RBP, (int32_t)g->vector[k]), VECTOR_PINNED_FIRST + k);
	mxcsr(a, 3, at(RSP, -8));
	mov_load(a, false, RCX, at(RSP, -8));
	alu_imm(a, ALU_AND, false, RCX,
	    JIT_FP_INVALID | JIT_FP_DIVIDE | JIT_FP_OVERFLOW | JIT_FP_UNDERFLOW | JIT_FP_INEXACT);
	op_rm(a, 0x09, false, RCX, at(RBP, (int32_t)g->fp_status)); /* OR [fp_status], ECX */
	mov_store_imm(a, false, at(RSP, -8), JIT_FP_CONTROL(0));
	mxcsr(a, 2, at(RSP, -8));
	put8(a, 0xc3);
}

/* The first entrance marks them as live. */
static const uint8_t *emit_load_vectors(struct assembler *a, const struct jit *j)
{
	const struct jit_guest *g = &j->guest;
	mov_store_imm(a, true, at(RBP, (int32_t)g->vectors_live), 1);
	const uint8_t *again = a->p;
	for (unsigned k = 0; k < j->pinned_vectors; k++)
		vec_load(a, VECTOR_PINNED_FIRST + k, at(RBP, (int32_t)g->vector[k]));
	mxcsr(a, 2, at(RBP, (int32_t)g->fp_control));
	put8(a, 0xc3);
	return again;
}

/* CALL `subroutine` if vectors are live. */
static void if_live(struct assembler *a, const struct jit *j, const uint8_t *subroutine)
{
	alu_mem_imm(a, ALU_CMP, true, at(RBP, (int32_t)j->guest.vectors_live), 0);
	put8(a, 0x74); /* JE over the call */
	put8(a, 5);
	patch_to(call_rel(a), subroutine);
}

static void not_live(struct assembler *a, const struct jit *j)
{
	mov_store_imm(a, true, at(RBP, (int32_t)j->guest.vectors_live), 0);
}

static void call_c(struct assembler *a, uintptr_t function)
{
	lea(a, true, RDI, at(RBP, 0));
	mov_imm(a, RAX, function);
	op_rr(a, 0xff, false, 2, RAX);
}

static void emit_enter(struct assembler *a, const struct jit_guest *g)
{
	for (unsigned k = 0; k < SAVED_COUNT; k++)
		push(a, saved[k]);
	alu_imm(a, ALU_SUB, true, RSP, FRAME);
	lea(a, true, RBP, at(RDI, JIT_BASE));
	mov_rr(a, true, RAX, RSI);
	load_pinned(a, g);
	op_rr(a, 0xff, false, 4, RAX); /* JMP RAX */
}

/* The entrance is for when the pinned slots are in memory already. */
static const uint8_t *emit_leave(struct assembler *a, const struct jit *j)
{
	const uint8_t *stored = a->p;
	not_live(a, j);
	alu_imm(a, ALU_ADD, true, RSP, FRAME);
	for (unsigned k = SAVED_COUNT; k-- > 0;)
		pop(a, saved[k]);
	put8(a, 0xc3);
	return stored;
}

static void emit_leave_for(struct assembler *a, struct jit *j, const uint8_t *leave_stored)
{
	const struct jit_guest *g = &j->guest;
	for (int reason = 0; reason < JIT_REASONS; reason++) {
		j->leave_for[reason] = a->p;
		mov_store(a, true, at(RBP, (int32_t)g->pc), RAX);
		mov_store(a, true, at(RBP, (int32_t)g->site), RCX);
		mov_store_imm(a, true, at(RBP, (int32_t)g->reason), reason);
		store_pinned(a, g);
		if_live(a, j, j->store_vectors);
		patch_to(jump(a), leave_stored);
	}
}

static const uint8_t scratch[4] = {RAX, RCX, RDX, R13};

/* To and from the stack. */
static void store_scratch_vectors(struct assembler *a)
{
	for (unsigned k = 0; k < 4; k++)
		vec_store(a, at(RSP, (int32_t)k * 16), k);
}

static void load_scratch_vectors(struct assembler *a)
{
	for (unsigned k = 0; k < 4; k++)
		vec_load(a, k, at(RSP, (int32_t)k * 16));
}

/* A field of the record that RDX points to becomes one of the guest's. */
static void copy_field(struct assembler *a, bool wide, size_t from, uint32_t to)
{
	struct mem m = at(RDX, (int32_t)from);
	if (wide)
		mov_load(a, true, RAX, m);
	else
		op0f_rm(a, 0xb7, false, RAX, m); /* MOVZX EAX, word */
	mov_store(a, true, at(RBP, (int32_t)to), RAX);
}

/* From the probe_record behind the call, which is stepped over. */
static void tell_guest(struct assembler *a, const struct jit_guest *g, struct mem return_address)
{
	mov_load(a, true, RDX, return_address);
	copy_field(a, true, offsetof(struct probe_record, pc), g->probe_pc);
	copy_field(a, false, offsetof(struct probe_record, info), g->probe_info);
	copy_field(a, false, offsetof(struct probe_record, rest), g->probe_rest);
	alu_mem_imm(a, ALU_ADD, true, return_address, sizeof(struct probe_record));
}

/* Everything survives but the flags; a refusal leaves the block before probe_pc. */
static void emit_probe(struct assembler *a, const struct jit *j, const uint8_t *leave_stored)
{
	const struct jit_guest *g = &j->guest;
	store_pinned(a, g);
	for (unsigned k = 0; k < 4; k++)
		push(a, scratch[k]);
	alu_imm(a, ALU_SUB, true, RSP, 8 + SCRATCH_BYTES);
	tell_guest(a, g, at(RSP, SCRATCH_BYTES + 5 * 8));
	store_scratch_vectors(a);
	if_live(a, j, j->store_vectors);
	call_c(a, (uintptr_t)g->probe);
	mov_store(a, true, at(RBP, (int32_t)g->probe_address), RAX);
	test_rr(a, true, RAX, RAX);
	uint8_t *refused = jump_if(a, CC_E);
	if_live(a, j, j->reload_vectors);
	load_scratch_vectors(a);
	alu_imm(a, ALU_ADD, true, RSP, 8 + SCRATCH_BYTES);
	for (unsigned k = 4; k-- > 0;)
		pop(a, scratch[k]);
	load_pinned(a, g);
	put8(a, 0xc3);
	patch_to(refused, a->p);
	alu_imm(a, ALU_ADD, true, RSP, 8 + SCRATCH_BYTES + 5 * 8);
	mov_load(a, true, RAX, at(RBP, (int32_t)g->probe_pc));
	mov_store(a, true, at(RBP, (int32_t)g->pc), RAX);
	mov_load(a, true, RAX, at(RBP, (int32_t)g->probe_rest));
	op_rm(a, 0x01, true, RAX, at(RBP, (int32_t)g->budget)); /* ADD [budget], RAX */
	mov_store_imm(a, true, at(RBP, (int32_t)g->reason), JIT_SINGLE);
	patch_to(jump(a), leave_stored);
}

/* Everything survives but the flags; what the call is about stands behind it. */
static void emit_weak(struct assembler *a, struct jit *j)
{
	store_pinned(a, &j->guest);
	for (unsigned k = 0; k < 4; k++)
		push(a, scratch[k]);
	alu_imm(a, ALU_SUB, true, RSP, 8 + SCRATCH_BYTES);
	store_scratch_vectors(a);
	if_live(a, j, j->store_vectors);
	mov_load(a, true, RDX, at(RSP, SCRATCH_BYTES + 5 * 8));
	mov_imm(a, RDI, (uintptr_t)j);
	lea(a, true, RSI, at(RBP, 0));
	mov_imm(a, RAX, (uintptr_t)x64_weak_hint);
	op_rr(a, 0xff, false, 2, RAX);
	if_live(a, j, j->reload_vectors);
	load_scratch_vectors(a);
	alu_imm(a, ALU_ADD, true, RSP, 8 + SCRATCH_BYTES);
	for (unsigned k = 4; k-- > 0;)
		pop(a, scratch[k]);
	load_pinned(a, &j->guest);
	alu_mem_imm(a, ALU_ADD, true, at(RSP, 0), sizeof(struct hint_record));
	put8(a, 0xc3);
}

static void emit_call(struct assembler *a, const struct jit *j, const uint8_t *leave_stored)
{
	const struct jit_guest *g = &j->guest;
	store_pinned(a, g);
	if_live(a, j, j->store_vectors);
	alu_imm(a, ALU_SUB, true, RSP, 8);
	call_c(a, (uintptr_t)g->call);
	alu_imm(a, ALU_ADD, true, RSP, 8);
	op_rr(a, 0x84, false, RAX, RAX); /* TEST AL, AL */
	uint8_t *changed = jump_if(a, CC_NE);
	if_live(a, j, j->reload_vectors);
	load_pinned(a, g);
	put8(a, 0xc3);
	patch_to(changed, a->p);
	alu_imm(a, ALU_ADD, true, RSP, 8);
	mov_store_imm(a, true, at(RBP, (int32_t)g->reason), JIT_LEFT);
	patch_to(jump(a), leave_stored);
}

/* A call for an operation on vectors: slow(guest, RAX), or vector_lanes(RAX, operands).  RAX has
 * been pushed; all survives but that. */
static void emit_for_vectors(struct assembler *a, const struct jit *j, bool lanes)
{
	const struct jit_guest *g = &j->guest;
	const int32_t below = SCRATCH_BYTES, pushed = below + 6 * 8;
	store_pinned(a, g);
	put8(a, 0x9c); /* PUSHF */
	for (unsigned k = 1; k < 4; k++)
		push(a, scratch[k]);
	alu_imm(a, ALU_SUB, true, RSP, below);
	store_scratch_vectors(a);
	patch_to(call_rel(a), j->store_vectors);
	mov_rr(a, true, lanes ? RDI : RSI, RAX);
	if (lanes)
		lea(a, true, RSI, at(RSP, pushed + LANES_OFFSET));
	else
		lea(a, true, RDI, at(RBP, 0));
	mov_imm(a, RAX, lanes ? (uintptr_t)vector_lanes : (uintptr_t)g->slow);
	op_rr(a, 0xff, false, 2, RAX);
	patch_to(call_rel(a), j->reload_vectors);
	load_scratch_vectors(a);
	alu_imm(a, ALU_ADD, true, RSP, below);
	for (unsigned k = 4; k-- > 1;)
		pop(a, scratch[k]);
	put8(a, 0x9d); /* POPF */
	load_pinned(a, g);
	put8(a, 0xc3);
}

static bool call_clobbers(unsigned reg)
{
	return reg == RSI || reg == RDI || (reg >= R8 && reg <= R11);
}

/* RAX(guest, RDX).  Unless it may use `any` slot, only the pinned registers that a C function may
 * change are put away. */
static void emit_helper(struct assembler *a, const struct jit *j, bool any)
{
	const struct jit_guest *g = &j->guest;
	alu_mem_imm(a, ALU_ADD, true, at(RBP, (int32_t)g->helpers), 1);
	for (unsigned k = 0; k < JIT_PINNED; k++)
		if (any || call_clobbers(x64_pinned[k]))
			mov_store(a, true, at(RBP, (int32_t)g->pinned[k]), x64_pinned[k]);
	if_live(a, j, j->store_vectors);
	lea(a, true, RDI, at(RBP, 0));
	mov_rr(a, true, RSI, RDX);
	alu_imm(a, ALU_SUB, true, RSP, 8);
	op_rr(a, 0xff, false, 2, RAX);
	alu_imm(a, ALU_ADD, true, RSP, 8);
	if_live(a, j, j->reload_vectors);
	for (unsigned k = 0; k < JIT_PINNED; k++)
		if (any || call_clobbers(x64_pinned[k]))
			mov_load(a, true, x64_pinned[k], at(RBP, (int32_t)g->pinned[k]));
	put8(a, 0xc3);
}

/* RAX = the plain kind in it; or return, if the flags are the number in it. */
static void emit_flags_if(struct assembler *a)
{
	const unsigned to_not = 32 - __builtin_ctz(JIT_FLAGS_NOT);
	test_imm(a, false, RAX, JIT_FLAGS_IF);
	uint8_t *plain = jump_if(a, CC_E);
	push(a, RCX);
	mov_rr(a, true, RCX, RAX);
	shift_imm(a, SH_SHR, true, RCX, to_not);
	alu_rr(a, ALU_XOR, false, RCX, RAX); /* in the place of NOT: do they hold? */
	test_imm(a, false, RCX, JIT_FLAGS_NOT);
	pop(a, RCX);
	uint8_t *holds = jump_if(a, CC_NE);
	shift_imm(a, SH_SHR, false, RAX, 8);
	alu_imm(a, ALU_AND, false, RAX, 15);
	put8(a, 0xc3);
	patch_to(holds, a->p);
	patch_to(plain, a->p);
	alu_imm(a, ALU_AND, false, RAX, 15);
}

static void return_flags(struct assembler *a, unsigned nzcv)
{
	mov_imm(a, RAX, nzcv);
	put8(a, 0xc3);
}

/* Return RAX = NZCV of the numbers RCX and RDX, in the upper bits; as flags_of_numbers(). */
static void emit_flags_of_numbers(struct assembler *a, uint64_t infinity)
{
	uint8_t *unordered[2], *both_negative;
	for (unsigned k = 0; k < 2; k++) {
		mov_imm(a, RAX, infinity << 1);
		push(a, k ? RDX : RCX);
		alu_rr(a, ALU_ADD, true, k ? RDX : RCX, k ? RDX : RCX);
		alu_rr(a, ALU_CMP, true, RAX, k ? RDX : RCX);
		pop(a, k ? RDX : RCX);
		unordered[k] = jump_if(a, CC_B);
	}
	mov_rr(a, true, RAX, RCX);
	alu_rr(a, ALU_OR, true, RAX, RDX);
	alu_rr(a, ALU_ADD, true, RAX, RAX);
	uint8_t *zeros = jump_if(a, CC_E);
	mov_rr(a, true, RAX, RCX);
	alu_rr(a, ALU_AND, true, RAX, RDX);
	both_negative = jump_if(a, CC_S);
	alu_rr(a, ALU_CMP, true, RCX, RDX);
	uint8_t *compared = jump(a);
	patch_to(both_negative, a->p);
	alu_rr(a, ALU_CMP, true, RDX, RCX);
	patch_to(compared, a->p);
	uint8_t *equal = jump_if(a, CC_E), *less = jump_if(a, CC_L);
	return_flags(a, 2);
	patch_to(less, a->p);
	return_flags(a, 8);
	patch_to(zeros, a->p);
	patch_to(equal, a->p);
	return_flags(a, 6);
	patch_to(unordered[0], a->p);
	patch_to(unordered[1], a->p);
	return_flags(a, 3);
}

/* RAX = NZCV from kind, a, b; uses RCX, RDX. */
static void emit_flags(struct assembler *a, const struct jit_guest *g)
{
	uint8_t *borrow[4], *carry[4];
	unsigned borrows = 0, carries = 0;
	mov_load(a, true, RCX, at(RBP, (int32_t)g->flags_a));
	mov_load(a, true, RDX, at(RBP, (int32_t)g->flags_b));
	mov_load(a, true, RAX, at(RBP, (int32_t)g->flags_kind));
	emit_flags_if(a);
	for (int kind = JIT_FLAGS_PACKED; kind <= JIT_FLAGS_FCMP64; kind++) {
		bool w = kind == JIT_FLAGS_CMP64 || kind == JIT_FLAGS_SUB64 ||
			 kind == JIT_FLAGS_ADD64 || kind == JIT_FLAGS_LOGIC64;
		alu_imm(a, ALU_CMP, false, RAX, kind);
		uint8_t *next = jump_if(a, CC_NE);
		switch (kind) {
		case JIT_FLAGS_PACKED:
			mov_rr(a, true, RAX, RCX);
			put8(a, 0xc3);
			break;
		case JIT_FLAGS_SUB32:
		case JIT_FLAGS_SUB64:
			alu_rr(a, ALU_ADD, w, RCX, RDX); /* the minuend; then as CMP */
							 /* fall through */
		case JIT_FLAGS_CMP32:
		case JIT_FLAGS_CMP64:
			alu_rr(a, ALU_CMP, w, RCX, RDX);
			borrow[borrows++] = jump(a);
			break;
		case JIT_FLAGS_ADD32:
		case JIT_FLAGS_ADD64:
			alu_rr(a, ALU_SUB, w, RCX, RDX);
			alu_rr(a, ALU_ADD, w, RCX, RDX);
			carry[carries++] = jump(a);
			break;
		case JIT_FLAGS_FCMP32:
			shift_imm(a, SH_SHL, true, RCX, 32);
			shift_imm(a, SH_SHL, true, RDX, 32);
			emit_flags_of_numbers(a, UINT64_C(0x7f8) << 52);
			break;
		case JIT_FLAGS_FCMP64: emit_flags_of_numbers(a, UINT64_C(0x7ff) << 52); break;
		default: test_rr(a, w, RCX, RCX); carry[carries++] = jump(a);
		}
		patch_to(next, a->p);
	}
	put8(a, 0x0f); /* UD2: no other kind exists */
	put8(a, 0x0b);
	for (unsigned k = 0; k < borrows; k++)
		patch_to(borrow[k], a->p);
	put8(a, CMC);
	for (unsigned k = 0; k < carries; k++)
		patch_to(carry[k], a->p);
	put8(a, 0x9f);
	setcc(a, CC_O, RAX);
	mov_imm(a, RCX, 0xc101);
	pext(a, false, RAX, RAX, RCX);
	put8(a, 0xc3);
}

static void pin_slots(struct jit *j)
{
	const struct jit_guest *g = &j->guest;
	for (unsigned k = 0; k < JIT_PINNED; k++)
		j->pinned_at[g->pinned[k] / 8] = x64_pinned[k] + 1;
	for (unsigned k = 0; k < j->pinned_vectors; k++)
		j->pinned_at[g->vector[k] / 8] = (uint8_t)(VECTOR_PINNED_FIRST + k + 1);
}

void x64_thunks(struct jit *j)
{
	struct assembler a = {j->memory.write};
	pin_slots(j);
	j->constants = a.p;
	memcpy(a.p, x64_constants, sizeof x64_constants);
	a.p += sizeof x64_constants;
	j->enter = (void (*)(void *, void *))(j->memory.run + (a.p - j->memory.write));
	emit_enter(&a, &j->guest);
	j->store_vectors = a.p;
	emit_store_vectors(&a, j);
	j->load_vectors = a.p;
	j->reload_vectors = emit_load_vectors(&a, j);
	j->unmask = a.p;
	x64_trap_thunk(&a);
	const uint8_t *leave_stored = emit_leave(&a, j);
	emit_leave_for(&a, j, leave_stored);
	j->probe = a.p;
	emit_probe(&a, j, leave_stored);
	j->weak = a.p;
	emit_weak(&a, j);
	j->call = a.p;
	emit_call(&a, j, leave_stored);
	j->helper = a.p;
	emit_helper(&a, j, false);
	j->helper_any = a.p;
	emit_helper(&a, j, true);
	j->slow = a.p;
	emit_for_vectors(&a, j, false);
	j->lanes = a.p;
	emit_for_vectors(&a, j, true);
	j->flags = a.p;
	emit_flags(&a, &j->guest);
	j->start = a.p;
}
