/* AES and carry-less products with the host's own instructions, where it has them.
 *
 * x86-64: AESENCLAST is ShiftRows and SubBytes (which commute) and the addition of a round key,
 * here zero; AESENC has MixColumns in between, so AESENC after AESDECLAST leaves only that. */
#include "cpu/arm64/crypto.h"

#ifdef __x86_64__

#include <immintrin.h>

#define AES __attribute__((target("aes,sse2")))

AES static inline __m128i from_vreg(union vreg v)
{
	return _mm_set_epi64x((long long)v.d[1], (long long)v.d[0]);
}

AES static inline union vreg to_vreg(__m128i x)
{
	union vreg v;
	_mm_storeu_si128((__m128i *)&v, x);
	return v;
}

AES static union vreg substitute(union vreg state)
{
	return to_vreg(_mm_aesenclast_si128(from_vreg(state), _mm_setzero_si128()));
}

AES static union vreg inverse_substitute(union vreg state)
{
	return to_vreg(_mm_aesdeclast_si128(from_vreg(state), _mm_setzero_si128()));
}

AES static union vreg mix_columns(union vreg state)
{
	const __m128i zero = _mm_setzero_si128();
	return to_vreg(_mm_aesenc_si128(_mm_aesdeclast_si128(from_vreg(state), zero), zero));
}

AES static union vreg inverse_mix_columns(union vreg state)
{
	return to_vreg(_mm_aesimc_si128(from_vreg(state)));
}

__attribute__((target("pclmul,sse2"))) static union vreg polynomial_mul(uint64_t a, uint64_t b)
{
	union vreg v;
	__m128i product = _mm_clmulepi64_si128(
	    _mm_cvtsi64_si128((long long)a), _mm_cvtsi64_si128((long long)b), 0);
	_mm_storeu_si128((__m128i *)&v, product);
	return v;
}

static const struct crypto_ops crypto_x64 = {
    .substitute = substitute,
    .inverse_substitute = inverse_substitute,
    .mix_columns = mix_columns,
    .inverse_mix_columns = inverse_mix_columns,
    .polynomial_mul = polynomial_mul,
};

const struct crypto_ops *crypto_host(void)
{
	bool able = __builtin_cpu_supports("aes") && __builtin_cpu_supports("pclmul");
	return able ? &crypto_x64 : &crypto_portable;
}

#else

const struct crypto_ops *crypto_host(void)
{
	return &crypto_portable;
}

#endif
