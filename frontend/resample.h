/* From the machine's sound rate to the host's, with dynamic rate control.
 *
 * Two clocks never agree: the machine's samples per second, paced by the picture, and those the
 * loudspeaker takes.  The ratio is bent by up to half a percent, which nobody hears, so that what
 * waits to be played stays near a target: it neither runs dry (crackles) nor grows (lags). */
#ifndef MYNA_FRONTEND_RESAMPLE_H
#define MYNA_FRONTEND_RESAMPLE_H

#include <stddef.h>
#include <stdint.h>

#define RESAMPLE_BEND 0.005

struct resample {
	double in, out; /* samples a second */
	double at;      /* place of the next output sample between the last two inputs, 0..1 */
	int16_t before[2][2]; /* the last two inputs */
};

void resample_init(struct resample *r, double in, double out);

/* The output samples `n` inputs can become, at most. */
size_t resample_room(const struct resample *r, size_t n);

/* Convert `n` stereo samples.  `waiting` output samples are still to be played, `target` should be.
 * Returns the number put into `to`, which has resample_room(r, n). */
size_t resample_run(struct resample *r, const int16_t (*from)[2], size_t n, int16_t (*to)[2],
    double waiting, double target);

#endif
