/* A picture of a screen, and pictures as PNG files.
 *
 * A picture holds exactly the machine's pixels: no scaling, no aspect, nothing a window shows.
 */
#ifndef MYNA_FRONTEND_PICTURE_H
#define MYNA_FRONTEND_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct screen;

struct picture {
	unsigned width, height;
	uint32_t *pixels; /* 0xffrrggbb, line after line; malloc'ed */
};

/* No picture is larger. */
#define PICTURE_SIDE_MAX 8192

/* What the screen shows now.  False: out of memory. */
bool picture_take(struct picture *p, struct screen *s);
void picture_free(struct picture *p);

/* The file appears whole under its name or not at all.  False with the host's reason. */
bool picture_write(const struct picture *p, const char *path, char *why, size_t size);
/* Read what picture_write() wrote, or any other PNG of a sensible size. */
bool picture_read(struct picture *p, const char *path, char *why, size_t size);

#endif
