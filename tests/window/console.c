/* The window with a console that is none: 60 pictures a second, a tone, a pad, and a script that is
 * called at each picture and can press keys and plug in gamepads. Under SDL's dummy drivers. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <unistd.h>

#include "frontend/sdl.h"
#include "frontend/window.h"

#define WIDTH       240
#define HEIGHT      160
#define TICK_HZ     UINT64_C(16777216)
#define FRAME_TICKS 280896
#define RATE        32768

struct console_state {
	uint64_t frame;
	uint32_t buttons;
	uint32_t owed; /* parts of a sample, of TICK_HZ */
	uint16_t pixels[WIDTH * HEIGHT];
};

struct console {
	struct machine m;
	struct device dev;
	struct console_state s;
	struct screen screen;
	struct audio audio;
	struct input_queue pad;
	struct event blank;
	/* The script: is told the number of each picture, of this run and of the machine. */
	void (*script)(struct console *c, uint64_t shown);
	uint64_t shown;
	struct session session;
	struct window_config config;
	char why[300];
	uint64_t seen, least; /* for scripts */
};

static const struct field fields[] = {
    FIELD(struct console_state, frame, 0),
    FIELD(struct console_state, buttons, 0),
    FIELD(struct console_state, owed, 0),
    FIELD_ARRAY(struct console_state, pixels, 0),
};

static const struct device_type console_type = {
    .name = "console",
    .description = "pictures, a tone and a pad",
    .table = STATE_TABLE(struct console_state, fields),
};

static void make_sound(struct console *c)
{
	uint64_t due = c->s.owed + (uint64_t)FRAME_TICKS * RATE;

	for (; due >= TICK_HZ; due -= TICK_HZ) {
		int16_t level = c->audio.written / 40 % 2 ? 4000 : -4000;

		audio_put(&c->audio, level, level);
	}
	c->s.owed = (uint32_t)due;
}

static void blank(void *owner)
{
	struct console *c = owner;

	c->s.frame++;
	memset(c->s.pixels, (int)c->s.frame, sizeof(c->s.pixels));
	make_sound(c);
	event_at(&c->blank, scheduler_now(&c->m.sched) + FRAME_TICKS);
	if (c->script)
		c->script(c, ++c->shown);
	screen_finish(&c->screen);
}

static void pad_ready(void *owner)
{
	struct console *c = owner;
	struct input_event e;

	while (input_take(&c->pad, &e)) {
		uint32_t bit = UINT32_C(1) << e.code;

		c->s.buttons = e.value ? c->s.buttons | bit : c->s.buttons & ~bit;
	}
}

static void console_reset(struct machine *m)
{
	struct console *c = (struct console *)m;

	event_at(&c->blank, scheduler_now(&m->sched) + FRAME_TICKS);
}

static struct console *console_new(void (*script)(struct console *c, uint64_t shown))
{
	struct console *c = calloc(1, sizeof(*c));

	setenv("SDL_VIDEODRIVER", "dummy", 1);
	setenv("SDL_AUDIODRIVER", "dummy", 1);
	setenv("SDL_JOYSTICK_ALLOW_BACKGROUND_EVENTS", "1", 1); /* a dummy window has no focus */
	machine_init(&c->m, "console", TICK_HZ);
	c->m.bus = bus_new(32);
	c->m.quantum = FRAME_TICKS;
	c->m.reset = console_reset;
	device_init(&c->dev, &console_type, "console", &c->s);
	machine_add_device(&c->m, &c->dev);
	event_init(&c->blank, &c->m.sched, "blank", blank, c);
	c->screen = (struct screen){.name = "screen0",
	    .width = WIDTH,
	    .height = HEIGHT,
	    .stride = WIDTH * 2,
	    .format = PIXELS_BGR555,
	    .pixels = c->s.pixels,
	    .frame_ticks = FRAME_TICKS};
	machine_add_screen(&c->m, &c->screen);
	c->audio.name = "audio0";
	c->audio.rate = RATE;
	machine_add_audio(&c->m, &c->audio);
	input_init(&c->pad, "pad", 1u << INPUT_BUTTON);
	c->pad.ready = pad_ready;
	c->pad.ready_owner = c;
	machine_add_input(&c->m, &c->pad);
	machine_reset(&c->m);
	c->script = script;
	c->session.machine = &c->m;
	c->session.until =
	    (struct until){.tick = UINT64_MAX, .frame = UINT64_MAX, .instructions = UINT64_MAX};
	c->session.typist.due = c->session.shots.due = UINT64_MAX;
	c->session.reboot = true;
	c->config.session = &c->session;
	c->config.title = "console";
	snprintf(c->config.slots.identity, sizeof(c->config.slots.identity), "console");
	settings_default(&c->config.settings);
	bindings_preset(&c->config.bindings, 0);
	return c;
}

static void run(struct console *c)
{
	cr_assert(sdl_window_run(&c->config, c->why, sizeof(c->why)), "%s", c->why);
}

