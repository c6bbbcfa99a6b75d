/* The Game Boy Advance's picture unit: the beam, every kind of layer, windows, effects. */
#include "tests/device/bench.h"

#include "devices/gba_ppu.h"

#define BASE  0x4000000
#define FRAME (GBA_LINE_CYCLES * GBA_LINES)

enum { RED = 0x1f, GREEN = 0x3e0, BLUE = 0x7c00, WHITE = 0x7fff };

static struct bus *bus;
static struct scheduler sched;
static struct gba_ppu ppu;
static struct probe vblank, hblank, vcount, dma_vblank, dma_hblank, capture;
static struct screen screen;

static void setup(void)
{
	bus = bus_new(32);
	scheduler_init(&sched);
	gba_ppu_init(&ppu, "ppu", &sched);
	ppu.vblank = probe_wire(&vblank);
	ppu.hblank = probe_wire(&hblank);
	ppu.vcount = probe_wire(&vcount);
	ppu.dma_vblank = probe_wire(&dma_vblank);
	ppu.dma_hblank = probe_wire(&dma_hblank);
	ppu.capture = probe_wire(&capture);
	ppu.screen = &screen;
	cr_assert(bus_map_mmio(bus, "ppu", BASE, GBA_PPU_REGISTERS, &gba_ppu_ops, &ppu));
	device_reset(&ppu.dev);
}

static void teardown(void)
{
	bus_free(bus);
}

TestSuite(gba_ppu, .init = setup, .fini = teardown);

static void set(unsigned reg, unsigned value)
{
	bench_write(bus, BASE + reg, 2, value);
	/* As if DISPCNT had been so for some time. */
	if (reg == 0)
		ppu.s.latched[0] = ppu.s.latched[1] = ppu.s.dispcnt;
}

static unsigned get(unsigned reg)
{
	return (unsigned)bench_read(bus, BASE + reg, 2);
}

static void palette(unsigned index, unsigned colour)
{
	gba_ppu_write_palette(&ppu, index * 2, colour, 2);
}

static void vram(unsigned offset, unsigned half)
{
	gba_ppu_write_vram(&ppu, offset, half, 2);
}

static void oam(unsigned index, unsigned attr0, unsigned attr1, unsigned attr2)
{
	gba_ppu_write_oam(&ppu, index * 8, attr0 | attr1 << 16, 4);
	gba_ppu_write_oam(&ppu, index * 8 + 4, attr2, 2);
}

/* All sprites off. */
static void no_sprites(void)
{
	for (unsigned i = 0; i < 128; i++)
		oam(i, 0x200, 0, 0);
}

static void next_frame(void)
{
	scheduler_advance(&sched, sched.now + FRAME);
}

static unsigned at(unsigned x, unsigned y)
{
	return ppu.s.frame[y * GBA_SCREEN_WIDTH + x];
}

/* Tile `number` of a background at character base 0, every dot of colour `colour`. */
static void tile16(unsigned number, unsigned colour)
{
	for (unsigned i = 0; i < 16; i++)
		vram(number * 32 + i * 2, colour * 0x1111);
}

static void obj_tile16(unsigned number, unsigned colour)
{
	tile16(2048 + number, colour);
}

/* --- The beam --- */

Test(gba_ppu, lines_and_frames_last_as_long_as_the_manual_says)
{
	scheduler_advance(&sched, GBA_HBLANK_AT - 1);
	cr_expect_eq(get(4) & 2, 0);
	scheduler_advance(&sched, GBA_HBLANK_AT);
	cr_expect_eq(get(4) & 2, 2);
	cr_expect_eq(get(6), 0);
	scheduler_advance(&sched, 1232);
	cr_expect_eq(get(4) & 2, 0);
	cr_expect_eq(get(6), 1);
	scheduler_advance(&sched, 160 * 1232 - 1);
	cr_expect_eq(get(4) & 1, 0);
	cr_expect_eq(screen.frames, 0);
	scheduler_advance(&sched, 160 * 1232);
	cr_expect_eq(get(4) & 1, 1);
	cr_expect_eq(screen.frames, 1);
	scheduler_advance(&sched, 227 * 1232 - 1);
	cr_expect_eq(get(4) & 1, 1);
	scheduler_advance(&sched, 227 * 1232);
	cr_expect_eq(get(4) & 1, 0, "not in the last line");
	cr_expect_eq(get(6), 227);
	scheduler_advance(&sched, 280896);
	cr_expect_eq(get(6), 0);
}

