/* Which key does what. */
#include "frontend/bindings.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "frontend/options.h"
#include "machine/endpoint.h"

#define PRESETS 6

struct row {
	int target;
	const char *name, *label;
	const char *keys[PRESETS];
};

static const struct row rows[] = {
#define ACTION(id, name, label, ...) {ACTION_##id, name, label, {__VA_ARGS__}},
#define PAD(id, name, ...)           {PAD_TARGET + PAD_##id, "pad-" name, name, {__VA_ARGS__}},
#include "frontend/actions.def"
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const struct {
	const char *word;
	unsigned bit;
} modifiers[] = {{"Shift+", CHORD_SHIFT}, {"Ctrl+", CHORD_CTRL}, {"Alt+", CHORD_ALT}};

/* "Ctrl+F1" of `n` bytes; false if it is not that. */
static bool read_chord(struct binding *to, const char *text, size_t n)
{
	to->modifiers = 0;
	for (size_t i = 0; i < sizeof(modifiers) / sizeof(modifiers[0]); i++) {
		size_t length = strlen(modifiers[i].word);

		if (n >= length && !strncasecmp(text, modifiers[i].word, length)) {
			to->modifiers |= modifiers[i].bit;
			text += length;
			n -= length;
			i = (size_t)-1; /* in any order */
		}
	}
	if (!n || n >= sizeof(to->key))
		return false;
	snprintf(to->key, sizeof(to->key), "%.*s", (int)n, text);
	return true;
}

static bool add_keys(struct bindings *b, int target, const char *keys)
{
	while (*keys) {
		size_t n = strcspn(keys, ",");
		const char *start = keys + strspn(keys, " ");

		if (b->count == BINDINGS_MAX)
			return false;
		b->items[b->count].target = target;
		if (!read_chord(&b->items[b->count], start, n - (size_t)(start - keys)))
			return false;
		b->count++;
		keys += n;
		keys += *keys == ',';
	}
	return true;
}

void bindings_preset(struct bindings *b, unsigned preset)
{
	b->count = 0;
	for (size_t i = 0; i < ROWS && preset < PRESETS; i++)
		add_keys(b, rows[i].target, rows[i].keys[preset]);
}

static void remove_target(struct bindings *b, int target)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < b->count; i++) {
		if (b->items[i].target != target)
			b->items[kept++] = b->items[i];
	}
	b->count = kept;
}

bool bindings_set(struct bindings *b, const char *name, const char *keys, char *why, size_t size)
{
	struct bindings before = *b;
	struct suggestion near = suggestion_for(name);
	char guess[80];

	for (size_t i = 0; i < ROWS; i++) {
		if (strcmp(rows[i].name, name)) {
			suggestion_offer(&near, rows[i].name);
			continue;
		}
		remove_target(b, rows[i].target);
		if (add_keys(b, rows[i].target, keys))
			return true;
		*b = before;
		snprintf(why, size,
		    "key.%s = %.60s: write keys such as Ctrl+F1, separated by commas", name, keys);
		return false;
	}
	snprintf(
	    why, size, "no action '%.40s'%s", name, suggestion_text(&near, guess, sizeof(guess)));
	return false;
}

enum action bindings_action(const struct bindings *b, const char *key, unsigned mods)
{
	for (unsigned i = b->count; i-- > 0;) {
		const struct binding *p = &b->items[i];

		if (p->target < PAD_TARGET && p->modifiers == mods && !strcasecmp(p->key, key))
			return (enum action)p->target;
	}
	return ACTION_NONE;
}

int bindings_button(const struct bindings *b, const char *key)
{
	for (unsigned i = b->count; i-- > 0;) {
		const struct binding *p = &b->items[i];

		if (p->target >= PAD_TARGET && !strcasecmp(p->key, key))
			return p->target - PAD_TARGET;
	}
	return -1;
}

const char *action_label(enum action a)
{
	return rows[a].label;
}

void bindings_text(const struct bindings *b, int target, char *text, size_t size)
{
	size_t n = 0;

	text[0] = 0;
	for (unsigned i = 0; i < b->count && n < size; i++) {
		const struct binding *p = &b->items[i];

		if (p->target != target)
			continue;
		n += (size_t)snprintf(text + n, size - n, "%s%s%s%s%s", n ? ", " : "",
		    p->modifiers & CHORD_CTRL ? "Ctrl+" : "",
		    p->modifiers & CHORD_ALT ? "Alt+" : "",
		    p->modifiers & CHORD_SHIFT ? "Shift+" : "", p->key);
	}
}
