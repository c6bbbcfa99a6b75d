/* From options to the window and back. */
#ifndef MYNA_FRONTEND_RUN_WINDOW_H
#define MYNA_FRONTEND_RUN_WINDOW_H

#include "frontend/options.h"
#include "frontend/session.h"

/* Run the session in a window if there can be one; `*shown` says whether it was.  `identity` names
 * the machine and what runs on it, `refused` why its states would not be whole (NULL: they are).
 * `*dropped` becomes the file that is to run next, malloc'ed.  Not STATUS_OK: said already. */
enum status run_in_window(const struct options *o, struct session *s, const char *identity,
    const char *refused, char **dropped, bool *shown);

#endif