Test(gba_ppu, interrupts_come_when_they_are_enabled)
{
	next_frame();
	cr_expect_eq(vblank.rises + hblank.rises + vcount.rises, 0);
	set(4, 0x38 | 100 << 8);
	next_frame();
	cr_expect_eq(vblank.rises, 1);
	cr_expect_eq(hblank.rises, 228);
	cr_expect_eq(vcount.rises, 1);
	set(4, 0x20 | 227 << 8);
	next_frame();
	cr_expect_eq(vcount.rises, 2);
	set(4, 0x20 | 250 << 8);
	next_frame();
	cr_expect_eq(vcount.rises, 2, "there is no such line");
}

Test(gba_ppu, the_line_to_match_can_be_the_present_one)
{
	set(4, 0x20 | 0 << 8);
	cr_expect_eq(get(4) & 4, 4);
	set(4, 0x20 | 5 << 8);
	cr_expect_eq(get(4) & 4, 0);
	set(4, 0x20 | 0 << 8);
	cr_expect_eq(get(4) & 4, 4);
	cr_expect_eq(vcount.rises, 2);
	cr_expect_eq(get(4), 0x24);
}

Test(gba_ppu, dma_is_asked_for_in_shown_lines)
{
	next_frame();
	cr_expect_eq(dma_vblank.rises, 1);
	cr_expect_eq(dma_hblank.rises, 160);
	cr_expect_eq(capture.rises, 161, "160 lines and the end");
}

/* --- Registers and memory --- */

Test(gba_ppu, registers_that_cannot_be_read)
{
	for (unsigned reg = 0x10; reg < 0x48; reg += 2)
		cr_expect(gba_ppu_ops.read(&ppu, reg, 2) & GBA_OPEN_BUS, "%#x", reg);
	cr_expect(gba_ppu_ops.read(&ppu, 0x4c, 2) & GBA_OPEN_BUS);
	cr_expect(gba_ppu_ops.read(&ppu, 0x54, 1) & GBA_OPEN_BUS);
	static const unsigned masks[][2] = {{0, 0xfff7}, {2, 1}, {8, 0xdfff}, {10, 0xdfff},
	    {12, 0xffff}, {14, 0xffff}, {0x48, 0x3f3f}, {0x4a, 0x3f3f}, {0x50, 0x3fff},
	    {0x52, 0x1f1f}};
	for (unsigned i = 0; i < sizeof masks / sizeof masks[0]; i++) {
		set(masks[i][0], 0xffff);
		cr_expect_eq(get(masks[i][0]), masks[i][1], "%#x", masks[i][0]);
		bench_write(bus, BASE + masks[i][0] + 1, 1, 0);
		cr_expect_eq(get(masks[i][0]), masks[i][1] & 0xff, "%#x", masks[i][0]);
	}
	set(6, 0x55);
	cr_expect_eq(get(6), 0);
}

