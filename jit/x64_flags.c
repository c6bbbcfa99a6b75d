/* Condition flags of the x86-64 host: in EFLAGS while they can be, packed or lazy when not. */
#include "jit/x64_loop.h"

static void pack_host_flags(struct x64 *x, ir_ref v, unsigned dst)
{
	struct assembler *s = &x->a;
	bool borrow = x->b->insn[v].op == IR_SUBS;
	if (borrow)
		put8(s, CMC); /* Arm's C is no borrow */
	put8(s, 0x9f);        /* LAHF */
	setcc(s, CC_O, RAX);
	mov_imm(s, dst, 0xc101); /* SF ZF, CF of AH; OF in AL */
	pext(s, false, dst, RAX, dst);
	x->host_flags = IR_NONE;
}

/* Keep flags as NZCV on the stack for uses after EFLAGS are gone; EFLAGS stay as they are. */
static void keep_packed(struct x64 *x, ir_ref v)
{
	struct assembler *s = &x->a;
	unsigned slot = ra_spill_slot(x);
	ra_claim(x, RAX);
	unsigned t = ra_temp(x);
	bool borrow = x->b->insn[v].op == IR_SUBS;
	pack_host_flags(x, v, t);
	mov_store(s, true, at(RSP, ra_spill_offset(slot)), t);
	if (borrow)
		put8(s, CMC);
	x->loc[v].packed = (uint8_t)(slot + 1);
	x->host_flags = v;
}

/* Arm conditions by pairs for flags of a subtraction; sums differ in C alone. */
static enum x64_cc direct_cc(unsigned cond, bool borrow)
{
	static const uint8_t cc[14] = {CC_E, CC_NE, CC_AE, CC_B, CC_S, CC_NS, CC_O, CC_NO, CC_A,
	    CC_BE, CC_GE, CC_L, CC_G, CC_LE};
	if (!borrow && (cond == 2 || cond == 3))
		return cond == 2 ? CC_B : CC_AE;
	return cc[cond];
}

/* Conditions by pairs; the code after a comparison, and CMC before and after it. */
static enum x64_cc pair_cc(const struct x64 *x, ir_ref v, unsigned pair, bool *complement)
{
	bool borrow = x->b->insn[v].op == IR_SUBS;
	unsigned cond = 2 * (unsigned)__builtin_ctz(pair);
	*complement = !borrow && cond == 8;
	return direct_cc(cond, borrow);
}

/* Keep what is tested of flags after EFLAGS are gone, a byte for each pair of conditions. */
static void keep_conditions(struct x64 *x, ir_ref v)
{
	struct loc *l = &x->loc[v];
	for (unsigned left = l->keep; left; left &= left - 1) {
		bool complement;
		enum x64_cc cc = pair_cc(x, v, left & -left, &complement);
		uint8_t *slot = x64_kept(l, left & -left);
		*slot = (uint8_t)(ra_spill_slot(x) + 1);
		if (complement)
			put8(&x->a, CMC);
		setcc_mem(&x->a, cc, x64_stack_byte(*slot));
		if (complement)
			put8(&x->a, CMC);
	}
}

static void store_flag_words(struct x64 *x, unsigned kind, unsigned a, bool second, ir_ref b)
{
	struct assembler *s = &x->a;
	const struct jit_guest *g = &x->j->guest;
	int32_t imm;
	x->owed_flags = IR_NONE;
	mov_store_imm(s, true, at(RBP, (int32_t)g->flags_kind), (int32_t)kind);
	mov_store(s, true, at(RBP, (int32_t)g->flags_a), a);
	if (!second)
		return;
	if (small_const(x, b, &imm))
		mov_store_imm(s, true, at(RBP, (int32_t)g->flags_b), imm);
	else
		mov_store(s, true, at(RBP, (int32_t)g->flags_b), ra_use(x, b));
}

bool x64_is_compare(const struct x64 *x, ir_ref v)
{
	return x->b->insn[v].op == IR_SUBS && !x->loc[v].value_use;
}

enum jit_flags x64_flags_kind(const struct x64 *x, ir_ref v)
{
	const struct ir_insn *i = &x->b->insn[v];
	unsigned w = wide(i);
	switch (i->op) {
	case IR_ADDS: return JIT_FLAGS_ADD32 + w;
	case IR_ANDS: return JIT_FLAGS_LOGIC32 + w;
	default: return (x64_is_compare(x, v) ? JIT_FLAGS_CMP32 : JIT_FLAGS_SUB32) + w;
	}
}

