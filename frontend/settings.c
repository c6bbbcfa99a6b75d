/* The window's settings and the configuration file. */
#include "frontend/settings.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "frontend/directories.h"
#include "frontend/options.h"
#include "frontend/replace.h"

const struct setting setting_table[] = {
#define SETTING(kind, member, ...) {SETTING_##kind, offsetof(struct settings, member), __VA_ARGS__},
#include "frontend/settings.def"
};
const unsigned setting_count = sizeof(setting_table) / sizeof(setting_table[0]);

int *setting_value(struct settings *s, const struct setting *row)
{
	return (int *)((char *)s + row->member);
}

static int value_of(const struct settings *s, const struct setting *row)
{
	return *(const int *)((const char *)s + row->member);
}

void settings_default(struct settings *s)
{
	for (unsigned i = 0; i < setting_count; i++)
		*setting_value(s, &setting_table[i]) = setting_table[i].standard;
}

/* Word `index` of a list separated by |. */
static const char *word_at(const char *words, int index, size_t *n)
{
	for (; index > 0; index--)
		words += strcspn(words, "|") + 1;
	*n = strcspn(words, "|");
	return words;
}

void setting_text(const struct settings *s, const struct setting *row, char *text, size_t size)
{
	int value = value_of(s, row);
	const char *word;
	size_t n;

	if (row->kind == SETTING_CHOICE) {
		word = word_at(row->words, value, &n);
		snprintf(text, size, "%.*s", (int)n, word);
	} else if (row->kind == SETTING_SWITCH) {
		snprintf(text, size, "%s", value ? "on" : "off");
	} else if (value == row->low && row->words[0]) {
		snprintf(text, size, "%s", row->words);
	} else {
		snprintf(text, size, "%d", value);
	}
}

void setting_move(struct settings *s, const struct setting *row, int direction)
{
	int *value = setting_value(s, row), next = *value + direction * row->step;
	int count = row->high - row->low + 1;

	if (row->kind == SETTING_NUMBER)
		*value = next < row->low ? row->low : next > row->high ? row->high : next;
	else
		*value = row->low + (next - row->low + count) % count;
}

/* The value a text stands for; false if none. */
static bool read_value(const struct setting *row, const char *text, int *value)
{
	char *end;
	long number = strtol(text, &end, 10);
	const char *word;
	size_t n;

	if (row->kind == SETTING_SWITCH && (!strcmp(text, "on") || !strcmp(text, "off"))) {
		*value = !strcmp(text, "on");
		return true;
	}
	for (int i = row->low; row->kind == SETTING_CHOICE && i <= row->high; i++) {
		word = word_at(row->words, i, &n);
		if (n == strlen(text) && !memcmp(word, text, n)) {
			*value = i;
			return true;
		}
	}
	if (row->kind == SETTING_NUMBER && row->words[0] && !strcmp(text, row->words))
		number = row->low;
	else if (row->kind != SETTING_NUMBER || end == text || *end || number < row->low ||
		 number > row->high)
		return false;
	*value = (int)number;
	return true;
}

static bool refuse_value(const struct setting *row, const char *value, char *why, size_t size)
{
	if (row->kind == SETTING_NUMBER)
		snprintf(
		    why, size, "%s = %.40s: give %d to %d", row->name, value, row->low, row->high);
	else
		snprintf(why, size, "%s = %.40s: give one of %s", row->name, value,
		    row->kind == SETTING_SWITCH ? "on, off" : row->words);
	return false;
}

static bool refuse_name(const char *name, char *why, size_t size)
{
	struct suggestion near = suggestion_for(name);
	char guess[80];

	for (unsigned i = 0; i < setting_count; i++)
		suggestion_offer(&near, setting_table[i].name);
	snprintf(
	    why, size, "no setting '%.40s'%s", name, suggestion_text(&near, guess, sizeof(guess)));
	return false;
}

