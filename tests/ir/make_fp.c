/* Floating point in the blocks of differential.c.
 *
 * The architecture that slow() stands for computes as C does, but for two things, so that a host
 * that should have asked and has not is found out: every NaN comes out as one that no host makes,
 * and a product or quotient that is the smallest normal number leaves a mark in fp_status. */
#include <fenv.h>
#include <math.h>
#include <string.h>

#include "tests/ir/make.h"

struct fp_op {
	enum ir_op op;
	enum ir_type type;
	unsigned info;
	unsigned fraction;   /* of FTOI */
	uint32_t a, b, c, d; /* slots: operands, destination */
};

/* Operations of the blocks that exist at a time. */
#define OPS 4096
static struct fp_op ops[OPS];
static unsigned op_count;

#define NAN32 UINT32_C(0x7fd1d2d3)
#define NAN64 UINT64_C(0x7ffad1d2d3d4d5d6)
#define MARK  (1u << 20)

/* --- slow(): one lane --- */

static bool may_be_tiny(enum ir_op op)
{
	return op == IR_FMUL || op == IR_FDIV || op == IR_FMADD;
}

/* -0 is below +0. */
#define LEAST(x, y) ((x) < (y) || ((x) == (y) && signbit(x)) ? (x) : (y))

/* NaNs are dealt with, so comparisons do not raise exceptions of their own. */
#define COMPUTE(type, root, fused, absolute)                                            \
	static type compute_##type(const struct fp_op *o, type a, type b, type c)       \
	{                                                                               \
		volatile type x = a, y = b, z = c;                                      \
		switch (o->op) {                                                        \
		case IR_FADD: return x + y;                                             \
		case IR_FSUB: return o->info & IR_F_ABSOLUTE ? absolute(x - y) : x - y; \
		case IR_FMUL: return o->info & IR_F_NEGATE ? -(x * y) : x * y;          \
		case IR_FDIV: return x / y;                                             \
		case IR_FSQRT: return root(x);                                          \
		case IR_FMADD:                                                          \
			return fused(o->info & IR_F_NEGATE ? -x : x, y,                 \
			    o->info & IR_F_NEGATE_ADDEND ? -z : z);                     \
		case IR_FMIN: return isnan(x) || isnan(y) ? x + y : LEAST(x, y);        \
		default: return isnan(x) || isnan(y) ? x + y : -LEAST(-x, -y);          \
		}                                                                       \
	}
COMPUTE(float, sqrtf, fmaf, fabsf)
COMPUTE(double, sqrt, fma, fabs)

static uint32_t lane_single(const struct fp_op *o, uint32_t *status, const uint32_t v[3])
{
	float x[3], r;
	uint32_t bits;
	memcpy(x, v, sizeof x);
	r = compute_float(o, x[0], x[1], x[2]);
	memcpy(&bits, &r, sizeof bits);
	if (may_be_tiny(o->op) && bits << 1 == 0x01000000)
		*status |= MARK;
	return r != r ? NAN32 : bits;
}

static uint64_t lane_double(const struct fp_op *o, uint32_t *status, const uint64_t v[3])
{
	double x[3], r;
	uint64_t bits;
	memcpy(x, v, sizeof x);
	r = compute_double(o, x[0], x[1], x[2]);
	memcpy(&bits, &r, sizeof bits);
	if (may_be_tiny(o->op) && bits << 1 == UINT64_C(1) << 53)
		*status |= MARK;
	return r != r ? NAN64 : bits;
}

/* --- slow(): whole operations --- */

static void load_operand(const struct guest *g, uint32_t slot, uint64_t v[2])
{
	v[0] = v[1] = 0;
	if (slot)
		memcpy(v, (const uint8_t *)g + slot, 16);
}

static void arithmetic(struct guest *g, const struct fp_op *o, uint64_t v[3][2])
{
	unsigned bits = o->info & IR_F_DOUBLE ? 64 : 32;
	unsigned all = o->info & IR_F_FULL ? 128 : o->info & IR_F_HALF ? 64 : bits;
	uint64_t r[2] = {0, 0};
	for (unsigned at = 0; at < all; at += bits) {
		unsigned h = at / 64, shift = at % 64;
		const uint64_t d[3] = {v[0][h], v[1][h], v[2][h]};
		const uint32_t s[3] = {(uint32_t)(d[0] >> shift), (uint32_t)(d[1] >> shift),
		    (uint32_t)(d[2] >> shift)};
		r[h] |= bits == 64 ? lane_double(o, &g->fp_status, d)
				   : (uint64_t)lane_single(o, &g->fp_status, s) << shift;
	}
	memcpy((uint8_t *)g + o->d, r, 16);
}

