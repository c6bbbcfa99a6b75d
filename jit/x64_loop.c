/* Loops of the x86-64 host: a second copy of the block whose streams need no check.
 *
 * After a few passes of the first copy, *prepare* looks up the TLB for each stream, keeps what
 * leads from guest to host addresses on the stack, and counts the passes until some stream leaves
 * its page. So many passes are made of the second copy.  Nothing in a loop can take a page away:
 * translations change and translated pages are protected outside of translated code, or in a CALL.
 */
#include "jit/x64_emit.h"
#include "jit/x64_loop.h"

#define WARM   8       /* passes of the first copy before it is worth the while */
#define COLD   64      /* ... after the TLB had no answer, or the pages' ends were near */
#define FEWEST 4       /* passes worth leaving the first copy for */
#define MOST   1000000 /* passes in one go */
#define RECIPROCAL                                                                    \
	24 /* bits: n / step = n * (2^24 / step rounded up) >> 24 for n, step <= 2^12 \
	    */

static struct mem warm(void)
{
	return at(RSP, LOOP_OFFSET);
}

static struct mem passes(void)
{
	return at(RSP, LOOP_OFFSET + 4);
}

struct mem x64_loop_addend(unsigned stream)
{
	return at(RSP, LOOP_OFFSET + 8 + 8 * (int32_t)stream);
}

void x64_loop_begin(struct x64 *x)
{
	if (!x->loop) {
		mov_store_imm(&x->a, false, warm(), WARM);
		return;
	}
	alu_mem_imm(&x->a, ALU_SUB, false, passes(), 1);
	x->prepare_again = jump_if(&x->a, CC_S);
}

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
	mov_store(c, true, x64_loop_addend(k), RDX);
	if (!s->step)
		return;
	emit_passes(x, s, size);
	alu_rr(c, ALU_CMP, false, RCX, R13);
	cmov(c, CC_B, false, R13, RCX);
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
	uint8_t *fail[LOOP_STREAMS];
	emit_warm(x, back, first);
	patch_to(x->prepare_again, c->p);
	mov_imm(c, R13, MOST);
	for (unsigned k = 0; k < l->count; k++)
		emit_stream(x, l, k, &fail[k]);
	alu_imm(c, ALU_CMP, false, R13, FEWEST);
	uint8_t *few = jump_if(c, CC_B);
	mov_store(c, false, passes(), R13);
	patch_to(jump(c), second);
	for (unsigned k = 0; k < l->count; k++)
		patch_to(fail[k], c->p);
	patch_to(few, c->p);
	mov_store_imm(c, false, warm(), COLD);
	patch_to(jump(c), first);
}
