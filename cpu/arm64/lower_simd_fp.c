/* Lowering of AdvSIMD floating point in single and double precision; semantics as in exec_simd_fp.c
 * and exec_simd_fp_unary.c.  The modes are those of lower_fp.c; each instruction has one operation
 * that slow() may do, and operands prepared for it. */
#include "cpu/arm64/lower_fp.h"

#define RD FIELD_OF(4, 0)
#define RN FIELD_OF(9, 5)
#define RM FIELD_OF(20, 16)

/* Rows in a vector, rows of scalars. */
enum form { VECTOR, SCALAR };

static unsigned precision(uint32_t w)
{
	return FIELD_OF(22, 22) ? IR_F_DOUBLE : 0;
}

static unsigned shape(uint32_t w, enum form form)
{
	if (form == SCALAR)
		return precision(w);
	return precision(w) | (FIELD_OF(30, 30) ? IR_F_FULL : IR_F_HALF);
}

static unsigned lane_log2(uint32_t w)
{
	return 2 + FIELD_OF(22, 22);
}

/* Vn as an operand of a shape: half a vector has zeros above. */
static ir_ref operand(struct lower *l, unsigned info, unsigned n)
{
	ir_ref v = lower_v(l, n);
	return info & IR_F_HALF ? lower_low_half(l, v) : v;
}

static ir_ref zero(struct lower *l)
{
	return ir_vconst(l->b, 0, 0);
}

static uint64_t lanes_of(uint32_t w, uint64_t single, uint64_t twice)
{
	return precision(w) ? twice : single << 32 | single;
}

/* `v` without its signs. */
static ir_ref magnitude(struct lower *l, uint32_t w, ir_ref v)
{
	uint64_t mask = lanes_of(w, INT32_MAX, INT64_MAX);
	return ir_vector(l->b, IR_VAND, 3, v, ir_vconst(l->b, mask, mask));
}

/* --- Two operands and more --- */

static bool binary(struct lower *l, uint32_t w, enum form form, enum ir_op op, unsigned info)
{
	info |= shape(w, form);
	return lower_fp_native(l) &&
	       lower_fp(l, w, op, operand(l, info, RN), operand(l, info, RM), 0, info);
}

#define BINARY(name, form, op, info)                 \
	LOWER(name)                                  \
	{                                            \
		return binary(l, w, form, op, info); \
	}
BINARY(fadd_v, VECTOR, IR_FADD, 0)
BINARY(fsub_v, VECTOR, IR_FSUB, 0)
BINARY(fabd_v, VECTOR, IR_FSUB, IR_F_ABSOLUTE)
BINARY(fabd_s, SCALAR, IR_FSUB, IR_F_ABSOLUTE)
BINARY(fmul_v, VECTOR, IR_FMUL, 0)
BINARY(fdiv_v, VECTOR, IR_FDIV, 0)
BINARY(fmax_v, VECTOR, IR_FMAX, 0)
BINARY(fmin_v, VECTOR, IR_FMIN, 0)
BINARY(fmaxnm_v, VECTOR, IR_FMAX, 0)
BINARY(fminnm_v, VECTOR, IR_FMIN, 0)
BINARY(fcmeq_v, VECTOR, IR_FCEQ, 0)
BINARY(fcmge_v, VECTOR, IR_FCGE, 0)
BINARY(fcmgt_v, VECTOR, IR_FCGT, 0)
BINARY(fcmeq_s, SCALAR, IR_FCEQ, 0)
BINARY(fcmge_s, SCALAR, IR_FCGE, 0)
BINARY(fcmgt_s, SCALAR, IR_FCGT, 0)

static bool compare_magnitudes(struct lower *l, uint32_t w, enum form form, enum ir_op op)
{
	unsigned info = shape(w, form);
	if (!lower_fp_native(l))
		return false;
	ir_ref a = magnitude(l, w, operand(l, info, RN)), b = magnitude(l, w, operand(l, info, RM));
	return lower_fp(l, w, op, a, b, 0, info);
}

