/* AES, PMULL of 64 bits, SHA-1, SHA-256 and SHA-512 instructions (DDI 0487 C7.2; FIPS 197 and
 * FIPS 180-4). */
#include "cpu/arm64/crypto.h"
#include "cpu/arm64/exec.h"

/* AES.  The state is FIPS 197's matrix of bytes, column after column. */

/* SubBytes(): the inverse in GF(2^8), then an affine map. */
// clang-format off
static const uint8_t sub_byte[256] = {
    0x63, 0x7c, 0x77, 0x7b, 0xf2, 0x6b, 0x6f, 0xc5, 0x30, 0x01, 0x67, 0x2b, 0xfe, 0xd7, 0xab, 0x76,
    0xca, 0x82, 0xc9, 0x7d, 0xfa, 0x59, 0x47, 0xf0, 0xad, 0xd4, 0xa2, 0xaf, 0x9c, 0xa4, 0x72, 0xc0,
    0xb7, 0xfd, 0x93, 0x26, 0x36, 0x3f, 0xf7, 0xcc, 0x34, 0xa5, 0xe5, 0xf1, 0x71, 0xd8, 0x31, 0x15,
    0x04, 0xc7, 0x23, 0xc3, 0x18, 0x96, 0x05, 0x9a, 0x07, 0x12, 0x80, 0xe2, 0xeb, 0x27, 0xb2, 0x75,
    0x09, 0x83, 0x2c, 0x1a, 0x1b, 0x6e, 0x5a, 0xa0, 0x52, 0x3b, 0xd6, 0xb3, 0x29, 0xe3, 0x2f, 0x84,
    0x53, 0xd1, 0x00, 0xed, 0x20, 0xfc, 0xb1, 0x5b, 0x6a, 0xcb, 0xbe, 0x39, 0x4a, 0x4c, 0x58, 0xcf,
    0xd0, 0xef, 0xaa, 0xfb, 0x43, 0x4d, 0x33, 0x85, 0x45, 0xf9, 0x02, 0x7f, 0x50, 0x3c, 0x9f, 0xa8,
    0x51, 0xa3, 0x40, 0x8f, 0x92, 0x9d, 0x38, 0xf5, 0xbc, 0xb6, 0xda, 0x21, 0x10, 0xff, 0xf3, 0xd2,
    0xcd, 0x0c, 0x13, 0xec, 0x5f, 0x97, 0x44, 0x17, 0xc4, 0xa7, 0x7e, 0x3d, 0x64, 0x5d, 0x19, 0x73,
    0x60, 0x81, 0x4f, 0xdc, 0x22, 0x2a, 0x90, 0x88, 0x46, 0xee, 0xb8, 0x14, 0xde, 0x5e, 0x0b, 0xdb,
    0xe0, 0x32, 0x3a, 0x0a, 0x49, 0x06, 0x24, 0x5c, 0xc2, 0xd3, 0xac, 0x62, 0x91, 0x95, 0xe4, 0x79,
    0xe7, 0xc8, 0x37, 0x6d, 0x8d, 0xd5, 0x4e, 0xa9, 0x6c, 0x56, 0xf4, 0xea, 0x65, 0x7a, 0xae, 0x08,
    0xba, 0x78, 0x25, 0x2e, 0x1c, 0xa6, 0xb4, 0xc6, 0xe8, 0xdd, 0x74, 0x1f, 0x4b, 0xbd, 0x8b, 0x8a,
    0x70, 0x3e, 0xb5, 0x66, 0x48, 0x03, 0xf6, 0x0e, 0x61, 0x35, 0x57, 0xb9, 0x86, 0xc1, 0x1d, 0x9e,
    0xe1, 0xf8, 0x98, 0x11, 0x69, 0xd9, 0x8e, 0x94, 0x9b, 0x1e, 0x87, 0xe9, 0xce, 0x55, 0x28, 0xdf,
    0x8c, 0xa1, 0x89, 0x0d, 0xbf, 0xe6, 0x42, 0x68, 0x41, 0x99, 0x2d, 0x0f, 0xb0, 0x54, 0xbb, 0x16,
};