bool settings_set(struct settings *s, struct bindings *b, const char *name, const char *value,
    char *why, size_t size)
{
	if (!strncmp(name, "key.", 4))
		return bindings_set(b, name + 4, value, why, size);
	for (unsigned i = 0; i < setting_count; i++) {
		const struct setting *row = &setting_table[i];

		if (strcmp(row->name, name))
			continue;
		if (!read_value(row, value, setting_value(s, row)))
			return refuse_value(row, value, why, size);
		/* What the keys of that preset are; key lines after this one change single keys. */
		if (row->member == offsetof(struct settings, keys))
			bindings_preset(b, (unsigned)s->keys);
		return true;
	}
	return refuse_name(name, why, size);
}

/* Cut a line into name and value in place; false if there is nothing on it. */
static bool cut_line(char *line, char **name, char **value)
{
	char *equals, *end;

	line += strspn(line, " \t");
	line[strcspn(line, "\r\n")] = 0;
	*name = *value = line;
	if (!*line || *line == '#')
		return false;
	equals = strchr(line, '=');
	*value = equals ? equals + 1 : line + strlen(line);
	end = equals ? equals : line + strlen(line);
	while (end > line && isspace((unsigned char)end[-1]))
		end--;
	if (equals)
		*end = 0;
	*value += strspn(*value, " \t");
	end = *value + strlen(*value);
	while (end > *value && isspace((unsigned char)end[-1]))
		*--end = 0;
	return true;
}

void settings_read(
    struct settings *s, struct bindings *b, const char *path, void (*say)(const char *text))
{
	FILE *in = fopen(path, "r");
	char line[512], why[300], text[700];
	char *name, *value;

	for (unsigned number = 1; in && fgets(line, sizeof(line), in); number++) {
		if (!cut_line(line, &name, &value) ||
		    settings_set(s, b, name, value, why, sizeof(why)))
			continue;
		snprintf(text, sizeof(text), "%.300s, line %u: %s", path, number, why);
		say(text);
	}
	if (in)
		fclose(in);
}

/* The new file while it is put together. */
struct rewriting {
	const struct settings *settings;
	uint64_t mask;
	const char *path;
};

static void write_row(FILE *out, const struct settings *s, const struct setting *row)
{
	char text[80];

	setting_text(s, row, text, sizeof(text));
	fprintf(out, "%s = %s\n", row->name, text);
}

/* The old lines, with new values where they set a row; then the rows that are new. */
static bool write_lines(void *owner, int fd, char *why, size_t size)
{
	const struct rewriting *w = owner;
	FILE *in = fopen(w->path, "r"), *out = fdopen(dup(fd), "w");
	uint64_t left = w->mask;
	char line[512], copy[512], *name, *value;
	bool good = out != NULL;

	while (good && in && fgets(line, sizeof(line), in)) {
		unsigned i = setting_count;

		memcpy(copy, line, sizeof(copy));
		if (cut_line(copy, &name, &value))
			for (i = 0; i < setting_count && strcmp(setting_table[i].name, name); i++)
				;
		if (i == setting_count || !(w->mask >> i & 1))
			fputs(line, out);
		else if (left >> i & 1)
			write_row(out, w->settings, &setting_table[i]);
		if (i < setting_count)
			left &= ~(UINT64_C(1) << i);
	}
	for (unsigned i = 0; good && i < setting_count; i++) {
		if (left >> i & 1)
			write_row(out, w->settings, &setting_table[i]);
	}
	if (in)
		fclose(in);
	if (out)
		good = !fclose(out);
	if (!good)
		snprintf(why, size, "cannot be written");
	return good;
}

bool settings_write(
    const struct settings *s, uint64_t mask, const char *path, char *why, size_t size)
{
	struct rewriting w = {s, mask, path};

	if (!directory_make_for(path)) {
		snprintf(why, size, "its directory cannot be made");
		return false;
	}
	return replace_file(path, write_lines, &w, why, size);
}
