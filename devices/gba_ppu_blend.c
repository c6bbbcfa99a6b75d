/* Windows, priorities and effects: from rows of layers to the line that is shown. */
#include <string.h>

#include "devices/gba_ppu_draw.h"

#define WINDOW_ALL     0x3f
#define WINDOW_EFFECTS 0x20
#define WHITE          0x7fff

enum { EFFECT_NONE, EFFECT_ALPHA, EFFECT_BRIGHTER, EFFECT_DARKER };

/* The two uppermost pixels of each dot, and whose they are: bit n for layer n, with OBJ_SEMI. */
struct pile {
	uint16_t upper[ROW_DOTS], lower[ROW_DOTS];
	uint16_t upper_is[ROW_DOTS], lower_is[ROW_DOTS];
};

static void fill(uint16_t *row, uint16_t value)
{
	for (unsigned x = 0; x < ROW_DOTS; x++)
		row[x] = value;
}

/* --- Windows --- */

/* From the left edge up to the right one, around the end of the line if that is less. */
static void window_fill(struct gba_row *r, uint16_t edges, uint16_t layers)
{
	unsigned left = edges >> 8, right = edges & 0xff;

	for (unsigned x = 0; x < ROW_DOTS; x++) {
		bool in = left <= right ? x >= left && x < right : x >= left || x < right;
		r->window[x] = in ? layers : r->window[x];
	}
}

static void draw_windows(const struct gba_ppu_state *s, struct gba_row *r)
{
	uint16_t inside = s->winout >> 8 & WINDOW_ALL;

	if (!(s->dispcnt & (DISPCNT_WIN0 | DISPCNT_WIN0 << 1 | DISPCNT_OBJ_WINDOW))) {
		fill(r->window, WINDOW_ALL);
		return;
	}
	fill(r->window, s->winout & WINDOW_ALL);
	if (s->dispcnt & DISPCNT_OBJ_WINDOW && s->dispcnt & DISPCNT_OBJ)
		for (unsigned x = 0; x < ROW_DOTS; x++)
			r->window[x] = r->obj_window[x] ? inside : r->window[x];
	/* WIN0 is above WIN1. */
	for (unsigned n = 2; n-- > 0;)
		if (s->dispcnt & DISPCNT_WIN0 << n && s->in_window[n])
			window_fill(r, s->winh[n], s->winin >> 8 * n & WINDOW_ALL);
}

/* --- Priorities --- */

/* Lay a row on the pile. */
static void pile_row(
    struct pile *p, const uint16_t *restrict row, const uint16_t *restrict window, unsigned layer)
{
	uint16_t bit = (uint16_t)(1 << layer);

	for (unsigned x = 0; x < ROW_DOTS; x++) {
		bool on = (row[x] & OPAQUE) != 0 && (window[x] & bit) != 0;
		p->lower[x] = on ? p->upper[x] : p->lower[x];
		p->lower_is[x] = on ? p->upper_is[x] : p->lower_is[x];
		p->upper[x] = on ? row[x] : p->upper[x];
		p->upper_is[x] = on ? bit : p->upper_is[x];
	}
}

static void pile_obj(struct pile *p, const struct gba_row *r, unsigned priority)
{
	for (unsigned x = 0; x < ROW_DOTS; x++) {
		uint16_t is = 1 << LAYER_OBJ | (r->obj_attr[x] & OBJ_SEMI);
		bool on = (r->obj_attr[x] & (OBJ_PRIORITY | OBJ_NONE)) == priority &&
			  (r->obj[x] & OPAQUE) != 0 && (r->window[x] & 1 << LAYER_OBJ) != 0;
		p->lower[x] = on ? p->upper[x] : p->lower[x];
		p->lower_is[x] = on ? p->upper_is[x] : p->lower_is[x];
		p->upper[x] = on ? r->obj[x] : p->upper[x];
		p->upper_is[x] = on ? is : p->upper_is[x];
	}
}

static void pile_layers(const struct gba_ppu_state *s, const struct gba_row *r, struct pile *p)
{
	fill(p->upper, s->palette[0]);
	fill(p->upper_is, 1 << LAYER_BACKDROP);
	fill(p->lower, 0);
	fill(p->lower_is, 0);
	for (unsigned priority = 4; priority-- > 0;) {
		for (unsigned n = 4; n-- > 0;)
			if (s->dispcnt & DISPCNT_BG0 << n && gba_draw_bg_exists(s, n) &&
			    (s->bgcnt[n] & 3) == priority)
				pile_row(p, r->bg[n] + MARGIN, r->window, n);
		if (s->dispcnt & DISPCNT_OBJ && r->priorities & 1u << priority)
			pile_obj(p, r, priority);
	}
}

