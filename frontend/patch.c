/* Patches: a cursor over the patch, a buffer for the result, and one function a format.
 *
 * Whoever made the patch is not trusted: every read is within the patch or the image, every write
 * within the result, whose size is bounded before it is allocated.  UPS and BPS hold the CRC-32 of
 * image, result and patch, all of which are checked; IPS holds none, so that one for another
 * cartridge goes unnoticed.
 *
 * Sources: the formats as their authors describe them (ZeroSoft's IPS, with runs and the length to
 * cut to; byuu's "UPS" and "BPS" file format specifications).
 */
#include "frontend/patch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define PATCH_LIMIT (UINT64_C(64) << 20) /* a cartridge that is new as a whole, and some more */
#define TRAILER     12                   /* three CRCs, at the end of UPS and BPS */

/* What is wrong with a patch, or NULL. */
typedef const char *complaint;

static const char cut_short[] = "is cut short; fetch it again";
static const char damaged[] = "is damaged; fetch it again";
static const char too_large[] = "makes the cartridge larger than the machine reaches";
static const char no_memory[] = "not enough memory on this host";

/* A patch being read.  Reading past the end gives zeros and is remembered. */
struct cursor {
	const uint8_t *at, *end;
	bool over;
};

static const uint8_t *take(struct cursor *c, size_t n)
{
	const uint8_t *bytes = c->at;

	if (n > (size_t)(c->end - c->at)) {
		c->over = true;
		c->at = c->end;
		return NULL;
	}
	c->at += n;
	return bytes;
}

static uint32_t take_big(struct cursor *c, unsigned n)
{
	const uint8_t *bytes = take(c, n);
	uint32_t value = 0;

	for (unsigned i = 0; bytes && i < n; i++)
		value = value << 8 | bytes[i];
	return value;
}

/* The number of UPS and BPS: seven bits a byte, the last one marked; each further byte adds one to
 * what the ones before it left out, so that no number has two forms. */
static uint64_t take_number(struct cursor *c)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 56; shift += 7) {
		const uint8_t *byte = take(c, 1);

		if (!byte)
			return 0;
		value += (uint64_t)(*byte & 0x7f) << shift;
		if (*byte & 0x80)
			return value;
		value += UINT64_C(1) << (shift + 7);
	}
	c->over = true;
	return 0;
}

static uint32_t little32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* --- IPS --- */

/* Make the result `size` bytes long, new ones zero. */
static complaint grow(struct media *out, uint64_t size, uint64_t limit)
{
	uint8_t *bytes;

	if (size <= out->size)
		return NULL;
	if (size > limit)
		return too_large;
	bytes = realloc(out->bytes, size);
	if (!bytes)
		return no_memory;
	memset(bytes + out->size, 0, size - out->size);
	*out = (struct media){bytes, size};
	return NULL;
}

static complaint ips_record(struct media *out, struct cursor *c, uint32_t offset, uint64_t limit)
{
	uint32_t n = take_big(c, 2);
	bool run = !n;
	const uint8_t *bytes;
	complaint wrong;

	if (run)
		n = take_big(c, 2);
	bytes = take(c, run ? 1 : n);
	if (!bytes)
		return cut_short;
	wrong = grow(out, (uint64_t)offset + n, limit);
	if (wrong)
		return wrong;
	if (run)
		memset(out->bytes + offset, *bytes, n);
	else
		memcpy(out->bytes + offset, bytes, n);
	return NULL;
}

static complaint ips(
    struct media *out, const struct media *image, const struct media *patch, uint64_t limit)
{
	struct cursor c = {patch->bytes + 5, patch->bytes + patch->size, false};
	complaint wrong = grow(out, image->size, limit);

	if (wrong)
		return wrong;
	memcpy(out->bytes, image->bytes, image->size);
	while (!wrong) {
		size_t left = (size_t)(c.end - c.at);

		/* "EOF" is an offset too; a record there would not end with what follows. */
		if ((left == 3 || left == 6) && !memcmp(c.at, "EOF", 3))
			break;
		if (left < 3)
			return cut_short;
		wrong = ips_record(out, &c, take_big(&c, 3), limit);
	}
	if (!wrong && c.end - c.at == 6) {
		take_big(&c, 3);
		size_t cut = take_big(&c, 3);
		out->size = cut < out->size ? cut : out->size;
	}
	return wrong ? wrong : out->size ? NULL : damaged;
}

