/* The game: a starling among rocks. It picks up stars, and shoots what is in its way. */
#include "demo.h"

enum { ROCKS = 14, SHOTS = 6, STARS = 5, BURSTS = 8 };
enum { SAFE_FRAMES = 120, SHOT_FRAMES = 45, BURST_FRAMES = 24, LIVES = 3 };

struct body {
	s32 x, y, vx, vy;
	u32 angle; /* 8.8 */
	s32 spin;
	u32 kind; /* 0: none; a rock's size, or 1 */
	u32 left; /* frames */
};

static struct body ship, rocks[ROCKS], shots[SHOTS], stars[STARS], bursts[BURSTS];
static u32 score, lives, wave, shock, safe, clock;
static s32 scroll_x, scroll_y;

static const u16 rock_radius[] = {0, 8, 13, 24};
static const u16 rock_scale[] = {0, 150, 248, 236};

/* --- Bodies --- */

static struct body *body_free(struct body *list, u32 count)
{
	for (u32 i = 0; i < count; i++) {
		if (!list[i].kind)
			return list + i;
	}
	return 0;
}

static s32 wrapped(s32 at, s32 size)
{
	s32 edge = 28 << 8;

	return at < -edge ? at + size + 2 * edge : at > size + edge ? at - size - 2 * edge : at;
}

static void body_move(struct body *b)
{
	b->x = wrapped(b->x + b->vx, WIDTH << 8);
	b->y = wrapped(b->y + b->vy, HEIGHT << 8);
	b->angle += (u32)b->spin;
}

static int bodies_touch(const struct body *a, const struct body *b, s32 reach)
{
	s32 dx = (a->x - b->x) >> 8, dy = (a->y - b->y) >> 8;

	return dx * dx + dy * dy < reach * reach;
}

static void add_burst(const struct body *at, u32 kind)
{
	struct body *b = body_free(bursts, BURSTS);

	if (!b)
		return;
	*b =
	    (struct body){.x = at->x, .y = at->y, .vx = at->vx / 2, .vy = at->vy / 2, .kind = kind};
	b->left = BURST_FRAMES;
}

static void add_rock(s32 x, s32 y, u32 kind)
{
	struct body *r = body_free(rocks, ROCKS);
	u32 way = random_next() & 255;
	s32 speed = (s32)(90 + 20 * (wave < 8 ? wave : 8) + (3 - kind) * 60);

	if (!r)
		return;
	r->x = x;
	r->y = y;
	r->vx = cosine(way) * speed >> 8;
	r->vy = sine(way) * speed >> 8;
	r->angle = random_next();
	r->spin = (s32)(random_next() & 511) - 256;
	r->kind = kind;
}

static void begin_wave(void)
{
	wave++;
	for (u32 i = 0; i < 2 + wave && i < 6; i++) {
		/* At the edges, away from the ship's usual place. */
		s32 along = (s32)(random_next() % (WIDTH << 8));
		add_rock(along, i & 1 ? -(26 << 8) : (HEIGHT + 26) << 8, 3);
	}
}

static void place_ship(void)
{
	ship.x = WIDTH << 7;
	ship.y = HEIGHT << 7;
	ship.vx = ship.vy = 0;
	ship.angle = 192 << 8;
	ship.kind = 1;
	safe = SAFE_FRAMES;
}

static void clear(struct body *list, u32 count)
{
	for (u32 i = 0; i < count; i++)
		list[i].kind = 0;
}

void game_start(u32 seed)
{
	random_seed(seed);
	clear(rocks, ROCKS);
	clear(shots, SHOTS);
	clear(stars, STARS);
	clear(bursts, BURSTS);
	score = wave = shock = clock = 0;
	lives = LIVES;
	place_ship();
	begin_wave();
}

/* --- What happens --- */

static void steer(u32 held, u32 pressed)
{
	u32 angle = ship.angle >> 8;

	if (held & KEY_LEFT)
		ship.angle -= 0x380;
	if (held & KEY_RIGHT)
		ship.angle += 0x380;
	if (held & (KEY_UP | KEY_B)) {
		ship.vx += cosine(angle) * 14 >> 8;
		ship.vy += sine(angle) * 14 >> 8;
	}
	ship.vx -= ship.vx / 64;
	ship.vy -= ship.vy / 64;
	if (!(pressed & KEY_A))
		return;
	struct body *s = body_free(shots, SHOTS);
	if (!s)
		return;
	s->x = ship.x + cosine(angle) * 14;
	s->y = ship.y + sine(angle) * 14;
	s->vx = ship.vx + cosine(angle) * 4;
	s->vy = ship.vy + sine(angle) * 4;
	s->kind = 1;
	s->left = SHOT_FRAMES;
	sound_play(EFFECT_SHOT);
}

/* It falls apart, and may let a star go. */
static void break_rock(struct body *r)
{
	struct body *s = body_free(stars, STARS);
	u32 kind = r->kind;

	add_burst(r, kind);
	sound_play(EFFECT_BURST);
	r->kind = 0;
	score += 10 * (4 - kind);
	if (kind > 1) {
		add_rock(r->x, r->y, kind - 1);
		add_rock(r->x, r->y, kind - 1);
	}
	if (s && (kind == 1 || kind == 3)) {
		*s = (struct body){
		    .x = r->x, .y = r->y, .vx = r->vx / 4, .vy = r->vy / 4, .kind = 1};
		s->spin = 400;
		s->left = 600;
	}
}