/* --- Effects --- */

static unsigned coefficient(unsigned bits)
{
	return (bits & 31) < 16 ? bits & 31 : 16;
}

static uint16_t mix_channel(unsigned a, unsigned b, unsigned wa, unsigned wb)
{
	unsigned sum = (a * wa + b * wb) >> 4;

	return (uint16_t)(sum < 31 ? sum : 31);
}

static uint16_t mix(unsigned a, unsigned b, unsigned wa, unsigned wb)
{
	return (uint16_t)(mix_channel(a & 31, b & 31, wa, wb) |
			  mix_channel(a >> 5 & 31, b >> 5 & 31, wa, wb) << 5 |
			  mix_channel(a >> 10 & 31, b >> 10 & 31, wa, wb) << 10);
}

/* A step towards white or black is mixing with it. */
static void effects(const struct gba_ppu_state *s, const struct gba_row *r, struct pile *p)
{
	unsigned effect = s->bldcnt >> 6 & 3, first = s->bldcnt & 0x3f, second = s->bldcnt >> 8;
	unsigned wa = coefficient(s->bldalpha), wb = coefficient(s->bldalpha >> 8u);
	unsigned wy = coefficient(s->bldy);
	unsigned alpha_first = OBJ_SEMI | (effect == EFFECT_ALPHA ? first : 0);
	unsigned bright_first = effect >= EFFECT_BRIGHTER ? first : 0;
	uint16_t to = effect == EFFECT_BRIGHTER ? WHITE : 0;

	for (unsigned x = 0; x < ROW_DOTS; x++) {
		uint16_t a = p->upper[x], is = p->upper_is[x];
		bool on = (r->window[x] & WINDOW_EFFECTS) != 0;
		bool alpha = on && (is & alpha_first) != 0 && (p->lower_is[x] & second) != 0;
		bool bright = on && (is & bright_first) != 0;
		uint16_t brighter = mix(a, to, 16 - wy, wy), mixed = mix(a, p->lower[x], wa, wb);
		a = bright ? brighter : a;
		p->upper[x] = alpha ? mixed : a;
	}
}

static bool effects_possible(const struct gba_ppu_state *s, const struct pile *p)
{
	unsigned any = 0;

	if (s->bldcnt >> 6 & 3)
		return true;
	for (unsigned x = 0; x < ROW_DOTS; x++)
		any |= p->upper_is[x];
	return any & OBJ_SEMI;
}

/* --- The line --- */

static void prepare_palettes(const struct gba_ppu_state *s, struct gba_row *r)
{
	for (unsigned i = 0; i < 512; i++)
		r->palette4[i] = r->palette[i] = s->palette[i] | OPAQUE;
	for (unsigned i = 0; i < 512; i += 16)
		r->palette4[i] = 0;
	r->palette[0] = r->palette[256] = 0;
}

/* A leftover of development hardware: dots swap their green with their neighbour. */
static void swap_green(uint16_t *out)
{
	for (unsigned x = 0; x < ROW_DOTS; x += 2) {
		uint16_t differ = (out[x] ^ out[x + 1]) & 31 << 5;
		out[x] ^= differ;
		out[x + 1] ^= differ;
	}
}

void gba_draw_line(const struct gba_ppu_state *s, uint16_t out[ROW_DOTS])
{
	struct gba_row r;
	struct pile p;

	if (s->dispcnt & DISPCNT_BLANK) {
		fill(out, WHITE);
		return;
	}
	prepare_palettes(s, &r);
	for (unsigned n = 0; n < 4; n++)
		if (s->dispcnt & DISPCNT_BG0 << n && gba_draw_bg_exists(s, n))
			gba_draw_bg(s, &r, n);
	if (s->dispcnt & DISPCNT_OBJ)
		gba_draw_obj(s, &r);
	draw_windows(s, &r);
	pile_layers(s, &r, &p);
	if (effects_possible(s, &p))
		effects(s, &r, &p);
	for (unsigned x = 0; x < ROW_DOTS; x++)
		out[x] = p.upper[x] & 0x7fff;
	if (s->green_swap & 1)
		swap_green(out);
}