/* Where to compute a result that must leave both operands readable until their flags are stored:
 * over the first operand if that dies here, else elsewhere. */
static unsigned flags_result(struct x64 *x, ir_ref n, const struct ir_insn *i, unsigned a)
{
	unsigned hint = x->loc[n].hint;
	bool a_dies = x->loc[i->a].left == 1;
	if (hint != X64_NO_REG &&
	    (x->bank[X64_GENERAL].in_reg[hint] == IR_NONE || (hint == a && a_dies)))
		return hint;
	return a_dies && SCRATCH_MASK >> a & 1 ? a : ra_temp(x);
}

/* A lazy CCMP of flags that a bit says are chosen. */
struct choice {
	uint8_t slot; /* + 1, of the bit on the stack */
	bool inverted;
	unsigned nzcv; /* the flags if they are not */
};

static struct choice choice_of(struct x64 *x, const struct ir_insn *i)
{
	struct loc *l = &x->loc[i->a];
	unsigned pair = 1u << (i->imm & 15) / 2;
	return (struct choice){.slot = *x64_kept(l, pair),
	    .inverted = (l->inverted & pair) != 0 ? !(i->imm & 1) : i->imm & 1,
	    .nzcv = i->imm >> 4 & 15};
}

static unsigned condition_of_choice(struct x64 *x, ir_ref ccmp)
{
	if (ccmp == IR_NONE)
		return 0;
	struct choice c = choice_of(x, &x->b->insn[ccmp]);
	return JIT_FLAGS_IF | (c.inverted ? JIT_FLAGS_NOT : 0) | c.nzcv << 8;
}

/* ADDS, SUBS, ANDS.  Flags that become the guest's are stored at once, lazily: as operands. */
void emit_flags(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	struct assembler *s = &x->a;
	struct loc *l = &x->loc[n];
	static const uint8_t alu[] = {
	    [IR_ADDS] = ALU_ADD, [IR_SUBS] = ALU_SUB, [IR_ANDS] = ALU_AND};
	bool w = wide(i), compare = x64_is_compare(x, n);
	int32_t imm;
	unsigned a = ra_use(x, i->a);
	bool is_imm = small_operand(x, i, i->b, &imm);
	unsigned c = is_imm ? X64_NO_REG : ra_use(x, i->b);
	unsigned dst = compare ? a : flags_result(x, n, i, a);
	if (!compare)
		move_to(x, dst, a);
	enum x64_alu op = compare ? ALU_CMP : (enum x64_alu)alu[i->op];
	if (is_imm)
		alu_imm(s, op, w, dst, imm);
	else
		alu_rr(s, op, w, dst, c);
	x->host_flags = n;
	if (l->stored && x64_loop_owes_flags(x, l->set_by))
		x->owed_flags = l->set_by;
	else if (l->stored || l->if_chosen)
		store_flag_words(x, x64_flags_kind(x, n) | condition_of_choice(x, l->if_chosen),
		    dst, i->op != IR_ANDS, i->b);
	ra_done(x, i->a);
	ra_done(x, i->b);
	if (l->value_use)
		ra_define(x, n, dst);
	ra_next(x);
	keep_conditions(x, n);
	if (l->pack)
		keep_packed(x, n);
}

/* A register with the flags of `v` as NZCV; to be released. */
static unsigned packed_flags(struct x64 *x, ir_ref v)
{
	const struct loc *l = &x->loc[v];
	if (!l->packed)
		return ra_use(x, v);
	unsigned r = ra_temp(x);
	mov_load(&x->a, true, r, at(RSP, ra_spill_offset(l->packed - 1u)));
	return r;
}

/* Flags that have not been stored where they were computed. */
void emit_set_flags(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	if (!x->loc[i->a].lazy && !ra_stored_at_once(x->b, i->a, n))
		store_flag_words(x, JIT_FLAGS_PACKED, packed_flags(x, i->a), false, 0);
	ra_done(x, i->a);
}

void emit_get_flags(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	ra_claim(x, RAX);
	ra_claim(x, RCX);
	ra_claim(x, RDX);
	patch_to(call_rel(&x->a), x->j->flags);
	x->host_flags = IR_NONE;
	ra_define(x, n, RAX);
}