Test(gba_ppu, bytes_are_doubled_or_ignored)
{
	gba_ppu_write_palette(&ppu, 5, 0x12, 1);
	cr_expect_eq(ppu.s.palette[2], 0x1212);
	gba_ppu_write_palette(&ppu, 0x404, 0xaabbccdd, 4);
	cr_expect_eq(ppu.s.palette[2], 0xccdd);
	cr_expect_eq(ppu.s.palette[3], 0xaabb);
	gba_ppu_write_vram(&ppu, 0xffff, 0x34, 1);
	cr_expect_eq(ppu.s.vram[0xfffe], 0x34);
	gba_ppu_write_vram(&ppu, 0x10000, 0x34, 1);
	cr_expect_eq(ppu.s.vram[0x10000], 0);
	set(0, 3);
	gba_ppu_write_vram(&ppu, 0x13fff, 0x34, 1);
	cr_expect_eq(ppu.s.vram[0x13ffe], 0x34);
	gba_ppu_write_vram(&ppu, 0x14000, 0x34, 1);
	cr_expect_eq(ppu.s.vram[0x14000], 0);
	gba_ppu_write_vram(&ppu, 0x18000, 0x55667788, 4);
	cr_expect_eq(ppu.s.vram[0x10000], 0, "bitmaps have taken it");
	cr_expect_eq(gba_ppu_read_vram(&ppu, 0x18000, 4), 0);
	gba_ppu_write_vram(&ppu, 0x1c000, 0x55667788, 4);
	cr_expect_eq(gba_ppu_read_vram(&ppu, 0x14002, 2), 0x5566);
	gba_ppu_write_vram(&ppu, 0x3fffc, 0x11223344, 4);
	cr_expect_eq(ppu.s.vram[0x17ffc], 0x44, "the last 32 KiB twice");
	cr_expect_eq(ppu.s.vram[0x17fff], 0x11);
	gba_ppu_write_oam(&ppu, 4, 0x55, 1);
	cr_expect_eq(ppu.s.oam[2], 0);
	gba_ppu_write_oam(&ppu, 0x404, 0x11112222, 4);
	cr_expect_eq(ppu.s.oam[2], 0x2222);
	cr_expect_eq(ppu.s.oam[3], 0x1111);
}

/* --- Backgrounds --- */

Test(gba_ppu, blank_is_white_and_nothing_is_the_backdrop)
{
	next_frame();
	cr_expect_eq(at(0, 0), WHITE);
	palette(0, BLUE);
	set(0, 0);
	next_frame();
	cr_expect_eq(at(0, 0), BLUE);
	cr_expect_eq(at(239, 159), BLUE);
}

/* Tile 1 has one dot, at column 1 of row 2, of colour 3 in palette 2. */
static void one_dot(void)
{
	vram(32 + 2 * 4, 3 << 4);
	palette(2 * 16 + 3, RED);
	set(8, 31 << 8);
}

Test(gba_ppu, text_tiles_flip_and_scroll)
{
	one_dot();
	set(0, 0x100);
	vram(0xf800, 1 | 2 << 12);
	vram(0xf800 + 2, 1 | 2 << 12 | 0x400);
	vram(0xf800 + 4, 1 | 2 << 12 | 0x800);
	next_frame();
	cr_expect_eq(at(1, 2), RED);
	cr_expect_eq(at(2, 2), 0);
	cr_expect_eq(at(8 + 6, 2), RED);
	cr_expect_eq(at(16 + 1, 5), RED);
	set(0x10, 511);
	set(0x12, 510);
	next_frame();
	cr_expect_eq(at(2, 4), RED);
	set(0x10, 1);
	set(0x12, 2);
	next_frame();
	cr_expect_eq(at(0, 0), RED);
	cr_expect_eq(at(7 + 6, 0), RED);
}

Test(gba_ppu, large_maps_consist_of_screens)
{
	one_dot();
	set(0, 0x100);
	/* 512 x 512: the fourth screen is right below. */
	set(8, 3 << 14 | 24 << 8);
	vram(24 * 0x800 + 3 * 0x800 + 31 * 64 + 62, 1 | 2 << 12);
	set(0x10, 512 - 8);
	set(0x12, 512 - 8);
	next_frame();
	cr_expect_eq(at(1, 2), RED);
	/* 256 x 512: the second screen is below. */
	set(8, 2 << 14 | 24 << 8);
	vram(24 * 0x800 + 0x800, 1 | 2 << 12);
	set(0x10, 0);
	set(0x12, 256);
	next_frame();
	cr_expect_eq(at(1, 2), RED);
	set(8, 1 << 14 | 24 << 8);
	set(0x10, 256);
	set(0x12, 0);
	next_frame();
	cr_expect_eq(at(1, 2), RED);
}

Test(gba_ppu, text_of_256_colours)
{
	set(0, 0x100);
	set(8, 31 << 8 | 0x80 | 1 << 2);
	palette(200, GREEN);
	vram(0xf800, 2);
	vram(0x4000 + 2 * 64 + 8, 200);
	next_frame();
	cr_expect_eq(at(0, 1), GREEN);
	cr_expect_eq(at(1, 1), 0);
}

