/* All that is seen is painted here, dot by dot, when the game starts. */
#include "demo.h"

#define TILES(block)   ((volatile u16 *)(0x06000000 + (block)*0x4000))
#define SPRITE_TILES   ((volatile u16 *)0x06010000)
#define PALETTE        ((volatile u16 *)0x05000000)
#define SPRITE_PALETTE ((volatile u16 *)0x05000200)
#define RGB(r, g, b)   ((u16)((r) | (g) << 5 | (b) << 10))
#define TEXT_FIRST     ' '
#define STAR_TILES     96 /* behind the letters */
#define STAR_MAP       ((volatile u16 *)0x06004800)
#define NEBULA_MAP     ((volatile u16 *)0x06005000)

struct glyph {
	char character;
	u8 rows[7];
};

#define GLYPH(character, ...) {character, {__VA_ARGS__}},
static const struct glyph glyphs[] = {
#include "frontend/font.def"
};
#undef GLYPH
_Static_assert(
    sizeof glyphs / sizeof glyphs[0] == '~' - ' ' + 1, "a glyph's number is its character's");

/* Numbers that look random but are those of a place. */
static u32 noise_at(u32 x, u32 y, u32 salt)
{
	u32 n = x * 374761393 + y * 668265263 + salt * 1442695041;

	n = (n ^ n >> 13) * 1274126177;
	return (n ^ n >> 16) & 255;
}

/* Noise that is smooth over squares of 1 << `cell` dots and repeats after 128 dots. */
static inline u32 smooth_noise(u32 x, u32 y, u32 cell, u32 salt)
{
	u32 cells = (128 >> cell) - 1, cx = x >> cell & cells, cy = y >> cell & cells;
	u32 within = (1 << cell) - 1, nx = (cx + 1) & cells, ny = (cy + 1) & cells;
	u32 fx = (x & within) << (8 - cell), fy = (y & within) << (8 - cell);

	fx = fx * fx * (768 - 2 * fx) >> 16;
	fy = fy * fy * (768 - 2 * fy) >> 16;
	u32 top = noise_at(cx, cy, salt) * (256 - fx) + noise_at(nx, cy, salt) * fx;
	u32 bottom = noise_at(cx, ny, salt) * (256 - fx) + noise_at(nx, ny, salt) * fx;
	return (top * (256 - fy) + bottom * fy) >> 16;
}

static u32 cloud(u32 x, u32 y, u32 salt)
{
	return (smooth_noise(x, y, 5, salt) * 4 + smooth_noise(x, y, 4, salt + 1) * 2 +
		   smooth_noise(x, y, 3, salt + 2) + smooth_noise(x, y, 2, salt + 3)) >>
	       3;
}

/* A ramp of `count` colours from one to the other, in steps of 1/32 of the brightness. */
static void ramp(volatile u16 *to, u32 count, u16 from_colour, u16 to_colour)
{
	for (u32 i = 0; i < count; i++) {
		u32 colour = 0;

		for (u32 shift = 0; shift < 15; shift += 5) {
			u32 a = from_colour >> shift & 31, b = to_colour >> shift & 31;
			colour |= (a * (count - 1 - i) + b * i) / (count - 1) << shift;
		}
		to[i] = (u16)colour;
	}
}

static void paint_palettes(void)
{
	PALETTE[0] = RGB(0, 0, 1);
	/* The nebula's 64 colours begin at 128, the letters' and the stars' are below. */
	ramp(PALETTE + 128, 24, RGB(0, 0, 2), RGB(5, 2, 12));
	ramp(PALETTE + 152, 20, RGB(5, 2, 12), RGB(17, 5, 16));
	ramp(PALETTE + 172, 20, RGB(17, 5, 16), RGB(27, 17, 15));
	static const u16 text[] = {
	    RGB(31, 31, 31), RGB(31, 26, 8), RGB(12, 24, 31), RGB(17, 17, 23)};
	for (u32 i = 0; i < 4; i++) {
		PALETTE[i * 16 + 1] = text[i];
		PALETTE[i * 16 + 2] = RGB(1, 1, 4);
	}
	ramp(PALETTE + 5 * 16 + 1, 8, RGB(6, 7, 13), RGB(31, 31, 31));
	ramp(SPRITE_PALETTE + 16 * PALETTE_ROCK + 1, 15, RGB(3, 2, 4), RGB(25, 22, 19));
	ramp(SPRITE_PALETTE + 16 * PALETTE_SHIP + 1, 8, RGB(2, 3, 8), RGB(20, 27, 31));
	ramp(SPRITE_PALETTE + 16 * PALETTE_SHIP + 9, 7, RGB(20, 5, 0), RGB(31, 29, 8));
	ramp(SPRITE_PALETTE + 16 * PALETTE_GLOW + 1, 8, RGB(3, 0, 1), RGB(26, 9, 2));
	ramp(SPRITE_PALETTE + 16 * PALETTE_GLOW + 8, 8, RGB(26, 9, 2), RGB(31, 31, 24));
	ramp(SPRITE_PALETTE + 16 * PALETTE_STAR + 1, 15, RGB(20, 9, 0), RGB(31, 31, 18));
	SPRITE_PALETTE[16 * PALETTE_LETTER + 1] = RGB(2, 1, 6);
	ramp(SPRITE_PALETTE + 16 * PALETTE_LETTER + 2, 14, RGB(31, 30, 16), RGB(25, 6, 20));
}

