/* A virtio driver made by hand: a machine without a CPU, one transport, rings in its RAM. */
#ifndef MYNA_TESTS_DEVICE_VIRTIO_DRIVER_H
#define MYNA_TESTS_DEVICE_VIRTIO_DRIVER_H

#include "devices/virtio_mmio.h"
#include "machine/machine.h"
#include "tests/device/bench.h"

#define RAM_BASE  UINT64_C(0x40000000)
#define RAM_SIZE  UINT64_C(0x100000)
#define SLOT_BASE UINT64_C(0x0a000000)
#define DATA      (RAM_BASE + 0x20000) /* free for buffers */
#define US        UINT64_C(1000)

/* Registers and bits as the specification numbers them. */
enum {
	MAGIC_VALUE = 0x000,
	VERSION = 0x004,
	DEVICE_ID = 0x008,
	VENDOR_ID = 0x00c,
	DEVICE_FEATURES = 0x010,
	DEVICE_FEATURES_SEL = 0x014,
	DRIVER_FEATURES = 0x020,
	DRIVER_FEATURES_SEL = 0x024,
	QUEUE_SEL = 0x030,
	QUEUE_NUM_MAX = 0x034,
	QUEUE_NUM = 0x038,
	QUEUE_READY = 0x044,
	QUEUE_NOTIFY = 0x050,
	INTERRUPT_STATUS = 0x060,
	INTERRUPT_ACK = 0x064,
	STATUS = 0x070,
	QUEUE_DESC = 0x080,
	QUEUE_DRIVER = 0x090,
	QUEUE_DEVICE = 0x0a0,
	SHM_SEL = 0x0ac,
	SHM_LEN = 0x0b0,
	SHM_BASE = 0x0b8,
	CONFIG_GENERATION = 0x0fc,
	CONFIG = 0x100
};
enum { ACKNOWLEDGE = 1, DRIVER = 2, DRIVER_OK = 4, FEATURES_OK = 8, NEEDS_RESET = 64 };
enum { NEXT = 1, WRITE = 2, INDIRECT = 4 };

#define FEATURE(n)    (UINT64_C(1) << (n))
#define RING_FEATURES (FEATURE(32) | FEATURE(28) | FEATURE(29))

struct driver {
	struct machine m;
	uint8_t *ram;
	struct virtio_mmio_row row;
	struct virtio_mmio t;
	struct probe irq;
	uint32_t num;
	uint16_t offered[VIRTIO_MAX_QUEUES]; /* chains made available */
	uint16_t taken[VIRTIO_MAX_QUEUES];   /* chains seen in the used ring */
	char log[256];                       /* the last line the machine logged */
};

static inline void driver_log(void *owner, const char *text)
{
	struct driver *d = owner;
	snprintf(d->log, sizeof d->log, "%s", text);
}

static inline void driver_machine(struct driver *d)
{
	memset(d, 0, sizeof *d);
	machine_init(&d->m, "bench", UINT64_C(1000000000));
	d->m.log.sink = driver_log;
	d->m.log.owner = d;
	d->m.bus = bus_new(40);
	cr_assert(d->m.bus);
	d->ram = machine_add_ram(&d->m, "ram", RAM_BASE, RAM_SIZE);
	cr_assert(d->ram);
}

/* Put `f`, whose own device is `dev`, behind the transport in slot 0. */
static inline void driver_attach(struct driver *d, struct virtio_function *f, struct device *dev)
{
	virtio_mmio_init(&d->t, &d->m, "virtio0", f);
	d->t.irq = probe_wire(&d->irq);
	d->row.slot[0] = &d->t;
	cr_assert(bus_map_mmio(d->m.bus, "virtio", SLOT_BASE, VIRTIO_MMIO_SLOTS * VIRTIO_MMIO_SIZE,
	    &virtio_mmio_row_ops, &d->row));
	machine_add_device(&d->m, &d->t.dev);
	machine_add_device(&d->m, dev);
	machine_reset(&d->m);
}

static inline uint32_t reg(struct driver *d, unsigned offset)
{
	return rd(d->m.bus, SLOT_BASE + offset);
}

static inline void set_reg(struct driver *d, unsigned offset, uint32_t value)
{
	wr(d->m.bus, SLOT_BASE + offset, value);
}

static inline uint64_t features(struct driver *d)
{
	set_reg(d, DEVICE_FEATURES_SEL, 0);
	uint64_t low = reg(d, DEVICE_FEATURES);
	set_reg(d, DEVICE_FEATURES_SEL, 1);
	return low | (uint64_t)reg(d, DEVICE_FEATURES) << 32;
}

