/* The x86-64 host: one forward pass from IR to code (needs BMI1, BMI2, LZCNT). */
#include <assert.h>
#include <stdlib.h>

#include "jit/x64_ra.h"
#include "jit/x64_thunks.h"

#define NEEDED_PER_OP 96 /* upper bound of bytes one operation emits, hot or cold */

static bool wide(const struct ir_insn *i)
{
	return i->type == IR_I64;
}

static bool small_const(const struct x64 *x, ir_ref v, int32_t *value)
{
	const struct ir_insn *i = &x->b->insn[v];
	if (i->op != IR_CONST || !fits32((int64_t)i->imm))
		return false;
	*value = (int32_t)i->imm;
	return true;
}

/* The same for an operand of a 32-bit operation, whose upper half does not count. */
static bool small_operand(const struct x64 *x, const struct ir_insn *i, ir_ref v, int32_t *value)
{
	if (!wide(i) && x->b->insn[v].op == IR_CONST) {
		*value = (int32_t)x->b->insn[v].imm;
		return true;
	}
	return small_const(x, v, value);
}

/* --- Integer --- */

static void move_to(struct x64 *x, unsigned dst, unsigned src)
{
	if (dst != src)
		mov_rr(&x->a, true, dst, src);
}

static void emit_add(struct x64 *x, ir_ref n, const struct ir_insn *i, bool subtract)
{
	int32_t imm;
	unsigned a = ra_use(x, i->a);
	if (small_operand(x, i, i->b, &imm) && !(subtract && imm == INT32_MIN)) {
		ra_done(x, i->a);
		ra_done(x, i->b);
		unsigned dst = ra_result(x, n, a);
		lea(&x->a, wide(i), dst, at(a, subtract ? -imm : imm));
		ra_define(x, n, dst);
		return;
	}
	unsigned c = ra_use(x, i->b);
	ra_done(x, i->a);
	ra_done(x, i->b);
	unsigned dst = ra_result(x, n, a);
	if (!subtract) {
		lea(&x->a, wide(i), dst, at_index(a, c, 0));
	} else {
		if (dst == c && dst != a)
			dst = ra_temp(x);
		move_to(x, dst, a);
		alu_rr(&x->a, ALU_SUB, wide(i), dst, c);
		x->host_flags = IR_NONE;
	}
	ra_define(x, n, dst);
}

static void emit_logic(struct x64 *x, ir_ref n, const struct ir_insn *i, enum x64_alu op)
{
	int32_t imm;
	unsigned a = ra_use(x, i->a);
	bool is_imm = small_operand(x, i, i->b, &imm);
	unsigned c = is_imm ? X64_NO_REG : ra_use(x, i->b);
	ra_done(x, i->a);
	ra_done(x, i->b);
	unsigned dst = ra_result(x, n, a);
	if (!is_imm && dst == c) { /* commutes */
		c = a;
		a = dst;
	}
	move_to(x, dst, a);
	if (is_imm)
		alu_imm(&x->a, op, wide(i), dst, imm);
	else
		alu_rr(&x->a, op, wide(i), dst, c);
	x->host_flags = IR_NONE;
	ra_define(x, n, dst);
}

static void emit_mul(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	unsigned a = ra_use(x, i->a), c = ra_use(x, i->b);
	ra_done(x, i->a);
	ra_done(x, i->b);
	unsigned dst = ra_result(x, n, a);
	if (dst == c)
		c = a;
	else
		move_to(x, dst, a);
	imul_rr(&x->a, wide(i), dst, c);
	x->host_flags = IR_NONE;
	ra_define(x, n, dst);
}

/* RDX times a register; the upper half is the result. */
static void emit_mulh(struct x64 *x, ir_ref n, const struct ir_insn *i, bool is_signed)
{
	ra_claim(x, RAX);
	ra_claim(x, RDX);
	unsigned a = ra_use(x, i->a), c = ra_use(x, i->b);
	mov_rr(&x->a, true, RAX, a);
	unary(&x->a, is_signed ? 5 : 4, true, c);
	ra_done(x, i->a);
	ra_done(x, i->b);
	x->host_flags = IR_NONE;
	ra_define(x, n, RDX);
}

