/* What the window writes over the picture: text, boxes and small pictures in an image of its own,
 * which is blended over the machine's.  It never becomes part of a screenshot. */
#ifndef MYNA_FRONTEND_CANVAS_H
#define MYNA_FRONTEND_CANVAS_H

#include <stdbool.h>
#include <stdint.h>

struct picture;

#define CANVAS_CELL_WIDTH  6 /* of a letter, with the gap */
#define CANVAS_CELL_HEIGHT 9

struct canvas {
	unsigned width, height;
	uint32_t *pixels; /* 0xaarrggbb; malloc'ed */
};

/* False when out of memory.  The contents are lost. */
bool canvas_resize(struct canvas *c, unsigned width, unsigned height);
void canvas_free(struct canvas *c);
void canvas_clear(struct canvas *c);

/* All of these clip. */
void canvas_fill(struct canvas *c, int x, int y, int width, int height, uint32_t colour);
/* One line; characters outside of ASCII show as a box. */
void canvas_text(struct canvas *c, int x, int y, uint32_t colour, const char *text);
/* Scaled to the box, keeping its shape. */
void canvas_picture(struct canvas *c, int x, int y, int width, int height, const struct picture *p);

#endif
