/* The x86-64 host: one forward pass from IR to code (needs BMI1, BMI2, LZCNT). */
#include "jit/x64_loop.h"
#include "jit/x64_trap.h"
#include "jit/x64_vec.h"

#define NEEDED_PER_OP 256 /* upper bound of bytes one operation emits, hot or cold */

static void emit_get(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	ra_get(x, n, (uint32_t)i->imm);
	if (x->loop && i->type == IR_V128)
		x64_clean(x, n, x64_loop_clean(x, n));
}

static void emit_set(struct x64 *x, ir_ref n, const struct ir_insn *i)
{
	ra_set(x, (uint32_t)i->imm, i->a);
}

static x64_emit_fn *const emitters[IR_OP_COUNT] = {
    [IR_GET] = emit_get,
    [IR_SET] = emit_set,
    [IR_SUB] = emit_add,
    [IR_ADD] = emit_add,
    [IR_AND] = emit_logic,
    [IR_OR] = emit_logic,
    [IR_XOR] = emit_logic,
    [IR_MUL] = emit_mul,
    [IR_UMULH] = emit_mulh,
    [IR_SMULH] = emit_mulh,
    [IR_UDIV] = emit_div,
    [IR_SDIV] = emit_div,
    [IR_SHL] = emit_shift,
    [IR_SHR] = emit_shift,
    [IR_SAR] = emit_shift,
    [IR_ROR] = emit_ror,
    [IR_EXTR] = emit_extr,
    [IR_NOT] = emit_unary,
    [IR_NEG] = emit_unary,
    [IR_SEXT8] = emit_unary,
    [IR_SEXT16] = emit_unary,
    [IR_SEXT32] = emit_unary,
    [IR_ZEXT8] = emit_unary,
    [IR_ZEXT16] = emit_unary,
    [IR_ZEXT32] = emit_unary,
    [IR_CLZ] = emit_unary,
    [IR_BSWAP] = emit_unary,
    [IR_ADDS] = emit_flags,
    [IR_SUBS] = emit_flags,
    [IR_ANDS] = emit_flags,
    [IR_CCMP] = emit_ccmp,
    [IR_NZCV] = emit_nzcv,
    [IR_SELECT] = emit_select,
    [IR_LOAD] = emit_load,
    [IR_STORE] = emit_store,
    [IR_PROBE] = emit_probe,
    [IR_LOAD_HOST] = emit_load_host,
    [IR_STORE_HOST] = emit_store_host,
    [IR_REFUSE] = emit_refuse,
    [IR_EXIT_COND] = emit_exit_cond,
    [IR_EXIT_ZERO] = emit_exit_test,
    [IR_EXIT_NONZERO] = emit_exit_test,
    [IR_EXIT_BIT] = emit_exit_bit,
    [IR_JUMP] = emit_jump,
    [IR_JUMP_TO] = emit_jump_to,
    [IR_LEAVE] = emit_leave,
    [IR_BUDGET] = emit_budget,
    [IR_CALL] = emit_call,
    [IR_HELPER] = emit_helper,
    [IR_VCONST] = emit_vector_const,
    [IR_SPLAT] = emit_vector_splat,
    [IR_INSERT] = emit_vector_insert,
    [IR_EXTRACT] = emit_vector_extract,
    [IR_SHUFFLE] = emit_shuffle,
    [IR_VADD] = emit_vector_binary,
    [IR_VSUB] = emit_vector_binary,
    [IR_VMUL] = emit_vector_mul,
    [IR_VAND] = emit_vector_binary,
    [IR_VOR] = emit_vector_binary,
    [IR_VXOR] = emit_vector_binary,
    [IR_VANDN] = emit_vector_andn,
    [IR_VSEL] = emit_vector_select,
    [IR_VCEQ] = emit_vector_compare,
    [IR_VCGT] = emit_vector_compare,
    [IR_VCHI] = emit_vector_higher,
    [IR_VSMIN] = emit_vector_binary,
    [IR_VSMAX] = emit_vector_binary,
    [IR_VUMIN] = emit_vector_binary,
    [IR_VUMAX] = emit_vector_binary,
    [IR_VSQADD] = emit_vector_binary,
    [IR_VUQADD] = emit_vector_binary,
    [IR_VSQSUB] = emit_vector_binary,
    [IR_VUQSUB] = emit_vector_binary,
    [IR_VAVG] = emit_vector_binary,
    [IR_VABS] = emit_vector_unary,
    [IR_VSHL] = emit_vector_shift,
    [IR_VSHR] = emit_vector_shift,
    [IR_VSAR] = emit_vector_shift,
    [IR_VUSHL] = emit_vector_shift_by,
    [IR_VSSHL] = emit_vector_shift_by,
    [IR_VSXT] = emit_vector_unary,
    [IR_VUXT] = emit_vector_unary,
    [IR_VMULS] = emit_vector_binary,
    [IR_VMULU] = emit_vector_binary,
    [IR_VPAIRS] = emit_vector_binary,
    [IR_VPAIRSB] = emit_vector_binary,
    [IR_VMULHS] = emit_vector_binary,
    [IR_VMULRS] = emit_vector_binary,
    [IR_VSAD] = emit_vector_binary,
    [IR_VPERM] = emit_vector_binary,
    [IR_VCNT] = emit_vector_count,
    [IR_VCLZ] = emit_vector_unary,
    [IR_STICKY] = emit_sticky,
    [IR_FADD] = emit_fp_binary,
    [IR_FSUB] = emit_fp_binary,
    [IR_FMUL] = emit_fp_binary,
    [IR_FDIV] = emit_fp_binary,
    [IR_FSQRT] = emit_fp_sqrt,
    [IR_FMADD] = emit_fp_madd,
    [IR_FMIN] = emit_fp_min_max,
    [IR_FMAX] = emit_fp_min_max,
    [IR_FCEQ] = emit_fp_mask,
    [IR_FCGE] = emit_fp_mask,
    [IR_FCGT] = emit_fp_mask,
    [IR_FCMP] = emit_fp_compare,
    [IR_FCCMP] = emit_fp_conditional_compare,
    [IR_FROUND] = emit_fp_round,
    [IR_FWIDEN] = emit_fp_convert,
    [IR_FNARROW] = emit_fp_convert,
    [IR_FTOI] = emit_fp_to_int,
    [IR_FRTOI] = emit_fp_round_to_int,
    [IR_ITOF] = emit_int_to_fp,
    [IR_VFTOI] = emit_fp_to_lanes,
    [IR_VITOF] = emit_lanes_to_fp,
    [IR_AESE] = emit_aes_round,
    [IR_AESD] = emit_aes_round,
    [IR_AESMC] = emit_aes_mix,
    [IR_AESIMC] = emit_aes_mix,
    [IR_CLMUL] = emit_clmul,
    [IR_SHA1] = emit_sha,
    [IR_SHA256] = emit_sha,
    [IR_SHA256A] = emit_sha,
    [IR_SHA256B] = emit_sha,
    [IR_GET_FLAGS] = emit_get_flags,
    [IR_SET_FLAGS] = emit_set_flags,
};

