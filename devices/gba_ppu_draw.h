/* How a line is drawn: every layer fills a row of its own, then one pass over the rows, from back
 * to front, keeps the two uppermost pixels of each dot, and a last one mixes them.  The passes have
 * no branch that depends on a pixel, so that the compiler makes vectors of them.
 */
#ifndef MYNA_DEVICES_GBA_PPU_DRAW_H
#define MYNA_DEVICES_GBA_PPU_DRAW_H

#include "devices/gba_ppu.h"

#define OPAQUE   0x8000 /* with a colour: the layer shows something here */
#define MARGIN   8      /* tiles may stick out of a row on either side */
#define ROW_DOTS GBA_SCREEN_WIDTH

enum { LAYER_OBJ = 4, LAYER_BACKDROP = 5 };

/* Attributes of a dot of the row of sprites. */
enum { OBJ_PRIORITY = 3, OBJ_NONE = 4, OBJ_SEMI = 0x40, OBJ_MOSAIC = 0x80 };

/* Bits of DISPCNT. */
enum {
	DISPCNT_MODE = 7,
	DISPCNT_FRAME = 1 << 4,
	DISPCNT_HBLANK_FREE = 1 << 5,
	DISPCNT_1D = 1 << 6,
	DISPCNT_BLANK = 1 << 7,
	DISPCNT_BG0 = 1 << 8,
	DISPCNT_OBJ = 1 << 12,
	DISPCNT_WIN0 = 1 << 13,
	DISPCNT_OBJ_WINDOW = 1 << 15
};

struct gba_row {
	uint16_t palette[512];  /* opaque; colour 0 of backgrounds and of sprites is not */
	uint16_t palette4[512]; /* for palettes of 16: colour 0 of each is not */
	uint16_t bg[4][MARGIN + ROW_DOTS + MARGIN];
	uint16_t obj[ROW_DOTS];
	uint16_t obj_attr[ROW_DOTS];   /* priority or OBJ_NONE, OBJ_SEMI, OBJ_MOSAIC */
	uint16_t obj_window[ROW_DOTS]; /* 0 or 1 */
	uint16_t window[ROW_DOTS];     /* bits 0..4: layers shown, 5: effects */
	unsigned priorities;           /* bit p: a sprite of priority p is in the row */
};

/* Fill bg[n].  Whether the layer is on has been checked. */
void gba_draw_bg(const struct gba_ppu_state *s, struct gba_row *r, unsigned n);
/* Can the mode show layer n? */
bool gba_draw_bg_exists(const struct gba_ppu_state *s, unsigned n);
/* Fill obj, obj_attr, obj_window and priorities. */
void gba_draw_obj(const struct gba_ppu_state *s, struct gba_row *r);
/* Everything together: the line `vcount` into `out`. */
void gba_draw_line(const struct gba_ppu_state *s, uint16_t out[ROW_DOTS]);

#endif
