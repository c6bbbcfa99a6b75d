/* virtio block device (virtio 1.2, section 5.2).
 *
 * A request is a header (16 bytes read by the device), data, and a status byte (the last one
 * written by it); where the descriptors divide these is the driver's business (2.7.4.3).  Data goes
 * through a bounce buffer, so a backend never sees guest memory and a request may be of any shape.
 */
#include "devices/virtio_blk.h"

#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "machine/machine.h"
#include "machine/snapshot.h"

#define SECTOR 512

#define F_SEG_MAX  2
#define F_RO       5
#define F_BLK_SIZE 6
#define F_FLUSH    9

/* Offsets in the configuration (5.2.4). */
#define CONFIG_CAPACITY 0
#define CONFIG_SEG_MAX  12
#define CONFIG_BLK_SIZE 20

enum { T_IN = 0, T_OUT = 1, T_FLUSH = 4, T_GET_ID = 8 };
enum { S_OK = 0, S_IOERR = 1, S_UNSUPP = 2 };

#define ID_SIZE 20

/* A quick disk: 20000 requests and 1 GB a second.  The second number also bounds the host's work
 * per guest time; one request is bounded by MAX_REQUEST. */
#define LATENCY_NS  50000
#define MAX_REQUEST (UINT64_C(1) << 30)

struct header {
	uint32_t type;
	uint32_t reserved;
	uint64_t sector;
};

static const struct field fields[] = {
    FIELD(struct virtio_blk_state, reads, 0),
    FIELD(struct virtio_blk_state, writes, 0),
    FIELD(struct virtio_blk_state, flushes, 0),
    FIELD(struct virtio_blk_state, errors, 0),
    FIELD(struct virtio_blk_state, written, 0),
};

static struct virtio_blk *blk_of(struct virtio_function *f)
{
	return (struct virtio_blk *)((char *)f - offsetof(struct virtio_blk, function));
}

/* Requests that move no data, or are refused for their size, need no time for it. */
static uint64_t latency(struct virtio_function *f, unsigned queue, const struct virtq_chain *c)
{
	uint64_t bytes = c->in_size + c->out_size;
	return LATENCY_NS + (bytes <= MAX_REQUEST ? bytes : 0);
}

static bool in_range(const struct virtio_blk *v, uint64_t sector, uint64_t n)
{
	return n && n % SECTOR == 0 && n <= MAX_REQUEST && n <= v->backend->size &&
	       sector <= (v->backend->size - n) / SECTOR;
}

static bool read_disk(
    struct virtio_blk *v, const struct virtq_chain *c, uint64_t sector, uint64_t n)
{
	for (uint64_t at = 0; at < n;) {
		size_t piece = n - at < sizeof v->buffer ? n - at : sizeof v->buffer;
		uint64_t offset = sector * SECTOR + at;
		if (v->backend->read(v->backend, offset, v->buffer, piece) != BLOCK_OK)
			return false;
		virtq_write(v->function.bus, c, at, v->buffer, piece);
		at += piece;
	}
	return true;
}

static bool write_disk(
    struct virtio_blk *v, const struct virtq_chain *c, uint64_t sector, uint64_t n)
{
	for (uint64_t at = 0; at < n;) {
		size_t piece = n - at < sizeof v->buffer ? n - at : sizeof v->buffer;
		uint64_t offset = sector * SECTOR + at;
		virtq_read(v->function.bus, c, sizeof(struct header) + at, v->buffer, piece);
		if (v->backend->write(v->backend, offset, v->buffer, piece) != BLOCK_OK)
			return false;
		v->s.written = XXH3_64bits_withSeed(v->buffer, piece, v->s.written ^ offset);
		at += piece;
	}
	return true;
}

static uint8_t flush(struct virtio_blk *v)
{
	if (v->backend->flush(v->backend) != BLOCK_OK)
		return S_IOERR;
	v->s.flushes++;
	return S_OK;
}

/* A driver that did not take F_FLUSH cannot ask, so a write is done when it is stable (5.2.6.2). */
static uint8_t flush_if_unasked(struct virtio_blk *v)
{
	return v->function.accepted >> F_FLUSH & 1 ? S_OK : flush(v);
}

/* Whether a request can be carried out at all; `out` and `in` are the sizes of its data. */
static uint8_t check(
    const struct virtio_blk *v, const struct header *h, uint64_t out, uint64_t in, const char **why)
{
	switch (h->type) {
	case T_IN:
		*why = "is not inside the disk";
		return in_range(v, h->sector, in) ? S_OK : S_IOERR;
	case T_OUT:
		*why = v->backend->readonly ? "would write a read-only disk"
					    : "is not inside the disk";
		return !v->backend->readonly && in_range(v, h->sector, out) ? S_OK : S_IOERR;
	case T_FLUSH: return S_OK;
	case T_GET_ID: *why = "has no room for the name"; return in >= ID_SIZE ? S_OK : S_IOERR;
	default: *why = "is of an unknown type"; return S_UNSUPP;
	}
}