static void emit_pass(struct x64 *x, const struct ir_block *b)
{
	emit_entry(x);
	for (ir_ref n = 1; n < b->count; n++) {
		if (b->insn[n].op != IR_CONST) {
			emitters[b->insn[n].op](x, n, &b->insn[n]);
			ra_next(x);
			if (x->random)
				ra_shake(x);
		}
	}
}

/* Once more, for the passes whose streams are known to stay in their pages. */
static void emit_second(struct x64 *x, const struct loop *l, uint64_t random)
{
	const uint8_t *first = x->start;
	uint8_t *back = x->back;
	bool overflow = x->overflow;
	x64_loop_note_clean(x);
	ra_begin(x, x->j, x->b, random);
	x->loop = l;
	x->start = x->a.p;
	x64_loop_begin(x);
	emit_pass(x, x->b);
	x->overflow |= overflow;
	x64_loop_prepare(x, l, back, first, x->start);
}

/* Into the free memory of `j`; false if more values live at once than the frame has slots. */
static bool emit_block(
    struct x64 *x, struct jit *j, const struct ir_block *b, const struct loop *l, uint64_t random)
{
	ra_begin(x, j, b, random);
	x->a.p = j->hot;
	x->cold.p = j->cold;
	x->loop = NULL;
	x->loops = l != NULL;
	x->streams = l;
	memset(x->stream_hint, 0xff, sizeof x->stream_hint);
	x64_loop_begin(x);
	x->start = x->a.p;
	emit_pass(x, b);
	if (l)
		emit_second(x, l, random);
	return !x->overflow;
}

void *x64_compile(struct jit *j, const struct ir_block *b)
{
	struct x64 x;
	struct loop loop;
	const struct loop *l = loop_find(b, j->guest.page_bits, &loop) ? &loop : NULL;
	const unsigned sites = j->site_count, traps = j->trap_count,
		       copies = (l ? 2 : 1) * (j->random ? 2 : 1);
	size_t bound = (size_t)(b->count + 2) * NEEDED_PER_OP * copies;
	if (l)
		bound += (l->count + 1) * X64_LOOP_BYTES + X64_CLEAN_BYTES;
	if (j->hot + bound > j->hot_end || j->cold + bound > j->cold_end ||
	    j->site_count + 2 * b->count > JIT_MAX_SITES ||
	    (j->traps && j->trap_count + 3 * b->count * copies > JIT_MAX_TRAPS))
		return NULL;
	bool done = emit_block(&x, j, b, l, j->random);
	if (!done && j->random) { /* spilled more than was needed */
		j->site_count = sites;
		j->trap_count = traps;
		done = emit_block(&x, j, b, l, 0);
	}
	if (!done) {
		j->trap_count = traps;
		return NULL;
	}
	j->last_hot = j->hot;
	j->last_cold = j->cold;
	j->hot = x.a.p;
	j->cold = x.cold.p;
	return j->memory.run + (j->last_hot - j->memory.write);
}
