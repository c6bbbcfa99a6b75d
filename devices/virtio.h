/* What a virtio device offers the transport that carries it (virtio 1.2, section 2).
 *
 * The transport owns registers, rings and time; a function (block, console, entropy) sees one
 * checked descriptor chain at a time.  A chain stays in the ring until the tick at which it is
 * done and is served whole at that tick, so nothing is in flight outside guest memory and a
 * snapshot can be taken at any moment.  How long a chain takes is counted in guest time and
 * depends on the chain alone.
 */
#ifndef MYNA_DEVICES_VIRTIO_H
#define MYNA_DEVICES_VIRTIO_H

#include "devices/virtqueue.h"

#define VIRTIO_MAX_QUEUES  2
#define VIRTIO_F_VERSION_1 32

/* Device types (section 5). */
#define VIRTIO_ID_BLOCK   2
#define VIRTIO_ID_CONSOLE 3
#define VIRTIO_ID_ENTROPY 4
#define VIRTIO_ID_INPUT   18

enum virtio_served {
	VIRTIO_DONE,  /* the chain goes back to the driver */
	VIRTIO_LATER, /* nothing to give it yet; it stays until the function calls virtio_kick() */
	VIRTIO_BAD,   /* the driver broke the device's rules: it needs a reset */
};

struct virtio_function;

struct virtio_function_type {
	uint32_t id;
	unsigned queues; /* at most VIRTIO_MAX_QUEUES */
	/* Guest nanoseconds between a chain's turn and its completion. */
	uint64_t (*latency)(struct virtio_function *f, unsigned queue, const struct virtq_chain *c);
	/* Do what the chain asks.  `written` is the number of bytes put into its in-part. */
	enum virtio_served (*serve)(struct virtio_function *f, unsigned queue,
	    const struct virtq_chain *c, uint32_t *written);
	/* The driver writes a byte of the configuration.  NULL: it cannot be written. */
	void (*configure)(struct virtio_function *f, uint32_t offset, uint8_t value);
};

struct virtio_function {
	const struct virtio_function_type *type;
	uint64_t features; /* of the device; the transport adds its own */
	const uint8_t
	    *config; /* device configuration, little-endian; changes only in configure() */
	uint32_t config_size;
	/* Filled in and kept up to date by the transport. */
	uint64_t accepted; /* features negotiated; 0 before */
	struct bus *bus;
	void (*kick)(void *transport, unsigned queue);
	void *transport;
};

/* A queue whose chains had to wait can go on. */
static inline void virtio_kick(struct virtio_function *f, unsigned queue)
{
	if (f->kick)
		f->kick(f->transport, queue);
}

#endif
