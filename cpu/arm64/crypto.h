/* The steps of AES and GHASH that hosts have instructions for. */
#ifndef MYNA_CPU_ARM64_CRYPTO_H
#define MYNA_CPU_ARM64_CRYPTO_H

#include "cpu/arm64/arm64.h"

struct crypto_ops {
	/* FIPS 197: SubBytes() and ShiftRows(), MixColumns(), and their inverses. */
	union vreg (*substitute)(union vreg state);
	union vreg (*inverse_substitute)(union vreg state);
	union vreg (*mix_columns)(union vreg state);
	union vreg (*inverse_mix_columns)(union vreg state);
	/* PolynomialMult() of DDI 0487: the carry-less product. */
	union vreg (*polynomial_mul)(uint64_t a, uint64_t b);
};

/* In plain C: the reference. */
extern const struct crypto_ops crypto_portable;

/* The fastest this host can run; never different in its results. */
const struct crypto_ops *crypto_host(void);

#endif
