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

	if (!(s->shown & (DISPCNT_WIN0 | DISPCNT_WIN0 << 1 | DISPCNT_OBJ_WINDOW))) {
		fill(r->window, WINDOW_ALL);
		return;
	}
	fill(r->window, s->winout & WINDOW_ALL);
	if (s->shown & DISPCNT_OBJ_WINDOW && s->shown & DISPCNT_OBJ)
		for (unsigned x = 0; x < ROW_DOTS; x++)
			r->window[x] = r->obj_window[x] ? inside : r->window[x];
	/* WIN0 is above WIN1. */
	for (unsigned n = 2; n-- > 0;)
		if (s->shown & DISPCNT_WIN0 << n && s->in_window[n])
			window_fill(r, s->winh[n], s->winin >> 8 * n & WINDOW_ALL);
}

/* --- Priorities --- */

/* All ones if a condition holds that is 0 or 1, else 0.  Selecting is done with masks of the dots'
 * own width: compilers make vectors of that. */
static uint16_t mask_of(unsigned condition)
{
	return (uint16_t)-condition;
}

static uint16_t choose(uint16_t mask, uint16_t a, uint16_t b)
{
	return (uint16_t)((a & mask) | (b & ~mask));
}

/* Lay a row on the pile where `mask` is set; `is` says whose each dot is. */
static void pile_masked(struct pile *restrict p, const uint16_t *restrict row,
    const uint16_t *restrict mask, const uint16_t *restrict is)
{
	for (unsigned x = 0; x < ROW_DOTS; x++)
		p->lower[x] = choose(mask[x], p->upper[x], p->lower[x]);
	for (unsigned x = 0; x < ROW_DOTS; x++)
		p->lower_is[x] = choose(mask[x], p->upper_is[x], p->lower_is[x]);
	for (unsigned x = 0; x < ROW_DOTS; x++)
		p->upper[x] = choose(mask[x], row[x], p->upper[x]);
	for (unsigned x = 0; x < ROW_DOTS; x++)
		p->upper_is[x] = choose(mask[x], is[x], p->upper_is[x]);
}

static void pile_bg(struct pile *p, const struct gba_row *r, unsigned n)
{
	const uint16_t *row = r->bg[n] + MARGIN;
	uint16_t mask[ROW_DOTS], is[ROW_DOTS];

	fill(is, (uint16_t)(1 << n));
	for (unsigned x = 0; x < ROW_DOTS; x++)
		mask[x] = mask_of((unsigned)row[x] >> 15 & (unsigned)r->window[x] >> n & 1);
	pile_masked(p, row, mask, is);
}

static void pile_obj(struct pile *p, const struct gba_row *r, uint16_t priority)
{
	uint16_t mask[ROW_DOTS], is[ROW_DOTS];

	for (unsigned x = 0; x < ROW_DOTS; x++)
		is[x] = (uint16_t)(1 << LAYER_OBJ | (r->obj_attr[x] & OBJ_SEMI));
	for (unsigned x = 0; x < ROW_DOTS; x++) {
		uint16_t here = r->obj_attr[x] & (OBJ_PRIORITY | OBJ_NONE);
		mask[x] = mask_of((here == priority) & (unsigned)r->obj[x] >> 15 &
				  (unsigned)r->window[x] >> LAYER_OBJ);
	}
	pile_masked(p, r->obj, mask, is);
}

static void pile_layers(const struct gba_ppu_state *s, const struct gba_row *r, struct pile *p)
{
	fill(p->upper, s->palette[0]);
	fill(p->upper_is, 1 << LAYER_BACKDROP);
	fill(p->lower, 0);
	fill(p->lower_is, 0);
	for (unsigned priority = 4; priority-- > 0;) {
		for (unsigned n = 4; n-- > 0;)
			if (s->shown & DISPCNT_BG0 << n && gba_draw_bg_exists(s, n) &&
			    (s->bgcnt[n] & 3) == priority)
				pile_bg(p, r, n);
		if (s->shown & DISPCNT_OBJ && r->priorities & 1u << priority)
			pile_obj(p, r, (uint16_t)priority);
	}
}

/* --- Effects --- */

static unsigned coefficient(unsigned bits)
{
	return (bits & 31) < 16 ? bits & 31 : 16;
}

/* The weights are at most 16: nothing overflows. */
static uint16_t mix_channel(uint16_t a, uint16_t b, uint16_t wa, uint16_t wb)
{
	uint16_t sum = (uint16_t)((uint16_t)(a * wa + b * wb) >> 4);

	return sum < 31 ? sum : 31;
}

