/* The machine's screen in a window, and the canvas over it. */
#include "frontend/sdl.h"

#include <stdlib.h>
#include <string.h>

/* The canvas has about this many dots, each several of the window's. */
#define CANVAS_WIDTH  320
#define CANVAS_HEIGHT 200

static int smaller(int a, int b)
{
	return a < b ? a : b;
}

/* The first size of the window: a whole multiple that leaves room for the desktop. */
static int first_scale(const struct screen *s, int wanted)
{
	SDL_Rect room;
	int scale;

	if (wanted > 0)
		return wanted;
	if (SDL_GetDisplayUsableBounds(0, &room))
		return 1;
	scale = smaller(room.w * 4 / 5 / (int)s->width, room.h * 4 / 5 / (int)s->height);
	return scale < 1 ? 1 : scale;
}

static bool make_picture(struct video *v, int smooth)
{
	SDL_SetHint(SDL_HINT_RENDER_SCALE_QUALITY, smooth ? "linear" : "nearest");
	if (v->picture)
		SDL_DestroyTexture(v->picture);
	v->picture = SDL_CreateTexture(v->renderer, SDL_PIXELFORMAT_ARGB8888,
	    SDL_TEXTUREACCESS_STREAMING, (int)v->screen->width, (int)v->screen->height);
	SDL_SetHint(SDL_HINT_RENDER_SCALE_QUALITY, "nearest");
	v->smooth = smooth;
	v->stale = true;
	if (v->picture)
		SDL_UpdateTexture(v->picture, NULL, v->pixels, (int)v->screen->width * 4);
	return v->picture != NULL;
}

bool video_open(struct video *v, const char *title, struct screen *screen, const struct settings *s,
    char *why, size_t size)
{
	int scale = first_scale(screen, s->scale);
	Uint32 flags = SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI;

	v->screen = screen;
	v->scale = s->scale;
	v->pixels = calloc((size_t)screen->width * screen->height, sizeof(v->pixels[0]));
	v->line = calloc(screen->width, sizeof(v->line[0]));
	if (s->fullscreen)
		flags |= SDL_WINDOW_FULLSCREEN_DESKTOP;
	v->window = SDL_CreateWindow(title, SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED,
	    (int)screen->width * scale, (int)screen->height * scale, flags);
	if (v->window)
		v->renderer = SDL_CreateRenderer(v->window, -1, 0);
	if (v->window && !v->renderer)
		v->renderer = SDL_CreateRenderer(v->window, -1, SDL_RENDERER_SOFTWARE);
	if (v->renderer && v->pixels && v->line && make_picture(v, s->smooth)) {
		SDL_RenderSetVSync(v->renderer, s->vsync);
		return true;
	}
	SDL_strlcpy(why, v->pixels && v->line ? SDL_GetError() : "out of memory", size);
	video_close(v);
	return false;
}

void video_close(struct video *v)
{
	if (v->overlay)
		SDL_DestroyTexture(v->overlay);
	if (v->picture)
		SDL_DestroyTexture(v->picture);
	if (v->renderer)
		SDL_DestroyRenderer(v->renderer);
	if (v->window)
		SDL_DestroyWindow(v->window);
	canvas_free(&v->canvas);
	free(v->pixels);
	free(v->line);
	*v = (struct video){0};
}

void video_apply(struct video *v, const struct settings *s)
{
	bool full = SDL_GetWindowFlags(v->window) & SDL_WINDOW_FULLSCREEN_DESKTOP;

	if (full != (s->fullscreen != 0))
		SDL_SetWindowFullscreen(
		    v->window, s->fullscreen ? SDL_WINDOW_FULLSCREEN_DESKTOP : 0);
	if (v->smooth != s->smooth)
		make_picture(v, s->smooth);
	SDL_RenderSetVSync(v->renderer, s->vsync);
	if (!s->fullscreen && s->scale && s->scale != v->scale)
		SDL_SetWindowSize(
		    v->window, (int)v->screen->width * s->scale, (int)v->screen->height * s->scale);
	v->scale = s->scale;
	v->stale = true;
}

uint64_t video_period(const struct video *v)
{
	SDL_DisplayMode mode;
	int display = SDL_GetWindowDisplayIndex(v->window);
	int hz = 60;

	if (display >= 0 && !SDL_GetCurrentDisplayMode(display, &mode) && mode.refresh_rate > 0)
		hz = mode.refresh_rate;
	return UINT64_C(1000000000) / (unsigned)hz;
}

