/* Loops of the x86-64 host: a second copy of the block whose streams need no check.
 *
 * After a few passes of the first copy, *prepare* looks up the TLB for each stream, keeps what
 * leads from guest to host addresses on the stack, and counts the passes until some stream leaves
 * its page. So many passes are made of the second copy.  Nothing in a loop can take a page away:
 * translations change and translated pages are protected outside of translated code, or in a CALL.
 */
#include "jit/x64_emit.h"
#include "jit/x64_loop.h"
#include "jit/x64_const.h"
#include "jit/x64_vec.h"

#define COLD                                                                                     \
	64 /* passes of the first copy after the TLB had no answer, or the pages' ends were near \
	    */
#define FEWEST 4      /* passes worth leaving the first copy for */
#define WORTH  12     /* passes worth leaving it for at once, when the loop comes again */
#define MOST   100000 /* passes in one go */
#define RECIPROCAL                                                                    \
	24 /* bits: n / step = n * (2^24 / step rounded up) >> 24 for n, step <= 2^12 \
	    */

static struct mem warm(void)
{
	return at(RSP, LOOP_OFFSET);
}

static struct mem rest_of_budget(void)
{
	return at(RSP, LOOP_OFFSET + 8);
}

/* What the budget was when the second copy began. */
static struct mem granted(void)
{
	return at(RSP, LOOP_OFFSET + 16);
}

struct mem x64_loop_addend(unsigned stream)
{
	return at(RSP, LOOP_OFFSET + 24 + 8 * (int32_t)stream);
}

static struct mem budget(const struct x64 *x)
{
	return at(RBP, (int32_t)x->j->guest.budget);
}

/* --- Flags owed --- */

/* Where a value is at the end of each pass. */
struct home {
	uint32_t slot;
	ir_ref first, last; /* SETs of the slot, or IR_NONE */
};

static bool find_home(const struct ir_block *b, ir_ref v, struct home *h)
{
	bool found = b->insn[v].op == IR_GET;
	h->slot = found ? (uint32_t)b->insn[v].imm : 0;
	for (ir_ref n = 1; n < b->count && !found; n++) {
		found = b->insn[n].op == IR_SET && b->insn[n].a == v;
		if (found)
			h->slot = (uint32_t)b->insn[n].imm;
	}
	h->first = h->last = IR_NONE;
	for (ir_ref n = 1; n < b->count && found; n++) {
		if (b->insn[n].op != IR_SET || b->insn[n].imm != h->slot)
			continue;
		h->first = h->first ? h->first : n;
		h->last = n;
	}
	return found && (!h->last || b->insn[h->last].a == v);
}

/* The two words of the flags of `v`. */
static ir_ref flag_word(const struct x64 *x, ir_ref v, unsigned k)
{
	const struct ir_insn *i = &x->b->insn[v];
	if (k)
		return i->op == IR_ANDS ? IR_NONE : i->b;
	return x64_is_compare(x, v) ? i->a : v;
}

static bool leaves_block(const struct x64 *x, ir_ref n)
{
	unsigned flags = ir_ops[x->b->insn[n].op].flags;
	return flags & IR_BARRIER && !(flags & IR_SLOW) &&
	       loop_stream_of(x->loop, n) == LOOP_STREAMS;
}

/* Is the value at home wherever the block may be left, from the SET_FLAGS at `n` to the next one?
 * That may be one of the next pass. */
static bool at_home(const struct x64 *x, ir_ref n, const struct home *h)
{
	const struct ir_block *b = x->b;
	ir_ref k = n + 1;
	for (; k < b->count && b->insn[k].op != IR_SET_FLAGS; k++)
		if (leaves_block(x, k) && h->last > k)
			return false;
	if (k < b->count)
		return true;
	for (k = 1; b->insn[k].op != IR_SET_FLAGS; k++)
		if (leaves_block(x, k) && h->first && h->first < k)
			return false;
	return true;
}

