/* Lowering of scalar floating point; semantics as in exec_fp.c.
 *
 * Single and double precision, with FPCR.FZ and DN clear: the host's arithmetic then differs in
 * rare cases only, in which it asks for the interpreter's function (jit/README.md, "slow()").  Half
 * precision and the other modes are that function's from the start. */
#include "cpu/arm64/lower_fp.h"

#define RD FIELD_OF(4, 0)
#define RN FIELD_OF(9, 5)
#define RM FIELD_OF(20, 16)
#define RA FIELD_OF(14, 10)

enum { FTYPE_S = 0, FTYPE_D = 1, FTYPE_H = 3 };

static unsigned ftype(uint32_t w)
{
	return FIELD_OF(23, 22);
}

/* log2 of a scalar's bytes. */
static unsigned size_log2(uint32_t w)
{
	return ftype(w) == FTYPE_H ? 1 : 2 + ftype(w);
}

static bool native(const struct lower *l, uint32_t w)
{
	return lower_fp_native(l) && ftype(w) != FTYPE_H;
}

static unsigned precision(uint32_t w)
{
	return ftype(w) == FTYPE_D ? IR_F_DOUBLE : 0;
}

bool lower_fp_native(const struct lower *l)
{
	return !(l->c->s.fpcr & (FPCR_FZ | FPCR_DN));
}

bool lower_fp(
    struct lower *l, uint32_t w, enum ir_op op, ir_ref a, ir_ref b, ir_ref c, unsigned info)
{
	const struct insn *i = engine_keep(l->c->engine, w);
	if (!i)
		return false;
	lower_set_v(l, RD, ir_slow(l->b, op, IR_V128, a, b, c, info, i));
	return true;
}

/* --- Arithmetic --- */

static bool binary(struct lower *l, uint32_t w, enum ir_op op, unsigned info)
{
	return native(l, w) &&
	       lower_fp(l, w, op, lower_v(l, RN), lower_v(l, RM), 0, precision(w) | info);
}

#define BINARY(name, op, info)                 \
	LOWER(name)                            \
	{                                      \
		return binary(l, w, op, info); \
	}
BINARY(fadd, IR_FADD, 0)
BINARY(fsub, IR_FSUB, 0)
BINARY(fmul, IR_FMUL, 0)
BINARY(fnmul, IR_FMUL, IR_F_NEGATE)
BINARY(fdiv, IR_FDIV, 0)
BINARY(fmax, IR_FMAX, 0)
BINARY(fmin, IR_FMIN, 0)
BINARY(fmaxnm, IR_FMAX, 0) /* differs for NaNs only */
BINARY(fminnm, IR_FMIN, 0)

static bool madd(struct lower *l, uint32_t w, unsigned info)
{
	return native(l, w) && lower_fp(l, w, IR_FMADD, lower_v(l, RN), lower_v(l, RM),
				   lower_v(l, RA), precision(w) | info);
}

#define MADD(name, info)                 \
	LOWER(name)                      \
	{                                \
		return madd(l, w, info); \
	}
MADD(fmadd, 0)
MADD(fmsub, IR_F_NEGATE)
MADD(fnmadd, IR_F_NEGATE | IR_F_NEGATE_ADDEND)
MADD(fnmsub, IR_F_NEGATE_ADDEND)

static bool unary(struct lower *l, uint32_t w, enum ir_op op, unsigned info)
{
	return native(l, w) && lower_fp(l, w, op, lower_v(l, RN), 0, 0, info);
}

LOWER(fsqrt)
{
	return unary(l, w, IR_FSQRT, precision(w));
}

LOWER(fcvt_d)
{
	return ftype(w) == FTYPE_S && unary(l, w, IR_FWIDEN, 0);
}

LOWER(fcvt_s)
{
	return ftype(w) == FTYPE_D && unary(l, w, IR_FNARROW, IR_F_DOUBLE);
}

#define FRINT(name, mode, exact)                                                          \
	LOWER(name)                                                                       \
	{                                                                                 \
		return unary(l, w, IR_FROUND, precision(w) | IR_F_ROUND(mode) | (exact)); \
	}