static uint8_t *short_jump(struct assembler *a, unsigned opcode)
{
	put8(a, opcode);
	put8(a, 0);
	return a->p - 1;
}

static void land(struct assembler *a, uint8_t *site)
{
	*site = (uint8_t)(a->p - (site + 1));
}

enum { SHORT_JE = 0x74, SHORT_JMP = 0xeb };

static void emit_div(struct x64 *x, ir_ref n, const struct ir_insn *i, bool is_signed)
{
	struct assembler *s = &x->a;
	bool w = wide(i);
	ra_claim(x, RAX);
	ra_claim(x, RDX);
	unsigned a = ra_use(x, i->a), c = ra_use(x, i->b);
	mov_rr(s, true, RAX, a);
	test_rr(s, w, c, c);
	uint8_t *zero = short_jump(s, SHORT_JE), *minus = NULL, *end2 = NULL;
	if (is_signed) {
		alu_imm(s, ALU_CMP, w, c, -1);
		minus = short_jump(s, SHORT_JE);
		rex(s, w, 0, 0, 0, false);
		put8(s, 0x99); /* CDQ, CQO */
	} else {
		mov_imm(s, RDX, 0);
	}
	unary(s, is_signed ? 7 : 6, w, c);
	uint8_t *end = short_jump(s, SHORT_JMP);
	if (is_signed) {
		land(s, minus);
		unary(s, 3, w, RAX);
		end2 = short_jump(s, SHORT_JMP);
	}
	land(s, zero);
	mov_imm(s, RAX, 0);
	land(s, end);
	if (end2)
		land(s, end2);
	ra_done(x, i->a);
	ra_done(x, i->b);
	x->host_flags = IR_NONE;
	ra_define(x, n, RAX);
}

static void emit_shift(
    struct x64 *x, ir_ref n, const struct ir_insn *i, enum x64_shift by_imm, unsigned by_reg)
{
	int32_t imm;
	unsigned a = ra_use(x, i->a);
	if (small_operand(x, i, i->b, &imm)) {
		unsigned count = (unsigned)imm & (wide(i) ? 63 : 31);
		ra_done(x, i->a);
		ra_done(x, i->b);
		unsigned dst = ra_result(x, n, a);
		if (by_imm == SH_ROR) {
			rorx(&x->a, wide(i), dst, a, count);
		} else {
			if (dst != a || !wide(i))
				mov_rr(&x->a, wide(i), dst, a);
			if (count)
				shift_imm(&x->a, by_imm, wide(i), dst, count);
		}
		x->host_flags = IR_NONE;
		ra_define(x, n, dst);
		return;
	}
	unsigned c = ra_use(x, i->b);
	ra_done(x, i->a);
	ra_done(x, i->b);
	unsigned dst = ra_result(x, n, X64_NO_REG);
	shift_x(&x->a, by_reg, wide(i), dst, a, c);
	ra_define(x, n, dst);
}

/* Rotation by a register counts in CL. */
static void emit_ror(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	int32_t imm;
	if (small_operand(x, i, i->b, &imm)) {
		emit_shift(x, n, i, SH_ROR, 0);
		return;
	}
	ra_claim(x, RCX);
	unsigned a = ra_use(x, i->a), c = ra_use(x, i->b);
	mov_rr(&x->a, true, RCX, c);
	unsigned dst = ra_temp(x);
	mov_rr(&x->a, true, dst, a);
	shift_cl(&x->a, SH_ROR, wide(i), dst);
	ra_done(x, i->a);
	ra_done(x, i->b);
	x->host_flags = IR_NONE;
	ra_define(x, n, dst);
}

static void emit_extr(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	unsigned high = ra_use(x, i->a), low = ra_use(x, i->b);
	ra_done(x, i->a);
	ra_done(x, i->b);
	unsigned dst = ra_result(x, n, low);
	if (dst == high && dst != low)
		dst = ra_temp(x);
	move_to(x, dst, low);
	shrd(&x->a, wide(i), dst, high, (unsigned)i->imm);
	x->host_flags = IR_NONE;
	ra_define(x, n, dst);
}

