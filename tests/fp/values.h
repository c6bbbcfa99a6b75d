/* Floating-point operands that are likely to find mistakes. */
#ifndef MYNA_TESTS_FP_VALUES_H
#define MYNA_TESTS_FP_VALUES_H

#include "tests/insn/random.h"

/* A number of `bits` (16, 32, 64): special values, limits of integers, few significant bits,
 * exponents near those of other values, anything. */
uint64_t value_random(struct random *r, unsigned bits);

/* A neighbour of `near`, often of the opposite sign: for cancellation and ties. */
uint64_t value_near(struct random *r, unsigned bits, uint64_t near);

/* Any of FPCR's modes; round-to-nearest without flushing, which is common, half the time. */
uint32_t fpcr_random(struct random *r);

#endif
