/* AdvSIMD instructions that the host's vector unit has as well: whole registers at a time through
 * GNU vector types.  They are the ones that copying, searching and hashing code is made of. */
#include "cpu/arm64/exec.h"

typedef uint8_t v16u8 __attribute__((vector_size(16)));
typedef uint16_t v8u16 __attribute__((vector_size(16)));
typedef uint32_t v4u32 __attribute__((vector_size(16)));
typedef uint64_t v2u64 __attribute__((vector_size(16)));
typedef int8_t v16s8 __attribute__((vector_size(16)));
typedef int16_t v8s16 __attribute__((vector_size(16)));
typedef int32_t v4s32 __attribute__((vector_size(16)));
typedef int64_t v2s64 __attribute__((vector_size(16)));

/* Store the result of a 64- or 128-bit form. */
static inline void v_put(struct arm64 *c, uint32_t w, union vreg r)
{
	if (!BIT(w, 30))
		r.d[1] = 0;
	v_set(c, BITS(w, 4, 0), r);
}

/* `expr` of vectors d (old), n and m of the given type. */
#define HOST_VECTOR(type, expr)                                  \
	do {                                                     \
		type d, n, m;                                    \
		memcpy(&d, &c->s.v[2 * BITS(i->w, 4, 0)], 16);   \
		memcpy(&n, &c->s.v[2 * BITS(i->w, 9, 5)], 16);   \
		memcpy(&m, &c->s.v[2 * BITS(i->w, 20, 16)], 16); \
		(void)d;                                         \
		d = (type)(expr);                                \
		memcpy(&r, &d, 16);                              \
	} while (0)

#define HOST_OP(name, v16, v8, v4, v2, expr)           \
	EXEC(name)                                     \
	{                                              \
		union vreg r;                          \
		switch (BITS(i->w, 23, 22)) {          \
		case 0: HOST_VECTOR(v16, expr); break; \
		case 1: HOST_VECTOR(v8, expr); break;  \
		case 2: HOST_VECTOR(v4, expr); break;  \
		default: HOST_VECTOR(v2, expr); break; \
		}                                      \
		v_put(c, i->w, r);                     \
		return NEXT;                           \
	}
#define HOST_UNSIGNED(name, expr) HOST_OP(name, v16u8, v8u16, v4u32, v2u64, expr)
#define HOST_SIGNED(name, expr)   HOST_OP(name, v16s8, v8s16, v4s32, v2s64, expr)

HOST_UNSIGNED(add_v, n + m)
HOST_UNSIGNED(sub_v, n - m)
HOST_UNSIGNED(mul_v, n *m)
HOST_UNSIGNED(mla_v, d + n * m)
HOST_UNSIGNED(mls_v, d - n * m)
HOST_UNSIGNED(cmeq_v, n == m)
HOST_UNSIGNED(cmtst_v, (n & m) != 0)
HOST_SIGNED(cmgt_v, n > m)
HOST_SIGNED(cmge_v, n >= m)
HOST_UNSIGNED(cmhi_v, n > m)
HOST_UNSIGNED(cmhs_v, n >= m)

#define CHOOSE(mask, yes, no) (((yes) & (mask)) | ((no) & ~(mask)))
HOST_SIGNED(smax_v, CHOOSE(n > m, n, m))
HOST_SIGNED(smin_v, CHOOSE(n > m, m, n))
HOST_UNSIGNED(umax_v, CHOOSE((__typeof__(n))(n > m), n, m))
HOST_UNSIGNED(umin_v, CHOOSE((__typeof__(n))(n > m), m, n))

#define HOST_LOGIC(name, expr)            \
	EXEC(name)                        \
	{                                 \
		union vreg r;             \
		HOST_VECTOR(v2u64, expr); \
		v_put(c, i->w, r);        \
		return NEXT;              \
	}

HOST_LOGIC(and_v, n &m)
HOST_LOGIC(bic_v, n & ~m)
HOST_LOGIC(orr_v, n | m)
HOST_LOGIC(orn_v, n | ~m)
HOST_LOGIC(eor_v, n ^ m)
HOST_LOGIC(bsl_v, CHOOSE(d, n, m))
HOST_LOGIC(bit_v, CHOOSE(m, n, d))
HOST_LOGIC(bif_v, CHOOSE(m, d, n))
HOST_LOGIC(not_v, ~n)
