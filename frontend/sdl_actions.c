/* What the window's keys do. */
#include "frontend/sdl.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "frontend/directories.h"
#include "frontend/picture.h"
#include "frontend/rewind.h"

static void take_screenshot(struct window *w)
{
	time_t now = time(NULL);
	char stamp[40] = "", why[200] = "out of memory";
	struct tm tm;
	struct picture p = {0};
	char *path;
	static unsigned number;

	if (localtime_r(&now, &tm))
		strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &tm);
	path = directory_file(DIRECTORY_STATE, "screenshots/%s-%s-%u.png",
	    w->session->machine->name, stamp, number++);
	if (path && directory_make_for(path) && picture_take(&p, w->video.screen) &&
	    picture_write(&p, path, why, sizeof(why)))
		window_say(w, "Screenshot: %s", path);
	else
		window_say(w, "Screenshot: %s", why);
	picture_free(&p);
	free(path);
}

static void save(struct window *w, unsigned slot)
{
	char why[300];

	w->slot = slot;
	if (slots_save(&w->config->slots, slot, w->session->machine, why, sizeof(why)))
		window_say(w, "Saved to slot %u", slot);
	else
		window_say(w, "%s", why);
}

static void load(struct window *w, unsigned slot)
{
	struct machine *m = w->session->machine;
	uint64_t tick = machine_now(m), instructions = machine_instructions(m);
	char why[300];

	w->slot = slot;
	if (slots_load(&w->config->slots, slot, m, why, sizeof(why)))
		window_say(w, "Loaded slot %u", slot);
	else
		window_say(w, "%s", why);
	window_jumped(w, tick, instructions);
}

static void toggle(struct window *w, int *setting, const char *what)
{
	*setting = !*setting;
	window_say(w, "%s %s", what, *setting ? "on" : "off");
	window_apply(w);
}

static void toggle_menu(struct window *w)
{
	if (!w->menu.open) {
		input_release(&w->input);
		menu_open(&w->menu);
		return;
	}
	menu_close(&w->menu);
	window_apply(w);
}

static void toggle_ui_keys(struct window *w)
{
	w->ui_keys = !w->ui_keys;
	input_release(&w->input);
	window_say(w, w->ui_keys ? "Keys go to the window; ScrollLock: to the machine"
				 : "Keys go to the machine; ScrollLock: to the window");
}

static void toggle_grab(struct window *w)
{
	w->grabbed = !w->grabbed;
	SDL_SetWindowKeyboardGrab(w->video.window, w->grabbed ? SDL_TRUE : SDL_FALSE);
	window_say(w, w->grabbed ? "The window has all keys; Ctrl+Alt+G lets go" : "Keys let go");
}

static void advance(struct window *w)
{
	w->advance = w->paused;
	if (!w->paused)
		window_do(w, ACTION_PAUSE);
}

static void press_power_key(struct window *w)
{
	struct machine *m = w->session->machine;

	if (m->power_key)
		m->power_key(m);
	window_say(w, m->power_key ? "Power key pressed" : "This machine has no power key");
}

static void choose_slot(struct window *w, int direction)
{
	w->slot = (w->slot - 1 + SLOTS + (unsigned)direction) % SLOTS + 1;
	window_say(w, "Slot %u", w->slot);
}

void window_do(struct window *w, enum action a)
{
	if (a >= ACTION_SAVE_1 && a <= ACTION_SAVE_8) {
		save(w, a - ACTION_SAVE_1 + 1);
		return;
	}
	if (a >= ACTION_LOAD_1 && a <= ACTION_LOAD_8) {
		load(w, a - ACTION_LOAD_1 + 1);
		return;
	}
	switch (a) {
	case ACTION_MENU: toggle_menu(w); break;
	case ACTION_PAUSE:
		w->paused = !w->paused;
		if (!w->paused)
			window_say(w, "Goes on");
		break;
	case ACTION_ADVANCE: advance(w); break;
	case ACTION_FAST_TOGGLE: w->fast_toggled = !w->fast_toggled; break;
	case ACTION_RESET:
		machine_reset(w->session->machine);
		w->paused = false;
		window_say(w, "Reset");
		break;
	case ACTION_POWER: press_power_key(w); break;
	case ACTION_SCREENSHOT: take_screenshot(w); break;
	case ACTION_FULLSCREEN: toggle(w, &w->set->fullscreen, "Full screen"); break;
	case ACTION_QUIT: w->session->end = END_QUIT; break;
	case ACTION_UI_KEYS: toggle_ui_keys(w); break;
	case ACTION_GRAB: toggle_grab(w); break;
	case ACTION_SPEED: toggle(w, &w->set->show_speed, "Speed"); break;
	case ACTION_MUTE: toggle(w, &w->set->sound, "Sound"); break;
	case ACTION_SLOT_BACK: choose_slot(w, -1); break;
	case ACTION_SLOT_NEXT: choose_slot(w, 1); break;
	case ACTION_SAVE: save(w, w->slot); break;
	case ACTION_LOAD: load(w, w->slot); break;
	default: break;
	}
}