/* Set CF if condition `cond` holds for the packed flags of `v`. */
static void test_packed(struct x64 *x, ir_ref v, unsigned cond)
{
	struct assembler *s = &x->a;
	unsigned set = ra_temp(x), flags = packed_flags(x, v);
	mov_imm(s, set, x->j->cond_set[cond]);
	op0f_rr(s, 0, 0xa3, false, flags, set, false); /* BT set, flags */
	x->host_flags = IR_NONE;
	ra_release(x, set);
	if (x->loc[v].packed)
		ra_release(x, flags);
}

struct x64_test x64_condition(struct x64 *x, ir_ref v, unsigned cond)
{
	struct x64_test t = {.cc = CC_NE};
	if (cond >= 14) { /* always */
		test_rr(&x->a, true, RSP, RSP);
		x->host_flags = IR_NONE;
		return t;
	}
	struct loc *l = &x->loc[v];
	unsigned pair = 1u << cond / 2;
	bool compared = ra_is_fcmp(x, v), borrow = x->b->insn[v].op == IR_SUBS;
	bool at_hand = x->host_flags == v && !(l->lazy && pair != last_pair(l->pairs)) &&
		       (!compared || l->direct & pair);
	if (at_hand && compared)
		return x64_fcmp_test(cond);
	if (!at_hand && !(l->keep & pair)) {
		test_packed(x, v, cond);
		t.cc = CC_B;
		return t;
	}
	if (!at_hand) {
		cmp_mem8(&x->a, x64_stack_byte(*x64_kept(l, pair)), 0);
		x->host_flags = IR_NONE;
	}
	if (!at_hand || l->lazy) {
		t.cc = (cond & 1) ^ !(l->inverted & pair) ? CC_NE : CC_E;
		return t;
	}
	t.restore = !borrow && (cond == 8 || cond == 9);
	if (t.restore)
		put8(&x->a, CMC);
	t.cc = direct_cc(cond, borrow);
	return t;
}

/* dst = `other`, which is lost, unless `t` says that the condition holds.  Both have 32 bits. */
static void move_unless(struct assembler *s, struct x64_test t, unsigned dst, unsigned other)
{
	if (!t.parity) {
		cmov(s, t.cc ^ 1, false, dst, other);
	} else if (t.cc == CC_E) {
		cmov(s, CC_NE, false, dst, other);
		cmov(s, CC_P, false, dst, other);
	} else {
		cmov(s, CC_NE, false, other, dst);
		cmov(s, CC_P, false, other, dst);
		mov_rr(s, false, dst, other);
	}
}

/* 1 if the condition holds and 0 if not, or the other way round. */
static bool selects_bit(const struct x64 *x, const struct ir_insn *i)
{
	uint64_t yes, no;
	return ir_is_const(x->b, i->b, &yes) && ir_is_const(x->b, i->c, &no) && yes + no == 1 &&
	       yes <= 1;
}

static void emit_bit(struct x64 *x, ir_ref n, const struct ir_insn *i, struct x64_test test)
{
	unsigned t = ra_temp(x);
	enum x64_cc cc = x->b->insn[i->b].imm ? test.cc : test.cc ^ 1;
	setcc(&x->a, cc, t);
	if (test.parity) {
		unsigned unordered = ra_temp(x);
		mov_imm(&x->a, unordered, cc == CC_NE);
		cmov(&x->a, CC_P, false, t, unordered);
		ra_release(x, unordered);
	}
	ra_done(x, i->a);
	ra_done(x, i->b);
	ra_done(x, i->c);
	unsigned dst = ra_result(x, n, t);
	op0f_rr(&x->a, 0, 0xb6, false, dst, t, false); /* MOVZX of RAX to RDX, or R8 and above */
	ra_define(x, n, dst);
}

/* Where one code does not say it: equal and ordered, or the other way round. */
static void select_by_two(struct x64 *x, ir_ref n, const struct ir_insn *i, struct x64_test test)
{
	struct assembler *s = &x->a;
	unsigned yes = ra_use(x, i->b), no = ra_use(x, i->c), t = ra_temp(x);
	if (test.cc == CC_E) {
		unsigned swap = yes;
		yes = no;
		no = swap;
	}
	mov_rr(s, wide(i), t, no);
	cmov(s, CC_NE, wide(i), t, yes);
	cmov(s, CC_P, wide(i), t, yes);
	ra_done(x, i->a);
	ra_done(x, i->b);
	ra_done(x, i->c);
	unsigned dst = ra_result(x, n, t);
	move_to(x, dst, t);
	ra_define(x, n, dst);
}

