/* The SDL window, in parts: picture, sound, keyboard and mouse, gamepads, and what ties them
 * together. */
#ifndef MYNA_FRONTEND_SDL_H
#define MYNA_FRONTEND_SDL_H

#include <SDL2/SDL.h>
#include <stdbool.h>
#include <stdint.h>

#include "frontend/menu.h"
#include "frontend/resample.h"
#include "frontend/window.h"
#include "machine/machine.h"

struct rewind;

/* The module's entry. */
window_run_fn sdl_window_run;

/* --- sdl_video.c: the machine's screen in a window, and the canvas over it --- */

struct video {
	SDL_Window *window;
	SDL_Renderer *renderer;
	SDL_Texture *picture, *overlay;
	struct screen *screen;
	uint32_t *pixels; /* what the texture shows */
	uint32_t *line;
	struct canvas canvas;
	SDL_Rect place;    /* of the picture, in pixels of the window */
	int width, height; /* of the window, in pixels */
	int smooth, scale; /* as last applied */
	bool stale;        /* something but the picture has changed */
	bool was_drawn_over;
};

bool video_open(struct video *v, const char *title, struct screen *screen, const struct settings *s,
    char *why, size_t size);
void video_close(struct video *v);
/* Take over what was set. */
void video_apply(struct video *v, const struct settings *s);
/* Clear the canvas, in a size that fits the window; false when there is none. */
bool video_begin(struct video *v);
/* Show picture and, if it was drawn on, canvas.  Returns false when nothing has changed and nothing
 * was done. */
bool video_show(struct video *v, bool drawn_over, const struct settings *s);
/* Nanoseconds between two pictures of the display. */
uint64_t video_period(const struct video *v);
/* From a place in the window to one on the screen, 0..INPUT_POINTER_MAX; clipped. */
void video_point(const struct video *v, int x, int y, int32_t *to_x, int32_t *to_y);

/* --- sdl_sound.c: the machine's sound --- */

struct sound {
	SDL_AudioDeviceID device; /* 0: none */
	SDL_AudioSpec spec;
	struct audio *audio; /* NULL: the machine has none */
	uint64_t position;
	struct resample resample;
	char problem[160]; /* why there is no sound, for the user; "" if all is well */
};

void sound_open(struct sound *s, struct audio *audio);
void sound_close(struct sound *s);
/* Take what the machine has made since the last call; play it unless `silent`. */
void sound_feed(struct sound *s, const struct settings *set, bool silent);
void sound_event(struct sound *s, const SDL_Event *e);

/* --- sdl_input.c: keyboard, mouse and gamepads, to the machine --- */

#define INPUT_SOURCES 5 /* the keyboard and gamepads */
#define INPUT_PENDING 256

struct pad {
	SDL_GameController *controller;
	SDL_JoystickID id;
	bool fast, back; /* triggers are held */
};

struct input {
	struct machine *machine;
	struct input_queue *keys, *pointer, *buttons; /* NULL: the machine has none */
	uint8_t down[768 / 8];                        /* keys of the guest that are down */
	uint32_t held[INPUT_SOURCES];                 /* buttons, bit per enum pad_button */
	uint32_t sent;                                /* buttons the machine knows to be held */
	struct pad pads[INPUT_SOURCES - 1];
	/* Events that found a queue full. */
	struct {
		struct input_queue *queue;
		struct input_event event;
	} pending[INPUT_PENDING];
	unsigned pending_count;
};

void input_open(struct input *in, struct machine *m);
void input_close(struct input *in);
/* Put what had to wait. */
void input_flush(struct input *in);
/* A key of the keyboard, by its place. */
void input_key(struct input *in, SDL_Scancode code, bool pressed);
void input_button(struct input *in, unsigned source, int button, bool pressed);
void input_mouse(struct input *in, const struct video *v, const SDL_Event *e);
/* Let go of everything. */
void input_release(struct input *in);
/* The machine has jumped to another state: tell it which buttons are held. */
void input_tell(struct input *in);

/* --- sdl_pads.c: gamepads, plugged in at any time --- */

enum pad_news { PAD_NOTHING, PAD_ARRIVED, PAD_GONE, PAD_MENU };
void pads_open(void);
/* `name` becomes the pad's for the first two kinds of news. */
enum pad_news pads_event(
    struct input *in, const SDL_Event *e, bool swap_ab, char *name, size_t size);
bool pads_fast(const struct input *in);
bool pads_back(const struct input *in);
/* What a button of a pad means in the menu; false: nothing. */
bool pads_menu_key(const SDL_Event *e, enum menu_key *key);

/* --- sdl_window.c: the loop; sdl_actions.c: what keys do --- */

struct window {
	struct window_config *config;
	struct session *session;
	struct settings *set;
	struct video video;
	struct sound sound;
	struct input input;
	struct menu menu;
	struct rewind *rewind;
	bool paused, advance, fast_toggled, ui_keys, focused, grabbed;
	SDL_Scancode fast_key, back_key; /* held; SDL_SCANCODE_UNKNOWN: none */
	unsigned slot;                   /* of the keys without a number, 1 to 8 */
	/* Pacing. */
	uint64_t last; /* host clock at the last look */
	int64_t owed;  /* nanoseconds of guest time that should have passed */
	double period; /* of the display as it was learnt, nanoseconds */
	double drift;  /* of the clock against its pictures, nanoseconds */
	/* Rewind. */
	uint64_t push_due;   /* guest time of the next state, in ticks */
	uint64_t push_cost;  /* nanoseconds the last one took */
	uint64_t push_clock; /* host clock when it was done */
	uint64_t back_due;   /* host clock of the next step back */
	bool rewind_off;     /* it was refused; said once */
	int rewind_memory;   /* as it was made, MiB */
	int keys;            /* the preset in force */
	/* Speed over the last second. */
	uint64_t speed_wall, speed_ticks;
	unsigned speed_percent;
	/* Over the picture. */
	char message[200];
	uint64_t message_until; /* host clock */
};

void window_say(struct window *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool window_fast(const struct window *w);
bool window_back(const struct window *w);
/* Is the machine at rest? */
bool window_resting(const struct window *w);
/* The machine's time has jumped, to a loaded state. */
void window_jumped(struct window *w, uint64_t tick, uint64_t instructions);

void window_do(struct window *w, enum action a);
void window_key(struct window *w, const SDL_KeyboardEvent *e);
void window_apply(struct window *w);
void window_menu_key(struct window *w, enum menu_key key);

#endif
