/* Which key does what: the presets of actions.def, changed by lines of the configuration file.
 *
 * Keys have SDL's names ("Return", "F1", "Left"), but nothing here needs SDL. */
#ifndef MYNA_FRONTEND_BINDINGS_H
#define MYNA_FRONTEND_BINDINGS_H

#include <stdbool.h>
#include <stddef.h>

enum action {
#define ACTION(id, ...) ACTION_##id,
#include "frontend/actions.def"
	ACTION_COUNT,
	ACTION_NONE = ACTION_COUNT
};

/* Enough of each, and of the keys of one. */
#define BINDINGS_MAX 160

enum { CHORD_SHIFT = 1, CHORD_CTRL = 2, CHORD_ALT = 4 };

struct binding {
	int target; /* an action, or PAD_TARGET + a button */
	unsigned modifiers;
	char key[20];
};
#define PAD_TARGET 1000

struct bindings {
	struct binding items[BINDINGS_MAX];
	unsigned count;
};

/* Column `preset` of actions.def, in the order of the setting `keys`. */
void bindings_preset(struct bindings *b, unsigned preset);

/* The keys of one action or button ("pad-a") become those in `keys`, separated by commas.  False
 * with a sentence. */
bool bindings_set(struct bindings *b, const char *name, const char *keys, char *why, size_t size);

/* What that key with exactly those modifiers does, or ACTION_NONE.  Of two that a key was given to
 * the later one counts. */
enum action bindings_action(const struct bindings *b, const char *key, unsigned modifiers);
/* The button that the key is, whatever the modifiers, or -1. */
int bindings_button(const struct bindings *b, const char *key);

/* For the list of keys: what an action is called, and its keys. */
const char *action_label(enum action a);
void bindings_text(const struct bindings *b, int target, char *text, size_t size);

#endif
