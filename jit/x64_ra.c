/* Register assignment of the x86-64 host. */
#include "jit/x64_ra.h"

#include <assert.h>

#include "jit/vector.h"

/* Callee-saved first for the slots named first; RAX, RCX, RDX, R13 are scratch, RBP the guest
 * struct. */
const uint8_t x64_pinned[JIT_PINNED] = {RBX, RSI, RDI, R8, R9, R10, R11, R12, R14, R15};

/* The frame: spill slots of 8 bytes, then those of vectors. */
int32_t ra_spill_offset(unsigned slot)
{
	return (int32_t)slot * 8;
}

static int32_t vector_spill_offset(unsigned slot)
{
	return SPILL_SLOTS * 8 + (int32_t)slot * 16;
}

/* True once in `n` times with random allocation, else never. */
static bool ra_chance(struct x64 *x, unsigned n)
{
	if (!x->random)
		return false;
	x->random ^= x->random << 13; /* xorshift64: never 0 */
	x->random ^= x->random >> 7;
	x->random ^= x->random << 17;
	return (x->random >> 32) % n == 0;
}

/* The sequence depends on the seed and the block alone. */
static void ra_chance_begin(struct x64 *x, uint64_t seed)
{
	uint64_t block = x->b->pc ^ (uint64_t)x->b->count << 48;
	x->random = seed ? (seed ^ block) * UINT64_C(0x9e3779b97f4a7c15) | 1 : 0;
	for (unsigned k = 0; k < 4; k++) /* spread what few bits of the seed may be set */
		ra_chance(x, 2);
}

static const uint32_t scratch_mask[X64_BANKS] = {SCRATCH_MASK, VECTOR_SCRATCH_MASK};

static bool is_scratch(unsigned bank, unsigned reg)
{
	return scratch_mask[bank] >> reg & 1;
}

static unsigned bank_of(const struct x64 *x, ir_ref v)
{
	return x->loc[v].bank;
}

static bool is_pinned(unsigned reg)
{
	return reg < X64_REGS;
}

/* Between registers, the stack and slots. */
static void move(struct x64 *x, unsigned bank, unsigned dst, unsigned src)
{
	if (bank == X64_VECTOR)
		vec_move(&x->a, dst, src);
	else
		mov_rr(&x->a, true, dst, src);
}

static void load(struct x64 *x, unsigned bank, unsigned dst, struct mem m)
{
	if (bank == X64_VECTOR)
		vec_load(&x->a, dst, m);
	else
		mov_load(&x->a, true, dst, m);
}

static void store(struct x64 *x, unsigned bank, struct mem m, unsigned src)
{
	if (bank == X64_VECTOR)
		vec_store(&x->a, m, src);
	else
		mov_store(&x->a, true, m, src);
}

static struct mem spill_at(unsigned bank, unsigned slot)
{
	return at(RSP, bank == X64_VECTOR ? vector_spill_offset(slot) : ra_spill_offset(slot));
}

static bool is_flag_use(const struct ir_insn *i, unsigned arg)
{
	switch (i->op) {
	case IR_CCMP: return arg < 2;
	case IR_SELECT:
	case IR_SET_FLAGS:
	case IR_EXIT_COND: return arg == 0;
	case IR_FCCMP: return arg == 2;
	default: return false;
	}
}

static bool takes_flags(const struct ir_insn *i)
{
	return is_flag_use(i, 0) || i->op == IR_FCCMP;
}

/* Operations that leave EFLAGS alone. */
static bool keeps_flags(enum ir_op op)
{
	if (vector_is_lanes(op))
		return true;
	switch (op) {
	case IR_CONST:
	case IR_GET:
	case IR_SET:
	case IR_SET_FLAGS:
	case IR_SELECT:
	case IR_EXIT_COND:
	case IR_ADD:
	case IR_NOT:
	case IR_VCONST:
	case IR_SPLAT:
	case IR_INSERT:
	case IR_EXTRACT:
	case IR_SHUFFLE:
	case IR_JUMP: return true;
	default: return false;
	}
}

