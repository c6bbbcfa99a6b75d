/* virtio entropy device (virtio 1.2, section 5.4).
 *
 * Queue 0 fills buffers with the output of a seeded generator whose position is machine state: two
 * runs with one seed see the same bytes.  It is no source of secrets, on purpose.
 */
#ifndef MYNA_DEVICES_VIRTIO_RNG_H
#define MYNA_DEVICES_VIRTIO_RNG_H

#include "devices/virtio.h"
#include "machine/device.h"

struct virtio_rng_state {
	uint64_t position; /* of the generator */
};

struct virtio_rng {
	struct device dev;
	struct virtio_rng_state s;
	struct virtio_function function;
	uint64_t seed; /* position after power-on */
};

extern const struct device_type virtio_rng_type;

void virtio_rng_init(struct virtio_rng *r, const char *tag, uint64_t seed);

#endif
