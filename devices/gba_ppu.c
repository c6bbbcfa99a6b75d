/* The picture unit: registers, memory, and the beam.
 *
 * One event walks the edges of H-blank.  Where the beam is is kept in the state (line_start, VCOUNT
 * and the flag), so an edge that is handled late, because an instruction was under way, does not
 * move the next one.
 */
#include <stdio.h>
#include <string.h>

#include "devices/gba_ppu_draw.h"

enum {
	DISPCNT = 0x00,
	GREEN_SWAP = 0x02,
	DISPSTAT = 0x04,
	VCOUNT = 0x06,
	BGCNT = 0x08,
	BGOFS = 0x10,
	BG_AFFINE = 0x20,
	WINH = 0x40,
	WINV = 0x44,
	WININ = 0x48,
	WINOUT = 0x4a,
	MOSAIC = 0x4c,
	BLDCNT = 0x50,
	BLDALPHA = 0x52,
	BLDY = 0x54
};

enum {
	IN_VBLANK = 1 << 0,
	IN_HBLANK = 1 << 1,
	AT_VCOUNT = 1 << 2,
	VBLANK_IRQ = 1 << 3,
	HBLANK_IRQ = 1 << 4,
	VCOUNT_IRQ = 1 << 5,
	DISPSTAT_WRITABLE = 0xff38
};

#define CAPTURE_FIRST 2
#define CAPTURE_END   162
#define TILE_OBJ      0x10000u /* where the memory of sprites begins */
#define LAYERS        (0x1f * DISPCNT_BG0)
#define BITMAP_OBJ    0x14000u

static void pulse(const struct wire *w)
{
	wire_set(w, 1);
	wire_set(w, 0);
}

static int32_t sign_extend_28(uint32_t value)
{
	return (int32_t)(value << 4) >> 4;
}

/* --- The beam --- */

static void vcount_compare(struct gba_ppu *p)
{
	struct gba_ppu_state *s = &p->s;
	bool was = s->dispstat & AT_VCOUNT, is = s->vcount == s->dispstat >> 8;

	s->dispstat = (uint16_t)(is ? s->dispstat | AT_VCOUNT : s->dispstat & ~AT_VCOUNT);
	if (is && !was && s->dispstat & VCOUNT_IRQ)
		pulse(&p->vcount);
}

/* A window opens at its top line and closes at its bottom line, whichever comes first. */
static void windows_step(struct gba_ppu_state *s)
{
	for (unsigned n = 0; n < 2; n++) {
		if (s->vcount == s->winv[n] >> 8)
			s->in_window[n] = 1;
		if (s->vcount == (s->winv[n] & 0xff))
			s->in_window[n] = 0;
	}
}

static void affine_restart(struct gba_ppu_state *s)
{
	for (unsigned n = 0; n < 2; n++) {
		s->ref_x[n] = s->mosaic_x[n] = sign_extend_28(s->bgx[n]);
		s->ref_y[n] = s->mosaic_y[n] = sign_extend_28(s->bgy[n]);
	}
}

/* To the next line; what a block of mosaic shows is that of its first line. */
static void affine_step(struct gba_ppu_state *s)
{
	unsigned block = (s->mosaic >> 4 & 15) + 1u;

	for (unsigned n = 0; n < 2; n++) {
		s->ref_x[n] = sign_extend_28((uint32_t)s->ref_x[n] + (uint32_t)s->pb[n]);
		s->ref_y[n] = sign_extend_28((uint32_t)s->ref_y[n] + (uint32_t)s->pd[n]);
		if ((s->vcount + 1u) % block)
			continue;
		s->mosaic_x[n] = s->ref_x[n];
		s->mosaic_y[n] = s->ref_y[n];
	}
}

static void vblank_begin(struct gba_ppu *p)
{
	p->s.dispstat |= IN_VBLANK;
	affine_restart(&p->s);
	if (p->screen)
		screen_finish(p->screen);
	if (p->s.dispstat & VBLANK_IRQ)
		pulse(&p->vblank);
	pulse(&p->dma_vblank);
}

/* What is switched off goes at once; what is switched on needs two lines. */
static void latch(struct gba_ppu_state *s)
{
	uint16_t before = s->latched[0] & s->latched[1], any = s->latched[0] | s->latched[1];

	s->shown = (uint16_t)((s->dispcnt & (before | ~LAYERS)) | (any & DISPCNT_BLANK));
	s->latched[1] = s->latched[0];
	s->latched[0] = s->dispcnt;
}