/* Is the slot read between the computation of `v` and its SET at `n`? */
static bool read_between(const struct ir_block *b, ir_ref v, ir_ref n)
{
	for (ir_ref k = v + 1; k < n; k++)
		if (b->insn[k].op == IR_GET && b->insn[k].imm == b->insn[n].imm)
			return true;
	return false;
}

/* Results that the same guest instruction puts into a pinned slot, with nothing in between that
 * could leave the block or read the slot, are computed there.  `fresh` is the last barrier: its own
 * result may still be placed. */
static void find_hint(struct x64 *x, ir_ref n, const struct ir_insn *i, ir_ref fresh)
{
	unsigned reg = ra_pinned(x, (uint32_t)i->imm);
	struct loc *l = &x->loc[i->a];
	if (is_pinned(reg) && i->a >= fresh && l->hint == X64_NO_REG &&
	    x->b->insn[i->a].at == i->at && !read_between(x->b, i->a, n))
		l->hint = (uint8_t)reg;
}

/* Conditions 14 and 15 hold always; their test takes EFLAGS. */
static bool is_always(const struct ir_insn *i)
{
	return (i->op == IR_SELECT && i->imm >= 14) || (i->op == IR_EXIT_COND && i->info >= 14);
}

bool ra_stored_at_once(const struct ir_block *b, ir_ref v, ir_ref n)
{
	enum ir_op producer = (enum ir_op)b->insn[v].op;
	if (producer != IR_ADDS && producer != IR_SUBS && producer != IR_ANDS &&
	    producer != IR_FCMP && producer != IR_FCCMP)
		return false;
	for (ir_ref k = v + 1; k < n; k++)
		if (ir_ops[b->insn[k].op].flags & IR_BARRIER || b->insn[k].op == IR_SET_FLAGS ||
		    b->insn[k].op == IR_GET_FLAGS)
			return false;
	return true;
}

bool ra_is_fcmp(const struct x64 *x, ir_ref v)
{
	return x->b->insn[v].op == IR_FCMP || x->b->insn[v].op == IR_FCCMP;
}

/* As an integer operation does. */
static bool sets_host_flags(const struct x64 *x, ir_ref v)
{
	const struct ir_insn *i = &x->b->insn[v];
	return i->op == IR_ADDS || i->op == IR_SUBS || i->op == IR_ANDS;
}

/* The condition that an operation tests of the flags it takes; 14 and more: always. */
static unsigned tested(const struct ir_insn *i)
{
	return i->op == IR_EXIT_COND ? i->info : i->imm & 15;
}

/* Of operations; none if the last comes before the first. */
struct range {
	ir_ref first, last;
};

static void note_flag_uses(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	const ir_ref arg[3] = {i->a, i->b, i->c};
	for (unsigned k = 0; k < ir_ops[i->op].args; k++) {
		struct loc *l = &x->loc[arg[k]];
		bool flags_of_second = i->op == IR_CCMP && k;
		if (!is_flag_use(i, k) || (flags_of_second && !sets_host_flags(x, arg[k])) ||
		    (i->op == IR_SET_FLAGS && l->set_by))
			continue;
		l->flag_uses++;
		if (i->op == IR_SET_FLAGS)
			l->set_by = n;
		else if (!flags_of_second && tested(i) < 14)
			l->pairs |= (uint8_t)(1u << tested(i) / 2);
	}
}

/* What each value is used for: as a number, for conditions, as the guest's flags; and where it
 * should be computed.  Returns the range of operations that have to do with flags, from the first
 * value that carries some to their last use. */
