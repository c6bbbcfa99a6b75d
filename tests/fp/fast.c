/* The routines that may use the host's arithmetic against the integer reference: equal results
 * and equal flags, over random operands and modes. */
#include <criterion/criterion.h>

#include "cpu/fp/fp.h"
#include "cpu/fp/vector.h"
#include "tests/fp/values.h"

#define TRIES 300000

typedef uint64_t operation_fn(
    uint64_t a, uint64_t b, uint64_t addend, uint32_t fpcr, uint32_t *fpsr);

struct operation {
	const char *name;
	unsigned bits;
	operation_fn *fast, *reference;
};

#define ROUTINE(name, expression)                                                   \
	static uint64_t name(                                                       \
	    uint64_t a, uint64_t b, uint64_t addend, uint32_t fpcr, uint32_t *fpsr) \
	{                                                                           \
		return expression;                                                  \
	}
#define BINARY(op, width, type, format)                                             \
	ROUTINE(fast##width##_##op, fp##width##_##op((type)a, (type)b, fpcr, fpsr)) \
	ROUTINE(reference##width##_##op, fp_##op(format, a, b, fpcr, fpsr))
#define ALL(X, width, type, format)        \
	X(add, width, type, format)        \
	X(sub, width, type, format)        \
	X(mul, width, type, format)        \
	X(mulx, width, type, format)       \
	X(div, width, type, format)        \
	X(max, width, type, format)        \
	X(min, width, type, format)        \
	X(maxnum, width, type, format)     \
	X(minnum, width, type, format)     \
	X(recip_step, width, type, format) \
	X(rsqrt_step, width, type, format) \
	X(compare_eq, width, type, format) \
	X(compare_ge, width, type, format) \
	X(compare_gt, width, type, format)

/* Operations with arguments of their own take them from bits of the addend, which has some above
 * its 32 for singles. */
#define FLAG      (addend >> 40 & 1)
#define SIZE      (addend >> 41 & 1 ? 64 : 32)
#define ROUNDING  ((enum fp_rounding)(addend % 5))
#define INTEGER   ((b << 32 ^ a) >> (addend >> 8 & 63))
#define FPCR_MODE fp_rounding_mode(fpcr)

#define OTHERS(width, type, format)                                                                \
	ROUTINE(fast##width##_sqrt, fp##width##_sqrt((type)a, fpcr, fpsr))                         \
	ROUTINE(reference##width##_sqrt, fp_sqrt(format, a, fpcr, fpsr))                           \
	ROUTINE(                                                                                   \
	    fast##width##_muladd, fp##width##_muladd((type)addend, (type)a, (type)b, fpcr, fpsr))  \
	ROUTINE(reference##width##_muladd, fp_muladd(format, (type)addend, a, b, fpcr, fpsr))      \
	ROUTINE(fast##width##_compare, fp##width##_compare((type)a, (type)b, FLAG, fpcr, fpsr))    \
	ROUTINE(reference##width##_compare, fp_compare(format, a, b, FLAG, fpcr, fpsr))            \
	ROUTINE(                                                                                   \
	    fast##width##_round_int, fp##width##_round_int((type)a, ROUNDING, FLAG, fpcr, fpsr))   \
	ROUTINE(reference##width##_round_int, fp_round_int(format, a, ROUNDING, FLAG, fpcr, fpsr)) \
	ROUTINE(                                                                                   \
	    fast##width##_to_int, fp##width##_to_int((type)a, FLAG, ROUNDING, SIZE, fpcr, fpsr))   \
	ROUTINE(reference##width##_to_int,                                                         \
	    fp_to_fixed(format, a, 0, FLAG, ROUNDING, SIZE, fpcr, fpsr))                           \
	ROUTINE(fast##width##_from_int, fp##width##_from_int(INTEGER, SIZE, FLAG, fpcr, fpsr))     \
	ROUTINE(reference##width##_from_int,                                                       \
	    fixed_to_fp(format, INTEGER, SIZE, 0, FLAG, FPCR_MODE, fpcr, fpsr))

#define OTHER_FORMAT(width) (width == 32 ? &fp_double : &fp_single)
#define CONVERSION(width, format)                                                               \
	ROUTINE(                                                                                \
	    fast##width##_convert, fp_fast_convert(OTHER_FORMAT(width), format, a, fpcr, fpsr)) \
	ROUTINE(reference##width##_convert,                                                     \
	    fp_convert(OTHER_FORMAT(width), format, a, FPCR_MODE, fpcr, fpsr))

ALL(BINARY, 32, uint32_t, &fp_single)
ALL(BINARY, 64, uint64_t, &fp_double)
OTHERS(32, uint32_t, &fp_single)
OTHERS(64, uint64_t, &fp_double)
CONVERSION(32, &fp_single)
CONVERSION(64, &fp_double)

#define ROW(op, width, type, format) {#op, width, fast##width##_##op, reference##width##_##op},
#define ROWS(width)               \
	ALL(ROW, width, , )       \
	ROW(sqrt, width, , )      \
	ROW(muladd, width, , )    \
	ROW(compare, width, , )   \
	ROW(round_int, width, , ) \
	ROW(to_int, width, , )    \
	ROW(from_int, width, , )  \
	ROW(convert, width, , )
static const struct operation operations[] = {ROWS(32) ROWS(64)};

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
			uint64_t arguments = o->bits == 32 ? random_next(&r) << 32 : 0;
			uint32_t fpsr = random_chance(&r, 50) ? FPSR_IXC : 0;
			check(o, a, b, addend | arguments, fpcr_random(&r), fpsr);
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

/* Whole vectors: where the host's result is taken, every lane and no flag. */

#define MASK(name, relation, width, type, format) \
	ROUTINE(reference##width##_##name,        \
	    (type) - (type)fp_compare_##relation(format, a, b, fpcr, fpsr))
#define MASKS(width, type, format)          \
	MASK(cmeq, eq, width, type, format) \
	MASK(cmge, ge, width, type, format) \
	MASK(cmgt, gt, width, type, format)
MASKS(32, uint32_t, &fp_single)
MASKS(64, uint64_t, &fp_double)

#define VECTOR(op, width, vector) {#op, width, vector##_##op, reference##width##_##op},
#define VECTORS(width, vector)        \
	VECTOR(add, width, vector)    \
	VECTOR(sub, width, vector)    \
	VECTOR(mul, width, vector)    \
	VECTOR(div, width, vector)    \
	VECTOR(max, width, vector)    \
	VECTOR(min, width, vector)    \
	VECTOR(maxnum, width, vector) \
	VECTOR(minnum, width, vector) \
	VECTOR(cmeq, width, vector)   \
	VECTOR(cmge, width, vector)   \
	VECTOR(cmgt, width, vector)
static const struct {
	const char *name;
	unsigned bits;
	fp_vector_fn *fast;
	operation_fn *reference;
} vectors[] = {VECTORS(32, fp32x4) VECTORS(64, fp64x2)};

static uint64_t get_lane(const uint64_t v[2], unsigned bits, unsigned e)
{
	return v[e * bits / 64] >> e * bits % 64 & UINT64_MAX >> (64 - bits);
}

static void random_vector(struct random *r, unsigned bits, uint64_t v[2])
{
	v[0] = v[1] = 0;
	for (unsigned at = 0; at < 128; at += bits) {
		uint64_t middle = bits == 32 ? 0x3f800000 : 0x3ff0000000000000;
		uint64_t lane =
		    random_chance(r, 80) ? value_near(r, bits, middle) : value_random(r, bits);
		v[at / 64] |= lane << at % 64;
	}
}

Test(fp_fast, vectors_equal_the_reference)
{
	for (unsigned n = 0; n < sizeof vectors / sizeof vectors[0]; n++) {
		unsigned bits = vectors[n].bits, taken = 0;
		struct random r = {n};
		for (unsigned try = 0; try < TRIES; try++) {
			uint64_t a[2], b[2], d[2];
			random_vector(&r, bits, a);
			random_vector(&r, bits, b);
			if (!vectors[n].fast(d, a, b))
				continue;
			taken++;
			for (unsigned e = 0; e < 128 / bits; e++) {
				uint32_t fpsr = FPSR_IXC;
				uint64_t x = get_lane(a, bits, e), y = get_lane(b, bits, e);
				uint64_t want = vectors[n].reference(x, y, 0, 0, &fpsr);
				if (want == get_lane(d, bits, e) && fpsr == FPSR_IXC)
					continue;
				cr_assert(false, "%s of %llx, %llx: %llx, expected %llx, fpsr %x",
				    vectors[n].name, (unsigned long long)x, (unsigned long long)y,
				    (unsigned long long)get_lane(d, bits, e),
				    (unsigned long long)want, fpsr);
			}
		}
		cr_expect(taken > TRIES / 20, "%s: the host's result was taken %u times",
		    vectors[n].name, taken);
	}
}