static void hblank_begin(struct gba_ppu *p)
{
	struct gba_ppu_state *s = &p->s;

	s->dispstat |= IN_HBLANK;
	latch(s);
	if (s->vcount < GBA_SCREEN_HEIGHT) {
		gba_draw_line(s, s->frame + s->vcount * GBA_SCREEN_WIDTH);
		affine_step(s);
	}
	if (s->dispstat & HBLANK_IRQ)
		pulse(&p->hblank);
	if (s->vcount < GBA_SCREEN_HEIGHT)
		pulse(&p->dma_hblank);
	if (s->vcount >= CAPTURE_FIRST && s->vcount < CAPTURE_END)
		pulse(&p->capture);
}

static void line_begin(struct gba_ppu *p)
{
	struct gba_ppu_state *s = &p->s;

	s->line_start += GBA_LINE_CYCLES;
	s->dispstat &= (uint16_t)~IN_HBLANK;
	s->vcount = (uint16_t)(s->vcount + 1 < GBA_LINES ? s->vcount + 1 : 0);
	windows_step(s);
	if (s->vcount == GBA_SCREEN_HEIGHT)
		vblank_begin(p);
	if (s->vcount == GBA_LINES - 1)
		s->dispstat &= (uint16_t)~IN_VBLANK;
	vcount_compare(p);
	if (s->vcount == CAPTURE_END) {
		struct wire end = p->capture;
		end.number = 1;
		pulse(&end);
	}
}

static void schedule(struct gba_ppu *p)
{
	bool in_hblank = p->s.dispstat & IN_HBLANK;

	event_at(&p->step, p->s.line_start + (in_hblank ? GBA_LINE_CYCLES : GBA_HBLANK_AT));
}

static void step(void *owner)
{
	struct gba_ppu *p = owner;
	uint64_t now = scheduler_now(p->step.sched);

	/* Only a state file can say that the line began ages ago. */
	if (now - p->s.line_start > 2 * GBA_LINE_CYCLES)
		p->s.line_start = now - GBA_LINE_CYCLES;
	if (p->s.dispstat & IN_HBLANK)
		line_begin(p);
	else
		hblank_begin(p);
	schedule(p);
}

/* --- Registers --- */

static uint64_t read_half(const struct gba_ppu_state *s, uint64_t at)
{
	switch (at) {
	case DISPCNT: return s->dispcnt;
	case GREEN_SWAP: return s->green_swap;
	case DISPSTAT: return s->dispstat;
	case VCOUNT: return s->vcount;
	case BGCNT:
	case BGCNT + 2:
	case BGCNT + 4:
	case BGCNT + 6: return s->bgcnt[(at - BGCNT) / 2];
	case WININ: return s->winin;
	case WINOUT: return s->winout;
	case BLDCNT: return s->bldcnt;
	case BLDALPHA: return s->bldalpha;
	default: return GBA_OPEN_BUS;
	}
}

static uint64_t gba_ppu_read(void *owner, uint64_t offset, unsigned size)
{
	const struct gba_ppu *p = owner;

	return gba_part(read_half(&p->s, offset & ~UINT64_C(1)), offset, size);
}

/* The half of a 32-bit reference point that `at` is. */
static uint32_t merge_half(uint32_t old, bool upper, uint64_t offset, uint64_t value, unsigned size)
{
	uint16_t half = gba_merge((uint16_t)(upper ? old >> 16 : old), offset, value, size);

	return upper ? (old & 0xffff) | (uint32_t)(half & 0xfff) << 16 : (old & ~0xffffu) | half;
}

/* PA, PB, PC, PD, X, Y of BG2, then BG3.  A reference point written counts from this line on. */
static void write_affine(struct gba_ppu_state *s, uint64_t offset, uint64_t value, unsigned size)
{
	unsigned n = offset >> 4 & 1;
	bool upper = offset & 2;
	int16_t *const rows[4] = {s->pa, s->pb, s->pc, s->pd};
	int16_t *parameter = rows[offset >> 1 & 3] + n;

	if (!(offset & 8)) {
		*parameter = (int16_t)gba_merge((uint16_t)*parameter, offset, value, size);
	} else if (!(offset & 4)) {
		s->bgx[n] = merge_half(s->bgx[n], upper, offset, value, size);
		s->ref_x[n] = s->mosaic_x[n] = sign_extend_28(s->bgx[n]);
	} else {
		s->bgy[n] = merge_half(s->bgy[n], upper, offset, value, size);
		s->ref_y[n] = s->mosaic_y[n] = sign_extend_28(s->bgy[n]);
	}
}

