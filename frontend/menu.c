/* The pause menu. */
#include "frontend/menu.h"

#include <stdio.h>
#include <string.h>

#define LINE   (CANVAS_CELL_HEIGHT + 2)
#define MARGIN 8

#define SHADE    0xe8101820
#define BAR      0xff2a5a8a
#define TITLE    0xffffd060
#define WHITE    0xffffffff
#define QUIET    0xff9ab0c4
#define DARKNESS 0x90000000

/* The main page: a row leads to a page or is an action. */
static const struct {
	const char *label;
	enum menu_page page;
	enum action action;
} main_rows[] = {
    {"Keys and help", MENU_HELP, ACTION_NONE},
    {"Go on", MENU_MAIN, ACTION_MENU},
    {"Save a state", MENU_SAVE, ACTION_NONE},
    {"Load a state", MENU_LOAD, ACTION_NONE},
    {"Settings", MENU_SETTINGS, ACTION_NONE},
    {"Screenshot", MENU_MAIN, ACTION_SCREENSHOT},
    {"Fast-forward", MENU_MAIN, ACTION_FAST_TOGGLE},
    {"Reset the machine", MENU_MAIN, ACTION_RESET},
    {"Press the power key", MENU_MAIN, ACTION_POWER},
    {"Quit", MENU_MAIN, ACTION_QUIT},
};
#define MAIN_ROWS  (sizeof(main_rows) / sizeof(main_rows[0]))
#define MAIN_GO_ON 1

static const char *const titles[MENU_PAGES] = {
    "myna", "Keys", "Save a state", "Load a state", "Settings"};

/* The slots' own keys are alike: one row stands for eight. */
static bool help_shows(unsigned action)
{
	return action <= ACTION_SAVE_1 || action == ACTION_LOAD_1;
}

static unsigned help_rows(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < ACTION_COUNT; i++)
		n += help_shows(i);
	return n;
}

static unsigned page_rows(const struct menu *m)
{
	switch (m->page) {
	case MENU_HELP: return help_rows();
	case MENU_SAVE:
	case MENU_LOAD: return SLOTS;
	case MENU_SETTINGS: return setting_count;
	default: return MAIN_ROWS;
	}
}

static void go_to(struct menu *m, enum menu_page page)
{
	static const unsigned back[MENU_PAGES] = {MAIN_GO_ON, 0, 2, 3, 4};

	m->row = page == MENU_MAIN ? back[m->page] : 0;
	m->page = page;
	m->picture_slot = 0;
}

void menu_open(struct menu *m)
{
	m->open = true;
	m->page = MENU_MAIN;
	m->row = MAIN_GO_ON;
	m->picture_slot = 0;
}

void menu_close(struct menu *m)
{
	m->open = false;
	picture_free(&m->picture);
	m->picture_slot = 0;
}

void menu_free(struct menu *m)
{
	picture_free(&m->picture);
}

static enum action choose_main(struct menu *m)
{
	enum action a = main_rows[m->row].action;

	if (main_rows[m->row].page != MENU_MAIN) {
		go_to(m, main_rows[m->row].page);
		return ACTION_NONE;
	}
	if (a != ACTION_MENU)
		menu_close(m);
	return a;
}

static enum action choose(struct menu *m)
{
	unsigned row = m->row;

	switch (m->page) {
	case MENU_MAIN: return choose_main(m);
	case MENU_SAVE: menu_close(m); return (enum action)(ACTION_SAVE_1 + row);
	case MENU_LOAD: menu_close(m); return (enum action)(ACTION_LOAD_1 + row);
	default: return ACTION_NONE;
	}
}

static void move_setting(struct menu *m, int direction)
{
	if (m->page != MENU_SETTINGS)
		return;
	setting_move(m->settings, &setting_table[m->row], direction);
	m->changed = true;
	m->moved |= UINT64_C(1) << m->row;
}

enum action menu_press(struct menu *m, enum menu_key key)
{
	unsigned rows = page_rows(m);

	switch (key) {
	case MENU_UP: m->row = (m->row + rows - 1) % rows; break;
	case MENU_DOWN: m->row = (m->row + 1) % rows; break;
	case MENU_LEFT: move_setting(m, -1); break;
	case MENU_RIGHT: move_setting(m, 1); break;
	case MENU_ENTER: move_setting(m, 1); return choose(m);
	case MENU_BACK:
		if (m->page == MENU_MAIN)
			return ACTION_MENU;
		go_to(m, MENU_MAIN);
		break;
	}
	return ACTION_NONE;
}

