/* What myna says about itself. */
#ifndef MYNA_FRONTEND_HELP_H
#define MYNA_FRONTEND_HELP_H

#include <stdio.h>

#include "frontend/options.h"

extern const char help_summary[];

void help_general(FILE *out);
void help_command(FILE *out, enum command_id id);
/* The manual page in roff; docs/myna.1 is its output. */
void help_manual(FILE *out);

#endif