Test(gba_ppu, an_affine_background_scales_and_wraps)
{
	set(0, 2 | 0x400);
	set(0xc, 31 << 8);
	palette(7, RED);
	gba_ppu_write_vram(&ppu, 0xf800, 0, 2);
	/* The right column of map 16 x 16 shows tile 1, all of colour 7. */
	for (unsigned y = 0; y < 16; y++)
		gba_ppu_write_vram(&ppu, 0xf800 + y * 16 + 14, 0x100, 2);
	for (unsigned i = 0; i < 64; i += 2)
		vram(64 + i, 0x707);
	next_frame();
	cr_expect_eq(at(119, 0), 0);
	cr_expect_eq(at(120, 0), RED);
	cr_expect_eq(at(127, 127), RED);
	cr_expect_eq(at(128 + 120, 0) & 0, 0);
	cr_expect_eq(at(120, 128), 0, "outside");
	set(0x20, 0x80);
	next_frame();
	cr_expect_eq(at(239, 0), 0);
	set(0x28, 60 << 8);
	next_frame();
	cr_expect_eq(at(120, 0), RED, "60 + 120 / 2");
	cr_expect_eq(at(136, 0), 0, "outside");
	set(0x20, 0x100);
	set(0xc, 31 << 8 | 0x2000);
	next_frame();
	cr_expect_eq(at(60, 150), RED, "wraps down");
	cr_expect_eq(at(60 + 128, 0), RED, "wraps right");
}

Test(gba_ppu, reference_points_count_from_where_they_are_written)
{
	set(0, 3 | 0x400);
	for (unsigned y = 0; y < 160; y++)
		vram(y * 480, y + 1);
	next_frame();
	cr_expect_eq(at(0, 100), 101);
	scheduler_advance(&sched, sched.now + 80 * GBA_LINE_CYCLES);
	bench_write(bus, BASE + 0x2c, 2, 5 << 8);
	scheduler_advance(&sched, sched.now + 148 * GBA_LINE_CYCLES);
	cr_expect_eq(at(0, 79), 80);
	cr_expect_eq(at(0, 80), 6, "5 lines from the top");
	cr_expect_eq(at(0, 90), 16);
	next_frame();
	cr_expect_eq(at(0, 0), 6, "again from V-blank on");
	bench_write(bus, BASE + 0x2c, 2, 0xff00);
	bench_write(bus, BASE + 0x2e, 2, 0xfff);
	next_frame();
	cr_expect_eq(at(0, 0), 0, "above the picture");
	cr_expect_eq(at(0, 1), 1);
}

Test(gba_ppu, bitmaps)
{
	set(0, 3 | 0x400);
	vram((10 * 240 + 20) * 2, GREEN);
	next_frame();
	cr_expect_eq(at(20, 10), GREEN);
	set(0, 4 | 0x400 | 0x10);
	palette(9, RED);
	vram(0xa000 + 10 * 240 + 20, 0x900);
	next_frame();
	cr_expect_eq(at(21, 10), RED);
	cr_expect_eq(at(20, 10), 0);
	set(0, 5 | 0x400);
	palette(0, BLUE);
	vram((127 * 160 + 159) * 2, WHITE);
	next_frame();
	cr_expect_eq(at(159, 127), WHITE);
	cr_expect_eq(at(160, 127), BLUE, "mode 5 is smaller");
	cr_expect_eq(at(159, 128), BLUE);
}

Test(gba_ppu, modes_6_and_7_show_no_background)
{
	palette(0, BLUE);
	for (unsigned mode = 6; mode < 8; mode++) {
		set(0, mode | 0xf00);
		next_frame();
		cr_expect_eq(at(5, 5), BLUE);
	}
}

Test(gba_ppu, mosaic_of_a_background)
{
	set(0, 3 | 0x400);
	set(0xc, 0x40);
	for (unsigned y = 0; y < 160; y++)
		for (unsigned x = 0; x < 240; x++)
			vram((y * 240 + x) * 2, x + y * 256);
	set(0x4c, 3 | 1 << 4);
	next_frame();
	cr_expect_eq(at(7, 0), 4);
	cr_expect_eq(at(8, 1), 8);
	cr_expect_eq(at(239, 2), 236 + 512);
	cr_expect_eq(at(239, 3), 236 + 512);
}

