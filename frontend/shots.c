/* --screenshot FILE[,time=T|,frame=N]. */
#include "frontend/shots.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "frontend/commands.h"
#include "frontend/picture.h"
#include "frontend/replace.h"
#include "machine/machine.h"

static enum status usage(char *why, size_t size, const char *item, const char *what)
{
	snprintf(why, size, "--screenshot %.200s: %s", item, what);
	return STATUS_USAGE;
}

/* What follows the last comma, if it is a moment; else the comma belongs to the file's name. */
static enum status parse_moment(
    struct shot *shot, const char *text, uint64_t tick_hz, char *why, size_t size)
{
	uint64_t n = 0;
	bool good = true;

	if (!strncmp(text, "time=", 5)) {
		good =
		    parse_time(text + 5, "--screenshot time", 0, UINT64_C(1) << 62, &n, why, size);
		shot->tick = (uint64_t)((unsigned __int128)n * tick_hz / 1000000000);
	} else if (!strncmp(text, "frame=", 6)) {
		good = parse_number(
		    text + 6, "--screenshot frame", 1, UINT64_C(1) << 62, &n, why, size);
		shot->frame = n;
	}
	return good ? STATUS_OK : STATUS_USAGE;
}

static enum status parse_item(
    struct shot *shot, const char *item, uint64_t tick_hz, char *why, size_t size)
{
	const char *comma = strrchr(item, ',');
	size_t n = strlen(item);
	enum status status = STATUS_OK;
	char *directory;

	*shot = (struct shot){.tick = UINT64_MAX, .frame = UINT64_MAX};
	if (comma)
		status = parse_moment(shot, comma + 1, tick_hz, why, size);
	if (status)
		return status;
	if (shot->tick != UINT64_MAX || shot->frame != UINT64_MAX)
		n = (size_t)(comma - item);
	if (!n)
		return usage(why, size, item, "name a file");
	shot->path = strndup(item, n);
	directory = shot->path ? directory_of(shot->path) : NULL;
	if (!directory) {
		snprintf(why, size, "out of memory");
		status = STATUS_TRY_AGAIN;
	} else if (access(directory, W_OK | X_OK)) {
		status = usage(why, size, item, strerror(errno));
	}
	free(directory);
	return status;
}

static void find_due(struct shots *s)
{
	s->due = UINT64_MAX;
	for (unsigned i = 0; i < s->count; i++) {
		if (!s->items[i].taken && s->items[i].tick < s->due)
			s->due = s->items[i].tick;
	}
}

enum status shots_parse(struct shots *s, const struct option_list *list, const struct machine *m,
    char *why, size_t size)
{
	enum status status = STATUS_OK;

	*s = (struct shots){.due = UINT64_MAX};
	if (list->count && !m->screen_count)
		return usage(why, size, list->items[0],
		    "this machine has no screen; 'virt' has one with --screen");
	for (unsigned i = 0; i < list->count && !status; i++)
		status = parse_item(&s->items[s->count++], list->items[i], m->tick_hz, why, size);
	for (unsigned i = 0; i < s->count && !status; i++) {
		if (s->items[i].frame != UINT64_MAX && !m->screens[0]->frame_ticks)
			return usage(why, size, list->items[i],
			    "this machine's screen has no fixed rate; give a time");
	}
	find_due(s);
	return status;
}

void shots_free(struct shots *s)
{
	for (unsigned i = 0; i < s->count; i++)
		free(s->items[i].path);
	s->count = 0;
}

bool shots_frame(const struct shots *s, uint64_t frame)
{
	for (unsigned i = 0; i < s->count; i++) {
		if (!s->items[i].taken && s->items[i].frame <= frame)
			return true;
	}
	return false;
}

static void write_shot(struct shots *s, struct shot *shot, struct machine *m)
{
	struct picture p = {0};
	char why[200] = "out of memory";

	shot->taken = true;
	if (!picture_take(&p, m->screens[0]) || !picture_write(&p, shot->path, why, sizeof(why))) {
		complain(STATUS_TRY_AGAIN, "--screenshot %.200s: %s", shot->path, why);
		s->failed = true;
	}
	picture_free(&p);
}

void shots_take(struct shots *s, struct machine *m, bool end)
{
	for (unsigned i = 0; i < s->count; i++) {
		struct shot *shot = &s->items[i];

		if (!shot->taken &&
		    (end || machine_now(m) >= shot->tick || m->screens[0]->frames >= shot->frame))
			write_shot(s, shot, m);
	}
	find_due(s);
}
