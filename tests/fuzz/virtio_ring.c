/* Fuzz target: a driver that does anything at all to a virtio device.
 *
 * The input is a program: which device, then steps that write registers, descriptors and ring
 * memory, type on the console, make the disk fail, and let time pass.  Whatever it does, time must
 * reach the tick asked for, and doing it again must end in the same state.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "devices/virtio_blk.h"
#include "devices/virtio_console.h"
#include "devices/virtio_mmio.h"
#include "devices/virtio_rng.h"
#include "machine/machine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RAM_BASE  UINT64_C(0x40000000)
#define RAM_SIZE  UINT64_C(0x20000)
#define SLOT      UINT64_C(0x0a000000)
#define DISK_SIZE 65536
#define US        UINT64_C(1000)
#define RUN_MAX   (20000 * US) /* of one input */

struct bench {
	struct machine m;
	uint8_t *ram;
	struct virtio_mmio_row row;
	struct virtio_mmio transport;
	struct virtio_rng rng;
	struct virtio_console console;
	struct virtio_blk blk;
	struct serial_port port;
	struct block_backend disk;
	uint8_t disk_bytes[DISK_SIZE];
	enum block_result disk_result;
	uint64_t output; /* hash of what the console sent */
	uint64_t run;    /* ticks so far */
	const uint8_t *next, *end;
};

static struct bench *bench_of(struct block_backend *b)
{
	return (struct bench *)((char *)b - offsetof(struct bench, disk));
}

static void require(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "virtio_ring: %s\n", what);
	abort();
}

static enum block_result disk_access(struct block_backend *b, uint64_t offset, size_t n)
{
	require(n && n % 512 == 0 && offset % 512 == 0 && offset <= DISK_SIZE &&
		    n <= DISK_SIZE - offset,
	    "an access outside the disk reached the backend");
	return bench_of(b)->disk_result;
}

static enum block_result disk_read(struct block_backend *b, uint64_t offset, void *out, size_t n)
{
	enum block_result r = disk_access(b, offset, n);
	if (r == BLOCK_OK)
		memcpy(out, bench_of(b)->disk_bytes + offset, n);
	return r;
}

static enum block_result disk_write(
    struct block_backend *b, uint64_t offset, const void *in, size_t n)
{
	enum block_result r = disk_access(b, offset, n);
	require(!b->readonly, "a read-only disk was written");
	if (r == BLOCK_OK)
		memcpy(bench_of(b)->disk_bytes + offset, in, n);
	return r;
}

static enum block_result disk_flush(struct block_backend *b)
{
	return bench_of(b)->disk_result;
}

static void sink(void *owner, const uint8_t *bytes, size_t n)
{
	struct bench *t = owner;
	t->output = XXH3_64bits_withSeed(bytes, n, t->output);
}

/* --- the program -------------------------------------------------------------------------- */

static uint64_t take(struct bench *t, unsigned n)
{
	uint64_t value = 0;
	for (unsigned i = 0; i < n && t->next < t->end; i++)
		value |= (uint64_t)*t->next++ << 8 * i;
	return value;
}

/* An address near something that matters: RAM and its edges, the rings, the registers, nowhere. */
static uint64_t take_address(struct bench *t)
{
	static const uint64_t near[8] = {RAM_BASE, RAM_BASE + 0x1000, RAM_BASE + 0x8000,
	    RAM_BASE + 0x10000, RAM_BASE + RAM_SIZE - 0x8000, SLOT, 0, UINT64_MAX - 0xffff};
	uint64_t a = near[take(t, 1) & 7];
	return a + take(t, 2);
}

static void write_slot(struct bench *t, uint64_t offset, uint64_t value, unsigned size)
{
	bus_write(t->m.bus, SLOT + offset, size, value);
}

static void write_address(struct bench *t, uint64_t offset, uint64_t value)
{
	write_slot(t, offset, (uint32_t)value, 4);
	write_slot(t, offset + 4, value >> 32, 4);
}

/* What a driver does first, with the queues where steps for descriptors and rings reach them. */
static void bring_up(struct bench *t)
{
	static const uint32_t sizes[4] = {2, 8, 64, 256};
	uint32_t num = sizes[take(t, 1) & 3];
	write_slot(t, 0x70, 0, 4);
	write_slot(t, 0x70, 3, 4);
	for (unsigned word = 0; word < 2; word++) {
		uint64_t mask = take(t, 1) & 1 ? 0xffffffff : 0;
		uint64_t features = t->transport.function->features | UINT64_C(3) << 28;
		write_slot(t, 0x24, word, 4);
		write_slot(t, 0x20, word ? 1 : features & mask, 4);
	}
	write_slot(t, 0x70, 11, 4);
	for (unsigned q = 0; q < VIRTIO_MAX_QUEUES; q++) {
		uint64_t base = RAM_BASE + 0x8000 * q;
		write_slot(t, 0x30, q, 4);
		write_slot(t, 0x38, num, 4);
		write_address(t, 0x80, base);
		write_address(t, 0x90, base + 0x1000);
		write_address(t, 0xa0, base + 0x2000);
		write_slot(t, 0x44, 1, 4);
	}
	write_slot(t, 0x70, 15, 4);
}