bool x64_loop_owes_flags(const struct x64 *x, ir_ref n)
{
	const struct ir_block *b = x->b;
	const ir_ref v = b->insn[n].a;
	if (!x->loop || !ra_stored_at_once(b, v, n) || x->loc[v].if_chosen || ra_is_fcmp(x, v))
		return false;
	for (ir_ref k = 1; k < b->count; k++)
		if (b->insn[k].op == IR_GET_FLAGS || b->insn[k].op == IR_HELPER)
			return false;
	for (unsigned k = 0; k < 2; k++) {
		int32_t imm;
		struct home h;
		const ir_ref w = flag_word(x, v, k);
		if (w && !small_const(x, w, &imm) && (!find_home(b, w, &h) || !at_home(x, n, &h)))
			return false;
	}
	return true;
}

/* Of the last instruction that sets any: what the second copy begins with. */
static ir_ref flags_owed_at_start(const struct x64 *x)
{
	ir_ref last = IR_NONE;
	for (ir_ref n = 1; n < x->b->count; n++)
		if (x->b->insn[n].op == IR_SET_FLAGS)
			last = n;
	return last && x64_loop_owes_flags(x, last) ? last : IR_NONE;
}

static void store_flag_word(
    struct x64 *x, struct assembler *s, struct mem m, ir_ref w, unsigned temp)
{
	int32_t imm;
	struct home h;
	if (small_const(x, w, &imm)) {
		mov_store_imm(s, true, m, imm);
		return;
	}
	find_home(x->b, w, &h);
	unsigned reg = ra_pinned(x, h.slot);
	if (reg >= X64_REGS) {
		mov_load(s, true, temp, at(RBP, (int32_t)h.slot));
		reg = temp;
	}
	mov_store(s, true, m, reg);
}

static void store_owed_flags(struct x64 *x, struct assembler *s, unsigned temp)
{
	const struct jit_guest *g = &x->j->guest;
	const ir_ref v = x->b->insn[x->owed_flags].a, second = flag_word(x, v, 1);
	mov_store_imm(s, true, at(RBP, (int32_t)g->flags_kind), (int32_t)x64_flags_kind(x, v));
	store_flag_word(x, s, at(RBP, (int32_t)g->flags_a), flag_word(x, v, 0), temp);
	if (second)
		store_flag_word(x, s, at(RBP, (int32_t)g->flags_b), second, temp);
}

/* --- Scalars --- */

/* The bits of a scalar that the host would have to clear the rest of, or 0. */
static unsigned scalar_bits(const struct ir_insn *i, ir_ref v)
{
	if (i->op < IR_FADD || i->op > IR_FSQRT || i->info & (IR_F_HALF | IR_F_FULL) || i->a != v)
		return 0;
	return i->info & IR_F_DOUBLE ? 64 : 32;
}

/* May a HELPER change the slot? */
static bool is_helpers(const struct ir_block *b, uint64_t slot)
{
	for (ir_ref n = 1; n < b->count; n++) {
		const struct ir_insn *i = &b->insn[n];
		if (i->op == IR_HELPER && b->insn[i->b].imm <= slot && slot <= b->insn[i->c].imm)
			return true;
	}
	return false;
}

/* The bits of a vector slot that may not be 0 in each later pass, if only the low ones of `v` may
 * in the first. */
static unsigned clean_bits(const struct x64 *x, ir_ref v)
{
	const struct ir_block *b = x->b;
	unsigned bits = 0, set = 0;
	if (is_helpers(b, b->insn[v].imm))
		return 128;
	for (ir_ref n = v; n < b->count; n++) {
		const struct ir_insn *i = &b->insn[n];
		if (!bits)
			bits = scalar_bits(i, v);
		if (i->op == IR_SET && i->imm == b->insn[v].imm)
			set = x->loc[i->a].clean;
	}
	return set > bits ? 128 : bits;
}

