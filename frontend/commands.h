/* The commands, one function each (rows in options.def), and how they speak. */
#ifndef MYNA_FRONTEND_COMMANDS_H
#define MYNA_FRONTEND_COMMANDS_H

#include "frontend/options.h"

#define COMMAND(id, name, operands, function, ...) command_fn function;
#include "frontend/options.def"

/* "myna: ..." on standard error; returns `status`. */
enum status complain(enum status status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
