/*
 * Loops that the compiler turns into vector instructions, NEON for the guest and SSE2 for the host.
 * Sums of floats are written so that no addition has to be reordered; thus both give the same bits.
 */
#pragma GCC optimize("O3", "tree-vectorize")

#include "kernel.h"

uint64_t kernel_fir(unsigned scale)
{
	enum { N = 2048, TAPS = 16 };
	static float in[N + TAPS], out[N], taps[TAPS];
	uint64_t sum = 0, seed = 41;

	for (int i = 0; i < N + TAPS; i++)
		in[i] = (float)random_unit(&seed);
	for (int i = 0; i < TAPS; i++)
		taps[i] = (float)random_unit(&seed) / TAPS;
	for (unsigned s = 0; s < scale; s++) {
		for (int i = 0; i < N; i++) {
			float y = 0;

			for (int k = 0; k < TAPS; k++)
				y += taps[k] * in[i + k];
			out[i] = y;
		}
		in[s % N] = out[s * 7 % N];
		sum = mix_double(sum, out[s % N]);
	}
	return sum;
}

uint64_t kernel_saxpy(unsigned scale)
{
	enum { N = 4096 };
	static float x[N], y[N];
	uint64_t sum = 0, seed = 43;

	for (int i = 0; i < N; i++) {
		x[i] = (float)random_unit(&seed);
		y[i] = (float)random_unit(&seed);
	}
	for (unsigned s = 0; s < scale; s++) {
		float a = s & 1 ? 0.25f : -0.25f;

		for (int i = 0; i < N; i++)
			y[i] += a * x[i];
		sum = mix_double(sum, y[s % N]);
	}
	return sum;
}

uint64_t kernel_blend(unsigned scale)
{
	enum { N = 8192 };
	static uint8_t over[N], alpha[N], under[N], out[N];
	uint64_t sum = 0, seed = 47;

	for (int i = 0; i < N; i++) {
		over[i] = (uint8_t)random_next(&seed);
		alpha[i] = (uint8_t)random_next(&seed);
		under[i] = (uint8_t)random_next(&seed);
	}
	for (unsigned s = 0; s < scale; s++) {
		for (int i = 0; i < N; i++) {
			unsigned a = alpha[i];
			uint16_t t = (uint16_t)(over[i] * a + under[i] * (255 - a) + 128);

			out[i] = (uint8_t)((uint16_t)(t + (t >> 8)) >> 8);
		}
		under[s % N] = out[s * 5 % N];
		sum = mix(sum, out[s % N]);
	}
	return mix_bytes(sum, out, N);
}

uint64_t kernel_dot(unsigned scale)
{
	enum { N = 4096 };
	static int16_t a[N], b[N];
	uint64_t sum = 0, seed = 53;

	for (int i = 0; i < N; i++) {
		a[i] = (int16_t)random_next(&seed);
		b[i] = (int16_t)random_next(&seed);
	}
	for (unsigned s = 0; s < scale; s++) {
		int32_t dot = 0;

		for (int i = 0; i < N; i++)
			dot += (a[i] * b[i]) >> 4;
		a[s % N] = (int16_t)dot;
		sum = mix(sum, (uint32_t)dot);
	}
	return sum;
}

uint64_t kernel_matfloat(unsigned scale)
{
	enum { N = 48 };
	static float a[N][N], b[N][N], c[N][N];
	uint64_t sum = 0, seed = 59;

	for (int i = 0; i < N * N; i++) {
		a[i / N][i % N] = (float)random_unit(&seed);
		b[i / N][i % N] = (float)random_unit(&seed) / N;
	}
	for (unsigned s = 0; s < scale; s++) {
		memset(c, 0, sizeof c);
		for (int i = 0; i < N; i++)
			for (int k = 0; k < N; k++)
				for (int j = 0; j < N; j++)
					c[i][j] += a[i][k] * b[k][j];
		a[s % N][s / N % N] = c[s % N][0];
		sum = mix_double(sum, c[s * 7 % N][s % N]);
	}
	return sum;
}