/* The dummy drivers' own keyboard. */
static void key(SDL_Keycode code, Uint16 modifiers, bool pressed)
{
	SDL_Event e;

	memset(&e, 0, sizeof(e));
	e.type = pressed ? SDL_KEYDOWN : SDL_KEYUP;
	e.key.state = pressed ? SDL_PRESSED : SDL_RELEASED;
	e.key.keysym.sym = code;
	e.key.keysym.scancode = SDL_GetScancodeFromKey(code);
	e.key.keysym.mod = modifiers;
	SDL_PushEvent(&e);
}

static void tap(SDL_Keycode code, Uint16 modifiers)
{
	key(code, modifiers, true);
	key(code, modifiers, false);
}

static void quit(void)
{
	SDL_Event e = {.type = SDL_QUIT};

	SDL_PushEvent(&e);
}

static Uint32 quit_later(Uint32 interval, void *owner)
{
	quit();
	return 0;
}

/* --- pace and sound ----------------------------------------------------------------------- */

static void watch_sound(struct console *c, uint64_t shown)
{
	Uint32 waiting = SDL_GetQueuedAudioSize(2) / 4; /* SDL's first device has the number 2 */

	if (shown > 10 && waiting > c->seen)
		c->seen = waiting;
	if (shown == 60)
		c->least = host_clock();
	if (shown == 360) {
		c->least = host_clock() - c->least;
		quit();
	}
}

/* A machine may be slower on a host that is busy, never faster. */
Test(window, runs_at_the_machines_pace_with_bounded_sound, .timeout = 120)
{
	struct console *c = console_new(watch_sound);
	double seconds;

	run(c);
	seconds = (double)c->least / 1e9;
	cr_expect(seconds > 300 / 59.7275 * 0.99, "300 pictures took %.3f s", seconds);
	cr_expect_gt(c->seen, 0, "nothing was played");
	cr_expect_lt(c->seen, 48000 * 60 / 1000 * 5, "%lu samples wait", (unsigned long)c->seen);
	cr_expect_eq(c->session.end, END_QUIT);
}

static void end_at_600(struct console *c, uint64_t shown)
{
	if (shown == 600)
		quit();
}

Test(window, fast_forward_is_faster, .timeout = 120)
{
	struct console *c = console_new(end_at_600);
	uint64_t start = host_clock();

	c->config.fast = true;
	run(c);
	cr_expect_lt(host_clock() - start, UINT64_C(9000000000));
}

/* --- keys --------------------------------------------------------------------------------- */

static void press_pad(struct console *c, uint64_t shown)
{
	if (shown == 5)
		key(SDLK_x, 0, true);
	if (shown == 15) {
		c->seen = c->s.buttons;
		key(SDLK_x, 0, false);
	}
	if (shown == 25)
		quit();
}

Test(window, keys_are_buttons, .timeout = 60)
{
	struct console *c = console_new(press_pad);

	run(c);
	cr_expect_eq(c->seen, 1u << PAD_A);
	cr_expect_eq(c->s.buttons, 0);
}

static void one_further(struct console *c, uint64_t shown)
{
	if (shown == 10) {
		tap(SDLK_p, 0);
		SDL_AddTimer(1500, quit_later, NULL);
	}
	c->seen = shown;
	if (shown < 14 && shown > 10)
		tap(SDLK_BACKSLASH, 0);
}

/* Four times: the first by the script's own hand, as nothing calls it while paused. */
static Uint32 first_step(Uint32 interval, void *owner)
{
	tap(SDLK_BACKSLASH, 0);
	return 0;
}

static void pause_and_step(struct console *c, uint64_t shown)
{
	if (shown == 10)
		SDL_AddTimer(500, first_step, NULL);
	one_further(c, shown);
}

Test(window, a_paused_machine_goes_a_picture_further, .timeout = 60)
{
	struct console *c = console_new(pause_and_step);

	run(c);
	cr_expect_geq(c->seen, 14);
	cr_expect_leq(c->seen, 16, "%lu pictures", (unsigned long)c->seen);
}

/* --- states ------------------------------------------------------------------------------- */

static char home[64];

static void make_home(void)
{
	snprintf(home, sizeof(home), "/tmp/myna-console.XXXXXX");
	cr_assert(mkdtemp(home));
	setenv("MYNA_HOME", home, 1);
}

static void remove_home(void)
{
	char command[100];

	snprintf(command, sizeof(command), "rm -r %s", home);
	cr_assert_eq(system(command), 0);
}

static void save_and_load(struct console *c, uint64_t shown)
{
	if (shown == 20)
		tap(SDLK_F1, KMOD_LSHIFT);
	if (shown == 60)
		tap(SDLK_F1, 0);
	c->least = shown > 60 && c->s.frame < c->least ? c->s.frame : c->least;
	if (shown == 80)
		quit();
}

