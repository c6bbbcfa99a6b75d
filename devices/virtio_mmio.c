/* virtio over MMIO, version 2 (virtio 1.2, section 4.2).
 *
 * A notification only sets the tick at which the queue's next chain will be done; the chain is
 * taken, served and returned at that tick.  One chain an event keeps the work between two ticks
 * bounded, and a function's latency makes host work follow guest time.
 */
#include "devices/virtio_mmio.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "machine/machine.h"

/* Registers (table 4.1). */
enum {
	R_MAGIC = 0x000,
	R_VERSION = 0x004,
	R_DEVICE_ID = 0x008,
	R_VENDOR_ID = 0x00c,
	R_DEVICE_FEATURES = 0x010,
	R_DEVICE_FEATURES_SEL = 0x014,
	R_DRIVER_FEATURES = 0x020,
	R_DRIVER_FEATURES_SEL = 0x024,
	R_QUEUE_SEL = 0x030,
	R_QUEUE_NUM_MAX = 0x034,
	R_QUEUE_NUM = 0x038,
	R_QUEUE_READY = 0x044,
	R_QUEUE_NOTIFY = 0x050,
	R_INTERRUPT_STATUS = 0x060,
	R_INTERRUPT_ACK = 0x064,
	R_STATUS = 0x070,
	R_QUEUE_DESC = 0x080, /* low word; the high word follows, as for the next two */
	R_QUEUE_DRIVER = 0x090,
	R_QUEUE_DEVICE = 0x0a0,
	R_SHM_SEL = 0x0ac,
	R_SHM_LEN = 0x0b0,
	R_SHM_BASE = 0x0b8,
	R_CONFIG_GENERATION = 0x0fc,
	R_CONFIG = 0x100,
};

#define MAGIC  UINT32_C(0x74726976) /* "virt" */
#define VENDOR UINT32_C(0x414e594d) /* "MYNA" */

#define STATUS_FEATURES_OK 8
#define STATUS_DRIVER_OK   4
#define STATUS_NEEDS_RESET 64
#define STATUS_ALL         0xff

#define INTERRUPT_USED   1
#define INTERRUPT_CONFIG 2

#define NS_PER_S UINT64_C(1000000000)

static const struct field fields[] = {
    FIELD(struct virtio_mmio_state, driver_features, 0),
    FIELD(struct virtio_mmio_state, device_features_sel, 0),
    FIELD(struct virtio_mmio_state, driver_features_sel, 0),
    FIELD(struct virtio_mmio_state, queue_sel, 0),
    FIELD(struct virtio_mmio_state, status, 0),
    FIELD(struct virtio_mmio_state, interrupt_status, 0),
    FIELD(struct virtio_mmio_state, shm_sel, 0),
    VIRTQUEUE_FIELDS(struct virtio_mmio_state, queue[0]),
    VIRTQUEUE_FIELDS(struct virtio_mmio_state, queue[1]),
};

static unsigned queue_count(const struct virtio_mmio *t)
{
	return t->function ? t->function->type->queues : 0;
}

static uint64_t offered(const struct virtio_mmio *t)
{
	return (t->function ? t->function->features : 0) | UINT64_C(1) << VIRTIO_F_VERSION_1 |
	       UINT64_C(1) << VIRTIO_F_INDIRECT_DESC | UINT64_C(1) << VIRTIO_F_EVENT_IDX;
}

static bool live(const struct virtio_mmio *t)
{
	return (t->s.status & (STATUS_DRIVER_OK | STATUS_NEEDS_RESET)) == STATUS_DRIVER_OK;
}

/* Tell the outside what follows from the state: the interrupt and the features in force. */
static void update(struct virtio_mmio *t)
{
	if (t->function)
		t->function->accepted = t->s.status & STATUS_FEATURES_OK ? t->s.driver_features : 0;
	wire_set(&t->irq, t->s.interrupt_status != 0);
}

/* The driver went wrong in a way the device cannot go on from (2.1.2). */
static void broken(struct virtio_mmio *t, unsigned queue, const char *why)
{
	machine_log(
	    t->machine, "%s: queue %u: %s; the device needs a reset", t->dev.tag, queue, why);
	if (t->s.status & STATUS_DRIVER_OK)
		t->s.interrupt_status |= INTERRUPT_CONFIG;
	t->s.status |= STATUS_NEEDS_RESET;
	for (unsigned i = 0; i < queue_count(t); i++)
		event_cancel(&t->done[i]);
	update(t);
}

/* --- queues ------------------------------------------------------------------------------- */

