/* Sprites.  A line has so many cycles for them; the sprites are gone through in the order of OAM
 * until they are used up. */
#include <string.h>

#include "devices/gba_ppu_draw.h"

#define OBJ_VRAM      0x10000u
#define CYCLES        1210 /* of a line for sprites */
#define CYCLES_FREE   954  /* if OAM is to be free in H-blank */
#define AFFINE_CYCLES 10   /* beside 2 for every dot; others take 1 for every dot */
#define BITMAP_TILES  512  /* tiles that bitmaps leave no room for */
#define UNSEEN_TOP    (UINT16_C(160))

enum { MODE_NORMAL, MODE_SEMI, MODE_WINDOW, MODE_PROHIBITED };
enum { ATTR0_AFFINE = 1 << 8, ATTR0_DOUBLE = 1 << 9, ATTR0_MOSAIC = 1 << 12, ATTR0_256 = 1 << 13 };
enum { ATTR1_FLIP_X = 1 << 12, ATTR1_FLIP_Y = 1 << 13 };

/* Width and height in dots, by shape and size; shape 3 is prohibited and taken for 8 x 8. */
static const uint8_t sizes[4][4][2] = {
    {{8, 8}, {16, 16}, {32, 32}, {64, 64}},
    {{16, 8}, {32, 8}, {32, 16}, {64, 32}},
    {{8, 16}, {8, 32}, {16, 32}, {32, 64}},
    {{8, 8}, {8, 8}, {8, 8}, {8, 8}},
};

/* One sprite on the line that is drawn. */
struct sprite {
	uint16_t attr0, attr1, attr2;
	int width, height; /* of the picture */
	int box_width;     /* on the screen: twice that with ATTR0_DOUBLE */
	int left;          /* -256..255 */
	int row;           /* line of the box */
	const uint16_t *palette;
	uint32_t tile;  /* bytes of VRAM at which tile 0,0 begins */
	uint32_t pitch; /* bytes from a row of tiles to the next */
};

static unsigned mode_of(const struct sprite *o)
{
	return o->attr0 >> 10 & 3;
}

/* The line of the sprite's box that the picture's line shows; false if there is none. */
static bool on_line(const struct gba_ppu_state *s, struct sprite *o, int box_height)
{
	int line = s->vcount, top = o->attr0 & 0xff;

	o->row = (line - top) & 0xff;
	if (o->row >= box_height)
		return false;
	if (o->attr0 & ATTR0_MOSAIC) {
		int back = line % ((s->mosaic >> 12 & 15) + 1);
		o->row = o->row > back ? o->row - back : 0;
	}
	return true;
}

static bool sprite_take(
    const struct gba_ppu_state *s, const struct gba_row *r, unsigned index, struct sprite *o)
{
	const uint16_t *attr = s->oam + index * 4;
	bool wide = attr[0] & ATTR0_256, affine = attr[0] & ATTR0_AFFINE;
	const uint8_t *size = sizes[attr[0] >> 14][attr[1] >> 14];
	int twice = affine && attr[0] & ATTR0_DOUBLE;
	unsigned number = attr[2] & 0x3ff;

	o->attr0 = attr[0];
	o->attr1 = attr[1];
	o->attr2 = attr[2];
	o->width = size[0];
	o->height = size[1];
	o->box_width = o->width << twice;
	o->left = (int)((attr[1] & 0x1ffu) ^ 0x100) - 0x100;
	if ((!affine && attr[0] & ATTR0_DOUBLE) || mode_of(o) == MODE_PROHIBITED ||
	    !on_line(s, o, o->height << twice))
		return false;
	if (wide && !(s->shown & DISPCNT_1D))
		number &= ~1u;
	o->tile = number * 32;
	o->pitch = s->shown & DISPCNT_1D ? (uint32_t)o->width * (wide ? 8 : 4) : 32 * 32;
	o->palette = wide ? r->palette + 256 : r->palette4 + 256 + (attr[2] >> 12) * 16;
	return true;
}

/* The colour of the picture's dot x, y; 0 where it is transparent. */
static uint16_t dot(
    const struct gba_ppu_state *s, const struct sprite *o, unsigned x, unsigned y, uint32_t least)
{
	bool wide = o->attr0 & ATTR0_256;
	uint32_t at = o->tile + (y >> 3) * o->pitch +
		      (wide ? (x >> 3) * 64 + (y & 7) * 8 + (x & 7)
			    : (x >> 3) * 32 + (y & 7) * 4 + (x >> 1 & 3));

	at &= 0x7fff;
	if (at < least)
		return 0;
	uint8_t byte = s->vram[OBJ_VRAM + at];
	return o->palette[wide ? byte : x & 1 ? byte >> 4 : byte & 15];
}

/* The first sprite of the smallest priority number wins.  A dot of a sprite that is transparent
 * still takes over the priority of what is shown there, and whether mosaic is. */
static void put_dot(
    struct gba_row *r, const struct sprite *o, int x, uint16_t colour, unsigned mode)
{
	unsigned priority = o->attr2 >> 10 & 3, was = r->obj_attr[x];
	unsigned mosaic = o->attr0 & ATTR0_MOSAIC ? OBJ_MOSAIC : 0;