/* Reset and negotiate; returns the status afterwards. */
static inline uint32_t negotiate(struct driver *d, uint64_t accept)
{
	set_reg(d, STATUS, 0);
	set_reg(d, STATUS, ACKNOWLEDGE | DRIVER);
	set_reg(d, DRIVER_FEATURES_SEL, 0);
	set_reg(d, DRIVER_FEATURES, (uint32_t)accept);
	set_reg(d, DRIVER_FEATURES_SEL, 1);
	set_reg(d, DRIVER_FEATURES, (uint32_t)(accept >> 32));
	set_reg(d, STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK);
	memset(d->offered, 0, sizeof d->offered);
	memset(d->taken, 0, sizeof d->taken);
	return reg(d, STATUS);
}

/* Where the parts of queue `q` lie. */
static inline uint64_t desc_at(unsigned q)
{
	return RAM_BASE + 0x8000 * q;
}

static inline uint64_t avail_at(unsigned q)
{
	return desc_at(q) + 0x2000;
}

static inline uint64_t used_at(unsigned q)
{
	return desc_at(q) + 0x4000;
}

static inline void setup_queue(
    struct driver *d, unsigned q, uint32_t num, uint64_t desc, uint64_t avail, uint64_t used)
{
	const uint64_t parts[] = {desc, avail, used};
	const unsigned regs[] = {QUEUE_DESC, QUEUE_DRIVER, QUEUE_DEVICE};
	d->num = num;
	set_reg(d, QUEUE_SEL, q);
	set_reg(d, QUEUE_NUM, num);
	for (unsigned i = 0; i < 3; i++) {
		set_reg(d, regs[i], (uint32_t)parts[i]);
		set_reg(d, regs[i] + 4, (uint32_t)(parts[i] >> 32));
	}
	set_reg(d, QUEUE_READY, 1);
}

/* From reset to DRIVER_OK with queues of `num` descriptors. */
static inline void bring_up(struct driver *d, uint64_t accept, uint32_t num)
{
	memset(d->ram, 0, 0x20000);
	cr_assert_eq(negotiate(d, accept), ACKNOWLEDGE | DRIVER | FEATURES_OK);
	for (unsigned q = 0; q < d->t.function->type->queues; q++)
		setup_queue(d, q, num, desc_at(q), avail_at(q), used_at(q));
	set_reg(d, STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
	cr_assert_eq(reg(d, STATUS), ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
}

static inline uint8_t *at(struct driver *d, uint64_t pa)
{
	cr_assert(pa >= RAM_BASE && pa < RAM_BASE + RAM_SIZE);
	return d->ram + (pa - RAM_BASE);
}

static inline void put16(struct driver *d, uint64_t pa, uint16_t value)
{
	memcpy(at(d, pa), &value, sizeof value);
}

static inline uint16_t get16(struct driver *d, uint64_t pa)
{
	uint16_t value;
	memcpy(&value, at(d, pa), sizeof value);
	return value;
}

static inline uint32_t get32(struct driver *d, uint64_t pa)
{
	uint32_t value;
	memcpy(&value, at(d, pa), sizeof value);
	return value;
}

/* Descriptor `i` of the table at `table`. */
static inline void put_desc(struct driver *d, uint64_t table, unsigned i, uint64_t addr,
    uint32_t len, uint16_t flags, uint16_t next)
{
	uint8_t *p = at(d, table + 16 * i);
	memcpy(p, &addr, 8);
	memcpy(p + 8, &len, 4);
	memcpy(p + 12, &flags, 2);
	memcpy(p + 14, &next, 2);
}

/* Make the chain at `head` available, without a notification. */
static inline void offer(struct driver *d, unsigned q, uint16_t head)
{
	put16(d, avail_at(q) + 4 + 2 * (d->offered[q] % d->num), head);
	put16(d, avail_at(q) + 2, ++d->offered[q]);
}

static inline void notify(struct driver *d, unsigned q)
{
	set_reg(d, QUEUE_NOTIFY, q);
}

/* The next entry of the used ring: true and its length, or false if there is none. */
static inline bool take_used(struct driver *d, unsigned q, uint32_t *head, uint32_t *len)
{
	if (get16(d, used_at(q) + 2) == d->taken[q])
		return false;
	uint64_t entry = used_at(q) + 4 + 8 * (d->taken[q]++ % d->num);
	*head = get32(d, entry);
	*len = get32(d, entry + 4);
	return true;
}

static inline void driver_free(struct driver *d)
{
	machine_free(&d->m);
}

#endif
