/* Lowering of integer data processing; semantics as in exec_int.c. */
#include "cpu/arm64/bitmask.h"
#include "cpu/arm64/lower.h"

#define RD   FIELD_OF(4, 0)
#define RN   FIELD_OF(9, 5)
#define RA   FIELD_OF(14, 10)
#define RM   FIELD_OF(20, 16)
#define TYPE lower_type(w)

static int64_t signed_field(uint32_t v, unsigned width)
{
	return (int64_t)((uint64_t)v << (64 - width)) >> (64 - width);
}

LOWER(adr)
{
	int64_t offset = signed_field(FIELD_OF(23, 5) << 2 | FIELD_OF(30, 29), 21);
	lower_set_x(l, RD, ir_const(l->b, l->pc + (uint64_t)offset));
	return true;
}

LOWER(adrp)
{
	int64_t pages = signed_field(FIELD_OF(23, 5) << 2 | FIELD_OF(30, 29), 21);
	lower_set_x(l, RD, ir_const(l->b, (l->pc & ~UINT64_C(0xfff)) + ((uint64_t)pages << 12)));
	return true;
}

/* --- Two operands --- */

static ir_ref imm12(struct lower *l, uint32_t w)
{
	return ir_const(l->b, (uint64_t)FIELD_OF(21, 10) << (FIELD_OF(22, 22) ? 12 : 0));
}

static ir_ref bitmask(struct lower *l, uint32_t w)
{
	uint64_t v = bitmask_immediate(w);
	return ir_const(l->b, w >> 31 ? v : (uint32_t)v);
}

static ir_ref shifted(struct lower *l, uint32_t w)
{
	static const enum ir_op op[4] = {IR_SHL, IR_SHR, IR_SAR, IR_ROR};
	unsigned n = FIELD_OF(15, 10);
	ir_ref v = lower_x(l, RM);
	return n ? ir_binary(l->b, op[FIELD_OF(23, 22)], TYPE, v, ir_const(l->b, n)) : v;
}

static ir_ref inverted(struct lower *l, uint32_t w)
{
	return ir_unary(l->b, IR_NOT, TYPE, shifted(l, w));
}

static ir_ref extend(struct lower *l, ir_ref v, unsigned option)
{
	static const enum ir_op op[8] = {
	    IR_ZEXT8, IR_ZEXT16, IR_ZEXT32, IR_CONST, IR_SEXT8, IR_SEXT16, IR_SEXT32, IR_CONST};
	return op[option] == IR_CONST ? v : ir_unary(l->b, op[option], IR_I64, v);
}

static ir_ref extended(struct lower *l, uint32_t w)
{
	ir_ref v = extend(l, lower_x(l, RM), FIELD_OF(15, 13));
	unsigned n = FIELD_OF(12, 10);
	return n ? ir_binary(l->b, IR_SHL, IR_I64, v, ir_const(l->b, n)) : v;
}

/* d = n op operand; sp: register 31 is the stack pointer. */
static bool plain(struct lower *l, uint32_t w, enum ir_op op, ir_ref operand, bool sp_n, bool sp_d)
{
	ir_ref n = sp_n ? lower_x_sp(l, RN) : lower_x(l, RN);
	ir_ref r = ir_binary(l->b, op, TYPE, n, operand);
	if (sp_d)
		lower_set_x_sp(l, RD, r);
	else
		lower_set_x(l, RD, r);
	return true;
}

static bool with_flags(struct lower *l, uint32_t w, enum ir_op op, ir_ref operand, bool sp_n)
{
	ir_ref n = sp_n ? lower_x_sp(l, RN) : lower_x(l, RN);
	ir_ref r = ir_append(l->b, op, TYPE, n, operand, 0, 0, 0);
	ir_set_flags(l->b, r);
	lower_set_x(l, RD, r);
	return true;
}

#define PLAIN(name, op, operand, sp_n, sp_d)                       \
	LOWER(name)                                                \
	{                                                          \
		return plain(l, w, op, operand(l, w), sp_n, sp_d); \
	}
