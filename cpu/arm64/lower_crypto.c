/* Lowering of AES and CRC-32; semantics as in exec_crypto.c and crc32.c. */
#include "cpu/arm64/lower_simd.h"

/* --- AES --- */

static bool aes_round(struct lower *l, uint32_t w, enum ir_op op)
{
	lower_set_v(l, RD, ir_vector(l->b, op, 0, lower_v(l, RD), lower_v(l, RN)));
	return true;
}

LOWER(aese)
{
	return aes_round(l, w, IR_AESE);
}

LOWER(aesd)
{
	return aes_round(l, w, IR_AESD);
}

/* After AESE of the same register it is one operation with it: the manual recommends that pair. */
LOWER(aesmc)
{
	ir_ref n = lower_v(l, RN);
	const struct ir_insn before = l->b->insn[n];
	if (RN == RD && before.op == IR_AESE && !before.info)
		n = ir_vector(l->b, IR_AESE, 1, before.a, before.b);
	else
		n = ir_vector(l->b, IR_AESMC, 0, n, IR_NONE);
	lower_set_v(l, RD, n);
	return true;
}

LOWER(aesimc)
{
	lower_set_v(l, RD, ir_vector(l->b, IR_AESIMC, 0, lower_v(l, RN), IR_NONE));
	return true;
}

/* --- CRC-32: Barrett's reduction, with numbers as polynomials whose highest power is bit 0 ---
 *
 * X, 64 bits of CRC and data, times x^32 is to be taken modulo G.  The quotient is
 * Q = X * floor(x^96 / G) / x^64; as X * x^32 has no power below 32, the remainder is what
 * Q * (G - x^32) has there.  Bit 0 of the first constant is x^64, of the second x^32: so Q is the
 * lower half of one product, the remainder the low word of the upper half of the other. */

struct reduction {
	uint64_t reciprocal; /* x^96 / G without the power 0, which Q does not depend on */
	uint64_t polynomial; /* G - x^32 */
};

static const struct reduction ieee = {UINT64_C(0xb4e5b025f7011641), UINT64_C(0x1db710640)};
static const struct reduction castagnoli = {UINT64_C(0x4869ec38dea713f1), UINT64_C(0x105ec76f0)};

static ir_ref times(struct lower *l, ir_ref v, uint64_t constant)
{
	return ir_vector(l->b, IR_CLMUL, 0, v, ir_vconst(l->b, constant, 0));
}

static bool crc(struct lower *l, uint32_t w, const struct reduction *by)
{
	const unsigned bits = 8u << FIELD_OF(11, 10);
	ir_ref n = ir_unary(l->b, IR_ZEXT32, IR_I64, lower_x(l, RN));
	ir_ref x = ir_binary(l->b, IR_XOR, IR_I64, n, lower_x(l, RM));
	if (bits < 64)
		x = ir_binary(l->b, IR_SHL, IR_I64, x, ir_const(l->b, 64 - bits));
	ir_ref q = times(l, lower_scalar(l, 3, x), by->reciprocal);
	ir_ref r = ir_extract(l->b, 2, times(l, q, by->polynomial), 2);
	if (bits < 32)
		r = ir_binary(l->b, IR_XOR, IR_I64, r,
		    ir_binary(l->b, IR_SHR, IR_I64, n, ir_const(l->b, bits)));
	lower_set_x(l, RD, r);
	return true;
}

LOWER(crc32)
{
	return crc(l, w, &ieee);
}

LOWER(crc32c)
{
	return crc(l, w, &castagnoli);
}