static const uint8_t inverse_sub_byte[256] = {
    0x52, 0x09, 0x6a, 0xd5, 0x30, 0x36, 0xa5, 0x38, 0xbf, 0x40, 0xa3, 0x9e, 0x81, 0xf3, 0xd7, 0xfb,
    0x7c, 0xe3, 0x39, 0x82, 0x9b, 0x2f, 0xff, 0x87, 0x34, 0x8e, 0x43, 0x44, 0xc4, 0xde, 0xe9, 0xcb,
    0x54, 0x7b, 0x94, 0x32, 0xa6, 0xc2, 0x23, 0x3d, 0xee, 0x4c, 0x95, 0x0b, 0x42, 0xfa, 0xc3, 0x4e,
    0x08, 0x2e, 0xa1, 0x66, 0x28, 0xd9, 0x24, 0xb2, 0x76, 0x5b, 0xa2, 0x49, 0x6d, 0x8b, 0xd1, 0x25,
    0x72, 0xf8, 0xf6, 0x64, 0x86, 0x68, 0x98, 0x16, 0xd4, 0xa4, 0x5c, 0xcc, 0x5d, 0x65, 0xb6, 0x92,
    0x6c, 0x70, 0x48, 0x50, 0xfd, 0xed, 0xb9, 0xda, 0x5e, 0x15, 0x46, 0x57, 0xa7, 0x8d, 0x9d, 0x84,
    0x90, 0xd8, 0xab, 0x00, 0x8c, 0xbc, 0xd3, 0x0a, 0xf7, 0xe4, 0x58, 0x05, 0xb8, 0xb3, 0x45, 0x06,
    0xd0, 0x2c, 0x1e, 0x8f, 0xca, 0x3f, 0x0f, 0x02, 0xc1, 0xaf, 0xbd, 0x03, 0x01, 0x13, 0x8a, 0x6b,
    0x3a, 0x91, 0x11, 0x41, 0x4f, 0x67, 0xdc, 0xea, 0x97, 0xf2, 0xcf, 0xce, 0xf0, 0xb4, 0xe6, 0x73,
    0x96, 0xac, 0x74, 0x22, 0xe7, 0xad, 0x35, 0x85, 0xe2, 0xf9, 0x37, 0xe8, 0x1c, 0x75, 0xdf, 0x6e,
    0x47, 0xf1, 0x1a, 0x71, 0x1d, 0x29, 0xc5, 0x89, 0x6f, 0xb7, 0x62, 0x0e, 0xaa, 0x18, 0xbe, 0x1b,
    0xfc, 0x56, 0x3e, 0x4b, 0xc6, 0xd2, 0x79, 0x20, 0x9a, 0xdb, 0xc0, 0xfe, 0x78, 0xcd, 0x5a, 0xf4,
    0x1f, 0xdd, 0xa8, 0x33, 0x88, 0x07, 0xc7, 0x31, 0xb1, 0x12, 0x10, 0x59, 0x27, 0x80, 0xec, 0x5f,
    0x60, 0x51, 0x7f, 0xa9, 0x19, 0xb5, 0x4a, 0x0d, 0x2d, 0xe5, 0x7a, 0x9f, 0x93, 0xc9, 0x9c, 0xef,
    0xa0, 0xe0, 0x3b, 0x4d, 0xae, 0x2a, 0xf5, 0xb0, 0xc8, 0xeb, 0xbb, 0x3c, 0x83, 0x53, 0x99, 0x61,
    0x17, 0x2b, 0x04, 0x7e, 0xba, 0x77, 0xd6, 0x26, 0xe1, 0x69, 0x14, 0x63, 0x55, 0x21, 0x0c, 0x7d,
};
// clang-format on

/* Row r moves by r columns; `step` is 4 forwards and 12 backwards. */
static inline v128 substitute_and_shift(v128 state, const uint8_t *box, unsigned step)
{
	uint8_t from[16], to[16];
	memcpy(from, &state, 16);
	for (unsigned b = 0; b < 16; b++)
		to[b] = box[from[(b + step * (b % 4)) % 16]];
	memcpy(&state, to, 16);
	return state;
}

static v128 substitute(v128 state)
{
	return substitute_and_shift(state, sub_byte, 4);
}

