/* virtio input device (virtio 1.2, section 5.8): a keyboard, or a tablet.
 *
 * Queue 0 carries events to the driver, one a buffer; queue 1 takes status (lamps), which is
 * ignored.  The configuration is a window that the driver points with `select` and `subsel`.
 * Endpoint: an input_queue.  Events that come while no driver listens are lost, as they are for a
 * keyboard nobody reads.
 *
 *	keyboard  INPUT_KEY: codes 1 to 255; the driver's own auto-repeat is asked for
 *	tablet    INPUT_KEY: the three mouse buttons; INPUT_POINTER; INPUT_WHEEL
 */
#ifndef MYNA_DEVICES_VIRTIO_INPUT_H
#define MYNA_DEVICES_VIRTIO_INPUT_H

#include "devices/virtio.h"
#include "machine/device.h"
#include "machine/endpoint.h"

#define VIRTIO_INPUT_CONFIG_SIZE 136

enum virtio_input_kind { VIRTIO_INPUT_KEYBOARD, VIRTIO_INPUT_TABLET };

struct virtio_input_state {
	uint64_t delivered; /* events given to the guest */
	uint8_t select;     /* what the configuration shows, 0x01.. */
	uint8_t subsel;     /* of which type or axis */
	uint8_t report;     /* 1: the end of a report is due before the next event */
	uint8_t reserved[5];
};

struct virtio_input {
	struct device dev;
	struct virtio_input_state s;
	struct virtio_function function;
	enum virtio_input_kind kind;
	struct input_queue *queue;
	uint8_t config[VIRTIO_INPUT_CONFIG_SIZE]; /* made from select and subsel */
};

extern const struct device_type virtio_input_type;

/* The INPUT_ kinds a queue for such a device has. */
unsigned virtio_input_kinds(enum virtio_input_kind kind);

void virtio_input_init(struct virtio_input *v, const char *tag, enum virtio_input_kind kind);
/* Connect the queue; the device takes its `ready` callback. */
void virtio_input_connect(struct virtio_input *v, struct input_queue *q);

#endif
