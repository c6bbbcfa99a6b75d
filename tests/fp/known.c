/* Single results of the floating-point library that follow from the pseudocode of DDI 0487, J1.3
 * by hand: one for each rule that is easy to get wrong. */
#include <criterion/criterion.h>

#include "cpu/fp/fp.h"

#define RP (UINT32_C(1) << 22)
#define RM (UINT32_C(2) << 22)
#define RZ (UINT32_C(3) << 22)

struct known {
	const char *rule;
	uint64_t (*compute)(uint32_t fpcr, uint32_t *fpsr);
	uint32_t fpcr;
	uint64_t result;
	uint32_t fpsr;
};

#define COMPUTE(name, expression)                           \
	static uint64_t name(uint32_t fpcr, uint32_t *fpsr) \
	{                                                   \
		return expression;                          \
	}

COMPUTE(add_cancels, fp64_add(0x3ff0000000000000, 0xbff0000000000000, fpcr, fpsr))
COMPUTE(add_third, fp32_add(0x3f800000, 0x33000000, fpcr, fpsr))
COMPUTE(add_snan_second, fp32_add(0x7fc00001, 0x7f800002, fpcr, fpsr))
COMPUTE(add_infinities, fp16_add(0x7c00, 0xfc00, fpcr, fpsr))
/* (1 - 2^-24) * 2^-126 rounds up to the smallest normal number. */
COMPUTE(mul_to_min_normal, fp32_mul(0x3f7fffff, 0x00800000, fpcr, fpsr))
COMPUTE(mul_denormal_input, fp32_mul(0x00000001, 0x3f800000, fpcr, fpsr))
COMPUTE(mul_half_denormal, fp16_mul(0x0001, 0x3c00, fpcr, fpsr))
COMPUTE(mul_overflow, fp32_mul(0x7f7fffff, 0xc0000000, fpcr, fpsr))
COMPUTE(mulx_zero, fp_mulx(&fp_double, 0x8000000000000000, 0x7ff0000000000000, fpcr, fpsr))
COMPUTE(muladd_qnan_invalid, fp32_muladd(0x7fc12345, 0x7f800000, 0, fpcr, fpsr))
COMPUTE(muladd_snan_addend, fp32_muladd(0x7f812345, 0x7f800000, 0, fpcr, fpsr))
COMPUTE(muladd_h_snan_factor, fp_muladd_h(0x7fc12345, 0x7c01, 0x3c00, fpcr, fpsr))
COMPUTE(div_by_zero, fp64_div(0xbff0000000000000, 0, fpcr, fpsr))
COMPUTE(sqrt_minus_zero, fp16_sqrt(0x8000, fpcr, fpsr))
COMPUTE(sqrt_two, fp32_sqrt(0x40000000, fpcr, fpsr))
COMPUTE(max_zeros, fp32_max(0x80000000, 0x00000000, fpcr, fpsr))
COMPUTE(maxnum_qnan, fp64_maxnum(0x7ff8000000000001, 0xfff0000000000000, fpcr, fpsr))
COMPUTE(maxnum_snan, fp64_maxnum(0x7ff0000000000001, 0x3ff0000000000000, fpcr, fpsr))
COMPUTE(compare_qnan, fp32_compare(0x7fc00000, 0, false, fpcr, fpsr))
COMPUTE(compare_e_qnan, fp32_compare(0x7fc00000, 0, true, fpcr, fpsr))
COMPUTE(recip_overflow, fp_recip_estimate(&fp_single, 0x80100000, fpcr, fpsr))
COMPUTE(recip_one, fp_recip_estimate(&fp_single, 0x3f800000, fpcr, fpsr))
COMPUTE(recip_large, fp_recip_estimate(&fp_single, 0x7e800000, fpcr, fpsr))
COMPUTE(rsqrt_one, fp_rsqrt_estimate(&fp_half, 0x3c00, fpcr, fpsr))
COMPUTE(recpx_zero, fp_recpx(&fp_half, 0x8000, fpcr, fpsr))
COMPUTE(rsqrt_step_infinity, fp_rsqrt_step(&fp_half, 0, 0xfc00, fpcr, fpsr))
COMPUTE(to_ahp_infinity, fp_convert(&fp_half, &fp_single, 0xff800000, 0, fpcr, fpsr))
COMPUTE(to_ahp_nan, fp_convert(&fp_half, &fp_single, 0xffc00000, 0, fpcr, fpsr))
COMPUTE(to_half_65536, fp_convert(&fp_half, &fp_single, 0x47800000, 0, fpcr, fpsr))
COMPUTE(to_half_tiny, fp_convert(&fp_half, &fp_single, 0x33800000, 0, fpcr, fpsr))
COMPUTE(from_ahp, fp_convert(&fp_single, &fp_half, 0x7c00, 0, fpcr, fpsr))
COMPUTE(from_half_nan, fp_convert(&fp_double, &fp_half, 0xfd01, 0, fpcr, fpsr))
COMPUTE(to_odd, fp_convert(&fp_single, &fp_double, 0x3ff0000000000001, FPROUND_ODD, fpcr, fpsr))
COMPUTE(to_odd_overflow,
    fp_convert(&fp_single, &fp_double, 0x7fe0000000000000, FPROUND_ODD, fpcr, fpsr))