static v128 inverse_substitute(v128 state)
{
	return substitute_and_shift(state, inverse_sub_byte, 12);
}

/* Four products by x in GF(2^8), modulo x^8 + x^4 + x^3 + x + 1. */
static inline uint32_t times_x(uint32_t a)
{
	return (a & 0x7f7f7f7f) << 1 ^ (a >> 7 & 0x01010101) * 0x1b;
}

static inline uint32_t rotate_right(uint32_t x, unsigned n)
{
	return x >> n | x << (32 - n);
}

/* A column times {03}x^3 + {01}x^2 + {01}x + {02}. */
static inline uint32_t mix_column(uint32_t a)
{
	uint32_t twice = times_x(a);
	return twice ^ rotate_right(twice ^ a, 8) ^ rotate_right(a, 16) ^ rotate_right(a, 24);
}

static v128 mix_columns(v128 state)
{
	uint32_t column[4];
	memcpy(column, &state, 16);
	for (unsigned k = 0; k < 4; k++)
		column[k] = mix_column(column[k]);
	memcpy(&state, column, 16);
	return state;
}

/* The inverse polynomial {0b}x^3 + {0d}x^2 + {09}x + {0e} is the forward one times
 * {04}x^2 + {05}. */
static v128 inverse_mix_columns(v128 state)
{
	uint32_t column[4];
	memcpy(column, &state, 16);
	for (unsigned k = 0; k < 4; k++) {
		uint32_t four = times_x(times_x(column[k]));
		column[k] ^= four ^ rotate_right(four, 16);
	}
	memcpy(&state, column, 16);
	return mix_columns(state);
}

static v128 polynomial_mul(uint64_t a, uint64_t b)
{
	v128 r = {0, 0};
	for (unsigned bit = 0; bit < 64 && b >> bit; bit++)
		if (b >> bit & 1)
			r ^= (v128){a << bit, bit ? a >> (64 - bit) : 0};
	return r;
}

const struct crypto_ops crypto_portable = {
    .substitute = substitute,
    .inverse_substitute = inverse_substitute,
    .mix_columns = mix_columns,
    .inverse_mix_columns = inverse_mix_columns,
    .polynomial_mul = polynomial_mul,
};

static inline v128 v_load(const struct arm64 *c, unsigned n)
{
	v128 v;
	memcpy(&v, &c->s.v[2 * n], sizeof v);
	return v;
}

static inline const struct insn *v_store(struct arm64 *c, const struct insn *i, v128 v)
{
	memcpy(&c->s.v[2 * BITS(i->w, 4, 0)], &v, sizeof v);
	return NEXT;
}

EXEC(aese)
{
	v128 state = v_load(c, BITS(i->w, 4, 0)) ^ v_load(c, BITS(i->w, 9, 5));
	return v_store(c, i, crypto_host()->substitute(state));
}

EXEC(aesd)
{
	v128 state = v_load(c, BITS(i->w, 4, 0)) ^ v_load(c, BITS(i->w, 9, 5));
	return v_store(c, i, crypto_host()->inverse_substitute(state));
}

EXEC(aesmc)
{
	return v_store(c, i, crypto_host()->mix_columns(v_load(c, BITS(i->w, 9, 5))));
}

EXEC(aesimc)
{
	return v_store(c, i, crypto_host()->inverse_mix_columns(v_load(c, BITS(i->w, 9, 5))));
}

EXEC(pmull_64)
{
	const uint64_t *n = &c->s.v[2 * BITS(i->w, 9, 5)], *m = &c->s.v[2 * BITS(i->w, 20, 16)];
	unsigned half = BIT(i->w, 30);
	return v_store(c, i, crypto_host()->polynomial_mul(n[half], m[half]));
}

/* SHA.  Registers hold a, b, c, d (and e, f, g, h) from lane 0 up. */

static inline uint32_t choose(uint32_t x, uint32_t y, uint32_t z)
{
	return ((y ^ z) & x) ^ z;
}

static inline uint32_t parity(uint32_t x, uint32_t y, uint32_t z)
{
	return x ^ y ^ z;
}

static inline uint32_t majority(uint32_t x, uint32_t y, uint32_t z)
{
	return (x & y) | ((x | y) & z);
}

