/* The Game Boy Advance as a whole, with the cartridge roms/gba/hello: what it shows, that a run is
 * a function, and that no cartridge does harm. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machine/boards/gba_parts.h"
#include "machine/snapshot.h"

#define FRAME UINT64_C(280896)

static uint8_t rom[1 << 20];
static size_t rom_size;

static void read_rom(void)
{
	const char *path = getenv("HELLO");
	FILE *f = path ? fopen(path, "rb") : NULL;

	cr_assert(f, "HELLO names no file");
	rom_size = fread(rom, 1, sizeof rom, f);
	fclose(f);
}

TestSuite(gba, .init = read_rom);

static struct machine *insert(const void *backup, size_t backup_size)
{
	struct board_config k = {
	    .rom = rom,
	    .rom_size = rom_size,
	    .backup = backup,
	    .backup_size = backup_size,
	};
	char why[200];
	struct machine *m = gba_new(&k, why, sizeof why);

	cr_assert(m, "%s", why);
	return m;
}

static unsigned frames_kept(const struct machine *m)
{
	uint32_t size;
	uint64_t changes;
	const uint8_t *p = gba_backup(m, &size, &changes);

	cr_assert_eq(size, 32768);
	return (unsigned)(p[0] | p[1] << 8);
}

static bool same(struct machine *a, struct machine *b)
{
	struct state_hash ha = machine_hash(a), hb = machine_hash(b);

	return ha.high == hb.high && ha.low == hb.low;
}

static void press(struct machine *m, unsigned button, int down)
{
	struct input_event e = {INPUT_BUTTON, (uint16_t)button, down};

	cr_assert(input_put(m->inputs[0], &e, 1));
}

Test(gba, pictures_sound_and_memory)
{
	struct machine *m = insert(NULL, 0);
	const struct screen *s = m->screens[0];
	uint32_t line[GBA_SCREEN_WIDTH];

	cr_expect_eq(s->width, 240);
	cr_expect_eq(s->frame_ticks, FRAME);
	cr_expect_eq(machine_run(m, 30 * FRAME), STOP_TICKS);
	cr_expect_eq(s->frames, 30);
	unsigned frames = frames_kept(m);
	cr_expect(frames >= 27 && frames <= 30, "%u", frames);
	screen_line(s, 20, line);
	cr_expect_neq(line[0] & 0xffffff, 0);
	cr_expect_eq(line[0], line[239]);
	screen_line(s, 100, line);
	cr_expect_eq(line[0] & 0xffffff, 0);
	cr_expect(m->audio[0]->written > 30 * 548 - 100 && m->audio[0]->written < 30 * 549);
	bool heard = false;
	for (unsigned i = 0; i < 1000; i++)
		heard |= m->audio[0]->ring[(m->audio[0]->written - 1 - i) % AUDIO_RING][0] > 1000;
	cr_expect(heard);
	machine_free(m);
}

Test(gba, buttons_reach_the_program)
{
	struct machine *a = insert(NULL, 0), *b = insert(NULL, 0);
	uint32_t line_a[GBA_SCREEN_WIDTH], line_b[GBA_SCREEN_WIDTH];

	machine_run(a, 40 * FRAME);
	machine_run(b, 10 * FRAME);
	press(b, PAD_DOWN, 1);
	machine_run(b, 30 * FRAME);
	screen_line(a->screens[0], 5, line_a);
	screen_line(b->screens[0], 5, line_b);
	cr_expect_eq(line_a[0], line_b[0], "before it was pressed");
	screen_line(a->screens[0], 30, line_a);
	screen_line(b->screens[0], 30, line_b);
	cr_expect_neq(line_a[0], line_b[0]);
	machine_free(a);
	machine_free(b);
}

Test(gba, a_run_is_a_function)
{
	struct machine *a = insert(NULL, 0), *b = insert(NULL, 0);
	uint32_t seed = 1;

	machine_run(a, 20 * FRAME);
	for (uint64_t left = 20 * FRAME; left;) {
		uint64_t piece = (seed = seed * 1664525 + 1013904223) >> 16;
		uint64_t before = machine_now(b);
		machine_run(b, piece < left ? piece : left);
		left -= machine_now(b) - before < left ? machine_now(b) - before : left;
	}
	char text[200];
	bool differ = machine_difference(a, b, text, sizeof text);
	cr_expect_not(differ, "%s", text);
	cr_expect(same(a, b));
	machine_free(a);
	machine_free(b);
}

Test(gba, goes_on_from_a_state)
{
	struct machine *a = insert(NULL, 0), *b = insert(NULL, 0);
	char why[200], text[200];
	uint32_t seed = 5;

	for (unsigned i = 0; i < 20; i++) {
		FILE *f = tmpfile();
		machine_run(a, (seed = seed * 1664525 + 1013904223) >> 12);
		cr_assert(snapshot_save(a, fileno(f), why, sizeof why), "%s", why);
		cr_assert(snapshot_load(b, fileno(f), why, sizeof why), "%s", why);
		cr_assert(same(a, b), "at %u", i);
		machine_run(a, 300000);
		machine_run(b, 300000);
		bool differ = machine_difference(a, b, text, sizeof text);
		cr_assert_not(differ, "after %u: %s", i, text);
		fclose(f);
	}
	machine_free(a);
	machine_free(b);
}

Test(gba, what_a_cartridge_keeps_comes_back)
{
	struct machine *m = insert(NULL, 0);
	uint8_t kept[32768];
	uint32_t size;
	uint64_t changes;

	machine_run(m, 30 * FRAME);
	unsigned frames = frames_kept(m);
	memcpy(kept, gba_backup(m, &size, &changes), sizeof kept);
	cr_expect_gt(changes, 0);
	machine_reset(m);
	machine_run(m, 10 * FRAME);
	cr_expect_gt(frames_kept(m), frames, "a reset does not erase it");
	machine_free(m);
	m = insert(kept, sizeof kept);
	machine_run(m, 10 * FRAME);
	cr_expect_gt(frames_kept(m), frames);
	machine_free(m);
}

Test(gba, refusals_name_the_remedy)
{
	struct board_config k = {.rom = rom, .rom_size = GBA_ROM_MAX + 1};
	char why[200];

	cr_expect_null(gba_new(&k, why, sizeof why));
	cr_expect(strstr(why, "32 MiB"), "%s", why);
	k.rom_size = 0;
	cr_expect_null(gba_new(&k, why, sizeof why));
	cr_expect(strstr(why, ".gba"), "%s", why);
	k.rom_size = rom_size;
	k.firmware = rom;
	k.firmware_size = GBA_BIOS_SIZE + 1;
	cr_expect_null(gba_new(&k, why, sizeof why));
	cr_expect(strstr(why, "--bios"), "%s", why);
}

/* Nothing but sanitizers and the clock of this test can complain. */
Test(gba, any_cartridge_is_survived, .timeout = 120)
{
	static const char *const names[] = {
	    "EEPROM_V124", "SRAM_V113", "FLASH1M_V103", "SIIRTC_V001"};
	uint32_t seed = 99;

	for (unsigned n = 0; n < 40; n++) {
		rom_size = 1 + (seed >> 12) % 65536;
		for (size_t i = 0; i < rom_size; i++)
			rom[i] = (uint8_t)((seed = seed * 1664525 + 1013904223) >> 24);
		if (rom_size > 0x100)
			memcpy(rom + 0x80, names[n % 4], strlen(names[n % 4]));
		struct machine *m = insert(NULL, 0);
		machine_run(m, 5 * FRAME);
		cr_expect_geq(machine_now(m), 5 * FRAME);
		machine_free(m);
	}
}

/* Random stores to every register, then whatever that leads to. */
Test(gba, any_registers_are_survived, .timeout = 120)
{
	uint32_t seed = 3;
	struct machine *m = insert(NULL, 0);
	struct gba *g = (struct gba *)m;

	for (unsigned n = 0; n < 4000; n++) {
		uint32_t offset = (seed = seed * 1664525 + 1013904223) >> 22;
		uint32_t value = (seed = seed * 1664525 + 1013904223);
		gba_io_write(g, offset & ~3u, value, 4);
		machine_run(m, value >> 22);
	}
	cr_expect_geq(machine_now(m), 4000);
	char why[200];
	FILE *f = tmpfile();
	cr_expect(snapshot_save(m, fileno(f), why, sizeof why));
	cr_expect(snapshot_load(m, fileno(f), why, sizeof why), "%s", why);
	fclose(f);
	machine_free(m);
}
