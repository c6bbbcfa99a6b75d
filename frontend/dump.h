/* Translated blocks as text: guest instructions, intermediate form, host code. */
#ifndef MYNA_FRONTEND_DUMP_H
#define MYNA_FRONTEND_DUMP_H

#include <stdio.h>

#include "cpu/engine.h"

enum dump_part {
	DUMP_GUEST = 1,
	DUMP_LOWERED = 2, /* IR as the lowerings made it */
	DUMP_IR = 4,      /* IR as it is compiled */
	DUMP_HOST = 8,
	DUMP_ALL = 15
};

/* "guest,ir,host": the words of enum dump_part in any order.  False if a word is none. */
bool dump_parts(const char *words, unsigned *parts);

struct dump {
	FILE *out;
	unsigned parts;
	const uint8_t *mark; /* the host instruction here gets an arrow */
};

/* An engine's watch; its owner is a struct dump. */
void dump_block(void *dump, const struct engine_block *b, enum engine_stage stage);

#endif
