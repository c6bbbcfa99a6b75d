/* Floating point of the x86-64 host.
 *
 * IEEE 754 leaves a few things to the architectures; whenever one may show, the instruction is done
 * anew by slow(), out of line, from operands that are as they were:
 *
 *  - a NaN as a result: which of two operands it comes from, its sign if it is a default one.  With
 *    traps (x64_trap.h) only invalid operations need be found, which interrupt: of two quiet NaNs
 * the first comes out on either side, but for multiply-add;
 *  - a result that is the smallest normal number, where a tiny one could be: Arm says "tiny" before
 *    rounding, this host after it, which decides about the underflow flag.
 *
 * Exception flags that the host raises in these cases are a subset of those slow() raises. */
#include "jit/x64_const.h"
#include "jit/x64_trap.h"
#include "jit/x64_vec.h"

static bool is_double(const struct ir_insn *i)
{
	return i->info & IR_F_DOUBLE;
}

static bool is_scalar(const struct ir_insn *i)
{
	return !(i->info & (IR_F_HALF | IR_F_FULL));
}

static unsigned scalar_bits(const struct ir_insn *i)
{
	return is_double(i) ? 64 : 32;
}

/* The opcodes of ADDSS, ADDSD, ADDPS, ADDPD and their like differ in the prefix and W. */
static uint32_t sized(const struct ir_insn *i, unsigned opcode)
{
	bool d = is_double(i);
	return V(1, is_scalar(i) ? 2 + d : d, d, opcode);
}

/* --- slow() --- */

static void use_up(struct x64 *x, const struct ir_insn *i)
{
	const ir_ref arg[3] = {i->a, i->b, i->c};
	for (unsigned k = 0; k < ir_ops[i->op].args; k++)
		ra_done(x, arg[k]);
}

/* Where an operation's result is computed, and how to redo it. */
struct result {
	uint32_t slot; /* that slow() writes */
	unsigned dst;
	unsigned backup;   /* of what dst held, if that is the slot and an operand */
	const uint8_t *at; /* the instruction that may be interrupted, or NULL */
	unsigned t, u;     /* registers for check(), or X64_NO_REG */
};

/* Does the instruction read what the slot pinned to vector register `reg` holds? */
static bool reads(const struct x64 *x, ir_ref n, unsigned reg)
{
	const ir_ref held = x->bank[X64_VECTOR].pinned[reg];
	const struct ir_insn *k = &x->b->insn[n];
	for (unsigned at = k->at; k > x->b->insn && k->at == at && held; k--)
		if ((ir_ops[k->op].args > 0 && k->a == held) ||
		    (ir_ops[k->op].args > 1 && k->b == held) ||
		    (ir_ops[k->op].args > 2 && k->c == held))
			return true;
	return false;
}

/* A pinned register is the result's if nothing is lost but an operand, which is kept for slow() if
 * that may be asked `late`, with the result there already. */
static struct result place(struct x64 *x, ir_ref n, const struct ir_insn *i, bool late)
{
	struct result r = {.slot = ir_slow_slot(x->b, n), .backup = X64_NO_REG};
	unsigned hint = x->loc[n].hint;
	bool vector = i->type == IR_V128;
	bool operand = vector && hint != X64_NO_REG && reads(x, n, hint);
	if (operand && hint != ra_pinned(x, r.slot)) { /* slow() would read what it is not to */
		operand = false;
		hint = X64_NO_REG;
	}
	ra_vacate(x, r.slot, i);
	if (hint == X64_NO_REG ||
	    (!operand && x->bank[vector ? X64_VECTOR : X64_GENERAL].in_reg[hint] != IR_NONE)) {
		r.dst = vector ? ra_vector_temp(x) : ra_temp(x);
		return r;
	}
	r.dst = hint;
	if (operand && late) {
		r.backup = ra_vector_temp(x);
		vec_move(&x->a, r.backup, hint);
	}
	return r;
}

/* The operands are not needed any more: slow() takes them from their slots. */
static void retire(struct x64 *x, const struct ir_insn *i, const struct result *r)
{
	uint32_t *locked = &x->bank[X64_VECTOR].locked;
	use_up(x, i);
	*locked = i->type == IR_V128 ? 1u << r->dst : 0;
	if (r->backup != X64_NO_REG)
		*locked |= 1u << r->backup;
}

