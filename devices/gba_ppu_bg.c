/* Backgrounds: text, affine, bitmaps. */
#include <string.h>

#include "devices/gba_ppu_draw.h"

#define BG_VRAM 0x10000u /* bytes that tiles and maps of backgrounds can lie in */

enum { BGCNT_MOSAIC = 1 << 6, BGCNT_256 = 1 << 7, BGCNT_WRAP = 1 << 13 };

enum bg_kind { BG_NONE, BG_TEXT, BG_AFFINE, BG_BITMAP };

static const uint8_t kinds[8][4] = {
    {BG_TEXT, BG_TEXT, BG_TEXT, BG_TEXT},
    {BG_TEXT, BG_TEXT, BG_AFFINE, BG_NONE},
    {BG_NONE, BG_NONE, BG_AFFINE, BG_AFFINE},
    {BG_NONE, BG_NONE, BG_BITMAP, BG_NONE},
    {BG_NONE, BG_NONE, BG_BITMAP, BG_NONE},
    {BG_NONE, BG_NONE, BG_BITMAP, BG_NONE},
};

bool gba_draw_bg_exists(const struct gba_ppu_state *s, unsigned n)
{
	return kinds[s->shown & DISPCNT_MODE][n] != BG_NONE;
}

static uint16_t half_at(const uint8_t *vram, uint32_t at)
{
	return (uint16_t)(vram[at] | vram[at + 1] << 8);
}

/* Eight dots of a tile whose row of 16 colours is `bits`, the leftmost in the lowest. */
static void put_row16(uint16_t *out, uint32_t bits, const uint16_t *palette, bool flip)
{
	uint32_t bytes = __builtin_bswap32(bits);

	bits = flip ? (bytes & 0x0f0f0f0f) << 4 | (bytes >> 4 & 0x0f0f0f0f) : bits;
	for (unsigned i = 0; i < 8; i++)
		out[i] = palette[bits >> 4 * i & 15];
}

static void put_row256(uint16_t *out, uint64_t bytes, const uint16_t *palette, bool flip)
{
	bytes = flip ? __builtin_bswap64(bytes) : bytes;
	for (unsigned i = 0; i < 8; i++)
		out[i] = palette[bytes >> 8 * i & 255];
}

/* A map of more than 32 x 32 tiles consists of several such screens of 2 KiB. */
static uint32_t text_map(uint16_t cnt, unsigned x, unsigned y)
{
	unsigned size = cnt >> 14, screen = 0;

	if (size & 1)
		screen += x >> 8 & 1;
	if (size & 2)
		screen += (y >> 8 & 1) << (size & 1);
	return (cnt >> 8 & 31) * 0x800u + screen * 0x800 + (y >> 3 & 31) * 64 + (x >> 3 & 31) * 2;
}

/* A map may reach beyond the backgrounds' 64 KiB, tiles there are not shown. */
static void put_tile(const struct gba_ppu_state *s, const struct gba_row *r, uint16_t cnt,
    uint16_t entry, unsigned y, uint16_t *out)
{
	uint32_t base = (cnt >> 2 & 3) * 0x4000u;
	unsigned row = entry & 0x800 ? 7 - (y & 7) : y & 7;
	bool flip = entry & 0x400;
	uint32_t at, bits;
	uint64_t bytes;

	if (cnt & BGCNT_256) {
		at = base + (entry & 0x3ff) * 64u + row * 8;
		if (at >= BG_VRAM)
			return;
		memcpy(&bytes, s->vram + at, 8);
		put_row256(out, bytes, r->palette, flip);
		return;
	}
	at = base + (entry & 0x3ff) * 32u + row * 4;
	if (at >= BG_VRAM)
		return;
	memcpy(&bits, s->vram + at, 4);
	put_row16(out, bits, r->palette4 + (entry >> 12) * 16, flip);
}

/* The dot of a coordinate with 8 bits of fraction: a huge number if it is negative. */
static uint32_t whole(uint32_t fixed)
{
	return (uint32_t)((int32_t)fixed >> 8);
}

static unsigned mosaic_line(const struct gba_ppu_state *s, uint16_t cnt)
{
	unsigned y = s->vcount;

	return cnt & BGCNT_MOSAIC ? y - y % ((s->mosaic >> 4 & 15) + 1u) : y;
}

