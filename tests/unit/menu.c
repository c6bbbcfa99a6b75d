/* The menu: keys in, actions out, and that it stays inside of whatever it is drawn on. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/menu.h"

static struct settings settings;
static struct bindings bindings;
static struct slots slots = {.identity = "none"};
static struct menu menu;

static void setup(void)
{
	setenv("MYNA_HOME", "/no/such/directory", 1);
	settings_default(&settings);
	bindings_preset(&bindings, 0);
	menu = (struct menu){.settings = &settings, .bindings = &bindings, .slots = &slots};
	menu_open(&menu);
}

TestSuite(menu, .init = setup);

static enum action press(enum menu_key key, unsigned times)
{
	enum action a = ACTION_NONE;

	while (times--)
		a = menu_press(&menu, key);
	return a;
}

Test(menu, opens_where_return_goes_on)
{
	cr_expect_eq(press(MENU_ENTER, 1), ACTION_MENU);
	menu_open(&menu);
	cr_expect_eq(press(MENU_BACK, 1), ACTION_MENU);
}

Test(menu, help_is_its_first_entry)
{
	press(MENU_UP, 1);
	cr_expect_eq(menu.row, 0);
	press(MENU_ENTER, 1);
	cr_expect_eq(menu.page, MENU_HELP);
	cr_expect_eq(press(MENU_BACK, 1), ACTION_NONE);
	cr_expect_eq(menu.page, MENU_MAIN);
}

Test(menu, slots_are_actions)
{
	press(MENU_DOWN, 1);
	press(MENU_ENTER, 1);
	cr_expect_eq(menu.page, MENU_SAVE);
	press(MENU_DOWN, 2);
	cr_expect_eq(press(MENU_ENTER, 1), ACTION_SAVE_3);
	cr_expect_not(menu.open);
	menu_open(&menu);
	press(MENU_DOWN, 2);
	press(MENU_ENTER, 1);
	press(MENU_UP, 1);
	cr_expect_eq(press(MENU_ENTER, 1), ACTION_LOAD_8);
}

/* Nothing that can be set is out of its reach. */
Test(menu, every_setting_can_be_moved)
{
	press(MENU_DOWN, 3);
	press(MENU_ENTER, 1);
	cr_assert_eq(menu.page, MENU_SETTINGS);
	for (unsigned i = 0; i < setting_count; i++) {
		const struct setting *row = &setting_table[i];
		int before = *setting_value(&settings, row);

		cr_assert_eq(menu.row, i);
		press(before == row->high ? MENU_LEFT : MENU_RIGHT, 1);
		cr_expect_neq(*setting_value(&settings, row), before, "%s", row->name);
		cr_expect(menu.moved >> i & 1);
		press(MENU_DOWN, 1);
	}
}

static void expect_inside(unsigned width, unsigned height)
{
	struct canvas c = {0};

	cr_assert(canvas_resize(&c, width, height));
	for (int page = 0; page < MENU_PAGES; page++) {
		menu.page = (enum menu_page)page;
		for (menu.row = 0; menu.row < 8; menu.row++) {
			canvas_clear(&c);
			menu_draw(&menu, &c);
		}
	}
	canvas_free(&c);
}

/* The sanitizers see what is drawn beside the canvas. */
Test(menu, is_drawn_inside_of_any_window)
{
	static const unsigned sizes[][2] = {
	    {320, 200}, {1, 1}, {40, 400}, {1000, 20}, {341, 256}, {640, 480}};

	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		expect_inside(sizes[i][0], sizes[i][1]);
}

Test(canvas, letters_differ_and_have_dots)
{
	struct canvas c = {0};
	uint64_t seen[96];

	cr_assert(canvas_resize(&c, CANVAS_CELL_WIDTH, CANVAS_CELL_HEIGHT));
	for (char letter = ' '; letter <= '~'; letter++) {
		char text[2] = {letter};
		uint64_t dots = 0;

		canvas_clear(&c);
		canvas_text(&c, 0, 0, 1, text);
		for (unsigned i = 0; i < CANVAS_CELL_WIDTH * CANVAS_CELL_HEIGHT; i++)
			dots |= (uint64_t)c.pixels[i] << i;
		cr_expect((dots != 0) == (letter != ' '), "'%c'", letter);
		for (char other = ' '; other < letter; other++)
			cr_expect_neq(seen[other - ' '], dots, "%c is %c", letter, other);
		seen[letter - ' '] = dots;
	}
	canvas_free(&c);
}

Test(canvas, a_picture_is_scaled_to_its_mean)
{
	uint32_t pixels[4] = {0xff000000, 0xff0000fe, 0xff00fe00, 0xfffe0000};
	struct picture p = {2, 2, pixels};
	struct canvas c = {0};

	cr_assert(canvas_resize(&c, 3, 1));
	canvas_picture(&c, 0, 0, 3, 1, &p);
	cr_expect_eq(c.pixels[0], 0, "it keeps its shape");
	cr_expect_eq(c.pixels[1], 0xff3f3f3f);
	cr_expect_eq(c.pixels[2], 0);
	canvas_free(&c);
}