/* Out of line: slow() does the instruction, also where it is interrupted.  Returns the jump to
 * where it goes on, to be patched. */
static uint8_t *slow_way(struct x64 *x, const struct ir_insn *i, const struct result *r)
{
	struct assembler *c = &x->cold;
	if (r->at)
		x64_trap(x, r->at, c->p);
	if (r->backup != X64_NO_REG)
		vec_move(c, r->dst, r->backup);
	push(c, RAX);
	mov_imm(c, RAX, i->imm);
	patch_to(call_rel(c), x->j->slow);
	pop(c, RAX);
	if (ra_pinned(x, r->slot) != r->dst) {
		struct mem m = at(RBP, (int32_t)r->slot);
		if (i->type == IR_V128)
			vec_load(c, r->dst, m);
		else
			mov_load(c, true, r->dst, m);
	}
	x->host_flags = IR_NONE;
	return jump(c);
}

/* On condition `cc`. */
static uint8_t *slow_out(
    struct x64 *x, const struct ir_insn *i, enum x64_cc cc, const struct result *r)
{
	patch_to(jump_if(&x->a, cc), x->cold.p);
	return slow_way(x, i, r);
}

static void slow_if(struct x64 *x, const struct ir_insn *i, enum x64_cc cc, const struct result *r)
{
	uint8_t *done = slow_out(x, i, cc, r);
	patch_to(done, x->a.p);
}

/* Always slow: the host has no such instruction. */
static void only_slow(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	struct result r = {.slot = ir_slow_slot(x->b, n), .backup = X64_NO_REG};
	ra_vacate(x, r.slot, i);
	use_up(x, i);
	r.dst = i->type == IR_V128 ? ra_vector_temp(x) : ra_temp(x);
	test_rr(&x->a, true, RSP, RSP);
	slow_if(x, i, CC_NE, &r);
	ra_define(x, n, r.dst);
}

static bool finds_nans(const struct x64 *x, const struct ir_insn *i)
{
	return !x->j->traps || i->op == IR_FMADD;
}

static bool finds_tiny(const struct ir_insn *i)
{
	return i->op == IR_FMUL || i->op == IR_FDIV || i->op == IR_FMADD || i->op == IR_FNARROW;
}

/* May slow() be asked after the result is there? */
static bool asks_late(const struct x64 *x, const struct ir_insn *i)
{
	return finds_nans(x, i) || finds_tiny(i);
}

/* The instruction that may be interrupted comes next, and check() after it: whatever has to make
 * room for that must be done by now, as the interrupted one goes on behind it. */
static void ready(struct x64 *x, const struct ir_insn *i, struct result *r)
{
	const bool two = !x->j->avx512 && finds_nans(x, i), madd = i->op == IR_FMADD;
	r->t = r->u = X64_NO_REG;
	if (is_scalar(i)) {
		r->t = finds_tiny(i) ? ra_temp(x) : X64_NO_REG;
	} else if (asks_late(x, i) && ra_has_vector_temps(x, 1u + two + madd)) {
		r->t = ra_vector_temp(x);
		r->u = two ? ra_vector_temp(x) : X64_NO_REG;
	} else if (asks_late(x, i)) {
		ra_home_vectors(x);
	}
	r->at = x->a.p;
}

/* ZF if the magnitude of scalar `v` is the smallest normal number.  Twice its bits are without the
 * sign. */
static void compare_tiny(struct x64 *x, unsigned v, bool d, unsigned t)
{
	struct assembler *s = &x->a;
	vop(s, d ? VMOVQ_TO : V(1, 1, 0, 0x7e), v, 0, t); /* or VMOVD */
	alu_rr(s, ALU_ADD, d, t, t);
	if (d)
		alu_const(s, ALU_CMP, t, x64_const(x, X64_TINY64));
	else
		alu_imm(s, ALU_CMP, false, t, 0x01000000);
}

/* To the code out of line that comes next, unless the result is an ordinary number. */
static void check_scalar(struct x64 *x, const struct ir_insn *i, const struct result *r, bool d)
{
	struct assembler *s = &x->a;
	if (finds_tiny(i)) {
		compare_tiny(x, r->dst, d, r->t);
		patch_to(jump_if(s, CC_E), x->cold.p);
	}
	if (finds_nans(x, i)) {
		vop(s, V(1, d, d, 0x2e), r->dst, 0, r->dst); /* UCOMIS: a NaN is unordered */
		patch_to(jump_if(s, CC_P), x->cold.p);
	}
}