/* If the queue has a chain, set the tick at which it will be done. */
static void start_next(struct virtio_mmio *t, unsigned queue)
{
	struct virtq_chain c;
	const char *why;
	const struct scheduler *sched = &t->machine->sched;
	const struct clock_ratio ns = {NS_PER_S, t->machine->tick_hz};
	switch (virtq_peek(&t->s.queue[queue], t->machine->bus, &c, &why)) {
	case VIRTQ_EMPTY: break;
	case VIRTQ_BROKEN: broken(t, queue, why); break;
	case VIRTQ_CHAIN: {
		uint64_t latency = t->function->type->latency(t->function, queue, &c);
		event_at(&t->done[queue], scheduler_now(sched) + clock_ticks(ns, latency));
		break;
	}
	}
}

static void kick(void *transport, unsigned queue)
{
	struct virtio_mmio *t = transport;
	if (live(t) && t->s.queue[queue].ready && t->done[queue].due == EVENT_NEVER)
		start_next(t, queue);
}

static void serve(struct virtio_mmio *t, unsigned queue)
{
	struct virtqueue *q = &t->s.queue[queue];
	struct virtq_chain c;
	const char *why = "a chain the device does not understand";
	uint32_t written = 0;
	bool interrupt = false;
	if (!live(t) || !q->ready)
		return;
	enum virtq_result r = virtq_peek(q, t->machine->bus, &c, &why);
	if (r == VIRTQ_EMPTY)
		return;
	if (r == VIRTQ_CHAIN) {
		why = "a chain the device does not understand";
		switch (t->function->type->serve(t->function, queue, &c, &written)) {
		case VIRTIO_LATER: return;
		case VIRTIO_BAD: r = VIRTQ_BROKEN; break;
		case VIRTIO_DONE:
			if (!virtq_complete(q, t->machine->bus, &c, written, &interrupt)) {
				why = "its rings are no longer in RAM";
				r = VIRTQ_BROKEN;
			}
		}
	}
	if (r == VIRTQ_BROKEN) {
		broken(t, queue, why);
		return;
	}
	if (interrupt)
		t->s.interrupt_status |= INTERRUPT_USED;
	update(t);
	start_next(t, queue);
}

/* One function an event: the owner of an event is the transport, its queue is told by the
 * function. */
static void done0(void *owner)
{
	serve(owner, 0);
}

static void done1(void *owner)
{
	serve(owner, 1);
}

static event_fn *const done_fn[VIRTIO_MAX_QUEUES] = {done0, done1};

static void queue_ready(struct virtio_mmio *t, unsigned n, uint32_t value)
{
	struct virtqueue *q = &t->s.queue[n];
	if (!(value & 1)) {
		q->ready = 0;
		event_cancel(&t->done[n]);
		return;
	}
	if (q->ready)
		return;
	const char *why = t->s.status & STATUS_FEATURES_OK ? virtq_check(q, t->machine->bus)
							   : "made ready before FEATURES_OK";
	if (why) {
		broken(t, n, why);
		return;
	}
	q->ready = 1;
	q->features = (uint32_t)t->s.driver_features;
	q->avail = q->used = 0;
}

static void queue_notify(struct virtio_mmio *t, uint32_t n)
{
	if (t->s.status & STATUS_NEEDS_RESET)
		return;
	if (n >= queue_count(t) || !t->s.queue[n].ready)
		broken(t, n, "a notification for a queue that is not ready");
	else if (!live(t))
		machine_log(
		    t->machine, "%s: queue %" PRIu32 " notified before DRIVER_OK", t->dev.tag, n);
	else
		kick(t, n);
}

static void set_half(uint64_t *address, bool high, uint32_t value)
{
	unsigned shift = high ? 32 : 0;
	*address = (*address & ~(UINT64_C(0xffffffff) << shift)) | (uint64_t)value << shift;
}

/* Registers of the selected queue other than QueueReady; frozen while it is ready (4.2.2.2). */
static void queue_setup(struct virtio_mmio *t, struct virtqueue *q, uint64_t offset, uint32_t value)
{
	if (q->ready) {
		machine_log(t->machine,
		    "%s: register %#" PRIx64 " written while queue %" PRIu32 " is ready",
		    t->dev.tag, offset, t->s.queue_sel);
		return;
	}
	bool high = offset & 4;
	switch (offset & ~UINT64_C(4)) {
	case R_QUEUE_NUM & ~4: q->num = value; break;
	case R_QUEUE_DESC: set_half(&q->desc, high, value); break;
	case R_QUEUE_DRIVER: set_half(&q->driver, high, value); break;
	case R_QUEUE_DEVICE: set_half(&q->device, high, value); break;
	default: break;
	}
}