/* Carry out a request that has been checked. */
static uint8_t request(struct virtio_blk *v, const struct virtq_chain *c, const struct header *h,
    uint64_t out, uint64_t in, uint32_t *written)
{
	switch (h->type) {
	case T_IN:
		if (!read_disk(v, c, h->sector, in))
			return S_IOERR;
		*written = (uint32_t)in;
		v->s.reads++;
		return S_OK;
	case T_OUT:
		if (!write_disk(v, c, h->sector, out))
			return S_IOERR;
		v->s.writes++;
		return flush_if_unasked(v);
	case T_FLUSH: return flush(v);
	case T_GET_ID: {
		char id[ID_SIZE] = {0};
		snprintf(id, sizeof id, "myna-%s", v->dev.tag);
		*written = (uint32_t)virtq_write(v->function.bus, c, 0, id, sizeof id);
		return S_OK;
	}
	default: return S_UNSUPP;
	}
}

/* A bad request is logged here; what a backend fails to do it reports itself. */
static enum virtio_served serve(
    struct virtio_function *f, unsigned queue, const struct virtq_chain *c, uint32_t *written)
{
	struct virtio_blk *v = blk_of(f);
	struct header h;
	if (c->out_size < sizeof h || c->in_size < 1)
		return VIRTIO_BAD;
	virtq_read(f->bus, c, 0, &h, sizeof h);
	uint64_t out = c->out_size - sizeof h, in = c->in_size - 1;
	const char *why = "";
	uint8_t status = check(v, &h, out, in, &why);
	if (status == S_OK)
		status = request(v, c, &h, out, in, written);
	else
		machine_log(v->machine, "%s: request %u at sector %llu %s", v->dev.tag, h.type,
		    (unsigned long long)h.sector, why);
	v->s.errors += status != S_OK;
	virtq_write(f->bus, c, c->in_size - 1, &status, 1);
	*written += 1;
	return VIRTIO_DONE;
}

static const struct virtio_function_type function_type = {
    .id = VIRTIO_ID_BLOCK,
    .queues = 1,
    .latency = latency,
    .serve = serve,
};

/* The disk's part of a snapshot: its size, then what its backend keeps. */
static bool save_blob(struct device *d, struct state_writer *w)
{
	struct virtio_blk *v = (struct virtio_blk *)d;
	struct block_backend *b = v->backend;
	return state_write(w, &b->size, sizeof b->size) && (!b->save || b->save(b, w));
}

static bool load_blob(struct device *d, struct state_reader *r, char *why, size_t size)
{
	struct virtio_blk *v = (struct virtio_blk *)d;
	struct block_backend *b = v->backend;
	uint64_t saved;
	if (!state_read(r, &saved, sizeof saved)) {
		snprintf(why, size, "%s: the state of the disk is missing", d->tag);
		return false;
	}
	if (saved != b->size) {
		snprintf(why, size,
		    "%s: the state was saved with a disk of %llu bytes, this one has %llu; "
		    "give --drive the same disk",
		    d->tag, (unsigned long long)saved, (unsigned long long)b->size);
		return false;
	}
	return !b->load || b->load(b, r, why, size);
}

static bool loaded(struct device *d, char *why, size_t size)
{
	struct block_backend *b = ((struct virtio_blk *)d)->backend;
	return !b->commit || b->commit(b, why, size);
}

const struct device_type virtio_blk_type = {
    .name = "virtio-blk",
    .description = "virtio block device (virtio 1.2, 5.2)",
    .table = STATE_TABLE(struct virtio_blk_state, fields),
    .loaded = loaded,
    .save_blob = save_blob,
    .load_blob = load_blob,
};

static void put(uint8_t *at, uint64_t value, size_t n)
{
	memcpy(at, &value, n); /* little-endian like every host we run on */
}

void virtio_blk_init(
    struct virtio_blk *v, struct machine *m, const char *tag, struct block_backend *backend)
{
	v->machine = m;
	v->backend = backend;
	put(v->config + CONFIG_CAPACITY, backend->size / SECTOR, 8);
	put(v->config + CONFIG_SEG_MAX, VIRTQ_SIZE_MAX - 2, 4); /* less header and status */
	put(v->config + CONFIG_BLK_SIZE, SECTOR, 4);
	v->function.type = &function_type;
	v->function.features = UINT64_C(1) << F_SEG_MAX | UINT64_C(1) << F_BLK_SIZE |
			       UINT64_C(1) << F_FLUSH | (uint64_t)backend->readonly << F_RO;
	v->function.config = v->config;
	v->function.config_size = sizeof v->config;
	device_init(&v->dev, &virtio_blk_type, tag, &v->s);
}