PLAIN(add_imm, IR_ADD, imm12, true, true)
PLAIN(sub_imm, IR_SUB, imm12, true, true)
PLAIN(and_imm, IR_AND, bitmask, false, true)
PLAIN(orr_imm, IR_OR, bitmask, false, true)
PLAIN(eor_imm, IR_XOR, bitmask, false, true)
PLAIN(and_reg, IR_AND, shifted, false, false)
PLAIN(bic_reg, IR_AND, inverted, false, false)
PLAIN(orn_reg, IR_OR, inverted, false, false)
PLAIN(eor_reg, IR_XOR, shifted, false, false)
PLAIN(eon_reg, IR_XOR, inverted, false, false)
PLAIN(add_reg, IR_ADD, shifted, false, false)
PLAIN(sub_reg, IR_SUB, shifted, false, false)
PLAIN(add_ext, IR_ADD, extended, true, true)
PLAIN(sub_ext, IR_SUB, extended, true, true)

/* MOV in its usual form is a copy. */
LOWER(orr_reg)
{
	ir_ref m = shifted(l, w);
	if (RN == 31) {
		lower_set_x(l, RD, w >> 31 ? m : ir_unary(l->b, IR_ZEXT32, IR_I64, m));
		return true;
	}
	return plain(l, w, IR_OR, m, false, false);
}

#define WITH_FLAGS(name, op, operand, sp_n)                       \
	LOWER(name)                                               \
	{                                                         \
		return with_flags(l, w, op, operand(l, w), sp_n); \
	}
WITH_FLAGS(adds_imm, IR_ADDS, imm12, true)
WITH_FLAGS(subs_imm, IR_SUBS, imm12, true)
WITH_FLAGS(ands_imm, IR_ANDS, bitmask, false)
WITH_FLAGS(ands_reg, IR_ANDS, shifted, false)
WITH_FLAGS(bics_reg, IR_ANDS, inverted, false)
WITH_FLAGS(adds_reg, IR_ADDS, shifted, false)
WITH_FLAGS(subs_reg, IR_SUBS, shifted, false)
WITH_FLAGS(adds_ext, IR_ADDS, extended, true)
WITH_FLAGS(subs_ext, IR_SUBS, extended, true)

/* --- Moves of constants --- */

#define HALF_SHIFT (FIELD_OF(22, 21) * 16)

static uint64_t cut(uint32_t w, uint64_t v)
{
	return w >> 31 ? v : (uint32_t)v;
}

LOWER(movz)
{
	lower_set_x(l, RD, ir_const(l->b, cut(w, (uint64_t)FIELD_OF(20, 5) << HALF_SHIFT)));
	return true;
}

LOWER(movn)
{
	lower_set_x(l, RD, ir_const(l->b, cut(w, ~((uint64_t)FIELD_OF(20, 5) << HALF_SHIFT))));
	return true;
}

LOWER(movk)
{
	uint64_t hole = ~(UINT64_C(0xffff) << HALF_SHIFT);
	ir_ref kept = ir_binary(l->b, IR_AND, TYPE, lower_x(l, RD), ir_const(l->b, cut(w, hole)));
	ir_ref half = ir_const(l->b, (uint64_t)FIELD_OF(20, 5) << HALF_SHIFT);
	lower_set_x(l, RD, ir_binary(l->b, IR_OR, TYPE, kept, half));
	return true;
}

/* --- Bit fields: a field of `width` bits from `from` to `to` --- */

struct field_move {
	unsigned from, to, width;
};

static struct field_move field_move(uint32_t w)
{
	unsigned r = FIELD_OF(21, 16), s = FIELD_OF(15, 10), size = w >> 31 ? 64 : 32;
	if (s >= r)
		return (struct field_move){r, 0, s - r + 1};
	return (struct field_move){0, size - r, s + 1};
}

static ir_ref shift(struct lower *l, enum ir_op op, enum ir_type type, ir_ref v, unsigned n)
{
	return n ? ir_binary(l->b, op, type, v, ir_const(l->b, n)) : v;
}