COMPUTE(round_tie_away, fp_round_int(&fp_half, 0xb800, FPROUND_TIEAWAY, false, fpcr, fpsr))
COMPUTE(round_tie_even, fp_round_int(&fp_half, 0xb800, FPROUND_TIEEVEN, true, fpcr, fpsr))
COMPUTE(round_32_limit, fp_round_int_n(&fp_single, 0x4f000000, FPROUND_ZERO, 32, fpcr, fpsr))
COMPUTE(round_32_lowest, fp_round_int_n(&fp_single, 0xcf000000, FPROUND_ZERO, 32, fpcr, fpsr))
COMPUTE(to_unsigned_negative,
    fp_to_fixed(&fp_single, 0xbf000000, 0, true, FPROUND_ZERO, 32, fpcr, fpsr))
COMPUTE(to_signed_saturates,
    fp_to_fixed(&fp_double, 0x41e0000000000000, 0, false, FPROUND_ZERO, 32, fpcr, fpsr))
COMPUTE(from_unsigned_all,
    fixed_to_fp(&fp_single, UINT64_MAX, 64, 64, true, fp_rounding_mode(fpcr), fpcr, fpsr))

static const struct known known[] = {
    {"x - x is +0", add_cancels, 0, 0, 0},
    {"x - x is -0 towards minus infinity", add_cancels, RM, 0x8000000000000000, 0},
    {"half an ulp is a tie", add_third, 0, 0x3f800000, FPSR_IXC},
    {"half an ulp rounds up", add_third, RP, 0x3f800001, FPSR_IXC},
    {"a signalling NaN goes first", add_snan_second, 0, 0x7fc00002, FPSR_IOC},
    {"the default NaN replaces any", add_snan_second, FPCR_DN, 0x7fc00000, FPSR_IOC},
    {"infinity - infinity", add_infinities, 0, 0x7e00, FPSR_IOC},
    {"tiny before rounding", mul_to_min_normal, 0, 0x00800000, FPSR_UFC | FPSR_IXC},
    {"flushed before rounding", mul_to_min_normal, FPCR_FZ, 0, FPSR_UFC},
    {"an exact denormal is no underflow", mul_denormal_input, 0, 1, 0},
    {"a flushed input", mul_denormal_input, FPCR_FZ, 0, FPSR_IDC},
    {"FZ is not for halves", mul_half_denormal, FPCR_FZ, 1, 0},
    {"FZ16 flushes inputs without a flag", mul_half_denormal, FPCR_FZ16, 0, 0},
    {"overflow to infinity", mul_overflow, 0, 0xff800000, FPSR_OFC | FPSR_IXC},
    {"overflow to the largest", mul_overflow, RP, 0xff7fffff, FPSR_OFC | FPSR_IXC},
    {"FMULX of zero and infinity", mulx_zero, 0, 0xc000000000000000, 0},
    {"a quiet addend of an invalid product", muladd_qnan_invalid, 0, 0x7fc00000, FPSR_IOC},
    {"a signalling addend of one", muladd_snan_addend, 0, 0x7fc12345, FPSR_IOC},
    {"a signalling half as a single", muladd_h_snan_factor, 0, 0x7fc02000, FPSR_IOC},
    {"division by zero", div_by_zero, 0, 0xfff0000000000000, FPSR_DZC},
    {"the root of -0", sqrt_minus_zero, 0, 0x8000, 0},
    {"the root of 2", sqrt_two, 0, 0x3fb504f3, FPSR_IXC},
    {"+0 is larger than -0", max_zeros, 0, 0, 0},
    {"a quiet NaN is no number", maxnum_qnan, 0, 0xfff0000000000000, 0},
    {"a signalling NaN still is one", maxnum_snan, 0, 0x7ff8000000000001, FPSR_IOC},
    {"FCMP of a quiet NaN", compare_qnan, 0, 3, 0},
    {"FCMPE of a quiet NaN", compare_e_qnan, 0, 3, FPSR_IOC},
    {"the estimate overflows", recip_overflow, RZ, 0xff7fffff, FPSR_OFC | FPSR_IXC},
    {"the estimate of 1", recip_one, 0, 0x3f7f8000, 0},
    {"the estimate is denormal", recip_large, 0, 0x007fc000, 0},
    {"the estimate is flushed", recip_large, FPCR_FZ, 0, FPSR_UFC},
    {"the root's estimate of 1", rsqrt_one, 0, 0x3bfc, 0},
    {"FRECPX of -0", recpx_zero, 0, 0xf800, 0},
    {"FRSQRTS of zero and infinity", rsqrt_step_infinity, 0, 0x3e00, 0},
    {"AHP has no infinity", to_ahp_infinity, FPCR_AHP, 0xffff, FPSR_IOC},
    {"AHP has no NaN", to_ahp_nan, FPCR_AHP, 0x8000, FPSR_IOC},
    {"65536 overflows a half", to_half_65536, 0, 0x7c00, FPSR_OFC | FPSR_IXC},
    {"65536 fits AHP", to_half_65536, FPCR_AHP, 0x7c00, 0},
    {"and back", from_ahp, FPCR_AHP, 0x47800000, 0},
    {"conversions ignore FZ16", to_half_tiny, FPCR_FZ16, 1, 0},
    {"a NaN's payload is kept at the top", from_half_nan, 0, 0xfffc040000000000, FPSR_IOC},
    {"round to odd", to_odd, 0, 0x3f800001, FPSR_IXC},
    {"round to odd does not reach infinity", to_odd_overflow, 0, 0x7f7fffff, FPSR_OFC | FPSR_IXC},
    {"-0.5 away", round_tie_away, 0, 0xbc00, 0},
    {"-0.5 to even, reported", round_tie_even, 0, 0x8000, FPSR_IXC},
    {"2^31 is too large", round_32_limit, 0, 0xcf000000, FPSR_IOC},
    {"-2^31 is not", round_32_lowest, 0, 0xcf000000, 0},
    {"-0.5 as unsigned", to_unsigned_negative, 0, 0, FPSR_IXC},
    {"2^31 as signed", to_signed_saturates, 0, 0x7fffffff, FPSR_IOC},
    {"almost 1 rounds to it", from_unsigned_all, 0, 0x3f800000, FPSR_IXC},
    {"almost 1 rounds down", from_unsigned_all, RZ, 0x3f7fffff, FPSR_IXC},
};

