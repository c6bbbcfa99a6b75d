/* Which machine a file is for.  The bytes decide (media_recognise()), the file's name never. */
#include "frontend/detect.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "frontend/archive.h"
#include "machine/boards/boards.h"

/* No kernel is larger unpacked, and a file that claims to be is not looked at. */
#define DETECT_LIMIT (UINT64_C(1) << 30)

#define LOOKED_FOR "a Game Boy Advance cartridge, an arm64 kernel or a saved state"

static enum status run_cartridge(struct options *o, const char *file)
{
	o->operands[0] = "gba";
	o->operands[1] = file;
	o->operand_count = 2;
	return STATUS_OK;
}

/* Also for a state: one of a console needs the cartridge, which the state does not hold. */
static enum status run_on_virt(struct options *o, const char *file, const char **option,
    const char *name, char *why, size_t size)
{
	if (*option) {
		snprintf(why, size,
		    "run %.200s: is given already with --%s %.200s; give one of them", file, name,
		    *option);
		return STATUS_USAGE;
	}
	*option = file;
	o->operands[0] = "virt";
	return STATUS_OK;
}

/* What the start of the file says.  Not all of it is read: a state may be large. */
static enum status look_at(struct media_info *info, const char *file, char *why, size_t size)
{
	struct stat st;
	uint8_t start[MEDIA_PROBE];
	size_t n = 0;
	FILE *f;

	/* It is read again later, so a pipe will not do, and opening one could wait for ever. */
	if (!stat(file, &st) && !S_ISREG(st.st_mode)) {
		snprintf(why, size,
		    "run %.300s: is no regular file; name one, or the machine: 'myna run MACHINE'",
		    file);
		return STATUS_MEDIA;
	}
	f = fopen(file, "rbe");
	if (f)
		n = fread(start, 1, sizeof(start), f);
	if (!f || ferror(f)) {
		snprintf(why, size, "run %.300s: %s%s", file, strerror(errno),
		    errno == ENOENT ? "; check the path" : "");
		if (f)
			fclose(f);
		return STATUS_MEDIA;
	}
	fclose(f);
	*info = media_recognise(start, n);
	return STATUS_OK;
}

/* The same of the file that is packed in it. */
static enum status look_into(struct media_info *info, const char *file, char *why, size_t size)
{
	struct media m;
	enum status status = archive_read_media(&m, file, "run", board_find("gba")->rom_suffixes,
	    DETECT_LIMIT, "the most that is looked at", why, size);

	if (status)
		return status;
	*info = media_recognise(m.bytes, m.size);
	media_free(&m);
	return STATUS_OK;
}

enum status detect_machine(struct options *o, char *why, size_t size)
{
	const char *file = o->operands[0];
	struct media_info info;
	enum status status = look_at(&info, file, why, size);

	if (!status && (info.kind == MEDIA_GZIP || info.kind == MEDIA_ARCHIVE))
		status = look_into(&info, file, why, size);
	if (status)
		return status;
	switch (info.kind) {
	case MEDIA_GBA: return run_cartridge(o, file);
	case MEDIA_ARM64_IMAGE: return run_on_virt(o, file, &o->kernel, "kernel", why, size);
	case MEDIA_STATE: return run_on_virt(o, file, &o->load_state, "load-state", why, size);
	default: break;
	}
	snprintf(why, size,
	    "%.300s: is %s; looked for " LOOKED_FOR
	    ". 'myna run MACHINE' runs it as what you say it is",
	    file, info.name);
	return STATUS_MEDIA;
}
