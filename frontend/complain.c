/* Errors as the user sees them. */
#include <stdarg.h>
#include <stdio.h>

#include "frontend/commands.h"

enum status complain(enum status status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("myna: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	return status;
}