static void lose_life(void)
{
	add_burst(&ship, 3);
	sound_play(EFFECT_BURST);
	shock = 15;
	if (--lives)
		place_ship();
	else
		ship.kind = 0;
}

static void collide_rock(struct body *r)
{
	for (u32 i = 0; i < SHOTS; i++) {
		if (shots[i].kind && bodies_touch(r, shots + i, rock_radius[r->kind] + 2)) {
			shots[i].kind = 0;
			break_rock(r);
			return;
		}
	}
	if (ship.kind && !safe && bodies_touch(r, &ship, rock_radius[r->kind] + 6)) {
		lose_life();
		break_rock(r);
	}
}

static void collect_stars(void)
{
	for (u32 i = 0; i < STARS; i++) {
		if (stars[i].kind && ship.kind && bodies_touch(stars + i, &ship, 17)) {
			stars[i].kind = 0;
			score += 50;
			sound_play(EFFECT_CHIME);
		}
	}
}

static void move_list(struct body *list, u32 count, int ages)
{
	for (u32 i = 0; i < count; i++) {
		if (!list[i].kind)
			continue;
		body_move(list + i);
		if (ages && !--list[i].left)
			list[i].kind = 0;
	}
}

int game_frame(u32 held, u32 pressed)
{
	u32 rocks_left = 0, bursts_left = 0;

	clock++;
	safe -= safe ? 1 : 0;
	shock -= shock && clock % 2 ? 1 : 0;
	if (ship.kind) {
		steer(held, pressed);
		body_move(&ship);
		scroll_x += ship.vx;
		scroll_y += ship.vy;
	}
	move_list(rocks, ROCKS, 0);
	move_list(shots, SHOTS, 1);
	move_list(stars, STARS, 1);
	move_list(bursts, BURSTS, 1);
	for (u32 i = 0; i < ROCKS; i++) {
		if (rocks[i].kind)
			collide_rock(rocks + i);
		rocks_left += rocks[i].kind;
	}
	collect_stars();
	for (u32 i = 0; i < BURSTS; i++)
		bursts_left += bursts[i].kind;
	if (!rocks_left)
		begin_wave();
	return ship.kind || bursts_left || shock;
}

u32 game_score(void)
{
	return score;
}

void game_scroll(s32 *x, s32 *y)
{
	*x = scroll_x + (s32)(clock << 6);
	*y = scroll_y;
}

u32 game_shock(void)
{
	return shock;
}

/* --- What is seen of it --- */

static struct sprite sprite_of(const struct body *b, u32 tile, u32 palette, u32 size)
{
	return (struct sprite){
	    .x = b->x >> 8,
	    .y = b->y >> 8,
	    .tile = (u16)tile,
	    .palette = (u16)palette,
	    .size = (u16)size,
	    .angle = (u16)(b->angle >> 8 & 255),
	    .scale = 256,
	    .behind = 1,
	};
}

static void draw_ship(u32 held_frames)
{
	struct sprite s = sprite_of(&ship, TILE_SHIP, PALETTE_SHIP, SIZE_32);

	if (!ship.kind || (safe && held_frames & 4))
		return;
	sprite_add(&s);
}

static void draw_rock(const struct body *b, u32 which)
{
	struct sprite s = b->kind == 3
			      ? sprite_of(b, TILE_ROCK + which * 64, PALETTE_ROCK, SIZE_64)
			      : sprite_of(b, TILE_PEBBLE + which * 16, PALETTE_ROCK, SIZE_32);

	s.scale = rock_scale[b->kind];
	sprite_add(&s);
}

static void draw_burst(const struct body *b)
{
	struct sprite s = sprite_of(b, TILE_GLOW, PALETTE_GLOW, SIZE_32);
	u32 age = BURST_FRAMES - b->left, largest = 200 + 100 * b->kind;

	s.glows = 1;
	s.scale = (u16)(b->left > BURST_FRAMES / 2 ? 60 + age * largest / (BURST_FRAMES / 2)
						   : 60 + b->left * largest / (BURST_FRAMES / 2));
	sprite_add(&s);
}

static void draw_hud(void)
{
	screen_text(1, 0, 0, "SCORE");
	screen_number(7, 0, 1, score, 6);
	screen_text(21, 0, 0, "WAVE");
	screen_number(26, 0, 1, wave, 2);
	for (u32 i = 0; i + 1 < lives; i++) {
		struct sprite s = {.x = 12 + 14 * (s32)i,
		    .y = 152,
		    .tile = TILE_SHIP,
		    .palette = PALETTE_SHIP,
		    .size = SIZE_32,
		    .angle = 192,
		    .scale = 128};
		sprite_add(&s);
	}
}

void game_draw(void)
{
	draw_hud();
	for (u32 i = 0; i < BURSTS; i++) {
		if (bursts[i].kind)
			draw_burst(bursts + i);
	}
	draw_ship(clock);
	for (u32 i = 0; i < SHOTS; i++) {
		struct sprite s = sprite_of(shots + i, TILE_SHOT, PALETTE_SHIP, SIZE_8);
		if (shots[i].kind)
			sprite_add(&s);
	}
	for (u32 i = 0; i < STARS; i++) {
		struct sprite s = sprite_of(stars + i, TILE_STAR, PALETTE_STAR, SIZE_16);
		s.scale = (u16)(220 + sine(clock * 8) / 8);
		if (stars[i].kind && (stars[i].left > 120 || stars[i].left & 4))
			sprite_add(&s);
	}
	for (u32 i = 0; i < ROCKS; i++) {
		if (rocks[i].kind)
			draw_rock(rocks + i, i & 1);
	}
}
