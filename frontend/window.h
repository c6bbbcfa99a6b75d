/* The window: what a run gives it, and how it is found.
 *
 * The window is a module of its own, myna-window.so, loaded when a window is to be opened: a run
 * without one loads neither SDL nor the fifty libraries behind it. */
#ifndef MYNA_FRONTEND_WINDOW_H
#define MYNA_FRONTEND_WINDOW_H

#include <stdbool.h>
#include <stddef.h>

#include "frontend/bindings.h"
#include "frontend/session.h"
#include "frontend/settings.h"
#include "frontend/slots.h"

struct window_config {
	struct session *session; /* of a machine with a screen */
	struct settings settings;
	struct bindings bindings;
	struct slots slots;
	const char *title;
	bool fast;           /* begin in fast-forward */
	char *settings_path; /* where changed settings are kept; NULL: nowhere */
	/* Can a file that was dropped be run?  False with a sentence. */
	bool (*droppable)(const char *path, char *why, size_t size);
	char *dropped; /* set by the window: start this file instead; malloc'ed */
};

/* Run the session in a window, to its end.  False with a reason when there can be no window:
 * then nothing has happened, and the session may run without one. */
bool window_run(struct window_config *w, char *why, size_t size);

/* Can the module be had?  False with a reason. */
bool window_available(char *why, size_t size);

/* What the module offers under the name below. */
typedef bool window_run_fn(struct window_config *w, char *why, size_t size);
#define WINDOW_MODULE "myna-window.so"
#define WINDOW_ENTRY  "sdl_window_run"

#endif