/* ZF if each lane is an ordinary number. */
static void test_lanes(struct x64 *x, const struct ir_insn *i, const struct result *r, bool d)
{
	struct assembler *s = &x->a;
	const bool nan = finds_nans(x, i), tiny = finds_tiny(i);
	uint32_t cmp = V(1, d, d, 0xc2), add = d ? V(1, 1, 1, 0xd4) : V(1, 1, 0, 0xfe);
	uint32_t equal = d ? V(2, 1, 1, 0x29) : V(1, 1, 0, 0x76);
	const uint8_t *limit = x64_const(x, d ? X64_TINY64 : X64_TINY32);
	const unsigned t = r->t != X64_NO_REG ? r->t : ra_vector_temp(x);
	if (tiny)
		vop(s, add, t, r->dst, r->dst);
	if (x->j->avx512) {
		if (tiny)
			vop_mask_const(s, equal, 2, t, limit);
		if (nan) {
			vop_mask(s, cmp, 1, r->dst, r->dst);
			put8(s, 3); /* unordered */
		}
		kortestb(s, nan ? 1 : 2, tiny ? 2 : 1);
	} else {
		unsigned u = t;
		if (tiny)
			vop_const(s, equal, t, t, limit);
		if (nan) {
			u = r->u != X64_NO_REG ? r->u : ra_vector_temp(x);
			vop_imm(s, cmp, u, r->dst, r->dst, 3);
		}
		if (nan && tiny)
			vop(s, V(1, 1, 0, 0xeb), u, t, u);
		vop(s, VPTEST, u, 0, u);
		ra_release_vector(x, u);
	}
	ra_release_vector(x, t);
}

/* What IEEE 754 leaves open is slow()'s. */
static void check(struct x64 *x, const struct ir_insn *i, const struct result *r)
{
	const bool d = is_double(i) && i->op != IR_FNARROW;
	if (is_scalar(i)) {
		check_scalar(x, i, r, d);
	} else if (asks_late(x, i)) {
		test_lanes(x, i, r, d);
		patch_to(jump_if(&x->a, CC_NE), x->cold.p);
	}
	patch_to(slow_way(x, i, r), x->a.p);
}

/* Zeros in the upper half of all operands that come out as -0: negated, or as 0 - 0 when rounding
 * down. */
static bool negates_zeros(const struct ir_insn *i)
{
	switch (i->op) {
	case IR_FSUB: return !(i->info & IR_F_ABSOLUTE);
	case IR_FMUL: return i->info & IR_F_NEGATE;
	case IR_FMADD: return i->info & (IR_F_NEGATE | IR_F_NEGATE_ADDEND);
	default: return false;
	}
}

/* A scalar leaves the bits above alone, which the guest wants to be 0. */
static void finish(struct x64 *x, ir_ref n, const struct ir_insn *i, unsigned dst, ir_ref from)
{
	if (is_scalar(i)) {
		if (from == IR_NONE || x->loc[from].clean > scalar_bits(i))
			x64_zero_above(x, dst, scalar_bits(i));
		x64_clean(x, n, scalar_bits(i));
	} else if (i->info & IR_F_HALF) {
		if (negates_zeros(i))
			x64_zero_above(x, dst, 64);
		x64_clean(x, n, 64);
	}
}

/* --- Arithmetic --- */

static unsigned sign_const(const struct ir_insn *i)
{
	if (is_scalar(i))
		return is_double(i) ? X64_SIGN64_LOW : X64_SIGN32_LOW;
	return is_double(i) ? X64_SIGN64 : X64_SIGN32;
}