void x64_loop_note_clean(struct x64 *x)
{
	x->clean_count = 0;
	for (ir_ref n = 1; n < x->b->count && x->clean_count < X64_LOOP_CLEAN; n++) {
		const struct ir_insn *i = &x->b->insn[n];
		if (i->op != IR_GET || i->type != IR_V128 ||
		    ra_pinned(x, (uint32_t)i->imm) >= X64_REGS)
			continue;
		unsigned bits = clean_bits(x, n);
		if (bits && bits < 128) {
			x->clean[x->clean_count].get = n;
			x->clean[x->clean_count++].bits = (uint8_t)bits;
		}
	}
}

unsigned x64_loop_clean(const struct x64 *x, ir_ref n)
{
	for (unsigned k = 0; k < x->clean_count; k++)
		if (x->clean[k].get == n)
			return x->clean[k].bits;
	return 128;
}

/* --- Both copies --- */

/* How many passes come before the second copy: the guest remembers if it was worth the while. */
static void begin_first(struct x64 *x)
{
	const struct jit_guest *g = &x->j->guest;
	x->warm_at = g->loops ? g->loop_warm + x->j->loops++ % g->loops : 0;
	if (x->warm_at) {
		op0f_rm(&x->a, 0xb6, false, RAX, at(RBP, (int32_t)x->warm_at)); /* MOVZX */
		mov_store(&x->a, false, warm(), RAX);
	} else {
		mov_store_imm(&x->a, false, warm(), JIT_LOOP_WARM);
	}
}

void x64_loop_begin(struct x64 *x)
{
	x->owed_flags = IR_NONE;
	if (x->loop)
		x->owed_flags = flags_owed_at_start(x);
	else if (x->loops)
		begin_first(x);
}

void x64_loop_settle(struct x64 *x, struct assembler *s, unsigned temp)
{
	if (!x->loop)
		return;
	if (x->owed_flags)
		store_owed_flags(x, s, temp);
	mov_load(s, true, temp, rest_of_budget());
	op_rm(s, 0x01, true, temp, budget(x)); /* ADD [budget], temp */
}

void x64_loop_add_rest(struct x64 *x, unsigned reg)
{
	if (!x->loop)
		return;
	alu_rm(&x->a, ALU_ADD, true, reg, rest_of_budget());
	x->host_flags = IR_NONE;
}

void x64_loop_leave(struct x64 *x, struct assembler *s)
{
	if (x->loop && x->warm_at) {
		mov_load(s, true, RAX, granted());
		alu_rm(s, ALU_SUB, true, RAX, budget(x));
		alu_imm(s, ALU_CMP, true, RAX, WORTH * (int32_t)x->b->guest_count);
		uint8_t *worth = short_jump(s, SHORT_JAE);
		mov_store_imm8(s, at(RBP, (int32_t)x->warm_at), JIT_LOOP_WARM);
		land(s, worth);
	}
	x64_loop_settle(x, s, RAX);
}

void x64_loop_resume(struct x64 *x, struct assembler *s, unsigned temp)
{
	if (!x->loop)
		return;
	mov_load(s, true, temp, rest_of_budget());
	op_rm(s, 0x29, true, temp, budget(x)); /* SUB [budget], temp */
}

/* The second copy's passes are used up. */
void x64_loop_end(struct x64 *x)
{
	struct assembler *c = &x->cold;
	alu_mem_imm(c, ALU_ADD, true, budget(x), (int32_t)x->b->guest_count);
	x64_loop_settle(x, c, RAX);
	x->prepare_again = jump(c);
}

/* --- Preparing the second copy --- */

static bool power_of_two(uint64_t v)
{
	return !(v & (v - 1));
}

