/* The typist types a byte each millisecond of guest time, slower than any UART drains: a kernel
 * without flow control loses nothing, and a shell sees a person rather than a burst. */
#include "frontend/typist.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BYTES_PER_SECOND 1000

/* Where the part of `text` ends: at the first comma that no backslash hides. */
static size_t part_length(const char *text)
{
	size_t n = 0;

	while (text[n] && text[n] != ',')
		n += text[n] == '\\' && text[n + 1] ? 2 : 1;
	return n;
}

static enum status parse_line(struct typist_line *line, const char *item, char *why, size_t size)
{
	char *bytes = malloc(strlen(item) + 1);
	const char *p = item;
	bool text_given = false;

	if (!bytes)
		goto short_of_memory;
	while (*p) {
		bool after = !strncmp(p, "after=", 6), text = !strncmp(p, "text=", 5);
		size_t n = part_length(p);
		size_t skip = after ? 6 : 5;
		long length;

		if (!after && !text)
			goto malformed;
		length = unescape(p + skip, n - skip, bytes);
		if (length < 0)
			goto malformed;
		if (after) {
			match_free(&line->after);
			if (!match_init(&line->after, bytes, (size_t)length))
				goto short_of_memory;
		} else {
			free(line->text);
			line->text = malloc((size_t)length + 1);
			if (!line->text)
				goto short_of_memory;
			memcpy(line->text, bytes, (size_t)length);
			line->size = (size_t)length;
			text_given = true;
		}
		p += n + (p[n] == ',');
	}
	if (!text_given)
		goto malformed;
	free(bytes);
	return STATUS_OK;

malformed:
	free(bytes);
	snprintf(why, size, "--type %.60s: write after=TEXT,text=TEXT (\\, is a comma, \\n ends a line)",
	    item);
	return STATUS_USAGE;
short_of_memory:
	free(bytes);
	snprintf(why, size, "out of memory");
	return STATUS_TRY_AGAIN;
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
		enum status status = parse_line(&t->lines[t->count], list->items[t->count], why, size);

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
