/* Pictures as PNG files, through libpng's simplified interface. */
#include "frontend/picture.h"

#include <errno.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "frontend/replace.h"
#include "machine/endpoint.h"

bool picture_take(struct picture *p, struct screen *s)
{
	p->width = s->width;
	p->height = s->height;
	p->pixels = malloc((size_t)p->width * p->height * sizeof(p->pixels[0]));
	if (!p->pixels)
		return false;
	screen_refresh(s);
	for (unsigned y = 0; y < p->height; y++)
		screen_line(s, y, p->pixels + (size_t)y * p->width);
	return true;
}

void picture_free(struct picture *p)
{
	free(p->pixels);
	*p = (struct picture){0};
}

static bool write_png(void *owner, int fd, char *why, size_t size)
{
	const struct picture *p = owner;
	png_image image = {
	    .version = PNG_IMAGE_VERSION,
	    .width = p->width,
	    .height = p->height,
	    .format = PNG_FORMAT_RGB,
	};
	size_t count = (size_t)p->width * p->height;
	uint8_t *rgb = malloc(count * 3);
	int copy = dup(fd);
	FILE *out = copy < 0 ? NULL : fdopen(copy, "wb");
	bool good = false;

	for (size_t i = 0; rgb && i < count; i++) {
		rgb[3 * i] = (uint8_t)(p->pixels[i] >> 16);
		rgb[3 * i + 1] = (uint8_t)(p->pixels[i] >> 8);
		rgb[3 * i + 2] = (uint8_t)p->pixels[i];
	}
	if (rgb && out) {
		good = png_image_write_to_stdio(&image, out, 0, rgb, 0, NULL) && !fflush(out);
		if (!good)
			snprintf(why, size, "%s", errno ? strerror(errno) : image.message);
	} else {
		snprintf(why, size, "%s", strerror(rgb ? errno : ENOMEM));
	}
	if (out)
		good = !fclose(out) && good;
	free(rgb);
	return good;
}

bool picture_write(const struct picture *p, const char *path, char *why, size_t size)
{
	struct picture copy = *p;

	return replace_file(path, write_png, &copy, why, size);
}

static bool read_pixels(struct picture *p, png_image *image, char *why, size_t size)
{
	if (image->width > PICTURE_SIDE_MAX || image->height > PICTURE_SIDE_MAX) {
		snprintf(why, size, "larger than %u x %u", PICTURE_SIDE_MAX, PICTURE_SIDE_MAX);
		return false;
	}
	image->format = PNG_FORMAT_BGRA; /* as bytes; words 0xaarrggbb */
	p->width = image->width;
	p->height = image->height;
	p->pixels = malloc(PNG_IMAGE_SIZE(*image));
	if (p->pixels && png_image_finish_read(image, NULL, p->pixels, 0, NULL))
		return true;
	snprintf(why, size, "%s", p->pixels ? image->message : "out of memory");
	picture_free(p);
	return false;
}

bool picture_read(struct picture *p, const char *path, char *why, size_t size)
{
	png_image image = {.version = PNG_IMAGE_VERSION};
	FILE *in = fopen(path, "rb");
	bool good;

	*p = (struct picture){0};
	if (!in) {
		snprintf(why, size, "%s", strerror(errno));
		return false;
	}
	good = png_image_begin_read_from_stdio(&image, in);
	if (!good)
		snprintf(why, size, "%s", image.message);
	else
		good = read_pixels(p, &image, why, size);
	png_image_free(&image);
	fclose(in);
	return good;
}
