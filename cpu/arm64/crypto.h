/* The steps of AES and GHASH that hosts have instructions for. */
#ifndef MYNA_CPU_ARM64_CRYPTO_H
#define MYNA_CPU_ARM64_CRYPTO_H

#include <stdint.h>

/* A register of the guest that travels in one of the host's. */
typedef uint64_t v128 __attribute__((vector_size(16)));

struct crypto_ops {
	/* FIPS 197: SubBytes() and ShiftRows(), MixColumns(), and their inverses. */
	v128 (*substitute)(v128 state);
	v128 (*inverse_substitute)(v128 state);
	v128 (*mix_columns)(v128 state);
	v128 (*inverse_mix_columns)(v128 state);
	/* PolynomialMult() of DDI 0487: the carry-less product. */
	v128 (*polynomial_mul)(uint64_t a, uint64_t b);
};

/* In plain C: the reference. */
extern const struct crypto_ops crypto_portable;

/* The fastest this host can run; never different in its results. */
const struct crypto_ops *crypto_host(void);

#endif