/* --- registers ---------------------------------------------------------------------------- */

static void set_status(struct virtio_mmio *t, uint32_t value)
{
	value &= STATUS_ALL;
	if (value == 0) {
		device_reset(&t->dev);
		return;
	}
	uint32_t before = t->s.status;
	uint64_t accepted = t->s.driver_features;
	value |= before & STATUS_NEEDS_RESET;
	if ((value & ~before & STATUS_FEATURES_OK) &&
	    ((accepted & ~offered(t)) || !(accepted >> VIRTIO_F_VERSION_1 & 1))) {
		machine_log(t->machine, "%s: features %#" PRIx64 " refused", t->dev.tag, accepted);
		value &= ~(uint32_t)STATUS_FEATURES_OK;
	}
	t->s.status = value;
	update(t);
	/* Buffers may have been made available before the driver was ready to say so. */
	if (value & ~before & STATUS_DRIVER_OK)
		for (unsigned i = 0; i < queue_count(t); i++)
			kick(t, i);
}

static uint32_t feature_word(uint64_t features, uint32_t select)
{
	return select < 2 ? (uint32_t)(features >> 32 * select) : 0;
}

static void set_driver_features(struct virtio_mmio *t, uint32_t value)
{
	uint32_t select = t->s.driver_features_sel;
	if (t->s.status & STATUS_FEATURES_OK)
		machine_log(t->machine, "%s: features written after FEATURES_OK", t->dev.tag);
	else if (select < 2)
		set_half(&t->s.driver_features, select, value);
	else if (value)
		machine_log(t->machine, "%s: unknown features accepted", t->dev.tag);
}

static uint32_t read_register(const struct virtio_mmio *t, uint64_t offset)
{
	const struct virtio_mmio_state *s = &t->s;
	switch (offset) {
	case R_MAGIC: return MAGIC;
	case R_VERSION: return 2;
	case R_DEVICE_ID: return t->function ? t->function->type->id : 0;
	case R_VENDOR_ID: return VENDOR;
	case R_DEVICE_FEATURES: return feature_word(offered(t), s->device_features_sel);
	case R_QUEUE_NUM_MAX: return s->queue_sel < queue_count(t) ? VIRTQ_SIZE_MAX : 0;
	case R_QUEUE_READY: return s->queue_sel < queue_count(t) ? s->queue[s->queue_sel].ready : 0;
	case R_INTERRUPT_STATUS: return s->interrupt_status;
	case R_STATUS: return s->status;
	/* No shared memory region exists: all ones (4.2.2). */
	case R_SHM_LEN:
	case R_SHM_LEN + 4:
	case R_SHM_BASE:
	case R_SHM_BASE + 4: return UINT32_MAX;
	/* Always 0: no configuration changes while the machine runs. */
	case R_CONFIG_GENERATION: return 0;
	default: return 0;
	}
}

static uint64_t peek(const struct virtio_mmio *t, uint64_t offset, unsigned size)
{
	uint64_t value = 0;
	if (offset < R_CONFIG)
		return size == 4 && !(offset & 3) ? read_register(t, offset) : 0;
	offset -= R_CONFIG;
	if (t->function && offset < t->function->config_size) {
		uint64_t left = t->function->config_size - offset;
		memcpy(&value, t->function->config + offset, size < left ? size : left);
	}
	return value;
}

static void write_register(struct virtio_mmio *t, uint64_t offset, uint32_t value)
{
	struct virtio_mmio_state *s = &t->s;
	bool selected = s->queue_sel < queue_count(t);
	switch (offset) {
	case R_DEVICE_FEATURES_SEL: s->device_features_sel = value; break;
	case R_DRIVER_FEATURES_SEL: s->driver_features_sel = value; break;
	case R_DRIVER_FEATURES: set_driver_features(t, value); break;
	case R_QUEUE_SEL: s->queue_sel = value; break;
	case R_QUEUE_READY:
		if (selected)
			queue_ready(t, s->queue_sel, value);
		break;
	case R_QUEUE_NOTIFY: queue_notify(t, value); break;
	case R_INTERRUPT_ACK:
		s->interrupt_status &= ~value;
		update(t);
		break;
	case R_STATUS: set_status(t, value); break;
	case R_QUEUE_NUM:
	case R_QUEUE_DESC:
	case R_QUEUE_DESC + 4:
	case R_QUEUE_DRIVER:
	case R_QUEUE_DRIVER + 4:
	case R_QUEUE_DEVICE:
	case R_QUEUE_DEVICE + 4:
		if (selected)
			queue_setup(t, &s->queue[s->queue_sel], offset, value);
		break;
	case R_SHM_SEL: s->shm_sel = value; break;
	default:
		machine_log(t->machine, "%s: write of %#" PRIx32 " to register %#" PRIx64,
		    t->dev.tag, value, offset);
	}
}