/* Where the picture goes. */
static void place(struct video *v, const struct settings *s)
{
	enum { WHOLE, ASPECT, STRETCH };
	int w = (int)v->screen->width, h = (int)v->screen->height;
	int times = smaller(v->width / w, v->height / h);
	SDL_Rect old = v->place;

	v->place = (SDL_Rect){0, 0, v->width, v->height};
	if (s->fit == WHOLE && times >= 1)
		v->place = (SDL_Rect){0, 0, w * times, h * times};
	else if (s->fit != STRETCH && (int64_t)v->width * h > (int64_t)v->height * w)
		v->place.w = (int)((int64_t)v->height * w / h);
	else if (s->fit != STRETCH)
		v->place.h = (int)((int64_t)v->width * h / w);
	v->place.x = (v->width - v->place.w) / 2;
	v->place.y = (v->height - v->place.h) / 2;
	v->stale |= memcmp(&old, &v->place, sizeof(old)) != 0;
}

/* Bring the texture up to date; true if anything was different. */
static bool fetch(struct video *v)
{
	size_t width = v->screen->width;
	unsigned first = UINT32_MAX, last = 0;
	SDL_Rect part;

	screen_refresh(v->screen);
	for (unsigned y = 0; y < v->screen->height; y++) {
		uint32_t *old = v->pixels + y * width;

		screen_line(v->screen, y, v->line);
		if (!memcmp(old, v->line, width * sizeof(*old)))
			continue;
		memcpy(old, v->line, width * sizeof(*old));
		first = y < first ? y : first;
		last = y;
	}
	if (first == UINT32_MAX)
		return false;
	part = (SDL_Rect){0, (int)first, (int)width, (int)(last - first) + 1};
	SDL_UpdateTexture(v->picture, &part, v->pixels + first * width, (int)width * 4);
	return true;
}

bool video_begin(struct video *v)
{
	int w = 0, h = 0, dot;

	SDL_GetRendererOutputSize(v->renderer, &w, &h);
	if (w != v->width || h != v->height)
		v->stale = true;
	v->width = w;
	v->height = h;
	dot = smaller(w / CANVAS_WIDTH, h / CANVAS_HEIGHT);
	dot = dot < 1 ? 1 : dot;
	w = w / dot > 1 ? w / dot : 1;
	h = h / dot > 1 ? h / dot : 1;
	if ((unsigned)w == v->canvas.width && (unsigned)h == v->canvas.height) {
		canvas_clear(&v->canvas);
		return v->overlay != NULL;
	}
	if (v->overlay)
		SDL_DestroyTexture(v->overlay);
	v->overlay = NULL;
	if (!canvas_resize(&v->canvas, (unsigned)w, (unsigned)h))
		return false;
	v->overlay = SDL_CreateTexture(
	    v->renderer, SDL_PIXELFORMAT_ARGB8888, SDL_TEXTUREACCESS_STREAMING, w, h);
	if (v->overlay)
		SDL_SetTextureBlendMode(v->overlay, SDL_BLENDMODE_BLEND);
	return v->overlay != NULL;
}

bool video_show(struct video *v, bool drawn_over, const struct settings *s)
{
	bool changed = fetch(v);

	place(v, s);
	if (!changed && !v->stale && !drawn_over && !v->was_drawn_over)
		return false;
	SDL_SetRenderDrawColor(v->renderer, 0, 0, 0, 255);
	SDL_RenderClear(v->renderer);
	SDL_RenderCopy(v->renderer, v->picture, NULL, &v->place);
	if (drawn_over) {
		SDL_UpdateTexture(v->overlay, NULL, v->canvas.pixels, (int)v->canvas.width * 4);
		SDL_RenderCopy(v->renderer, v->overlay, NULL, NULL);
	}
	SDL_RenderPresent(v->renderer);
	v->was_drawn_over = drawn_over;
	v->stale = false;
	return true;
}

static int32_t along(int at, int start, int length)
{
	int64_t to = length > 1 ? (int64_t)(at - start) * INPUT_POINTER_MAX / (length - 1) : 0;

	return (int32_t)(to < 0 ? 0 : to > INPUT_POINTER_MAX ? INPUT_POINTER_MAX : to);
}

void video_point(const struct video *v, int x, int y, int32_t *to_x, int32_t *to_y)
{
	int w = 1, h = 1;

	/* Events count in the desktop's units, pictures in pixels. */
	SDL_GetWindowSize(v->window, &w, &h);
	*to_x = along(x * v->width / (w ? w : 1), v->place.x, v->place.w);
	*to_y = along(y * v->height / (h ? h : 1), v->place.y, v->place.h);
}
