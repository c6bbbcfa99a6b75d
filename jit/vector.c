/* Vectors lane by lane.  README.md is the specification; nothing here is for speed. */
#include "jit/vector.h"

#include <string.h>

static uint64_t mask_of(unsigned bits)
{
	return ~UINT64_C(0) >> (64 - bits);
}

static uint64_t lane(const uint64_t v[2], unsigned bits, unsigned k)
{
	return v[k * bits / 64] >> (k * bits % 64) & mask_of(bits);
}

static void set_lane(uint64_t v[2], unsigned bits, unsigned k, uint64_t value)
{
	uint64_t mask = mask_of(bits) << (k * bits % 64);
	v[k * bits / 64] = (v[k * bits / 64] & ~mask) | (value << (k * bits % 64) & mask);
}

static int64_t as_signed(uint64_t v, unsigned bits)
{
	return (int64_t)(v << (64 - bits)) >> (64 - bits);
}

static uint64_t saturate_signed(__int128 v, unsigned bits)
{
	__int128 max = (__int128)mask_of(bits - 1);
	return (uint64_t)(v > max ? max : v < -max - 1 ? -max - 1 : v);
}

static uint64_t saturate(__int128 v, unsigned bits)
{
	__int128 max = (__int128)mask_of(bits);
	return (uint64_t)(v > max ? max : v < 0 ? 0 : v);
}

static uint64_t shift_by(uint64_t a, int count, unsigned bits, bool sign)
{
	int64_t s = sign ? as_signed(a, bits) : 0;
	if (count >= 0)
		return count < (int)bits ? a << count : 0;
	if (-count >= (int)bits)
		return s < 0 ? UINT64_MAX : 0;
	return sign ? (uint64_t)(s >> -count) : a >> -count;
}

static uint64_t leading_zeros(uint64_t a, unsigned bits)
{
	unsigned n = 0;
	while (n < bits && !(a >> (bits - 1 - n) & 1))
		n++;
	return n;
}

static uint64_t pairs(uint64_t a, uint64_t b)
{
	return (uint64_t)(as_signed(a, 16) * as_signed(b, 16) +
			  as_signed(a >> 16, 16) * as_signed(b >> 16, 16));
}

static uint64_t byte_pairs(uint64_t a, uint64_t b)
{
	return saturate_signed((__int128)((int64_t)(a & 0xff) * as_signed(b, 8) +
					  (int64_t)(a >> 8) * as_signed(b >> 8, 8)),
	    16);
}

static uint64_t byte_differences(uint64_t a, uint64_t b)
{
	uint64_t sum = 0;
	for (unsigned k = 0; k < 64; k += 8) {
		uint64_t x = a >> k & 0xff, y = b >> k & 0xff;
		sum += x > y ? x - y : y - x;
	}
	return sum;
}

/* One lane of the operations that work lane by lane. */
static uint64_t one_lane(
    enum ir_op op, unsigned bits, uint64_t imm, uint64_t a, uint64_t b, uint64_t c)
{
	int64_t x = as_signed(a, bits), y = as_signed(b, bits);
	switch (op) {
	case IR_VADD: return a + b;
	case IR_VSUB: return a - b;
	case IR_VMUL: return a * b;
	case IR_VAND: return a & b;
	case IR_VOR: return a | b;
	case IR_VXOR: return a ^ b;
	case IR_VANDN: return a & ~b;
	case IR_VSEL: return (a & b) | (~a & c);
	case IR_VCEQ: return -(uint64_t)(a == b);
	case IR_VCGT: return -(uint64_t)(x > y);
	case IR_VCHI: return -(uint64_t)(a > b);
	case IR_VSMIN: return x < y ? a : b;
	case IR_VSMAX: return x > y ? a : b;
	case IR_VUMIN: return a < b ? a : b;
	case IR_VUMAX: return a > b ? a : b;
	case IR_VSQADD: return saturate_signed((__int128)x + y, bits);
	case IR_VUQADD: return saturate((__int128)a + b, bits);
	case IR_VSQSUB: return saturate_signed((__int128)x - y, bits);
	case IR_VUQSUB: return saturate((__int128)a - b, bits);
	case IR_VAVG: return (a + b + 1) >> 1;
	case IR_VABS: return x < 0 ? -a : a;
	case IR_VSHL: return a << imm;
	case IR_VSHR: return a >> imm;
	case IR_VSAR: return (uint64_t)(x >> imm);
	case IR_VUSHL: return shift_by(a, (int8_t)b, bits, false);
	case IR_VSSHL: return shift_by(a, (int8_t)b, bits, true);
	case IR_VMULS: return (uint64_t)((int64_t)(int32_t)a * (int32_t)b);
	case IR_VMULU: return (uint64_t)(uint32_t)a * (uint32_t)b;
	case IR_VPAIRS: return pairs(a, b);
	case IR_VPAIRSB: return byte_pairs(a, b);
	case IR_VMULHS: return (uint64_t)(x * y >> 16);
	case IR_VMULRS: return (uint64_t)((x * y * 2 + 0x8000) >> 16);
	case IR_VSAD: return byte_differences(a, b);
	case IR_VCNT: return (uint64_t)__builtin_popcountll(a);
	case IR_VCLZ: return leading_zeros(a, bits);
	default: return 0;
	}
}