#define MAGNITUDES(name, form, op)                         \
	LOWER(name)                                        \
	{                                                  \
		return compare_magnitudes(l, w, form, op); \
	}
MAGNITUDES(facge_v, VECTOR, IR_FCGE)
MAGNITUDES(facgt_v, VECTOR, IR_FCGT)
MAGNITUDES(facge_s, SCALAR, IR_FCGE)
MAGNITUDES(facgt_s, SCALAR, IR_FCGT)

static bool madd(struct lower *l, uint32_t w, unsigned info, ir_ref m)
{
	return lower_fp(l, w, IR_FMADD, operand(l, info, RN), m, operand(l, info, RD), info);
}

LOWER(fmla_v)
{
	unsigned info = shape(w, VECTOR);
	return lower_fp_native(l) && madd(l, w, info, operand(l, info, RM));
}

LOWER(fmls_v)
{
	unsigned info = shape(w, VECTOR) | IR_F_NEGATE;
	return lower_fp_native(l) && madd(l, w, info, operand(l, info, RM));
}

/* --- By element: in bits H:L of singles, H of doubles --- */

static ir_ref element(struct lower *l, uint32_t w, unsigned info)
{
	unsigned size = 1u << lane_log2(w);
	unsigned index = precision(w) ? FIELD_OF(11, 11) : FIELD_OF(11, 11) << 1 | FIELD_OF(21, 21);
	uint8_t pattern[16];
	for (unsigned k = 0; k < 16; k++)
		pattern[k] = (uint8_t)(index * size + k % size);
	for (unsigned k = 8; k < 16 && info & IR_F_HALF; k++)
		pattern[k] = IR_SHUFFLE_ZERO;
	ir_ref v = lower_v(l, RM);
	return index || info & (IR_F_HALF | IR_F_FULL) ? ir_shuffle(l->b, v, v, pattern) : v;
}

static bool multiply_by_element(struct lower *l, uint32_t w, enum form form)
{
	unsigned info = shape(w, form);
	return lower_fp_native(l) &&
	       lower_fp(l, w, IR_FMUL, operand(l, info, RN), element(l, w, info), 0, info);
}

static bool madd_by_element(struct lower *l, uint32_t w, enum form form, unsigned negate)
{
	unsigned info = shape(w, form) | negate;
	return lower_fp_native(l) && madd(l, w, info, element(l, w, info));
}