void emit_fp_binary(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	static const uint8_t opcode[] = {
	    [IR_FADD] = 0x58, [IR_FSUB] = 0x5c, [IR_FMUL] = 0x59, [IR_FDIV] = 0x5e};
	ir_ref first = i->a, second = i->b;
	if (i->op == IR_FDIV && i->info & IR_F_HALF) { /* zeros above would be divided */
		only_slow(x, n, i);
		return;
	}
	if (ir_ops[i->op].flags & IR_COMMUTES && !x->j->traps &&
	    x->loc[first].clean > x->loc[second].clean) {
		first = i->b;
		second = i->a;
	}
	unsigned a = ra_use(x, first), b = first == second ? a : ra_use(x, second);
	struct result r = place(x, n, i, asks_late(x, i));
	ready(x, i, &r);
	vop(&x->a, sized(i, opcode[i->op]), r.dst, a, b);
	if (i->op == IR_FMUL && i->info & IR_F_NEGATE)
		vop_const(&x->a, VPXOR, r.dst, r.dst, x64_const(x, sign_const(i)));
	if (i->op == IR_FSUB && i->info & IR_F_ABSOLUTE)
		vop_const(&x->a, V(1, 1, 0, 0xdb), r.dst, r.dst,
		    x64_const(x, is_double(i) ? X64_ABS64 : X64_ABS32));
	finish(x, n, i, r.dst, first);
	retire(x, i, &r);
	check(x, i, &r);
	ra_define(x, n, r.dst);
}

void emit_fp_sqrt(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	unsigned a = ra_use(x, i->a);
	struct result r = place(x, n, i, asks_late(x, i));
	ready(x, i, &r);
	vop(&x->a, sized(i, 0x51), r.dst, is_scalar(i) ? a : 0, a);
	finish(x, n, i, r.dst, i->a);
	retire(x, i, &r);
	check(x, i, &r);
	ra_define(x, n, r.dst);
}

/* The form 231 adds to its first operand, 213 multiplies it.  Scalars take the one whose bits above
 * are 0 already. */
void emit_fp_madd(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	static const uint8_t form231[4] = {
	    0xb8, 0xbc, 0xba, 0xbe}; /* by negate + 2 * negate addend */
	struct assembler *s = &x->a;
	bool d = is_double(i), scalar = is_scalar(i);
	unsigned sign = (i->info & IR_F_NEGATE ? 1 : 0) | (i->info & IR_F_NEGATE_ADDEND ? 2 : 0);
	unsigned a = ra_use(x, i->a), b = i->b == i->a ? a : ra_use(x, i->b);
	unsigned c = ra_use(x, i->c);
	struct result r = place(x, n, i, true);
	ready(x, i, &r);
	uint32_t op = V(2, 1, d, form231[sign] + scalar) | V_W;
	if (scalar && r.dst != b && x->loc[i->c].clean > x->loc[i->a].clean) {
		/* r.dst may be c, so the copy is made elsewhere. */
		unsigned t = r.dst == c ? ra_vector_temp(x) : r.dst;
		vec_move(s, t, a);
		r.at = s->p;
		vop(s, op - 0x10, t, b, c);
		vec_move(s, r.dst, t);
		finish(x, n, i, r.dst, i->a);
	} else if (r.dst == a || r.dst == b) {
		unsigned t = ra_vector_temp(x);
		vec_move(s, t, c);
		r.at = s->p;
		vop(s, op, t, a, b);
		vec_move(s, r.dst, t);
		finish(x, n, i, r.dst, i->c);
	} else {
		vec_move(s, r.dst, c);
		r.at = s->p;
		vop(s, op, r.dst, a, b);
		finish(x, n, i, r.dst, i->c);
	}
	retire(x, i, &r);
	check(x, i, &r);
	ra_define(x, n, r.dst);
}

/* The host's MIN and MAX give the second operand for NaNs, about which slow() is asked before, and
 * for zeros: both orders together give the zero that is the smaller or larger. */
void emit_fp_min_max(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	struct assembler *s = &x->a;
	bool max = i->op == IR_FMAX, d = is_double(i);
	uint32_t op = sized(i, max ? 0x5f : 0x5d), cmp = sized(i, 0xc2);
	unsigned a = ra_use(x, i->a), b = i->b == i->a ? a : ra_use(x, i->b);
	struct result r = place(x, n, i, false);
	unsigned t = ra_vector_temp(x);
	enum x64_cc unordered = CC_NE;
	r.at = s->p;
	if (is_scalar(i)) {
		vop(s, V(1, d, d, 0x2e), a, 0, b);
		unordered = CC_P;
	} else if (x->j->avx512) {
		vop_mask(s, cmp, 1, a, b);
		put8(s, 3);
		kortestb(s, 1, 1);
	} else {
		vop_imm(s, cmp, t, a, b, 3);
		vop(s, VPTEST, t, 0, t);
	}
	uint8_t *done = slow_out(x, i, unordered, &r);
	vop(s, op, t, a, b);
	vop(s, op, r.dst, b, a);
	vop(s, V(1, 1, 0, max ? 0xdb : 0xeb), r.dst, r.dst, t);
	finish(x, n, i, r.dst, IR_NONE);
	patch_to(done, s->p);
	use_up(x, i);
	ra_define(x, n, r.dst);
}