static void widen(enum ir_op op, unsigned bits, const uint64_t a[2], uint64_t r[2])
{
	for (unsigned k = 0; k < 128 / bits; k++) {
		uint64_t v = lane(a, bits / 2, k);
		set_lane(r, bits, k, op == IR_VSXT ? (uint64_t)as_signed(v, bits / 2) : v);
	}
}

static void multiply_carryless(uint64_t a, uint64_t b, uint64_t r[2])
{
	r[0] = r[1] = 0;
	for (unsigned k = 0; k < 64; k++) {
		if (!(b >> k & 1))
			continue;
		r[0] ^= a << k;
		r[1] ^= k ? a >> (64 - k) : 0;
	}
}

static void permute(const uint64_t a[2], const uint64_t b[2], uint64_t r[2])
{
	for (unsigned k = 0; k < 16; k++) {
		uint64_t from = lane(b, 8, k);
		set_lane(r, 8, k, from < 128 ? lane(a, 8, from & 15) : 0);
	}
}

/* --- AES, FIPS 197 --- */

static uint8_t gf_multiply(uint8_t a, uint8_t b)
{
	uint8_t r = 0;
	for (; b; b >>= 1, a = (uint8_t)(a << 1 ^ (a >> 7) * 0x1b))
		r ^= b & 1 ? a : 0;
	return r;
}

static uint8_t rotate(uint8_t v, unsigned n)
{
	return (uint8_t)(v << n | v >> (8 - n));
}

/* The inverse is the 254th power. */
static uint8_t sub_byte(uint8_t v)
{
	uint8_t r = 1, square = v;
	for (unsigned k = 1; k < 8; k++) {
		square = gf_multiply(square, square);
		r = gf_multiply(r, square);
	}
	return (uint8_t)(r ^ rotate(r, 1) ^ rotate(r, 2) ^ rotate(r, 3) ^ rotate(r, 4) ^ 0x63);
}

static uint8_t inverse_sub_byte(uint8_t v)
{
	unsigned r = 0;
	while (sub_byte((uint8_t)r) != v)
		r++;
	return (uint8_t)r;
}

/* Row r of the state, bytes r, r + 4, ..., moves by r columns. */
static void shift_and_substitute(bool inverse, const uint8_t in[16], uint8_t out[16])
{
	for (unsigned k = 0; k < 16; k++) {
		unsigned row = k % 4, column = k / 4;
		unsigned from = (column + (inverse ? 4 - row : row)) % 4;
		uint8_t v = in[from * 4 + row];
		out[k] = inverse ? inverse_sub_byte(v) : sub_byte(v);
	}
}

static void mix_columns(const uint8_t factor[4], const uint8_t in[16], uint8_t out[16])
{
	for (unsigned k = 0; k < 16; k++) {
		out[k] = 0;
		for (unsigned j = 0; j < 4; j++)
			out[k] ^= gf_multiply(in[k / 4 * 4 + (k + j) % 4], factor[j]);
	}
}

static void aes(enum ir_op op, bool mix, const uint64_t a[2], const uint64_t b[2], uint64_t r[2])
{
	static const uint8_t forward[4] = {2, 3, 1, 1}, backward[4] = {14, 11, 13, 9};
	uint64_t state[2] = {a[0], a[1]};
	uint8_t in[16], out[16];
	if (op == IR_AESE || op == IR_AESD) {
		state[0] ^= b[0];
		state[1] ^= b[1];
	}
	memcpy(in, state, sizeof in);
	if (op == IR_AESE || op == IR_AESD)
		shift_and_substitute(op == IR_AESD, in, out);
	else
		mix_columns(op == IR_AESMC ? forward : backward, in, out);
	if (op == IR_AESE && mix) {
		memcpy(in, out, sizeof in);
		mix_columns(forward, in, out);
	}
	memcpy(r, out, sizeof out);
}

/* --- SHA, FIPS 180-4 --- */

static uint32_t word(const uint64_t v[2], unsigned k)
{
	return (uint32_t)lane(v, 32, k);
}

static uint32_t rotate_left(uint32_t v, unsigned n)
{
	return v << n | v >> (32 - n);
}

static uint32_t choose(uint32_t x, uint32_t y, uint32_t z)
{
	return (x & y) ^ (~x & z);
}

static uint32_t majority(uint32_t x, uint32_t y, uint32_t z)
{
	return (x & y) ^ (x & z) ^ (y & z);
}

