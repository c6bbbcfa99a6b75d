/* --screenshot: pictures of the screen at moments of guest time, and at the end. */
#ifndef MYNA_FRONTEND_SHOTS_H
#define MYNA_FRONTEND_SHOTS_H

#include "frontend/options.h"

struct machine;

struct shot {
	char *path;
	uint64_t tick;  /* UINT64_MAX: not by time */
	uint64_t frame; /* UINT64_MAX: not by frame; both: at the end */
	bool taken;
};

struct shots {
	struct shot items[OPTION_LIST_MAX];
	unsigned count;
	uint64_t due; /* the earliest tick that is still to come, UINT64_MAX: none */
	bool failed;  /* a file could not be written */
};

/* Also checks that the files can be created: a long run that ends in vain helps nobody. */
enum status shots_parse(struct shots *s, const struct option_list *list, const struct machine *m,
    char *why, size_t size);
void shots_free(struct shots *s);

/* The screen has finished that many pictures: is one of them wanted?  Then stop and call
 * shots_take(). */
bool shots_frame(const struct shots *s, uint64_t frame);

/* Write what is due now, or with `end` everything that is left: a moment that the run did not reach
 * shows its end.  A file that cannot be written is complained about. */
void shots_take(struct shots *s, struct machine *m, bool end);

#endif
