/* The pause menu: every setting, the state slots, the keys, and what the window can do.
 *
 * It knows neither SDL nor the machine: keys go in, actions come out, and it draws itself. */
#ifndef MYNA_FRONTEND_MENU_H
#define MYNA_FRONTEND_MENU_H

#include "frontend/bindings.h"
#include "frontend/canvas.h"
#include "frontend/settings.h"
#include "frontend/slots.h"

enum menu_page { MENU_MAIN, MENU_HELP, MENU_SAVE, MENU_LOAD, MENU_SETTINGS, MENU_PAGES };
enum menu_key { MENU_UP, MENU_DOWN, MENU_LEFT, MENU_RIGHT, MENU_ENTER, MENU_BACK };

struct menu {
	bool open;
	enum menu_page page;
	unsigned row; /* chosen; on the page of help the first one shown */
	struct settings *settings;
	struct bindings *bindings;
	const struct slots *slots;
	bool changed;           /* a setting was moved; whoever acts on it clears this */
	uint64_t moved;         /* settings that are not in the file yet, bit per row */
	struct picture picture; /* of the slot that is chosen */
	unsigned picture_slot;  /* 0: none was looked for */
};

void menu_open(struct menu *m);
void menu_close(struct menu *m);
void menu_free(struct menu *m);

/* Returns what is to be done, ACTION_NONE if nothing.  The menu closes itself where that helps. */
enum action menu_press(struct menu *m, enum menu_key key);

void menu_draw(struct menu *m, struct canvas *c);

#endif
