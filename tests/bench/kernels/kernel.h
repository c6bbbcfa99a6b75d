/*
 * What the benchmark's kernels share.
 *
 * A kernel does its work `scale` times, in time proportional to it, and returns a checksum of the
 * results. It reads nothing from outside, so the checksum depends on the scale alone.
 */
#ifndef BENCH_KERNEL_H
#define BENCH_KERNEL_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define KERNEL(name, class, usual, comparable, text) uint64_t kernel_##name(unsigned scale);
#include "kernels.def"
#undef KERNEL

/* Runs a command between two marks and prints a checksum of what it writes; see timeit.c. */
int timeit(const char *item, char **command);

/* What is measured stands between these two lines on standard output. */
void mark_begin(const char *item);
void mark_end(const char *item);
/* Nanoseconds since some start. */
uint64_t clock_ns(void);
void print_checksum(const char *item, uint64_t checksum, uint64_t ns);

/* Adds a word to a checksum. */
static inline uint64_t mix(uint64_t sum, uint64_t word)
{
	sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return sum ^ sum >> 29;
}

static inline uint64_t mix_double(uint64_t sum, double x)
{
	uint64_t bits;

	memcpy(&bits, &x, sizeof bits);
	return mix(sum, bits);
}

static inline uint64_t mix_bytes(uint64_t sum, const void *bytes, size_t n)
{
	const unsigned char *b = bytes;

	while (n--)
		sum = mix(sum, *b++);
	return sum;
}

/* xorshift64; the state must not be 0. */
static inline uint64_t random_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	return *state ^= *state << 17;
}

/* Uniform in [-1, 1), exact. */
static inline double random_unit(uint64_t *state)
{
	return (double)(int64_t)(random_next(state) >> 11) / 4503599627370496.0 - 1.0;
}

#endif
