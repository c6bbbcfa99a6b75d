/* The frame around the game: title, game, pause, end; the curtain between them. */
#include "demo.h"

enum scene { SCENE_TITLE, SCENE_GAME, SCENE_OVER };

enum { IRIS_OPEN = 150, IRIS_STEP = 5, OVER_FRAMES = 60 };

static enum scene scene, next_scene;
static u32 frame, scene_frame, iris, closing, paused, best, is_record;

static void wait_frame(void)
{
	__asm__ volatile("swi 0x50000" ::: "r0", "r1", "r2", "r3", "r12", "lr", "memory");
}

static void go_to(enum scene to)
{
	next_scene = to;
	closing = 1;
}

/* --- Title --- */

static void draw_title(void)
{
	for (u32 i = 0; i < TITLE_LETTERS; i++) {
		u32 phase = frame * 2 - i * 24;
		struct sprite s = {
		    .x = 26 + 27 * (s32)i,
		    .y = 48 + sine(phase) / 32,
		    .tile = (u16)(TILE_LETTER + i * 64),
		    .palette = PALETTE_LETTER,
		    .size = SIZE_64,
		    .angle = (u16)((u32)(sine(phase + 40) / 32) & 255),
		    .scale = (u16)(158 + sine(phase + 90) / 16),
		};
		sprite_add(&s);
	}
	struct sprite bird = {
	    .x = 120 + cosine(frame) * 90 / 256,
	    .y = 104 + sine(frame * 2) * 14 / 256,
	    .tile = TILE_SHIP,
	    .palette = PALETTE_SHIP,
	    .size = SIZE_32,
	    .angle = (u16)((frame + 64 + (u32)(cosine(frame * 2) / 12)) & 255),
	    .scale = 256,
	    .behind = 1,
	};
	sprite_add(&bird);
	screen_text(9, 12, 1, frame & 32 ? "PRESS START" : "           ");
}

static void begin_title(void)
{
	screen_text(2, 14, 2, "LEFT, RIGHT turn    B fly");
	screen_text(2, 16, 2, "A shoot         START rest");
	screen_text(9, 18, 3, "BEST");
	screen_number(14, 18, 0, best, 6);
	sound_music(0);
}

static void run_title(u32 pressed)
{
	if (pressed & (KEY_START | KEY_A))
		go_to(SCENE_GAME);
	draw_title();
	screen_set((s32)(frame << 8), (s32)(frame << 6), iris, 0);
}

/* --- Game --- */

static void run_game(u32 held, u32 pressed)
{
	s32 x, y;

	if (pressed & KEY_START) {
		paused ^= 1;
		screen_text(12, 9, 1, paused ? "PAUSE" : "     ");
	}
	if (!paused && !game_frame(held, pressed) && !closing)
		go_to(SCENE_OVER);
	game_draw();
	game_scroll(&x, &y);
	screen_set(x, y, iris, game_shock());
}

/* --- End --- */

static void begin_over(void)
{
	u32 score = game_score();

	is_record = score > best;
	if (is_record) {
		best = score;
		score_write(best);
	}
	screen_text(10, 6, 1, "GAME  OVER");
	screen_text(9, 9, 0, "SCORE");
	screen_number(15, 9, 0, score, 6);
	screen_text(9, 11, 3, "BEST");
	screen_number(15, 11, 0, best, 6);
	sound_music(0);
}

static void run_over(u32 pressed)
{
	if (pressed & (KEY_START | KEY_A) && scene_frame > OVER_FRAMES)
		go_to(SCENE_TITLE);
	if (is_record)
		screen_text(8, 14, 1, frame & 16 ? "A NEW BEST SCORE" : "                ");
	screen_set((s32)(frame << 8), 0, iris, 0);
}

/* --- Frames --- */

static void begin_scene(void)
{
	scene = next_scene;
	closing = scene_frame = paused = 0;
	screen_clear_text();
	switch (scene) {
	case SCENE_TITLE: begin_title(); break;
	case SCENE_GAME:
		game_start(frame);
		sound_music(1);
		break;
	case SCENE_OVER: begin_over(); break;
	}
}

static void move_curtain(void)
{
	if (!closing)
		iris += iris < IRIS_OPEN ? IRIS_STEP : 0;
	else if (iris)
		iris -= IRIS_STEP;
	else
		begin_scene();
}

static void run_frame(void)
{
	static u32 before;
	u32 held = ~IO16(0x130) & 0x3ff, pressed = held & ~before;

	before = held;
	frame++;
	scene_frame++;
	sprites_begin();
	move_curtain();
	switch (scene) {
	case SCENE_TITLE: run_title(pressed); break;
	case SCENE_GAME: run_game(held, pressed); break;
	case SCENE_OVER: run_over(pressed); break;
	}
}

__attribute__((noreturn)) void demo_main(void)
{
	IO16(0x204) = 0x4317; /* prefetch, 3/1 wait states */
	math_init();
	screen_init();
	art_init();
	best = score_read();
	IO16(0x04) = 8; /* interrupts at V-blank */
	IO16(0x200) = 1;
	IO16(0x208) = 1;
	wait_frame();
	sound_init();
	begin_scene();
	for (;;) {
		run_frame();
		wait_frame();
		screen_show(frame);
		sound_frame();
	}
}