#define BY_ELEMENT(suffix, form)                                 \
	LOWER(fmul_el_##suffix)                                  \
	{                                                        \
		return multiply_by_element(l, w, form);          \
	}                                                        \
	LOWER(fmla_el_##suffix)                                  \
	{                                                        \
		return madd_by_element(l, w, form, 0);           \
	}                                                        \
	LOWER(fmls_el_##suffix)                                  \
	{                                                        \
		return madd_by_element(l, w, form, IR_F_NEGATE); \
	}
BY_ELEMENT(v, VECTOR)
BY_ELEMENT(s, SCALAR)

/* --- Pairs --- */

/* The even (0) or odd (1) lanes of n:m; of half vectors, of their halves. */
static ir_ref every_other(
    struct lower *l, uint32_t w, unsigned info, ir_ref n, ir_ref m, unsigned odd)
{
	unsigned size = 1u << lane_log2(w), half = info & IR_F_HALF ? 4 : 8;
	uint8_t pattern[16];
	for (unsigned k = 0; k < 16; k++) {
		unsigned lane = 2 * (k % half / size) + odd;
		pattern[k] = k >= 2 * half ? IR_SHUFFLE_ZERO
					   : (uint8_t)(16 * (k / half) + lane * size + k % size);
	}
	return ir_shuffle(l->b, n, m, pattern);
}

static bool pairwise(struct lower *l, uint32_t w, enum ir_op op)
{
	unsigned info = shape(w, VECTOR);
	if (!lower_fp_native(l))
		return false;
	ir_ref n = lower_v(l, RN), m = lower_v(l, RM);
	return lower_fp(
	    l, w, op, every_other(l, w, info, n, m, 0), every_other(l, w, info, n, m, 1), 0, info);
}

/* Of the two lowest lanes of Vn. */
static bool pair(struct lower *l, uint32_t w, enum ir_op op)
{
	if (!lower_fp_native(l))
		return false;
	ir_ref n = lower_v(l, RN);
	return lower_fp(l, w, op, n, every_other(l, w, IR_F_HALF, n, n, 1), 0, shape(w, SCALAR));
}

#define PAIRS(name, op)                    \
	LOWER(name##_v)                    \
	{                                  \
		return pairwise(l, w, op); \
	}                                  \
	LOWER(name##_s)                    \
	{                                  \
		return pair(l, w, op);     \
	}
PAIRS(faddp, IR_FADD)
PAIRS(fmaxp, IR_FMAX)
PAIRS(fminp, IR_FMIN)
PAIRS(fmaxnmp, IR_FMAX)
PAIRS(fminnmp, IR_FMIN)

/* --- One operand --- */

static bool unary(struct lower *l, uint32_t w, enum ir_op op, unsigned info)
{
	info |= shape(w, VECTOR);
	return lower_fp_native(l) && lower_fp(l, w, op, operand(l, info, RN), 0, 0, info);
}

LOWER(fsqrt_v)
{
	return unary(l, w, IR_FSQRT, 0);
}

#define FRINT(name, mode, exact)                                           \
	LOWER(name)                                                        \
	{                                                                  \
		return unary(l, w, IR_FROUND, IR_F_ROUND(mode) | (exact)); \
	}
FRINT(frintn_v, 0, 0)
FRINT(frintp_v, 2, 0)
FRINT(frintm_v, 1, 0)
FRINT(frintz_v, 3, 0)
FRINT(frintx_v, 4, IR_F_EXACT)
FRINT(frinti_v, 4, 0)

LOWER(fabs_v)
{
	lower_set_v(l, RD, magnitude(l, w, operand(l, shape(w, VECTOR), RN)));
	return true;
}

LOWER(fneg_v)
{
	uint64_t sign = lanes_of(w, UINT64_C(1) << 31, UINT64_C(1) << 63);
	uint64_t high = FIELD_OF(30, 30) ? sign : 0;
	ir_ref v = operand(l, shape(w, VECTOR), RN);
	lower_set_v(l, RD, ir_vector(l->b, IR_VXOR, 3, v, ir_vconst(l->b, sign, high)));
	return true;
}

/* With zero, on the right or, `swapped`, on the left. */
static bool compare_zero(struct lower *l, uint32_t w, enum form form, enum ir_op op, bool swapped)
{
	unsigned info = shape(w, form);
	if (!lower_fp_native(l))
		return false;
	ir_ref v = operand(l, info, RN), z = zero(l);
	return lower_fp(l, w, op, swapped ? z : v, swapped ? v : z, 0, info);
}

#define COMPARE_ZERO(name, op, swapped)                         \
	LOWER(name##_zero_v)                                    \
	{                                                       \
		return compare_zero(l, w, VECTOR, op, swapped); \
	}                                                       \
	LOWER(name##_zero_s)                                    \
	{                                                       \
		return compare_zero(l, w, SCALAR, op, swapped); \
	}
COMPARE_ZERO(fcmeq, IR_FCEQ, false)
COMPARE_ZERO(fcmge, IR_FCGE, false)
COMPARE_ZERO(fcmgt, IR_FCGT, false)
COMPARE_ZERO(fcmle, IR_FCGE, true)
COMPARE_ZERO(fcmlt, IR_FCGT, true)

/* --- Conversion --- */

/* With fixed-point numbers.  A scalar is converted as a vector whose other lanes are 0. */
static bool convert(
    struct lower *l, uint32_t w, enum form form, enum ir_op op, unsigned fraction, unsigned info)
{
	uint8_t low[16];
	if (!lower_fp_native(l))
		return false;
	ir_ref by = ir_const(l->b, fraction);
	if (form == VECTOR) {
		info |= shape(w, form);
		return lower_fp(l, w, op, operand(l, info, RN), by, 0, info);
	}
	for (unsigned k = 0; k < 16; k++)
		low[k] = k >> lane_log2(w) ? IR_SHUFFLE_ZERO : (uint8_t)k;
	ir_ref v = lower_v(l, RN);
	info |= precision(w) | (precision(w) ? IR_F_FULL : IR_F_HALF);
	return lower_fp(l, w, op, ir_shuffle(l->b, v, v, low), by, 0, info);
}

/* The upper bits of immh:immb say how wide lanes are; bit 22 as in other rows, unless they are
 * halves. */
static bool convert_fixed(struct lower *l, uint32_t w, enum form form, enum ir_op op, unsigned info)
{
	unsigned width = 8u << lane_log2(w), shift = FIELD_OF(22, 16);
	return shift >= width && convert(l, w, form, op, 2 * width - shift, info);
}

#define CONVERT(name, op, info)                               \
	LOWER(name##_v)                                       \
	{                                                     \
		return convert(l, w, VECTOR, op, 0, info);    \
	}                                                     \
	LOWER(name##_s)                                       \
	{                                                     \
		return convert(l, w, SCALAR, op, 0, info);    \
	}                                                     \
	LOWER(name##_fix_v)                                   \
	{                                                     \
		return convert_fixed(l, w, VECTOR, op, info); \
	}                                                     \
	LOWER(name##_fix_s)                                   \
	{                                                     \
		return convert_fixed(l, w, SCALAR, op, info); \
	}
CONVERT(fcvtzs, IR_VFTOI, 0)
CONVERT(fcvtzu, IR_VFTOI, IR_F_UNSIGNED)
CONVERT(scvtf, IR_VITOF, 0)
CONVERT(ucvtf, IR_VITOF, IR_F_UNSIGNED)

LOWER(fcvtl_v)
{
	static const uint8_t upper[16] = {8, 9, 10, 11, 12, 13, 14, 15, IR_SHUFFLE_ZERO,
	    IR_SHUFFLE_ZERO, IR_SHUFFLE_ZERO, IR_SHUFFLE_ZERO, IR_SHUFFLE_ZERO, IR_SHUFFLE_ZERO,
	    IR_SHUFFLE_ZERO, IR_SHUFFLE_ZERO};
	if (!lower_fp_native(l) || !precision(w)) /* from half precision */
		return false;
	ir_ref v = lower_v(l, RN);
	if (FIELD_OF(30, 30))
		v = ir_shuffle(l->b, v, v, upper);
	return lower_fp(l, w, IR_FWIDEN, v, 0, 0, IR_F_FULL);
}

LOWER(fcvtn_v)
{
	if (!lower_fp_native(l) || !precision(w) || FIELD_OF(30, 30))
		return false;
	return lower_fp(l, w, IR_FNARROW, lower_v(l, RN), 0, 0, IR_F_DOUBLE | IR_F_FULL);
}

/* --- Immediates --- */

static bool immediate(struct lower *l, uint32_t w, const struct fp_format *f, uint64_t factor)
{
	uint64_t value = fp_expand_imm(f, FIELD_OF(18, 16) << 5 | FIELD_OF(9, 5)) * factor;
	lower_set_v(l, RD, ir_vconst(l->b, value, FIELD_OF(30, 30) ? value : 0));
	return true;
}

LOWER(fmov_imm_v)
{
	return immediate(l, w, &fp_single, UINT64_C(0x100000001));
}

LOWER(fmov_imm_vd)
{
	return immediate(l, w, &fp_double, 1);
}

LOWER(fmov_imm_vh)
{
	return immediate(l, w, &fp_half, UINT64_C(0x1000100010001));
}