/* --- Sprites --- */

Test(gba_ppu, a_sprite_lies_where_its_attributes_say)
{
	no_sprites();
	set(0, 0x1000 | 0x40);
	palette(256 + 16 + 5, RED);
	obj_tile16(8, 5);
	oam(3, 20, 30, 8 | 1 << 12);
	next_frame();
	cr_expect_eq(at(30, 20), RED);
	cr_expect_eq(at(37, 27), RED);
	cr_expect_eq(at(29, 20), 0);
	cr_expect_eq(at(38, 20), 0);
	cr_expect_eq(at(30, 28), 0);
	oam(3, 252, 508, 8 | 1 << 12);
	next_frame();
	cr_expect_eq(at(3, 3), RED);
	cr_expect_eq(at(4, 3), 0);
	cr_expect_eq(at(3, 4), 0);
}

Test(gba_ppu, tiles_of_a_sprite_are_mapped_in_one_or_two_dimensions)
{
	no_sprites();
	set(0, 0x1000 | 0x40);
	for (unsigned i = 1; i < 16; i++)
		palette(256 + i, i);
	for (unsigned i = 0; i < 4; i++)
		obj_tile16(i, i + 1);
	obj_tile16(32, 9);
	oam(0, 0, 1 << 14, 0);
	next_frame();
	cr_expect_eq(at(0, 0), 1);
	cr_expect_eq(at(8, 0), 2);
	cr_expect_eq(at(0, 8), 3);
	cr_expect_eq(at(15, 15), 4);
	oam(0, 0, 1 << 14 | 1 << 12, 0);
	next_frame();
	cr_expect_eq(at(0, 0), 2);
	cr_expect_eq(at(15, 8), 3);
	set(0, 0x1000);
	oam(0, 0, 1 << 14, 0);
	next_frame();
	cr_expect_eq(at(8, 0), 2);
	cr_expect_eq(at(0, 8), 9);
	oam(0, 0, 1 << 14 | 1 << 13, 0);
	next_frame();
	cr_expect_eq(at(0, 0), 9);
}

Test(gba_ppu, sprites_of_256_colours)
{
	no_sprites();
	set(0, 0x1000);
	palette(256 + 77, GREEN);
	vram(0x10000 + 2 * 32, 77);
	oam(0, 0x2000, 0, 3);
	next_frame();
	cr_expect_eq(at(0, 0), GREEN, "in two dimensions the number is even");
	set(0, 0x1040);
	next_frame();
	cr_expect_eq(at(0, 0), 0);
}

Test(gba_ppu, an_affine_sprite_turns_and_doubles_its_box)
{
	no_sprites();
	set(0, 0x1040);
	palette(256 + 1, RED);
	palette(256 + 2, GREEN);
	/* The left column of tile 0 is red, the rest green. */
	for (unsigned y = 0; y < 8; y++)
		gba_ppu_write_vram(&ppu, 0x10000 + y * 4, 0x22222221, 4);
	oam(0, 0x100, 0, 0);
	ppu.s.oam[3] = 0x100;
	ppu.s.oam[15] = 0x100;
	next_frame();
	cr_expect_eq(at(0, 0), RED);
	cr_expect_eq(at(1, 0), GREEN);
	ppu.s.oam[3] = (uint16_t)-0x100;
	next_frame();
	cr_expect_eq(at(1, 0), GREEN);
	cr_expect_eq(at(0, 0), 0, "mirrored about column 4: column 8 is outside");
	/* A quarter turn: columns are rows. */
	ppu.s.oam[3] = 0;
	ppu.s.oam[7] = 0x100;
	ppu.s.oam[11] = 0x100;
	ppu.s.oam[15] = 0;
	next_frame();
	cr_expect_eq(at(5, 0), RED);
	cr_expect_eq(at(5, 1), GREEN);
	/* Half as large a step in a box twice as large fills it. */
	oam(0, 0x300, 0, 0);
	ppu.s.oam[3] = 0x80;
	ppu.s.oam[7] = ppu.s.oam[11] = 0;
	ppu.s.oam[15] = 0x80;
	next_frame();
	cr_expect_eq(at(0, 15), RED);
	cr_expect_eq(at(1, 15), RED);
	cr_expect_eq(at(2, 15), GREEN);
	cr_expect_eq(at(15, 0), GREEN);
	cr_expect_eq(at(16, 0), 0);
}