/* Registers that only keep what is written, and the bits of them that exist. */
static uint16_t *plain_register(struct gba_ppu_state *s, uint64_t at, uint16_t *mask)
{
	unsigned n = at >> 1 & 3;

	*mask = 0xffff;
	switch (at) {
	case DISPCNT: *mask = 0xfff7; return &s->dispcnt;
	case GREEN_SWAP: *mask = 1; return &s->green_swap;
	case BGCNT:
	case BGCNT + 2: *mask = 0xdfff; return &s->bgcnt[n & 1];
	case BGCNT + 4:
	case BGCNT + 6: return &s->bgcnt[2 + (n & 1)];
	case WINH:
	case WINH + 2: return &s->winh[n & 1];
	case WINV:
	case WINV + 2: return &s->winv[n & 1];
	case WININ: *mask = 0x3f3f; return &s->winin;
	case WINOUT: *mask = 0x3f3f; return &s->winout;
	case MOSAIC: return &s->mosaic;
	case BLDCNT: *mask = 0x3fff; return &s->bldcnt;
	case BLDALPHA: *mask = 0x1f1f; return &s->bldalpha;
	case BLDY: *mask = 0x1f; return &s->bldy;
	default: break;
	}
	*mask = 0x1ff;
	if (at >= BGOFS && at < BG_AFFINE)
		return (at & 2 ? s->vofs : s->hofs) + ((at - BGOFS) >> 2);
	return NULL;
}

static void gba_ppu_write(void *owner, uint64_t offset, uint64_t value, unsigned size)
{
	struct gba_ppu *p = owner;
	struct gba_ppu_state *s = &p->s;
	uint64_t at = offset & ~UINT64_C(1);
	uint16_t mask, *plain;

	if (at >= BG_AFFINE && at < WINH) {
		write_affine(s, offset, value, size);
	} else if (at == DISPSTAT) {
		uint16_t wanted = gba_merge(s->dispstat, offset, value, size);
		s->dispstat =
		    (uint16_t)((s->dispstat & ~DISPSTAT_WRITABLE) | (wanted & DISPSTAT_WRITABLE));
		vcount_compare(p);
	} else {
		plain = plain_register(s, at, &mask);
		if (plain)
			*plain = gba_merge(*plain, offset, value, size) & mask;
	}
}

const struct bus_ops gba_ppu_ops = {gba_ppu_read, gba_ppu_write, gba_ppu_read, 1, 2};

/* --- Memory --- */

void gba_ppu_write_palette(struct gba_ppu *p, uint32_t offset, uint32_t value, unsigned size)
{
	uint16_t *to = p->s.palette + (offset >> 1 & 0x1ff);

	*to = (uint16_t)(size == 1 ? (value & 0xff) * 0x101 : value);
	if (size == 4)
		p->s.palette[(offset >> 1 & 0x1fe) + 1] = (uint16_t)(value >> 16);
}

void gba_ppu_write_oam(struct gba_ppu *p, uint32_t offset, uint32_t value, unsigned size)
{
	if (size == 1)
		return;
	p->s.oam[offset >> 1 & 0x1ff] = (uint16_t)value;
	if (size == 4)
		p->s.oam[(offset >> 1 & 0x1fe) + 1] = (uint16_t)(value >> 16);
}

static bool has_bitmap(const struct gba_ppu *p)
{
	return (p->s.dispcnt & DISPCNT_MODE) >= 3;
}

/* Sprites cannot reach what bitmaps have taken from them, and this mirror is theirs. */
static bool vram_missing(const struct gba_ppu *p, uint32_t offset)
{
	offset &= 0x1ffff;
	return has_bitmap(p) && offset >= GBA_VRAM_SIZE && offset < GBA_VRAM_SIZE + 0x4000;
}

uint32_t gba_ppu_read_vram(const struct gba_ppu *p, uint32_t offset, unsigned size)
{
	uint32_t value = 0;

	if (!vram_missing(p, offset))
		memcpy(&value, p->s.vram + (gba_vram_at(offset) & ~(size - 1)), size);
	return value;
}

