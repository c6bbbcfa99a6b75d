/* The window's loop: take events, run the machine as far as the wall clock wants, show, sound,
 * wait.
 *
 * Pacing is from outside: the loop decides how much guest time may pass, never what the guest sees
 * at a tick.  A machine with a frame rate runs whole frames.  If its rate is within a percent of
 * the display's and pictures wait for the display, each of the display's pictures is one frame, and
 * sound is bent to fit (resample.h): the steadiest motion there is.  Else frames are due by the
 * clock. */
#include "frontend/sdl.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "frontend/rewind.h"

#define SECOND UINT64_C(1000000000)
#define MS     UINT64_C(1000000)

#define MESSAGE_TIME  (3 * SECOND)
#define STANDSTILL    (200 * MS) /* of ours: no more than this is made up for */
#define PIECE         (2 * MS)   /* of guest time, for a machine without frames */
#define REWIND_PERIOD (150 * MS) /* of guest time between states */
#define REWIND_SHARE  20         /* of the time at most one part in that many is spent on states */
#define REWIND_SPEED  5          /* times as fast as time went forward */
#define REST_MS       30         /* between looks at the host while the machine rests */

void window_say(struct window *w, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(w->message, sizeof(w->message), format, args);
	va_end(args);
	w->message_until = host_clock() + MESSAGE_TIME;
}

bool window_fast(const struct window *w)
{
	return w->fast_toggled || w->fast_key || pads_fast(&w->input);
}

bool window_back(const struct window *w)
{
	return w->set->rewind && (w->back_key || pads_back(&w->input));
}

bool window_resting(const struct window *w)
{
	return w->paused || w->menu.open || (w->set->background && !w->focused);
}

void window_jumped(struct window *w, uint64_t tick, uint64_t instructions)
{
	struct session *s = w->session;

	/* What the run is said to have done at its end is what it did, here and there. */
	s->tick_start += machine_now(s->machine) - tick;
	s->insn_start += machine_instructions(s->machine) - instructions;
	w->push_due = 0;
	w->speed_ticks += machine_now(s->machine) - tick;
	input_tell(&w->input);
}

void window_apply(struct window *w)
{
	char why[200];

	w->menu.changed = false;
	video_apply(&w->video, w->set);
	if (w->keys != w->set->keys)
		bindings_preset(&w->config->bindings, (unsigned)w->set->keys);
	w->keys = w->set->keys;
	if (!w->set->rewind || w->rewind_memory != w->set->rewind_memory) {
		rewind_free(w->rewind);
		w->rewind = NULL;
	}
	if (w->menu.open || !w->menu.moved || !w->config->settings_path)
		return;
	if (!settings_write(w->set, w->menu.moved, w->config->settings_path, why, sizeof(why)))
		window_say(w, "%s: %s", w->config->settings_path, why);
	w->menu.moved = 0;
}

/* --- rewind ------------------------------------------------------------------------------- */

static void push_state(struct window *w)
{
	struct machine *m = w->session->machine;
	uint64_t before = host_clock();
	char why[300];

	if (!w->set->rewind || w->rewind_off || machine_now(m) < w->push_due ||
	    before - w->push_clock < w->push_cost * REWIND_SHARE)
		return;
	if (!w->rewind)
		w->rewind = rewind_new((size_t)w->set->rewind_memory << 20);
	w->rewind_memory = w->set->rewind_memory;
	if (!w->rewind || !rewind_push(w->rewind, m, why, sizeof(why))) {
		window_say(w, "No rewind: %s", w->rewind ? why : "out of memory");
		w->rewind_off = true;
		return;
	}
	w->push_clock = host_clock();
	w->push_cost = w->push_clock - before;
	w->push_due = machine_now(m) + session_ticks(w->session, REWIND_PERIOD);
}

static void step_back(struct window *w)
{
	struct machine *m = w->session->machine;
	uint64_t tick = machine_now(m), instructions = machine_instructions(m);
	uint64_t clock = host_clock(), gone;
	char why[300];

	if (clock < w->back_due || !w->rewind || !rewind_count(w->rewind))
		return;
	if (!rewind_back(w->rewind, m, why, sizeof(why)))
		window_say(w, "Rewind: %s", why);
	window_jumped(w, tick, instructions);
	w->push_due = UINT64_MAX; /* until time goes forward again */
	gone = session_ns(w->session, tick - machine_now(m)) / REWIND_SPEED;
	w->back_due = clock + (gone < SECOND ? gone : SECOND);
}