static struct range find_uses(struct x64 *x)
{
	const struct ir_block *b = x->b;
	struct range flags = {0, 0};
	ir_ref fresh = 1;
	x->loc[IR_NONE] =
	    (struct loc){.reg = X64_NO_REG, .hint = X64_NO_REG, .value_use = 1, .clean = 128};
	for (ir_ref n = 1; n < b->count; n++) {
		const struct ir_insn *i = &b->insn[n];
		struct loc *l = &x->loc[n];
		*l = x->loc[IR_NONE];
		l->bank = i->type == IR_V128 ? X64_VECTOR : X64_GENERAL;
		l->left = i->uses;
		if (i->op == IR_CONST)
			continue;
		const unsigned kind = ir_ops[i->op].flags;
		if (kind & IR_BARRIER)
			fresh = n;
		const bool tests = takes_flags(i);
		if ((tests || kind & IR_FLAGS) && !flags.first)
			flags.first = n;
		if (tests) {
			note_flag_uses(x, n, i);
			flags.last = n;
		} else if (i->op == IR_SET) {
			find_hint(x, n, i, fresh);
		}
	}
	return flags;
}

/* Can what is tested of `v` be kept bit by bit? */
static bool keeps_bits(const struct x64 *x, ir_ref v)
{
	return (sets_host_flags(x, v) || ra_is_fcmp(x, v) || x->loc[v].lazy) &&
	       few_pairs(x->loc[v].pairs);
}

/* A CCMP of flags that EFLAGS hold, for conditions alone. */
static bool is_lazy(const struct x64 *x, ir_ref n, const struct ir_insn *i, ir_ref producer)
{
	const struct loc *l = &x->loc[n];
	return i->b == producer && sets_host_flags(x, i->b) && i->a != i->b && tested(i) < 14 &&
	       keeps_bits(x, i->a) && !l->value_use && few_pairs(l->pairs) &&
	       (!l->set_by || ra_stored_at_once(x->b, i->b, l->set_by));
}

/* Do EFLAGS, which hold the flags of `producer`, say what `i` wants to know of `v`?  CCMP looks
 * at those of its second operand first. */
static bool is_at_hand(const struct x64 *x, const struct ir_insn *i, ir_ref v, ir_ref producer)
{
	if (v != producer || i->op == IR_CCMP)
		return false;
	if (ra_is_fcmp(x, v))
		return x64_fcmp_says(x, v, x->loc[v].direct | 1u << tested(i) / 2);
	return !x->loc[v].lazy || 1u << tested(i) / 2 == last_pair(x->loc[v].pairs);
}

static void plan_flag_use(
    struct x64 *x, ir_ref n, const struct ir_insn *i, ir_ref v, unsigned k, ir_ref producer)
{
	struct loc *l = &x->loc[v];
	if (i->op == IR_SET_FLAGS && ra_stored_at_once(x->b, v, n))
		l->stored = 1;
	else if (i->op == IR_SET_FLAGS || (i->op == IR_CCMP && k == 1 && v != producer))
		l->pack = 1;
	else if ((i->op == IR_CCMP && k == 1) || tested(i) >= 14)
		return;
	else if (is_at_hand(x, i, v, producer))
		l->direct |= (uint8_t)(1u << tested(i) / 2);
	else if (keeps_bits(x, v))
		l->keep |= (uint8_t)(1u << tested(i) / 2);
	else
		l->pack = 1;
}

/* Which flags leave EFLAGS before they are used for the last time, and how. */
static void find_flag_uses(struct x64 *x, struct range range)
{
	ir_ref producer = IR_NONE; /* whose flags the host would hold here */
	for (ir_ref n = range.first; n <= range.last; n++) {
		const struct ir_insn *i = &x->b->insn[n];
		const ir_ref arg[3] = {i->a, i->b, i->c};
		struct loc *l = &x->loc[n];
		l->value_use = i->uses != l->flag_uses;
		if (i->op == IR_CCMP && is_lazy(x, n, i, producer)) {
			l->lazy = 1;
			l->stored = l->set_by != IR_NONE;
			if (l->stored)
				x->loc[i->b].if_chosen = n;
		}
		for (unsigned k = 0; takes_flags(i) && k < ir_ops[i->op].args; k++)
			if (is_flag_use(i, k))
				plan_flag_use(x, n, i, arg[k], k, producer);
		if (sets_host_flags(x, n) || ra_is_fcmp(x, n) || (l->lazy && l->pairs))
			producer = n;
		else if (!l->lazy && (!keeps_flags(i->op) || is_always(i) ||
					 (is_flag_use(i, 0) && i->op != IR_SET_FLAGS &&
					     !is_at_hand(x, i, i->a, producer))))
			producer = IR_NONE;
	}
}