/* --- What UPS and BPS have in common --- */

/* The sizes at the start and the CRCs at the end. */
struct checked {
	struct cursor c;
	uint32_t crc_image, crc_result;
};

static uint32_t crc_of(const uint8_t *bytes, size_t n)
{
	return (uint32_t)crc32(0, bytes, (uInt)n);
}

/* Check all but the result, and allocate that. */
static complaint checked_open(struct checked *k, struct media *out, const struct media *image,
    const struct media *patch, uint64_t limit)
{
	uint64_t from, to;
	const uint8_t *trailer;

	if (patch->size < 4 + TRAILER)
		return cut_short;
	trailer = patch->bytes + patch->size - TRAILER;
	if (crc_of(patch->bytes, patch->size - 4) != little32(trailer + 8))
		return "is damaged or cut short: its CRC differs; fetch it again";
	k->c = (struct cursor){patch->bytes + 4, trailer, false};
	k->crc_image = little32(trailer);
	k->crc_result = little32(trailer + 4);
	from = take_number(&k->c);
	to = take_number(&k->c);
	if (k->c.over || !to)
		return damaged;
	if (to > limit)
		return too_large;
	if (image->size == to && crc_of(image->bytes, image->size) == k->crc_result)
		return "the cartridge is patched already";
	if (image->size != from || crc_of(image->bytes, image->size) != k->crc_image)
		return "is for another cartridge, whose size or CRC differs";
	out->bytes = calloc(1, (size_t)to);
	out->size = (size_t)to;
	return out->bytes ? NULL : no_memory;
}

static complaint checked_close(const struct checked *k, const struct media *out)
{
	if (k->c.over)
		return damaged;
	return crc_of(out->bytes, out->size) == k->crc_result
		   ? NULL
		   : "is damaged: the CRC of its result differs; fetch it again";
}

/* --- UPS: bytes to exclusive-or, in runs that a zero ends --- */

static complaint ups(
    struct media *out, const struct media *image, const struct media *patch, uint64_t limit)
{
	struct checked k = {0};
	complaint wrong = checked_open(&k, out, image, patch, limit);
	uint64_t at = 0, most = image->size;

	if (wrong)
		return wrong;
	most = out->size > most ? out->size : most;
	memcpy(out->bytes, image->bytes, image->size < out->size ? image->size : out->size);
	while (k.c.at < k.c.end && !k.c.over) {
		const uint8_t *byte;

		at += take_number(&k.c);
		while ((byte = take(&k.c, 1)) && *byte) {
			/* What the result lacks of the image is there for the way back. */
			if (at >= most)
				return damaged;
			if (at < out->size)
				out->bytes[at] ^= *byte;
			at++;
		}
		at++;
		if (at > most + 1)
			return damaged;
	}
	return checked_close(&k, out);
}

/* --- BPS: the result in pieces, from the image, from the patch or from itself --- */

struct bps {
	struct checked k;
	const struct media *image;
	struct media *out;
	size_t at;          /* in the result: what is written */
	uint64_t source[2]; /* where copies go on, in the image and in the result */
};

/* A copy from elsewhere: byte by byte, since it may read what it has just written. */
static complaint bps_copy(struct bps *b, bool from_result, size_t n)
{
	const struct media *from = from_result ? b->out : b->image;
	uint64_t step = take_number(&b->k.c), *source = &b->source[from_result];

	*source += step & 1 ? -(step >> 1) : step >> 1;
	if (*source > from->size || n > from->size - *source || (from_result && *source >= b->at))
		return damaged;
	while (n--)
		b->out->bytes[b->at++] = from->bytes[(*source)++];
	return NULL;
}

