/* The demo game that the Game Boy Advance starts without a cartridge, played by a script: that its
 * title, its game and its end are shown and heard, its score kept, and that a run is a function. */
#include <criterion/criterion.h>
#include <string.h>

#include "machine/boards/gba_parts.h"
#include "machine/snapshot.h"

#define FRAME UINT64_C(280896)

enum { TITLE_FRAME = 400, GAME_FRAME = 600, OVER_FRAME = 12000 };

static struct machine *begin(const void *backup, size_t backup_size)
{
	struct board_config k = {.backup = backup, .backup_size = backup_size};
	char why[200];
	struct machine *m = gba_new(&k, why, sizeof why);

	cr_assert(m, "%s", why);
	return m;
}

static void set_button(struct machine *m, unsigned button, int down)
{
	struct input_event e = {INPUT_BUTTON, (uint16_t)button, down};

	cr_assert(input_put(m->inputs[0], &e, 1));
}

static void run_to(struct machine *m, uint64_t frame)
{
	machine_run(m, frame * FRAME - machine_now(m));
}

static void tap(struct machine *m, unsigned button)
{
	uint64_t frame = machine_now(m) / FRAME;

	set_button(m, button, 1);
	run_to(m, frame + 3);
	set_button(m, button, 0);
	run_to(m, frame + 6);
}

static void start_game(struct machine *m)
{
	run_to(m, TITLE_FRAME);
	tap(m, PAD_START);
	run_to(m, GAME_FRAME);
}

/* Turns and shoots: what a player does who does not look. */
static void play_to(struct machine *m, uint64_t frame)
{
	set_button(m, PAD_LEFT, 1);
	while (machine_now(m) < frame * FRAME)
		tap(m, PAD_A);
	set_button(m, PAD_LEFT, 0);
}

static unsigned colours(const struct machine *m)
{
	static bool seen[1 << 15];
	uint32_t line[GBA_SCREEN_WIDTH];
	unsigned count = 0;

	memset(seen, 0, sizeof seen);
	for (unsigned y = 0; y < GBA_SCREEN_HEIGHT; y++) {
		screen_line(m->screens[0], y, line);
		for (unsigned x = 0; x < GBA_SCREEN_WIDTH; x++) {
			uint32_t c = line[x];
			bool *s = &seen[(c >> 19 & 31) << 10 | (c >> 11 & 31) << 5 | (c >> 3 & 31)];
			count += !*s;
			*s = true;
		}
	}
	return count;
}

/* How many dots of the pictures differ. */
static unsigned difference(const struct machine *a, const struct machine *b)
{
	uint32_t line_a[GBA_SCREEN_WIDTH], line_b[GBA_SCREEN_WIDTH];
	unsigned count = 0;

	for (unsigned y = 0; y < GBA_SCREEN_HEIGHT; y++) {
		screen_line(a->screens[0], y, line_a);
		screen_line(b->screens[0], y, line_b);
		for (unsigned x = 0; x < GBA_SCREEN_WIDTH; x++)
			count += line_a[x] != line_b[x];
	}
	return count;
}

static int loudest(const struct machine *m)
{
	int most = 0;

	for (unsigned i = 0; i < AUDIO_RING / 2; i++) {
		int level = m->audio[0]->ring[(m->audio[0]->written - 1 - i) % AUDIO_RING][0];
		most = level > most ? level : -level > most ? -level : most;
	}
	return most;
}

/* As the demo keeps it: a mark, four bytes and their complements. */
static uint32_t best_score(const struct machine *m)
{
	uint32_t size;
	uint64_t changes;
	const uint8_t *p = gba_backup(m, &size, &changes);

	cr_assert_eq(size, 32768);
	if (p[0] != 0x5a)
		return 0;
	for (unsigned i = 1; i <= 4; i++)
		cr_assert_eq(p[i] ^ p[i + 4], 0xff);
	return p[1] | p[2] << 8 | p[3] << 16 | (uint32_t)p[4] << 24;
}

Test(gba_demo, title_and_game_are_shown_and_heard)
{
	struct machine *a = begin(NULL, 0), *b = begin(NULL, 0);

	run_to(a, TITLE_FRAME);
	cr_expect_gt(colours(a), 50);
	cr_expect_gt(loudest(a), 500);
	start_game(a);
	run_to(b, GAME_FRAME);
	cr_expect_gt(difference(a, b), 240 * 160 / 10, "START begins the game");
	cr_expect_gt(colours(a), 50);
	cr_expect_gt(loudest(a), 500);
	machine_free(a);
	machine_free(b);
}

Test(gba_demo, buttons_steer)
{
	struct machine *a = begin(NULL, 0), *b = begin(NULL, 0);

	start_game(a);
	start_game(b);
	cr_expect_eq(difference(a, b), 0);
	set_button(a, PAD_UP, 1);
	run_to(a, GAME_FRAME + 20);
	run_to(b, GAME_FRAME + 20);
	cr_expect_gt(difference(a, b), 100);
	machine_free(a);
	machine_free(b);
}

Test(gba_demo, a_game_is_a_function, .timeout = 120)
{
	struct machine *m[2] = {begin(NULL, 0), begin(NULL, 0)};

	for (unsigned i = 0; i < 2; i++) {
		start_game(m[i]);
		play_to(m[i], GAME_FRAME + 400);
	}
	struct state_hash a = machine_hash(m[0]), b = machine_hash(m[1]);
	cr_expect_eq(a.high, b.high);
	cr_expect_eq(a.low, b.low);
	machine_free(m[0]);
	machine_free(m[1]);
}

Test(gba_demo, the_best_score_is_kept, .timeout = 240)
{
	struct machine *m = begin(NULL, 0);
	uint8_t kept[32768];
	uint32_t size;
	uint64_t changes;

	start_game(m);
	cr_expect_eq(best_score(m), 0);
	for (uint64_t frame = GAME_FRAME; frame < OVER_FRAME && !best_score(m); frame += 100)
		play_to(m, frame);
	uint32_t best = best_score(m);
	cr_expect_gt(best, 0);
	memcpy(kept, gba_backup(m, &size, &changes), sizeof kept);
	machine_free(m);

	struct machine *with = begin(kept, sizeof kept), *without = begin(NULL, 0);
	run_to(with, TITLE_FRAME);
	run_to(without, TITLE_FRAME);
	cr_expect_eq(best_score(with), best);
	unsigned dots = difference(with, without);
	cr_expect(dots > 0 && dots < 6 * 64, "the title shows it: %u dots", dots);
	machine_free(with);
	machine_free(without);
}
