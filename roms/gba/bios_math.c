/* Boot ROM: arithmetic (GBATEK, "BIOS Arithmetic Functions", "BIOS Rotation/Scaling Functions"). */
#include "bios.h"

u32 bios_sqrt(u32 n)
{
	u32 root = 0;

	for (u32 bit = 1u << 15; bit; bit >>= 1)
		if ((root | bit) * (root | bit) <= n)
			root |= bit;
	return root;
}

/* A quarter of a turn: 16384 * sin(i * 90 / 64 degrees). */
static const u16 quarter[65] = {
    0,
    402,
    804,
    1205,
    1606,
    2006,
    2404,
    2801,
    3196,
    3590,
    3981,
    4370,
    4756,
    5139,
    5520,
    5897,
    6270,
    6639,
    7005,
    7366,
    7723,
    8076,
    8423,
    8765,
    9102,
    9434,
    9760,
    10080,
    10394,
    10702,
    11003,
    11297,
    11585,
    11866,
    12140,
    12406,
    12665,
    12916,
    13160,
    13395,
    13623,
    13842,
    14053,
    14256,
    14449,
    14635,
    14811,
    14978,
    15137,
    15286,
    15426,
    15557,
    15679,
    15791,
    15893,
    15986,
    16069,
    16143,
    16207,
    16261,
    16305,
    16340,
    16364,
    16379,
    16384,
};

s32 bios_sine(u32 angle)
{
	u32 at = angle & 63;
	s32 value = angle & 64 ? quarter[64 - at] : quarter[at];

	return angle & 128 ? -value : value;
}

/* --- Rotation and scaling --- */

struct bg_source {
	s32 x, y; /* centre in the map, 8 bits of fraction */
	s16 screen_x, screen_y;
	s16 scale_x, scale_y; /* 8 bits of fraction */
	u16 angle;            /* upper byte */
};

struct bg_target {
	s16 pa, pb, pc, pd;
	s32 x, y;
};

void bios_bg_affine_set(const struct bg_source *from, struct bg_target *to, u32 n)
{
	for (; n; n--, from++, to++) {
		s32 sine = bios_sine(from->angle >> 8), cosine = bios_sine((from->angle >> 8) + 64);
		to->pa = (s16)(from->scale_x * cosine >> 14);
		to->pb = (s16)(-(from->scale_x * sine >> 14));
		to->pc = (s16)(from->scale_y * sine >> 14);
		to->pd = (s16)(from->scale_y * cosine >> 14);
		to->x = from->x - to->pa * from->screen_x - to->pb * from->screen_y;
		to->y = from->y - to->pc * from->screen_x - to->pd * from->screen_y;
	}
}

struct obj_source {
	s16 scale_x, scale_y;
	u16 angle, unused;
};

void bios_obj_affine_set(const struct obj_source *from, u8 *to, u32 n, u32 step)
{
	for (; n; n--, from++, to += 4 * step) {
		s32 sine = bios_sine(from->angle >> 8), cosine = bios_sine((from->angle >> 8) + 64);
		*(s16 *)(to + 0 * step) = (s16)(from->scale_x * cosine >> 14);
		*(s16 *)(to + 1 * step) = (s16)(-(from->scale_x * sine >> 14));
		*(s16 *)(to + 2 * step) = (s16)(from->scale_y * sine >> 14);
		*(s16 *)(to + 3 * step) = (s16)(from->scale_y * cosine >> 14);
	}
}

/* --- Music --- */

struct wave {
	u16 kind, status;
	u32 frequency; /* of key 60, 1024ths of a hertz */
};

/* 2^30 * 2^(i / 12). */
static const u32 semitones[13] = {
    0x40000000,
    0x43ce3e4b,
    0x47d66b0f,
    0x4c1bf829,
    0x50a28be6,
    0x556e0424,
    0x5a82799a,
    0x5fe4435e,
    0x6597fa95,
    0x6ba27e65,
    0x7208f81d,
    0x78d0df9c,
    0x80000000,
};

/* frequency / 2^((180 - key - fine / 256) / 12). */
u32 bios_midi_key_to_freq(const struct wave *wave, u32 key, u32 fine)
{
	u32 octave = 0;

	if (key > 178) {
		key = 178;
		fine = 255;
	}
	while (key >= 12) {
		key -= 12;
		octave++;
	}
	u32 low = semitones[key], high = semitones[key + 1];
	u32 factor = low + (u32)((unsigned long long)(high - low) * (fine & 0xff) >> 8);
	/* 180 semitones are 15 octaves, and the table has 30 bits of fraction. */
	return (u32)((unsigned long long)wave->frequency * factor >> 30 >> (15 - octave));
}
