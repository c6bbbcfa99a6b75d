/* Add, multiply, divide, square root, minimum and maximum, comparison: DDI 0487, J1.3. */
#include "cpu/fp/core.h"

typedef unsigned __int128 u128;

/* sig * 2^(exp - 127), bit 127 of sig set; zero has sig 0 and the exponent of fp_value's zero. */
struct wide {
	bool sign;
	int exp;
	u128 sig;
};

static struct wide widen(struct fp_value v)
{
	return (struct wide){v.sign, v.exp, (u128)v.sig << 64};
}

/* The exact product of two finite values. */
static struct wide product(struct fp_value a, struct fp_value b)
{
	struct wide p = {a.sign ^ b.sign, a.exp + b.exp + 1, (u128)a.sig * b.sig};
	if (p.sig == 0) {
		p.exp = -FP_EXP_LIMIT;
	} else if (!(p.sig >> 127)) {
		p.sig <<= 1;
		p.exp--;
	}
	return p;
}

static u128 shift_right_jam128(u128 v, unsigned n)
{
	if (n >= 128)
		return v != 0;
	return n == 0 ? v : v >> n | (v << (128 - n) != 0);
}

/* 2^scale * (a + b), rounded.  No format has more than 53 bits of significand, so the low 22 bits
 * of both operands are zero and one may be shifted right by a place without loss. */
static uint64_t round_sum(const struct fp_format *f, struct wide a, struct wide b, int scale,
    uint32_t fpcr, uint32_t *fpsr)
{
	enum fp_rounding rounding = fp_rounding_mode(fpcr);
	if (a.exp < b.exp) {
		struct wide t = a;
		a = b;
		b = t;
	}
	u128 x = a.sig >> 1, y = shift_right_jam128(b.sig >> 1, (unsigned)(a.exp - b.exp)), sum;
	bool sign = a.sign;
	if (a.sign == b.sign) {
		sum = x + y;
	} else if (x >= y) {
		sum = x - y;
	} else {
		sum = y - x;
		sign = b.sign;
	}
	if (sum == 0)
		return fp_zero(f, a.sign == b.sign ? a.sign : rounding == FPROUND_NEGINF);
	uint64_t high = (uint64_t)(sum >> 64);
	int shift = high ? __builtin_clzll(high) : 64 + __builtin_clzll((uint64_t)sum);
	sum <<= shift;
	return fp_round(f, sign, a.exp + 1 - shift + scale,
	    (uint64_t)(sum >> 64) | ((uint64_t)sum != 0), rounding, fpcr, fpsr);
}

/* FPAdd, or FPSub where `flip` inverts the second operand's sign after NaNs are dealt with. */
static uint64_t add(const struct fp_format *f, uint64_t abits, uint64_t bbits, bool flip,
    uint32_t fpcr, uint32_t *fpsr)
{
	struct fp_value a = fp_unpack(f, abits, fpcr, fpsr), b = fp_unpack(f, bbits, fpcr, fpsr);
	uint64_t result;
	if (fp_process_nans(f, a, b, abits, bbits, fpcr, fpsr, &result))
		return result;
	b.sign ^= flip;
	if (a.type == FPTYPE_INFINITY || b.type == FPTYPE_INFINITY) {
		if (a.type == b.type && a.sign != b.sign)
			return fp_invalid(f, fpsr);
		return fp_infinity(f, a.type == FPTYPE_INFINITY ? a.sign : b.sign);
	}
	return round_sum(f, widen(a), widen(b), 0, fpcr, fpsr);
}

uint64_t fp_add(const struct fp_format *f, uint64_t a, uint64_t b, uint32_t fpcr, uint32_t *fpsr)
{
	return add(f, a, b, false, fpcr, fpsr);
}

uint64_t fp_sub(const struct fp_format *f, uint64_t a, uint64_t b, uint32_t fpcr, uint32_t *fpsr)
{
	return add(f, a, b, true, fpcr, fpsr);
}

/* infinity * 0 */
static bool is_infinity_times_zero(struct fp_value a, struct fp_value b)
{
	return (a.type == FPTYPE_INFINITY && b.type == FPTYPE_ZERO) ||
	       (a.type == FPTYPE_ZERO && b.type == FPTYPE_INFINITY);
}

