/* Fuzz target: a command line, its words separated by zeros or newlines.
 *
 * Parsing it must give a command or a reason, and the values of --until and --type must be read or
 * refused without a trace.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/options.h"
#include "frontend/typist.h"
#include "frontend/until.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WORDS_MAX 64
#define TICK_HZ   UINT64_C(1000000000)

/* The bytes that --until and --type then see from the guest. */
static void watch(struct until *u, struct typist *t, const char *text)
{
	uint64_t now = 0;

	for (; *text; text++, now++) {
		until_byte(u, (uint8_t)*text);
		typist_byte(t, (uint8_t)*text, now);
	}
}

static void read_values(const struct options *o, const char *text)
{
	char why[256] = "";
	struct until u;
	struct typist t;

	if (until_parse(&u, &o->untils, TICK_HZ, why, sizeof(why)))
		assert(why[0]);
	why[0] = 0;
	if (typist_parse(&t, &o->types, TICK_HZ, 0, why, sizeof(why)))
		assert(why[0]);
	else
		watch(&u, &t, text);
	until_free(&u);
	typist_free(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *copy = malloc(size + 1);
	char name[] = "myna";
	char *argv[WORDS_MAX + 1] = {name};
	int argc = 1;
	struct options o;
	char why[256] = "";

	if (!text || !copy)
		abort();
	memcpy(text, data, size);
	text[size] = 0;
	memcpy(copy, text, size + 1);
	for (char *p = text; p < text + size && argc < WORDS_MAX; p += strlen(p) + 1) {
		char *end = strchr(p, '\n');

		if (end)
			*end = 0;
		argv[argc++] = p;
	}
	if (options_parse(&o, argc, argv, why, sizeof(why))) {
		assert(why[0]);
	} else {
		assert(o.command != COMMAND_NONE || o.help || o.version);
		read_values(&o, copy);
	}
	free(text);
	free(copy);
	return 0;
}