static void emit_unary(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	struct assembler *s = &x->a;
	unsigned a = ra_use(x, i->a);
	ra_done(x, i->a);
	unsigned dst = ra_result(x, n, a);
	bool w = wide(i);
	switch (i->op) {
	case IR_NOT:
		move_to(x, dst, a);
		unary(s, 2, w, dst);
		break;
	case IR_NEG:
		move_to(x, dst, a);
		unary(s, 3, w, dst);
		break;
	case IR_SEXT8: op0f_rr(s, 0, 0xbe, w, dst, a, a >= RSP); break;
	case IR_SEXT16: op0f_rr(s, 0, 0xbf, w, dst, a, false); break;
	case IR_SEXT32:
		if (w)
			op_rr(s, 0x63, true, dst, a);
		else
			mov_rr(s, false, dst, a);
		break;
	case IR_ZEXT8: op0f_rr(s, 0, 0xb6, false, dst, a, a >= RSP); break;
	case IR_ZEXT16: op0f_rr(s, 0, 0xb7, false, dst, a, false); break;
	case IR_ZEXT32: mov_rr(s, false, dst, a); break;
	case IR_CLZ: op0f_rr(s, 0xf3, 0xbd, w, dst, a, false); break;
	case IR_BSWAP:
		move_to(x, dst, a);
		bswap(s, w, dst);
		break;
	default: assert(!"not unary");
	}
	if (i->op == IR_NEG || i->op == IR_CLZ)
		x->host_flags = IR_NONE;
	ra_define(x, n, dst);
}

/* --- Condition flags --- */

static void pack_host_flags(struct x64 *x, ir_ref v, unsigned dst)
{
	struct assembler *s = &x->a;
	bool borrow = x->b->insn[v].op == IR_SUBS;
	if (borrow)
		put8(s, 0xf5); /* CMC: Arm's C is no borrow */
	put8(s, 0x9f);         /* LAHF */
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
		put8(s, 0xf5);
	x->loc[v].packed = (uint8_t)(slot + 1);
	x->host_flags = v;
}

static void store_flag_words(struct x64 *x, enum jit_flags kind, unsigned a, bool second, ir_ref b)
{
	struct assembler *s = &x->a;
	const struct jit_guest *g = &x->j->guest;
	int32_t imm;
	mov_store_imm(s, true, at(RBP, (int32_t)g->flags_kind), (int32_t)kind);
	mov_store(s, true, at(RBP, (int32_t)g->flags_a), a);
	if (!second)
		return;
	if (small_const(x, b, &imm))
		mov_store_imm(s, true, at(RBP, (int32_t)g->flags_b), imm);
	else
		mov_store(s, true, at(RBP, (int32_t)g->flags_b), ra_use(x, b));
}

static enum jit_flags flags_kind(const struct ir_insn *i, bool compare)
{
	unsigned w = wide(i);
	switch (i->op) {
	case IR_ADDS: return JIT_FLAGS_ADD32 + w;
	case IR_ANDS: return JIT_FLAGS_LOGIC32 + w;
	default: return (compare ? JIT_FLAGS_CMP32 : JIT_FLAGS_SUB32) + w;
	}
}

/* Where to compute a result that must leave both operands readable until their flags are stored:
 * over the first operand if that dies here, else elsewhere. */
static unsigned flags_result(struct x64 *x, ir_ref n, const struct ir_insn *i, unsigned a)
{
	unsigned hint = x->loc[n].hint;
	bool a_dies = x->loc[i->a].left == 1;
	if (hint != X64_NO_REG && (x->in_reg[hint] == IR_NONE || (hint == a && a_dies)))
		return hint;
	return a_dies && SCRATCH_MASK >> a & 1 ? a : ra_temp(x);
}

