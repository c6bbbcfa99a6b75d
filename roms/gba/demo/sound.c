/* Music on the tone channels, effects and drums from samples.
 *
 * The samples are computed at the start. 304 of them are mixed for each frame: timer 0 asks for one
 * every 924 cycles, a frame has 304 * 924. DMA 1 plays two frames' worth of buffer, then begins
 * again. */
#include "demo.h"

enum { FRAME_SAMPLES = 304, LENGTH = 4096, KICK = EFFECTS, SNARE, SAMPLES, VOICES = 3 };
enum { STEPS = 64, DRUM_VOICE = VOICES - 1 };

static s8 samples[SAMPLES][LENGTH] __attribute__((section(".samples")));
static s8 buffer[2][FRAME_SAMPLES] __attribute__((aligned(4)));
static const s8 *voice_at[VOICES];
static u32 voice_left[VOICES];
static u32 half, frames, step, tune, next_voice;

/* --- Samples --- */

static void make_samples(void)
{
	u32 phase = 0;

	for (u32 i = 0; i < LENGTH; i++) {
		s32 fade = (s32)(LENGTH - i), steep = i < 2048 ? (s32)(2048 - i) : 0;
		s32 hiss = (s32)(random_next() & 255) - 128;

		/* Falls from a high tone to a low one. */
		phase += 3000 * (u32)steep / 2048 + 200;
		samples[EFFECT_SHOT][i] = (s8)((sine(phase >> 8) * 3 / 16) * steep / 2048);
		samples[EFFECT_BURST][i] = i & 3 ? samples[EFFECT_BURST][i - 1] * 15 / 16
						 : (s8)(hiss * (fade * fade / LENGTH) / LENGTH / 2);
		/* A fifth, then an octave. */
		u32 chime = i < 1500 ? i * 12 : i * 16;
		samples[EFFECT_CHIME][i] =
		    (s8)((sine(chime) + sine(chime * 2) / 2) / 8 * fade / LENGTH);
		u32 beat = steep ? 32 * 256 - (u32)(steep * steep / 512) : 0;
		samples[KICK][i] = (s8)(sine(beat >> 5) * steep / 2048 * 3 / 16);
		s32 short_steep = i < 1024 ? (s32)(1024 - i) : 0;
		samples[SNARE][i] = (s8)(hiss * short_steep / 1024 * 3 / 16);
	}
}

static void play(u32 voice, u32 sample)
{
	voice_at[voice] = samples[sample];
	voice_left[voice] = LENGTH;
}

void sound_play(enum effect effect)
{
	play(next_voice, effect);
	next_voice = (next_voice + 1) % DRUM_VOICE;
}

static void mix(s8 *to)
{
	for (u32 i = 0; i < FRAME_SAMPLES; i++)
		to[i] = 0;
	for (u32 v = 0; v < VOICES; v++) {
		u32 count = voice_left[v] < FRAME_SAMPLES ? voice_left[v] : FRAME_SAMPLES;
		const s8 *from = voice_at[v];

		for (u32 i = 0; i < count; i++) {
			s32 sum = to[i] + from[i];
			to[i] = (s8)(sum > 127 ? 127 : sum < -128 ? -128 : sum);
		}
		voice_at[v] = from + count;
		voice_left[v] -= count;
	}
}

/* --- Music --- */

/* Four chords, each for 16 steps: half tones above C, the root first. */
static const u8 chords[2][4][4] = {
    {{9, 12, 16, 21}, {5, 9, 12, 17}, {0, 7, 16, 19}, {7, 11, 14, 19}},
    {{9, 16, 12, 21}, {2, 9, 17, 14}, {5, 12, 9, 21}, {4, 11, 8, 16}},
};
/* Half tones above the root's octave, 0 for a rest; over all 64 steps. */
static const u8 melodies[2][STEPS] = {
    {28, 0, 0, 0, 26, 0, 24, 0, 21, 0, 0, 0, 0, 0, 24, 26, 29, 0, 0, 0, 28, 0, 24, 0, 21, 0, 0, 0,
	0, 0, 0, 0, 28, 0, 0, 0, 31, 0, 28, 0, 24, 0, 0, 0, 26, 0, 28, 0, 26, 0, 0, 0, 23, 0, 0, 0,
	19, 0, 0, 0, 0, 0, 23, 0},
    {21, 0, 24, 0, 28, 0, 0, 26, 24, 0, 21, 0, 19, 0, 21, 0, 26, 0, 0, 29, 0, 0, 28, 0, 26, 0, 24,
	0, 21, 0, 0, 0, 24, 0, 29, 0, 33, 0, 0, 31, 29, 0, 28, 0, 24, 0, 29, 0, 28, 0, 0, 0, 32, 0,
	28, 0, 23, 0, 20, 0, 28, 0, 0, 0},
};

/* What a tone channel is set to for a note; 0 is C3. */
static u32 pitch(u32 note)
{
	static const u16 periods[] = {1002, 946, 893, 843, 795, 751, 709, 669, 631, 596, 562, 531};

	return 2048 - (periods[note % 12] >> note / 12);
}

static void music_step(void)
{
	const u8 *chord = chords[tune][step / 16];
	u32 note = melodies[tune][step];

	if (note) {
		IO16(0x62) = 0xa380; /* half wave, fades */
		IO16(0x64) = (u16)(0x8000 | pitch(note));
	}
	IO16(0x68) = 0x5140;
	IO16(0x6c) = (u16)(0x8000 | pitch(chord[step % 4] + 12));
	if (step % 4 == 0 || (tune && step % 4 == 3)) {
		IO16(0x72) = 0x2000;
		IO16(0x74) = (u16)(0x8000 | pitch(chord[0]));
	}
	if (step % 2 == 0 || tune) {
		IO16(0x78) = step % 4 == 2 ? 0x3100 : 0x1100;
		IO16(0x7c) = 0x8001;
	}
	if (tune && step % 8 == 0)
		play(DRUM_VOICE, KICK);
	if (tune && step % 8 == 4)
		play(DRUM_VOICE, SNARE);
}

void sound_music(u32 number)
{
	tune = number;
	step = frames = 0;
}

/* --- Frames --- */

void sound_init(void)
{
	make_samples();
	IO16(0x84) = 0x80;
	IO16(0x80) = 0xff77;
	IO16(0x82) = 0x0b05; /* tones at half their volume, room for samples */
	IO16(0x60) = 8;
	IO16(0x70) = 0x40; /* the other bank of the wave is written */
	for (u32 i = 0; i < 8; i++) {
		static const u16 triangle[] = {
		    0x2301, 0x6745, 0xab89, 0xefcd, 0xdcfe, 0x98ba, 0x5476, 0x1032};
		IO16(0x90 + 2 * i) = triangle[i];
	}
	IO16(0x70) = 0x80;
	IO16(0x100) = 65536 - 924;
	IO16(0x102) = 0x80;
}

/* To be called right after a frame has ended. */
void sound_frame(void)
{
	if (!half) {
		IO16(0xc6) = 0;
		IO32(0xbc) = (u32)buffer;
		IO32(0xc0) = 0x040000a0;
		IO16(0xc6) = 0xb640;
	}
	half ^= 1;
	if (frames++ % (tune ? 7 : 9) == 0) {
		music_step();
		step = (step + 1) % STEPS;
	}
	/* The half that is played next. */
	mix(buffer[half]);
}
