#include "tests/insn/normalise.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A number starts here, not the tail of a name such as v3.16b. */
static bool starts_number(const char *text, const char *p)
{
	if (*p == '-')
		return isdigit((unsigned char)p[1]);
	return isdigit((unsigned char)*p) &&
	    (p == text || (!isalnum((unsigned char)p[-1]) && p[-1] != '_' && p[-1] != '.'));
}

/* An integer as 64 bits, 32 if `narrow`; a fraction with what FMOV's immediates need. */
static const char *number(const char *p, bool narrow, char *out, size_t size)
{
	char *end;
	bool negative = *p == '-';
	uint64_t v = strtoull(p + negative, &end, 0);
	if (*end == '.' && isdigit((unsigned char)end[1])) {
		snprintf(out, size, "%.8g", strtod(p, &end));
		return end;
	}
	v = negative ? -v : v;
	snprintf(out, size, "0x%" PRIx64, narrow ? (uint32_t)v : v);
	return end;
}

void normalise(const char *text, char *out, size_t size)
{
	size_t n = 0;
	const char *p = text;
	while (*p && !isspace((unsigned char)*p) && n + 1 < size)
		out[n++] = (char)tolower((unsigned char)*p++);
	while (isspace((unsigned char)*p))
		p++;
	if (*p && n + 1 < size)
		out[n++] = ' ';
	bool narrow = *p == 'w';
	while (*p && n + 32 < size) {
		if (starts_number(text, p)) {
			p = number(p, narrow, out + n, size - n);
			n += strlen(out + n);
			continue;
		}
		if (!isspace((unsigned char)*p) && *p != '#')
			out[n++] = (char)tolower((unsigned char)*p);
		p++;
	}
	out[n] = 0;
}