static void put_descriptor(struct bench *t)
{
	struct {
		uint64_t addr;
		uint32_t len;
		uint16_t flags, next;
	} d;
	uint64_t at = take(t, 2) % (RAM_SIZE / 16) * 16;
	d.addr = take_address(t);
	d.len = (uint32_t)take(t, 3);
	d.flags = (uint16_t)take(t, 1);
	d.next = (uint16_t)take(t, 1);
	memcpy(t->ram + at, &d, sizeof d);
}

static void offer(struct bench *t)
{
	uint16_t idx, head = (uint16_t)take(t, 1);
	uint32_t queue = take(t, 1) & 1;
	uint8_t *avail = t->ram + 0x8000 * queue + 0x1000;
	uint32_t num = t->transport.s.queue[queue].num;
	memcpy(&idx, avail + 2, 2);
	memcpy(avail + 4 + 2 * (idx % (num && num <= 256 ? num : 1)), &head, 2);
	idx++;
	memcpy(avail + 2, &idx, 2);
	write_slot(t, 0x50, queue, 4);
}

static void write_ram(struct bench *t)
{
	uint64_t at = take(t, 2) * 2 % (RAM_SIZE - 64);
	unsigned n = take(t, 1) & 63;
	for (unsigned i = 0; i < n; i++)
		t->ram[at + i] = (uint8_t)take(t, 1);
}

static void pass_time(struct bench *t)
{
	uint64_t ticks = (take(t, 1) + 1) * 8 * US, before = machine_now(&t->m);
	if (t->run + ticks > RUN_MAX)
		return;
	t->run += ticks;
	machine_run(&t->m, ticks);
	require(machine_now(&t->m) == before + ticks, "time did not reach the tick asked for");
}

static void step(struct bench *t)
{
	uint8_t bytes[16];
	switch (take(t, 1) & 7) {
	case 0: write_slot(t, take(t, 1) * 4 & 0x1ff, take(t, 4), 4); break;
	case 1: write_ram(t); break;
	case 2: put_descriptor(t); break;
	case 3: offer(t); break;
	case 4: pass_time(t); break;
	case 5:
		for (unsigned i = 0; i < sizeof bytes; i++)
			bytes[i] = (uint8_t)take(t, 1);
		serial_input(&t->port, bytes, sizeof bytes);
		t->disk_result = bytes[0] % 3;
		break;
	case 6: bring_up(t); break;
	case 7: {
		unsigned size = 1u << (take(t, 1) & 3);
		uint64_t at = (take(t, 2) & 0x1ff) / size * size, value = 0;
		bus_read(t->m.bus, SLOT + at, size, &value);
		write_slot(t, at, take(t, 2), size);
	}
	}
}

/* --- one run ------------------------------------------------------------------------------ */

static void attach(struct bench *t)
{
	struct virtio_function *functions[4] = {
	    &t->rng.function, &t->console.function, &t->blk.function, &t->blk.function};
	unsigned which = take(t, 1) & 3;
	t->disk = (struct block_backend){.size = DISK_SIZE,
	    .readonly = which == 3,
	    .read = disk_read,
	    .write = disk_write,
	    .flush = disk_flush};
	serial_init(&t->port, "serial0");
	t->port.sink = sink;
	t->port.sink_owner = t;
	virtio_rng_init(&t->rng, "rng0", 1);
	virtio_console_init(&t->console, "console0");
	virtio_console_connect(&t->console, &t->port);
	virtio_blk_init(&t->blk, &t->m, "disk0", &t->disk);
	virtio_mmio_init(&t->transport, &t->m, "virtio0", functions[which]);
	t->row.slot[0] = &t->transport;
	require(bus_map_mmio(t->m.bus, "virtio", SLOT, VIRTIO_MMIO_SLOTS * VIRTIO_MMIO_SIZE,
		    &virtio_mmio_row_ops, &t->row),
	    "out of memory");
	machine_add_device(&t->m, &t->transport.dev);
	machine_add_device(&t->m, &t->rng.dev);
	machine_add_device(&t->m, &t->console.dev);
	machine_add_device(&t->m, &t->blk.dev);
	machine_add_port(&t->m, &t->port);
	machine_reset(&t->m);
}

static uint64_t add(uint64_t hash, const void *bytes, size_t n)
{
	return XXH3_64bits_withSeed(bytes, n, hash);
}

/* Everything the device and its driver can see at the end. */
static uint64_t run(const uint8_t *data, size_t size)
{
	struct bench *t = calloc(1, sizeof *t);
	require(t != NULL, "out of memory");
	t->next = data;
	t->end = data + size;
	machine_init(&t->m, "bench", UINT64_C(1000000000));
	t->m.bus = bus_new(32);
	t->ram = t->m.bus ? machine_add_ram(&t->m, "ram", RAM_BASE, RAM_SIZE) : NULL;
	require(t->ram != NULL, "out of memory");
	attach(t);
	while (t->next < t->end)
		step(t);
	uint64_t hash = add(t->output, t->ram, RAM_SIZE);
	hash = add(hash, t->disk_bytes, DISK_SIZE);
	for (struct device *d = t->m.devices; d; d = d->next)
		hash = add(hash, d->state, d->type->table.size);
	machine_free(&t->m);
	free(t);
	return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	require(run(data, size) == run(data, size), "two runs of one input differ");
	return 0;
}