	if (mode == MODE_WINDOW) {
		r->obj_window[x] |= colour != 0;
		return;
	}
	bool better = (was & (OBJ_PRIORITY | OBJ_NONE)) > priority;
	if (colour && (better || !r->obj[x])) {
		r->obj[x] = colour;
		r->obj_attr[x] = (uint16_t)(priority | mosaic | (mode == MODE_SEMI ? OBJ_SEMI : 0));
		r->priorities |= 1u << priority;
	} else if (!colour && better) {
		r->obj_attr[x] = (uint16_t)(priority | mosaic | (was & OBJ_SEMI));
		r->priorities |= 1u << priority;
	}
}

/* Sprites that make a window are sampled at the first dot of a block. */
static int mosaic_dot(const struct gba_ppu_state *s, const struct sprite *o, int x)
{
	if (!(o->attr0 & ATTR0_MOSAIC) || mode_of(o) != MODE_WINDOW)
		return x;
	x -= x % ((s->mosaic >> 8 & 15) + 1);
	return x > o->left ? x : o->left;
}

/* The row of all sprites is blurred as one: a dot with mosaic repeats its neighbour's up to the
 * next block, whichever sprite that is of, unless that one has none or a worse priority. */
static void mosaic_row(const struct gba_ppu_state *s, struct gba_row *r)
{
	unsigned width = (s->mosaic >> 8 & 15) + 1u, mask = OBJ_PRIORITY | OBJ_NONE;

	for (unsigned x = 1; width > 1 && x < ROW_DOTS; x++) {
		uint16_t left = r->obj_attr[x - 1], here = r->obj_attr[x];
		if (!(left & here & OBJ_MOSAIC) || (left & mask) > (here & mask) || x % width == 0)
			continue;
		r->obj[x] = r->obj[x - 1];
		r->obj_attr[x] = left;
	}
}

static void draw_plain(const struct gba_ppu_state *s, struct gba_row *r, const struct sprite *o,
    int from, int to, uint32_t least)
{
	unsigned y = (unsigned)(o->attr1 & ATTR1_FLIP_Y ? o->height - 1 - o->row : o->row);
	unsigned mode = mode_of(o);

	for (int x = from; x < to; x++) {
		int column = mosaic_dot(s, o, x) - o->left;
		if (o->attr1 & ATTR1_FLIP_X)
			column = o->width - 1 - column;
		put_dot(r, o, x, dot(s, o, (unsigned)column, y, least), mode);
	}
}

static void draw_affine(const struct gba_ppu_state *s, struct gba_row *r, const struct sprite *o,
    int from, int to, uint32_t least)
{
	/* Four parameters lie in the fourth halfwords of four sprites. */
	const uint16_t *m = s->oam + (o->attr1 >> 9 & 31) * 16 + 3;
	int pa = (int16_t)m[0], pb = (int16_t)m[4], pc = (int16_t)m[8], pd = (int16_t)m[12];
	int box_height = o->attr0 & ATTR0_DOUBLE ? o->height * 2 : o->height;
	int dy = o->row - box_height / 2;
	unsigned mode = mode_of(o);

	for (int x = from; x < to; x++) {
		int dx = mosaic_dot(s, o, x) - o->left - o->box_width / 2;
		int px = ((pa * dx + pb * dy) >> 8) + o->width / 2;
		int py = ((pc * dx + pd * dy) >> 8) + o->height / 2;
		if (px >= 0 && px < o->width && py >= 0 && py < o->height)
			put_dot(r, o, x, dot(s, o, (unsigned)px, (unsigned)py, least), mode);
	}
}

void gba_draw_obj(const struct gba_ppu_state *s, struct gba_row *r)
{
	int left = s->shown & DISPCNT_HBLANK_FREE ? CYCLES_FREE : CYCLES;
	uint32_t least = (s->shown & DISPCNT_MODE) >= 3 ? BITMAP_TILES * 32 : 0;
	struct sprite o;

	memset(r->obj, 0, sizeof r->obj);
	memset(r->obj_window, 0, sizeof r->obj_window);
	for (unsigned x = 0; x < ROW_DOTS; x++)
		r->obj_attr[x] = OBJ_NONE;
	r->priorities = 0;
	for (unsigned i = 0; i < 128 && left > 0; i++) {
		if (!sprite_take(s, r, i, &o))
			continue;
		bool affine = o.attr0 & ATTR0_AFFINE;
		int each = affine ? 2 : 1, from = o.left, to = o.left + o.box_width;
		left -= affine ? AFFINE_CYCLES : 0;
		/* The dots for which there is still time. */
		if (left < o.box_width * each)
			to = o.left + (left > 0 ? left / each : 0);
		left -= o.box_width * each;
		from = from < 0 ? 0 : from;
		to = to > ROW_DOTS ? ROW_DOTS : to;
		(affine ? draw_affine : draw_plain)(s, r, &o, from, to, least);
	}
	mosaic_row(s, r);
}