static void write_config(struct virtio_mmio *t, uint64_t offset, uint64_t value, unsigned size)
{
	struct virtio_function *f = t->function;
	for (unsigned i = 0; i < size && offset + i < f->config_size; i++)
		f->type->configure(f, (uint32_t)(offset + i), (uint8_t)(value >> 8 * i));
}

static void write_any(struct virtio_mmio *t, uint64_t offset, uint64_t value, unsigned size)
{
	if (!t->function)
		return;
	if (offset < R_CONFIG && size == 4 && !(offset & 3))
		write_register(t, offset, (uint32_t)value);
	else if (offset >= R_CONFIG && t->function->type->configure)
		write_config(t, offset - R_CONFIG, value, size);
	else
		machine_log(t->machine, "%s: %u-byte write at %#" PRIx64 " ignored", t->dev.tag,
		    size, offset);
}

/* --- the row of slots --------------------------------------------------------------------- */

static uint64_t row_peek(void *owner, uint64_t offset, unsigned size)
{
	static const struct virtio_mmio empty;
	const struct virtio_mmio_row *row = owner;
	const struct virtio_mmio *t = row->slot[offset / VIRTIO_MMIO_SIZE % VIRTIO_MMIO_SLOTS];
	return peek(t ? t : &empty, offset % VIRTIO_MMIO_SIZE, size);
}

static void row_write(void *owner, uint64_t offset, uint64_t value, unsigned size)
{
	const struct virtio_mmio_row *row = owner;
	struct virtio_mmio *t = row->slot[offset / VIRTIO_MMIO_SIZE % VIRTIO_MMIO_SLOTS];
	if (t)
		write_any(t, offset % VIRTIO_MMIO_SIZE, value, size);
}

/* No register has a side effect when read, so reading is peeking. */
const struct bus_ops virtio_mmio_row_ops = {row_peek, row_write, row_peek, 1, 4};

/* --- the device --------------------------------------------------------------------------- */

static void reset(struct device *d)
{
	struct virtio_mmio *t = (struct virtio_mmio *)d;
	for (unsigned i = 0; i < queue_count(t); i++)
		event_cancel(&t->done[i]);
	update(t);
}

static bool loaded(struct device *d, char *why, size_t size)
{
	struct virtio_mmio *t = (struct virtio_mmio *)d;
	for (unsigned i = 0; i < VIRTIO_MAX_QUEUES; i++) {
		const struct virtqueue *q = &t->s.queue[i];
		const char *wrong = q->ready && i >= queue_count(t) ? "it does not exist"
				    : q->ready ? virtq_check(q, t->machine->bus)
					       : NULL;
		if (wrong) {
			snprintf(why, size, "%s: queue %u cannot be ready: %s", d->tag, i, wrong);
			return false;
		}
		t->s.queue[i].ready = q->ready != 0;
	}
	t->s.status &= STATUS_ALL;
	t->s.interrupt_status &= INTERRUPT_USED | INTERRUPT_CONFIG;
	update(t);
	return true;
}

const struct device_type virtio_mmio_type = {
    .name = "virtio-mmio",
    .description = "virtio transport over MMIO, version 2 (virtio 1.2, 4.2)",
    .table = STATE_TABLE(struct virtio_mmio_state, fields),
    .reset = reset,
    .loaded = loaded,
};

void virtio_mmio_init(
    struct virtio_mmio *t, struct machine *m, const char *tag, struct virtio_function *f)
{
	assert(f->type->queues <= VIRTIO_MAX_QUEUES);
	t->machine = m;
	t->function = f;
	f->bus = m->bus;
	f->kick = kick;
	f->transport = t;
	for (unsigned i = 0; i < f->type->queues; i++) {
		snprintf(t->event_name[i], sizeof t->event_name[i], "%s.queue%u", tag, i);
		event_init(&t->done[i], &m->sched, t->event_name[i], done_fn[i], t);
	}
	device_init(&t->dev, &virtio_mmio_type, tag, &t->s);
}