/* The field alone, in place. */
static ir_ref field_alone(struct lower *l, uint32_t w, ir_ref v, struct field_move f)
{
	unsigned size = w >> 31 ? 64 : 32;
	/* first, because a whole W register still loses its upper half */
	if (!f.from && !f.to && (f.width == 8 || f.width == 16 || f.width == 32))
		return ir_unary(l->b,
		    f.width == 8    ? IR_ZEXT8
		    : f.width == 16 ? IR_ZEXT16
				    : IR_ZEXT32,
		    TYPE, v);
	if (f.from + f.width == size && !f.to)
		return shift(l, IR_SHR, TYPE, v, f.from);
	if (f.to + f.width == size)
		return shift(l, IR_SHL, TYPE, v, f.to);
	uint64_t mask = ~UINT64_C(0) >> (64 - f.width);
	if (f.width < 32) {
		v = shift(l, IR_SHR, TYPE, v, f.from);
		v = ir_binary(l->b, IR_AND, TYPE, v, ir_const(l->b, mask));
		return shift(l, IR_SHL, TYPE, v, f.to);
	}
	v = shift(l, IR_SHL, TYPE, v, size - f.width - f.from);
	return shift(l, IR_SHR, TYPE, v, size - f.width - f.to);
}

LOWER(ubfm)
{
	lower_set_x(l, RD, field_alone(l, w, lower_x(l, RN), field_move(w)));
	return true;
}

LOWER(sbfm)
{
	struct field_move f = field_move(w);
	unsigned size = w >> 31 ? 64 : 32;
	ir_ref v = lower_x(l, RN);
	if (!f.from && !f.to && (f.width == 8 || f.width == 16 || f.width == 32)) {
		v = ir_unary(l->b,
		    f.width == 8    ? IR_SEXT8
		    : f.width == 16 ? IR_SEXT16
				    : IR_SEXT32,
		    TYPE, v);
	} else {
		v = shift(l, IR_SHL, TYPE, v, size - f.width - f.from);
		v = shift(l, IR_SAR, TYPE, v, size - f.width - f.to);
	}
	lower_set_x(l, RD, v);
	return true;
}

LOWER(bfm)
{
	struct field_move f = field_move(w);
	ir_ref field = field_alone(l, w, lower_x(l, RN), f);
	uint64_t mask = (~UINT64_C(0) >> (64 - f.width)) << f.to;
	ir_ref kept = ir_binary(l->b, IR_AND, TYPE, lower_x(l, RD), ir_const(l->b, cut(w, ~mask)));
	lower_set_x(l, RD, ir_binary(l->b, IR_OR, TYPE, kept, field));
	return true;
}

LOWER(extr)
{
	unsigned lsb = FIELD_OF(15, 10);
	ir_ref low = lower_x(l, RM);
	if (!lsb)
		lower_set_x(l, RD, ir_unary(l->b, IR_ZEXT32, IR_I64, low));
	if (!lsb && w >> 31)
		lower_set_x(l, RD, low);
	if (lsb && RN == RM)
		lower_set_x(l, RD, shift(l, IR_ROR, TYPE, low, lsb));
	else if (lsb)
		lower_set_x(l, RD, ir_extr(l->b, TYPE, lower_x(l, RN), low, lsb));
	return true;
}

/* --- Conditional --- */

static bool select(struct lower *l, uint32_t w, ir_ref no)
{
	unsigned cond = FIELD_OF(15, 12);
	ir_ref yes = lower_x(l, RN);
	if (cond >= 14) /* AL and NV: no host condition, and flags in EFLAGS would be lost */
		lower_set_x(l, RD, w >> 31 ? yes : ir_unary(l->b, IR_ZEXT32, IR_I64, yes));
	else
		lower_set_x(l, RD, ir_select(l->b, TYPE, ir_get_flags(l->b), cond, yes, no));
	return true;
}

LOWER(csel)
{
	return select(l, w, lower_x(l, RM));
}

LOWER(csinc)
{
	return select(l, w, ir_binary(l->b, IR_ADD, TYPE, lower_x(l, RM), ir_const(l->b, 1)));
}

LOWER(csinv)
{
	return select(l, w, ir_unary(l->b, IR_NOT, TYPE, lower_x(l, RM)));
}

/* -m as ~m + 1 leaves the host's flags alone. */
LOWER(csneg)
{
	ir_ref m = ir_unary(l->b, IR_NOT, TYPE, lower_x(l, RM));
	return select(l, w, ir_binary(l->b, IR_ADD, TYPE, m, ir_const(l->b, 1)));
}

/* The carry as a number. */
static ir_ref carry(struct lower *l)
{
	enum { COND_CS = 2 };
	return ir_select(
	    l->b, IR_I64, ir_get_flags(l->b), COND_CS, ir_const(l->b, 1), ir_const(l->b, 0));
}