/* A scalar as a double, which holds every single; a signalling NaN is told in *signal. */
static double number(const struct fp_op *o, uint64_t v, bool *signal)
{
	double x;
	if (o->info & IR_F_DOUBLE) {
		*signal |=
		    (v & UINT64_C(0x7ff8000000000000)) == UINT64_C(0x7ff0000000000000) && v << 12;
		memcpy(&x, &v, sizeof x);
		return x;
	}
	uint32_t low = (uint32_t)v;
	float f;
	*signal |= (low & 0x7fc00000) == 0x7f800000 && low << 9;
	memcpy(&f, &low, sizeof f);
	return f;
}

/* Towards zero; what does not fit is the nearest, NaN is 0. */
static void to_integer(struct guest *g, const struct fp_op *o, uint64_t v[3][2])
{
	bool w = o->type == IR_I64, is_unsigned = o->info & IR_F_UNSIGNED, signal = false;
	double x = ldexp(number(o, v[0][0], &signal), (int)o->fraction), whole;
	uint64_t r = 0;
	unsigned bits = w ? 64 : 32;
	double top = ldexp(1, (int)bits - !is_unsigned), bottom = is_unsigned ? 0 : -top;
	feclearexcept(FE_ALL_EXCEPT);
	whole = trunc(x);
	feclearexcept(FE_ALL_EXCEPT);
	if (isnan(x) || !(whole < top) || whole < bottom) {
		feraiseexcept(FE_INVALID);
		uint64_t most = UINT64_MAX >> (64 - bits + !is_unsigned);
		r = isnan(x) ? 0 : x > 0 ? most : is_unsigned ? 0 : ~most;
	} else {
		r = is_unsigned ? (uint64_t)whole : (uint64_t)(int64_t)whole;
		feclearexcept(FE_ALL_EXCEPT);
		if (whole != x)
			feraiseexcept(FE_INEXACT);
	}
	r = w ? r : (uint32_t)r;
	memcpy((uint8_t *)g + o->d, &r, 8);
}

void guest_slow(void *guest, const void *data)
{
	static const int rounding[4] = {FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};
	struct guest *g = guest;
	const struct fp_op *o = data;
	uint64_t v[3][2];
	fenv_t before;
	load_operand(g, o->a, v[0]);
	load_operand(g, o->b, v[1]);
	load_operand(g, o->c, v[2]);
	fegetenv(&before);
	fesetround(rounding[g->fp_control >> 13 & 3]);
	feclearexcept(FE_ALL_EXCEPT);
	if (o->op == IR_FTOI)
		to_integer(g, o, v);
	else
		arithmetic(g, o, v);
	g->fp_status |= (uint32_t)fetestexcept(FE_ALL_EXCEPT);
	fesetenv(&before);
}

/* --- Making them --- */

/* A slot whose value is the operand; halves have zeros above. */
static ir_ref operand(struct maker *m, const struct fp_op *o, uint32_t *slot)
{
	static const uint8_t low[16] = {0, 1, 2, 3, 4, 5, 6, 7, IR_SHUFFLE_ZERO, IR_SHUFFLE_ZERO,
	    IR_SHUFFLE_ZERO, IR_SHUFFLE_ZERO, IR_SHUFFLE_ZERO, IR_SHUFFLE_ZERO, IR_SHUFFLE_ZERO,
	    IR_SHUFFLE_ZERO};
	*slot = VECTOR(random_below(m->r, VECTORS));
	ir_ref v = ir_get(m->b, IR_V128, *slot);
	if (random_chance(m->r, 30)) {
		v = ir_vconst(m->b, any_lanes(m->r), any_lanes(m->r));
		ir_set(m->b, *slot, v);
	}
	if (o->info & IR_F_HALF) {
		v = ir_shuffle(m->b, v, v, low);
		ir_set(m->b, *slot, v);
	}
	return v;
}

static unsigned some_shape(struct maker *m)
{
	static const unsigned shapes[] = {
	    0, 0, IR_F_DOUBLE, IR_F_DOUBLE, IR_F_HALF, IR_F_FULL, IR_F_FULL | IR_F_DOUBLE};
	return shapes[random_below(m->r, sizeof shapes / sizeof *shapes)];
}

