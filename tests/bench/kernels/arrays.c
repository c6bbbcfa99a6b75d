/* Loops over arrays of integers. */
#include "kernel.h"

uint64_t kernel_sieve(unsigned scale)
{
	enum { N = 100000 };
	static uint8_t composite[N];
	uint64_t sum = 0;

	for (unsigned s = 0; s < scale; s++) {
		unsigned count = 0;

		memset(composite, 0, N);
		for (unsigned i = 2; i < N; i++) {
			if (composite[i])
				continue;
			count++;
			for (unsigned j = 2 * i; j < N; j += i)
				composite[j] = 1;
		}
		sum = mix(sum, count);
	}
	return sum;
}

uint64_t kernel_crc(unsigned scale)
{
	enum { N = 65536 };
	static uint32_t table[256];
	static uint8_t bytes[N];
	uint64_t seed = 3;
	uint32_t crc = 0;

	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;

		for (int bit = 0; bit < 8; bit++)
			c = c >> 1 ^ (c & 1 ? 0xedb88320 : 0);
		table[i] = c;
	}
	for (int i = 0; i < N; i++)
		bytes[i] = (uint8_t)random_next(&seed);
	for (unsigned s = 0; s < scale; s++) {
		crc = ~crc;
		for (int i = 0; i < N; i++)
			crc = crc >> 8 ^ table[(crc ^ bytes[i]) & 0xff];
		crc = ~crc;
	}
	return crc;
}

uint64_t kernel_matint(unsigned scale)
{
	enum { N = 40 };
	static uint32_t a[N][N], b[N][N], c[N][N];
	uint64_t sum = 0, seed = 5;

	for (int i = 0; i < N * N; i++) {
		a[i / N][i % N] = (uint32_t)random_next(&seed);
		b[i / N][i % N] = (uint32_t)random_next(&seed);
	}
	for (unsigned s = 0; s < scale; s++) {
		for (int i = 0; i < N; i++)
			for (int j = 0; j < N; j++) {
				uint32_t cell = 0;

				for (int k = 0; k < N; k++)
					cell += a[i][k] * b[k][j];
				c[i][j] = cell;
			}
		sum = mix(sum, c[s % N][(s / N) % N]);
		a[s % N][0] = (uint32_t)sum;
	}
	return sum;
}

/* One random cycle through all nodes, a cache line each. */
uint64_t kernel_chase(unsigned scale)
{
	enum { N = 8192 };
	struct node {
		struct node *next;
		uint64_t number, unused[6];
	};
	static struct node nodes[N];
	static uint16_t order[N];
	struct node *at = nodes;
	uint64_t sum = 0, seed = 11;

	for (int i = 0; i < N; i++)
		order[i] = (uint16_t)i;
	for (int i = N - 1; i > 0; i--) {
		int j = (int)(random_next(&seed) % (unsigned)i);
		uint16_t swap = order[i];

		order[i] = order[j];
		order[j] = swap;
	}
	for (int i = 0; i < N; i++) {
		nodes[order[i]].next = &nodes[order[(i + 1) % N]];
		nodes[order[i]].number = (uint64_t)i;
	}
	for (unsigned s = 0; s < scale; s++) {
		for (int i = 0; i < N * 4 + 1; i++)
			at = at->next;
		sum = mix(sum, at->number);
	}
	return sum;
}

/* The C library's functions, as programs call them: mostly short, at all alignments. */
uint64_t kernel_copy(unsigned scale)
{
	enum { N = 32768, COPIES = 256 };
	static uint8_t from[N], to[N];
	uint64_t sum = 0, seed = 13;

	for (int i = 0; i < N; i++)
		from[i] = (uint8_t)random_next(&seed);
	for (unsigned s = 0; s < scale; s++) {
		for (int i = 0; i < COPIES; i++) {
			uint64_t r = random_next(&seed);
			size_t n = (size_t)16 << (r & 7 ? r % 6 : 6 + (r >> 3) % 5);
			size_t at = (r >> 16) & 0x3fff, place = (r >> 32) & 0x3fff;

			memcpy(to + place, from + at, n);
			memset(from + place, (int)(r >> 48), n / 2);
		}
		sum = mix(sum, to[s % N]);
	}
	return mix_bytes(sum, to, N);
}
