/* State tables: everything that is done with a field table alone. */
#include "machine/state.h"

#include <inttypes.h>
#include <string.h>

const char *state_tiles(const struct state_table *t)
{
	uint64_t end = 0;

	for (unsigned i = 0; i < t->count; i++) {
		const struct field *f = &t->fields[i];
		if (f->offset != end)
			return f->name;
		end += (uint64_t)f->count * f->width;
	}
	return end == t->size ? NULL : "(end)";
}

uint64_t state_get(const struct field *f, const void *state, uint32_t index)
{
	uint64_t value = 0;

	memcpy(&value, (const uint8_t *)state + f->offset + (size_t)index * f->width, f->width);
	return value; /* the host is little-endian: the low bytes */
}

void state_set(const struct field *f, void *state, uint32_t index, uint64_t value)
{
	memcpy((uint8_t *)state + f->offset + (size_t)index * f->width, &value, f->width);
}

void state_reset(const struct state_table *t, void *state)
{
	for (unsigned i = 0; i < t->count; i++)
		for (uint32_t n = 0; n < t->fields[i].count; n++)
			state_set(&t->fields[i], state, n, t->fields[i].reset);
}

const struct field *state_field(const struct state_table *t, const char *name)
{
	for (unsigned i = 0; i < t->count; i++)
		if (strcmp(t->fields[i].name, name) == 0)
			return &t->fields[i];
	return NULL;
}

bool state_difference(
    const struct state_table *t, const void *a, const void *b, char *text, size_t size)
{
	for (unsigned i = 0; i < t->count; i++) {
		const struct field *f = &t->fields[i];
		for (uint32_t n = 0; n < f->count; n++) {
			uint64_t x = state_get(f, a, n), y = state_get(f, b, n);
			if (x == y)
				continue;
			char index[16] = "";
			if (f->count > 1)
				snprintf(index, sizeof index, "[%" PRIu32 "]", n);
			snprintf(
			    text, size, "%s%s: 0x%" PRIx64 " != 0x%" PRIx64, f->name, index, x, y);
			return true;
		}
	}
	return false;
}

void state_print(const struct state_table *t, const void *state, FILE *out)
{
	for (unsigned i = 0; i < t->count; i++) {
		const struct field *f = &t->fields[i];
		fprintf(out, "%s:", f->name);
		for (uint32_t n = 0; n < f->count; n++)
			fprintf(out, " %0*" PRIx64, 2 * f->width, state_get(f, state, n));
		fputc('\n', out);
	}
}