void ra_begin(struct x64 *x, struct jit *j, const struct ir_block *b, uint64_t random)
{
	x->j = j;
	x->b = b;
	memset(x->bank, 0, sizeof x->bank);
	x->host_flags = IR_NONE;
	x->slot_count = 0;
	x->literals = 0;
	x->overflow = false;
	ra_chance_begin(x, random);
	find_flag_uses(x, find_uses(x));
}

static unsigned spill_slot(struct x64 *x, unsigned bank)
{
	static const unsigned slots[X64_BANKS] = {SPILL_SLOTS, VECTOR_SPILL_SLOTS};
	for (unsigned s = 0; s < slots[bank]; s++) {
		if (!(x->bank[bank].spill_used >> s & 1)) {
			x->bank[bank].spill_used |= UINT64_C(1) << s;
			return s;
		}
	}
	x->overflow = true;
	return 0;
}

unsigned ra_spill_slot(struct x64 *x)
{
	return spill_slot(x, X64_GENERAL);
}

static bool is_constant(const struct x64 *x, ir_ref v)
{
	return x->b->insn[v].op == IR_CONST || x->b->insn[v].op == IR_VCONST;
}

/* The value in a register is in memory, too, if it can be needed. */
static void home(struct x64 *x, unsigned bank, unsigned reg)
{
	ir_ref v = x->bank[bank].in_reg[reg];
	struct loc *l = &x->loc[v];
	if (l->left && !is_constant(x, v) && !l->in_slot && !l->spill) {
		unsigned s = spill_slot(x, bank);
		l->spill = (uint8_t)(s + 1);
		store(x, bank, spill_at(bank, s), reg);
	}
}

/* Take a value out of its register; it stays reachable. */
static void evict(struct x64 *x, unsigned bank, unsigned reg)
{
	home(x, bank, reg);
	x->loc[x->bank[bank].in_reg[reg]].reg = X64_NO_REG;
	x->bank[bank].in_reg[reg] = IR_NONE;
}

static unsigned temp(struct x64 *x, unsigned bank)
{
	static const uint8_t order[X64_BANKS][4] = {{RAX, RCX, RDX, R13}, {0, 1, 2, 3}};
	const ir_ref *in_reg = x->bank[bank].in_reg;
	unsigned victim = X64_NO_REG, unlocked = 0;
	for (unsigned k = 0; k < 4; k++) {
		unsigned r = order[bank][k];
		if (x->bank[bank].locked >> r & 1)
			continue;
		if (x->random) { /* any, free or not, with equal chances */
			if (ra_chance(x, ++unlocked))
				victim = r;
			continue;
		}
		if (in_reg[r] == IR_NONE) {
			x->bank[bank].locked |= 1u << r;
			return r;
		}
		/* A value that needs no spilling is the better victim. */
		const struct loc *l = &x->loc[in_reg[r]];
		if (victim == X64_NO_REG || l->in_slot || l->spill || is_constant(x, in_reg[r]))
			victim = r;
	}
	assert(victim != X64_NO_REG);
	if (in_reg[victim] != IR_NONE)
		evict(x, bank, victim);
	x->bank[bank].locked |= 1u << victim;
	return victim;
}

void ra_shake(struct x64 *x)
{
	for (unsigned bank = 0; x->random && bank < X64_BANKS; bank++)
		for (unsigned r = 0; r < X64_REGS; r++)
			if (is_scratch(bank, r) && x->bank[bank].in_reg[r] != IR_NONE &&
			    ra_chance(x, 8))
				evict(x, bank, r);
}

