/* AdvSIMD arithmetic that wraps, and permutations: whole registers at a time through GNU vector
 * types (DDI 0487 C7.2).  What saturates or counts is in the other files, on the exact integers of
 *lanes.h.
 *
 * Each instruction is an expression of the old destination d, the operands n and m, and a count k:
 * that of a shift by immediate, elsewhere the bits of the narrow elements.  (k1 is k - 1: a shift
 * by all bits of a lane has to be done in two steps.)  Lanes are unsigned, so they wrap; where the
 * sign matters, NUM() sees them as numbers and RAW() makes lanes of the result.  The table names
 *
 *	operand   VECTOR, ELEMENT (one lane of Rm for all), RIGHT and LEFT (shift by immediate)
 *	sizes     of the narrow elements
 *	shape     SAME, LONG (D n m), WIDE (D N m), NARROW (d N M), PAIRS (of neighbours, in n:m),
 *	          DOUBLE (D N M), where capitals are elements of twice the size
 *	sign      u or s, of NUM() and of what is widened
 */
#include "cpu/arm64/lanes.h"

#define VECTOR_TYPES(bits, full, half)                                            \
	typedef uint##bits##_t u##bits##x##full __attribute__((vector_size(16))); \
	typedef int##bits##_t s##bits##x##full __attribute__((vector_size(16)));  \
	typedef uint##bits##_t u##bits##x##half __attribute__((vector_size(8)));  \
	typedef int##bits##_t s##bits##x##half __attribute__((vector_size(8)));

VECTOR_TYPES(8, 16, 8)
VECTOR_TYPES(16, 8, 4)
VECTOR_TYPES(32, 4, 2)
VECTOR_TYPES(64, 2, 1)

enum operand { VECTOR, ELEMENT, RIGHT, LEFT };

struct operands {
	u64x2 d, n, m;
	unsigned log2;  /* of the narrow elements' bytes */
	unsigned count; /* k */
	unsigned part;  /* which half of narrow registers is used */
	bool full;      /* the result has 128 bits */
};

static ALWAYS_INLINE u64x2 whole(const struct arm64 *c, unsigned n)
{
	u64x2 v;
	memcpy(&v, &c->s.v[2 * n], sizeof v);
	return v;
}

static ALWAYS_INLINE struct operands operands(
    const struct arm64 *c, uint32_t w, enum operand operand)
{
	bool immediate = operand == RIGHT || operand == LEFT;
	struct operands o = {.d = whole(c, BITS(w, 4, 0)), .n = whole(c, BITS(w, 9, 5))};
	o.log2 = immediate ? immh_log2(w) : BITS(w, 23, 22);
	o.count = immediate ? immh_count(w, operand == RIGHT) : 8u << o.log2;
	o.part = BIT(w, 30);
	o.full = BIT(w, 30) && !is_scalar(w);
	if (operand == ELEMENT) {
		uint64_t x = replicate((uint64_t)element_m(c, w, UNSIGNED), o.log2);
		o.m = (u64x2){x, x};
	} else if (operand == VECTOR) {
		o.m = whole(c, BITS(w, 20, 16));
	}
	return o;
}

/* Shapes get the sign, and the types with narrow elements that fill a register (F) and half of it
 * (H) and that with wide ones (W), and leave their result in r. */

