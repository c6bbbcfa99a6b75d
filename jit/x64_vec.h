/* Vectors on the x86-64 host: the emitters, and what they share. */
#ifndef MYNA_JIT_X64_VEC_H
#define MYNA_JIT_X64_VEC_H

#include "jit/x64_emit.h"

/* x64_vec.c */
x64_emit_fn emit_vector_binary;
x64_emit_fn emit_vector_compare;
x64_emit_fn emit_vector_higher;
x64_emit_fn emit_vector_andn;
x64_emit_fn emit_vector_select;
x64_emit_fn emit_vector_unary;
x64_emit_fn emit_vector_mul;
x64_emit_fn emit_vector_shift;
x64_emit_fn emit_vector_shift_by;
x64_emit_fn emit_vector_count;
x64_emit_fn emit_vector_const;
x64_emit_fn emit_vector_splat;
x64_emit_fn emit_vector_insert;
x64_emit_fn emit_vector_extract;
x64_emit_fn emit_sticky;
x64_emit_fn emit_aes_round;
x64_emit_fn emit_aes_mix;
x64_emit_fn emit_clmul;
x64_emit_fn emit_sha;
/* x64_shuffle.c */
x64_emit_fn emit_shuffle;
/* x64_fp.c */
x64_emit_fn emit_fp_binary;
x64_emit_fn emit_fp_min_max;
x64_emit_fn emit_fp_madd;
x64_emit_fn emit_fp_sqrt;
x64_emit_fn emit_fp_mask;
x64_emit_fn emit_fp_round;
x64_emit_fn emit_fp_convert;
x64_emit_fn emit_fp_to_int;
x64_emit_fn emit_fp_round_to_int;
x64_emit_fn emit_int_to_fp;
x64_emit_fn emit_fp_to_lanes;
x64_emit_fn emit_lanes_to_fp;

/* Constant `number` of x64_const.h, for vop_const(). */
const uint8_t *x64_const(const struct x64 *x, unsigned number);
/* A constant of this block, among its code out of line. */
const uint8_t *x64_literal(struct x64 *x, uint64_t low, uint64_t high);
/* `reg`, or a copy of it that VEX can name. */
unsigned x64_low_register(struct x64 *x, unsigned reg);
/* Only the low `bits` of value `n` may be other than 0. */
void x64_clean(struct x64 *x, ir_ref n, unsigned bits);
/* Clear what is above the low 32 or 64 bits. */
void x64_zero_above(struct x64 *x, unsigned reg, unsigned bits);

#endif