unsigned ra_temp(struct x64 *x)
{
	return temp(x, X64_GENERAL);
}

unsigned ra_vector_temp(struct x64 *x)
{
	return temp(x, X64_VECTOR);
}

bool ra_has_vector_temps(const struct x64 *x, unsigned n)
{
	unsigned free = 0;
	for (unsigned r = 0; r < VECTOR_PINNED_FIRST; r++)
		free += x->bank[X64_VECTOR].in_reg[r] == IR_NONE &&
			!(x->bank[X64_VECTOR].locked >> r & 1);
	return free >= n;
}

void ra_home_vectors(struct x64 *x)
{
	for (unsigned r = 0; r < VECTOR_PINNED_FIRST; r++)
		if (x->bank[X64_VECTOR].in_reg[r] != IR_NONE)
			home(x, X64_VECTOR, r);
}

static void claim(struct x64 *x, unsigned bank, unsigned reg)
{
	assert(is_scratch(bank, reg) && !(x->bank[bank].locked >> reg & 1));
	if (x->bank[bank].in_reg[reg] != IR_NONE)
		evict(x, bank, reg);
	x->bank[bank].locked |= 1u << reg;
}

void ra_claim(struct x64 *x, unsigned reg)
{
	claim(x, X64_GENERAL, reg);
}

void ra_claim_vector(struct x64 *x, unsigned reg)
{
	claim(x, X64_VECTOR, reg);
}

void ra_release(struct x64 *x, unsigned reg)
{
	x->bank[X64_GENERAL].locked &= ~(1u << reg);
}

void ra_release_vector(struct x64 *x, unsigned reg)
{
	x->bank[X64_VECTOR].locked &= ~(1u << reg);
}

void ra_define(struct x64 *x, ir_ref v, unsigned reg)
{
	unsigned bank = bank_of(x, v);
	x->loc[v].reg = (uint8_t)reg;
	x->bank[bank].in_reg[reg] = v;
	x->bank[bank].locked |= 1u << reg;
	if (!x->loc[v].left && is_scratch(bank, reg)) {
		x->loc[v].reg = X64_NO_REG;
		x->bank[bank].in_reg[reg] = IR_NONE;
	}
}

static void load_value(struct x64 *x, ir_ref v, unsigned reg)
{
	const struct loc *l = &x->loc[v];
	unsigned bank = bank_of(x, v);
	if (bank == X64_VECTOR && is_constant(x, v))
		x64_load_constant(x, reg, v);
	else if (is_constant(x, v))
		mov_imm(&x->a, reg, x->b->insn[v].imm);
	else if (l->spill)
		load(x, bank, reg, spill_at(bank, l->spill - 1u));
	else {
		assert(l->in_slot);
		load(x, bank, reg, at(RBP, (int32_t)l->slot));
	}
}

static unsigned bring(struct x64 *x, ir_ref v)
{
	unsigned bank = bank_of(x, v), reg = temp(x, bank);
	load_value(x, v, reg);
	x->loc[v].reg = (uint8_t)reg;
	x->bank[bank].in_reg[reg] = v;
	return reg;
}

unsigned ra_use(struct x64 *x, ir_ref v)
{
	const struct loc *l = &x->loc[v];
	if (l->reg == X64_NO_REG)
		return bring(x, v);
	x->bank[l->bank].locked |= 1u << l->reg;
	return l->reg;
}

static void free_stack_slot(struct x64 *x, unsigned bank, unsigned slot)
{
	if (slot)
		x->bank[bank].spill_used &= ~(UINT64_C(1) << (slot - 1));
}

static void free_stack_slots(struct x64 *x, struct loc *l)
{
	free_stack_slot(x, l->bank, l->spill);
	free_stack_slot(x, X64_GENERAL, l->packed);
	free_stack_slot(x, X64_GENERAL, l->kept[0]);
	free_stack_slot(x, X64_GENERAL, l->kept[1]);
	l->stack = 0;
}

