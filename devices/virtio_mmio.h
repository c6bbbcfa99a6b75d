/* virtio over MMIO, version 2 (virtio 1.2, section 4.2).
 *
 * Registers: 0x200 bytes a slot; 0x100 and up is the function's configuration.
 * Wires:     irq, level, high while InterruptStatus is not zero.
 * Events:    one a queue, "<tag>.queue<n>": the tick at which its next chain is done.
 *
 * A board has a row of slots; all of them answer, those without a function with DeviceID 0.
 */
#ifndef MYNA_DEVICES_VIRTIO_MMIO_H
#define MYNA_DEVICES_VIRTIO_MMIO_H

#include "devices/virtio.h"
#include "machine/bus.h"
#include "machine/device.h"
#include "machine/event.h"
#include "machine/wire.h"

#define VIRTIO_MMIO_SIZE  0x200
#define VIRTIO_MMIO_SLOTS 32

struct machine;

struct virtio_mmio_state {
	uint64_t driver_features;     /* accepted so far */
	uint32_t device_features_sel; /* which word of the offered features is read */
	uint32_t driver_features_sel; /* which word of the accepted features is written */
	uint32_t queue_sel;           /* queue the queue registers stand for */
	uint32_t status;              /* STATUS_* */
	uint32_t interrupt_status;    /* bit 0: a used buffer, bit 1: configuration change */
	uint32_t shm_sel;             /* shared memory region asked for; there is none */
	struct virtqueue queue[VIRTIO_MAX_QUEUES];
};

struct virtio_mmio {
	struct device dev;
	struct virtio_mmio_state s;
	struct wire irq;
	struct machine *machine;
	struct virtio_function *function; /* NULL: an empty slot */
	struct event done[VIRTIO_MAX_QUEUES];
	char event_name[VIRTIO_MAX_QUEUES][24];
};

extern const struct device_type virtio_mmio_type;

/* Put `f` behind a transport.  `tag` as for device_init(), at most 15 characters. */
void virtio_mmio_init(
    struct virtio_mmio *t, struct machine *m, const char *tag, struct virtio_function *f);

/* The slots of a board as one register region of VIRTIO_MMIO_SLOTS * VIRTIO_MMIO_SIZE bytes:
 * `owner` is a struct virtio_mmio_row.  Empty slots are NULL. */
struct virtio_mmio_row {
	struct virtio_mmio *slot[VIRTIO_MMIO_SLOTS];
};
extern const struct bus_ops virtio_mmio_row_ops;

#endif