/* ADDS, SUBS, ANDS.  Flags that become the guest's are stored at once, lazily: as operands. */
static void emit_flags(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	struct assembler *s = &x->a;
	struct loc *l = &x->loc[n];
	static const uint8_t alu[] = {
	    [IR_ADDS] = ALU_ADD, [IR_SUBS] = ALU_SUB, [IR_ANDS] = ALU_AND};
	bool w = wide(i), compare = i->op == IR_SUBS && !l->value_use;
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
	if (l->stored)
		store_flag_words(x, flags_kind(i, compare), dst, i->op != IR_ANDS, i->b);
	ra_done(x, i->a);
	ra_done(x, i->b);
	if (l->value_use)
		ra_define(x, n, dst);
	ra_next(x);
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

/* Flags that emit_flags() has not stored. */
static void emit_set_flags(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	if (!ra_stored_at_once(x->b, i->a, n))
		store_flag_words(x, JIT_FLAGS_PACKED, packed_flags(x, i->a), false, 0);
	ra_done(x, i->a);
}

static void emit_get_flags(struct x64 *x, ir_ref n)
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

/* Arm conditions by pairs for flags of a subtraction; sums differ in C alone. */
static enum x64_cc direct_cc(unsigned cond, bool borrow)
{
	static const uint8_t cc[14] = {CC_E, CC_NE, CC_AE, CC_B, CC_S, CC_NS, CC_O, CC_NO, CC_A,
	    CC_BE, CC_GE, CC_L, CC_G, CC_LE};
	if (!borrow && (cond == 2 || cond == 3))
		return cond == 2 ? CC_B : CC_AE;
	return cc[cond];
}

/* Make EFLAGS say whether `cond` holds; the condition code to use.  `restore`: CMC afterwards. */
static enum x64_cc condition(struct x64 *x, ir_ref v, unsigned cond, bool *restore)
{
	*restore = false;
	if (cond >= 14) { /* always */
		test_rr(&x->a, true, RSP, RSP);
		x->host_flags = IR_NONE;
		return CC_NE;
	}
	if (x->host_flags != v) {
		test_packed(x, v, cond);
		return CC_B;
	}
	bool borrow = x->b->insn[v].op == IR_SUBS;
	if (!borrow && (cond == 8 || cond == 9)) {
		put8(&x->a, 0xf5);
		*restore = true;
	}
	return direct_cc(cond, borrow);
}

static void emit_select(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	struct assembler *s = &x->a;
	bool restore;
	enum x64_cc cc = condition(x, i->a, (unsigned)i->imm, &restore);
	unsigned yes = ra_use(x, i->b), no = ra_use(x, i->c);
	ra_done(x, i->a);
	ra_done(x, i->b);
	ra_done(x, i->c);
	unsigned dst = ra_result(x, n, no);
	if (dst == yes && dst != no) {
		cmov(s, cc ^ 1, true, dst, no);
	} else {
		move_to(x, dst, no);
		cmov(s, cc, true, dst, yes);
	}
	if (!wide(i))
		mov_rr(s, false, dst, dst);
	if (restore)
		put8(s, 0xf5);
	ra_define(x, n, dst);
}

/* The flags of b are in EFLAGS, as a rule; those of a were packed before. */
static void emit_ccmp(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	struct assembler *s = &x->a;
	unsigned cond = i->imm & 15, nzcv = i->imm >> 4 & 15;
	ra_claim(x, RAX);
	unsigned dst = ra_temp(x);
	if (x->host_flags == i->b)
		pack_host_flags(x, i->b, dst);
	else
		mov_rr(s, true, dst, packed_flags(x, i->b));
	ra_release(x, RAX);
	if (cond < 14) {
		test_packed(x, i->a, cond);
		unsigned t = ra_temp(x);
		mov_imm(s, t, nzcv);
		cmov(s, CC_AE, false, dst, t);
	}
	ra_done(x, i->a);
	ra_done(x, i->b);
	ra_define(x, n, dst);
}

static void emit_nzcv(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	unsigned a = ra_use(x, i->a);
	ra_done(x, i->a);
	unsigned dst = ra_result(x, n, a);
	move_to(x, dst, a);
	ra_define(x, n, dst);
}

/* --- Guest memory --- */

/* Check the TLB for `size` bytes at [address + disp] and leave the addend in a register.
 * A miss calls out and comes back, or leaves the block before this instruction. */
static unsigned emit_tlb(struct x64 *x, const struct ir_insn *i, unsigned address, bool write)
{
	struct assembler *s = &x->a, *c = &x->cold;
	const struct jit_guest *g = &x->j->guest;
	int32_t disp = (int32_t)i->imm, size = (int32_t)IR_MEM_SIZE(i->info);
	int32_t table = (int32_t)g->tlb[x->b->context];
	unsigned t = ra_temp(x), page = ra_temp(x);
	if (disp) {
		lea(s, false, t, at(address, disp));
		shift_imm(s, SH_SHR, false, t, g->page_bits - 5);
	} else {
		rorx(s, false, t, address, g->page_bits - 5);
	}
	alu_imm(s, ALU_AND, false, t, (int32_t)(g->tlb_entries - 1) << 5);
	if (disp + size - 1)
		lea(s, true, page, at(address, disp + size - 1));
	else
		mov_rr(s, true, page, address);
	alu_imm(s, ALU_AND, true, page, -(1 << g->page_bits));
	alu_rm(s, ALU_CMP, true, page,
	    at_index(RBP, t, table + (int32_t)(write ? g->tlb_write : g->tlb_read)));
	uint8_t *miss = jump_if(s, CC_NE);
	mov_load(s, true, page, at_index(RBP, t, table + (int32_t)g->tlb_addend));

	patch_to(miss, c->p);
	lea(c, true, page, at(address, disp));
	mov_store(c, true, at(RBP, (int32_t)g->probe_address), page);
	mov_store_imm(c, true, at(RBP, (int32_t)g->probe_info),
	    size | (int32_t)write << 8 | (int32_t)x->b->context << 9);
	mov_imm(c, page, x->b->pc + 4u * i->at);
	mov_store(c, true, at(RBP, (int32_t)g->probe_pc), page);
	mov_store_imm(
	    c, true, at(RBP, (int32_t)g->probe_rest), (int32_t)(x->b->guest_count - i->at));
	patch_to(call_rel(c), x->j->probe);
	mov_load(c, true, page, at(RBP, (int32_t)g->probe_address));
	patch_to(jump(c), s->p);
	x->host_flags = IR_NONE;
	ra_release(x, t);
	return page;
}

static void load_sized(struct x64 *x, const struct ir_insn *i, unsigned dst, struct mem m)
{
	struct assembler *s = &x->a;
	bool sign = i->info & IR_MEM_SIGNED, w = wide(i);
	switch (i->info & 7) {
	case 0: op0f_rm(s, sign ? 0xbe : 0xb6, sign && w, dst, m); break;
	case 1: op0f_rm(s, sign ? 0xbf : 0xb7, sign && w, dst, m); break;
	case 2:
		if (sign && w)
			op_rm(s, 0x63, true, dst, m);
		else
			mov_load(s, false, dst, m);
		break;
	default: mov_load(s, true, dst, m);
	}
}

static void store_sized(struct x64 *x, const struct ir_insn *i, struct mem m, unsigned src)
{
	struct assembler *s = &x->a;
	switch (i->info & 7) {
	case 0:
		rex(s, false, src, m.index == X64_NO_REG ? 0 : m.index, m.base, src >= RSP);
		put8(s, 0x88);
		modrm_mem(s, src, m);
		break;
	case 1:
		put8(s, 0x66);
		mov_store(s, false, m, src);
		break;
	default: mov_store(s, (i->info & 7) == 3, m, src);
	}
}

static void emit_load(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	unsigned address = ra_use(x, i->a);
	unsigned addend = emit_tlb(x, i, address, false);
	ra_done(x, i->a);
	unsigned dst = ra_result(x, n, addend);
	load_sized(x, i, dst, at_index(addend, address, (int32_t)i->imm));
	ra_define(x, n, dst);
}

static void emit_store(struct x64 *x, const struct ir_insn *i)
{
	unsigned address = ra_use(x, i->a), v = ra_use(x, i->b);
	unsigned addend = emit_tlb(x, i, address, true);
	store_sized(x, i, at_index(addend, address, (int32_t)i->imm), v);
	ra_done(x, i->a);
	ra_done(x, i->b);
}

static void emit_probe(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	unsigned address = ra_use(x, i->a);
	unsigned addend = emit_tlb(x, i, address, i->info & IR_MEM_WRITE);
	lea(&x->a, true, addend, at_index(addend, address, (int32_t)i->imm));
	ra_done(x, i->a);
	ra_define(x, n, addend);
}

static void emit_load_host(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	unsigned host = ra_use(x, i->a);
	ra_done(x, i->a);
	unsigned dst = ra_result(x, n, host);
	load_sized(x, i, dst, at(host, (int32_t)i->imm));
	ra_define(x, n, dst);
}

static void emit_store_host(struct x64 *x, const struct ir_insn *i)
{
	unsigned host = ra_use(x, i->a), v = ra_use(x, i->b);
	store_sized(x, i, at(host, (int32_t)i->imm), v);
	ra_done(x, i->a);
	ra_done(x, i->b);
}

/* --- Leaving --- */

static void refund(struct x64 *x, struct assembler *s, unsigned executed)
{
	unsigned rest = x->b->guest_count - executed;
	if (rest)
		alu_mem_imm(s, ALU_ADD, true, at(RBP, (int32_t)x->j->guest.budget), (int32_t)rest);
}

/* Go back to the caller with pc in RAX. */
static void leave_with(struct x64 *x, struct assembler *s, enum jit_reason reason)
{
	const struct jit_guest *g = &x->j->guest;
	mov_store(s, true, at(RBP, (int32_t)g->pc), RAX);
	mov_store_imm(s, true, at(RBP, (int32_t)g->reason), (int32_t)reason);
	patch_to(jump(s), x->j->leave);
}

static int32_t jump_entry(const struct x64 *x, uint64_t pc)
{
	return (int32_t)(x->j->guest.jump[x->b->context] +
			 (pc >> 2 & (JIT_JUMP_ENTRIES - 1)) * sizeof(struct jit_jump));
}

/* Continue at a known address: by a link inside the page, else through the jump cache. */
static void go_on_at(struct x64 *x, struct assembler *s, uint64_t pc)
{
	const struct jit_guest *g = &x->j->guest;
	if ((pc ^ x->b->pc) >> g->page_bits == 0 && x->j->site_count < JIT_MAX_SITES) {
		uint64_t site = x->j->site_count++;
		uint8_t *link = jump(s);
		patch_to(link, s->p); /* until it is linked */
		x->j->sites[site].at = link;
		mov_store_imm(s, true, at(RBP, (int32_t)g->site), (int32_t)site);
		mov_imm(s, RAX, pc);
		leave_with(x, s, JIT_LOOKUP);
		return;
	}
	mov_imm(s, RAX, pc);
	alu_rm(s, ALU_CMP, true, RAX, at(RBP, jump_entry(x, pc)));
	uint8_t *miss = short_jump(s, 0x75);
	jump_mem(s, at(RBP, jump_entry(x, pc) + 8));
	land(s, miss);
	mov_store_imm(s, true, at(RBP, (int32_t)g->site), 0);
	leave_with(x, s, JIT_LOOKUP);
}

/* Code for a taken exit, out of line. */
static void exit_taken(struct x64 *x, const struct ir_insn *i, enum x64_cc cc)
{
	patch_to(jump_if(&x->a, cc), x->cold.p);
	refund(x, &x->cold, i->at + 1u);
	go_on_at(x, &x->cold, i->imm);
}

static void emit_exit_cond(struct x64 *x, const struct ir_insn *i)
{
	bool restore;
	enum x64_cc cc = condition(x, i->a, i->info, &restore);
	ra_done(x, i->a);
	exit_taken(x, i, cc);
	if (restore)
		put8(&x->a, 0xf5);
}

static void emit_exit_test(struct x64 *x, const struct ir_insn *i)
{
	unsigned a = ra_use(x, i->a);
	/* type: I32 looks at the low half */
	bool w = wide(i);
	test_rr(&x->a, w, a, a);
	x->host_flags = IR_NONE;
	ra_done(x, i->a);
	exit_taken(x, i, i->op == IR_EXIT_ZERO ? CC_E : CC_NE);
}

static void emit_exit_bit(struct x64 *x, const struct ir_insn *i)
{
	struct assembler *s = &x->a;
	unsigned a = ra_use(x, i->a), bit = i->info & 63;
	rex(s, true, 0, 0, a, false);
	put8(s, 0x0f);
	put8(s, 0xba);
	modrm_reg(s, 4, a); /* BT a, imm8 */
	put8(s, bit);
	x->host_flags = IR_NONE;
	ra_done(x, i->a);
	exit_taken(x, i, i->info & 64 ? CC_AE : CC_B);
}

static void emit_jump_to(struct x64 *x, const struct ir_insn *i)
{
	struct assembler *s = &x->a;
	const struct jit_guest *g = &x->j->guest;
	int32_t table = (int32_t)g->jump[x->b->context];
	unsigned a = ra_use(x, i->a);
	if (a != RAX)
		mov_rr(s, true, RAX, a);
	lea(s, false, RCX, (struct mem){RAX, RAX, 0}); /* pc * 2 */
	alu_rr(s, ALU_ADD, false, RCX, RCX);           /* pc * 4 */
	alu_imm(s, ALU_AND, false, RCX, (JIT_JUMP_ENTRIES - 1) << 4);
	alu_rm(s, ALU_CMP, true, RAX, at_index(RBP, RCX, table));
	patch_to(jump_if(s, CC_NE), x->cold.p);
	jump_mem(s, at_index(RBP, RCX, table + 8));
	mov_store_imm(&x->cold, true, at(RBP, (int32_t)g->site), 0);
	leave_with(x, &x->cold, JIT_LOOKUP);
	ra_done(x, i->a);
}

static void emit_leave(struct x64 *x, const struct ir_insn *i)
{
	mov_imm(&x->a, RAX, i->imm);
	mov_store_imm(&x->a, true, at(RBP, (int32_t)x->j->guest.site), 0);
	leave_with(x, &x->a, JIT_LEFT);
}

static void emit_call(struct x64 *x, const struct ir_insn *i)
{
	struct assembler *s = &x->a;
	const struct jit_guest *g = &x->j->guest;
	ra_spill_scratch(x, 0, UINT32_MAX);
	ra_forget(x);
	mov_imm(s, RAX, i->imm);
	mov_store(s, true, at(RBP, (int32_t)g->probe_pc), RAX);
	mov_store_imm(
	    s, true, at(RBP, (int32_t)g->probe_rest), (int32_t)(x->b->guest_count - i->at));
	patch_to(call_rel(s), x->j->call);
}

static void emit_refuse(struct x64 *x, const struct ir_insn *i)
{
	unsigned a = ra_use(x, i->a);
	if (i->imm == UINT64_MAX)
		test_rr(&x->a, true, a, a);
	else
		test_imm(&x->a, false, a, (int32_t)i->imm);
	x->host_flags = IR_NONE;
	ra_done(x, i->a);
	patch_to(jump_if(&x->a, CC_NE), x->cold.p);
	refund(x, &x->cold, i->at);
	mov_imm(&x->cold, RAX, x->b->pc + 4u * i->at);
	leave_with(x, &x->cold, JIT_SINGLE);
}

static void emit_helper(struct x64 *x, const struct ir_insn *i)
{
	struct assembler *s = &x->a;
	ra_spill_scratch(x, (uint32_t)x->b->insn[i->b].imm, (uint32_t)x->b->insn[i->c].imm);
	if (i->info)
		ra_forget(x);
	mov_imm(s, RAX, x->b->insn[i->a].imm);
	mov_imm(s, RDX, i->imm);
	patch_to(call_rel(s), i->info ? x->j->helper_any : x->j->helper);
	ra_done(x, i->a);
	ra_done(x, i->b);
	ra_done(x, i->c);
}

/* --- A block --- */

static void emit(struct x64 *x, ir_ref n)
{
	const struct ir_insn *i = &x->b->insn[n];
	switch ((enum ir_op)i->op) {
	case IR_CONST: break;
	case IR_GET: ra_get(x, n, (uint32_t)i->imm); break;
	case IR_SET: ra_set(x, (uint32_t)i->imm, i->a); break;
	case IR_GET_FLAGS: emit_get_flags(x, n); break;
	case IR_SET_FLAGS: emit_set_flags(x, n, i); break;
	case IR_ADD: emit_add(x, n, i, false); break;
	case IR_SUB: emit_add(x, n, i, true); break;
	case IR_MUL: emit_mul(x, n, i); break;
	case IR_UMULH: emit_mulh(x, n, i, false); break;
	case IR_SMULH: emit_mulh(x, n, i, true); break;
	case IR_UDIV: emit_div(x, n, i, false); break;
	case IR_SDIV: emit_div(x, n, i, true); break;
	case IR_AND: emit_logic(x, n, i, ALU_AND); break;
	case IR_OR: emit_logic(x, n, i, ALU_OR); break;
	case IR_XOR: emit_logic(x, n, i, ALU_XOR); break;
	case IR_SHL: emit_shift(x, n, i, SH_SHL, X_SHLX); break;
	case IR_SHR: emit_shift(x, n, i, SH_SHR, X_SHRX); break;
	case IR_SAR: emit_shift(x, n, i, SH_SAR, X_SARX); break;
	case IR_ROR: emit_ror(x, n, i); break;
	case IR_EXTR: emit_extr(x, n, i); break;
	case IR_NOT:
	case IR_NEG:
	case IR_SEXT8:
	case IR_SEXT16:
	case IR_SEXT32:
	case IR_ZEXT8:
	case IR_ZEXT16:
	case IR_ZEXT32:
	case IR_CLZ:
	case IR_BSWAP: emit_unary(x, n, i); break;
	case IR_ADDS:
	case IR_SUBS:
	case IR_ANDS: emit_flags(x, n, i); break;
	case IR_CCMP: emit_ccmp(x, n, i); break;
	case IR_NZCV: emit_nzcv(x, n, i); break;
	case IR_SELECT: emit_select(x, n, i); break;
	case IR_LOAD: emit_load(x, n, i); break;
	case IR_STORE: emit_store(x, i); break;
	case IR_PROBE: emit_probe(x, n, i); break;
	case IR_LOAD_HOST: emit_load_host(x, n, i); break;
	case IR_STORE_HOST: emit_store_host(x, i); break;
	case IR_REFUSE: emit_refuse(x, i); break;
	case IR_EXIT_COND: emit_exit_cond(x, i); break;
	case IR_EXIT_ZERO:
	case IR_EXIT_NONZERO: emit_exit_test(x, i); break;
	case IR_EXIT_BIT: emit_exit_bit(x, i); break;
	case IR_JUMP: go_on_at(x, &x->a, i->imm); break;
	case IR_JUMP_TO: emit_jump_to(x, i); break;
	case IR_LEAVE: emit_leave(x, i); break;
	case IR_CALL: emit_call(x, i); break;
	case IR_HELPER: emit_helper(x, i); break;
	case IR_OP_COUNT: break;
	}
	ra_next(x);
}

/* Take the whole block out of the budget, or leave before it. */
static void emit_entry(struct x64 *x)
{
	const struct jit_guest *g = &x->j->guest;
	struct mem budget = at(RBP, (int32_t)g->budget);
	alu_mem_imm(&x->a, ALU_SUB, true, budget, (int32_t)x->b->guest_count);
	patch_to(jump_if(&x->a, CC_S), x->cold.p);
	alu_mem_imm(&x->cold, ALU_ADD, true, budget, (int32_t)x->b->guest_count);
	mov_imm(&x->cold, RAX, x->b->pc);
	leave_with(x, &x->cold, JIT_BUDGET);
}

void *jit_compile(struct jit *j, const struct ir_block *b)
{
	struct x64 x;
	ra_begin(&x, j, b);
	size_t bound = (size_t)(b->count + 2) * NEEDED_PER_OP;
	if (j->hot + bound > j->hot_end || j->cold + bound > j->cold_end ||
	    j->site_count + b->count > JIT_MAX_SITES)
		return NULL;
	x.a.p = j->hot;
	x.cold.p = j->cold;
	emit_entry(&x);
	for (ir_ref n = 1; n < b->count; n++)
		if (b->insn[n].op != IR_CONST)
			emit(&x, n);
	if (x.overflow)
		return NULL; /* more live values than the frame has slots: nothing is kept of it */
	uint8_t *code = j->hot;
	j->hot = x.a.p;
	j->cold = x.cold.p;
	return j->memory.run + (code - j->memory.write);
}
