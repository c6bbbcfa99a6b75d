/* Floating point as the Arm manuals define it, bit for bit and guest-neutral.
 *
 * Values are bit patterns.  `fpcr` is FPCR (or FPSCR) in the manual's layout; exceptions
 * accumulate into *fpsr, in the manual's layout too, and are never cleared here.  Traps are not
 * implemented: the trap enables of FPCR are RES0, so every exception is cumulative.
 *
 * There are two layers.  fp_add() and its like take the format as an argument and use integers
 * only; they follow the pseudocode of DDI 0487, J1.3 ("shared/functions/float") and are the
 * reference.  fp16_add(), fp32_add() and fp64_add() are what instructions call; they may use the
 * host's arithmetic (fast.h) where it gives the same bits and flags.
 */
#ifndef MYNA_CPU_FP_FP_H
#define MYNA_CPU_FP_FP_H

#include <stdbool.h>
#include <stdint.h>

#define FPCR_FZ16  (UINT32_C(1) << 19)
#define FPCR_RMODE (UINT32_C(3) << 22)
#define FPCR_FZ    (UINT32_C(1) << 24)
#define FPCR_DN    (UINT32_C(1) << 25)
#define FPCR_AHP   (UINT32_C(1) << 26)
#define FPCR_MASK  (FPCR_FZ16 | FPCR_RMODE | FPCR_FZ | FPCR_DN | FPCR_AHP)

#define FPSR_IOC  (UINT32_C(1) << 0)
#define FPSR_DZC  (UINT32_C(1) << 1)
#define FPSR_OFC  (UINT32_C(1) << 2)
#define FPSR_UFC  (UINT32_C(1) << 3)
#define FPSR_IXC  (UINT32_C(1) << 4)
#define FPSR_IDC  (UINT32_C(1) << 7)
#define FPSR_QC   (UINT32_C(1) << 27)
#define FPSR_MASK (FPSR_IOC | FPSR_DZC | FPSR_OFC | FPSR_UFC | FPSR_IXC | FPSR_IDC | FPSR_QC)

/* The first four are the values of FPCR.RMode. */
enum fp_rounding {
	FPROUND_TIEEVEN,
	FPROUND_POSINF,
	FPROUND_NEGINF,
	FPROUND_ZERO,
	FPROUND_TIEAWAY, /* to integers only */
	FPROUND_ODD,
};

static inline enum fp_rounding fp_rounding_mode(uint32_t fpcr)
{
	return (enum fp_rounding)(fpcr >> 22 & 3);
}

/* An interchange format: sign, `exp_bits`, `frac_bits`, from the top. */
struct fp_format {
	uint8_t width;
	uint8_t exp_bits;
	uint8_t frac_bits;
};

extern const struct fp_format fp_half, fp_single, fp_double;

/* Arithmetic (arith.c). */
typedef uint64_t fp_unary_fn(const struct fp_format *f, uint64_t a, uint32_t fpcr, uint32_t *fpsr);
typedef uint64_t fp_binary_fn(
    const struct fp_format *f, uint64_t a, uint64_t b, uint32_t fpcr, uint32_t *fpsr);
typedef bool fp_relation_fn(
    const struct fp_format *f, uint64_t a, uint64_t b, uint32_t fpcr, uint32_t *fpsr);

fp_binary_fn fp_add, fp_sub, fp_mul, fp_mulx, fp_div;
fp_binary_fn fp_max, fp_min, fp_maxnum, fp_minnum;
fp_binary_fn fp_recip_step, fp_rsqrt_step; /* FPRecipStepFused, FPRSqrtStepFused */
fp_unary_fn fp_sqrt;

/* FPMulAdd: addend + a * b with one rounding. */
uint64_t fp_muladd(const struct fp_format *f, uint64_t addend, uint64_t a, uint64_t b,
    uint32_t fpcr, uint32_t *fpsr);
/* FPMulAddH: single-precision addend, half-precision factors. */
uint32_t fp_muladd_h(uint32_t addend, uint16_t a, uint16_t b, uint32_t fpcr, uint32_t *fpsr);

/* FPCompare: N=8 Z=4 C=2 V=1.  `signal_nans`: a quiet NaN is an invalid operation as well. */
unsigned fp_compare(const struct fp_format *f, uint64_t a, uint64_t b, bool signal_nans,
    uint32_t fpcr, uint32_t *fpsr);
fp_relation_fn fp_compare_eq, fp_compare_ge, fp_compare_gt;

/* Estimates (estimate.c). */
fp_unary_fn fp_recip_estimate, fp_rsqrt_estimate, fp_recpx;
uint32_t fp_unsigned_recip_estimate(uint32_t a);
uint32_t fp_unsigned_rsqrt_estimate(uint32_t a);

/* Conversions (convert.c). */

/* FPRoundInt: to an integral value in the same format; `exact` reports Inexact. */
uint64_t fp_round_int(const struct fp_format *f, uint64_t a, enum fp_rounding rounding, bool exact,
    uint32_t fpcr, uint32_t *fpsr);
/* FPRoundIntN: to a value that fits a signed integer of `int_size` (32 or 64) bits. */
uint64_t fp_round_int_n(const struct fp_format *f, uint64_t a, enum fp_rounding rounding,
    unsigned int_size, uint32_t fpcr, uint32_t *fpsr);

/* FPToFixed: a * 2^fbits as an integer of `int_size` (16, 32, 64) bits, saturated; the bits above
 * are zero. */
uint64_t fp_to_fixed(const struct fp_format *f, uint64_t a, unsigned fbits, bool is_unsigned,
    enum fp_rounding rounding, unsigned int_size, uint32_t fpcr, uint32_t *fpsr);
/* FixedToFP: the low `int_size` bits of `a`, divided by 2^fbits. */
uint64_t fixed_to_fp(const struct fp_format *f, uint64_t a, unsigned int_size, unsigned fbits,
    bool is_unsigned, enum fp_rounding rounding, uint32_t fpcr, uint32_t *fpsr);
/* FPConvert between formats; FPCR.AHP selects the alternative half format. */
uint64_t fp_convert(const struct fp_format *to, const struct fp_format *from, uint64_t a,
    enum fp_rounding rounding, uint32_t fpcr, uint32_t *fpsr);
/* FPToFixedJS: a double as JavaScript's ToInt32; *exact is the Z flag. */
uint32_t fp_to_fixed_js(uint64_t a, bool *exact, uint32_t fpcr, uint32_t *fpsr);

static inline uint64_t fp_sign_bit(const struct fp_format *f)
{
	return UINT64_C(1) << (f->width - 1);
}

/* VFPExpandImm: the eight-bit immediate aBbcdefgh of FMOV. */
uint64_t fp_expand_imm(const struct fp_format *f, unsigned imm8);

#include "cpu/fp/fast.h"

#endif
