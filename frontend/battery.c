/* .sav files. */
#include "frontend/battery.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "frontend/directories.h"
#include "frontend/replace.h"
#include "machine/boards/gba.h"

#define LIMIT UINT64_C(0x100000) /* the largest memory has 128 KiB; some programs append to it */

/* "games/Some Game.gba" as "saves/Some Game.sav" in the user's directory. */
static char *usual_path(const char *rom)
{
	const char *slash = strrchr(rom, '/'), *name = slash ? slash + 1 : rom;

	return directory_file(
	    DIRECTORY_DATA, "saves/%.*s.sav", media_stem(rom) - (int)(name - rom), name);
}

enum status battery_open(
    struct battery *b, const char *sav, const char *rom, bool isolated, char *why, size_t size)
{
	if (!rom || (!sav && isolated))
		return STATUS_OK;
	b->path = sav ? strdup(sav) : usual_path(rom);
	if (!b->path) {
		snprintf(why, size, "--sav: there is no home directory; give a FILE");
		return STATUS_USAGE;
	}
	if (access(b->path, F_OK) && errno == ENOENT)
		return STATUS_OK;
	return media_read(
	    &b->contents, b->path, "--sav", LIMIT, "any cartridge's memory", why, size);
}

struct contents {
	const uint8_t *bytes;
	uint32_t size;
};

static bool write_contents(void *owner, int fd, char *why, size_t size)
{
	const struct contents *c = owner;

	for (uint32_t done = 0; done < c->size;) {
		ssize_t n = write(fd, c->bytes + done, c->size - done);
		if (n <= 0) {
			snprintf(why, size, "%s", strerror(errno));
			return false;
		}
		done += (uint32_t)n;
	}
	return true;
}

enum status battery_save(const struct battery *b, const struct machine *m, char *why, size_t size)
{
	struct contents c;
	uint64_t changes;
	char reason[512];

	if (!b->path)
		return STATUS_OK;
	c.bytes = gba_backup(m, &c.size, &changes);
	if (!c.size || !changes)
		return STATUS_OK;
	/* What is wrong with the directory, the file will say. */
	directory_make_for(b->path);
	if (replace_file(b->path, write_contents, &c, reason, sizeof(reason)))
		return STATUS_OK;
	snprintf(why, size, "--sav %s: %s; what the game has saved is lost with this run", b->path,
	    reason);
	return STATUS_TRY_AGAIN;
}

void battery_free(struct battery *b)
{
	free(b->path);
	media_free(&b->contents);
}