void gba_ppu_write_vram(struct gba_ppu *p, uint32_t offset, uint32_t value, unsigned size)
{
	uint32_t at = gba_vram_at(offset);
	bool bitmap = has_bitmap(p);

	if (vram_missing(p, offset))
		return;
	if (size == 1) {
		if (at >= (bitmap ? BITMAP_OBJ : TILE_OBJ))
			return;
		value = (value & 0xff) * 0x101;
		size = 2;
	}
	at &= ~(size - 1);
	for (unsigned i = 0; i < size; i++)
		p->s.vram[at + i] = (uint8_t)(value >> 8 * i);
}

/* --- The device --- */

static const struct field fields[] = {
    FIELD(struct gba_ppu_state, line_start, 0),
    FIELD_ARRAY(struct gba_ppu_state, bgx, 0),
    FIELD_ARRAY(struct gba_ppu_state, bgy, 0),
    FIELD_ARRAY(struct gba_ppu_state, ref_x, 0),
    FIELD_ARRAY(struct gba_ppu_state, ref_y, 0),
    FIELD_ARRAY(struct gba_ppu_state, mosaic_x, 0),
    FIELD_ARRAY(struct gba_ppu_state, mosaic_y, 0),
    FIELD(struct gba_ppu_state, dispcnt, DISPCNT_BLANK),
    FIELD(struct gba_ppu_state, green_swap, 0),
    FIELD_ARRAY(struct gba_ppu_state, latched, DISPCNT_BLANK),
    FIELD(struct gba_ppu_state, shown, DISPCNT_BLANK),
    FIELD(struct gba_ppu_state, reserved, 0),
    FIELD(struct gba_ppu_state, dispstat, 0),
    FIELD(struct gba_ppu_state, vcount, 0),
    FIELD_ARRAY(struct gba_ppu_state, bgcnt, 0),
    FIELD_ARRAY(struct gba_ppu_state, hofs, 0),
    FIELD_ARRAY(struct gba_ppu_state, vofs, 0),
    FIELD_ARRAY(struct gba_ppu_state, pa, 0x100),
    FIELD_ARRAY(struct gba_ppu_state, pb, 0),
    FIELD_ARRAY(struct gba_ppu_state, pc, 0),
    FIELD_ARRAY(struct gba_ppu_state, pd, 0x100),
    FIELD_ARRAY(struct gba_ppu_state, winh, 0),
    FIELD_ARRAY(struct gba_ppu_state, winv, 0),
    FIELD(struct gba_ppu_state, winin, 0),
    FIELD(struct gba_ppu_state, winout, 0),
    FIELD(struct gba_ppu_state, mosaic, 0),
    FIELD(struct gba_ppu_state, bldcnt, 0),
    FIELD(struct gba_ppu_state, bldalpha, 0),
    FIELD(struct gba_ppu_state, bldy, 0),
    FIELD_ARRAY(struct gba_ppu_state, in_window, 0),
    FIELD_ARRAY(struct gba_ppu_state, palette, 0),
    FIELD_ARRAY(struct gba_ppu_state, oam, 0),
    FIELD_ARRAY(struct gba_ppu_state, frame, 0),
    FIELD_ARRAY(struct gba_ppu_state, vram, 0),
};

static void gba_ppu_reset(struct device *d)
{
	struct gba_ppu *p = (struct gba_ppu *)d;

	p->s.line_start = scheduler_now(p->step.sched);
	schedule(p);
}

static bool gba_ppu_loaded(struct device *d, char *why, size_t size)
{
	const struct gba_ppu *p = (const struct gba_ppu *)d;

	if (p->s.vcount >= GBA_LINES) {
		snprintf(why, size, "%s: line %u of %u", d->tag, p->s.vcount, GBA_LINES);
		return false;
	}
	return true;
}

const struct device_type gba_ppu_type = {
    .name = "gba_ppu",
    .description = "picture unit of the Game Boy Advance (GBATEK)",
    .table = STATE_TABLE(struct gba_ppu_state, fields),
    .reset = gba_ppu_reset,
    .loaded = gba_ppu_loaded,
};

void gba_ppu_init(struct gba_ppu *p, const char *tag, struct scheduler *sched)
{
	device_init(&p->dev, &gba_ppu_type, tag, &p->s);
	snprintf(p->event_name, sizeof p->event_name, "%s.step", tag);
	event_init(&p->step, sched, p->event_name, step, p);
}