/* --- Backgrounds --- */

static void paint_letters(void)
{
	for (u32 i = 0; i < sizeof glyphs / sizeof glyphs[0]; i++) {
		u32 number = (u32)(glyphs[i].character - TEXT_FIRST);

		if (number >= STAR_TILES)
			continue;
		for (u32 y = 0; y < 8; y++) {
			u32 light = y < 7 ? (u32)glyphs[i].rows[y] << 1 : 0;
			u32 dark = y ? (u32)glyphs[i].rows[y - 1] : 0, row = 0;

			for (u32 x = 0; x < 8; x++) {
				u32 colour = light << x & 0x40 ? 1 : dark << x & 0x40 ? 2 : 0;
				row |= colour << (4 * x);
			}
			TILES(0)[number * 16 + y * 2] = (u16)row;
			TILES(0)[number * 16 + y * 2 + 1] = (u16)(row >> 16);
		}
	}
}

/* Stars: eight tiles with one in each, most places have none. */
static void paint_stars(void)
{
	for (u32 n = 0; n < 8; n++) {
		volatile u16 *tile = TILES(0) + (STAR_TILES + 1 + n) * 16;
		u32 x = 1 + noise_at(n, 1, 77) % 6, y = 1 + noise_at(n, 2, 77) % 6;

		for (s32 dy = -1; dy <= 1; dy++) {
			u32 row = 0;
			for (s32 dx = -1; dx <= 1; dx++) {
				u32 far = (u32)(dx * dx + dy * dy);
				u32 colour = far == 0 ? n + 1 : far == 1 && n > 5 ? n - 4 : 0;
				row |= colour << 4 * (x + (u32)dx);
			}
			tile[(y + (u32)dy) * 2] = (u16)row;
			tile[(y + (u32)dy) * 2 + 1] = (u16)(row >> 16);
		}
	}
	for (u32 i = 0; i < 1024; i++) {
		u32 what = noise_at(i & 31, i >> 5, 5);
		u32 star = what < 60 ? 1 + what % (what < 16 ? 8 : 5) : 0;
		STAR_MAP[i] = (u16)((STAR_TILES + star) | 5 << 12);
	}
}

/* 128x128 dots of 256 colours that repeat without a seam. */
static void paint_nebula(void)
{
	volatile u16 *tiles = TILES(2);

	for (u32 y = 0; y < 128; y++) {
		for (u32 x = 0; x < 128; x += 2) {
			u32 pair = 0;
			for (u32 i = 0; i < 2; i++) {
				u32 thick = cloud(x + i, y, 11), bright = cloud(x + i, y, 40);
				u32 light = thick * bright >> 8;
				light = light > 24 ? (light - 24) * 5 / 8 : 0;
				pair |= (128 + (light < 63 ? light : 63)) << (8 * i);
			}
			tiles[((y / 8 * 16 + x / 8) * 64 + y % 8 * 8 + x % 8) / 2] = (u16)pair;
		}
	}
	for (u32 i = 0; i < 256; i += 2)
		NEBULA_MAP[i / 2] = (u16)(i | (i + 1) << 8);
}

/* --- Sprites --- */

typedef u32 painter(s32 x, s32 y, u32 which);

/* Asks for every dot of a square; the painter's centre is 0, and a dot counts 2. */
static void paint_sprite(u32 tile, u32 size, painter *colour_of, u32 which)
{
	for (u32 y = 0; y < size; y++) {
		for (u32 x = 0; x < size; x += 4) {
			u32 dots = 0;
			for (u32 i = 0; i < 4; i++) {
				s32 px = 2 * (s32)(x + i) - (s32)size + 1;
				s32 py = 2 * (s32)y - (s32)size + 1;
				dots |= colour_of(px, py, which) << (4 * i);
			}
			u32 at = (tile + y / 8 * (size / 8) + x / 8) * 16 + y % 8 * 2 + x % 8 / 4;
			SPRITE_TILES[at] = (u16)dots;
		}
	}
}

static s32 absolute(s32 n)
{
	return n < 0 ? -n : n;
}

/* The angle of a place, roughly: along a diamond instead of a circle. */
static u32 angle_of(s32 x, s32 y)
{
	s32 sum = absolute(x) + absolute(y), part = sum ? 64 * y / sum : 0;

	return (u32)(x < 0 ? 128 - part : part) & 255;
}