/* --- Comparison --- */

/* FCEQ, FCGE, FCGT. */
void emit_fp_mask(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	struct assembler *s = &x->a;
	unsigned predicate = i->op == IR_FCEQ ? 0 : i->op == IR_FCGE ? 0x0d : 0x0e;
	unsigned a = ra_use(x, i->a), b = i->b == i->a ? a : ra_use(x, i->b);
	use_up(x, i);
	unsigned dst = ra_result(x, n, a);
	uint32_t cmp = sized(i, 0xc2);
	const uint8_t *at = s->p;
	if ((dst | a | b) < 16) {
		vop_imm(s, cmp, dst, a, b, predicate);
		x64_trap_again(x, at);
	} else {
		static const uint32_t spread[2] = {V(2, 2, 0, 0x38), V(2, 2, 1, 0x38)};
		vop_mask(s, cmp, 1, a, b);
		put8(s, predicate);
		x64_trap_again(x, at);
		vop(s, spread[is_double(i)] | V_EVEX, dst, 0, 1); /* VPMOVM2D, Q */
	}
	if (i->info & IR_F_HALF) {
		x64_zero_above(x, dst, 64);
		x64_clean(x, n, 64);
	} else {
		finish(x, n, i, dst, IR_NONE);
	}
	ra_define(x, n, dst);
}

/* --- Conversion --- */

/* ROUNDSS and its like; EVEX calls them VRNDSCALE. */
static void round_to(struct x64 *x, const struct ir_insn *i, unsigned dst, unsigned a, unsigned imm)
{
	bool d = is_double(i), scalar = is_scalar(i);
	const uint8_t *at = x->a.p;
	vop_imm(&x->a, V(3, 1, d, 0x08 + d + 2 * scalar), dst, scalar ? a : 0, a, imm);
	x64_trap_again(x, at);
}

/* Taken before the way to slow(): what is put on the stack for them must be there on either way. */
struct temps {
	unsigned t, u;
};

static struct temps take_temps(struct x64 *x)
{
	struct temps r;
	r.t = ra_vector_temp(x);
	r.u = ra_vector_temp(x);
	return r;
}

/* CF or ZF, for slow(), unless the magnitude of scalar `a` is below a constant. */
static void compare_magnitude(
    struct x64 *x, const struct ir_insn *i, unsigned a, unsigned limit, struct temps temps)
{
	struct assembler *s = &x->a;
	bool d = is_double(i);
	unsigned t = temps.t, u = temps.u;
	vop_const(s, V(1, 1, 0, 0xdb), t, a, x64_const(x, d ? X64_ABS64 : X64_ABS32));
	vop_const(s, VMOVUPS_LOAD, u, 0, x64_const(x, limit));
	const uint8_t *at = s->p;
	vop(s, V(1, d, d, 0x2e), u, 0, t);
	x64_trap_again(x, at);
}

/* Scalar `dst` is `a` rounded to nearest, ties to even.  Where half of what has the sign of `a` was
 * cut off, ties away from zero are one further.  All of it is exact. */
static void round_away(
    struct x64 *x, const struct ir_insn *i, unsigned dst, unsigned a, struct temps temps)
{
	static const uint32_t pand = V(1, 1, 0, 0xdb), por = V(1, 1, 0, 0xeb);
	struct assembler *s = &x->a;
	bool d = is_double(i);
	unsigned sign = temps.u, t = temps.t;
	vop_const(s, pand, sign, a, x64_const(x, sign_const(i)));
	vop(s, sized(i, 0x5c), t, a, dst);
	vop(s, VPXOR, t, t, sign);
	vop_const(s, V(1, d, d, 0x2e), t, 0, x64_const(x, d ? X64_HALF64 : X64_HALF32));
	uint8_t *no = jump_if(s, CC_NE);
	vop_const(s, por, sign, sign, x64_const(x, d ? X64_ONE64 : X64_ONE32));
	vop(s, sized(i, 0x58), dst, dst, sign);
	patch_to(no, s->p);
}