FRINT(frintn, 0, 0)
FRINT(frintp, 2, 0)
FRINT(frintm, 1, 0)
FRINT(frintz, 3, 0)
FRINT(frinta, IR_F_ROUND_AWAY, 0)
FRINT(frintx, 4, IR_F_EXACT)
FRINT(frinti, 4, 0)

/* --- Bits --- */

static ir_ref bits(struct lower *l, uint32_t w, unsigned n)
{
	return ir_extract(l->b, size_log2(w), lower_v(l, n), 0);
}

static uint64_t sign_bit(uint32_t w)
{
	return UINT64_C(1) << ((8u << size_log2(w)) - 1);
}

/* Keep the low scalar of `v` alone. */
static ir_ref alone(struct lower *l, uint32_t w, ir_ref v)
{
	if (ftype(w) == FTYPE_D)
		return lower_low_half(l, v);
	return ir_vector(l->b, IR_VAND, 3, v, ir_vconst(l->b, (sign_bit(w) << 1) - 1, 0));
}

LOWER(fmov)
{
	lower_set_v(l, RD, alone(l, w, lower_v(l, RN)));
	return true;
}

LOWER(fabs)
{
	ir_ref mask = ir_vconst(l->b, sign_bit(w) - 1, 0);
	lower_set_v(l, RD, ir_vector(l->b, IR_VAND, 3, lower_v(l, RN), mask));
	return true;
}

LOWER(fneg)
{
	ir_ref sign = ir_vconst(l->b, sign_bit(w), 0);
	lower_set_v(l, RD, ir_vector(l->b, IR_VXOR, 3, alone(l, w, lower_v(l, RN)), sign));
	return true;
}

LOWER(fmov_imm)
{
	static const struct fp_format *const formats[4] = {&fp_single, &fp_double, NULL, &fp_half};
	uint64_t value = fp_expand_imm(formats[ftype(w)], FIELD_OF(20, 13));
	lower_set_v(l, RD, ir_vconst(l->b, value, 0));
	return true;
}

LOWER(fmov_to_int)
{
	lower_set_x(l, RD, bits(l, w, RN));
	return true;
}

LOWER(fmov_from_int)
{
	lower_set_v(l, RD, lower_scalar(l, size_log2(w), lower_x(l, RN)));
	return true;
}

LOWER(fmov_top_to_int)
{
	lower_set_x(l, RD, ir_extract(l->b, 3, lower_v(l, RN), 1));
	return true;
}

LOWER(fmov_top_from_int)
{
	lower_set_v(l, RD, ir_insert(l->b, 3, lower_v(l, RD), 1, lower_x(l, RN)));
	return true;
}

LOWER(fcsel)
{
	ir_ref flags = ir_get_flags(l->b), yes = bits(l, w, RN), no = bits(l, w, RM);
	ir_ref r = ir_select(l->b, IR_I64, flags, FIELD_OF(15, 12), yes, no);
	lower_set_v(l, RD, lower_scalar(l, size_log2(w), r));
	return true;
}

/* --- Comparison --- */

/* In modes the host does not have, the interpreter compares and leaves NZCV in its own place. */
static bool compare_by_helper(struct lower *l, uint32_t w)
{
	const uint32_t place = offsetof(struct arm64, s.nzcv);
	const struct insn *i = engine_keep(l->c->engine, w);
	if (!i)
		return false;
	ir_helper(l->b, (uintptr_t)i->exec, i, place, place);
	ir_ref nzcv = ir_get(l->b, IR_I64, place); /* and EL in the upper half */
	nzcv = ir_binary(l->b, IR_AND, IR_I64, nzcv, ir_const(l->b, 15));
	ir_set_flags(l->b, ir_append(l->b, IR_NZCV, IR_I32, nzcv, 0, 0, 0, 0));
	return true;
}

static bool compare(struct lower *l, uint32_t w, bool zero, unsigned signal)
{
	if (!native(l, w))
		return compare_by_helper(l, w);
	ir_ref a = lower_v(l, RN), b = zero ? ir_vconst(l->b, 0, 0) : lower_v(l, RM);
	unsigned info = precision(w) | signal;
	ir_set_flags(l->b, ir_append(l->b, IR_FCMP, IR_I32, a, b, 0, info, 0));
	return true;
}