static bool add_carry(struct lower *l, uint32_t w, ir_ref m)
{
	ir_ref sum = ir_binary(l->b, IR_ADD, TYPE, lower_x(l, RN), m);
	lower_set_x(l, RD, ir_binary(l->b, IR_ADD, TYPE, sum, carry(l)));
	return true;
}

LOWER(adc)
{
	return add_carry(l, w, lower_x(l, RM));
}

LOWER(sbc)
{
	return add_carry(l, w, ir_unary(l->b, IR_NOT, TYPE, lower_x(l, RM)));
}

/* A bit of the sum carries where both operands have a 1, or one has and the sum has not. */
static bool add_carry_flags(struct lower *l, uint32_t w, ir_ref m)
{
	struct ir_block *b = l->b;
	const enum ir_type type = TYPE;
	const unsigned width = type == IR_I64 ? 64 : 32;
	ir_ref n = lower_x(l, RN);
	ir_ref sum = ir_binary(b, IR_ADD, type, ir_binary(b, IR_ADD, type, n, m), carry(l));
	ir_ref either = ir_binary(b, IR_OR, type, n, m), both = ir_binary(b, IR_AND, type, n, m);
	ir_ref lost = ir_binary(b, IR_AND, type, either, ir_unary(b, IR_NOT, type, sum));
	ir_ref out = ir_binary(b, IR_OR, type, both, lost);
	ir_ref over = ir_binary(b, IR_AND, type, ir_binary(b, IR_XOR, type, n, sum),
	    ir_binary(b, IR_XOR, type, m, sum));
	ir_ref zero = ir_binary(
	    b, IR_SHR, type, ir_unary(b, IR_CLZ, type, sum), ir_const(b, type == IR_I64 ? 6 : 5));
	const ir_ref bit[3] = {zero, ir_binary(b, IR_SHR, type, out, ir_const(b, width - 1)),
	    ir_binary(b, IR_SHR, type, over, ir_const(b, width - 1))};
	ir_ref flags = ir_binary(b, IR_SHR, type, sum, ir_const(b, width - 1));
	for (unsigned k = 0; k < 3; k++)
		flags = ir_binary(
		    b, IR_OR, IR_I64, ir_binary(b, IR_SHL, IR_I64, flags, ir_const(b, 1)), bit[k]);
	lower_set_x(l, RD, sum);
	ir_set_flags(b, ir_unary(b, IR_NZCV, IR_I64, flags));
	return true;
}

LOWER(adcs)
{
	return add_carry_flags(l, w, lower_x(l, RM));
}

LOWER(sbcs)
{
	return add_carry_flags(l, w, ir_unary(l->b, IR_NOT, TYPE, lower_x(l, RM)));
}

static bool conditional_compare(struct lower *l, uint32_t w, enum ir_op op, ir_ref operand)
{
	ir_ref before = ir_get_flags(l->b), n = lower_x(l, RN);
	ir_ref compared = ir_append(l->b, op, TYPE, n, operand, 0, 0, 0);
	ir_set_flags(l->b, ir_ccmp(l->b, before, compared, FIELD_OF(15, 12), FIELD_OF(3, 0)));
	return true;
}

LOWER(ccmp_reg)
{
	return conditional_compare(l, w, IR_SUBS, lower_x(l, RM));
}

LOWER(ccmn_reg)
{
	return conditional_compare(l, w, IR_ADDS, lower_x(l, RM));
}

LOWER(ccmp_imm)
{
	return conditional_compare(l, w, IR_SUBS, ir_const(l->b, RM));
}

LOWER(ccmn_imm)
{
	return conditional_compare(l, w, IR_ADDS, ir_const(l->b, RM));
}

/* --- Products, quotients, shifts --- */

static bool accumulate(
    struct lower *l, uint32_t w, enum ir_op op, enum ir_type type, ir_ref n, ir_ref m)
{
	ir_ref p = ir_binary(l->b, IR_MUL, type, n, m);
	if (RA != 31)
		p = ir_binary(l->b, op, type, lower_x(l, RA), p);
	else if (op == IR_SUB)
		p = ir_unary(l->b, IR_NEG, type, p);
	lower_set_x(l, RD, p);
	return true;
}

LOWER(madd)
{
	return accumulate(l, w, IR_ADD, TYPE, lower_x(l, RN), lower_x(l, RM));
}