static void mix_rows(uint16_t *restrict out, const uint16_t *restrict a, const uint16_t *restrict b,
    uint16_t wa, uint16_t wb)
{
	for (unsigned x = 0; x < ROW_DOTS; x++) {
		uint16_t red = mix_channel(a[x] & 31, b[x] & 31, wa, wb);
		uint16_t green = mix_channel(a[x] >> 5 & 31, b[x] >> 5 & 31, wa, wb);
		uint16_t blue = mix_channel(a[x] >> 10 & 31, b[x] >> 10 & 31, wa, wb);
		out[x] = (uint16_t)(red | green << 5 | blue << 10);
	}
}

/* Where the effects of the window are on and the dot is one of `layers`. */
static void effect_mask(
    uint16_t *restrict mask, const struct gba_row *r, const struct pile *p, uint16_t layers)
{
	for (unsigned x = 0; x < ROW_DOTS; x++)
		mask[x] = mask_of(((p->upper_is[x] & layers) != 0) & (unsigned)r->window[x] >> 5);
}

/* A step towards white or black is mixing with it. */
static void brighten(const struct gba_ppu_state *s, const struct gba_row *r, struct pile *p)
{
	uint16_t mask[ROW_DOTS], goal[ROW_DOTS], mixed[ROW_DOTS];
	uint16_t weight = (uint16_t)coefficient(s->bldy);

	fill(goal, (s->bldcnt >> 6 & 3) == EFFECT_BRIGHTER ? WHITE : 0);
	effect_mask(mask, r, p, s->bldcnt & 0x3f);
	mix_rows(mixed, p->upper, goal, (uint16_t)(16 - weight), weight);
	for (unsigned x = 0; x < ROW_DOTS; x++)
		p->upper[x] = choose(mask[x], mixed[x], p->upper[x]);
}

/* Sprites that are semi-transparent are mixed whatever the effect, if there is something to mix
 * with; `plain` is the row without effects. */
static void blend(
    const struct gba_ppu_state *s, const struct gba_row *r, struct pile *p, const uint16_t *plain)
{
	uint16_t mask[ROW_DOTS], mixed[ROW_DOTS], second = s->bldcnt >> 8;
	uint16_t first = (s->bldcnt >> 6 & 3) == EFFECT_ALPHA ? s->bldcnt & 0x3f : 0;

	effect_mask(mask, r, p, first | OBJ_SEMI);
	for (unsigned x = 0; x < ROW_DOTS; x++)
		mask[x] &= mask_of((p->lower_is[x] & second) != 0);
	mix_rows(mixed, plain, p->lower, (uint16_t)coefficient(s->bldalpha),
	    (uint16_t)coefficient(s->bldalpha >> 8u));
	for (unsigned x = 0; x < ROW_DOTS; x++)
		p->upper[x] = choose(mask[x], mixed[x], p->upper[x]);
}

static bool any_semi(const struct pile *p)
{
	uint16_t any = 0;

	for (unsigned x = 0; x < ROW_DOTS; x++)
		any |= p->upper_is[x];
	return any & OBJ_SEMI;
}

static void effects(const struct gba_ppu_state *s, const struct gba_row *r, struct pile *p)
{
	unsigned effect = s->bldcnt >> 6 & 3;
	uint16_t plain[ROW_DOTS];

	memcpy(plain, p->upper, sizeof plain);
	if (effect >= EFFECT_BRIGHTER)
		brighten(s, r, p);
	if (effect == EFFECT_ALPHA || any_semi(p))
		blend(s, r, p, plain);
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

	if (s->shown & DISPCNT_BLANK) {
		fill(out, WHITE);
		return;
	}
	prepare_palettes(s, &r);
	for (unsigned n = 0; n < 4; n++)
		if (s->shown & DISPCNT_BG0 << n && gba_draw_bg_exists(s, n))
			gba_draw_bg(s, &r, n);
	if (s->shown & DISPCNT_OBJ)
		gba_draw_obj(s, &r);
	draw_windows(s, &r);
	pile_layers(s, &r, &p);
	effects(s, &r, &p);
	for (unsigned x = 0; x < ROW_DOTS; x++)
		out[x] = p.upper[x] & 0x7fff;
	if (s->green_swap & 1)
		swap_green(out);
}
