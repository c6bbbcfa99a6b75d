/* The window's settings and the configuration file.
 *
 * The file, myna.conf in the configuration directory, has lines `name = value`; # begins a comment.
 * Besides the rows of settings.def it may hold `key.ACTION = KEYS` (actions.def). */
#ifndef MYNA_FRONTEND_SETTINGS_H
#define MYNA_FRONTEND_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frontend/bindings.h"

struct settings {
#define SETTING(kind, member, ...) int member;
#include "frontend/settings.def"
};

enum setting_kind { SETTING_SWITCH, SETTING_NUMBER, SETTING_CHOICE };

struct setting {
	enum setting_kind kind;
	size_t member;
	const char *name, *label;
	int low, high, step, standard;
	const char *words;
};

extern const struct setting setting_table[];
extern const unsigned setting_count;

void settings_default(struct settings *s);
int *setting_value(struct settings *s, const struct setting *row);
/* As the menu and the file show it. */
void setting_text(const struct settings *s, const struct setting *row, char *text, size_t size);
/* One step up or down; a switch and a choice go round. */
void setting_move(struct settings *s, const struct setting *row, int direction);

/* `name = value`, from the file or --set; false with a sentence. */
bool settings_set(struct settings *s, struct bindings *b, const char *name, const char *value,
    char *why, size_t size);

/* Read the file; a missing one is no error.  Each line that cannot be read is told to `say`. */
void settings_read(
    struct settings *s, struct bindings *b, const char *path, void (*say)(const char *text));
/* Write the rows in `mask` (bit per row of setting_table) into the file, which keeps its other
 * lines. False with a reason. */
bool settings_write(
    const struct settings *s, uint64_t mask, const char *path, char *why, size_t size);

#endif
