/* The picture's registers: layers, list of sprites, the curtain with its iris.
 *
 * Everything is computed into RAM while a frame is shown and copied at its end. The iris is window
 * 0, whose left and right edges DMA 0 changes after every line. */
#include "demo.h"

#define TEXT_MAP ((volatile u16 *)0x06004000)

enum { SPRITES = 128, MATRICES = 32 };

static u16 list[SPRITES * 4]; /* as in OAM: every fourth is a number of a matrix */
static u32 sprite_count, matrix_count;
static u16 iris_edges[HEIGHT + 1];
static s32 scroll[2];
static u32 blur, iris_radius;

void screen_init(void)
{
	IO16(0x00) = 0;                                    /* black until the first frame */
	IO16(0x08) = 8 << 8;                               /* text */
	IO16(0x0a) = 1 | 0x40 | 9 << 8;                    /* stars, with mosaic */
	IO16(0x0c) = 2 | 2 << 2 | 0x40 | 10 << 8 | 0x2000; /* nebula: tiles at 2, wraps */
	IO16(0x12) = (u16)-4;                              /* off the edge */
	IO16(0x48) = 0x3f;
	IO16(0x4a) = 0; /* behind the curtain is nothing */
	IO16(0x44) = HEIGHT;
	IO16(0x50) = 0x02 | 0x40 | (0x02 | 0x04 | 0x20) << 8; /* stars shine through the nebula */
	IO16(0x52) = 12 | 16 << 8;
	screen_clear_text();
	sprites_begin();
}

/* --- Text --- */

void screen_text(u32 column, u32 row, u32 palette, const char *text)
{
	for (volatile u16 *at = TEXT_MAP + row * 32 + column; *text; text++)
		*at++ = (u16)((u32)(*text - ' ') | palette << 12);
}

void screen_number(u32 column, u32 row, u32 palette, u32 number, u32 digits)
{
	while (digits--) {
		TEXT_MAP[row * 32 + column + digits] =
		    (u16)(('0' - ' ' + number % 10) | palette << 12);
		number /= 10;
	}
}

void screen_clear_text(void)
{
	for (u32 i = 0; i < 1024; i++)
		TEXT_MAP[i] = 0;
}

/* --- Sprites --- */

void sprites_begin(void)
{
	sprite_count = matrix_count = 0;
	for (u32 i = 0; i < SPRITES; i++)
		list[i * 4] = 0x200; /* not shown */
}

static void add_matrix(u32 angle, u32 scale)
{
	s32 grow = (s32)(65536 / (scale ? scale : 1)), c = cosine(angle) * grow >> 8,
	    s = sine(angle) * grow >> 8;
	u16 *m = list + matrix_count * 16 + 3;

	m[0] = (u16)c;
	m[4] = (u16)s;
	m[8] = (u16)-s;
	m[12] = (u16)c;
}

/* What finds no place is not shown. Only what is enlarged gets the field of twice the size: a line
 * has time for few of them. */
void sprite_add(const struct sprite *s)
{
	u32 affine = s->angle || s->scale != 256, larger = s->scale > 256;
	s32 half = (4 << s->size) << larger;
	u16 *to = list + sprite_count * 4;

	if (sprite_count >= SPRITES || (affine && matrix_count >= MATRICES))
		return;
	if (s->x < -half || s->y < -half || s->x >= WIDTH + half || s->y >= HEIGHT + half)
		return;
	to[0] =
	    (u16)(((u32)(s->y - half) & 0xff) | (s->glows ? 0x400 : 0) | affine << 8 | larger << 9);
	to[1] = (u16)(((u32)(s->x - half) & 0x1ff) | (affine ? matrix_count : 0) << 9 |
		      (u32)s->size << 14);
	to[2] = (u16)(s->tile | (s->behind ? 1 : 0) << 10 | (u32)s->palette << 12);
	sprite_count++;
	if (!affine)
		return;
	add_matrix(s->angle, s->scale);
	matrix_count++;
}

/* --- Frames --- */

static void set_iris(u32 radius)
{
	iris_radius = radius;
	for (s32 y = 0; y < HEIGHT; y++) {
		s32 far = y - HEIGHT / 2, square = (s32)(radius * radius) - far * far;
		s32 half = square > 0 ? (s32)square_root((u32)square) : 0;

		half = half > WIDTH / 2 ? WIDTH / 2 : half;
		iris_edges[y] = (u16)((WIDTH / 2 - half) << 8 | (WIDTH / 2 + half));
	}
	iris_edges[HEIGHT] = iris_edges[0];
}

void screen_set(s32 x, s32 y, u32 iris, u32 mosaic)
{
	scroll[0] = x;
	scroll[1] = y;
	blur = mosaic;
	if (iris != iris_radius)
		set_iris(iris);
}

/* The nebula turns and breathes around the centre of the screen. */
static void turn_nebula(u32 frame)
{
	u32 angle = frame >> 4;
	s32 grow = 150 + (sine(frame >> 2) >> 3);
	s32 c = cosine(angle) * grow >> 8, s = sine(angle) * grow >> 8;

	IO16(0x20) = (u16)c;
	IO16(0x22) = (u16)-s;
	IO16(0x24) = (u16)s;
	IO16(0x26) = (u16)c;
	IO32(0x28) = (u32)(scroll[0] / 4 - c * (WIDTH / 2) + s * (HEIGHT / 2));
	IO32(0x2c) = (u32)(scroll[1] / 4 - s * (WIDTH / 2) - c * (HEIGHT / 2));
}

void screen_show(u32 frame)
{
	IO16(0xba) = 0;
	IO32(0xd4) = (u32)list;
	IO32(0xd8) = 0x07000000;
	IO32(0xdc) = 0x84000000 | sizeof list / 4;
	IO16(0x40) = iris_edges[0];
	IO32(0xb0) = (u32)(iris_edges + 1);
	IO32(0xb4) = 0x04000040;
	IO32(0xb8) = 0xa2400001; /* one halfword after every line, to the same place */
	IO16(0x14) = (u16)(scroll[0] >> 9);
	IO16(0x16) = (u16)(scroll[1] >> 9);
	IO16(0x4c) = (u16)(blur * 0x11);
	turn_nebula(frame);
	IO16(0x00) = 0x3741; /* mode 1, three layers, sprites, window 0 */
}
