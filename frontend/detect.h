/* Which machine a file is for, by what is in it: `myna FILE`. */
#ifndef MYNA_FRONTEND_DETECT_H
#define MYNA_FRONTEND_DETECT_H

#include "frontend/options.h"

/* Change `o` from running FILE, its only operand, into running the machine that is for it.  Strings
 * in `o` point to FILE and to constants. */
enum status detect_machine(struct options *o, char *why, size_t size);

#endif
