/* What the FP differential test and its guest program exchange.  Also compiled for the guest, so
 * it needs nothing but <stdint.h>. */
#ifndef MYNA_TESTS_FP_EXCHANGE_H
#define MYNA_TESTS_FP_EXCHANGE_H

#include <stdint.h>

#define EXCHANGE_WORDS 16
#define EXCHANGE_CASES 4096

/* Instructions use fixed registers: V0 or X0 the destination, V1 or X1, V2 and V3 the sources;
 * V18 equals V2, since the top bit of a register number may be part of an index. */
struct fp_case {
	uint64_t v[4][2];
	uint64_t x[2];
	uint64_t nzcv; /* bits 31:28 */
	uint64_t fpcr, fpsr;
	uint64_t word; /* index into words */
};

struct exchange {
	uint32_t words[EXCHANGE_WORDS];
	struct fp_case cases[EXCHANGE_CASES];
};

#endif
