/* AES and carry-less products with the host's own instructions, where it has them.
 *
 * x86-64: AESENCLAST is ShiftRows and SubBytes (which commute) and the addition of a round key,
 * here zero; AESENC has MixColumns in between, so AESENC after AESDECLAST leaves only that. */
#include "cpu/arm64/crypto.h"

#ifdef __x86_64__

#include <immintrin.h>

#define AES __attribute__((target("aes,sse2")))

AES static v128 substitute(v128 state)
{
	return (v128)_mm_aesenclast_si128((__m128i)state, _mm_setzero_si128());
}

AES static v128 inverse_substitute(v128 state)
{
	return (v128)_mm_aesdeclast_si128((__m128i)state, _mm_setzero_si128());
}

AES static v128 mix_columns(v128 state)
{
	const __m128i zero = _mm_setzero_si128();
	return (v128)_mm_aesenc_si128(_mm_aesdeclast_si128((__m128i)state, zero), zero);
}

AES static v128 inverse_mix_columns(v128 state)
{
	return (v128)_mm_aesimc_si128((__m128i)state);
}

__attribute__((target("pclmul,sse2"))) static v128 polynomial_mul(uint64_t a, uint64_t b)
{
	const v128 x = {a, 0}, y = {b, 0};
	return (v128)_mm_clmulepi64_si128((__m128i)x, (__m128i)y, 0);
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
	if (__builtin_cpu_supports("aes") && __builtin_cpu_supports("pclmul"))
		return &crypto_x64;
	return &crypto_portable;
}

#else

const struct crypto_ops *crypto_host(void)
{
	return &crypto_portable;
}

#endif