/* RAX = the stream's address in the next pass; uses RCX. */
static void emit_address(struct x64 *x, const struct loop_sum *s)
{
	struct assembler *c = &x->cold;
	mov_imm(c, RAX, s->number);
	for (unsigned k = 0; k < s->terms; k++) {
		unsigned reg = ra_pinned(x, s->term[k].slot);
		if (reg < X64_REGS)
			mov_rr(c, true, RCX, reg);
		else
			mov_load(c, true, RCX, at(RBP, (int32_t)s->term[k].slot));
		if (s->term[k].factor != 1)
			imul_imm(c, true, RCX, RCX, (int32_t)s->term[k].factor);
		alu_rr(c, ALU_ADD, true, RAX, RCX);
	}
}

/* RCX = passes until the stream at RAX leaves its page. */
static void emit_passes(struct x64 *x, const struct loop_stream *s, uint32_t size)
{
	struct assembler *c = &x->cold;
	const uint32_t page = 1u << x->j->guest.page_bits;
	uint64_t step = (uint64_t)(s->step < 0 ? -s->step : s->step);
	alu_imm(c, ALU_AND, false, RAX, (int32_t)page - 1);
	if (s->step > 0) {
		mov_imm(c, RCX, page - size);
		alu_rr(c, ALU_SUB, false, RCX, RAX);
	} else {
		mov_rr(c, false, RCX, RAX);
	}
	if (power_of_two(step)) {
		shift_imm(c, SH_SHR, false, RCX, (unsigned)__builtin_ctzll(step));
	} else {
		uint64_t reciprocal = ((UINT64_C(1) << RECIPROCAL) + step - 1) / step;
		imul_imm(c, true, RCX, RCX, (int32_t)reciprocal);
		shift_imm(c, SH_SHR, true, RCX, RECIPROCAL);
	}
	lea(c, false, RCX, at(RCX, 1));
}

/* R13 = the passes that this stream allows as well. */
static void emit_stream(struct x64 *x, const struct loop *l, unsigned k, uint8_t **fail)
{
	struct assembler *c = &x->cold;
	const struct jit_guest *g = &x->j->guest;
	const struct loop_stream *s = &l->stream[k];
	const struct ir_insn *i = &x->b->insn[s->op];
	const uint32_t size = IR_MEM_SIZE(i->info);
	const bool write = i->op == IR_STORE || (i->op == IR_PROBE && i->info & IR_MEM_WRITE);
	const int32_t table = (int32_t)g->tlb[x->b->context];
	const int32_t tag = table + (int32_t)(write ? g->tlb_write : g->tlb_read);
	emit_address(x, &s->address);
	uint8_t *hit = NULL;
	if (x->stream_hint[k] != X64_NO_HINT) {
		int32_t hint = (int32_t)(g->hint[x->b->context] + x->stream_hint[k] * 8u);
		mov_load(c, true, RCX, at(RBP, hint));
		mov_rr(c, true, RDX, RAX);
		alu_imm(c, ALU_AND, true, RDX, -(1 << g->page_bits) | ((int32_t)size - 1));
		alu_rm(c, ALU_CMP, true, RDX, at(RCX, tag - table));
		mov_load(c, true, RDX, at(RCX, (int32_t)g->tlb_addend));
		hit = jump_if(c, CC_E);
	}
	rorx(c, false, RCX, RAX, g->page_bits - 5);
	alu_imm(c, ALU_AND, false, RCX, (int32_t)(g->tlb_entries - 1) << 5);
	lea(c, true, RDX, at(RAX, (int32_t)size - 1));
	alu_imm(c, ALU_AND, true, RDX, -(1 << g->page_bits));
	alu_rm(c, ALU_CMP, true, RDX, at_index(RBP, RCX, tag));
	uint8_t *first = jump_if(c, CC_E);
	alu_imm(c, ALU_ADD, false, RCX, 32 * (int32_t)g->tlb_entries);
	alu_rm(c, ALU_CMP, true, RDX, at_index(RBP, RCX, tag));
	*fail = jump_if(c, CC_NE);
	patch_to(first, c->p);
	mov_load(c, true, RDX, at_index(RBP, RCX, table + (int32_t)g->tlb_addend));
	if (hit)
		patch_to(hit, c->p);
	mov_store(c, true, x64_loop_addend(k), RDX);
	if (!s->step)
		return;
	emit_passes(x, s, size);
	alu_rr(c, ALU_CMP, false, RCX, R13);
	cmov(c, CC_B, false, R13, RCX);
}