/* A piece from the same place of the image, or from the patch. */
static complaint bps_read(struct bps *b, bool from_patch, size_t n)
{
	const uint8_t *bytes = NULL;

	if (from_patch)
		bytes = take(&b->k.c, n);
	else if (b->at <= b->image->size && n <= b->image->size - b->at)
		bytes = b->image->bytes + b->at;
	if (!bytes)
		return damaged;
	memcpy(b->out->bytes + b->at, bytes, n);
	b->at += n;
	return NULL;
}

static complaint bps(
    struct media *out, const struct media *image, const struct media *patch, uint64_t limit)
{
	struct bps b = {.image = image, .out = out};
	complaint wrong = checked_open(&b.k, out, image, patch, limit);
	uint64_t comment;

	if (wrong)
		return wrong;
	comment = take_number(&b.k.c);
	if (comment > (size_t)(b.k.c.end - b.k.c.at))
		return damaged;
	take(&b.k.c, (size_t)comment);
	while (!wrong && b.k.c.at < b.k.c.end) {
		uint64_t action = take_number(&b.k.c), n = (action >> 2) + 1;

		if (b.k.c.over || n > out->size - b.at)
			return damaged;
		wrong = action & 2 ? bps_copy(&b, action & 1, (size_t)n)
				   : bps_read(&b, action & 1, (size_t)n);
	}
	if (wrong)
		return wrong;
	return b.at == out->size ? checked_close(&b.k, out) : damaged;
}

/* --- Formats and files --- */

static const struct format {
	const char *magic, *suffix;
	complaint (*apply)(struct media *out, const struct media *image, const struct media *patch,
	    uint64_t limit);
} formats[] = {
    {"PATCH", "ips", ips},
    {"UPS1", "ups", ups},
    {"BPS1", "bps", bps},
};
#define FORMATS (sizeof(formats) / sizeof(formats[0]))

static complaint apply(
    struct media *out, const struct media *image, const struct media *patch, uint64_t limit)
{
	for (size_t i = 0; i < FORMATS; i++) {
		size_t n = strlen(formats[i].magic);

		if (patch->size >= n && !memcmp(patch->bytes, formats[i].magic, n))
			return formats[i].apply(out, image, patch, limit);
	}
	return "is no IPS, UPS or BPS patch";
}

enum status patch_apply(struct media *image, const struct media *patch, const char *name,
    uint64_t limit, char *why, size_t size)
{
	struct media out = {0};
	complaint wrong = apply(&out, image, patch, limit);

	if (wrong) {
		media_free(&out);
		snprintf(why, size, "%.300s: %s", name, wrong);
		return wrong == no_memory ? STATUS_TRY_AGAIN : STATUS_MEDIA;
	}
	media_free(image);
	*image = out;
	return STATUS_OK;
}

enum status patch_apply_file(struct media *image, const char *path, const char *option,
    uint64_t limit, char *why, size_t size)
{
	struct media patch;
	char name[320];
	enum status status =
	    media_read(&patch, path, option, PATCH_LIMIT, "the most of a patch", why, size);

	if (status)
		return status;
	snprintf(name, sizeof(name), "%s %s", option, path);
	status = patch_apply(image, &patch, name, limit, why, size);
	media_free(&patch);
	return status;
}

enum status patch_beside(char **path, const char *rom, char *why, size_t size)
{
	*path = NULL;
	for (size_t i = 0; i < FORMATS; i++) {
		char *next;

		if (asprintf(&next, "%.*s.%s", media_stem(rom), rom, formats[i].suffix) < 0) {
			free(*path);
			*path = NULL;
			snprintf(why, size, "out of memory");
			return STATUS_TRY_AGAIN;
		}
		if (access(next, F_OK) || !strcmp(next, rom)) {
			free(next);
			continue;
		}
		if (*path) {
			snprintf(why, size,
			    "%.200s and %.200s: two patches for one cartridge; choose with "
			    "--patch FILE or --no-patch",
			    *path, next);
			free(next);
			free(*path);
			*path = NULL;
			return STATUS_MEDIA;
		}
		*path = next;
	}
	return STATUS_OK;
}