void ra_done(struct x64 *x, ir_ref v)
{
	struct loc *l = &x->loc[v];
	assert(l->left);
	if (--l->left)
		return;
	if (l->reg != X64_NO_REG)
		x->bank[l->bank].in_reg[l->reg] = IR_NONE;
	l->reg = X64_NO_REG;
	if (l->stack)
		free_stack_slots(x, l);
}

unsigned ra_result(struct x64 *x, ir_ref v, unsigned prefer)
{
	unsigned hint = x->loc[v].hint, bank = bank_of(x, v);
	const ir_ref *in_reg = x->bank[bank].in_reg;
	if (hint != X64_NO_REG && in_reg[hint] == IR_NONE && !ra_chance(x, 2))
		return hint;
	if (prefer != X64_NO_REG && is_scratch(bank, prefer) && in_reg[prefer] == IR_NONE &&
	    !ra_chance(x, 2))
		return prefer;
	return temp(x, bank);
}

/* --- Guest slots --- */

static ir_ref *slot_value(struct x64 *x, uint32_t offset)
{
	for (unsigned k = 0; k < x->slot_count; k++)
		if (x->slot[k].offset == offset)
			return &x->slot[k].value;
	return NULL;
}

/* False if no more slots can be followed. */
static bool slot_holds(struct x64 *x, uint32_t offset, ir_ref v)
{
	ir_ref *s = slot_value(x, offset);
	if (s) {
		*s = v;
	} else if (x->slot_count < IR_MAX_SLOTS) {
		x->slot[x->slot_count].offset = offset;
		x->slot[x->slot_count++].value = v;
	} else {
		return false;
	}
	x->loc[v].in_slot = 1;
	x->loc[v].slot = offset;
	return true;
}

void ra_get(struct x64 *x, ir_ref v, uint32_t offset)
{
	unsigned reg = ra_pinned(x, offset), bank = bank_of(x, v);
	if (is_pinned(reg)) {
		x->bank[bank].pinned[reg] = v;
		if (x->bank[bank].in_reg[reg] == IR_NONE && !ra_chance(x, 4)) {
			x->loc[v].reg = (uint8_t)reg;
			x->bank[bank].in_reg[reg] = v;
		} else { /* the slot was set and forgotten: a copy */
			unsigned t = temp(x, bank);
			move(x, bank, t, reg);
			ra_define(x, v, t);
		}
		return;
	}
	if (!slot_holds(x, offset, v)) {
		unsigned t = temp(x, bank);
		load(x, bank, t, at(RBP, (int32_t)offset));
		ra_define(x, v, t);
	}
}

/* Whoever lives in what is about to be overwritten moves to a scratch register. */
static void rescue_register(struct x64 *x, unsigned bank, unsigned reg)
{
	ir_ref old = x->bank[bank].in_reg[reg];
	x->bank[bank].in_reg[reg] = IR_NONE;
	if (old == IR_NONE)
		return;
	x->loc[old].reg = X64_NO_REG;
	if (x->loc[old].left && !is_constant(x, old) && !x->loc[old].in_slot &&
	    !x->loc[old].spill) {
		unsigned t = temp(x, bank);
		move(x, bank, t, reg);
		ra_define(x, old, t);
	}
}

static void rescue_slot(struct x64 *x, uint32_t offset, ir_ref v)
{
	ir_ref *s = slot_value(x, offset);
	if (!s || *s == IR_NONE || *s == v)
		return;
	struct loc *l = &x->loc[*s];
	if (l->left && l->reg == X64_NO_REG && !l->spill && !is_constant(x, *s))
		ra_use(x, *s);
	l->in_slot = 0;
	*s = IR_NONE;
}

