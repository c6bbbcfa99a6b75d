/* Lowering of AES, SHA-1, SHA-256 and CRC-32; semantics as in exec_crypto.c and crc32.c. */
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

/* --- SHA --- */

/* Words `from` of n (0 to 3), m (4 to 7), or zeros (8). */
static ir_ref words(struct lower *l, ir_ref n, ir_ref m, const uint8_t from[4])
{
	uint8_t p[16];
	for (unsigned k = 0; k < 16; k++)
		p[k] = from[k / 4] < 8 ? (uint8_t)(4 * from[k / 4] + k % 4) : IR_SHUFFLE_ZERO;
	return ir_shuffle(l->b, n, m, p);
}

static ir_ref reversed(struct lower *l, ir_ref v)
{
	return words(l, v, v, (const uint8_t[]){3, 2, 1, 0});
}

/* The word at the low end, at the high end. */
static ir_ref to_top(struct lower *l, ir_ref v)
{
	return words(l, v, v, (const uint8_t[]){8, 8, 8, 0});
}

static ir_ref on_words(struct lower *l, enum ir_op op, ir_ref n, ir_ref m)
{
	return ir_vector(l->b, op, 2, n, m);
}

static ir_ref rotated(struct lower *l, ir_ref v, unsigned left)
{
	return on_words(l, IR_VOR, ir_vector_imm(l->b, IR_VSHL, 2, v, left),
	    ir_vector_imm(l->b, IR_VSHR, 2, v, 32 - left));
}

/* The guest has added the round constant to the words; the operation adds it again. */
static bool sha1_rounds(struct lower *l, uint32_t w, unsigned function, uint32_t constant)
{
	ir_ref m = on_words(l, IR_VSUB, lower_v(l, RM), simd_constant(l->b, 2, constant));
	m = on_words(l, IR_VADD, reversed(l, m), to_top(l, lower_v(l, RN)));
	ir_ref v = ir_vector(l->b, IR_SHA1, function, reversed(l, lower_v(l, RD)), m);
	lower_set_v(l, RD, reversed(l, v));
	return true;
}

LOWER(sha1c)
{
	return sha1_rounds(l, w, 0, 0x5a827999);
}

LOWER(sha1p)
{
	return sha1_rounds(l, w, 1, 0x6ed9eba1);
}

LOWER(sha1m)
{
	return sha1_rounds(l, w, 2, 0x8f1bbcdc);
}

LOWER(sha1h)
{
	lower_set_v(l, RD, simd_low(l->b, 2, rotated(l, lower_v(l, RN), 30)));
	return true;
}

LOWER(sha1su0)
{
	ir_ref d = lower_v(l, RD);
	ir_ref v = words(l, d, lower_v(l, RN), (const uint8_t[]){2, 3, 4, 5});
	v = on_words(l, IR_VXOR, on_words(l, IR_VXOR, v, d), lower_v(l, RM));
	lower_set_v(l, RD, v);
	return true;
}

LOWER(sha1su1)
{
	ir_ref n = lower_v(l, RN);
	ir_ref v = words(l, n, n, (const uint8_t[]){1, 2, 3, 8});
	v = rotated(l, on_words(l, IR_VXOR, v, lower_v(l, RD)), 1);
	lower_set_v(l, RD, on_words(l, IR_VXOR, v, rotated(l, to_top(l, v), 1)));
	return true;
}

/* The two operations that make four rounds: SHA256H and SHA256H2 take half of the result each, and
 * come as a pair, so look for what the other one has left. */
static ir_ref sha256_rounds(struct lower *l, ir_ref x, ir_ref y, ir_ref m)
{
	const struct ir_insn *insn = l->b->insn;
	for (ir_ref n = (ir_ref)l->b->count; n-- > 1;) {
		const struct ir_insn *first = &insn[insn[n].b], *before = &insn[first->b];
		if (insn[n].op == IR_SHA256 && first->op == IR_SHA256 && first->c == m &&
		    before->op == IR_SHUFFLE && before->a == y && before->b == x)
			return n;
	}
	ir_ref cdgh = words(l, y, x, (const uint8_t[]){3, 2, 7, 6});
	ir_ref abef = words(l, y, x, (const uint8_t[]){1, 0, 5, 4});
	ir_ref later = simd_every_second(l->b, 3, m, 1);
	ir_ref two = ir_append(l->b, IR_SHA256, IR_V128, cdgh, abef, m, 0, 0);
	return ir_append(l->b, IR_SHA256, IR_V128, abef, two, later, 0, 0);
}

LOWER(sha256h)
{
	ir_ref v = sha256_rounds(l, lower_v(l, RD), lower_v(l, RN), lower_v(l, RM));
	lower_set_v(l, RD, words(l, v, l->b->insn[v].b, (const uint8_t[]){3, 2, 7, 6}));
	return true;
}

LOWER(sha256h2)
{
	ir_ref v = sha256_rounds(l, lower_v(l, RN), lower_v(l, RD), lower_v(l, RM));
	lower_set_v(l, RD, words(l, v, l->b->insn[v].b, (const uint8_t[]){1, 0, 5, 4}));
	return true;
}

LOWER(sha256su0)
{
	lower_set_v(l, RD, ir_vector(l->b, IR_SHA256A, 0, lower_v(l, RD), lower_v(l, RN)));
	return true;
}

LOWER(sha256su1)
{
	ir_ref m = lower_v(l, RM);
	ir_ref v = words(l, lower_v(l, RN), m, (const uint8_t[]){1, 2, 3, 4});
	v = on_words(l, IR_VADD, v, lower_v(l, RD));
	lower_set_v(l, RD, ir_vector(l->b, IR_SHA256B, 0, v, m));
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