typedef uint32_t sha_fn(uint32_t x, uint32_t y, uint32_t z);

/* Four rounds of SHA-1 with e in Sn and the scheduled words, constant added, in Vm. */
static inline const struct insn *sha1_rounds(struct arm64 *c, const struct insn *i, sha_fn *f)
{
	union vreg x = v_get(c, BITS(i->w, 4, 0)), m = v_get(c, BITS(i->w, 20, 16));
	uint32_t e = v_get(c, BITS(i->w, 9, 5)).s[0];
	for (unsigned k = 0; k < 4; k++) {
		uint32_t a = e + rotate_right(x.s[0], 27) + f(x.s[1], x.s[2], x.s[3]) + m.s[k];
		e = x.s[3];
		x.s[3] = x.s[2];
		x.s[2] = rotate_right(x.s[1], 2);
		x.s[1] = x.s[0];
		x.s[0] = a;
	}
	v_set(c, BITS(i->w, 4, 0), x);
	return NEXT;
}

EXEC(sha1c)
{
	return sha1_rounds(c, i, choose);
}

EXEC(sha1p)
{
	return sha1_rounds(c, i, parity);
}

EXEC(sha1m)
{
	return sha1_rounds(c, i, majority);
}

EXEC(sha1h)
{
	v_set_low(c, BITS(i->w, 4, 0), rotate_right(v_get(c, BITS(i->w, 9, 5)).s[0], 2));
	return NEXT;
}

EXEC(sha1su0)
{
	union vreg d = v_get(c, BITS(i->w, 4, 0)), n = v_get(c, BITS(i->w, 9, 5)),
		   m = v_get(c, BITS(i->w, 20, 16)), r;
	r.d[0] = d.d[1] ^ d.d[0] ^ m.d[0];
	r.d[1] = n.d[0] ^ d.d[1] ^ m.d[1];
	v_set(c, BITS(i->w, 4, 0), r);
	return NEXT;
}

EXEC(sha1su1)
{
	union vreg d = v_get(c, BITS(i->w, 4, 0)), n = v_get(c, BITS(i->w, 9, 5)), r;
	for (unsigned k = 0; k < 4; k++)
		r.s[k] = rotate_right(d.s[k] ^ (k < 3 ? n.s[k + 1] : 0), 31);
	r.s[3] ^= rotate_right(r.s[0], 31);
	v_set(c, BITS(i->w, 4, 0), r);
	return NEXT;
}

/* Four rounds of SHA-256: x is a..d, y is e..h, w the scheduled words with constants added. */
static inline void sha256_rounds(union vreg *x, union vreg *y, const union vreg *w)
{
	for (unsigned k = 0; k < 4; k++) {
		uint32_t a = x->s[0], e = y->s[0];
		uint32_t t = y->s[3] + choose(e, y->s[1], y->s[2]) + w->s[k] +
			     (rotate_right(e, 6) ^ rotate_right(e, 11) ^ rotate_right(e, 25));
		uint32_t next_e = x->s[3] + t;
		uint32_t next_a = t + majority(a, x->s[1], x->s[2]) +
				  (rotate_right(a, 2) ^ rotate_right(a, 13) ^ rotate_right(a, 22));
		*x = (union vreg){.s = {next_a, a, x->s[1], x->s[2]}};
		*y = (union vreg){.s = {next_e, e, y->s[1], y->s[2]}};
	}
}

EXEC(sha256h)
{
	union vreg x = v_get(c, BITS(i->w, 4, 0)), y = v_get(c, BITS(i->w, 9, 5)),
		   w = v_get(c, BITS(i->w, 20, 16));
	sha256_rounds(&x, &y, &w);
	v_set(c, BITS(i->w, 4, 0), x);
	return NEXT;
}

EXEC(sha256h2)
{
	union vreg x = v_get(c, BITS(i->w, 9, 5)), y = v_get(c, BITS(i->w, 4, 0)),
		   w = v_get(c, BITS(i->w, 20, 16));
	sha256_rounds(&x, &y, &w);
	v_set(c, BITS(i->w, 4, 0), y);
	return NEXT;
}

