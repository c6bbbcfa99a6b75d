/* Devices: a type (table and hooks) and an instance (tag and state).
 *
 * A device struct embeds `struct device` first, then its state struct, then wires and endpoints:
 *
 *	struct uart {
 *		struct device dev;
 *		struct uart_state s;
 *		struct wire irq;
 *		struct serial_port *port;
 *	};
 *
 * Two-phase start: uart_init() may touch only the device itself (it calls device_init() and
 * registers events); connecting wires, ports and bus regions is the board's work afterwards.
 */
#ifndef MYNA_MACHINE_DEVICE_H
#define MYNA_MACHINE_DEVICE_H

#include "machine/state.h"

struct device;
struct state_writer;
struct state_reader;

struct device_type {
	const char *name;        /* "pl011": what `myna list devices` shows */
	const char *description; /* one line, with the manual it follows */
	struct state_table table;
	/* After state_reset(): what a table cannot say.  May be NULL. */
	void (*reset)(struct device *d);
	/* After loading: check untrusted values (return false and fill `why`), then recompute
	 * derived data.  Levels and due ticks need no driving: receivers and events are in the
	 * file, and the machine may stand in the middle of a round.  May be NULL. */
	bool (*loaded)(struct device *d, char *why, size_t size);
	/* Data that is not in the table because its size varies (a disk's overlay).  Both or none.
	 */
	bool (*save_blob)(struct device *d, struct state_writer *w);
	bool (*load_blob)(struct device *d, struct state_reader *r, char *why, size_t size);
};

struct device {
	const struct device_type *type;
	const char *tag;     /* unique in its machine, e.g. "uart0"; not owned */
	void *state;         /* the struct the table describes */
	struct device *next; /* machine's list, in order of attachment */
};

void device_init(struct device *d, const struct device_type *type, const char *tag, void *state);
void device_reset(struct device *d);

#endif
