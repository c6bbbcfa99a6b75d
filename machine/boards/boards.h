/* The boards there are: one row each, for `myna run`, `myna list machines` and `myna info`. */
#ifndef MYNA_BOARDS_BOARDS_H
#define MYNA_BOARDS_BOARDS_H

#include "machine/boards/gba.h"
#include "machine/boards/virt_arm64.h"

struct board_interrupt {
	unsigned intid; /* as the interrupt controller counts */
	const char *source;
};

struct board {
	const char *name;                         /* "virt": what the user types */
	const char *description;                  /* one line */
	const char *cpu;                          /* name in the list of CPUs */
	const struct board_interrupt *interrupts; /* ends with a row without source */
	/* `myna run NAME FILE`: the file is board_config.rom, and in an archive it is the one with
	 * one of these suffixes ("gba agb").  NULL: takes none. */
	const char *rom_suffixes;
	struct machine *(*create)(const struct board_config *config, char *why, size_t size);
};

/* Ends with a row whose name is NULL. */
extern const struct board boards[];

/* The board called `name`, or NULL. */
const struct board *board_find(const char *name);

#endif