EXEC(sha256su0)
{
	union vreg d = v_get(c, BITS(i->w, 4, 0)), n = v_get(c, BITS(i->w, 9, 5)), r;
	for (unsigned k = 0; k < 4; k++) {
		uint32_t x = k < 3 ? d.s[k + 1] : n.s[0];
		r.s[k] = d.s[k] + (rotate_right(x, 7) ^ rotate_right(x, 18) ^ x >> 3);
	}
	v_set(c, BITS(i->w, 4, 0), r);
	return NEXT;
}

EXEC(sha256su1)
{
	union vreg d = v_get(c, BITS(i->w, 4, 0)), n = v_get(c, BITS(i->w, 9, 5)),
		   m = v_get(c, BITS(i->w, 20, 16)), r;
	for (unsigned k = 0; k < 4; k++) {
		uint32_t x = k < 2 ? m.s[k + 2] : r.s[k - 2];
		r.s[k] = d.s[k] + (k < 3 ? n.s[k + 1] : m.s[0]) +
			 (rotate_right(x, 17) ^ rotate_right(x, 19) ^ x >> 10);
	}
	v_set(c, BITS(i->w, 4, 0), r);
	return NEXT;
}

/* SHA-512: two rounds or two words at a time, the later one in the low lane. */

static inline uint64_t rotate_right64(uint64_t x, unsigned n)
{
	return x >> n | x << (64 - n);
}

static inline uint64_t sum_of_rotations(uint64_t x, unsigned a, unsigned b, unsigned n)
{
	return rotate_right64(x, a) ^ rotate_right64(x, b) ^ rotate_right64(x, n);
}

EXEC(sha512h)
{
	union vreg w = v_get(c, BITS(i->w, 4, 0)), x = v_get(c, BITS(i->w, 9, 5)),
		   y = v_get(c, BITS(i->w, 20, 16)), r;
	uint64_t e = y.d[1];
	r.d[1] = ((e & x.d[0]) ^ (~e & x.d[1])) + sum_of_rotations(e, 14, 18, 41) + w.d[1];
	e = r.d[1] + y.d[0];
	r.d[0] = ((e & y.d[1]) ^ (~e & x.d[0])) + sum_of_rotations(e, 14, 18, 41) + w.d[0];
	v_set(c, BITS(i->w, 4, 0), r);
	return NEXT;
}

static inline uint64_t majority64(uint64_t x, uint64_t y, uint64_t z)
{
	return (x & y) | ((x | y) & z);
}

EXEC(sha512h2)
{
	union vreg w = v_get(c, BITS(i->w, 4, 0)), x = v_get(c, BITS(i->w, 9, 5)),
		   y = v_get(c, BITS(i->w, 20, 16)), r;
	r.d[1] = majority64(x.d[0], y.d[1], y.d[0]) + sum_of_rotations(y.d[0], 28, 34, 39) + w.d[1];
	r.d[0] = majority64(r.d[1], y.d[0], y.d[1]) + sum_of_rotations(r.d[1], 28, 34, 39) + w.d[0];
	v_set(c, BITS(i->w, 4, 0), r);
	return NEXT;
}

EXEC(sha512su0)
{
	union vreg w = v_get(c, BITS(i->w, 4, 0)), x = v_get(c, BITS(i->w, 9, 5));
	uint64_t next[2] = {w.d[1], x.d[0]};
	for (unsigned k = 0; k < 2; k++)
		w.d[k] += rotate_right64(next[k], 1) ^ rotate_right64(next[k], 8) ^ next[k] >> 7;
	v_set(c, BITS(i->w, 4, 0), w);
	return NEXT;
}

EXEC(sha512su1)
{
	union vreg w = v_get(c, BITS(i->w, 4, 0)), x = v_get(c, BITS(i->w, 9, 5)),
		   y = v_get(c, BITS(i->w, 20, 16));
	for (unsigned k = 0; k < 2; k++)
		w.d[k] += y.d[k] +
			  (rotate_right64(x.d[k], 19) ^ rotate_right64(x.d[k], 61) ^ x.d[k] >> 6);
	v_set(c, BITS(i->w, 4, 0), w);
	return NEXT;
}