/* FPMul and FPMulX, which makes 2 of infinity * 0. */
static uint64_t mul(const struct fp_format *f, uint64_t abits, uint64_t bbits, bool extended,
    uint32_t fpcr, uint32_t *fpsr)
{
	struct fp_value a = fp_unpack(f, abits, fpcr, fpsr), b = fp_unpack(f, bbits, fpcr, fpsr);
	uint64_t result;
	if (fp_process_nans(f, a, b, abits, bbits, fpcr, fpsr, &result))
		return result;
	bool sign = a.sign ^ b.sign;
	if (is_infinity_times_zero(a, b))
		return extended ? fp_from_integer(f, sign, 2) : fp_invalid(f, fpsr);
	if (a.type == FPTYPE_INFINITY || b.type == FPTYPE_INFINITY)
		return fp_infinity(f, sign);
	if (a.type == FPTYPE_ZERO || b.type == FPTYPE_ZERO)
		return fp_zero(f, sign);
	struct wide p = product(a, b);
	return fp_round(f, sign, p.exp, (uint64_t)(p.sig >> 64) | ((uint64_t)p.sig != 0),
	    fp_rounding_mode(fpcr), fpcr, fpsr);
}

uint64_t fp_mul(const struct fp_format *f, uint64_t a, uint64_t b, uint32_t fpcr, uint32_t *fpsr)
{
	return mul(f, a, b, false, fpcr, fpsr);
}

uint64_t fp_mulx(const struct fp_format *f, uint64_t a, uint64_t b, uint32_t fpcr, uint32_t *fpsr)
{
	return mul(f, a, b, true, fpcr, fpsr);
}

/* The part that FPMulAdd and FPMulAddH share, after NaNs: `f` is the format of the result. */
static uint64_t muladd(const struct fp_format *f, struct fp_value addend, struct fp_value a,
    struct fp_value b, uint32_t fpcr, uint32_t *fpsr)
{
	bool sign = a.sign ^ b.sign;
	bool infinite = a.type == FPTYPE_INFINITY || b.type == FPTYPE_INFINITY;
	bool infinite_addend = addend.type == FPTYPE_INFINITY;
	if (is_infinity_times_zero(a, b) || (infinite && infinite_addend && sign != addend.sign))
		return fp_invalid(f, fpsr);
	if (infinite || infinite_addend)
		return fp_infinity(f, infinite ? sign : addend.sign);
	return round_sum(f, widen(addend), product(a, b), 0, fpcr, fpsr);
}

/* FPProcessNaNs3 and FPProcessNaNs3H for operands at least one of which is a NaN.  The formats
 * of addend and result are `f`, that of the factors is `g`. */
static uint64_t muladd_nan(const struct fp_format *f, const struct fp_format *g,
    const struct fp_value v[3], const uint64_t bits[3], uint32_t fpcr, uint32_t *fpsr)
{
	/* inf * 0 + qNaN is invalid as well; a signalling addend wins over that. */
	if (v[0].type == FPTYPE_QNAN && is_infinity_times_zero(v[1], v[2]))
		return fp_invalid(f, fpsr);
	for (enum fp_type type = FPTYPE_SNAN; type >= FPTYPE_QNAN; type--) {
		for (unsigned n = 0; n < 3; n++) {
			if (v[n].type != type)
				continue;
			const struct fp_format *from = n == 0 ? f : g;
			uint64_t nan = fp_process_nan(from, type, bits[n], fpcr, fpsr);
			return fp_convert_nan(f, from, nan);
		}
	}
	return fp_default_nan(f);
}

uint64_t fp_muladd(const struct fp_format *f, uint64_t addend, uint64_t a, uint64_t b,
    uint32_t fpcr, uint32_t *fpsr)
{
	const uint64_t bits[3] = {addend, a, b};
	struct fp_value v[3];
	for (unsigned n = 0; n < 3; n++)
		v[n] = fp_unpack(f, bits[n], fpcr, fpsr);
	if (fp_is_nan(v[0]) || fp_is_nan(v[1]) || fp_is_nan(v[2]))
		return muladd_nan(f, f, v, bits, fpcr, fpsr);
	return muladd(f, v[0], v[1], v[2], fpcr, fpsr);
}

uint32_t fp_muladd_h(uint32_t addend, uint16_t a, uint16_t b, uint32_t fpcr, uint32_t *fpsr)
{
	const uint64_t bits[3] = {addend, a, b};
	struct fp_value v[3];
	for (unsigned n = 0; n < 3; n++)
		v[n] = fp_unpack(n == 0 ? &fp_single : &fp_half, bits[n], fpcr, fpsr);
	if (fp_is_nan(v[0]) || fp_is_nan(v[1]) || fp_is_nan(v[2]))
		return (uint32_t)muladd_nan(&fp_single, &fp_half, v, bits, fpcr, fpsr);
	return (uint32_t)muladd(&fp_single, v[0], v[1], v[2], fpcr, fpsr);
}