static void sha1(unsigned info, const uint64_t v[2], const uint64_t w[2], uint64_t r[2])
{
	static const uint32_t constant[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
	uint32_t a = word(v, 3), b = word(v, 2), c = word(v, 1), d = word(v, 0), e = 0;
	for (unsigned k = 0; k < 4; k++) {
		uint32_t f = info == 0   ? choose(b, c, d)
			     : info == 2 ? majority(b, c, d)
					 : b ^ c ^ d;
		uint32_t t = f + rotate_left(a, 5) + e + word(w, 3 - k) + constant[info & 3];
		e = d;
		d = c;
		c = rotate_left(b, 30);
		b = a;
		a = t;
	}
	r[0] = d | (uint64_t)c << 32;
	r[1] = b | (uint64_t)a << 32;
}

static void sha256(const uint64_t v[2], const uint64_t u[2], const uint64_t w[2], uint64_t r[2])
{
	uint32_t a = word(u, 3), b = word(u, 2), c = word(v, 3), d = word(v, 2);
	uint32_t e = word(u, 1), f = word(u, 0), g = word(v, 1), h = word(v, 0);
	for (unsigned k = 0; k < 2; k++) {
		uint32_t t = h + choose(e, f, g) + word(w, k) +
			     (rotate_left(e, 26) ^ rotate_left(e, 21) ^ rotate_left(e, 7));
		uint32_t sum = rotate_left(a, 30) ^ rotate_left(a, 19) ^ rotate_left(a, 10);
		uint32_t next = t + sum + majority(a, b, c);
		h = g;
		g = f;
		f = e;
		e = d + t;
		d = c;
		c = b;
		b = a;
		a = next;
	}
	r[0] = f | (uint64_t)e << 32;
	r[1] = b | (uint64_t)a << 32;
}

static void sha256_schedule(bool last, const uint64_t a[2], const uint64_t b[2], uint64_t r[2])
{
	for (unsigned k = 0; k < 4; k++) {
		uint32_t x = k < 3 ? word(a, k + 1) : word(b, 0), s;
		if (last)
			x = k < 2 ? word(b, k + 2) : word(r, k - 2);
		s = last ? rotate_left(x, 15) ^ rotate_left(x, 13) ^ x >> 10
			 : rotate_left(x, 25) ^ rotate_left(x, 14) ^ x >> 3;
		set_lane(r, 32, k, word(a, k) + s);
	}
}

/* --- All --- */

bool vector_is_lanes(enum ir_op op)
{
	return (op >= IR_VADD && op <= IR_VCLZ) || (op >= IR_AESE && op <= IR_SHA256B);
}

unsigned vector_infos(enum ir_op op)
{
	enum { B = 1, H = 2, W = 4, D = 8 };
	switch (op) {
	case IR_VMUL: return B | H | W;
	case IR_VAVG: return B | H;
	case IR_VSXT:
	case IR_VUXT: return H | W | D;
	case IR_VMULS:
	case IR_VMULU:
	case IR_VSAD: return D;
	case IR_VPAIRS: return W;
	case IR_VPAIRSB:
	case IR_VMULHS:
	case IR_VMULRS: return H;
	case IR_VPERM:
	case IR_VCNT: return B;
	case IR_VCLZ: return W | D;
	case IR_AESE:
	case IR_CLMUL: return 1 | 2; /* 0 or 1 */
	case IR_AESD:
	case IR_AESMC:
	case IR_AESIMC:
	case IR_SHA256:
	case IR_SHA256A:
	case IR_SHA256B: return 1;
	default: return B | H | W | D;
	}
}

void vector_lanes(uint64_t what, uint64_t v[3][2])
{
	enum ir_op op = (enum ir_op)(what & 0xff);
	unsigned info = what >> 8 & 0xff, bits = 8u << (info & 3);
	uint64_t imm = what >> 16, r[2] = {0, 0};
	switch (op) {
	case IR_VSXT:
	case IR_VUXT: widen(op, bits, v[0], r); break;
	case IR_VPERM: permute(v[0], v[1], r); break;
	case IR_CLMUL: multiply_carryless(v[0][info & 1], v[1][info & 1], r); break;
	case IR_AESE:
	case IR_AESD:
	case IR_AESMC:
	case IR_AESIMC: aes(op, info, v[0], v[1], r); break;
	case IR_SHA1: sha1(info, v[0], v[1], r); break;
	case IR_SHA256: sha256(v[0], v[1], v[2], r); break;
	case IR_SHA256A:
	case IR_SHA256B: sha256_schedule(op == IR_SHA256B, v[0], v[1], r); break;
	default:
		for (unsigned k = 0; k < 128 / bits; k++)
			set_lane(r, bits, k,
			    one_lane(op, bits, imm, lane(v[0], bits, k), lane(v[1], bits, k),
				lane(v[2], bits, k)));
	}
	memcpy(v[0], r, sizeof r);
}
