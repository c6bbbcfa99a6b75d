#include "tests/fp/values.h"

#include "cpu/fp/fp.h"

static const struct fp_format *format(unsigned bits)
{
	return bits == 16 ? &fp_half : bits == 32 ? &fp_single : &fp_double;
}

/* Few ones, few zeros, or anything: rounding errors of all kinds, and none. */
static uint64_t fraction(struct random *r, unsigned bits)
{
	uint64_t any = random_next(r), mask = (UINT64_C(1) << bits) - 1;
	switch (random_below(r, 6)) {
	case 0: return 0;
	case 1: return mask;
	case 2: return mask & any << random_below(r, bits);
	case 3: return mask & ~(UINT64_C(1) << random_below(r, bits));
	case 4: return mask & ((UINT64_C(1) << random_below(r, bits)) + random_below(r, 3) - 1);
	default: return mask & any;
	}
}

static uint64_t exponent(struct random *r, const struct fp_format *f)
{
	unsigned max = (1u << f->exp_bits) - 1, bias = max / 2, span;
	switch (random_below(r, 8)) {
	case 0: return 0;
	case 1: return max;
	case 2: return 1 + random_below(r, 3);
	case 3: return max - 1 - random_below(r, 3);
	case 4: /* where products and quotients leave the range */
		span = 2u * f->frac_bits < bias ? 2u * f->frac_bits : bias;
		return random_below(r, 2) ? random_below(r, span) : max - random_below(r, span);
	case 5:
	case 6: /* the integers, and numbers that overlap in a sum */
		span = f->frac_bits + 14u < bias ? f->frac_bits + 14u : bias;
		return bias - span + random_below(r, 2 * span);
	default: return random_below(r, max + 1);
	}
}

uint64_t value_random(struct random *r, unsigned bits)
{
	const struct fp_format *f = format(bits);
	uint64_t sign = random_next(r) & 1;
	return sign << (bits - 1) | exponent(r, f) << f->frac_bits | fraction(r, f->frac_bits);
}

uint64_t value_near(struct random *r, unsigned bits, uint64_t near)
{
	const struct fp_format *f = format(bits);
	uint64_t v = near + random_below(r, 5) - 2;
	if (random_chance(r, 30))
		v += (uint64_t)random_below(r, 2 * f->frac_bits) << f->frac_bits;
	if (random_chance(r, 50))
		v ^= fp_sign_bit(f);
	return v & UINT64_MAX >> (64 - bits);
}

uint32_t fpcr_random(struct random *r)
{
	return random_chance(r, 50) ? 0 : (uint32_t)random_next(r) & FPCR_MASK;
}