Test(fp_known, results_and_flags)
{
	for (unsigned n = 0; n < sizeof known / sizeof known[0]; n++) {
		const struct known *k = &known[n];
		uint32_t fpsr = 0;
		uint64_t result = k->compute(k->fpcr, &fpsr);
		cr_expect(result == k->result && fpsr == k->fpsr,
		    "%s: %llx with fpsr %x, expected %llx with fpsr %x", k->rule,
		    (unsigned long long)result, fpsr, (unsigned long long)k->result, k->fpsr);
	}
}

Test(fp_known, javascript_conversion)
{
	static const struct {
		uint64_t value;
		uint32_t result;
		bool exact;
	} cases[] = {
	    {0x3ff0000000000000, 1, true},                     /* 1 */
	    {0x8000000000000000, 0, false},                    /* -0 */
	    {0x3ff8000000000000, 1, false},                    /* 1.5 */
	    {0xc1f0000000100000, UINT32_C(-1), false},         /* -(2^32 + 1) */
	    {0x41e0000000000000, UINT32_C(0x80000000), false}, /* 2^31 */
	    {0xc1e0000000000000, UINT32_C(0x80000000), true},  /* -2^31 */
	    {0x4500000000000001, UINT32_C(0x20000000), false}, /* 2^81 + 2^29 */
	};
	for (unsigned n = 0; n < sizeof cases / sizeof cases[0]; n++) {
		uint32_t fpsr = 0;
		bool exact;
		uint32_t result = fp_to_fixed_js(cases[n].value, &exact, 0, &fpsr);
		cr_expect(result == cases[n].result && exact == cases[n].exact,
		    "%llx: %x, exact %d", (unsigned long long)cases[n].value, result, exact);
	}
}