static void make_arithmetic(struct maker *m, struct fp_op *o)
{
	static const struct {
		enum ir_op op;
		unsigned info;
	} kinds[] = {{IR_FADD, 0}, {IR_FSUB, 0}, {IR_FSUB, IR_F_ABSOLUTE}, {IR_FMUL, 0},
	    {IR_FMUL, IR_F_NEGATE}, {IR_FDIV, 0}, {IR_FSQRT, 0}, {IR_FMADD, 0},
	    {IR_FMADD, IR_F_NEGATE}, {IR_FMADD, IR_F_NEGATE_ADDEND},
	    {IR_FMADD, IR_F_NEGATE | IR_F_NEGATE_ADDEND}, {IR_FMIN, 0}, {IR_FMAX, 0}};
	unsigned k = random_below(m->r, sizeof kinds / sizeof *kinds);
	o->op = kinds[k].op;
	o->type = IR_V128;
	o->info = some_shape(m) | kinds[k].info;
	o->d = VECTOR(random_below(m->r, VECTORS));
}

static void make_scalar(struct maker *m, struct fp_op *o)
{
	o->op = IR_FTOI;
	o->info = random_below(m->r, 2) ? IR_F_DOUBLE : 0;
	o->type = random_chance(m->r, 50) ? IR_I32 : IR_I64;
	o->fraction = random_chance(m->r, 50) ? 0 : random_below(m->r, o->type == IR_I32 ? 33 : 65);
	o->info |= random_below(m->r, 2) ? IR_F_UNSIGNED : 0;
	o->d = SLOT(random_below(m->r, random_chance(m->r, 50) ? JIT_PINNED : SLOTS));
}

void make_fp(struct maker *m)
{
	struct fp_op *o = &ops[op_count++ % OPS];
	*o = (struct fp_op){0};
	if (random_chance(m->r, 70))
		make_arithmetic(m, o);
	else
		make_scalar(m, o);
	ir_ref v[3] = {0, 0, 0};
	uint32_t *const slot[3] = {&o->a, &o->b, &o->c};
	const unsigned operands = o->op == IR_FTOI ? 1 : ir_ops[o->op].args;
	for (unsigned k = 0; k < operands; k++)
		v[k] = operand(m, o, slot[k]);
	for (unsigned k = 0; k < operands; k++) /* slots may be the same */
		v[k] = ir_get(m->b, IR_V128, *slot[k]);
	if (o->op == IR_FTOI)
		v[1] = ir_const(m->b, o->fraction);
	ir_ref r = ir_slow(m->b, o->op, o->type, v[0], v[1], v[2], o->info, o);
	ir_set(m->b, o->d, r);
	if (o->type == IR_V128)
		keep_vector(m, r);
	else
		keep_value(m, r);
}

/* Numbers that are often equal, or NaNs. */
static ir_ref compared(struct maker *m)
{
	static const uint64_t edge[] = {0, UINT64_C(1) << 63, 0x80000000, 1,
	    UINT64_C(0x3ff0000000000000), 0x3f800000, UINT64_C(0xbff0000000000000), 0xbf800000,
	    UINT64_C(0x7ff0000000000001), 0x7f800001, UINT64_C(0xfff8000000000000), 0xffc00000,
	    UINT64_C(0xfff0000000000000), 0xff800000};
	if (random_chance(m->r, 50))
		return some_vector(m);
	uint64_t low = edge[random_below(m->r, sizeof edge / sizeof *edge)];
	uint32_t slot = VECTOR(random_below(m->r, VECTORS));
	ir_ref v = ir_vconst(m->b, low, any_lanes(m->r));
	ir_set(m->b, slot, v);
	if (random_chance(m->r, 30))
		return v;
	return ir_vector(m->b, IR_VOR, 3, v, v);
}

void make_compare(struct maker *m)
{
	unsigned info = random_below(m->r, 2) ? IR_F_DOUBLE : 0;
	info |= random_below(m->r, 2) ? IR_F_SIGNAL : 0;
	ir_ref a = compared(m), c = random_chance(m->r, 20) ? a : compared(m), v;
	if (random_chance(m->r, 60)) {
		v = ir_append(m->b, IR_FCMP, IR_I32, a, c, 0, info, 0);
	} else {
		ir_ref before = some_flags(m);
		unsigned cond = random_below(m->r, 16), nzcv = random_below(m->r, 16);
		v = ir_append(m->b, IR_FCCMP, IR_I32, a, c, before, info, cond | nzcv << 4);
	}
	keep_flags(m, v);
	if (random_chance(m->r, 15))
		keep_value(m, v);
	if (random_chance(m->r, 60))
		ir_set_flags(m->b, v);
}
