/* virtio block device (virtio 1.2, section 5.2) over a block_backend.
 *
 * Queue 0 takes requests.  Features: SEG_MAX, BLK_SIZE, FLUSH, and RO when the
 * backend is read-only.  A flush is returned after the backend's flush has returned.
 */
#ifndef MYNA_DEVICES_VIRTIO_BLK_H
#define MYNA_DEVICES_VIRTIO_BLK_H

#include "devices/virtio.h"
#include "machine/device.h"
#include "machine/endpoint.h"

#define VIRTIO_BLK_BUFFER 65536

/* What the guest did to the disk; `written` makes the machine's hash cover the disk's contents. */
struct virtio_blk_state {
	uint64_t reads; /* requests that succeeded */
	uint64_t writes;
	uint64_t flushes;
	uint64_t errors;  /* requests that ended with another status than OK */
	uint64_t written; /* running hash over offset and bytes of everything written */
};

struct machine;

struct virtio_blk {
	struct device dev;
	struct virtio_blk_state s;
	struct virtio_function function;
	struct machine *machine;
	struct block_backend *backend;
	uint8_t config[24];
	uint8_t buffer[VIRTIO_BLK_BUFFER]; /* on its way; empty between events */
};

extern const struct device_type virtio_blk_type;

/* `backend` must outlive the device. */
void virtio_blk_init(
    struct virtio_blk *v, struct machine *m, const char *tag, struct block_backend *backend);

#endif