Test(gba_ppu, the_first_sprite_of_the_best_priority_is_seen)
{
	no_sprites();
	set(0, 0x1040);
	palette(256 + 1, RED);
	palette(256 + 2, GREEN);
	obj_tile16(0, 1);
	obj_tile16(1, 2);
	oam(4, 0, 0, 0 | 1 << 10);
	oam(5, 0, 4, 1 | 1 << 10);
	next_frame();
	cr_expect_eq(at(4, 0), RED);
	cr_expect_eq(at(8, 0), GREEN);
	oam(5, 0, 4, 1 | 0 << 10);
	next_frame();
	cr_expect_eq(at(3, 0), RED);
	cr_expect_eq(at(4, 0), GREEN);
}

Test(gba_ppu, sprites_are_above_backgrounds_of_their_priority)
{
	no_sprites();
	set(0, 3 | 0x1440);
	vram(0, BLUE);
	palette(256 + 1, RED);
	for (unsigned i = 0; i < 16; i++)
		vram(0x10000 + 512 * 32 + i * 2, 0x1111);
	oam(0, 0, 0, 512 | 2 << 10);
	set(0xc, 2);
	next_frame();
	cr_expect_eq(at(0, 0), RED);
	set(0xc, 1);
	next_frame();
	cr_expect_eq(at(0, 0), BLUE);
	set(0xc, 2);
	oam(0, 0, 0, 511 | 2 << 10);
	next_frame();
	cr_expect_eq(at(0, 0), BLUE, "bitmaps lie where the first 512 tiles are");
}

Test(gba_ppu, a_line_has_cycles_for_so_many_sprites)
{
	no_sprites();
	set(0, 0x1040);
	palette(256 + 1, RED);
	for (unsigned i = 0; i < 64; i++)
		obj_tile16(i, 1);
	/* 18 sprites of 64 dots take 1152 of 1210 cycles; the next is cut after 58. */
	for (unsigned i = 0; i < 18; i++)
		oam(i, 0, 3 << 14 | 176, 0);
	oam(18, 0, 3 << 14, 0);
	oam(19, 0, 3 << 14 | 100, 0);
	next_frame();
	cr_expect_eq(at(57, 0), RED);
	cr_expect_eq(at(58, 0), 0);
	cr_expect_eq(at(100, 0), 0);
	set(0, 0x1060);
	next_frame();
	cr_expect_eq(at(0, 0), 0, "954 are enough for 14");
	/* Affine ones take 10 and two for a dot. */
	for (unsigned i = 0; i < 128; i++)
		oam(i, 0x200, 0, 0);
	ppu.s.oam[3] = ppu.s.oam[15] = 0x100;
	for (unsigned i = 0; i < 6; i++)
		oam(i, 0x100, 3 << 14 | 176, 0);
	oam(6, 0x100, 3 << 14, 0);
	next_frame();
	cr_expect_eq(at(57, 0), RED, "954 - 6 * 138 - 10 = 116: 58 dots");
	cr_expect_eq(at(58, 0), 0);
}

Test(gba_ppu, mosaic_of_sprites_runs_across_them)
{
	no_sprites();
	set(0, 0x1040);
	for (unsigned i = 1; i < 9; i++)
		palette(256 + i, i);
	/* Columns 1 to 8. */
	for (unsigned y = 0; y < 8; y++)
		gba_ppu_write_vram(&ppu, 0x10000 + y * 4, 0x87654321, 4);
	oam(0, 0, 0, 0);
	oam(1, 0x1000, 8, 0);
	oam(2, 0x1000, 16, 0);
	set(0x4c, 2 << 8 | 1 << 12);
	next_frame();
	cr_expect_eq(at(7, 0), 8, "without");
	cr_expect_eq(at(8, 0), 1, "its neighbour has none");
	cr_expect_eq(at(9, 0), 2);
	cr_expect_eq(at(11, 0), 2);
	cr_expect_eq(at(15, 0), 8);
	cr_expect_eq(at(17, 0), 8, "of the sprite before");
	cr_expect_eq(at(18, 0), 3);
}

