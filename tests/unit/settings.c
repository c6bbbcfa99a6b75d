/* Settings, their file, and the keys. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "frontend/settings.h"
#include "machine/endpoint.h"

static struct settings s;
static struct bindings b;
static char why[300];
static char said[1000];

static void setup(void)
{
	settings_default(&s);
	bindings_preset(&b, 0);
	said[0] = 0;
}

TestSuite(settings, .init = setup);
TestSuite(bindings, .init = setup);

static void say(const char *text)
{
	strncat(said, text, sizeof(said) - strlen(said) - 1);
}

static bool set(const char *name, const char *value)
{
	return settings_set(&s, &b, name, value, why, sizeof(why));
}

Test(settings, every_row_reads_what_it_writes)
{
	for (unsigned i = 0; i < setting_count; i++) {
		const struct setting *row = &setting_table[i];

		for (int value = row->low; value <= row->high; value += row->step) {
			char text[80];

			*setting_value(&s, row) = value;
			setting_text(&s, row, text, sizeof(text));
			*setting_value(&s, row) = -1;
			cr_assert(set(row->name, text), "%s = %s: %s", row->name, text, why);
			cr_expect_eq(*setting_value(&s, row), value, "%s = %s", row->name, text);
		}
		cr_expect(row->standard >= row->low && row->standard <= row->high);
	}
	cr_expect_leq(setting_count, 64, "a bit mask has a bit for each");
}

Test(settings, what_is_out_of_range_is_refused_and_changes_nothing)
{
	cr_expect_not(set("volume", "101"));
	cr_expect(strstr(why, "0 to 100"), "%s", why);
	cr_expect_not(set("volume", ""));
	cr_expect_not(set("volume", "50x"));
	cr_expect_eq(s.volume, 100);
	cr_expect_not(set("fit", "wide"));
	cr_expect(strstr(why, "whole|aspect|stretch"), "%s", why);
	cr_expect_not(set("smooth", "2"));
	cr_expect_not(set("volum", "50"));
	cr_expect(strstr(why, "did you mean 'volume'"), "%s", why);
}

Test(settings, steps_stay_in_range_and_choices_go_round)
{
	const struct setting *fit = &setting_table[2], *volume = &setting_table[6];

	cr_assert_str_eq(fit->name, "fit");
	cr_assert_str_eq(volume->name, "volume");
	setting_move(&s, fit, -1);
	cr_expect_eq(s.fit, 2);
	setting_move(&s, fit, 1);
	cr_expect_eq(s.fit, 0);
	setting_move(&s, volume, 1);
	cr_expect_eq(s.volume, 100);
	setting_move(&s, volume, -1);
	cr_expect_eq(s.volume, 95);
}

static void write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	cr_assert(f && fputs(text, f) >= 0);
	fclose(f);
}

static const char *read_text(const char *path)
{
	static char text[2000];
	FILE *f = fopen(path, "r");

	cr_assert(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = 0;
	fclose(f);
	return text;
}

Test(settings, a_file_is_read_and_rewritten_around_what_it_holds)
{
	char path[] = "/tmp/myna-settings.XXXXXX";

	cr_assert(mkstemp(path) >= 0);
	write_text(path, "# mine\n\n  volume =  35 \nkey.pause=F9\r\nwhat\nfit = aspect\n");
	settings_read(&s, &b, path, say);
	cr_expect_eq(s.volume, 35);
	cr_expect_eq(s.fit, 1);
	cr_expect_eq(bindings_action(&b, "F9", 0), ACTION_PAUSE);
	cr_expect_eq(bindings_action(&b, "P", 0), ACTION_NONE);
	cr_expect(strstr(said, "line 5: no setting 'what'"), "%s", said);
	s.volume = 40;
	s.smooth = 1;
	s.fit = 0;
	cr_assert(settings_write(&s, 1u << 6 | 1u << 3, path, why, sizeof(why)), "%s", why);
	cr_expect_str_eq(read_text(path),
	    "# mine\n\nvolume = 40\nkey.pause=F9\r\nwhat\nfit = aspect\nsmooth = on\n");
	unlink(path);
}

Test(settings, a_missing_file_is_none)
{
	settings_read(&s, &b, "/no/such/file", say);
	cr_expect_str_eq(said, "");
	cr_expect_not(settings_write(&s, 1, "/proc/no/such/file", why, sizeof(why)));
}

Test(settings, junk_does_no_harm)
{
	char path[] = "/tmp/myna-settings.XXXXXX", long_line[3000];

	cr_assert(mkstemp(path) >= 0);
	memset(long_line, 'x', sizeof(long_line));
	long_line[sizeof(long_line) - 1] = 0;
	write_text(path, long_line);
	settings_read(&s, &b, path, say);
	write_text(path,
	    "=\n= =\nkey.=\nkey.pause = ,,,\nkey.pause = Ctrl+\nvolume = 99999999999999999999\n");
	settings_read(&s, &b, path, say);
	cr_expect_eq(s.volume, 100);
	cr_expect_eq(bindings_action(&b, "P", 0), ACTION_PAUSE, "a bad line changes nothing");
	unlink(path);
}

/* --- keys --------------------------------------------------------------------------------- */