static void emit_fp_round_away(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	unsigned a = ra_use(x, i->a), copy = a;
	struct result r = place(x, n, i, true);
	if (r.dst == a) /* both are needed */
		copy = r.backup;
	struct temps temps = take_temps(x);
	compare_magnitude(x, i, copy, is_double(i) ? X64_LIMIT64 : X64_LIMIT32, temps);
	uint8_t *done = slow_out(x, i, CC_BE, &r);
	round_to(x, i, r.dst, copy, 8);
	round_away(x, i, r.dst, copy, temps);
	finish(x, n, i, r.dst, IR_NONE);
	patch_to(done, x->a.p);
	use_up(x, i);
	ra_define(x, n, r.dst);
}

/* A NaN comes out as the guest makes it. */
void emit_fp_round(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	unsigned imm = IR_F_ROUND_OF(i->info) | (i->info & IR_F_EXACT ? 0 : 8);
	if (IR_F_ROUND_OF(i->info) == IR_F_ROUND_AWAY) {
		emit_fp_round_away(x, n, i);
		return;
	}
	unsigned a = ra_use(x, i->a);
	use_up(x, i);
	unsigned dst = ra_result(x, n, a);
	round_to(x, i, dst, a, imm);
	finish(x, n, i, dst, i->a);
	ra_define(x, n, dst);
}

static uint64_t bits_of_power(const struct ir_insn *i, int exponent)
{
	uint64_t single = (uint64_t)(127 + exponent) << 23;
	return is_double(i) ? (uint64_t)(1023 + exponent) << 52 : single << 32 | single;
}

/* 2^exponent in every lane. */
static const uint8_t *power_of_two(struct x64 *x, const struct ir_insn *i, int exponent)
{
	uint64_t v = bits_of_power(i, exponent);
	return x64_literal(x, v, v);
}

/* CC_AE, for slow(), unless the magnitude of scalar `a` is below 2^exponent; if it is to be
 * `positive`, its sign counts as well.  Raises nothing. */
static void compare_bits(
    struct x64 *x, const struct ir_insn *i, unsigned a, int exponent, bool positive)
{
	struct assembler *s = &x->a;
	bool d = is_double(i);
	unsigned t = ra_temp(x);
	uint64_t limit = bits_of_power(i, exponent);
	vop(s, d ? VMOVQ_TO : VMOVD_TO, a, 0, t);
	if (!positive) {
		alu_rr(s, ALU_ADD, d, t, t);
		limit <<= 1;
	}
	if (d)
		alu_const(s, ALU_CMP, t, x64_literal(x, limit, limit));
	else
		alu_imm(s, ALU_CMP, false, t, (int32_t)limit);
	ra_release(x, t);
}

/* Numbers far from overflow, rounded with the inexact exception, then converted. */
void emit_fp_round_to_int(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	struct assembler *s = &x->a;
	unsigned mode = IR_F_ROUND_OF(i->info), a = ra_use(x, i->a);
	bool away = mode == IR_F_ROUND_AWAY, d = is_double(i);
	bool positive = i->info & IR_F_ROUND_UNSIGNED, w = wide(i) || positive;
	struct result r = place(x, n, i, false);
	unsigned rounded = ra_vector_temp(x);
	struct temps temps = take_temps(x);
	compare_bits(x, i, a, !wide(i) ? 30 + positive : d ? 52 : 23, positive);
	uint8_t *done = slow_out(x, i, CC_AE, &r);
	round_to(x, i, rounded, a, away ? 0 : mode);
	if (away)
		round_away(x, i, rounded, a, temps);
	vop(s, V(1, 2 + d, w, 0x2c) | V_W, r.dst, 0, rounded);
	patch_to(done, s->p);
	use_up(x, i);
	ra_define(x, n, r.dst);
}

