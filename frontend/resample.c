/* Linear interpolation: the machine's own output is a staircase with more noise than this adds. */
#include "frontend/resample.h"

#include <string.h>

void resample_init(struct resample *r, double in, double out)
{
	*r = (struct resample){.in = in, .out = out};
}

size_t resample_room(const struct resample *r, size_t n)
{
	return (size_t)((double)(n + 1) * r->out / r->in * (1 + 2 * RESAMPLE_BEND)) + 2;
}

/* Inputs a output sample stands for.  Too much waits: take them faster. */
static double step_for(const struct resample *r, double waiting, double target)
{
	double bend = target > 0 ? (waiting - target) / target : 0;

	bend = bend > 1 ? 1 : bend < -1 ? -1 : bend;
	return r->in / r->out * (1 + RESAMPLE_BEND * bend);
}

size_t resample_run(struct resample *r, const int16_t (*from)[2], size_t n, int16_t (*to)[2],
    double waiting, double target)
{
	double step = step_for(r, waiting, target);
	size_t made = 0;

	for (size_t i = 0; i < n; i++) {
		memcpy(r->before[0], r->before[1], sizeof(r->before[0]));
		memcpy(r->before[1], from[i], sizeof(r->before[1]));
		for (; r->at < 1; r->at += step, made++) {
			for (int side = 0; side < 2; side++)
				to[made][side] =
				    (int16_t)(r->before[0][side] +
					      r->at * (r->before[1][side] - r->before[0][side]));
		}
		r->at -= 1;
	}
	return made;
}
