/* --until time=T, frame=N, serial=TEXT, instructions=N. */
#include "frontend/until.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "key=value": the value if `text` has that key. */
static const char *value_of(const char *text, const char *key)
{
	size_t n = strlen(key);

	return !strncmp(text, key, n) && text[n] == '=' ? text + n + 1 : NULL;
}

static enum status add_text(
    struct until *u, const char *item, const char *value, char *why, size_t size)
{
	size_t n = strlen(value);
	char *text = malloc(n + 1);
	long length = text ? unescape(value, n, text) : 0;
	enum status status = STATUS_OK;

	if (text && length <= 0) {
		snprintf(why, size, "--until %.60s: %s", item,
		    length ? "an escape is cut short" : "no text to wait for");
		status = STATUS_USAGE;
	} else if (!text || !match_init(&u->texts[u->text_count], text, (size_t)length)) {
		snprintf(why, size, "out of memory");
		status = STATUS_TRY_AGAIN;
	} else {
		u->names[u->text_count++] = item;
	}
	free(text);
	return status;
}

static enum status add_condition(
    struct until *u, const char *item, uint64_t tick_hz, char *why, size_t size)
{
	const char *value;
	uint64_t n;

	if ((value = value_of(item, "serial")))
		return add_text(u, item, value, why, size);
	if ((value = value_of(item, "time"))) {
		if (!parse_time(value, "--until time", 0, UINT64_C(1) << 62, &n, why, size))
			return STATUS_USAGE;
		n = (uint64_t)((unsigned __int128)n * tick_hz / 1000000000);
		u->tick = n < u->tick ? n : u->tick;
		return STATUS_OK;
	}
	if ((value = value_of(item, "instructions"))) {
		if (!parse_number(
			value, "--until instructions", 0, UINT64_C(1) << 62, &n, why, size))
			return STATUS_USAGE;
		u->instructions = n < u->instructions ? n : u->instructions;
		return STATUS_OK;
	}
	if ((value = value_of(item, "frame"))) {
		if (!parse_number(value, "--until frame", 1, UINT64_C(1) << 62, &n, why, size))
			return STATUS_USAGE;
		u->frame = n < u->frame ? n : u->frame;
		return STATUS_OK;
	}
	snprintf(why, size, "--until %.60s: write time=30s, frame=N, serial=TEXT or instructions=N",
	    item);
	return STATUS_USAGE;
}

enum status until_parse(
    struct until *u, const struct option_list *list, uint64_t tick_hz, char *why, size_t size)
{
	enum status status = STATUS_OK;

	*u = (struct until){.tick = UINT64_MAX, .frame = UINT64_MAX, .instructions = UINT64_MAX};
	for (unsigned i = 0; i < list->count && !status; i++)
		status = add_condition(u, list->items[i], tick_hz, why, size);
	return status;
}

void until_free(struct until *u)
{
	for (unsigned i = 0; i < u->text_count; i++)
		match_free(&u->texts[i]);
}

bool until_byte(struct until *u, uint8_t byte)
{
	for (unsigned i = 0; i < u->text_count; i++) {
		if (match_byte(&u->texts[i], byte) && !u->reached)
			u->reached = u->names[i];
	}
	return u->reached != NULL;
}

bool until_frame(struct until *u, uint64_t frame)
{
	if (!u->reached && frame >= u->frame)
		u->reached = "frame";
	return u->reached != NULL;
}

bool until_counted(struct until *u, uint64_t tick, uint64_t instructions)
{
	if (!u->reached && tick >= u->tick)
		u->reached = "time";
	if (!u->reached && instructions >= u->instructions)
		u->reached = "instructions";
	return u->reached != NULL;
}