/* FWIDEN, FNARROW. */
void emit_fp_convert(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	bool narrow = i->op == IR_FNARROW, scalar = is_scalar(i);
	unsigned a = ra_use(x, i->a), bits = narrow ? 32 : 64;
	struct result r = place(x, n, i, narrow);
	ready(x, i, &r);
	if (scalar) {
		vop(&x->a, V(1, narrow ? 3 : 2, narrow, 0x5a), r.dst, a, a);
		if (!narrow)
			x64_trap_again(x, r.at);
		x64_zero_above(x, r.dst, bits);
	} else {
		vop(&x->a, V(1, narrow ? 1 : 0, narrow, 0x5a), r.dst, 0, a);
		if (!narrow)
			x64_trap_again(x, r.at);
		bits = narrow ? 64 : 128;
	}
	x64_clean(x, n, bits);
	if (narrow) {
		retire(x, i, &r);
		check(x, i, &r);
	} else {
		use_up(x, i);
	}
	ra_define(x, n, r.dst);
}

static unsigned fraction_bits(const struct x64 *x, const struct ir_insn *i)
{
	return (unsigned)x->b->insn[i->b].imm;
}

/* Numbers that fit a signed integer: multiplying them by a power of two is exact. */
static void emit_fp_to_fixed(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	struct assembler *s = &x->a;
	bool positive = i->info & IR_F_UNSIGNED, w = wide(i) || positive;
	int fraction = (int)fraction_bits(x, i);
	unsigned a = ra_use(x, i->a);
	struct result r = place(x, n, i, false);
	unsigned scaled = ra_vector_temp(x);
	compare_bits(x, i, a, (wide(i) ? 63 : 31 + positive) - fraction, positive);
	uint8_t *done = slow_out(x, i, CC_AE, &r);
	if (fraction) {
		vop_const(s, sized(i, 0x59), scaled, a, power_of_two(x, i, fraction));
		a = scaled;
	}
	vop(s, V(1, 2 + is_double(i), w, 0x2c) | V_W, r.dst, 0, a);
	patch_to(done, s->p);
	use_up(x, i);
	ra_define(x, n, r.dst);
}

/* What does not fit comes out as the most negative number, or all ones if unsigned. */
void emit_fp_to_int(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	struct assembler *s = &x->a;
	bool w = wide(i), is_unsigned = i->info & IR_F_UNSIGNED;
	if (fraction_bits(x, i) || (is_unsigned && !x->j->avx512)) {
		emit_fp_to_fixed(x, n, i);
		return;
	}
	unsigned a = ra_use(x, i->a);
	struct result r = place(x, n, i, true);
	uint32_t op = V(1, 2 + is_double(i), w, is_unsigned ? 0x78 : 0x2c);
	const uint8_t *at = s->p;
	vop(s, op | (is_unsigned ? V_EVEX : V_W), r.dst, 0, a);
	x64_trap_again(x, at);
	if (is_unsigned) {
		alu_imm(s, ALU_CMP, w, r.dst, -1);
		slow_if(x, i, CC_E, &r);
	} else { /* only the most negative number overflows when 1 is taken away */
		alu_imm(s, ALU_CMP, w, r.dst, 1);
		slow_if(x, i, CC_O, &r);
	}
	use_up(x, i);
	ra_define(x, n, r.dst);
}

void emit_int_to_fp(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	struct assembler *s = &x->a;
	bool w = i->info & IR_F_FROM64, is_unsigned = i->info & IR_F_UNSIGNED;
	if (is_unsigned && w && !x->j->avx512) {
		only_slow(x, n, i);
		return;
	}
	unsigned a = ra_use(x, i->a);
	struct result r = place(x, n, i, false);
	unsigned pp = 2 + is_double(i);
	vop(s, VPXOR, r.dst, r.dst, r.dst);
	if (is_unsigned && x->j->avx512) {
		vop(s, V(1, pp, w, 0x7b) | V_EVEX, r.dst, r.dst, a);
	} else if (is_unsigned) { /* 32 bits, as a positive number of 64 */
		unsigned t = ra_temp(x);
		mov_rr(s, false, t, a);
		vop(s, V(1, pp, 1, 0x2a) | V_W, r.dst, r.dst, t);
	} else {
		vop(s, V(1, pp, w, 0x2a) | V_W, r.dst, r.dst, a);
	}
	if (fraction_bits(x, i))
		vop_const(
		    s, sized(i, 0x59), r.dst, r.dst, power_of_two(x, i, -(int)fraction_bits(x, i)));
	x64_clean(x, n, scalar_bits(i));
	use_up(x, i);
	ra_define(x, n, r.dst);
}

