/* What a cartridge keeps without power, in a .sav file: the plain contents of its memory. */
#ifndef MYNA_FRONTEND_BATTERY_H
#define MYNA_FRONTEND_BATTERY_H

#include "frontend/media.h"

struct machine;

struct battery {
	char *path; /* NULL: nothing is kept */
	struct media contents;
};

/* Read the file `sav`.  NULL: the one in the user's directory that is called like the cartridge
 * `rom`, or none if `isolated`.  A file that does not exist yet is an empty one. */
enum status battery_open(
    struct battery *b, const char *sav, const char *rom, bool isolated, char *why, size_t size);

/* Write it back if the guest has changed it. */
enum status battery_save(const struct battery *b, const struct machine *m, char *why, size_t size);

void battery_free(struct battery *b);

#endif