static u32 paint_rock(s32 x, s32 y, u32 which)
{
	static const s8 craters[][3] = {{-22, -10, 17}, {18, 16, 13}, {12, -30, 10}, {-14, 30, 9}};
	s32 radius = (s32)square_root((u32)(x * x + y * y));
	u32 angle = angle_of(x, y);
	s32 edge = 52 + sine(angle * 3 + which * 90) / 64 + sine(angle * 5 + which * 37) / 64 +
		   sine(angle * 8 + which * 11) / 128;

	if (radius > edge)
		return 0;
	s32 light = 11 - radius * radius / 512 - (x + y) / 16;
	light += (s32)smooth_noise((u32)(x + 64), (u32)(y + 64), 3, which) / 64 - 2;
	for (u32 i = 0; i < 4; i++) {
		s32 dx = x - craters[i][which], dy = y - craters[i][1 - which], r = craters[i][2];
		s32 far = dx * dx + dy * dy;
		if (far < r * r)
			light += far < (r - 5) * (r - 5) ? -3 : (dx + dy > 0 ? 2 : -4);
	}
	if (radius > edge - 4)
		light -= 3;
	return light < 1 ? 1 : light > 15 ? 15 : (u32)light;
}

static u32 paint_pebble(s32 x, s32 y, u32 which)
{
	return paint_rock(2 * x, 2 * y, which);
}

/* A bird seen from above; it flies to the right. */
static u32 paint_ship(s32 x, s32 y, u32 which)
{
	s32 side = absolute(y);

	(void)which;
	if (x > 18 && x < 29 && side * 3 < 29 - x)
		return 15 - (u32)side;
	if ((x - 13) * (x - 13) + y * y < 50)
		return (x - 15) * (x - 15) + (side - 3) * (side - 3) < 5 ? 14 : 7;
	if (x > -20 && x < 14 && side < 8 - absolute(x + 2) / 4)
		return side < 3 ? 6 : 4;
	/* Wings lie back, the tail is a fork. */
	s32 front = 8 - side * 2 / 3, back = -6 - side / 2;
	if (side < 29 && x < front && x > back)
		return side > 20 ? 8 : x < back + 4 ? 3 : x > front - 4 ? 8 : 5;
	if (x <= -12 && x > -28 && side < 2 + (-12 - x) / 2 && side + 4 > (-12 - x) / 2)
		return 3;
	return 0;
}

static u32 paint_glow(s32 x, s32 y, u32 which)
{
	u32 radius = square_root((u32)(x * x + y * y));

	(void)which;
	return radius < 31 ? 15 - radius * 15 / 31 : 0;
}

static u32 paint_star(s32 x, s32 y, u32 which)
{
	s32 radius = (s32)square_root((u32)(x * x + y * y));
	s32 edge = 10 + cosine(5 * angle_of(x, y)) / 52;

	(void)which;
	return radius > edge ? 0 : radius > edge - 3 ? 4 : (u32)(15 - radius / 2);
}

static u32 paint_shot(s32 x, s32 y, u32 which)
{
	s32 far = x * x + y * y * 4;

	(void)which;
	return far > 50 ? 0 : far > 24 ? 9 : 15;
}

static u32 letter_dot(const u8 *rows, s32 x, s32 y)
{
	s32 column = (x + 40) >> 4, row = (y + 56) >> 4;

	return column >= 0 && column < 5 && row >= 0 && row < 7 && rows[row] & 0x10 >> column;
}

/* A letter of 8x8 dots a dot, with an edge around it. */
static u32 paint_letter(s32 x, s32 y, u32 which)
{
	const u8 *rows = glyphs[TITLE[which] - TEXT_FIRST].rows;

	if (letter_dot(rows, x, y))
		return (u32)(2 + (y + 56) / 8);
	for (s32 dy = -6; dy <= 6; dy += 12) {
		for (s32 dx = -6; dx <= 6; dx += 12) {
			if (letter_dot(rows, x + dx, y + dy))
				return 1;
		}
	}
	return 0;
}

void art_init(void)
{
	paint_palettes();
	paint_letters();
	paint_stars();
	paint_nebula();
	paint_sprite(TILE_ROCK, 64, paint_rock, 0);
	paint_sprite(TILE_ROCK + 64, 64, paint_rock, 1);
	paint_sprite(TILE_PEBBLE, 32, paint_pebble, 0);
	paint_sprite(TILE_PEBBLE + 16, 32, paint_pebble, 1);
	paint_sprite(TILE_SHIP, 32, paint_ship, 0);
	paint_sprite(TILE_GLOW, 32, paint_glow, 0);
	paint_sprite(TILE_STAR, 16, paint_star, 0);
	paint_sprite(TILE_SHOT, 8, paint_shot, 0);
	for (u32 i = 0; i < TITLE_LETTERS; i++)
		paint_sprite(TILE_LETTER + i * 64, 64, paint_letter, i);
}