/* --- how far to run ----------------------------------------------------------------------- */

static uint64_t frame_ns(const struct window *w)
{
	return session_ns(w->session, w->video.screen->frame_ticks);
}

/* Could a frame of the machine be a picture of the display? */
static bool rates_fit(const struct window *w, uint64_t period)
{
	uint64_t frame = frame_ns(w), apart = frame > period ? frame - period : period - frame;

	return frame && w->set->vsync && w->set->speed == 100 && apart < period / 100;
}

/* Count frames by the display's pictures: false if `passed` was no whole number of them.  What the
 * display says of its rate is only about right, so its period is learnt, within a percent; where
 * the clock still runs away from the pictures, as it does when they do not wait for a display, it
 * has its way. */
static bool owe_pictures(struct window *w, uint64_t passed, double nominal)
{
	double n, error;

	if (w->period < nominal * 0.99 || w->period > nominal * 1.01)
		w->period = nominal;
	n = floor((double)passed / w->period + 0.5);
	error = (double)passed - n * w->period;
	if (n < 1 || fabs(error) > nominal / 8)
		return false;
	w->period += error / n / 64;
	w->drift += error;
	w->owed += (int64_t)n * (int64_t)frame_ns(w);
	if (fabs(w->drift) > 2 * nominal) {
		w->owed += (int64_t)w->drift;
		w->drift = 0;
	}
	return true;
}

/* Guest time that is due after `passed` of the host's. */
static void owe(struct window *w, uint64_t passed)
{
	uint64_t period = video_period(&w->video);
	int times = window_fast(w) ? w->set->fast * 100 : w->set->speed;

	passed = passed < STANDSTILL ? passed : STANDSTILL;
	if (!window_fast(w) && rates_fit(w, period) && owe_pictures(w, passed, (double)period))
		return;
	if (window_fast(w) && !w->set->fast)
		w->owed = (int64_t)SECOND;
	else
		w->owed += (int64_t)(passed * (unsigned)times / 100);
}

/* One step of the machine, as much as is owed at most; false when it made no progress. */
static bool run_step(struct window *w)
{
	struct session *s = w->session;
	uint64_t before = machine_now(s->machine), frame = frame_ns(w);
	uint64_t most = frame ? 2 * frame : (uint64_t)w->owed < PIECE ? (uint64_t)w->owed : PIECE;

	session_step(s, before + session_ticks(s, most));
	w->owed -= (int64_t)session_ns(s, machine_now(s->machine) - before);
	push_state(w);
	return machine_now(s->machine) > before;
}

/* Run what is owed, but no longer than `budget` of the host's time: what a slow machine did not
 * manage by then is forgiven. */
static void run_owed(struct window *w, uint64_t budget)
{
	uint64_t start = host_clock();
	int64_t least = frame_ns(w) ? (int64_t)frame_ns(w) : 1;

	while (w->owed >= least && !w->session->end && run_step(w)) {
		if (host_clock() - start > budget) {
			w->owed = w->owed < least ? w->owed : 0;
			break;
		}
	}
	if (window_fast(w))
		w->owed = 0;
}

static void run_one_frame(struct window *w)
{
	uint64_t frames = w->video.screen->frames;

	w->owed = (int64_t)(frame_ns(w) ? 2 * frame_ns(w) : video_period(&w->video));
	while (w->owed > 0 && !w->session->end && run_step(w) && w->video.screen->frames == frames)
		;
	w->owed = 0;
	w->advance = false;
}

static void emulate(struct window *w)
{
	struct session *s = w->session;
	uint64_t now = host_clock(), passed = now - w->last;

	w->last = now;
	input_flush(&w->input);
	s->stop_at_frame = frame_ns(w) != 0;
	if (window_back(w) && !w->menu.open) {
		step_back(w);
	} else if (window_resting(w) && w->advance) {
		run_one_frame(w);
	} else if (!window_resting(w)) {
		if (w->push_due == UINT64_MAX)
			w->push_due = 0;
		owe(w, passed);
		run_owed(w, video_period(&w->video) * 7 / 8);
		return;
	}
	w->owed = 0;
	session_step(s, machine_now(s->machine)); /* bytes, signals and ends */
}

