/* The routines that may use the host's arithmetic against the integer reference: equal results
 * and equal flags, over random operands and modes. */
#include <criterion/criterion.h>

#include "cpu/fp/fp.h"
#include "tests/fp/values.h"

#define TRIES 300000

typedef uint64_t operation_fn(
    uint64_t a, uint64_t b, uint64_t addend, uint32_t fpcr, uint32_t *fpsr);

struct operation {
	const char *name;
	unsigned bits;
	operation_fn *fast, *reference;
};

#define BINARY(op, width, type, format)                                             \
	static uint64_t fast##width##_##op(                                         \
	    uint64_t a, uint64_t b, uint64_t addend, uint32_t fpcr, uint32_t *fpsr) \
	{                                                                           \
		return fp##width##_##op((type)a, (type)b, fpcr, fpsr);              \
	}                                                                           \
	static uint64_t reference##width##_##op(                                    \
	    uint64_t a, uint64_t b, uint64_t addend, uint32_t fpcr, uint32_t *fpsr) \
	{                                                                           \
		return fp_##op(format, a, b, fpcr, fpsr);                           \
	}
#define OTHERS(width, type, format)                                                    \
	static uint64_t fast##width##_sqrt(                                            \
	    uint64_t a, uint64_t b, uint64_t addend, uint32_t fpcr, uint32_t *fpsr)    \
	{                                                                              \
		return fp##width##_sqrt((type)a, fpcr, fpsr);                          \
	}                                                                              \
	static uint64_t reference##width##_sqrt(                                       \
	    uint64_t a, uint64_t b, uint64_t addend, uint32_t fpcr, uint32_t *fpsr)    \
	{                                                                              \
		return fp_sqrt(format, a, fpcr, fpsr);                                 \
	}                                                                              \
	static uint64_t fast##width##_muladd(                                          \
	    uint64_t a, uint64_t b, uint64_t addend, uint32_t fpcr, uint32_t *fpsr)    \
	{                                                                              \
		return fp##width##_muladd((type)addend, (type)a, (type)b, fpcr, fpsr); \
	}                                                                              \
	static uint64_t reference##width##_muladd(                                     \
	    uint64_t a, uint64_t b, uint64_t addend, uint32_t fpcr, uint32_t *fpsr)    \
	{                                                                              \
		return fp_muladd(format, addend, a, b, fpcr, fpsr);                    \
	}                                                                              \
	static uint64_t fast##width##_compare(                                         \
	    uint64_t a, uint64_t b, uint64_t addend, uint32_t fpcr, uint32_t *fpsr)    \
	{                                                                              \
		return fp##width##_compare((type)a, (type)b, addend & 1, fpcr, fpsr);  \
	}                                                                              \
	static uint64_t reference##width##_compare(                                    \
	    uint64_t a, uint64_t b, uint64_t addend, uint32_t fpcr, uint32_t *fpsr)    \
	{                                                                              \
		return fp_compare(format, a, b, addend & 1, fpcr, fpsr);               \
	}

#define ALL(X, width, type, format)        \
	X(add, width, type, format)        \
	X(sub, width, type, format)        \
	X(mul, width, type, format)        \
	X(div, width, type, format)        \
	X(max, width, type, format)        \
	X(min, width, type, format)        \
	X(maxnum, width, type, format)     \
	X(minnum, width, type, format)     \
	X(compare_eq, width, type, format) \
	X(compare_ge, width, type, format) \
	X(compare_gt, width, type, format)

ALL(BINARY, 32, uint32_t, &fp_single)
ALL(BINARY, 64, uint64_t, &fp_double)
OTHERS(32, uint32_t, &fp_single)
OTHERS(64, uint64_t, &fp_double)

#define ROW(op, width, type, format) {#op, width, fast##width##_##op, reference##width##_##op},
static const struct operation operations[] = {
    ALL(ROW, 32, , ) ROW(sqrt, 32, , ) ROW(muladd, 32, , ) ROW(compare, 32, , ) /* */
    ALL(ROW, 64, , ) ROW(sqrt, 64, , ) ROW(muladd, 64, , ) ROW(compare, 64, , )};

static void check(const struct operation *o, uint64_t a, uint64_t b, uint64_t addend, uint32_t fpcr,
    uint32_t fpsr)
{
	uint32_t fast_fpsr = fpsr, reference_fpsr = fpsr;
	uint64_t fast = o->fast(a, b, addend, fpcr, &fast_fpsr);
	uint64_t reference = o->reference(a, b, addend, fpcr, &reference_fpsr);
	if (fast == reference && fast_fpsr == reference_fpsr)
		return;
	cr_assert(false,
	    "fp%u_%s(%llx, %llx, addend %llx) with fpcr %x, fpsr %x: %llx, fpsr %x, but the "
	    "reference %llx, fpsr %x",
	    o->bits, o->name, (unsigned long long)a, (unsigned long long)b,
	    (unsigned long long)addend, fpcr, fpsr, (unsigned long long)fast, fast_fpsr,
	    (unsigned long long)reference, reference_fpsr);
}

Test(fp_fast, equals_the_reference)
{
	for (unsigned n = 0; n < sizeof operations / sizeof operations[0]; n++) {
		const struct operation *o = &operations[n];
		struct random r = {n};
		for (unsigned try = 0; try < TRIES; try++) {
			uint64_t a = value_random(&r, o->bits);
			bool near = random_chance(&r, 30);
			uint64_t b = near ? value_near(&r, o->bits, a) : value_random(&r, o->bits);
			uint64_t addend =
			    near ? value_near(&r, o->bits, a) : value_random(&r, o->bits);
			uint32_t fpsr = random_chance(&r, 50) ? FPSR_IXC : 0;
			check(o, a, b, addend, fpcr_random(&r), fpsr);
		}
	}
}

/* Every result next to the smallest normal number, where tininess before and after rounding
 * differ, and next to overflow. */
Test(fp_fast, equals_the_reference_at_the_limits)
{
	struct random r = {1};
	for (unsigned try = 0; try < TRIES / 8; try++) {
		for (unsigned n = 0; n < sizeof operations / sizeof operations[0]; n++) {
			const struct operation *o = &operations[n];
			const struct fp_format *f = o->bits == 32 ? &fp_single : &fp_double;
			uint64_t edge = random_chance(&r, 70) ? 1 : (1u << f->exp_bits) - 2;
			uint64_t limit = value_near(&r, o->bits, edge << f->frac_bits);
			uint64_t a = value_random(&r, o->bits);
			uint32_t flags = 0;
			/* a * b and a / c come near to the limit. */
			uint64_t b = fp_div(f, limit, a, 0, &flags);
			uint64_t c = fp_div(f, a, limit, 0, &flags);
			uint32_t fpsr = random_chance(&r, 80) ? FPSR_IXC : 0;
			check(o, a, b, 0, 0, fpsr);
			check(o, a, b, value_near(&r, o->bits, 0), 0, fpsr);
			check(o, a, c, 0, 0, fpsr);
		}
	}
}
