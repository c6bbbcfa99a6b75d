/* --drive: its value, and the disk it describes. */
#include "frontend/block.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/block_file.h"

#define SECTOR 512
#define KEYS   "file, format, readonly, overlay, snapshot"

/* --- the value ---------------------------------------------------------------------------- */

/* The next KEY=VALUE of *text as an allocated string, ",," being a comma; NULL when memory is
 * short.  Moves *text past it. */
static char *next_item(const char **text)
{
	const char *p = *text;
	char *item = malloc(strlen(p) + 1), *to = item;
	if (!item)
		return NULL;
	while (*p && (*p != ',' || p[1] == ',')) {
		p += *p == ',';
		*to++ = *p++;
	}
	*to = 0;
	*text = p + (*p == ',');
	return item;
}

static bool set_name(char **member, const char *key, const char *value, char *why, size_t size)
{
	if (*member) {
		snprintf(why, size, "--drive: %s is given twice; leave one out", key);
		return false;
	}
	if (!*value) {
		snprintf(why, size, "--drive: %s= has no value; give a file name", key);
		return false;
	}
	*member = strdup(value);
	if (!*member)
		snprintf(why, size, "--drive: out of memory");
	return *member != NULL;
}

static bool set_switch(bool *member, const char *key, const char *value, char *why, size_t size)
{
	*member = !strcmp(value, "on");
	if (*member || !strcmp(value, "off"))
		return true;
	snprintf(why, size, "--drive: %s=%s: write %s=on or %s=off", key, value, key, key);
	return false;
}

static bool set_item(
    struct block_spec *s, const char *key, const char *value, char *why, size_t size)
{
	if (!strcmp(key, "file"))
		return set_name(&s->file, key, value, why, size);
	if (!strcmp(key, "overlay")) {
		if (strcmp(value, "memory"))
			return set_name(&s->overlay, key, value, why, size);
		s->overlay_memory = true;
		return true;
	}
	if (!strcmp(key, "readonly") || !strcmp(key, "read-only"))
		return set_switch(&s->readonly, key, value, why, size);
	if (!strcmp(key, "snapshot"))
		return set_switch(&s->overlay_memory, key, value, why, size);
	if (!strcmp(key, "format")) {
		s->raw = !strcmp(value, "raw");
		if (!s->raw)
			snprintf(why, size,
			    "--drive: format=%s is not supported, only raw; convert the image "
			    "with: "
			    "qemu-img convert -O raw IMAGE IMAGE.raw",
			    value);
		return s->raw;
	}
	snprintf(why, size, "--drive: unknown key '%s'; known are " KEYS, key);
	return false;
}

static bool check_spec(const struct block_spec *s, char *why, size_t size)
{
	if (!s->file)
		snprintf(why, size, "--drive: no file given; write --drive file=FILE");
	else if (s->overlay && s->overlay_memory)
		snprintf(why, size, "--drive: two overlays given; leave one out");
	else if (s->readonly && (s->overlay || s->overlay_memory))
		snprintf(why, size,
		    "--drive: readonly=on and an overlay exclude each other; with an overlay the "
		    "file is never written, so leave out readonly=on");
	else
		return true;
	return false;
}

bool block_spec_parse(const char *text, struct block_spec *spec, char *why, size_t size)
{
	memset(spec, 0, sizeof *spec);
	while (*text) {
		char *item = next_item(&text);
		if (!item) {
			snprintf(why, size, "--drive: out of memory");
			return false;
		}
		char *value = strchr(item, '=');
		bool ok = value != NULL;
		if (ok) {
			*value++ = 0;
			ok = set_item(spec, item, value, why, size);
		} else {
			snprintf(why, size,
			    "--drive: '%s' is not KEY=VALUE; write --drive file=%s (keys: " KEYS
			    "; a comma in a name is written twice)",
			    item, item);
		}
		free(item);
		if (!ok)
			return false;
	}
	return check_spec(spec, why, size);
}

void block_spec_free(struct block_spec *spec)
{
	free(spec->file);
	free(spec->overlay);
	spec->file = spec->overlay = NULL;
}