/* --- Windows and effects --- */

static void bitmap_of(unsigned colour)
{
	set(0, 3 | 0x400);
	for (unsigned i = 0; i < 240 * 160; i++)
		vram(i * 2, colour);
}

Test(gba_ppu, windows_hide_layers)
{
	bitmap_of(RED);
	palette(0, BLUE);
	set(0, 3 | 0x400 | 0x2000);
	set(0x40, 10 << 8 | 20);
	set(0x44, 30 << 8 | 40);
	set(0x48, 4);
	set(0x4a, 0);
	next_frame();
	cr_expect_eq(at(10, 30), RED);
	cr_expect_eq(at(19, 39), RED);
	cr_expect_eq(at(9, 30), BLUE);
	cr_expect_eq(at(20, 30), BLUE);
	cr_expect_eq(at(10, 29), BLUE);
	cr_expect_eq(at(10, 40), BLUE);
	set(0x40, 230 << 8 | 20);
	next_frame();
	cr_expect_eq(at(235, 30), RED, "around the edge");
	cr_expect_eq(at(0, 30), RED);
	cr_expect_eq(at(100, 30), BLUE);
}

Test(gba_ppu, window_0_is_above_window_1)
{
	bitmap_of(RED);
	palette(0, BLUE);
	set(0, 3 | 0x400 | 0x6000);
	set(0x40, 0 << 8 | 20);
	set(0x44, 0 << 8 | 160);
	set(0x42, 10 << 8 | 30);
	set(0x46, 0 << 8 | 160);
	set(0x48, 0 | 4 << 8);
	set(0x4a, 0);
	next_frame();
	next_frame();
	cr_expect_eq(at(10, 10), BLUE);
	cr_expect_eq(at(25, 10), RED);
	cr_expect_eq(at(30, 10), BLUE);
}

Test(gba_ppu, sprites_can_make_a_window)
{
	no_sprites();
	bitmap_of(RED);
	palette(0, BLUE);
	for (unsigned i = 0; i < 16; i++)
		vram(0x10000 + 512 * 32 + i * 2, 0x0011);
	oam(0, 0x800 | 20, 30, 512);
	set(0, 3 | 0x1440 | 0x8000);
	set(0x4a, 4 << 8 | 0);
	next_frame();
	cr_expect_eq(at(30, 20), RED);
	cr_expect_eq(at(31, 20), RED);
	cr_expect_eq(at(32, 20), BLUE, "transparent");
	cr_expect_eq(at(0, 0), BLUE);
}

Test(gba_ppu, alpha_mixes_the_two_uppermost)
{
	bitmap_of(RED);
	palette(0, BLUE | 10);
	set(0x50, 4 | 1 << 6 | 0x20 << 8);
	set(0x52, 8 | 8 << 8);
	next_frame();
	cr_expect_eq(at(0, 0), ((31 * 8 + 10 * 8) >> 4) | (31 * 8 >> 4) << 10);
	set(0x52, 31 | 31 << 8);
	next_frame();
	cr_expect_eq(at(0, 0), 31 | BLUE, "at most 16/16 and 31");
	set(0x50, 4 | 1 << 6 | 0x01 << 8);
	next_frame();
	cr_expect_eq(at(0, 0), RED, "the second is not chosen");
}

Test(gba_ppu, brightness)
{
	bitmap_of(10);
	set(0x50, 4 | 2 << 6);
	set(0x54, 8);
	next_frame();
	cr_expect_eq(at(0, 0) & 31, (10 * 8 + 31 * 8) >> 4);
	cr_expect_eq(at(0, 0) >> 5 & 31, 15);
	set(0x50, 4 | 3 << 6);
	next_frame();
	cr_expect_eq(at(0, 0), 5);
	set(0, 3 | 0x400 | 0x2000);
	set(0x40, 0x00f0);
	set(0x44, 0x00a0);
	set(0x48, 4);
	next_frame();
	next_frame();
	cr_expect_eq(at(0, 0), 10, "not in a window without effects");
}

