/* The picture unit of the Game Boy Advance (GBATEK, "GBA LCD Video Controller").
 *
 * Registers: 0x00..0x57 of the I/O area, gba_ppu_ops, 16-bit.  DISPCNT, the green swap, DISPSTAT,
 *            VCOUNT, BGxCNT, WININ, WINOUT, BLDCNT and BLDALPHA can be read.
 * Memory:    palette 1 KiB, OAM 1 KiB, VRAM 96 KiB, in the state; the board reads them directly and
 *            writes them through gba_ppu_write_*(), which know what a byte does.
 * Wires out: vblank, hblank, vcount (interrupts, one pulse each); dma_vblank, dma_hblank (in lines
 *            that are shown), capture (once in each of the lines 2..161, `number` 0; 1 at its end).
 * Clock:     a tick is a cycle of 2^24 Hz: 4 a dot, 1232 a line, 280896 a frame of 228 lines.
 * Endpoint:  a screen of 240 x 160.
 *
 * A line is drawn as a whole when its H-blank begins, from the registers as they are then.
 * A layer appears two lines after it has been switched on, and so does the picture after a blank.
 * Left out: changes within a line.
 */
#ifndef MYNA_DEVICES_GBA_PPU_H
#define MYNA_DEVICES_GBA_PPU_H

#include "devices/gba_io.h"
#include "machine/device.h"
#include "machine/endpoint.h"
#include "machine/event.h"
#include "machine/wire.h"

#define GBA_PPU_REGISTERS 0x58
#define GBA_SCREEN_WIDTH  240
#define GBA_SCREEN_HEIGHT 160
#define GBA_VRAM_SIZE     0x18000
#define GBA_LINE_CYCLES   1232
#define GBA_HBLANK_AT     1006 /* the flag's: drawing ends at 960 */
#define GBA_LINES         228

struct gba_ppu_state {
	uint64_t line_start; /* tick at which the line began */
	uint32_t bgx[2];     /* BG2X, BG3X as written: 28 bits */
	uint32_t bgy[2];
	int32_t ref_x[2]; /* the points at which the next line begins */
	int32_t ref_y[2];
	int32_t mosaic_x[2]; /* those of the first line of the block of BG mosaic */
	int32_t mosaic_y[2];
	uint16_t dispcnt, green_swap;
	uint16_t latched[2]; /* DISPCNT one and two lines ago */
	uint16_t shown;      /* DISPCNT as it counts for the line that is drawn */
	uint16_t reserved;
	uint16_t dispstat; /* with its three flags */
	uint16_t vcount;
	uint16_t bgcnt[4], hofs[4], vofs[4];
	int16_t pa[2], pb[2], pc[2], pd[2];
	uint16_t winh[2], winv[2], winin, winout;
	uint16_t mosaic, bldcnt, bldalpha, bldy;
	uint16_t in_window[2]; /* is the line between the top and the bottom of WIN0, WIN1? */
	uint16_t palette[512];
	uint16_t oam[512];
	uint16_t frame[GBA_SCREEN_WIDTH * GBA_SCREEN_HEIGHT]; /* 15-bit colours */
	uint8_t vram[GBA_VRAM_SIZE];
};

struct gba_ppu {
	struct device dev;
	struct gba_ppu_state s;
	struct wire vblank, hblank, vcount;
	struct wire dma_vblank, dma_hblank, capture;
	struct screen *screen; /* may be NULL */
	struct event step;     /* the next edge of H-blank */
	char event_name[32];
};

extern const struct device_type gba_ppu_type;
extern const struct bus_ops gba_ppu_ops; /* owner: struct gba_ppu */

void gba_ppu_init(struct gba_ppu *p, const char *tag, struct scheduler *sched);

/* The byte of VRAM at an offset from its start: 128 KiB repeat, of which the last 32 KiB show those
 * before them. */
static inline uint32_t gba_vram_at(uint32_t offset)
{
	offset &= 0x1ffff;
	return offset < GBA_VRAM_SIZE ? offset : offset - 0x8000;
}

/* A read of 1, 2 or 4 bytes, aligned; any offset.  While there is a bitmap, the first half of the
 * repeated 32 KiB is nowhere. */
uint32_t gba_ppu_read_vram(const struct gba_ppu *p, uint32_t offset, unsigned size);

/* Writes of 1, 2 or 4 bytes, aligned; any offset.  A byte is doubled in palette and VRAM of
 * backgrounds and ignored in that of sprites and in OAM. */
void gba_ppu_write_palette(struct gba_ppu *p, uint32_t offset, uint32_t value, unsigned size);
void gba_ppu_write_vram(struct gba_ppu *p, uint32_t offset, uint32_t value, unsigned size);
void gba_ppu_write_oam(struct gba_ppu *p, uint32_t offset, uint32_t value, unsigned size);

#endif
