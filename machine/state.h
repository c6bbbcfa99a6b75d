/* State tables: one table per device that lists every member of its state struct.
 *
 * A device keeps everything a running guest can change in one flat struct without padding or
 * pointers.  Its table has one row per member, in order, each starting where the last one ended;
 * state_tiles() proves it, so a forgotten member fails a test.  From the table come reset, save,
 * load, hash, listing and the first difference between two states.
 *
 *	struct uart_state {
 *		uint32_t cr;            // control
 *		uint32_t level;         // bytes in fifo
 *		uint8_t fifo[16];
 *	};
 *	static const struct field uart_fields[] = {
 *		FIELD(struct uart_state, cr, 0x300),
 *		FIELD(struct uart_state, level, 0),
 *		FIELD_ARRAY(struct uart_state, fifo, 0),
 *	};
 *
 * Allowed types are the fixed-width integers and arrays of them; anything else (a pointer, a
 * nested struct, an enum, bool) does not compile.  Booleans are uint8_t of 0 or 1.
 */
#ifndef MYNA_MACHINE_STATE_H
#define MYNA_MACHINE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct field {
	const char *name;
	uint32_t offset; /* bytes from the start of the struct */
	uint32_t count;  /* elements; 1 for a scalar */
	uint8_t width;   /* bytes of an element: 1, 2, 4, 8 */
	uint64_t reset;  /* value of every element after reset */
};

#define FIELD_WIDTH(expr)                                                                  \
	_Generic((expr), uint8_t : 1, int8_t : 1, uint16_t : 2, int16_t : 2, uint32_t : 4, \
	    int32_t : 4, uint64_t : 8, int64_t : 8)
#define FIELD(type, member, reset_value)                                                          \
	{                                                                                         \
#member, offsetof(type, member), 1, FIELD_WIDTH(((type *)0)->member), reset_value \
	}
#define FIELD_ARRAY(type, member, reset_value)                                    \
	{                                                                         \
#member, offsetof(type, member),                                  \
		    sizeof(((type *)0)->member) / sizeof(((type *)0)->member[0]), \
		    FIELD_WIDTH(((type *)0)->member[0]), reset_value              \
	}

/* A table with what it describes. */
struct state_table {
	const struct field *fields;
	unsigned count;
	uint32_t size; /* sizeof the state struct */
};
#define STATE_TABLE(type, rows)                                      \
	{                                                            \
		rows, sizeof(rows) / sizeof((rows)[0]), sizeof(type) \
	}

/* NULL if the rows cover the struct exactly, else the name of the first row that does not start
 * where the one before it ended ("(end)" when bytes are left over). */
const char *state_tiles(const struct state_table *t);

void state_reset(const struct state_table *t, void *state);

/* Element `index` of row `f`, zero-extended. */
uint64_t state_get(const struct field *f, const void *state, uint32_t index);
void state_set(const struct field *f, void *state, uint32_t index, uint64_t value);
const struct field *state_field(const struct state_table *t, const char *name);

/* The first element in which two states differ, as "name[index]: 0x1 != 0x2" in `text`.
 * False if they are equal. */
bool state_difference(
    const struct state_table *t, const void *a, const void *b, char *text, size_t size);

/* One line per field, for the monitor. */
void state_print(const struct state_table *t, const void *state, FILE *out);

#endif
