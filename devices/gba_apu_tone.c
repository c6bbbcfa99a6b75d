/* The four generators: two square waves (the first with a sweep), a wave from memory, noise. */
#include "devices/gba_apu_parts.h"

enum { SWEEP_SHIFT = 7, SWEEP_DOWN = 1 << 3 };
enum { ENVELOPE_UP = 1 << 11, NOISE_SHORT = 1 << 3 };

/* Bit i: is the wave high in eighth i? */
static const uint8_t duties[4] = {0x01, 0x03, 0x0f, 0xfc};

static bool has_envelope(unsigned n)
{
	return n != GBA_WAVE;
}

/* With no volume and no way up, the converter is off. */
static bool can_sound(const struct gba_apu_state *s, unsigned n)
{
	return has_envelope(n) ? s->control[n] & 0xf800 : s->wave_select & WAVE_PLAY;
}

static unsigned full_length(unsigned n)
{
	return n == GBA_WAVE ? 256 : 64;
}

/* Cycles from step to step. */
static int32_t period(const struct gba_apu_state *s, unsigned n)
{
	uint16_t f = s->frequency[n];
	int32_t ratio = f & 7;

	switch (n) {
	case GBA_NOISE: return (ratio ? ratio * 64 : 32) << (f >> 4 & 15);
	case GBA_WAVE: return (2048 - (f & FREQUENCY)) * 8;
	default: return (2048 - (f & FREQUENCY)) * 16;
	}
}

/* --- Sweep --- */

/* The next frequency; beyond the highest one the generator stops. */
static unsigned sweep_next(struct gba_apu_state *s)
{
	unsigned delta = s->sweep_shadow >> (s->sweep & SWEEP_SHIFT);
	unsigned next = s->sweep & SWEEP_DOWN ? s->sweep_shadow - delta : s->sweep_shadow + delta;

	if (next > FREQUENCY)
		s->on[GBA_SQUARE1] = 0;
	return next & 0xffff;
}

static uint8_t sweep_period(const struct gba_apu_state *s)
{
	uint8_t steps = s->sweep >> 4 & 7;

	return steps ? steps : 8;
}

static void sweep_step(struct gba_apu_state *s)
{
	if (!s->on[GBA_SQUARE1] || --s->sweep_timer)
		return;
	s->sweep_timer = sweep_period(s);
	if (!s->sweep_on || !(s->sweep >> 4 & 7))
		return;
	unsigned next = sweep_next(s);
	if (next > FREQUENCY || !(s->sweep & SWEEP_SHIFT))
		return;
	s->sweep_shadow = (uint16_t)next;
	s->frequency[0] = (uint16_t)((s->frequency[0] & ~FREQUENCY) | next);
	sweep_next(s);
}

static void sweep_trigger(struct gba_apu_state *s)
{
	s->sweep_shadow = s->frequency[0] & FREQUENCY;
	s->sweep_timer = sweep_period(s);
	s->sweep_on = (s->sweep & 0x77) != 0;
	if (s->sweep & SWEEP_SHIFT)
		sweep_next(s);
}

/* --- Length and envelope --- */

static void length_step(struct gba_apu_state *s, unsigned n)
{
	if (!(s->frequency[n] & LENGTH_ENABLE) || !s->length[n])
		return;
	if (--s->length[n] == 0)
		s->on[n] = 0;
}

static void envelope_step(struct gba_apu_state *s, unsigned n)
{
	uint8_t steps = s->control[n] >> 8 & 7;

	if (!s->on[n] || !steps || --s->envelope_timer[n])
		return;
	s->envelope_timer[n] = steps;
	if (s->control[n] & ENVELOPE_UP)
		s->volume[n] = (uint8_t)(s->volume[n] + (s->volume[n] < 15));
	else
		s->volume[n] = (uint8_t)(s->volume[n] - (s->volume[n] > 0));
}

void gba_tone_sequence(struct gba_apu_state *s)
{
	for (unsigned n = 0; n < GBA_APU_GENERATORS; n++) {
		if (!(s->sequencer & 1))
			length_step(s, n);
		if (s->sequencer == 7 && has_envelope(n))
			envelope_step(s, n);
	}
	if ((s->sequencer & 3) == 2)
		sweep_step(s);
	s->sequencer = (s->sequencer + 1) & 7;
}

void gba_tone_control(struct gba_apu_state *s, unsigned n)
{
	if (!can_sound(s, n))
		s->on[n] = 0;
}

void gba_tone_trigger(struct gba_apu_state *s, unsigned n)
{
	s->on[n] = can_sound(s, n);
	if (!s->length[n])
		s->length[n] = (uint16_t)full_length(n);
	s->timer[n] = period(s, n);
	s->volume[n] = s->control[n] >> 12;
	s->envelope_timer[n] = s->control[n] >> 8 & 7;
	if (n == GBA_WAVE)
		s->phase[n] = 0;
	if (n == GBA_NOISE)
		s->noise = s->frequency[n] & NOISE_SHORT ? 0x40 : 0x4000;
	if (n == GBA_SQUARE1)
		sweep_trigger(s);
}

/* --- Waves --- */

/* The register shifts right; what falls out is heard and fed back. */
static void noise_step(struct gba_apu_state *s)
{
	bool out = s->noise & 1;

	s->noise >>= 1;
	if (out)
		s->noise ^= s->frequency[GBA_NOISE] & NOISE_SHORT ? 0x60 : 0x6000;
	s->phase[GBA_NOISE] = out;
}

void gba_tone_run(struct gba_apu_state *s, unsigned n, int32_t cycles)
{
	int32_t each, steps;

	if (!s->on[n])
		return;
	s->timer[n] -= cycles;
	if (s->timer[n] > 0)
		return;
	each = period(s, n);
	steps = -s->timer[n] / each + 1;
	s->timer[n] += steps * each;
	if (n == GBA_NOISE) {
		while (steps-- > 0)
			noise_step(s);
	} else {
		s->phase[n] = (uint8_t)((s->phase[n] + steps) & (n == GBA_WAVE ? 63 : 7));
	}
}

/* The digit being played.  One bank repeats, or the other one follows. */
static int wave_level(const struct gba_apu_state *s)
{
	static const int8_t quarters[8] = {0, 4, 2, 1, 3, 3, 3, 3};
	unsigned at = s->phase[GBA_WAVE], bank = s->wave_select & WAVE_BANK ? 32 : 0;

	at = (s->wave_select & WAVE_TWO_BANKS ? at : at & 31) ^ bank;
	int digit = s->wave[at / 2] >> (at & 1 ? 0 : 4) & 15;
	return (2 * digit - 15) * quarters[s->control[GBA_WAVE] >> 13];
}

int gba_tone_level(const struct gba_apu_state *s, unsigned n)
{
	bool high;

	if (!s->on[n])
		return 0;
	if (n == GBA_WAVE)
		return wave_level(s);
	high = n == GBA_NOISE ? s->phase[n] : duties[s->control[n] >> 6 & 3] >> s->phase[n] & 1;
	return (high ? 4 : -4) * s->volume[n];
}
