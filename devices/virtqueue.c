/* Split virtqueues (virtio 1.2, section 2.7): rings in guest memory, copied before believed. */
#include "devices/virtqueue.h"

#include <string.h>

/* Layout of the three parts; everything is little-endian like every host we run on. */
#define DESC_SIZE    16
#define RING_IDX     2 /* available and used ring: flags, idx, entries */
#define RING_ENTRIES 4
#define AVAIL_ENTRY  2
#define USED_ENTRY   8

#define DESC_F_NEXT          1
#define DESC_F_WRITE         2
#define DESC_F_INDIRECT      4
#define AVAIL_F_NO_INTERRUPT 1

struct desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
	uint16_t next;
};

struct used_entry {
	uint32_t id;
	uint32_t len;
};

static bool has(const struct virtqueue *q, unsigned feature)
{
	return q->features >> feature & 1;
}

static uint64_t avail_size(const struct virtqueue *q)
{
	return RING_ENTRIES + AVAIL_ENTRY * (uint64_t)q->num + 2;
}

static uint64_t used_size(const struct virtqueue *q)
{
	return RING_ENTRIES + USED_ENTRY * (uint64_t)q->num + 2;
}

const char *virtq_check(const struct virtqueue *q, struct bus *b)
{
	if (q->num == 0 || q->num > VIRTQ_SIZE_MAX || (q->num & (q->num - 1)))
		return "its size is not a power of two up to 256";
	if (q->desc % 16 || q->driver % 2 || q->device % 4)
		return "a part of it is misaligned";
	if (!bus_ram(b, q->desc, DESC_SIZE * (size_t)q->num) ||
	    !bus_ram(b, q->driver, avail_size(q)) || !bus_ram(b, q->device, used_size(q)))
		return "a part of it is not in RAM";
	return NULL;
}

/* Where the walk along a chain stands: in the queue's own table or in an indirect one. */
struct walk {
	uint64_t table;
	uint32_t entries; /* of the table */
	uint32_t left;    /* descriptors it may still visit; more would be a loop */
	uint32_t next;
	bool indirect;
};

static const char *enter_indirect(const struct virtqueue *q, struct walk *w, const struct desc *d)
{
	if (!has(q, VIRTIO_F_INDIRECT_DESC))
		return "an indirect descriptor without the feature";
	if (w->indirect)
		return "an indirect table inside an indirect table";
	if (d->flags & DESC_F_NEXT)
		return "an indirect descriptor that also continues";
	if (d->len == 0 || d->len % DESC_SIZE || d->len / DESC_SIZE > VIRTQ_SIZE_MAX)
		return "an indirect table of a wrong length";
	w->table = d->addr;
	w->entries = w->left = d->len / DESC_SIZE;
	w->next = 0;
	w->indirect = true;
	return NULL;
}

static const char *add_segment(struct bus *b, struct virtq_chain *c, const struct desc *d)
{
	bool in = d->flags & DESC_F_WRITE;
	unsigned count = c->out_count + c->in_count;
	if (d->len == 0)
		return NULL;
	if (count == VIRTQ_SIZE_MAX)
		return "a chain of too many descriptors";
	if (!in && c->in_count)
		return "a readable descriptor after a writable one";
	if (!bus_ram(b, d->addr, d->len))
		return "a descriptor outside RAM";
	c->segment[count] = (struct virtq_segment){d->addr, d->len};
	c->out_count += !in;
	c->in_count += in;
	*(in ? &c->in_size : &c->out_size) += d->len;
	/* 2.7.4: a chain holds less than 4 GiB in all. */
	return c->in_size + c->out_size > UINT32_MAX ? "a chain of 4 GiB or more" : NULL;
}

static const char *read_chain(const struct virtqueue *q, struct bus *b, struct virtq_chain *c)
{
	struct walk w = {.table = q->desc, .entries = q->num, .left = q->num, .next = c->head};
	for (;;) {
		struct desc d;
		if (w.next >= w.entries)
			return "a descriptor number past its table";
		if (w.left-- == 0)
			return "a loop of descriptors";
		if (!bus_dma_read(b, w.table + w.next * (uint64_t)DESC_SIZE, &d, sizeof d))
			return "a descriptor table outside RAM";
		bool indirect = d.flags & DESC_F_INDIRECT;
		const char *why = indirect ? enter_indirect(q, &w, &d) : add_segment(b, c, &d);
		if (why)
			return why;
		if (indirect)
			continue;
		if (!(d.flags & DESC_F_NEXT))
			return NULL;
		w.next = d.next;
	}
}