/* The Newton steps: (constant - a * b) * 2^scale, where infinity * 0 counts as 0. */
static uint64_t step(const struct fp_format *f, uint64_t abits, uint64_t bbits, unsigned constant,
    int scale, uint32_t fpcr, uint32_t *fpsr)
{
	abits ^= fp_sign_bit(f);
	struct fp_value a = fp_unpack(f, abits, fpcr, fpsr), b = fp_unpack(f, bbits, fpcr, fpsr);
	uint64_t result;
	if (fp_process_nans(f, a, b, abits, bbits, fpcr, fpsr, &result))
		return result;
	struct fp_value k = fp_unpack(f, fp_from_integer(f, false, constant), 0, fpsr);
	if (is_infinity_times_zero(a, b)) {
		struct wide zero = {false, -FP_EXP_LIMIT, 0};
		return round_sum(f, widen(k), zero, scale, fpcr, fpsr);
	}
	if (a.type == FPTYPE_INFINITY || b.type == FPTYPE_INFINITY)
		return fp_infinity(f, a.sign ^ b.sign);
	return round_sum(f, widen(k), product(a, b), scale, fpcr, fpsr);
}

uint64_t fp_recip_step(
    const struct fp_format *f, uint64_t a, uint64_t b, uint32_t fpcr, uint32_t *fpsr)
{
	return step(f, a, b, 2, 0, fpcr, fpsr);
}

uint64_t fp_rsqrt_step(
    const struct fp_format *f, uint64_t a, uint64_t b, uint32_t fpcr, uint32_t *fpsr)
{
	return step(f, a, b, 3, -1, fpcr, fpsr);
}

uint64_t fp_div(
    const struct fp_format *f, uint64_t abits, uint64_t bbits, uint32_t fpcr, uint32_t *fpsr)
{
	struct fp_value a = fp_unpack(f, abits, fpcr, fpsr), b = fp_unpack(f, bbits, fpcr, fpsr);
	uint64_t result;
	if (fp_process_nans(f, a, b, abits, bbits, fpcr, fpsr, &result))
		return result;
	bool sign = a.sign ^ b.sign;
	if (a.type == b.type && a.type != FPTYPE_NONZERO)
		return fp_invalid(f, fpsr); /* inf / inf, 0 / 0 */
	if (a.type == FPTYPE_INFINITY)
		return fp_infinity(f, sign);
	if (b.type == FPTYPE_ZERO) {
		*fpsr |= FPSR_DZC;
		return fp_infinity(f, sign);
	}
	if (a.type == FPTYPE_ZERO || b.type == FPTYPE_INFINITY)
		return fp_zero(f, sign);
	/* Both significands lie in [2^63, 2^64): the quotient of their ratio and 2^63 in
	 * (2^62, 2^64). */
	u128 dividend = (u128)a.sig << 63;
	uint64_t quotient = (uint64_t)(dividend / b.sig);
	bool inexact = (u128)quotient * b.sig != dividend;
	int exp = a.exp - b.exp;
	if (!(quotient >> 63)) {
		quotient <<= 1;
		exp--;
	}
	return fp_round(f, sign, exp, quotient | inexact, fp_rounding_mode(fpcr), fpcr, fpsr);
}

/* The integer square root of v >= 2^126, which has 64 bits; *exact if v is its square. */
static uint64_t integer_sqrt(u128 v, bool *exact)
{
	u128 rest = v, root = 0;
	for (u128 bit = (u128)1 << 126; bit != 0; bit >>= 2) {
		u128 trial = root + bit;
		root >>= 1;
		if (rest >= trial) {
			rest -= trial;
			root += bit;
		}
	}
	*exact = rest == 0;
	return (uint64_t)root;
}

uint64_t fp_sqrt(const struct fp_format *f, uint64_t abits, uint32_t fpcr, uint32_t *fpsr)
{
	struct fp_value a = fp_unpack(f, abits, fpcr, fpsr);
	if (fp_is_nan(a))
		return fp_process_nan(f, a.type, abits, fpcr, fpsr);
	if (a.type == FPTYPE_ZERO)
		return fp_zero(f, a.sign);
	if (a.sign)
		return fp_invalid(f, fpsr);
	if (a.type == FPTYPE_INFINITY)
		return fp_infinity(f, false);
	/* The exponent is made even; sqrt(sig * 2^63) keeps 64 bits and the binary point at 63. */
	int odd = a.exp & 1;
	bool exact;
	uint64_t root = integer_sqrt((u128)a.sig << (63 + odd), &exact);
	return fp_round(
	    f, false, (a.exp - odd) / 2, root | !exact, fp_rounding_mode(fpcr), fpcr, fpsr);
}