Test(window, slots_bring_the_machine_back, .timeout = 60)
{
	struct console *c = console_new(save_and_load);
	struct picture p;

	make_home();
	c->least = UINT64_MAX;
	run(c);
	cr_expect_geq(c->least, 20);
	cr_expect_lt(c->least, 25);
	cr_assert(slots_picture(&c->config.slots, 1, &p));
	cr_expect(p.width == WIDTH && p.height == HEIGHT);
	picture_free(&p);
	remove_home();
}

static Uint32 let_go(Uint32 interval, void *owner)
{
	key(SDLK_BACKSPACE, 0, false);
	return 0;
}

static void hold_rewind(struct console *c, uint64_t shown)
{
	if (shown == 150) {
		key(SDLK_BACKSPACE, 0, true);
		SDL_AddTimer(300, let_go, NULL);
	}
	c->least = shown > 150 && c->s.frame < c->least ? c->s.frame : c->least;
	if (shown == 170)
		quit();
}

Test(window, rewind_goes_back_while_held, .timeout = 60)
{
	struct console *c = console_new(hold_rewind);

	c->least = UINT64_MAX;
	run(c);
	/* 300 ms at five times the speed are 90 pictures; a slow host manages fewer steps. */
	cr_expect_lt(c->least, 145, "back to %lu", (unsigned long)c->least);
	cr_expect_gt(c->least, 1);
}

/* --- gamepads ----------------------------------------------------------------------------- */

static int device;
static SDL_Joystick *stick;

static void use_gamepad(struct console *c, uint64_t shown)
{
	SDL_VirtualJoystickDesc d = {
	    .version = SDL_VIRTUAL_JOYSTICK_DESC_VERSION,
	    .type = SDL_JOYSTICK_TYPE_GAMECONTROLLER,
	    .naxes = SDL_CONTROLLER_AXIS_MAX,
	    .nbuttons = SDL_CONTROLLER_BUTTON_MAX,
	    .name = "test pad",
	};

	if (shown == 5) {
		device = SDL_JoystickAttachVirtualEx(&d);
		stick = SDL_JoystickOpen(device);
	}
	if (shown == 15)
		SDL_JoystickSetVirtualButton(stick, SDL_CONTROLLER_BUTTON_A, SDL_PRESSED);
	if (shown == 20)
		SDL_JoystickSetVirtualAxis(stick, SDL_CONTROLLER_AXIS_LEFTX, -32000);
	if (shown == 30) {
		c->seen = c->s.buttons;
		SDL_JoystickDetachVirtual(device);
		SDL_AddTimer(1000, quit_later, NULL);
	}
	c->least = shown;
}

Test(window, a_gamepad_may_come_and_go, .timeout = 60)
{
	struct console *c = console_new(use_gamepad);

	run(c);
	cr_expect_eq(c->seen, 1u << PAD_B | 1u << PAD_LEFT, "buttons %#lx", (unsigned long)c->seen);
	cr_expect_eq(c->s.buttons, 0, "a pad that is gone holds nothing");
	cr_expect_lt(c->least, 45, "without its pad the machine waits");
}

/* --- what a window may lack --------------------------------------------------------------- */

Test(window, no_sound_device_is_no_reason_to_stop, .timeout = 60)
{
	struct console *c = console_new(press_pad);

	setenv("SDL_AUDIODRIVER", "no-such-driver", 1);
	run(c);
	cr_expect_eq(c->session.end, END_QUIT);
}

Test(window, no_display_is_said, .timeout = 60)
{
	struct console *c = console_new(press_pad);

	setenv("SDL_VIDEODRIVER", "no-such-driver", 1);
	cr_expect_not(sdl_window_run(&c->config, c->why, sizeof(c->why)));
	cr_expect(c->why[0]);
	cr_expect_eq(c->shown, 0);
}

static void drop_file(struct console *c, uint64_t shown)
{
	SDL_Event e;

	if (shown == 5) {
		memset(&e, 0, sizeof(e));
		e.type = SDL_DROPFILE;
		e.drop.file = SDL_strdup("/some/file");
		SDL_PushEvent(&e);
	}
}

static bool not_droppable(const char *path, char *why, size_t size)
{
	snprintf(why, size, "no");
	return false;
}

static void drop_and_go_on(struct console *c, uint64_t shown)
{
	drop_file(c, shown);
	if (shown == 20)
		quit();
}

Test(window, a_dropped_file_of_no_use_costs_nothing, .timeout = 60)
{
	struct console *c = console_new(drop_and_go_on);

	c->config.droppable = not_droppable;
	run(c);
	cr_expect_geq(c->shown, 20);
	cr_expect_null(c->config.dropped);
}

Test(window, a_dropped_file_ends_the_run_and_is_named, .timeout = 60)
{
	struct console *c = console_new(drop_file);

	run(c);
	cr_expect_str_eq(c->config.dropped, "/some/file");
}
