/* Endpoints: where a machine meets the outside.
 *
 * A machine owns its endpoints; a frontend attaches to them.  Guest output goes to a sink at
 * once.  Input is put into a bounded queue by the frontend between calls of machine_run(), so
 * what the guest sees depends only on the tick at which it was put there.
 */
#ifndef MYNA_MACHINE_ENDPOINT_H
#define MYNA_MACHINE_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine/device.h"

/* A character stream in both directions (UART, virtio console). */
#define SERIAL_QUEUE 4096

struct serial_state {
	uint32_t head;  /* index of the oldest byte */
	uint32_t count; /* bytes waiting for the guest, at most SERIAL_QUEUE */
	uint8_t bytes[SERIAL_QUEUE];
};

struct serial_port {
	struct device dev; /* its queue is machine state */
	struct serial_state s;
	/* Frontend side: receives every byte the guest sends.  May be NULL. */
	void (*sink)(void *owner, const uint8_t *bytes, size_t n);
	void *sink_owner;
	/* Device side: called when bytes have been queued.  May be NULL. */
	void (*ready)(void *owner);
	void *ready_owner;
};

void serial_init(struct serial_port *p, const char *tag);
/* Frontend: queue bytes for the guest; returns how many fitted. */
size_t serial_input(struct serial_port *p, const uint8_t *bytes, size_t n);
/* Device: take up to `n` queued bytes. */
size_t serial_take(struct serial_port *p, uint8_t *out, size_t n);
/* Device: send bytes out. */
void serial_output(struct serial_port *p, const uint8_t *bytes, size_t n);

/* A disk as a device sees it.  The implementation (files, overlays) belongs to the frontend.
 * All calls are synchronous.  `offset` and `n` are multiples of 512 and inside `size`, which the
 * device has checked. */
enum block_result { BLOCK_OK, BLOCK_IO_ERROR, BLOCK_NO_SPACE };

struct state_writer;
struct state_reader;

struct block_backend {
	uint64_t size; /* bytes, a multiple of 512 */
	bool readonly;
	enum block_result (*read)(struct block_backend *b, uint64_t offset, void *out, size_t n);
	enum block_result (*write)(
	    struct block_backend *b, uint64_t offset, const void *in, size_t n);
	/* Returns after everything written before has reached the disk. */
	enum block_result (*flush)(struct block_backend *b);
	/* The part of the contents that a snapshot must hold (the overlay); NULL if none. */
	bool (*save)(struct block_backend *b, struct state_writer *w);
	/* load() reads and checks the contents and keeps them aside; commit() puts them in force
	 * once the whole machine has been loaded, so that a state that cannot be loaded costs
	 * nothing.  commit() may be NULL. */
	bool (*load)(struct block_backend *b, struct state_reader *r, char *why, size_t size);
	bool (*commit)(struct block_backend *b, char *why, size_t size);
};

#endif
