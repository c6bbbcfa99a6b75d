/* The typist types a byte each millisecond of guest time, slower than any UART drains: a kernel
 * without flow control loses nothing, and a shell sees a person rather than a burst. */
#include "frontend/typist.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BYTES_PER_SECOND 1000

/* Copies the `n` bytes at `text`, escapes interpreted; NULL when memory is short or, with *size
 * -1, when an escape is cut short. */
static uint8_t *unescaped(const char *text, size_t n, long *size)
{
	uint8_t *bytes = malloc(n + 1);

	*size = bytes ? unescape(text, n, (char *)bytes) : 0;
	if (*size < 0) {
		free(bytes);
		bytes = NULL;
	}
	return bytes;
}

/* after=TEXT,text=TEXT: the first ends at ",text=", the second with the argument. */
static enum status parse_line(struct typist_line *line, const char *item, char *why, size_t size)
{
	static const char after[] = "after=", text[] = ",text=";
	const char *comma = strstr(item, text);
	const char *typed = comma ? comma + strlen(text) : item + strlen(text) - 1;
	uint8_t *bytes;
	long length = 0;

	if (comma ? strncmp(item, after, strlen(after)) : strncmp(item, text + 1, strlen(text) - 1))
		length = -1;
	if (!length && comma) {
		const char *awaited = item + strlen(after);

		bytes = unescaped(awaited, (size_t)(comma - awaited), &length);
		if (bytes && !match_init(&line->after, bytes, (size_t)length))
			length = 0;
		free(bytes);
	}
	if (length >= 0) {
		line->text = unescaped(typed, strlen(typed), &length);
		line->size = length > 0 ? (size_t)length : 0;
	}
	if (length < 0) {
		snprintf(
		    why, size, "--type %.60s: write after=TEXT,text=TEXT; \\n ends a line", item);
		return STATUS_USAGE;
	}
	if (!line->text || (comma && !line->after.text)) {
		snprintf(why, size, "out of memory");
		return STATUS_TRY_AGAIN;
	}
	return STATUS_OK;
}

/* Count lines that wait for nothing as seen, and set the clock if there is something to type. */
static void typist_settle(struct typist *t, uint64_t now)
{
	while (t->seen < t->count && !t->lines[t->seen].after.size)
		t->seen++;
	if (t->typed < t->seen && t->due == UINT64_MAX)
		t->due = now + t->step;
}

enum status typist_parse(struct typist *t, const struct option_list *list, uint64_t tick_hz,
    uint64_t now, char *why, size_t size)
{
	*t = (struct typist){.due = UINT64_MAX, .step = tick_hz / BYTES_PER_SECOND};
	for (; t->count < list->count; t->count++) {
		enum status status =
		    parse_line(&t->lines[t->count], list->items[t->count], why, size);

		if (status)
			return status;
	}
	typist_settle(t, now);
	return STATUS_OK;
}

void typist_free(struct typist *t)
{
	for (unsigned i = 0; i < OPTION_LIST_MAX; i++) {
		match_free(&t->lines[i].after);
		free(t->lines[i].text);
	}
}

bool typist_byte(struct typist *t, uint8_t byte, uint64_t now)
{
	if (t->seen == t->count || !match_byte(&t->lines[t->seen].after, byte))
		return false;
	t->seen++;
	typist_settle(t, now);
	return true;
}

void typist_type(struct typist *t, struct serial_port *port, uint64_t now)
{
	while (t->due <= now) {
		const struct typist_line *line = &t->lines[t->typed];

		/* A full queue is a guest that does not read: try again a step later. */
		if (t->at < line->size)
			t->at += serial_input(port, line->text + t->at, 1);
		t->due += t->step;
		if (t->at < line->size)
			continue;
		t->at = 0;
		t->typed++;
		if (t->typed == t->seen)
			t->due = UINT64_MAX;
	}
}