LOWER(fcmp)
{
	return compare(l, w, false, 0);
}

LOWER(fcmp_zero)
{
	return compare(l, w, true, 0);
}

LOWER(fcmpe)
{
	return compare(l, w, false, IR_F_SIGNAL);
}

LOWER(fcmpe_zero)
{
	return compare(l, w, true, IR_F_SIGNAL);
}

static bool conditional_compare(struct lower *l, uint32_t w, unsigned signal)
{
	if (!native(l, w))
		return false;
	unsigned cond = FIELD_OF(15, 12), nzcv = FIELD_OF(3, 0);
	ir_ref before = ir_get_flags(l->b), a = lower_v(l, RN), b = lower_v(l, RM);
	ir_set_flags(l->b, ir_append(l->b, IR_FCCMP, IR_I32, a, b, before, precision(w) | signal,
			       cond | nzcv << 4));
	return true;
}

LOWER(fccmp)
{
	return conditional_compare(l, w, 0);
}

LOWER(fccmpe)
{
	return conditional_compare(l, w, IR_F_SIGNAL);
}

/* --- Integers --- */

static bool to_int(
    struct lower *l, uint32_t w, enum ir_op op, unsigned fraction_bits, unsigned info)
{
	if (!native(l, w) || RD == 31)
		return false;
	const struct insn *i = engine_keep(l->c->engine, w);
	if (!i)
		return false;
	ir_ref a = lower_v(l, RN), by = op == IR_FTOI ? ir_const(l->b, fraction_bits) : 0;
	lower_set_x(l, RD, ir_slow(l->b, op, lower_type(w), a, by, 0, precision(w) | info, i));
	return true;
}

LOWER(fcvtzs_int)
{
	return to_int(l, w, IR_FTOI, 0, 0);
}

LOWER(fcvtzu_int)
{
	return to_int(l, w, IR_FTOI, 0, IR_F_UNSIGNED);
}

/* Of the fixed-point forms. */
static unsigned fraction_bits(uint32_t w)
{
	return 64 - FIELD_OF(15, 10);
}

LOWER(fcvtzs_fix)
{
	return to_int(l, w, IR_FTOI, fraction_bits(w), 0);
}

LOWER(fcvtzu_fix)
{
	return to_int(l, w, IR_FTOI, fraction_bits(w), IR_F_UNSIGNED);
}

#define ROUND_TO_INT(name, mode)                                                          \
	LOWER(name##s_int)                                                                \
	{                                                                                 \
		return to_int(l, w, IR_FRTOI, 0, IR_F_ROUND(mode));                       \
	}                                                                                 \
	LOWER(name##u_int)                                                                \
	{                                                                                 \
		return to_int(l, w, IR_FRTOI, 0, IR_F_ROUND(mode) | IR_F_ROUND_UNSIGNED); \
	}
ROUND_TO_INT(fcvtn, 0)
ROUND_TO_INT(fcvtm, 1)
ROUND_TO_INT(fcvtp, 2)
ROUND_TO_INT(fcvta, IR_F_ROUND_AWAY)

static bool from_int(struct lower *l, uint32_t w, unsigned fraction_bits, unsigned info)
{
	if (!native(l, w))
		return false;
	info |= precision(w) | (w >> 31 ? IR_F_FROM64 : 0);
	return lower_fp(l, w, IR_ITOF, lower_x(l, RN), ir_const(l->b, fraction_bits), 0, info);
}

LOWER(scvtf_int)
{
	return from_int(l, w, 0, 0);
}

LOWER(ucvtf_int)
{
	return from_int(l, w, 0, IR_F_UNSIGNED);
}

LOWER(scvtf_fix)
{
	return from_int(l, w, fraction_bits(w), 0);
}

LOWER(ucvtf_fix)
{
	return from_int(l, w, fraction_bits(w), IR_F_UNSIGNED);
}
