/* Values on the command line: numbers, sizes, times, escapes, and guesses at what was meant. */
#include "frontend/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The value of a digit of any base up to 16; 16 for anything else. */
static unsigned digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 16;
}

/* Digits at the start of *text, decimal or 0x; moves *text past them. */
static bool read_digits(const char **text, uint64_t *out, bool *overflow)
{
	unsigned base = 10;
	const char *p = *text;

	if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X') && digit_value(p[2]) < 16) {
		base = 16;
		p += 2;
	}
	if (digit_value(*p) >= base)
		return false;
	*overflow = false;
	for (*out = 0; digit_value(*p) < base; p++) {
		if (__builtin_mul_overflow(*out, base, out) ||
		    __builtin_add_overflow(*out, digit_value(*p), out))
			*overflow = true;
	}
	*text = p;
	return true;
}

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit number_units[] = {{"", 1}, {NULL}};
static const struct unit size_units[] = {
    {"", UINT64_C(1) << 20},
    {"K", UINT64_C(1) << 10},
    {"M", UINT64_C(1) << 20},
    {"G", UINT64_C(1) << 30},
    {"T", UINT64_C(1) << 40},
    {NULL},
};
static const struct unit time_units[] = {
    {"", UINT64_C(1000000000)},
    {"s", UINT64_C(1000000000)},
    {"ms", UINT64_C(1000000)},
    {"us", UINT64_C(1000)},
    {"ns", 1},
    {"m", UINT64_C(60000000000)},
    {"h", UINT64_C(3600000000000)},
    {NULL},
};

static const struct unit *find_unit(const struct unit *units, const char *text)
{
	/* MiB and MB are taken for M. */
	bool bytes = units == size_units && text[0] &&
		     (!strcasecmp(text + 1, "iB") || !strcasecmp(text + 1, "B"));

	for (; units->name; units++) {
		if (!strcasecmp(units->name, text) ||
		    (bytes && units->name[0] && !strncasecmp(units->name, text, 1)))
			return units;
	}
	return NULL;
}

/* How a limit reads in a message: in the largest unit that divides it. */
static const char *show_limit(const struct unit *units, uint64_t value, char *text, size_t size)
{
	const struct unit *best = NULL;

	for (const struct unit *u = units; u->name; u++) {
		if (value % u->factor == 0 && value && (u->name[0] || units == number_units) &&
		    (!best || u->factor > best->factor))
			best = u;
	}
	if (best)
		snprintf(
		    text, size, "%llu%s", (unsigned long long)(value / best->factor), best->name);
	else
		snprintf(text, size, "%llu", (unsigned long long)value);
	return text;
}

static bool parse_quantity(const struct unit *units, const char *what, const char *text,
    const char *option, uint64_t low, uint64_t high, uint64_t *out, char *why, size_t size)
{
	const char *p = text;
	const struct unit *unit;
	uint64_t value;
	bool overflow;
	char a[32], b[32];

	if (!read_digits(&p, &value, &overflow) || !(unit = find_unit(units, p))) {
		snprintf(why, size, "%s %s: not %s", option, text, what);
		return false;
	}
	if (__builtin_mul_overflow(value, unit->factor, &value))
		overflow = true;
	if (overflow || value < low || value > high) {
		snprintf(why, size, "%s %s: out of range, give %s to %s", option, text,
		    show_limit(units, low, a, sizeof(a)), show_limit(units, high, b, sizeof(b)));
		return false;
	}
	*out = value;
	return true;
}

bool parse_number(const char *text, const char *option, uint64_t low, uint64_t high, uint64_t *out,
    char *why, size_t size)
{
	return parse_quantity(
	    number_units, "a whole number", text, option, low, high, out, why, size);
}

bool parse_size(const char *text, const char *option, uint64_t low, uint64_t high, uint64_t *out,
    char *why, size_t size)
{
	return parse_quantity(
	    size_units, "a size; write 512M or 2G", text, option, low, high, out, why, size);
}

bool parse_time(const char *text, const char *option, uint64_t low, uint64_t high, uint64_t *out,
    char *why, size_t size)
{
	return parse_quantity(
	    time_units, "a time; write 30s, 500ms or 2m", text, option, low, high, out, why, size);
}

/* The value of up to `most` digits of `base` at *p. */
static unsigned escape_digits(const char **p, const char *end, unsigned base, unsigned most)
{
	unsigned value = 0;

	for (; most && *p < end && digit_value(**p) < base; most--, ++*p)
		value = value * base + digit_value(**p);
	return value;
}

long unescape(const char *text, size_t n, char *out)
{
	static const char letters[] = "abefnrtv", bytes[] = "\a\b\033\f\n\r\t\v";
	const char *p = text, *end = text + n;
	char *to = out;

	while (p < end) {
		const char *letter;

		if (*p != '\\') {
			*to++ = *p++;
			continue;
		}
		if (++p == end)
			return -1;
		letter = strchr(letters, *p);
		if (*p >= '0' && *p <= '7') {
			*to++ = (char)escape_digits(&p, end, 8, 3);
		} else if (*p == 'x') {
			const char *digits = ++p;

			*to++ = (char)escape_digits(&p, end, 16, 2);
			if (p == digits)
				return -1;
		} else {
			*to++ = *p && letter ? bytes[letter - letters] : *p;
			p++;
		}
	}
	return to - out;
}

#define EDIT_LONGEST 40

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Optimal string alignment distance, three rows at a time. */
unsigned edit_distance(const char *a, const char *b, unsigned limit)
{
	size_t la = strlen(a), lb = strlen(b);
	unsigned rows[3][EDIT_LONGEST + 1];

	if (la > EDIT_LONGEST || lb > EDIT_LONGEST)
		return limit;
	for (unsigned j = 0; j <= lb; j++)
		rows[0][j] = j;
	for (unsigned i = 1; i <= la; i++) {
		unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *twice = rows[(i + 1) % 3];

		row[0] = i;
		for (unsigned j = 1; j <= lb; j++) {
			unsigned best = above[j - 1] + (a[i - 1] != b[j - 1]);

			best = least(best, least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				best = least(best, twice[j - 2] + 1);
			row[j] = best;
		}
	}
	return least(rows[la % 3][lb], limit);
}

struct suggestion suggestion_for(const char *typed)
{
	/* A third of the word may be wrong before a guess insults. */
	return (struct suggestion){typed, (unsigned)strlen(typed) / 3 + 2, ""};
}

void suggestion_offer(struct suggestion *s, const char *word)
{
	unsigned distance = edit_distance(s->typed, word, s->distance);

	if (distance < s->distance) {
		s->distance = distance;
		snprintf(s->best, sizeof(s->best), "%s", word);
	}
}

const char *suggestion_text(const struct suggestion *s, char *text, size_t size)
{
	if (s->best[0])
		snprintf(text, size, "; did you mean '%s'?", s->best);
	else
		text[0] = 0;
	return text;
}
