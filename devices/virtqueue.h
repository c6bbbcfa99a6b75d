/* Split virtqueues, the device's side (virtio 1.2, section 2.7).
 *
 * Rings and descriptors lie in guest memory and may hold anything, at any moment something else.
 * A chain is therefore copied and checked once, in bounded time; afterwards only the copy counts.
 * A queue that breaks a rule is reported with a reason and never touched again before a reset.
 */
#ifndef MYNA_DEVICES_VIRTQUEUE_H
#define MYNA_DEVICES_VIRTQUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine/bus.h"
#include "machine/state.h"

#define VIRTQ_SIZE_MAX 256 /* descriptors of a queue, and segments of a chain */

/* Feature bits that change the ring. */
#define VIRTIO_F_INDIRECT_DESC 28
#define VIRTIO_F_EVENT_IDX     29

/* One queue; a part of its transport's state, listed there with VIRTQUEUE_FIELDS. */
struct virtqueue {
	uint64_t desc;     /* physical address of the descriptor table */
	uint64_t driver;   /* of the available ring */
	uint64_t device;   /* of the used ring */
	uint32_t num;      /* descriptors: a power of two up to VIRTQ_SIZE_MAX once ready */
	uint32_t ready;    /* 0 or 1 */
	uint32_t features; /* low word of the negotiated features, latched when made ready */
	uint16_t avail;    /* index of the next available entry to take */
	uint16_t used;     /* index of the next used entry to write */
};

#define VIRTQUEUE_FIELDS(type, q)                                                       \
	FIELD(type, q.desc, 0), FIELD(type, q.driver, 0), FIELD(type, q.device, 0),     \
	    FIELD(type, q.num, 0), FIELD(type, q.ready, 0), FIELD(type, q.features, 0), \
	    FIELD(type, q.avail, 0), FIELD(type, q.used, 0)

struct virtq_segment {
	uint64_t pa;
	uint32_t size;
};

/* A descriptor chain: first the bytes the device reads (out), then those it writes (in).  Every
 * segment lies in one RAM region. */
struct virtq_chain {
	uint16_t head;
	uint16_t out_count, in_count;
	uint64_t out_size, in_size; /* bytes */
	struct virtq_segment segment[VIRTQ_SIZE_MAX];
};

/* NULL if the queue may be made ready, else what is wrong with it. */
const char *virtq_check(const struct virtqueue *q, struct bus *b);

enum virtq_result { VIRTQ_EMPTY, VIRTQ_CHAIN, VIRTQ_BROKEN };

/* Look at the next available chain without taking it.  VIRTQ_BROKEN leaves a reason in `why`. */
enum virtq_result virtq_peek(
    const struct virtqueue *q, struct bus *b, struct virtq_chain *c, const char **why);

/* Take the chain virtq_peek() showed and return it to the driver with `written` bytes in its
 * in-part.  `interrupt` tells whether the driver wants to hear of it.  False: the rings are no
 * longer in RAM. */
bool virtq_complete(struct virtqueue *q, struct bus *b, const struct virtq_chain *c,
    uint32_t written, bool *interrupt);

/* Copy from byte `offset` of the out-part, or to byte `offset` of the in-part.  Returns the bytes
 * copied, fewer than `n` only where the part ends. */
size_t virtq_read(struct bus *b, const struct virtq_chain *c, uint64_t offset, void *out, size_t n);
size_t virtq_write(
    struct bus *b, const struct virtq_chain *c, uint64_t offset, const void *in, size_t n);

#endif
