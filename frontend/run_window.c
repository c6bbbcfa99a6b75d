/* From options to the window and back: settings are the defaults, then the configuration file, then
 * the command line. */
#include "frontend/run_window.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "frontend/commands.h"
#include "frontend/directories.h"
#include "frontend/window.h"

static void warn(const char *text)
{
	fprintf(stderr, "myna: warning: %s\n", text);
}

static enum status set_one(struct window_config *w, const char *item)
{
	const char *equals = strchr(item, '=');
	char name[64], why[300];

	if (!equals || (size_t)(equals - item) >= sizeof(name))
		return complain(STATUS_USAGE, "--set %.60s: write NAME=VALUE", item);
	snprintf(name, sizeof(name), "%.*s", (int)(equals - item), item);
	if (settings_set(&w->settings, &w->bindings, name, equals + 1, why, sizeof(why)))
		return STATUS_OK;
	return complain(STATUS_USAGE, "--set %s", why);
}

/* 0.1 to 4 times, in the percent of the setting. */
static enum status set_speed(struct window_config *w, const char *text, bool *fast)
{
	char *end;
	double times = strtod(text, &end);

	*fast = !strcmp(text, "max");
	if (*fast)
		return STATUS_OK;
	if (end == text || *end || !(times >= 0.1 && times <= 4))
		return complain(STATUS_USAGE, "--speed %.60s: give 0.1 to 4, or max", text);
	w->settings.speed = (int)(times * 100 + 0.5);
	return STATUS_OK;
}

static enum status read_settings(struct window_config *w, const struct options *o)
{
	enum status status = STATUS_OK;

	settings_default(&w->settings);
	bindings_preset(&w->bindings, 0);
	if (o->config && access(o->config, R_OK))
		return complain(STATUS_USAGE, "--config %.200s: cannot be read", o->config);
	if (!o->no_config)
		w->settings_path =
		    o->config ? strdup(o->config) : directory_file(DIRECTORY_CONFIG, "myna.conf");
	if (w->settings_path)
		settings_read(&w->settings, &w->bindings, w->settings_path, warn);
	for (unsigned i = 0; i < o->sets.count && !status; i++)
		status = set_one(w, o->sets.items[i]);
	if (o->keys && !status) {
		char item[32];

		snprintf(item, sizeof(item), "keys=%s", o->keys);
		status = set_one(w, item);
	}
	if (o->speed && !status)
		status = set_speed(w, o->speed, &w->fast);
	if (o->fullscreen)
		w->settings.fullscreen = 1;
	if (o->scale)
		w->settings.scale = (int)o->scale;
	if (!o->audio)
		w->settings.sound = 0;
	return status;
}

enum status run_in_window(const struct options *o, struct session *s, struct run_window *r)
{
	struct window_config w = {
	    .session = s, .slots = {.reason = r->refused}, .droppable = r->droppable};
	enum status status = read_settings(&w, o);
	char title[80], why[500];

	snprintf(w.slots.identity, sizeof(w.slots.identity), "%s", r->identity);
	snprintf(title, sizeof(title), "%s - myna", s->machine->name);
	w.title = title;
	r->shown = !status && window_run(&w, why, sizeof(why));
	r->dropped = w.dropped;
	free(w.settings_path);
	if (status || r->shown)
		return status;
	/* A machine without a serial port can only be seen. */
	if (!s->machine->port_count)
		return complain(
		    STATUS_TRY_AGAIN, "no window: %s; --headless runs without one", why);
	if (!o->quiet)
		fprintf(stderr, "myna: warning: no window: %s; the run goes on without one\n", why);
	return STATUS_OK;
}
