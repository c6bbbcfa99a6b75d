/* Which engine a test is to run on. */
#ifndef MYNA_TESTS_INSN_ENGINE_CHOICE_H
#define MYNA_TESTS_INSN_ENGINE_CHOICE_H

#include <stdio.h>
#include <stdlib.h>

#include "cpu/engine.h"

/* The engine that MYNA_INSN_ENGINE names, the interpreter if it is not set; exits if it is none. */
static inline enum engine_kind engine_choice(void)
{
	const char *name = getenv("MYNA_INSN_ENGINE");
	enum engine_kind kind = ENGINE_INTERP;
	if (!name || engine_named(name, &kind))
		return kind;
	fprintf(stderr, "MYNA_INSN_ENGINE=%s: no such engine\n", name);
	exit(2);
}

#endif
