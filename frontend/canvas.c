/* What the window writes over the picture. */
#include "frontend/canvas.h"

#include <stdlib.h>
#include <string.h>

#include "frontend/picture.h"

#define FIRST ' '
#define LAST  '~'

static const uint8_t font[][7] = {
#define GLYPH(character, ...) [character - FIRST] = {__VA_ARGS__},
#include "frontend/font.def"
};
static const uint8_t unknown[7] = {0x1f, 0x11, 0x11, 0x11, 0x11, 0x11, 0x1f};

bool canvas_resize(struct canvas *c, unsigned width, unsigned height)
{
	uint32_t *pixels = calloc((size_t)width * height + 1, sizeof(*pixels));

	if (!pixels)
		return false;
	free(c->pixels);
	*c = (struct canvas){width, height, pixels};
	return true;
}

void canvas_free(struct canvas *c)
{
	free(c->pixels);
	*c = (struct canvas){0};
}

void canvas_clear(struct canvas *c)
{
	memset(c->pixels, 0, (size_t)c->width * c->height * sizeof(c->pixels[0]));
}

static void dot(struct canvas *c, int x, int y, uint32_t colour)
{
	if (x >= 0 && y >= 0 && x < (int)c->width && y < (int)c->height)
		c->pixels[(size_t)y * c->width + (unsigned)x] = colour;
}

void canvas_fill(struct canvas *c, int x, int y, int width, int height, uint32_t colour)
{
	for (int j = y; j < y + height; j++) {
		for (int i = x; i < x + width; i++)
			dot(c, i, j, colour);
	}
}

static void draw_glyph(struct canvas *c, int x, int y, uint32_t colour, const uint8_t *rows)
{
	for (int j = 0; j < 7; j++) {
		for (int i = 0; i < 5; i++) {
			if (rows[j] & 0x10 >> i)
				dot(c, x + i, y + j, colour);
		}
	}
}

void canvas_text(struct canvas *c, int x, int y, uint32_t colour, const char *text)
{
	for (; *text; text++, x += CANVAS_CELL_WIDTH) {
		bool known = *text >= FIRST && *text <= LAST;

		draw_glyph(c, x, y, colour, known ? font[*text - FIRST] : unknown);
	}
}

/* The mean of a rectangle of the picture, at least one pixel of it. */
static uint32_t mean(const struct picture *p, size_t x0, size_t y0, size_t x1, size_t y1)
{
	uint32_t sum[3] = {0}, n = 0;

	x1 = x1 > x0 ? x1 : x0 + 1;
	y1 = y1 > y0 ? y1 : y0 + 1;
	for (size_t y = y0; y < y1; y++) {
		for (size_t x = x0; x < x1; x++, n++) {
			uint32_t pixel = p->pixels[y * p->width + x];

			for (unsigned i = 0; i < 3; i++)
				sum[i] += pixel >> 8 * i & 0xff;
		}
	}
	return 0xff000000 | sum[2] / n << 16 | sum[1] / n << 8 | sum[0] / n;
}

void canvas_picture(struct canvas *c, int x, int y, int width, int height, const struct picture *p)
{
	int w = width, h = height;

	if (!p->width || !p->height || width <= 0 || height <= 0)
		return;
	if ((int64_t)p->width * height > (int64_t)p->height * width)
		h = (int)((int64_t)p->height * width / p->width);
	else
		w = (int)((int64_t)p->width * height / p->height);
	x += (width - w) / 2;
	y += (height - h) / 2;
	for (int j = 0; j < h; j++) {
		for (int i = 0; i < w; i++) {
			size_t sx = p->width, sy = p->height, di = (size_t)i, dj = (size_t)j;

			dot(c, x + i, y + j,
			    mean(p, di * sx / (size_t)w, dj * sy / (size_t)h,
				(di + 1) * sx / (size_t)w, (dj + 1) * sy / (size_t)h));
		}
	}
}