/* Negative, zero or positive as a < b, a = b, a > b; neither is a NaN. */
static int order(struct fp_value a, struct fp_value b)
{
	if (a.type == FPTYPE_ZERO && b.type == FPTYPE_ZERO)
		return 0;
	if (a.sign != b.sign)
		return a.sign ? -1 : 1;
	int magnitude =
	    a.exp != b.exp ? (a.exp > b.exp) - (a.exp < b.exp) : (a.sig > b.sig) - (a.sig < b.sig);
	return a.sign ? -magnitude : magnitude;
}

/* FPMax or FPMin. */
static uint64_t extreme(const struct fp_format *f, uint64_t abits, uint64_t bbits, bool maximum,
    uint32_t fpcr, uint32_t *fpsr)
{
	struct fp_value a = fp_unpack(f, abits, fpcr, fpsr), b = fp_unpack(f, bbits, fpcr, fpsr);
	uint64_t result;
	if (fp_process_nans(f, a, b, abits, bbits, fpcr, fpsr, &result))
		return result;
	int o = order(a, b);
	bool first = maximum ? o > 0 : o < 0;
	struct fp_value v = first ? a : b;
	if (v.type == FPTYPE_ZERO)
		return fp_zero(f, maximum ? a.sign & b.sign : a.sign | b.sign);
	return first ? abits : bbits;
}

uint64_t fp_max(const struct fp_format *f, uint64_t a, uint64_t b, uint32_t fpcr, uint32_t *fpsr)
{
	return extreme(f, a, b, true, fpcr, fpsr);
}

uint64_t fp_min(const struct fp_format *f, uint64_t a, uint64_t b, uint32_t fpcr, uint32_t *fpsr)
{
	return extreme(f, a, b, false, fpcr, fpsr);
}

/* FPMaxNum, FPMinNum: a single quiet NaN counts as the infinity that never wins. */
static uint64_t extreme_number(const struct fp_format *f, uint64_t abits, uint64_t bbits,
    bool maximum, uint32_t fpcr, uint32_t *fpsr)
{
	struct fp_value a = fp_unpack(f, abits, fpcr, fpsr), b = fp_unpack(f, bbits, fpcr, fpsr);
	if (a.type == FPTYPE_QNAN && b.type != FPTYPE_QNAN)
		abits = fp_infinity(f, maximum);
	else if (a.type != FPTYPE_QNAN && b.type == FPTYPE_QNAN)
		bbits = fp_infinity(f, maximum);
	return extreme(f, abits, bbits, maximum, fpcr, fpsr);
}

uint64_t fp_maxnum(const struct fp_format *f, uint64_t a, uint64_t b, uint32_t fpcr, uint32_t *fpsr)
{
	return extreme_number(f, a, b, true, fpcr, fpsr);
}

uint64_t fp_minnum(const struct fp_format *f, uint64_t a, uint64_t b, uint32_t fpcr, uint32_t *fpsr)
{
	return extreme_number(f, a, b, false, fpcr, fpsr);
}

unsigned fp_compare(const struct fp_format *f, uint64_t abits, uint64_t bbits, bool signal_nans,
    uint32_t fpcr, uint32_t *fpsr)
{
	struct fp_value a = fp_unpack(f, abits, fpcr, fpsr), b = fp_unpack(f, bbits, fpcr, fpsr);
	if (fp_is_nan(a) || fp_is_nan(b)) {
		if (a.type == FPTYPE_SNAN || b.type == FPTYPE_SNAN || signal_nans)
			*fpsr |= FPSR_IOC;
		return 3;
	}
	int o = order(a, b);
	return o == 0 ? 6 : o < 0 ? 8 : 2;
}

bool fp_compare_eq(const struct fp_format *f, uint64_t a, uint64_t b, uint32_t fpcr, uint32_t *fpsr)
{
	return fp_compare(f, a, b, false, fpcr, fpsr) == 6;
}

bool fp_compare_ge(const struct fp_format *f, uint64_t a, uint64_t b, uint32_t fpcr, uint32_t *fpsr)
{
	unsigned nzcv = fp_compare(f, a, b, true, fpcr, fpsr);
	return nzcv == 6 || nzcv == 2;
}

bool fp_compare_gt(const struct fp_format *f, uint64_t a, uint64_t b, uint32_t fpcr, uint32_t *fpsr)
{
	return fp_compare(f, a, b, true, fpcr, fpsr) == 2;
}