/* --- over the picture --------------------------------------------------------------------- */

static void write_line(struct window *w, int row, bool right, const char *text)
{
	struct canvas *c = &w->video.canvas;
	int width = (int)strlen(text) * CANVAS_CELL_WIDTH + 5;
	int x = right ? (int)c->width - width - 3 : 3;
	int y = row < 0 ? (int)c->height + row * (CANVAS_CELL_HEIGHT + 4) : 3;

	canvas_fill(c, x, y, width, CANVAS_CELL_HEIGHT + 2, 0xb0101820);
	canvas_text(c, x + 3, y + 2, 0xffffffff, text);
}

static const char *mode_text(const struct window *w)
{
	if (w->menu.open)
		return NULL;
	if (window_back(w))
		return "<< rewind";
	if (window_resting(w))
		return "paused";
	return window_fast(w) ? ">> fast" : NULL;
}

static void measure_speed(struct window *w)
{
	uint64_t clock = host_clock(), ticks = machine_now(w->session->machine);
	uint64_t passed = clock - w->speed_wall;

	if (passed < SECOND)
		return;
	w->speed_percent =
	    (unsigned)(session_ns(w->session, ticks - w->speed_ticks) * 100 / passed);
	w->speed_wall = clock;
	w->speed_ticks = ticks;
}

/* Returns whether anything was drawn. */
static bool draw_over(struct window *w)
{
	const char *mode = mode_text(w);
	char speed[40];
	bool message = w->message[0] && host_clock() < w->message_until;

	if (!video_begin(&w->video) || (!w->menu.open && !mode && !message && !w->set->show_speed))
		return false;
	if (w->menu.open)
		menu_draw(&w->menu, &w->video.canvas);
	if (mode)
		write_line(w, 0, false, mode);
	if (w->set->show_speed) {
		snprintf(speed, sizeof(speed), "%u%%", w->speed_percent);
		write_line(w, 0, true, speed);
	}
	if (message)
		write_line(w, -1, false, w->message);
	return true;
}

/* --- events ------------------------------------------------------------------------------- */

static void pad_event(struct window *w, const SDL_Event *e)
{
	enum menu_key key;
	char name[80];

	if (w->menu.open && pads_menu_key(e, &key)) {
		window_menu_key(w, key);
		return;
	}
	switch (pads_event(&w->input, e, w->set->swap_ab != 0, name, sizeof(name))) {
	case PAD_ARRIVED: window_say(w, "Gamepad: %s", name); break;
	case PAD_GONE:
		/* Whoever played has nothing to play with. */
		w->paused |= w->input.buttons != NULL;
		window_say(w, "The gamepad is gone");
		break;
	case PAD_MENU: window_do(w, ACTION_MENU); break;
	case PAD_NOTHING: break;
	}
}

static void window_event(struct window *w, const SDL_WindowEvent *e)
{
	w->video.stale = true;
	if (e->event == SDL_WINDOWEVENT_FOCUS_LOST) {
		w->focused = false;
		w->fast_key = w->back_key = SDL_SCANCODE_UNKNOWN;
		input_release(&w->input);
	} else if (e->event == SDL_WINDOWEVENT_FOCUS_GAINED) {
		w->focused = true;
	}
}

static void drop(struct window *w, char *file)
{
	struct window_config *c = w->config;
	char why[300];

	if (c->droppable && !c->droppable(file, why, sizeof(why))) {
		window_say(w, "%s", why);
	} else {
		free(c->dropped);
		c->dropped = strdup(file);
		if (c->dropped)
			w->session->end = END_QUIT;
	}
	SDL_free(file);
}

static void event(struct window *w, const SDL_Event *e)
{
	switch (e->type) {
	case SDL_QUIT: w->session->end = END_QUIT; break;
	case SDL_WINDOWEVENT: window_event(w, &e->window); break;
	case SDL_KEYDOWN:
	case SDL_KEYUP: window_key(w, &e->key); break;
	case SDL_MOUSEMOTION:
	case SDL_MOUSEBUTTONDOWN:
	case SDL_MOUSEBUTTONUP:
	case SDL_MOUSEWHEEL:
		if (!window_resting(w) || e->type == SDL_MOUSEBUTTONUP)
			input_mouse(&w->input, &w->video, e);
		break;
	case SDL_DROPFILE: drop(w, e->drop.file); break;
	case SDL_AUDIODEVICEADDED:
	case SDL_AUDIODEVICEREMOVED: sound_event(&w->sound, e); break;
	case SDL_CONTROLLERDEVICEADDED:
	case SDL_CONTROLLERDEVICEREMOVED:
	case SDL_CONTROLLERAXISMOTION:
	case SDL_CONTROLLERBUTTONDOWN:
	case SDL_CONTROLLERBUTTONUP: pad_event(w, e); break;
	default: break;
	}
}

