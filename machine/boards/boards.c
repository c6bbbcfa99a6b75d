/* The table of boards. */
#include "machine/boards/boards.h"

#include <string.h>

const struct board boards[] = {
	{"virt", "arm64 machine with the memory map of QEMU's virt board", "arm64", virt_arm64_new},
	{NULL},
};

const struct board *board_find(const char *name)
{
	for (const struct board *b = boards; b->name; b++) {
		if (!strcmp(b->name, name))
			return b;
	}
	return NULL;
}
