/* State slots: files in the state directory, slots/IDENTITY/N.state and N.png. */
#include "frontend/slots.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "frontend/directories.h"
#include "frontend/rewind.h"
#include "frontend/saved_state.h"
#include "machine/snapshot.h"

static char *slot_file(const struct slots *s, unsigned slot, const char *extension)
{
	return directory_file(DIRECTORY_STATE, "slots/%s/%u.%s", s->identity, slot, extension);
}

static bool refused(const struct slots *s, char *why, size_t size)
{
	if (s->reason)
		snprintf(why, size, "%s", s->reason);
	return s->reason != NULL;
}

/* The picture helps to choose; a slot without one is still good. */
static void save_picture(const struct slots *s, unsigned slot, struct machine *m)
{
	char *path = slot_file(s, slot, "png");
	struct picture p;
	char why[200];

	if (path && m->screen_count && picture_take(&p, m->screens[0])) {
		picture_write(&p, path, why, sizeof(why));
		picture_free(&p);
	}
	free(path);
}

bool slots_save(struct slots *s, unsigned slot, struct machine *m, char *why, size_t size)
{
	char *path = slot_file(s, slot, "state"), reason[512];
	bool good = false;

	if (refused(s, why, size))
		;
	else if (!path || !directory_make_for(path))
		snprintf(why, size, "slot %u: %s", slot,
		    path ? strerror(errno) : "set HOME or XDG_STATE_HOME");
	else if (saved_state_write(m, path, reason, sizeof(reason)))
		snprintf(why, size, "slot %u: %s", slot, reason);
	else
		good = true;
	if (good)
		save_picture(s, slot, m);
	free(path);
	return good;
}

bool slots_load(struct slots *s, unsigned slot, struct machine *m, char *why, size_t size)
{
	char *path = slot_file(s, slot, "state"), reason[512], unused[512];
	int before = -1;
	bool good = false;

	if (refused(s, why, size)) {
		free(path);
		return false;
	}
	if (!path || access(path, R_OK)) {
		snprintf(why, size, "slot %u is empty", slot);
		free(path);
		return false;
	}
	before = state_in_memory(m, why, size);
	if (before >= 0) {
		good = !saved_state_read(m, path, reason, sizeof(reason));
		if (!good) {
			snprintf(why, size, "slot %u: %s", slot, reason);
			snapshot_load(m, before, unused, sizeof(unused));
		}
		close(before);
	}
	free(path);
	return good;
}

bool slots_used(const struct slots *s, unsigned slot, char *when, size_t size)
{
	char *path = slot_file(s, slot, "state");
	struct stat st;
	bool used = path && !stat(path, &st);
	struct tm tm;

	free(path);
	if (used && localtime_r(&st.st_mtime, &tm))
		strftime(when, size, "%Y-%m-%d %H:%M", &tm);
	return used;
}

bool slots_picture(const struct slots *s, unsigned slot, struct picture *p)
{
	char *path = slot_file(s, slot, "png"), why[200];
	bool good = path && picture_read(p, path, why, sizeof(why));

	free(path);
	return good;
}