Test(gba_ppu, a_semi_transparent_sprite_mixes_by_itself)
{
	no_sprites();
	bitmap_of(BLUE);
	set(0, 3 | 0x1440);
	palette(256 + 1, RED);
	for (unsigned i = 0; i < 16; i++)
		vram(0x10000 + 512 * 32 + i * 2, 0x1111);
	oam(0, 0x400, 0, 512);
	set(0x50, 0x400);
	set(0x52, 16 | 16 << 8);
	next_frame();
	cr_expect_eq(at(0, 0), RED | BLUE);
	cr_expect_eq(at(8, 0), BLUE);
	set(0x50, 0);
	next_frame();
	cr_expect_eq(at(0, 0), RED);
	set(0x50, 0x10 | 3 << 6);
	set(0x54, 16);
	next_frame();
	cr_expect_eq(at(0, 0), 0, "nothing to mix with: the other effect");
}

Test(gba_ppu, green_swap)
{
	set(0, 3 | 0x400);
	set(2, 1);
	vram(0, WHITE);
	next_frame();
	cr_expect_eq(at(0, 0), WHITE & ~GREEN);
	cr_expect_eq(at(1, 0), GREEN);
}

Test(gba_ppu, layers_and_pictures_appear_two_lines_late)
{
	bitmap_of(RED);
	palette(0, BLUE);
	bench_write(bus, BASE, 2, 3);
	scheduler_advance(&sched, sched.now + 20 * GBA_LINE_CYCLES);
	bench_write(bus, BASE, 2, 3 | 0x400);
	scheduler_advance(&sched, sched.now + 20 * GBA_LINE_CYCLES);
	bench_write(bus, BASE, 2, 3 | 0x480);
	scheduler_advance(&sched, sched.now + 20 * GBA_LINE_CYCLES);
	bench_write(bus, BASE, 2, 3 | 0x400);
	scheduler_advance(&sched, sched.now + 20 * GBA_LINE_CYCLES);
	cr_expect_eq(at(0, 0), BLUE, "off at once");
	cr_expect_eq(at(0, 21), BLUE);
	cr_expect_eq(at(0, 22), RED);
	cr_expect_eq(at(0, 39), RED);
	cr_expect_eq(at(0, 40), WHITE, "blank at once");
	cr_expect_eq(at(0, 61), WHITE);
	cr_expect_eq(at(0, 62), RED);
}

/* --- Strangers --- */

/* Any values anywhere: nothing but this test's sanitizers can complain. */
Test(gba_ppu, any_registers_can_be_drawn)
{
	uint32_t seed = 1;
	uint8_t *vram_bytes = ppu.s.vram;
	for (unsigned i = 0; i < GBA_VRAM_SIZE; i++)
		vram_bytes[i] = (uint8_t)((seed = seed * 1664525 + 1013904223) >> 24);
	for (unsigned i = 0; i < 512; i++) {
		ppu.s.oam[i] = (uint16_t)((seed = seed * 1664525 + 1013904223) >> 16);
		ppu.s.palette[i] = (uint16_t)((seed = seed * 1664525 + 1013904223) >> 16);
	}
	uint64_t sum = 0;
	for (unsigned n = 0; n < 3000; n++) {
		for (unsigned reg = 0; reg < GBA_PPU_REGISTERS; reg += 2)
			set(reg,
			    (seed = seed * 1664525 + 1013904223) >> 16 & (reg ? ~0u : 0xff7fu));
		scheduler_advance(&sched, sched.now + GBA_LINE_CYCLES);
		sum += at(n % 240, n % 160);
	}
	cr_expect_neq(sum, 0);
}

Test(gba_ppu, state_carries_over)
{
	struct gba_ppu other = {0};
	struct scheduler other_sched;
	char why[128];
	bitmap_of(RED);
	next_frame();
	scheduler_init(&other_sched);
	gba_ppu_init(&other, "ppu", &other_sched);
	other.s = ppu.s;
	cr_expect(device_loaded(&other.dev, why, sizeof why));
	cr_expect_eq(other.s.frame[0], RED);
	other.s.vcount = GBA_LINES;
	cr_expect_not(device_loaded(&other.dev, why, sizeof why));
}