void window_menu_key(struct window *w, enum menu_key key)
{
	enum action a = menu_press(&w->menu, key);

	if (w->menu.changed)
		window_apply(w);
	if (a != ACTION_NONE)
		window_do(w, a);
	if (!w->menu.open)
		window_apply(w);
}

static bool menu_key_of(SDL_Keycode code, enum menu_key *key)
{
	switch (code) {
	case SDLK_UP: *key = MENU_UP; return true;
	case SDLK_DOWN: *key = MENU_DOWN; return true;
	case SDLK_LEFT: *key = MENU_LEFT; return true;
	case SDLK_RIGHT: *key = MENU_RIGHT; return true;
	case SDLK_RETURN:
	case SDLK_KP_ENTER:
	case SDLK_SPACE: *key = MENU_ENTER; return true;
	case SDLK_ESCAPE:
	case SDLK_BACKSPACE: *key = MENU_BACK; return true;
	default: return false;
	}
}

static unsigned modifiers_of(Uint16 mod)
{
	return (mod & KMOD_SHIFT ? CHORD_SHIFT : 0u) | (mod & KMOD_CTRL ? CHORD_CTRL : 0u) |
	       (mod & KMOD_ALT ? CHORD_ALT : 0u);
}

/* Keys whose effect lasts while they are down. */
static bool hold(struct window *w, enum action a, SDL_Scancode code)
{
	if (a == ACTION_FAST)
		w->fast_key = code;
	else if (a == ACTION_REWIND)
		w->back_key = code;
	return a == ACTION_FAST || a == ACTION_REWIND;
}

/* Is the action's key ours rather than the machine's? */
static bool is_ours(const struct window *w, enum action a, unsigned modifiers)
{
	return a != ACTION_NONE &&
	       (w->ui_keys || a == ACTION_UI_KEYS || modifiers == (CHORD_CTRL | CHORD_ALT));
}

static void key_down(struct window *w, const SDL_KeyboardEvent *e)
{
	const char *name = SDL_GetKeyName(e->keysym.sym);
	unsigned modifiers = modifiers_of(e->keysym.mod);
	enum action a = bindings_action(&w->config->bindings, name, modifiers);
	enum menu_key key;
	int button;

	if (w->menu.open && !(modifiers & ~(unsigned)CHORD_SHIFT) &&
	    menu_key_of(e->keysym.sym, &key)) {
		window_menu_key(w, key);
		return;
	}
	if (e->repeat && a != ACTION_ADVANCE)
		return;
	if (is_ours(w, a, modifiers)) {
		if (!hold(w, a, e->keysym.scancode))
			window_do(w, a);
		return;
	}
	if (w->menu.open)
		return;
	button = bindings_button(&w->config->bindings, name);
	if (button >= 0)
		input_button(&w->input, 0, button, true);
	if (!w->ui_keys)
		input_key(&w->input, e->keysym.scancode, true);
}

void window_key(struct window *w, const SDL_KeyboardEvent *e)
{
	int button;

	if (e->type == SDL_KEYDOWN) {
		key_down(w, e);
		return;
	}
	if (e->keysym.scancode == w->fast_key)
		w->fast_key = SDL_SCANCODE_UNKNOWN;
	if (e->keysym.scancode == w->back_key)
		w->back_key = SDL_SCANCODE_UNKNOWN;
	button = bindings_button(&w->config->bindings, SDL_GetKeyName(e->keysym.sym));
	if (button >= 0)
		input_button(&w->input, 0, button, false);
	input_key(&w->input, e->keysym.scancode, false);
}