LOWER(msub)
{
	return accumulate(l, w, IR_SUB, TYPE, lower_x(l, RN), lower_x(l, RM));
}

static bool widening(struct lower *l, uint32_t w, enum ir_op op, enum ir_op ext)
{
	ir_ref n = ir_unary(l->b, ext, IR_I64, lower_x(l, RN));
	ir_ref m = ir_unary(l->b, ext, IR_I64, lower_x(l, RM));
	return accumulate(l, w, op, IR_I64, n, m);
}

LOWER(smaddl)
{
	return widening(l, w, IR_ADD, IR_SEXT32);
}

LOWER(smsubl)
{
	return widening(l, w, IR_SUB, IR_SEXT32);
}

LOWER(umaddl)
{
	return widening(l, w, IR_ADD, IR_ZEXT32);
}

LOWER(umsubl)
{
	return widening(l, w, IR_SUB, IR_ZEXT32);
}

#define BINARY(name, op, type)                                                                 \
	LOWER(name)                                                                            \
	{                                                                                      \
		lower_set_x(l, RD, ir_binary(l->b, op, type, lower_x(l, RN), lower_x(l, RM))); \
		return true;                                                                   \
	}
BINARY(smulh, IR_SMULH, IR_I64)
BINARY(umulh, IR_UMULH, IR_I64)
BINARY(udiv, IR_UDIV, TYPE)
BINARY(sdiv, IR_SDIV, TYPE)
BINARY(lslv, IR_SHL, TYPE)
BINARY(lsrv, IR_SHR, TYPE)
BINARY(asrv, IR_SAR, TYPE)
BINARY(rorv, IR_ROR, TYPE)

#define UNARY(name, op)                                                       \
	LOWER(name)                                                           \
	{                                                                     \
		lower_set_x(l, RD, ir_unary(l->b, op, TYPE, lower_x(l, RN))); \
		return true;                                                  \
	}
UNARY(clz, IR_CLZ)
UNARY(rev_w, IR_BSWAP)
UNARY(rev_x, IR_BSWAP)

/* Exchange neighbouring groups of `n` bits. */
static ir_ref exchange(struct lower *l, ir_ref v, unsigned n, uint64_t mask)
{
	ir_ref m = ir_const(l->b, mask), count = ir_const(l->b, n);
	ir_ref down = ir_binary(l->b, IR_AND, IR_I64, ir_binary(l->b, IR_SHR, IR_I64, v, count), m);
	ir_ref up = ir_binary(l->b, IR_SHL, IR_I64, ir_binary(l->b, IR_AND, IR_I64, v, m), count);
	return ir_binary(l->b, IR_OR, IR_I64, down, up);
}

LOWER(rbit)
{
	ir_ref v = exchange(l, lower_x(l, RN), 1, UINT64_C(0x5555555555555555));
	v = exchange(l, v, 2, UINT64_C(0x3333333333333333));
	v = exchange(l, v, 4, UINT64_C(0x0f0f0f0f0f0f0f0f));
	lower_set_x(l, RD, ir_unary(l->b, IR_BSWAP, TYPE, v));
	return true;
}

LOWER(rev16)
{
	ir_ref v = exchange(l, lower_x(l, RN), 8, UINT64_C(0x00ff00ff00ff00ff));
	lower_set_x(l, RD, TYPE == IR_I64 ? v : ir_unary(l->b, IR_ZEXT32, IR_I64, v));
	return true;
}

LOWER(rev32)
{
	ir_ref v = ir_unary(l->b, IR_BSWAP, IR_I64, lower_x(l, RN));
	lower_set_x(l, RD, ir_binary(l->b, IR_ROR, IR_I64, v, ir_const(l->b, 32)));
	return true;
}

/* Bits that differ from the one above: the first of them ends the row of sign bits. */
LOWER(cls)
{
	ir_ref n = lower_x(l, RN), one = ir_const(l->b, 1);
	ir_ref changes = ir_binary(l->b, IR_XOR, TYPE, n, ir_binary(l->b, IR_SAR, TYPE, n, one));
	lower_set_x(
	    l, RD, ir_binary(l->b, IR_SUB, TYPE, ir_unary(l->b, IR_CLZ, TYPE, changes), one));
	return true;
}