Test(bindings, presets_are_whole_and_unambiguous)
{
	static char text[2000];

	for (unsigned preset = 0; preset < 6; preset++) {
		bindings_preset(&b, preset);
		cr_expect_lt(b.count, BINDINGS_MAX);
		for (unsigned i = 0; i < b.count; i++) {
			const struct binding *p = &b.items[i];

			if (p->target < PAD_TARGET)
				cr_expect_eq((int)bindings_action(&b, p->key, p->modifiers),
				    p->target, "preset %u: %s is two actions", preset, p->key);
			else
				cr_expect_eq(bindings_button(&b, p->key), p->target - PAD_TARGET,
				    "preset %u: %s is two buttons", preset, p->key);
		}
		for (int button = 0; button < PAD_BUTTONS; button++) {
			bindings_text(&b, PAD_TARGET + button, text, sizeof(text));
			cr_expect(text[0], "preset %u: button %d has no key", preset, button);
		}
		bindings_text(&b, ACTION_MENU, text, sizeof(text));
		cr_expect(strstr(text, "Ctrl+Alt+"), "the menu is in reach of every machine");
	}
}

/* An action without modifiers would take a button's key away. */
Test(bindings, no_key_is_an_action_and_a_button)
{
	for (unsigned preset = 0; preset < 6; preset++) {
		bindings_preset(&b, preset);
		for (unsigned i = 0; i < b.count; i++) {
			const struct binding *p = &b.items[i];

			if (p->target >= PAD_TARGET)
				cr_expect_eq(bindings_action(&b, p->key, 0), ACTION_NONE,
				    "preset %u: %s", preset, p->key);
		}
	}
}

Test(bindings, modifiers_count)
{
	cr_expect_eq(bindings_action(&b, "F1", 0), ACTION_LOAD_1);
	cr_expect_eq(bindings_action(&b, "F1", CHORD_SHIFT), ACTION_SAVE_1);
	cr_expect_eq(bindings_action(&b, "F1", CHORD_CTRL), ACTION_NONE);
	cr_expect_eq(bindings_action(&b, "f1", CHORD_SHIFT), ACTION_SAVE_1);
	cr_expect(bindings_set(&b, "save-1", "shift+ctrl+alt+A, F3", why, sizeof(why)));
	cr_expect_eq(bindings_action(&b, "A", CHORD_SHIFT | CHORD_CTRL | CHORD_ALT), ACTION_SAVE_1);
	cr_expect_eq(bindings_action(&b, "F1", CHORD_SHIFT), ACTION_NONE);
	cr_expect_not(bindings_set(&b, "save-9", "F1", why, sizeof(why)));
	cr_expect_not(
	    bindings_set(&b, "save-1", "a key whose name is far too long", why, sizeof(why)));
	cr_expect_eq(bindings_action(&b, "F3", 0), ACTION_SAVE_1, "a refused line changes nothing");
	cr_expect(bindings_set(&b, "pad-a", "", why, sizeof(why)));
	cr_expect_eq(bindings_button(&b, "X"), -1);
}
