/* AES, SHA and PMULL instructions in the sequences that real code uses, against the examples of
 * FIPS 197 and FIPS 180-4. */
#include <criterion/criterion.h>

#include "cpu/arm64/crypto.h"
#include "cpu/arm64/table.h"
#include "jit/jit.h"
#include "tests/insn/random.h"
#include "tests/insn/single.h"

static struct arm64 cpu;

#define Q      (UINT32_C(1) << 30)
#define LANE_S (UINT32_C(2) << 22)
#define LANE_D (UINT32_C(3) << 22)

/* The instruction of row `name` with these registers and fields. */
static struct insn *decoded(const char *name, uint32_t fields, unsigned d, unsigned n, unsigned m)
{
	static struct code_page page;
	const struct decoder *decoder = arm64_decoder();
	for (unsigned r = 0; r < decoder->count; r++) {
		if (strcmp(decoder->rows[r].name, name) != 0)
			continue;
		arm64_decode(decoder->rows[r].value | fields | d | n << 5 | m << 16, &page.insn[0]);
		cr_assert_eq(page.insn[0].row, r);
		return &page.insn[0];
	}
	cr_assert_fail("no row %s", name);
	return NULL;
}

static void op_fields(const char *name, uint32_t fields, unsigned d, unsigned n, unsigned m)
{
	struct insn *i = decoded(name, fields, d, n, m);
	i->exec(&cpu, i);
}

static void op(const char *name, unsigned d, unsigned n, unsigned m)
{
	op_fields(name, 0, d, n, m);
}

static union vreg get(unsigned n)
{
	union vreg v;
	memcpy(&v, &cpu.s.v[2 * n], sizeof v);
	return v;
}

static void set(unsigned n, union vreg v)
{
	memcpy(&cpu.s.v[2 * n], &v, sizeof v);
}

static union vreg words(uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	return (union vreg){.s = {a, b, c, d}};
}

/* FIPS 197 section 5.2.  AESE of a zero key on four equal columns is SubWord(). */
static void expand_key(union vreg *keys)
{
	uint32_t word[44], constant = 1;
	memcpy(word, &keys[0], 16);
	for (unsigned k = 4; k < 44; k++) {
		uint32_t t = word[k - 1];
		if (k % 4 == 0) {
			set(0, words(t, t, t, t));
			set(1, words(0, 0, 0, 0));
			op("aese", 0, 1, 0);
			t = get(0).s[0];
			t = (t >> 8 | t << 24) ^ constant;
			constant = constant << 1 ^ (constant & 0x80 ? 0x11b : 0);
		}
		word[k] = word[k - 4] ^ t;
	}
	memcpy(keys, word, sizeof word);
}

static const union vreg plain = {.b = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99,
				     0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff}};
static const union vreg cipher = {.b = {0x69, 0xc4, 0xe0, 0xd8, 0x6a, 0x7b, 0x04, 0x30, 0xd8, 0xcd,
				      0xb7, 0x80, 0x70, 0xb4, 0xc5, 0x5a}};
static const union vreg key = {.b = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}};

/* FIPS 197 appendix C.1. */
Test(crypto, aes_128_encrypts)
{
	union vreg keys[11] = {key};
	expand_key(keys);
	set(0, plain);
	for (unsigned round = 0; round < 10; round++) {
		set(1, keys[round]);
		op("aese", 0, 1, 0);
		if (round < 9)
			op("aesmc", 0, 0, 0);
	}
	set(1, keys[10]);
	op_fields("eor_v", Q, 0, 0, 1);
	union vreg v = get(0);
	cr_assert_arr_eq(v.b, cipher.b, 16);
}

/* The equivalent inverse cipher, FIPS 197 section 5.3.5. */
Test(crypto, aes_128_decrypts)
{
	union vreg keys[11] = {key};
	expand_key(keys);
	set(0, cipher);
	for (unsigned round = 10; round > 0; round--) {
		set(1, keys[round]);
		if (round < 10)
			op("aesimc", 1, 1, 0);
		op("aesd", 0, 1, 0);
		if (round > 1)
			op("aesimc", 0, 0, 0);
	}
	set(1, keys[0]);
	op_fields("eor_v", Q, 0, 0, 1);
	union vreg v = get(0);
	cr_assert_arr_eq(v.b, plain.b, 16);
}

/* The padded block of "abc": w[0] and the length in bits at the end. */
#define ABC_FIRST  0x61626380u
#define ABC_LENGTH 24

