/* The eight state slots of a machine, each with a picture of what was on the screen. */
#ifndef MYNA_FRONTEND_SLOTS_H
#define MYNA_FRONTEND_SLOTS_H

#include <stdbool.h>
#include <stddef.h>

#include "frontend/picture.h"

#define SLOTS 8

struct machine;

struct slots {
	char identity[64];  /* of the machine and what runs on it: the directory's name */
	const char *reason; /* why states would be half of one, NULL: they are whole */
};

/* All take slots 1 to 8 and return false with a sentence. */
bool slots_save(struct slots *s, unsigned slot, struct machine *m, char *why, size_t size);
/* A state that cannot be loaded leaves the machine as it is. */
bool slots_load(struct slots *s, unsigned slot, struct machine *m, char *why, size_t size);

/* Is the slot in use?  When was it saved ("2024-01-31 12:00")? */
bool slots_used(const struct slots *s, unsigned slot, char *when, size_t size);
/* The picture of a slot; false: it has none. */
bool slots_picture(const struct slots *s, unsigned slot, struct picture *p);

#endif