static void select_by_one(struct x64 *x, ir_ref n, const struct ir_insn *i, struct x64_test test)
{
	struct assembler *s = &x->a;
	unsigned yes = ra_use(x, i->b), no = ra_use(x, i->c);
	ra_done(x, i->a);
	ra_done(x, i->b);
	ra_done(x, i->c);
	unsigned dst = ra_result(x, n, no);
	if (dst == yes && dst != no) {
		cmov(s, test.cc ^ 1, wide(i), dst, no);
	} else {
		move_to(x, dst, no);
		cmov(s, test.cc, wide(i), dst, yes);
	}
	ra_define(x, n, dst);
}

void emit_select(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	struct x64_test t = x64_condition(x, i->a, (unsigned)i->imm);
	if (selects_bit(x, i))
		emit_bit(x, n, i, t);
	else if (t.parity)
		select_by_two(x, n, i, t);
	else
		select_by_one(x, n, i, t);
	if (t.restore)
		put8(&x->a, CMC);
}

/* What EFLAGS say of one pair of conditions, to be combined with the choice. */
static unsigned pair_of_chosen(
    struct x64 *x, ir_ref n, const struct ir_insn *i, struct choice c, unsigned pair)
{
	bool complement, otherwise = x->j->cond_set[2 * __builtin_ctz(pair)] >> c.nzcv & 1;
	enum x64_cc cc = pair_cc(x, i->b, pair, &complement);
	unsigned r = ra_temp(x);
	if (otherwise != c.inverted) {
		x->loc[n].inverted |= (uint8_t)pair;
		cc ^= 1;
	}
	if (complement)
		put8(&x->a, CMC);
	setcc(&x->a, cc, r);
	if (complement)
		put8(&x->a, CMC);
	return r;
}

/* With h for the choice, f for a condition of b, o for that condition of the other flags:
 * f & h if o is 0, f | !h, which is !(!f & h), if it is 1; the bit that is kept may be h or !h. */
static void emit_lazy_ccmp(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	struct assembler *s = &x->a;
	struct loc *l = &x->loc[n];
	struct choice c = choice_of(x, i);
	unsigned reg[2], count = 0, k = 0;
	if (l->stored) {
		unsigned t = ra_temp(x);
		op0f_rm(s, 0xb6, false, t, x64_stack_byte(c.slot)); /* MOVZX */
		mov_store(s, false, at(RBP, (int32_t)x->j->guest.flags_kind + 4), t);
		ra_release(x, t);
	}
	for (unsigned left = l->pairs; left; left &= left - 1)
		reg[count++] = pair_of_chosen(x, n, i, c, left & -left);
	for (unsigned left = l->pairs; left; left &= left - 1, k++) {
		unsigned pair = left & -left;
		alu_rm8(s, c.inverted ? ALU_OR : ALU_AND, reg[k], x64_stack_byte(c.slot));
		x->host_flags = n;
		if (l->keep & pair) {
			*x64_kept(l, pair) = (uint8_t)(ra_spill_slot(x) + 1);
			mov_store(s, false, x64_stack_byte(*x64_kept(l, pair)), reg[k]);
		}
	}
	ra_done(x, i->a);
	ra_done(x, i->b);
}

/* The flags of b are in EFLAGS, as a rule; those of a were packed before. */
static void emit_eager_ccmp(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	struct assembler *s = &x->a;
	unsigned cond = i->imm & 15, nzcv = i->imm >> 4 & 15;
	ra_claim(x, RAX);
	unsigned dst = ra_temp(x);
	if (x->host_flags == i->b && !ra_is_fcmp(x, i->b))
		pack_host_flags(x, i->b, dst);
	else
		mov_rr(s, true, dst, packed_flags(x, i->b));
	ra_release(x, RAX);
	if (cond < 14) {
		struct x64_test test = x64_condition(x, i->a, cond);
		unsigned t = ra_temp(x);
		mov_imm(s, t, nzcv);
		move_unless(s, test, dst, t);
		if (test.restore)
			put8(s, CMC);
	}
	ra_done(x, i->a);
	ra_done(x, i->b);
	ra_define(x, n, dst);
}

void emit_ccmp(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	if (x->loc[n].lazy)
		emit_lazy_ccmp(x, n, i);
	else
		emit_eager_ccmp(x, n, i);
}

void emit_nzcv(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	unsigned a = ra_use(x, i->a);
	ra_done(x, i->a);
	unsigned dst = ra_result(x, n, a);
	move_to(x, dst, a);
	ra_define(x, n, dst);
}