static void hash_equals(const union vreg *got, const char *expected)
{
	char text[2 * 32 + 1];
	for (unsigned k = 0; k < 8; k++)
		sprintf(text + 8 * k, "%08x", got[k / 4].s[k % 4]);
	text[strlen(expected)] = '\0';
	cr_assert_str_eq(text, expected);
}

/* Registers: 0 a..d, 1 e, 2 next e, 3 words + constant, 16..19 words. */
Test(crypto, sha1_of_abc)
{
	static const uint32_t constant[] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
	static const char *const rounds[] = {"sha1c", "sha1p", "sha1m", "sha1p"};
	const union vreg start = words(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
	const uint32_t start_e = 0xc3d2e1f0;
	for (unsigned k = 16; k < 20; k++)
		set(k, words(k == 16 ? ABC_FIRST : 0, 0, 0, k == 19 ? ABC_LENGTH : 0));
	set(0, start);
	set(1, words(start_e, 0, 0, 0));
	for (unsigned step = 0; step < 20; step++) {
		unsigned w = 16 + step % 4;
		if (step >= 4) {
			op("sha1su0", w, 16 + (step + 1) % 4, 16 + (step + 2) % 4);
			op("sha1su1", w, 16 + (step + 3) % 4, 0);
		}
		uint32_t k = constant[step / 5];
		set(3, words(k, k, k, k));
		op_fields("add_v", Q | LANE_S, 3, 3, w);
		op("sha1h", 2, 0, 0);
		op(rounds[step / 5], 0, 1, 3);
		set(1, get(2));
	}
	union vreg abcd = get(0), e = get(1);
	for (unsigned k = 0; k < 4; k++)
		abcd.s[k] += start.s[k];
	e.s[0] += start_e;
	union vreg got[2] = {abcd, e};
	hash_equals(got, "a9993e364706816aba3e25717850c26c9cd0d89d");
}

/* FIPS 180-4 sections 4.2.3 and 5.3.5; the upper halves serve SHA-256. */
static const uint64_t round_constants[80] = {
    0x428a2f98d728ae22,
    0x7137449123ef65cd,
    0xb5c0fbcfec4d3b2f,
    0xe9b5dba58189dbbc,
    0x3956c25bf348b538,
    0x59f111f1b605d019,
    0x923f82a4af194f9b,
    0xab1c5ed5da6d8118,
    0xd807aa98a3030242,
    0x12835b0145706fbe,
    0x243185be4ee4b28c,
    0x550c7dc3d5ffb4e2,
    0x72be5d74f27b896f,
    0x80deb1fe3b1696b1,
    0x9bdc06a725c71235,
    0xc19bf174cf692694,
    0xe49b69c19ef14ad2,
    0xefbe4786384f25e3,
    0x0fc19dc68b8cd5b5,
    0x240ca1cc77ac9c65,
    0x2de92c6f592b0275,
    0x4a7484aa6ea6e483,
    0x5cb0a9dcbd41fbd4,
    0x76f988da831153b5,
    0x983e5152ee66dfab,
    0xa831c66d2db43210,
    0xb00327c898fb213f,
    0xbf597fc7beef0ee4,
    0xc6e00bf33da88fc2,
    0xd5a79147930aa725,
    0x06ca6351e003826f,
    0x142929670a0e6e70,
    0x27b70a8546d22ffc,
    0x2e1b21385c26c926,
    0x4d2c6dfc5ac42aed,
    0x53380d139d95b3df,
    0x650a73548baf63de,
    0x766a0abb3c77b2a8,
    0x81c2c92e47edaee6,
    0x92722c851482353b,
    0xa2bfe8a14cf10364,
    0xa81a664bbc423001,
    0xc24b8b70d0f89791,
    0xc76c51a30654be30,
    0xd192e819d6ef5218,
    0xd69906245565a910,
    0xf40e35855771202a,
    0x106aa07032bbd1b8,
    0x19a4c116b8d2d0c8,
    0x1e376c085141ab53,
    0x2748774cdf8eeb99,
    0x34b0bcb5e19b48a8,
    0x391c0cb3c5c95a63,
    0x4ed8aa4ae3418acb,
    0x5b9cca4f7763e373,
    0x682e6ff3d6b2b8a3,
    0x748f82ee5defb2fc,
    0x78a5636f43172f60,
    0x84c87814a1f0ab72,
    0x8cc702081a6439ec,
    0x90befffa23631e28,
    0xa4506cebde82bde9,
    0xbef9a3f7b2c67915,
    0xc67178f2e372532b,
    0xca273eceea26619c,
    0xd186b8c721c0c207,
    0xeada7dd6cde0eb1e,
    0xf57d4f7fee6ed178,
    0x06f067aa72176fba,
    0x0a637dc5a2c898a6,
    0x113f9804bef90dae,
    0x1b710b35131c471b,
    0x28db77f523047d84,
    0x32caab7b40c72493,
    0x3c9ebe0a15c9bebc,
    0x431d67c49c100d4c,
    0x4cc5d4becb3e42b6,
    0x597f299cfc657e2a,
    0x5fcb6fab3ad6faec,
    0x6c44198c4a475817,
};
static const uint64_t initial_hash[8] = {
    0x6a09e667f3bcc908,
    0xbb67ae8584caa73b,
    0x3c6ef372fe94f82b,
    0xa54ff53a5f1d36f1,
    0x510e527fade682d1,
    0x9b05688c2b3e6c1f,
    0x1f83d9abfb41bd6b,
    0x5be0cd19137e2179,
};

/* Registers: 0 a..d, 1 e..h, 2 a..d before, 3 words + constants, 16..19 words. */
Test(crypto, sha256_of_abc)
{
	union vreg start[2], got[2];
	for (unsigned k = 0; k < 8; k++)
		start[k / 4].s[k % 4] = (uint32_t)(initial_hash[k] >> 32);
	for (unsigned k = 16; k < 20; k++)
		set(k, words(k == 16 ? ABC_FIRST : 0, 0, 0, k == 19 ? ABC_LENGTH : 0));
	set(0, start[0]);
	set(1, start[1]);
	for (unsigned step = 0; step < 16; step++) {
		unsigned w = 16 + step % 4;
		union vreg k;
		if (step >= 4) {
			op("sha256su0", w, 16 + (step + 1) % 4, 0);
			op("sha256su1", w, 16 + (step + 2) % 4, 16 + (step + 3) % 4);
		}
		for (unsigned lane = 0; lane < 4; lane++)
			k.s[lane] = (uint32_t)(round_constants[4 * step + lane] >> 32);
		set(3, k);
		op_fields("add_v", Q | LANE_S, 3, 3, w);
		set(2, get(0));
		op("sha256h", 0, 1, 3);
		op("sha256h2", 1, 2, 3);
	}
	for (unsigned k = 0; k < 8; k++)
		got[k / 4].s[k % 4] = get(k / 4).s[k % 4] + start[k / 4].s[k % 4];
	hash_equals(got, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

/* Two rounds of SHA-512.  Registers: 0..3 a..h, 4 words + constants, 5 and 6 pairs across them. */
static void sha512_rounds(unsigned w, const uint64_t *constants)
{
	set(4, (union vreg){.d = {constants[0], constants[1]}});
	op_fields("add_v", Q | LANE_D, 4, 4, w);
	union vreg k = get(4);
	set(4, (union vreg){.d = {k.d[1], k.d[0]}});
	op_fields("add_v", Q | LANE_D, 4, 4, 3);
	set(5, (union vreg){.d = {get(2).d[1], get(3).d[0]}});
	set(6, (union vreg){.d = {get(1).d[1], get(2).d[0]}});
	op("sha512h", 4, 5, 6);
	set(3, get(2));
	op_fields("add_v", Q | LANE_D, 2, 1, 4);
	op("sha512h2", 4, 1, 0);
	set(1, get(0));
	set(0, get(4));
}

/* Words in registers 16..23, two each. */
Test(crypto, sha512_of_abc)
{
	char text[2 * 64 + 1];
	for (unsigned k = 0; k < 4; k++)
		set(k, (union vreg){.d = {initial_hash[2 * k], initial_hash[2 * k + 1]}});
	for (unsigned k = 16; k < 24; k++)
		set(k, (union vreg){.d = {k == 16 ? (uint64_t)ABC_FIRST << 32 : 0,
					k == 23 ? ABC_LENGTH : 0}});
	for (unsigned step = 0; step < 40; step++) {
		unsigned w = 16 + step % 8;
		if (step >= 8) {
			op("sha512su0", w, 16 + (step + 1) % 8, 0);
			set(7, (union vreg){.d = {get(16 + (step + 4) % 8).d[1],
						get(16 + (step + 5) % 8).d[0]}});
			op("sha512su1", w, 16 + (step + 7) % 8, 7);
		}
		sha512_rounds(w, &round_constants[2 * step]);
	}
	for (unsigned k = 0; k < 8; k++)
		sprintf(text + 16 * k, "%016llx",
		    (unsigned long long)(get(k / 2).d[k % 2] + initial_hash[k]));
	cr_assert_str_eq(text, "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
			       "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

/* (x^63 + x^3 + 1)(x^63 + 1) = x^126 + x^66 + x^3 + 1, the two x^63 cancel; PMULL2
 * takes its operands from the upper halves. */
Test(crypto, pmull_64_bits)
{
	const uint64_t a = UINT64_C(0x8000000000000009), b = UINT64_C(0x8000000000000001);
	set(1, (union vreg){.d = {a, 5}});
	set(2, (union vreg){.d = {b, 3}});
	op("pmull_64", 0, 1, 2);
	cr_assert_eq(get(0).d[0], 9);
	cr_assert_eq(get(0).d[1], UINT64_C(0x4000000000000004));
	op_fields("pmull_64", Q, 0, 1, 2);
	cr_assert_eq(get(0).d[0], 15);
	cr_assert_eq(get(0).d[1], 0);
}

static void same(v128 a, v128 b)
{
	cr_assert_arr_eq(&a, &b, sizeof a);
}

/* On a host without such instructions this compares the reference with itself. */
Test(crypto, host_instructions_agree_with_the_reference)
{
	const struct crypto_ops *host = crypto_host(), *reference = &crypto_portable;
	struct random r = {1};
	for (unsigned n = 0; n < 20000; n++) {
		v128 v = {random_next(&r), random_next(&r)};
		same(host->substitute(v), reference->substitute(v));
		same(host->inverse_substitute(v), reference->inverse_substitute(v));
		same(host->mix_columns(v), reference->mix_columns(v));
		same(host->inverse_mix_columns(v), reference->inverse_mix_columns(v));
		same(host->polynomial_mul(v[0], v[1]), reference->polynomial_mul(v[0], v[1]));
		same(reference->inverse_substitute(reference->substitute(v)), v);
		same(reference->inverse_mix_columns(reference->mix_columns(v)), v);
	}
}

/* What comes in pairs may be translated as one: in sequence and in one block it does the same. */
static void pairs_on(enum engine_kind engine)
{
	static const struct {
		const char *name;
		unsigned d, n, m;
	} sequence[] = {{"orr_v", 2, 0, 0}, {"sha256h", 0, 1, 3}, {"sha256h2", 1, 2, 3},
	    {"sha256h2", 2, 0, 3}, {"aese", 4, 5, 0}, {"aesmc", 4, 4, 0}, {"aese", 6, 5, 0},
	    {"aesmc", 7, 6, 0}, {"orr_v", 8, 9, 9}, {"sha256h2", 10, 9, 3}, {"sha256h", 9, 10, 3}};
	enum { COUNT = sizeof sequence / sizeof *sequence };
	struct single *p = single_open(engine);
	struct random r = {1};
	cr_assert(p);
	for (unsigned k = 0; k < 100; k++) {
		struct arm64_state s = {.pc = 0};
		uint32_t words[COUNT];
		for (unsigned v = 0; v < ARM64_V_COUNT; v++)
			s.v[v] = random_next(&r);
		memcpy(cpu.s.v, s.v, sizeof s.v);
		for (unsigned j = 0; j < COUNT; j++) {
			struct insn *i =
			    decoded(sequence[j].name, sequence[j].name[0] == 'o' ? Q : 0,
				sequence[j].d, sequence[j].n, sequence[j].m);
			words[j] = i->w;
			i->exec(&cpu, i);
		}
		single_set_up(&s);
		single_run_together(p, words, COUNT, &s);
		cr_assert_eq(s.pc, 4 * COUNT);
		cr_assert_arr_eq(s.v, cpu.s.v, sizeof s.v);
	}
	single_close(p);
}

Test(crypto, pairs_in_evaluated_blocks)
{
	pairs_on(ENGINE_EVAL);
}

Test(crypto, pairs_in_translated_blocks)
{
	if (!jit_host_supported())
		cr_skip_test("no such host");
	pairs_on(ENGINE_JIT);
}