void ra_vacate(struct x64 *x, uint32_t offset, const struct ir_insn *i)
{
	const ir_ref arg[3] = {i->a, i->b, i->c};
	unsigned reg = ra_pinned(x, offset), uses = 0;
	unsigned bank = i->type == IR_V128 ? X64_VECTOR : X64_GENERAL;
	const ir_ref *slot = is_pinned(reg) ? &x->bank[bank].in_reg[reg] : slot_value(x, offset);
	if (!slot || *slot == IR_NONE)
		return;
	for (unsigned k = 0; k < ir_ops[i->op].args; k++)
		uses += arg[k] == *slot;
	if (x->loc[*slot].left <= uses)
		return;
	const uint32_t locked = x->bank[bank].locked;
	if (is_pinned(reg))
		rescue_register(x, bank, reg);
	else
		rescue_slot(x, offset, IR_NONE);
	/* On to the stack: the operation may need every register. */
	for (unsigned r = 0; r < X64_REGS; r++)
		if (x->bank[bank].locked & ~locked & 1u << r)
			evict(x, bank, r);
	x->bank[bank].locked = locked;
}

static void set_pinned(struct x64 *x, unsigned reg, ir_ref v)
{
	struct loc *l = &x->loc[v];
	unsigned bank = bank_of(x, v);
	ir_ref *in_reg = x->bank[bank].in_reg;
	x->bank[bank].pinned[reg] = v;
	if (l->reg != reg) {
		if (in_reg[reg] != IR_NONE) {
			if (l->reg != X64_NO_REG)
				x->bank[bank].locked |= 1u << l->reg;
			rescue_register(x, bank, reg);
		}
		if (l->reg != X64_NO_REG)
			move(x, bank, reg, l->reg);
		else
			load_value(x, v, reg);
	}
	ra_done(x, v);
	if (l->left && (l->reg == X64_NO_REG || is_scratch(bank, l->reg)) &&
	    x->b->insn[v].op != IR_CONST) {
		if (l->reg != X64_NO_REG)
			in_reg[l->reg] = IR_NONE;
		l->reg = (uint8_t)reg;
		in_reg[reg] = v;
	}
}

void ra_set(struct x64 *x, uint32_t offset, ir_ref v)
{
	unsigned reg = ra_pinned(x, offset);
	if (is_pinned(reg)) {
		set_pinned(x, reg, v);
		return;
	}
	rescue_slot(x, offset, v);
	const struct ir_insn *i = &x->b->insn[v];
	if (i->op == IR_CONST && fits32((int64_t)i->imm)) {
		mov_store_imm(&x->a, true, at(RBP, (int32_t)offset), (int32_t)i->imm);
	} else {
		unsigned r = ra_use(x, v);
		store(x, bank_of(x, v), at(RBP, (int32_t)offset), r);
		slot_holds(x, offset, v);
	}
	ra_done(x, v);
}

void ra_spill_scratch(struct x64 *x, uint32_t first, uint32_t last)
{
	for (unsigned k = 0; k < x->slot_count; k++) {
		ir_ref v = x->slot[k].value;
		struct loc *l = &x->loc[v];
		if (v == IR_NONE || x->slot[k].offset < first || x->slot[k].offset > last)
			continue;
		if (l->left && l->reg == X64_NO_REG && !l->spill && !is_constant(x, v)) {
			ra_use(x, v);
			ra_next(x);
		}
		l->in_slot = 0;
		x->slot[k].value = IR_NONE;
	}
	for (unsigned bank = 0; bank < X64_BANKS; bank++)
		for (unsigned r = 0; r < X64_REGS; r++)
			if ((bank == X64_VECTOR || is_scratch(bank, r)) &&
			    x->bank[bank].in_reg[r] != IR_NONE)
				evict(x, bank, r);
	x->host_flags = IR_NONE;
}

void ra_forget(struct x64 *x)
{
	for (unsigned bank = 0; bank < X64_BANKS; bank++)
		for (unsigned r = 0; r < X64_REGS; r++)
			if (x->bank[bank].in_reg[r] != IR_NONE)
				evict(x, bank, r);
	x->slot_count = 0;
	x->host_flags = IR_NONE;
}
