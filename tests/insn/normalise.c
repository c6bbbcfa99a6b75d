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

/* The older names of two conditions. */
static void rename_conditions(char *text)
{
	for (char *p = text + 1; *p; p++) {
		if ((p[-1] != ',' && p[-1] != '.') || (p[2] && p[2] != ' '))
			continue;
		if (!strncmp(p, "cs", 2))
			memcpy(p, "hs", 2);
		else if (!strncmp(p, "cc", 2))
			memcpy(p, "lo", 2);
	}
}

/* "{v30.8b-v1.8b}" lists its registers. */
static void expand_list(char *text, size_t size)
{
	char tail[256], kind[8];
	unsigned first, last, n;
	char *brace = strstr(text, "{v"), *p = brace;
	if (!brace ||
	    sscanf(brace, "{v%u.%7[0-9a-z]-v%u.%*[0-9a-z]}%n", &first, kind, &last, &n) != 3)
		return;
	snprintf(tail, sizeof tail, "%s", strchr(brace, '}'));
	for (char *end = text + size; p < end && first != ((last + 1) & 31);
	     first = (first + 1) & 31)
		p +=
		    snprintf(p, (size_t)(end - p), "%cv%u.%s", p == brace ? '{' : ',', first, kind);
	snprintf(p, (size_t)(text + size - p), "%s", tail);
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
	rename_conditions(out);
	expand_list(out, size);
}
