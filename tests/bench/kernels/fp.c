/* Scalar floating point, in double precision. */
#include <math.h>

#include "kernel.h"

uint64_t kernel_mandelbrot(unsigned scale)
{
	enum { SIDE = 32, LIMIT = 100 };
	uint64_t sum = 0;

	for (unsigned s = 0; s < scale; s++) {
		unsigned steps = 0;

		for (int y = 0; y < SIDE; y++)
			for (int x = 0; x < SIDE; x++) {
				double cr = x * (3.0 / SIDE) - 2.1 + s % 8 * 0.01;
				double ci = y * (2.4 / SIDE) - 1.2;
				double zr = 0, zi = 0;
				int i;

				for (i = 0; i < LIMIT && zr * zr + zi * zi < 4; i++) {
					double t = zr * zr - zi * zi + cr;

					zi = 2 * zr * zi + ci;
					zr = t;
				}
				steps += (unsigned)i;
			}
		sum = mix(sum, steps);
	}
	return sum;
}

struct body {
	double at[3], speed[3], mass;
};

/* Sun, Jupiter, Saturn, Uranus, Neptune, about: AU, AU per year, parts of 4 pi^2. */
static const struct body bodies_at_start[5] = {
    {{0, 0, 0}, {0, 0, 0}, 39.47},
    {{4.84, -1.16, -0.104}, {0.606, 2.81, -0.0252}, 0.0377},
    {{8.34, 4.12, -0.404}, {-1.01, 1.82, 0.00842}, 0.0113},
    {{12.9, -15.1, -0.223}, {1.08, 0.868, -0.0108}, 0.00172},
    {{15.4, -25.9, 0.179}, {0.979, 0.594, -0.0347}, 0.00203},
};

static void advance(struct body *bodies, double dt)
{
	for (struct body *a = bodies; a < bodies + 5; a++)
		for (struct body *b = a + 1; b < bodies + 5; b++) {
			double d[3], square = 0, factor;

			for (int i = 0; i < 3; i++) {
				d[i] = a->at[i] - b->at[i];
				square += d[i] * d[i];
			}
			factor = dt / (square * sqrt(square));
			for (int i = 0; i < 3; i++) {
				a->speed[i] -= d[i] * b->mass * factor;
				b->speed[i] += d[i] * a->mass * factor;
			}
		}
	for (struct body *a = bodies; a < bodies + 5; a++)
		for (int i = 0; i < 3; i++)
			a->at[i] += dt * a->speed[i];
}

uint64_t kernel_nbody(unsigned scale)
{
	struct body bodies[5];
	uint64_t sum = 0;

	memcpy(bodies, bodies_at_start, sizeof bodies);
	for (unsigned s = 0; s < scale * 256; s++)
		advance(bodies, 0.01);
	for (int i = 0; i < 5; i++)
		sum = mix_double(sum, bodies[i].at[i % 3]);
	return sum;
}

#define SIDE 48

static int pivot_of(double (*a)[SIDE], int k)
{
	int pivot = k;

	for (int i = k + 1; i < SIDE; i++)
		if (fabs(a[i][k]) > fabs(a[pivot][k]))
			pivot = i;
	return pivot;
}

static void decompose(double (*a)[SIDE])
{
	for (int k = 0; k < SIDE; k++) {
		int pivot = pivot_of(a, k);

		for (int j = 0; pivot != k && j < SIDE; j++) {
			double t = a[k][j];

			a[k][j] = a[pivot][j];
			a[pivot][j] = t;
		}
		for (int i = k + 1; i < SIDE; i++) {
			double factor = a[i][k] /= a[k][k];

			for (int j = k + 1; j < SIDE; j++)
				a[i][j] -= factor * a[k][j];
		}
	}
}

uint64_t kernel_lu(unsigned scale)
{
	static double a[SIDE][SIDE];
	uint64_t sum = 0, seed = 31;

	for (unsigned s = 0; s < scale; s++) {
		for (int i = 0; i < SIDE * SIDE; i++)
			a[i / SIDE][i % SIDE] = random_unit(&seed);
		decompose(a);
		sum = mix_double(sum, a[SIDE - 1][SIDE - 1]);
	}
	return sum;
}

uint64_t kernel_libm(unsigned scale)
{
	double x = 0.5, total = 0;

	for (unsigned s = 0; s < scale * 256; s++) {
		total += sin(x) * cos(x * 0.7) + exp(-x) + log(1 + x);
		total += pow(x, 1.3) + atan2(x, 1.5) + (double)expf((float)(x * -0.1));
		x += 0.37;
		if (x > 40)
			x -= 39.9;
	}
	return mix_double(0, total);
}

#define POINTS 1024

/* sin and cos of 2 pi i / POINTS by halving angles: without libm, so the same everywhere. */
static void fill_twiddles(double (*w)[2])
{
	double c = -1, s = 0; /* half a turn */

	w[0][0] = 1;
	w[0][1] = 0;
	for (int step = POINTS / 2; step >= 1; step /= 2) {
		for (int i = step; i < POINTS; i += 2 * step) {
			w[i][0] = w[i - step][0] * c - w[i - step][1] * s;
			w[i][1] = w[i - step][0] * s + w[i - step][1] * c;
		}
		s = sqrt((1 - c) / 2);
		c = step == POINTS / 2 ? 0 : sqrt((1 + c) / 2);
	}
}

static void transform(double (*x)[2], double (*w)[2])
{
	for (int i = 0, j = 0; i < POINTS; i++) {
		int bit = POINTS / 2;

		if (i < j)
			for (int part = 0; part < 2; part++) {
				double t = x[i][part];

				x[i][part] = x[j][part];
				x[j][part] = t;
			}
		for (; j & bit; bit /= 2)
			j ^= bit;
		j |= bit;
	}
	for (int half = 1; half < POINTS; half *= 2)
		for (int first = 0; first < POINTS; first += 2 * half)
			for (int i = first; i < first + half; i++) {
				const double *u = w[(i - first) * (POINTS / 2 / half)];
				double re = x[i + half][0] * u[0] - x[i + half][1] * u[1];
				double im = x[i + half][0] * u[1] + x[i + half][1] * u[0];

				x[i + half][0] = x[i][0] - re;
				x[i + half][1] = x[i][1] - im;
				x[i][0] += re;
				x[i][1] += im;
			}
}

uint64_t kernel_fft(unsigned scale)
{
	static double points[POINTS][2], twiddles[POINTS][2];
	uint64_t sum = 0, seed = 37;

	fill_twiddles(twiddles);
	for (unsigned s = 0; s < scale; s++) {
		for (int i = 0; i < POINTS; i++) {
			points[i][0] = random_unit(&seed);
			points[i][1] = random_unit(&seed);
		}
		transform(points, twiddles);
		sum = mix_double(sum, points[s % POINTS][0]);
	}
	return sum;
}
