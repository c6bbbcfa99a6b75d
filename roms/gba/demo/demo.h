/* Starling, the demo game of the Game Boy Advance: what its files share.
 *
 * art.c paints tiles, sprites and palettes; sound.c plays music and effects; screen.c owns the
 * picture's registers and the list of sprites; game.c is the game, main.c the frame around it.
 * Positions are 24.8 fixed point, angles 256 a turn, sines 1.8. */
#ifndef MYNA_ROMS_GBA_DEMO_H
#define MYNA_ROMS_GBA_DEMO_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef signed char s8;
typedef signed short s16;
typedef int s32;

#define IO16(offset) (*(volatile u16 *)(0x04000000 + (offset)))
#define IO32(offset) (*(volatile u32 *)(0x04000000 + (offset)))

enum { WIDTH = 240, HEIGHT = 160 };

enum {
	KEY_A = 1,
	KEY_B = 2,
	KEY_START = 8,
	KEY_RIGHT = 16,
	KEY_LEFT = 32,
	KEY_UP = 64,
	KEY_DOWN = 128,
};

/* --- math.c --- */

void math_init(void);
s32 sine(u32 angle);
s32 cosine(u32 angle);
u32 random_next(void);
void random_seed(u32 seed);
u32 square_root(u32 number);

/* --- art.c --- */

/* First tiles of the sprites, all of 16 colours but different sizes. */
enum {
	TILE_ROCK = 0,                 /* 64x64, two of them */
	TILE_PEBBLE = TILE_ROCK + 128, /* 32x32, two of them */
	TILE_SHIP = TILE_PEBBLE + 32,  /* 32x32 */
	TILE_GLOW = TILE_SHIP + 16,    /* 32x32 */
	TILE_STAR = TILE_GLOW + 16,    /* 16x16 */
	TILE_SHOT = TILE_STAR + 4,     /* 8x8 */
	TILE_LETTER = TILE_SHOT + 4,   /* 64x64, eight of them, for the title */
};

enum { PALETTE_ROCK, PALETTE_SHIP, PALETTE_GLOW, PALETTE_STAR, PALETTE_LETTER };

#define TITLE "STARLING"
enum { TITLE_LETTERS = sizeof TITLE - 1 };

void art_init(void);

/* --- screen.c --- */

enum { SIZE_8, SIZE_16, SIZE_32, SIZE_64 };

struct sprite {
	s32 x, y; /* centre, in dots */
	u16 tile, palette;
	u16 size;
	u16 angle;
	u16 scale; /* 8.8 */
	u8 glows;
	u8 behind; /* of the text */
};

void screen_init(void);
void screen_text(u32 column, u32 row, u32 palette, const char *text);
void screen_number(u32 column, u32 row, u32 palette, u32 number, u32 digits);
void screen_clear_text(void);
void sprites_begin(void);
void sprite_add(const struct sprite *s);
/* What the next frame shows; `iris` is the radius of the hole in the curtain, `mosaic` 0 to 15. */
void screen_set(s32 scroll_x, s32 scroll_y, u32 iris, u32 mosaic);
void screen_show(u32 frame);

/* --- sound.c --- */

enum effect { EFFECT_SHOT, EFFECT_BURST, EFFECT_CHIME, EFFECTS };

void sound_init(void);
void sound_frame(void);
void sound_play(enum effect effect);
void sound_music(u32 tune); /* 0: that of the title, 1: that of the game */

/* --- game.c --- */

void game_start(u32 seed);
/* One frame; false when the game is over. */
int game_frame(u32 held, u32 pressed);
void game_draw(void);
u32 game_score(void);
void game_scroll(s32 *x, s32 *y);
u32 game_shock(void); /* 0 to 15 */

/* --- score.c --- */

u32 score_read(void);
void score_write(u32 score);

#endif