enum virtq_result virtq_peek(
    const struct virtqueue *q, struct bus *b, struct virtq_chain *c, const char **why)
{
	uint16_t idx;
	*why = "the available ring is not in RAM";
	if (!bus_dma_read(b, q->driver + RING_IDX, &idx, sizeof idx))
		return VIRTQ_BROKEN;
	if (idx == q->avail)
		return VIRTQ_EMPTY;
	if ((uint16_t)(idx - q->avail) > q->num) {
		*why = "the available index jumped by more than the queue's size";
		return VIRTQ_BROKEN;
	}
	uint64_t at = q->driver + RING_ENTRIES + AVAIL_ENTRY * (q->avail & (q->num - 1));
	c->out_count = c->in_count = 0;
	c->out_size = c->in_size = 0;
	if (!bus_dma_read(b, at, &c->head, sizeof c->head))
		return VIRTQ_BROKEN;
	*why = read_chain(q, b, c);
	return *why ? VIRTQ_BROKEN : VIRTQ_CHAIN;
}

/* 2.7.7: the driver says after which used entry, or whether at all, it wants an interrupt. */
static bool wants_interrupt(const struct virtqueue *q, struct bus *b, bool *interrupt)
{
	bool event = has(q, VIRTIO_F_EVENT_IDX);
	uint16_t word;
	uint64_t at = q->driver + (event ? RING_ENTRIES + AVAIL_ENTRY * (uint64_t)q->num : 0);
	if (!bus_dma_read(b, at, &word, sizeof word))
		return false;
	*interrupt = event ? word == (uint16_t)(q->used - 1) : !(word & AVAIL_F_NO_INTERRUPT);
	return true;
}

bool virtq_complete(struct virtqueue *q, struct bus *b, const struct virtq_chain *c,
    uint32_t written, bool *interrupt)
{
	struct used_entry e = {c->head, written};
	uint64_t at = q->device + RING_ENTRIES + USED_ENTRY * (q->used & (q->num - 1));
	uint64_t event_at = q->device + RING_ENTRIES + USED_ENTRY * (uint64_t)q->num;
	q->avail++;
	q->used++;
	return bus_dma_write(b, at, &e, sizeof e) &&
	       bus_dma_write(b, q->device + RING_IDX, &q->used, sizeof q->used) &&
	       (!has(q, VIRTIO_F_EVENT_IDX) ||
		   bus_dma_write(b, event_at, &q->avail, sizeof q->avail)) &&
	       wants_interrupt(q, b, interrupt);
}

/* Copy between `bytes` and one part of a chain, from byte `offset` of the part. */
static size_t copy_part(struct bus *b, const struct virtq_segment *s, unsigned count,
    uint64_t offset, uint8_t *bytes, size_t n, bool to_guest)
{
	size_t done = 0;
	for (; count && done < n; s++, count--) {
		if (offset >= s->size) {
			offset -= s->size;
			continue;
		}
		size_t piece = s->size - offset;
		if (piece > n - done)
			piece = n - done;
		/* Cannot fail: the segment was found to be RAM, and RAM stays where it is. */
		bool ok = to_guest ? bus_dma_write(b, s->pa + offset, bytes + done, piece)
				   : bus_dma_read(b, s->pa + offset, bytes + done, piece);
		if (!ok)
			break;
		done += piece;
		offset = 0;
	}
	return done;
}

size_t virtq_read(struct bus *b, const struct virtq_chain *c, uint64_t offset, void *out, size_t n)
{
	return copy_part(b, c->segment, c->out_count, offset, out, n, false);
}

size_t virtq_write(
    struct bus *b, const struct virtq_chain *c, uint64_t offset, const void *in, size_t n)
{
	return copy_part(b, c->segment + c->out_count, c->in_count, offset, (uint8_t *)in, n, true);
}