#define EVALUATE(t, T, dv, nv, mv, expr)                                                      \
	typedef t##T number;                                                                  \
	u##T d = (u##T)(dv), n = (u##T)(nv), m = (u##T)(mv);                                  \
	const __typeof__(n[0]) k = (__typeof__(n[0]))o.count, k1 = (__typeof__(n[0]))(k - 1); \
	(void)(number){0};                                                                    \
	(void)m;                                                                              \
	(void)k1;                                                                             \
	d = (u##T)(expr)

#define SAME_LANES(t, T, nv, mv, expr)             \
	{                                          \
		EVALUATE(t, T, o.d, nv, mv, expr); \
		r = (u64x2)d;                      \
		r[1] = o.full ? r[1] : 0;          \
	}
#define HOST_SAME(t, F, H, W, expr)   SAME_LANES(t, F, o.n, o.m, expr)
#define HOST_DOUBLE(t, F, H, W, expr) SAME_LANES(t, W, o.n, o.m, expr)

#define WIDENED(t, H, W, from) __builtin_convertvector((t##H)(o.part ? (from)[1] : (from)[0]), t##W)

#define HOST_LONG(t, F, H, W, expr)                                                      \
	{                                                                                \
		EVALUATE(t, W, o.d, WIDENED(t, H, W, o.n), WIDENED(t, H, W, o.m), expr); \
		r = (u64x2)d;                                                            \
	}

#define HOST_WIDE(t, F, H, W, expr)                                    \
	{                                                              \
		EVALUATE(t, W, o.d, o.n, WIDENED(t, H, W, o.m), expr); \
		r = (u64x2)d;                                          \
	}

#define NARROWED(H, from) ((uint64_t) __builtin_convertvector(from, u##H))

#define HOST_NARROW(t, F, H, W, expr)                            \
	{                                                        \
		EVALUATE(t, W, o.d, o.n, o.m, expr);             \
		uint64_t x = NARROWED(H, d);                     \
		r = o.part ? (u64x2){o.d[0], x} : (u64x2){x, 0}; \
	}

/* Even lanes of n:m are the low parts of lanes twice as wide, odd ones the high parts. */
#define HOST_PAIRS(t, F, H, W, expr)                                                          \
	{                                                                                     \
		u##W low = (u##W)(u64x2){o.n[0], o.full ? o.n[1] : o.m[0]}, high = (u##W)o.m; \
		const __typeof__(low[0]) width = (__typeof__(low[0]))o.count;                 \
		SAME_LANES(t, F, ((u64x2){NARROWED(H, low), NARROWED(H, high)}),              \
		    ((u64x2){NARROWED(H, low >> width), NARROWED(H, high >> width)}), expr)   \
	}

#define HOST_PAIRS_D(t, F, H, W, expr) \
	SAME_LANES(t, F, ((u64x2){o.n[0], o.m[0]}), ((u64x2){o.n[1], o.m[1]}), expr)

/* ZIP interleaves the low or the high halves of both registers. */
#define ZIP_HALF(from, part) (o.full ? (from)[part] : (from)[0] >> 32 * (part))
#define ZIP(H, W, part)                                                            \
	{                                                                          \
		u##W n = __builtin_convertvector((u##H)ZIP_HALF(o.n, part), u##W); \
		u##W m = __builtin_convertvector((u##H)ZIP_HALF(o.m, part), u##W); \
		r = (u64x2)(n | m << (__typeof__(n[0]))o.count);                   \
		r[1] = o.full ? r[1] : 0;                                          \
	}
#define HOST_ZIP1(t, F, H, W, expr) ZIP(H, W, 0)
#define HOST_ZIP2(t, F, H, W, expr) ZIP(H, W, 1)

static ALWAYS_INLINE const struct insn *finish(struct arm64 *c, const struct insn *i, u64x2 r)
{
	memcpy(&c->s.v[2 * BITS(i->w, 4, 0)], &r, sizeof r);
	return NEXT;
}

// clang-format off
#define CASE_B(shape, t, expr) case 0: HOST_##shape(t, 8x16, 8x8, 16x8, expr) break;
#define CASE_H(shape, t, expr) case 1: HOST_##shape(t, 16x8, 16x4, 32x4, expr) break;
#define CASE_S(shape, t, expr) case 2: HOST_##shape(t, 32x4, 32x2, 64x2, expr) break;
#define CASE_D(shape, t, expr) case 3: HOST_##shape(t, 64x2, 64x1, 64x2, expr) break;
#define B(shape, t, expr)      CASE_B(shape, t, expr)
#define D(shape, t, expr)      CASE_D(shape, t, expr)
#define HS(shape, t, expr)     CASE_H(shape, t, expr) CASE_S(shape, t, expr)
#define BHS(shape, t, expr)    CASE_B(shape, t, expr) HS(shape, t, expr)
#define BHSD(shape, t, expr)   BHS(shape, t, expr) CASE_D(shape, t, expr)

#define HOST(name, operand, sizes, shape, sign, expr)                                              \
	EXEC(name)                                                                                 \
	{                                                                                          \
		const struct operands o = operands(c, i->w, operand);                              \
		u64x2 r;                                                                           \
		switch (o.log2) {                                                                  \
		sizes(shape, sign, expr)                                                           \
		default: __builtin_unreachable();                                                  \
		}                                                                                  \
		return finish(c, i, r);                                                            \
	}
// clang-format on

#define NUM(x)                ((number)(x))
#define RAW(x)                ((__typeof__(n))(x))
#define CHOOSE(mask, yes, no) (((yes)&RAW(mask)) | ((no) & ~RAW(mask)))
#define GREATER               (NUM(n) > NUM(m))
#define LESS                  (NUM(n) < NUM(m))
#define DIFFERENCE            (((n - m) ^ RAW(LESS)) - RAW(LESS))
#define NEGATIVE              RAW(NUM(n) < 0)
#define HALF(x)               RAW(NUM(x) >> 1)
#define PAIR_COUNT            (n - (n >> 1 & 0x55))
#define NIBBLE_COUNT          ((PAIR_COUNT & 0x33) + (PAIR_COUNT >> 2 & 0x33))
#define COUNT                 ((NIBBLE_COUNT + (NIBBLE_COUNT >> 4)) & 0x0f)
#define TERM(bit)             (n << (bit) & -(m >> (bit)&1))
#define TERMS(bit)            (TERM(bit) ^ TERM(bit + 1) ^ TERM(bit + 2) ^ TERM(bit + 3))
#define POLYNOMIAL            (TERMS(0) ^ TERMS(4))
#define ONES                  (d | ~d)
#define DOWN(x)               RAW(NUM(x) >> k1 >> 1)
#define PAIR_SUM              (RAW(NUM(n << k) >> k) + RAW(NUM(n) >> k))
#define ROUNDED(x)            (DOWN(x) + ((x) >> k1 & 1))

// clang-format off
/*   name           operand  sizes shape   sign expression */
HOST(add_v,         VECTOR,  BHSD, SAME,   u, n + m)
HOST(add_s,         VECTOR,  D,    SAME,   u, n + m)
HOST(sub_v,         VECTOR,  BHSD, SAME,   u, n - m)
HOST(sub_s,         VECTOR,  D,    SAME,   u, n - m)
HOST(neg_v,         VECTOR,  BHSD, SAME,   u, -n)
HOST(neg_s,         VECTOR,  D,    SAME,   u, -n)
HOST(cnt_v,         VECTOR,  B,    SAME,   u, COUNT)
HOST(abs_v,         VECTOR,  BHSD, SAME,   s, (n ^ NEGATIVE) - NEGATIVE)
HOST(abs_s,         VECTOR,  D,    SAME,   s, (n ^ NEGATIVE) - NEGATIVE)
HOST(mul_v,         VECTOR,  BHS,  SAME,   u, n * m)
HOST(pmul_v,        VECTOR,  B,    SAME,   u, POLYNOMIAL)
HOST(mul_ve,        ELEMENT, HS,   SAME,   u, n * m)
HOST(mla_v,         VECTOR,  BHS,  SAME,   u, d + n * m)
HOST(mla_ve,        ELEMENT, HS,   SAME,   u, d + n * m)
HOST(mls_v,         VECTOR,  BHS,  SAME,   u, d - n * m)
HOST(mls_ve,        ELEMENT, HS,   SAME,   u, d - n * m)
HOST(sabd_v,        VECTOR,  BHS,  SAME,   s, DIFFERENCE)
HOST(uabd_v,        VECTOR,  BHS,  SAME,   u, DIFFERENCE)
HOST(saba_v,        VECTOR,  BHS,  SAME,   s, d + DIFFERENCE)
HOST(uaba_v,        VECTOR,  BHS,  SAME,   u, d + DIFFERENCE)
HOST(shadd_v,       VECTOR,  BHS,  SAME,   s, (n & m) + HALF(n ^ m))
HOST(uhadd_v,       VECTOR,  BHS,  SAME,   u, (n & m) + HALF(n ^ m))
HOST(srhadd_v,      VECTOR,  BHS,  SAME,   s, (n | m) - HALF(n ^ m))
HOST(urhadd_v,      VECTOR,  BHS,  SAME,   u, (n | m) - HALF(n ^ m))
HOST(shsub_v,       VECTOR,  BHS,  SAME,   s, HALF(n) - HALF(m) - (~n & m & 1))
HOST(uhsub_v,       VECTOR,  BHS,  SAME,   u, HALF(n) - HALF(m) - (~n & m & 1))

HOST(cmgt_v,        VECTOR,  BHSD, SAME,   s, GREATER)
HOST(cmgt_s,        VECTOR,  D,    SAME,   s, GREATER)
HOST(cmge_v,        VECTOR,  BHSD, SAME,   s, NUM(n) >= NUM(m))
HOST(cmge_s,        VECTOR,  D,    SAME,   s, NUM(n) >= NUM(m))
HOST(cmhi_v,        VECTOR,  BHSD, SAME,   u, GREATER)
HOST(cmhi_s,        VECTOR,  D,    SAME,   u, GREATER)
HOST(cmhs_v,        VECTOR,  BHSD, SAME,   u, NUM(n) >= NUM(m))
HOST(cmhs_s,        VECTOR,  D,    SAME,   u, NUM(n) >= NUM(m))
HOST(cmeq_v,        VECTOR,  BHSD, SAME,   u, n == m)
HOST(cmeq_s,        VECTOR,  D,    SAME,   u, n == m)
HOST(cmtst_v,       VECTOR,  BHSD, SAME,   u, (n & m) != 0)
HOST(cmtst_s,       VECTOR,  D,    SAME,   u, (n & m) != 0)
HOST(cmgt_zero_v,   VECTOR,  BHSD, SAME,   s, NUM(n) > 0)
HOST(cmgt_zero_s,   VECTOR,  D,    SAME,   s, NUM(n) > 0)
HOST(cmge_zero_v,   VECTOR,  BHSD, SAME,   s, NUM(n) >= 0)
HOST(cmge_zero_s,   VECTOR,  D,    SAME,   s, NUM(n) >= 0)
HOST(cmeq_zero_v,   VECTOR,  BHSD, SAME,   s, NUM(n) == 0)
HOST(cmeq_zero_s,   VECTOR,  D,    SAME,   s, NUM(n) == 0)
HOST(cmle_zero_v,   VECTOR,  BHSD, SAME,   s, NUM(n) <= 0)
HOST(cmle_zero_s,   VECTOR,  D,    SAME,   s, NUM(n) <= 0)
HOST(cmlt_zero_v,   VECTOR,  BHSD, SAME,   s, NUM(n) < 0)
HOST(cmlt_zero_s,   VECTOR,  D,    SAME,   s, NUM(n) < 0)
HOST(smax_v,        VECTOR,  BHS,  SAME,   s, CHOOSE(GREATER, n, m))
HOST(umax_v,        VECTOR,  BHS,  SAME,   u, CHOOSE(GREATER, n, m))
HOST(smin_v,        VECTOR,  BHS,  SAME,   s, CHOOSE(LESS, n, m))
HOST(umin_v,        VECTOR,  BHS,  SAME,   u, CHOOSE(LESS, n, m))

HOST(smaxp_v,       VECTOR,  BHS,  PAIRS,  s, CHOOSE(GREATER, n, m))
HOST(umaxp_v,       VECTOR,  BHS,  PAIRS,  u, CHOOSE(GREATER, n, m))
HOST(sminp_v,       VECTOR,  BHS,  PAIRS,  s, CHOOSE(LESS, n, m))
HOST(uminp_v,       VECTOR,  BHS,  PAIRS,  u, CHOOSE(LESS, n, m))
HOST(saddlp_v,      VECTOR,  BHS,  DOUBLE, s, PAIR_SUM)
HOST(uaddlp_v,      VECTOR,  BHS,  DOUBLE, u, PAIR_SUM)
HOST(sadalp_v,      VECTOR,  BHS,  DOUBLE, s, d + PAIR_SUM)
HOST(uadalp_v,      VECTOR,  BHS,  DOUBLE, u, d + PAIR_SUM)

HOST(saddl_v,       VECTOR,  BHS,  LONG,   s, n + m)
HOST(uaddl_v,       VECTOR,  BHS,  LONG,   u, n + m)
HOST(ssubl_v,       VECTOR,  BHS,  LONG,   s, n - m)
HOST(usubl_v,       VECTOR,  BHS,  LONG,   u, n - m)
HOST(saddw_v,       VECTOR,  BHS,  WIDE,   s, n + m)
HOST(uaddw_v,       VECTOR,  BHS,  WIDE,   u, n + m)
HOST(ssubw_v,       VECTOR,  BHS,  WIDE,   s, n - m)
HOST(usubw_v,       VECTOR,  BHS,  WIDE,   u, n - m)
HOST(sabdl_v,       VECTOR,  BHS,  LONG,   s, DIFFERENCE)
HOST(uabdl_v,       VECTOR,  BHS,  LONG,   u, DIFFERENCE)
HOST(sabal_v,       VECTOR,  BHS,  LONG,   s, d + DIFFERENCE)
HOST(uabal_v,       VECTOR,  BHS,  LONG,   u, d + DIFFERENCE)
HOST(smull_v,       VECTOR,  BHS,  LONG,   s, n * m)
HOST(smull_ve,      ELEMENT, HS,   LONG,   s, n * m)
HOST(umull_v,       VECTOR,  BHS,  LONG,   u, n * m)
HOST(umull_ve,      ELEMENT, HS,   LONG,   u, n * m)
HOST(pmull_8,       VECTOR,  B,    LONG,   u, POLYNOMIAL)
HOST(smlal_v,       VECTOR,  BHS,  LONG,   s, d + n * m)
HOST(smlal_ve,      ELEMENT, HS,   LONG,   s, d + n * m)
HOST(umlal_v,       VECTOR,  BHS,  LONG,   u, d + n * m)
HOST(umlal_ve,      ELEMENT, HS,   LONG,   u, d + n * m)
HOST(smlsl_v,       VECTOR,  BHS,  LONG,   s, d - n * m)
HOST(smlsl_ve,      ELEMENT, HS,   LONG,   s, d - n * m)
HOST(umlsl_v,       VECTOR,  BHS,  LONG,   u, d - n * m)
HOST(umlsl_ve,      ELEMENT, HS,   LONG,   u, d - n * m)

HOST(xtn_v,         VECTOR,  BHS,  NARROW, u, n)
HOST(addhn_v,       VECTOR,  BHS,  NARROW, u, (n + m) >> k)
HOST(raddhn_v,      VECTOR,  BHS,  NARROW, u, ROUNDED(n + m))
HOST(subhn_v,       VECTOR,  BHS,  NARROW, u, (n - m) >> k)
HOST(rsubhn_v,      VECTOR,  BHS,  NARROW, u, ROUNDED(n - m))
HOST(shrn_v,        RIGHT,   BHS,  NARROW, u, n >> k)
HOST(rshrn_v,       RIGHT,   BHS,  NARROW, u, ROUNDED(n))

HOST(sshr_v,        RIGHT,   BHSD, SAME,   s, DOWN(n))
HOST(sshr_s,        RIGHT,   D,    SAME,   s, DOWN(n))
HOST(ushr_v,        RIGHT,   BHSD, SAME,   u, DOWN(n))
HOST(ushr_s,        RIGHT,   D,    SAME,   u, DOWN(n))
HOST(ssra_v,        RIGHT,   BHSD, SAME,   s, d + DOWN(n))
HOST(ssra_s,        RIGHT,   D,    SAME,   s, d + DOWN(n))
HOST(usra_v,        RIGHT,   BHSD, SAME,   u, d + DOWN(n))
HOST(usra_s,        RIGHT,   D,    SAME,   u, d + DOWN(n))
HOST(srshr_v,       RIGHT,   BHSD, SAME,   s, ROUNDED(n))
HOST(srshr_s,       RIGHT,   D,    SAME,   s, ROUNDED(n))
HOST(urshr_v,       RIGHT,   BHSD, SAME,   u, ROUNDED(n))
HOST(urshr_s,       RIGHT,   D,    SAME,   u, ROUNDED(n))
HOST(srsra_v,       RIGHT,   BHSD, SAME,   s, d + ROUNDED(n))
HOST(srsra_s,       RIGHT,   D,    SAME,   s, d + ROUNDED(n))
HOST(ursra_v,       RIGHT,   BHSD, SAME,   u, d + ROUNDED(n))
HOST(ursra_s,       RIGHT,   D,    SAME,   u, d + ROUNDED(n))
HOST(sri_v,         RIGHT,   BHSD, SAME,   u, DOWN(n) | (d & ~DOWN(ONES)))
HOST(sri_s,         RIGHT,   D,    SAME,   u, DOWN(n) | (d & ~DOWN(ONES)))
HOST(shl_v,         LEFT,    BHSD, SAME,   u, n << k)
HOST(shl_s,         LEFT,    D,    SAME,   u, n << k)
HOST(sli_v,         LEFT,    BHSD, SAME,   u, n << k | (d & ~(ONES << k)))
HOST(sli_s,         LEFT,    D,    SAME,   u, n << k | (d & ~(ONES << k)))
HOST(sshll_v,       LEFT,    BHS,  LONG,   s, n << k)
HOST(ushll_v,       LEFT,    BHS,  LONG,   u, n << k)
HOST(shll_v,        VECTOR,  BHS,  LONG,   u, n << k)
// clang-format on

/* Lanes of 64 bits have no wider ones to be parts of: there n are the even lanes of n:m and m the
 * odd ones, whatever the shape. */
#define HOST_D(name, shape, expr, expr_d)                            \
	EXEC(name)                                                   \
	{                                                            \
		const struct operands o = operands(c, i->w, VECTOR); \
		u64x2 r;                                             \
		switch (o.log2) {                                    \
			BHS(shape, u, expr)                          \
			D(PAIRS_D, u, expr_d)                        \
		default: __builtin_unreachable();                    \
		}                                                    \
		return finish(c, i, r);                              \
	}

HOST_D(addp_v, PAIRS, n + m, n + m)
HOST_D(uzp1, PAIRS, n, n)
HOST_D(uzp2, PAIRS, m, m)
HOST_D(trn1, DOUBLE, (n << k >> k) | m << k, n)
HOST_D(trn2, DOUBLE, n >> k | m >> k << k, m)
HOST_D(zip1, ZIP1, 0, n)
HOST_D(zip2, ZIP2, 0, m)

EXEC(addp_s)
{
	union vreg n = v_get(c, BITS(i->w, 9, 5));
	v_set_low(c, BITS(i->w, 4, 0), n.d[0] + n.d[1]);
	return NEXT;
}

/* Bitwise operations have no lanes. */
#define LOGIC(name, expr)                                            \
	EXEC(name)                                                   \
	{                                                            \
		const struct operands o = operands(c, i->w, VECTOR); \
		u64x2 r;                                             \
		HOST_SAME(u, 64x2, 64x1, 64x2, expr)                 \
		return finish(c, i, r);                              \
	}

LOGIC(and_v, n &m)
LOGIC(bic_v, n & ~m)
LOGIC(orr_v, n | m)
LOGIC(orn_v, n | ~m)
LOGIC(eor_v, n ^ m)
LOGIC(bsl_v, CHOOSE(d, n, m))
LOGIC(bit_v, CHOOSE(m, n, d))
LOGIC(bif_v, CHOOSE(m, d, n))
LOGIC(not_v, ~n)