/* Are the vectors scalars, as the second copy takes them to be? */
static void emit_clean(struct x64 *x, unsigned k, uint8_t **fail)
{
	struct assembler *c = &x->cold;
	const unsigned reg = ra_pinned(x, (uint32_t)x->b->insn[x->clean[k].get].imm);
	const uint8_t *above = x64_const(x, x->clean[k].bits == 64 ? X64_ABOVE64 : X64_ABOVE32);
	if (x->j->avx512) {
		vop_mask_const(c, V(2, 1, 1, 0x27), 1, reg, above); /* VPTESTMQ */
		kortestb(c, 1, 1);
	} else {
		vop_const(c, VPTEST, reg, 0, above);
	}
	*fail = jump_if(c, CC_NE);
}

/* RCX = instructions of the R13 passes, or of those that the budget in RAX holds. */
static void emit_affordable(struct x64 *x)
{
	struct assembler *c = &x->cold;
	const int32_t count = (int32_t)x->b->guest_count;
	imul_imm(c, true, RCX, R13, count);
	alu_rr(c, ALU_CMP, true, RCX, RAX);
	uint8_t *enough = jump_if(c, CC_BE);
	alu_rr(c, ALU_XOR, false, RDX, RDX);
	mov_imm(c, RCX, (uint64_t)count);
	unary(c, 6, true, RCX); /* DIV */
	imul_imm(c, true, RCX, RAX, count);
	mov_load(c, true, RAX, budget(x));
	patch_to(enough, c->p);
}

/* From the end of the first copy, whose jump is at `back`: first count the passes. */
static void emit_warm(struct x64 *x, uint8_t *back, const uint8_t *first)
{
	struct assembler *c = &x->cold;
	patch_to(back, c->p);
	alu_mem_imm(c, ALU_SUB, false, warm(), 1);
	patch_to(jump_if(c, CC_NS), first);
}

void x64_loop_prepare(
    struct x64 *x, const struct loop *l, uint8_t *back, const uint8_t *first, const uint8_t *second)
{
	struct assembler *c = &x->cold;
	uint8_t *fail[LOOP_STREAMS], *not_clean[X64_LOOP_CLEAN];
	emit_warm(x, back, first);
	patch_to(x->prepare_again, c->p);
	for (unsigned k = 0; k < x->clean_count; k++)
		emit_clean(x, k, &not_clean[k]);
	mov_imm(c, R13, MOST);
	for (unsigned k = 0; k < l->count; k++)
		emit_stream(x, l, k, &fail[k]);
	mov_load(c, true, RAX, budget(x));
	emit_affordable(x);
	alu_imm(c, ALU_CMP, true, RCX, FEWEST * (int32_t)x->b->guest_count);
	uint8_t *few = jump_if(c, CC_B);
	mov_store(c, true, budget(x), RCX);
	mov_store(c, true, granted(), RCX);
	alu_rr(c, ALU_SUB, true, RAX, RCX);
	mov_store(c, true, rest_of_budget(), RAX);
	if (x->warm_at)
		mov_store_imm8(c, at(RBP, (int32_t)x->warm_at), 0);
	patch_to(jump(c), second);
	for (unsigned k = 0; k < l->count; k++)
		patch_to(fail[k], c->p);
	for (unsigned k = 0; k < x->clean_count; k++)
		patch_to(not_clean[k], c->p);
	patch_to(few, c->p);
	mov_store_imm(c, false, warm(), COLD);
	patch_to(jump(c), first);
}