/* --- the disk ----------------------------------------------------------------------------- */

/* Files whose bytes are not those of a disk: a guest would find garbage, or destroy them. */
static const struct signature {
	const char *name;
	const char *remedy;
	unsigned length;
	const char *bytes;
} signatures[] = {
    {"a qcow2 image", "convert it with: qemu-img convert -O raw IMAGE IMAGE.raw", 4, "QFI\xfb"},
    {"a VMDK image", "convert it with: qemu-img convert -O raw IMAGE IMAGE.raw", 4, "KDMV"},
    {"a VHDX image", "convert it with: qemu-img convert -O raw IMAGE IMAGE.raw", 8, "vhdxfile"},
    {"compressed with gzip", "unpack it with gunzip", 3, "\x1f\x8b\x08"},
    {"compressed with xz", "unpack it with unxz", 6,
	"\xfd"
	"7zXZ\0"},
    {"compressed with zstd", "unpack it with unzstd", 4, "\x28\xb5\x2f\xfd"},
    {"a myna overlay", "give its base as file= and this file as overlay=", 8, "MYNAOVL\0"},
};

static enum status check_image(
    struct block_file *f, const struct block_spec *spec, char *why, size_t size)
{
	char start[16] = {0};
	if (f->size == 0) {
		snprintf(why, size,
		    "--drive file=%s: the file is empty; make it a disk with: "
		    "truncate -s 1G FILE",
		    f->name);
		return STATUS_MEDIA;
	}
	if (f->size % SECTOR) {
		snprintf(why, size,
		    "--drive file=%s: %llu bytes are not a whole number of 512-byte sectors; is it "
		    "complete? If so pad it with: truncate -s %%512 FILE",
		    f->name, (unsigned long long)f->size);
		return STATUS_MEDIA;
	}
	if (spec->raw)
		return STATUS_OK;
	if (block_file_read(f, 0, start, sizeof start) != BLOCK_OK) {
		snprintf(why, size, "--drive file=%s: cannot be read", f->name);
		return STATUS_MEDIA;
	}
	for (size_t i = 0; i < sizeof signatures / sizeof signatures[0]; i++) {
		const struct signature *s = &signatures[i];
		if (memcmp(start, s->bytes, s->length) == 0) {
			snprintf(why, size,
			    "--drive file=%s: the file is %s; %s (or add format=raw "
			    "to use its bytes as they are)",
			    f->name, s->name, s->remedy);
			return STATUS_MEDIA;
		}
	}
	return STATUS_OK;
}

static enum status open_spec(const struct block_spec *spec, struct block_log log,
    struct block_disk **out, char *why, size_t size)
{
	struct block_file f;
	bool overlay = spec->overlay || spec->overlay_memory;
	bool readonly = spec->readonly || overlay;
	enum status status = block_file_open(
	    &f, "--drive file", spec->file, readonly ? BLOCK_READ : BLOCK_WRITE, log, why, size);
	if (status != STATUS_OK)
		return status;
	status = check_image(&f, spec, why, size);
	if (status == STATUS_OK)
		status = overlay ? block_overlay_new(&f, spec, out, why, size)
				 : block_raw_new(&f, readonly, out, why, size);
	if (status != STATUS_OK)
		block_file_close(&f);
	return status;
}

enum status block_open(
    const char *text, struct block_log log, struct block_backend **out, char *why, size_t size)
{
	struct block_spec spec;
	struct block_disk *disk = NULL;
	enum status status = STATUS_USAGE;
	signal(SIGXFSZ, SIG_IGN); /* a size limit is an error to report like a full disk */
	if (block_spec_parse(text, &spec, why, size))
		status = open_spec(&spec, log, &disk, why, size);
	block_spec_free(&spec);
	*out = disk ? &disk->backend : NULL;
	return status;
}

void block_close(struct block_backend *b)
{
	if (!b)
		return;
	struct block_disk *d = (struct block_disk *)b;
	b->flush(b);
	d->close(d);
}
