/* Rate control: two clocks that do not agree, and what waits to be played. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "frontend/resample.h"

#define OUT 48000

/* A machine whose pictures come at `hz` instead of its own 59.73, for a minute; what waits at the
 * end, and the least and most after the first seconds. */
static double play(double in, double hz, double *least, double *most)
{
	struct resample r;
	double waiting = OUT * 0.06, target = waiting, due = 0;
	static int16_t from[4096][2], to[16384][2];

	resample_init(&r, in, OUT);
	*least = 1e9;
	*most = 0;
	for (unsigned frame = 0; frame < 60 * 60; frame++) {
		size_t n;

		due += in / 59.7275;
		n = (size_t)due;
		due -= (double)n;
		cr_assert(resample_room(&r, n) <= 16384);
		n = resample_run(&r, (const int16_t(*)[2])from, n, to, waiting, target);
		waiting += (double)n - OUT / hz;
		cr_assert(waiting > 0, "it runs dry at frame %u", frame);
		if (frame > 3000) {
			*least = waiting < *least ? waiting : *least;
			*most = waiting > *most ? waiting : *most;
		}
	}
	return waiting;
}

Test(resample, what_waits_stays_near_the_target_whatever_the_display)
{
	static const double displays[] = {59.7275, 60.0, 59.94, 59.5};

	for (unsigned i = 0; i < 4; i++) {
		double least, most, end = play(32768, displays[i], &least, &most);

		cr_expect(end > 200 && end < 2 * OUT * 0.06 + 200, "%g Hz: %g", displays[i], end);
		cr_expect(most - least < 500, "%g Hz: from %g to %g", displays[i], least, most);
	}
}

Test(resample, downwards_too)
{
	double least, most;

	play(65536, 60, &least, &most);
	cr_expect(least > 100 && most < OUT * 0.15, "%g to %g", least, most);
}

Test(resample, a_sine_stays_one)
{
	struct resample r;
	static int16_t from[32768][2], to[60000][2];
	size_t n, crossings = 0;
	int peak = 0;

	for (unsigned i = 0; i < 32768; i++)
		from[i][0] = from[i][1] = (int16_t)lrint(10000 * sin(2 * M_PI * 440 * i / 32768));
	resample_init(&r, 32768, OUT);
	n = resample_run(&r, (const int16_t(*)[2])from, 32768, to, 100, 100);
	cr_expect(n <= resample_room(&r, 32768) && n > 47990 && n < 48010, "%zu", n);
	for (size_t i = 1; i < n; i++) {
		crossings += (to[i - 1][0] < 0) != (to[i][0] < 0);
		peak = abs(to[i][0]) > peak ? abs(to[i][0]) : peak;
		cr_assert_eq(to[i][0], to[i][1]);
		cr_assert_lt(abs(to[i][0] - to[i - 1][0]), 700, "a step at %zu", i);
	}
	cr_expect(crossings >= 878 && crossings <= 881, "%zu", crossings);
	cr_expect(peak > 9900 && peak <= 10000, "%d", peak);
}
