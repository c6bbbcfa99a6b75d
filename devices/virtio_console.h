/* virtio console with one port (virtio 1.2, section 5.3).
 *
 * Queue 0 receives, queue 1 transmits.  Endpoint: a serial_port.  No feature bits: no multiport,
 * no size, no emergency write.
 */
#ifndef MYNA_DEVICES_VIRTIO_CONSOLE_H
#define MYNA_DEVICES_VIRTIO_CONSOLE_H

#include "devices/virtio.h"
#include "machine/device.h"
#include "machine/endpoint.h"

struct virtio_console_state {
	uint64_t received;    /* bytes given to the guest */
	uint64_t transmitted; /* bytes taken from it */
};

struct virtio_console {
	struct device dev;
	struct virtio_console_state s;
	struct virtio_function function;
	struct serial_port *port;
};

extern const struct device_type virtio_console_type;

void virtio_console_init(struct virtio_console *v, const char *tag);
/* Connect the port; the console takes its `ready` callback. */
void virtio_console_connect(struct virtio_console *v, struct serial_port *p);

#endif
