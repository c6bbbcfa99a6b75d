/* From options to the window and back. */
#ifndef MYNA_FRONTEND_RUN_WINDOW_H
#define MYNA_FRONTEND_RUN_WINDOW_H

#include "frontend/options.h"
#include "frontend/session.h"

/* What the window is told of the run, and what it tells. */
struct run_window {
	char identity[64];   /* names the machine and what runs on it */
	const char *refused; /* why its states would not be whole; NULL: they are */
	/* Can the file be run next?  False with a sentence. */
	bool (*droppable)(const char *path, char *why, size_t size);
	bool shown;    /* there was a window */
	char *dropped; /* a file to run next, malloc'ed; NULL: none */
};

/* Run the session in a window if there can be one.  Not STATUS_OK: said already. */
enum status run_in_window(const struct options *o, struct session *s, struct run_window *r);

#endif