static void draw_text(const struct gba_ppu_state *s, struct gba_row *r, unsigned n)
{
	uint16_t cnt = s->bgcnt[n];
	unsigned y = mosaic_line(s, cnt) + s->vofs[n], x = s->hofs[n];
	uint16_t *out = r->bg[n] + MARGIN - (x & 7);

	for (unsigned i = 0; i < ROW_DOTS / 8 + 1; i++, x += 8, out += 8) {
		put_tile(s, r, cnt, half_at(s->vram, text_map(cnt, x, y)), y, out);
	}
}

static void draw_affine(const struct gba_ppu_state *s, struct gba_row *r, unsigned n, uint32_t x,
    uint32_t y, uint32_t dx, uint32_t dy)
{
	uint16_t cnt = s->bgcnt[n];
	unsigned bits = 7 + (cnt >> 14); /* of the map's size in dots */
	uint32_t mask = (1u << bits) - 1, outside = cnt & BGCNT_WRAP ? 0 : ~mask;
	const uint8_t *tiles = s->vram + (cnt >> 2 & 3) * 0x4000u;
	const uint8_t *map = s->vram + (cnt >> 8 & 31) * 0x800u;
	uint16_t *out = r->bg[n] + MARGIN;
	/* 16 KiB of map at 62 KiB, 16 KiB of tiles at 48: all inside VRAM. */
	for (unsigned i = 0; i < ROW_DOTS; i++, x += dx, y += dy) {
		uint32_t px = whole(x), py = whole(y);
		if ((px | py) & outside)
			continue;
		px &= mask;
		py &= mask;
		uint8_t tile = map[(py >> 3 << (bits - 3)) + (px >> 3)];
		out[i] = r->palette[tiles[tile * 64u + (py & 7) * 8 + (px & 7)]];
	}
}

/* Modes 3 and 5 hold colours, mode 4 numbers of the palette's. */
static void draw_bitmap(const struct gba_ppu_state *s, struct gba_row *r, uint32_t x, uint32_t y,
    uint32_t dx, uint32_t dy)
{
	unsigned mode = s->shown & DISPCNT_MODE;
	uint32_t width = mode == 5 ? 160 : 240, height = mode == 5 ? 128 : 160;
	const uint8_t *page = s->vram + (mode != 3 && s->shown & DISPCNT_FRAME ? 0xa000 : 0);
	uint16_t *out = r->bg[2] + MARGIN;

	if (mode == 3 && !x && dx == 0x100 && !dy && whole(y) < height) {
		memcpy(out, page + whole(y) * width * 2, ROW_DOTS * 2);
		for (unsigned i = 0; i < ROW_DOTS; i++)
			out[i] |= OPAQUE;
		return;
	}
	for (unsigned i = 0; i < ROW_DOTS; i++, x += dx, y += dy) {
		uint32_t px = whole(x), py = whole(y);
		if (px >= width || py >= height)
			continue;
		uint32_t at = py * width + px;
		out[i] = mode == 4 ? r->palette[page[at]] : half_at(page, at * 2) | OPAQUE;
	}
}

/* Every dot of a block shows its leftmost one. */
static void mosaic_row(uint16_t *row, unsigned width)
{
	for (unsigned i = 0; i < ROW_DOTS; i += width)
		for (unsigned k = 1; k < width && i + k < ROW_DOTS; k++)
			row[i + k] = row[i];
}

void gba_draw_bg(const struct gba_ppu_state *s, struct gba_row *r, unsigned n)
{
	unsigned kind = kinds[s->shown & DISPCNT_MODE][n], a = n & 1;
	bool mosaic = s->bgcnt[n] & BGCNT_MOSAIC;
	/* A block of mosaic shows its first line. */
	uint32_t x = (uint32_t)(mosaic ? s->mosaic_x[a] : s->ref_x[a]);
	uint32_t y = (uint32_t)(mosaic ? s->mosaic_y[a] : s->ref_y[a]);
	uint32_t dx = (uint32_t)s->pa[a], dy = (uint32_t)s->pc[a];

	memset(r->bg[n], 0, sizeof r->bg[n]);
	switch (kind) {
	case BG_TEXT: draw_text(s, r, n); break;
	case BG_AFFINE: draw_affine(s, r, n, x, y, dx, dy); break;
	case BG_BITMAP: draw_bitmap(s, r, x, y, dx, dy); break;
	default: break;
	}
	if (mosaic && s->mosaic & 15)
		mosaic_row(r->bg[n] + MARGIN, (s->mosaic & 15) + 1u);
}