/* Lanes that fit a signed integer, as in emit_fp_to_fixed(). */
static void emit_fp_to_fixed_lanes(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	struct assembler *s = &x->a;
	bool d = is_double(i), positive = i->info & IR_F_UNSIGNED;
	int fraction = (int)fraction_bits(x, i);
	uint64_t most = bits_of_power(i, (d ? 63 : 31) - fraction) -
			(d ? 1 : UINT64_C(0x100000001)); /* below the limit */
	unsigned a = ra_use(x, i->a);
	struct result r = place(x, n, i, false);
	unsigned t = ra_vector_temp(x);
	if (positive)
		vec_move(s, t, a);
	else
		vop_const(s, V(1, 1, 0, 0xdb), t, a, x64_const(x, d ? X64_ABS64 : X64_ABS32));
	vop_const(s, d ? V(2, 1, 1, 0x37) : V(1, 1, 0, 0x66), t, t, x64_literal(x, most, most));
	if (positive)
		vop(s, V(1, 1, 0, 0xeb), t, t, a);
	vop_const(s, VPTEST, t, 0, x64_const(x, d ? X64_SIGN64 : X64_SIGN32));
	uint8_t *done = slow_out(x, i, CC_NE, &r);
	vop_const(s, sized(i, 0x59), t, a, power_of_two(x, i, fraction));
	vop(s, d ? V(1, 1, 1, 0x7a) | V_EVEX : V(1, 2, 0, 0x5b), r.dst, 0, t);
	finish(x, n, i, r.dst, i->a);
	patch_to(done, s->p);
	use_up(x, i);
	ra_define(x, n, r.dst);
}

/* Lanes that do not fit come out as in emit_fp_to_int(). */
void emit_fp_to_lanes(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	struct assembler *s = &x->a;
	bool d = is_double(i), is_unsigned = i->info & IR_F_UNSIGNED;
	uint32_t op = d             ? V(1, 1, 1, is_unsigned ? 0x78 : 0x7a)
		      : is_unsigned ? V(1, 0, 0, 0x78)
				    : V(1, 2, 0, 0x5b);
	uint32_t equal = d ? V(2, 1, 1, 0x29) : V(1, 1, 0, 0x76);
	if (!x->j->avx512 && (d || (is_unsigned && !fraction_bits(x, i)))) {
		only_slow(x, n, i);
		return;
	}
	if (fraction_bits(x, i)) {
		emit_fp_to_fixed_lanes(x, n, i);
		return;
	}
	unsigned a = ra_use(x, i->a);
	struct result r = place(x, n, i, true);
	const uint8_t *at = s->p;
	vop(s, op | (d || is_unsigned ? V_EVEX : 0), r.dst, 0, a);
	x64_trap_again(x, at);
	unsigned t = ra_vector_temp(x);
	vop_const(s, VMOVUPS_LOAD, t, 0,
	    is_unsigned ? x64_literal(x, UINT64_MAX, UINT64_MAX)
			: x64_const(x, d ? X64_SIGN64 : X64_SIGN32));
	if (x->j->avx512) {
		vop_mask(s, equal, 1, t, r.dst);
		kortestb(s, 1, 1);
	} else {
		vop(s, equal, t, t, r.dst);
		vop(s, VPTEST, t, 0, t);
	}
	ra_release_vector(x, t);
	slow_if(x, i, CC_NE, &r);
	finish(x, n, i, r.dst, i->a);
	use_up(x, i);
	ra_define(x, n, r.dst);
}

void emit_lanes_to_fp(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	bool d = is_double(i), is_unsigned = i->info & IR_F_UNSIGNED;
	uint32_t op = d             ? V(1, 2, 1, is_unsigned ? 0x7a : 0xe6)
		      : is_unsigned ? V(1, 3, 0, 0x7a)
				    : V(1, 0, 0, 0x5b);
	if ((d || is_unsigned) && !x->j->avx512) {
		only_slow(x, n, i);
		return;
	}
	unsigned a = ra_use(x, i->a);
	use_up(x, i);
	unsigned dst = ra_result(x, n, a);
	vop(&x->a, op | (d || is_unsigned ? V_EVEX : 0), dst, 0, a);
	if (fraction_bits(x, i))
		vop_const(
		    &x->a, sized(i, 0x59), dst, dst, power_of_two(x, i, -(int)fraction_bits(x, i)));
	finish(x, n, i, dst, i->a);
	ra_define(x, n, dst);
}