static void take_events(struct window *w)
{
	SDL_Event e;

	if (window_resting(w) && !window_back(w) && SDL_WaitEventTimeout(&e, REST_MS))
		event(w, &e);
	while (SDL_PollEvent(&e))
		event(w, &e);
}

/* --- the loop ----------------------------------------------------------------------------- */

static void sleep_until(uint64_t clock)
{
	uint64_t now = host_clock();
	struct timespec t = {0};

	if (clock <= now)
		return;
	t.tv_sec = (time_t)((clock - now) / SECOND);
	t.tv_nsec = (long)((clock - now) % SECOND);
	nanosleep(&t, NULL);
}

/* Until the next frame is due; what has waited for the display has waited already. */
static void rest(struct window *w, bool shown)
{
	uint64_t period = video_period(&w->video), due = w->last + period;
	int64_t left = (int64_t)frame_ns(w) - w->owed;

	if (shown && w->set->vsync && host_clock() - w->last > period / 2)
		return;
	if (window_fast(w) && !window_resting(w))
		return;
	if (frame_ns(w) && left > 0 && (uint64_t)left < 2 * period)
		due = w->last + (uint64_t)left * 100 / (unsigned)w->set->speed;
	sleep_until(due);
}

static void greet(struct window *w)
{
	if (w->sound.problem[0])
		window_say(w, "%s", w->sound.problem);
	else if (w->ui_keys)
		window_say(w, "Esc: menu");
	else
		window_say(
		    w, "Keys go to the machine. Ctrl+Alt+M: menu, ScrollLock: keys of the window");
}

static void loop(struct window *w)
{
	bool silent, shown;

	w->last = w->speed_wall = host_clock();
	w->speed_ticks = machine_now(w->session->machine);
	while (!w->session->end) {
		take_events(w);
		emulate(w);
		silent = window_resting(w) || window_fast(w) || window_back(w);
		sound_feed(&w->sound, w->set, silent);
		measure_speed(w);
		shown = video_show(&w->video, draw_over(w), w->set);
		if (!w->session->end)
			rest(w, shown);
	}
}

static bool open_window(struct window *w, char *why, size_t size)
{
	struct machine *m = w->session->machine;

	SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1"); /* signals are the session's */
	if (SDL_Init(SDL_INIT_VIDEO)) {
		snprintf(why, size, "%s", SDL_GetError());
		return false;
	}
	if (!video_open(&w->video, w->config->title, m->screens[0], w->set, why, size)) {
		SDL_Quit();
		return false;
	}
	input_open(&w->input, m);
	pads_open();
	sound_open(&w->sound, m->audio_count ? m->audio[0] : NULL);
	if (w->sound.problem[0])
		fprintf(stderr, "myna: warning: %s\n", w->sound.problem);
	w->ui_keys = !w->input.keys;
	w->focused = true;
	w->slot = 1;
	w->fast_toggled = w->config->fast;
	w->keys = w->set->keys;
	w->rewind_off = w->config->slots.reason != NULL;
	w->menu.settings = w->set;
	w->menu.bindings = &w->config->bindings;
	w->menu.slots = &w->config->slots;
	return true;
}

static void close_window(struct window *w)
{
	rewind_free(w->rewind);
	menu_free(&w->menu);
	sound_close(&w->sound);
	input_close(&w->input);
	video_close(&w->video);
	SDL_Quit();
}

bool sdl_window_run(struct window_config *config, char *why, size_t size)
{
	static struct window window; /* there is one; it is large */
	struct window *w = &window;

	*w =
	    (struct window){.config = config, .session = config->session, .set = &config->settings};
	if (!open_window(w, why, size))
		return false;
	greet(w);
	w->session->input_open = true;
	session_begin(w->session);
	loop(w);
	session_finish(w->session);
	close_window(w);
	return true;
}