/* --- drawing ------------------------------------------------------------------------------ */

static void slot_text(const struct menu *m, unsigned slot, char *text, size_t size)
{
	char when[40] = "";

	snprintf(text, size, "%u  %s", slot,
	    slots_used(m->slots, slot, when, sizeof(when)) ? when : "empty");
}

/* The left and right part of row `i`. */
static void row_text(const struct menu *m, unsigned i, char *left, char *right, size_t size)
{
	right[0] = 0;
	if (m->page == MENU_SETTINGS) {
		snprintf(left, size, "%s", setting_table[i].label);
		setting_text(m->settings, &setting_table[i], right, size);
	} else if (m->page == MENU_MAIN) {
		snprintf(left, size, "%s", main_rows[i].label);
	} else if (m->page != MENU_HELP) {
		slot_text(m, i + 1, left, size);
	} else {
		unsigned action = 0;

		for (unsigned seen = help_shows(0) ? 0 : (unsigned)-1; seen != i;)
			seen += help_shows(++action);
		snprintf(left, size, "%s", action_label((enum action)action));
		bindings_text(m->bindings, (int)action, right, size);
	}
}

static void draw_slot_picture(struct menu *m, struct canvas *c, int x, int y, int width)
{
	unsigned slot = m->row + 1;

	if (m->page != MENU_SAVE && m->page != MENU_LOAD)
		return;
	if (m->picture_slot != slot) {
		picture_free(&m->picture);
		m->picture_slot = slot;
		if (!slots_picture(m->slots, slot, &m->picture))
			m->picture = (struct picture){0};
	}
	canvas_fill(c, x, y, width, width * 3 / 4, 0xff000000);
	canvas_picture(c, x + 1, y + 1, width - 2, width * 3 / 4 - 2, &m->picture);
}

static const char *hint(const struct menu *m)
{
	switch (m->page) {
	case MENU_SETTINGS: return "left, right: change   Esc: back";
	case MENU_HELP: return "up, down: more   Esc: back";
	case MENU_MAIN: return "arrows, Return; Esc: go on";
	default: return "Return: choose   Esc: back";
	}
}

static void draw_row(struct menu *m, struct canvas *c, unsigned i, int x, int y, int width)
{
	bool chosen = i == m->row && m->page != MENU_HELP;
	char left[120], right[120];

	row_text(m, i, left, right, sizeof(left));
	if (chosen)
		canvas_fill(c, x - 3, y - 2, width + 6, LINE, BAR);
	canvas_text(c, x, y, WHITE, left);
	canvas_text(c, x + width - CANVAS_CELL_WIDTH * (int)strlen(right), y,
	    chosen ? WHITE : QUIET, right);
}

void menu_draw(struct menu *m, struct canvas *c)
{
	bool slots = m->page == MENU_SAVE || m->page == MENU_LOAD;
	int width = slots ? 230 : 262, height = (int)c->height - 2 * MARGIN;
	int x = ((int)c->width - width) / 2, y = MARGIN;
	unsigned rows = page_rows(m), shown, first = 0;

	canvas_fill(c, 0, 0, (int)c->width, (int)c->height, DARKNESS);
	shown = height < 5 * LINE ? 1 : (unsigned)((height - 4 * LINE) / LINE);
	if (shown > rows)
		shown = rows;
	height = (int)(shown + 4) * LINE;
	y = ((int)c->height - height) / 2;
	canvas_fill(c, x, y, width, height, SHADE);
	canvas_text(c, x + MARGIN, y + 6, TITLE, titles[m->page]);
	if (m->row >= shown)
		first = m->page == MENU_HELP ? m->row : m->row - shown + 1;
	if (m->page == MENU_HELP)
		first = m->row < rows - shown ? m->row : rows - shown;
	for (unsigned i = 0; i < shown; i++)
		draw_row(m, c, first + i, x + MARGIN, y + (int)(i + 2) * LINE,
		    (slots ? width - 96 : width) - 2 * MARGIN);
	draw_slot_picture(m, c, x + width - 96, y + 2 * LINE, 88);
	canvas_text(c, x + MARGIN, y + height - LINE - 2, QUIET, hint(m));
}
