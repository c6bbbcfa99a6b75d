/* Block device: requests of any shape, and what becomes of bad ones. */
#include "tests/device/virtio_driver.h"

#include "devices/virtio_blk.h"

#define SECTORS     256
#define HEADER      (DATA - 64)
#define STATUS_BYTE (DATA - 32)

enum { IN = 0, OUT = 1, FLUSH = 4, GET_ID = 8 };
enum { OK = 0, IOERR = 1, UNSUPP = 2, UNTOUCHED = 0xee };

/* A disk in memory that can be told to fail. */
struct memory_disk {
	struct block_backend b;
	uint8_t bytes[SECTORS * 512];
	unsigned flushes, writes;
	enum block_result result;
};

static enum block_result disk_read(struct block_backend *b, uint64_t offset, void *out, size_t n)
{
	struct memory_disk *m = (struct memory_disk *)b;
	cr_assert(offset % 512 == 0 && n % 512 == 0 && n && offset + n <= sizeof m->bytes);
	if (m->result == BLOCK_OK)
		memcpy(out, m->bytes + offset, n);
	return m->result;
}

static enum block_result disk_write(
    struct block_backend *b, uint64_t offset, const void *in, size_t n)
{
	struct memory_disk *m = (struct memory_disk *)b;
	cr_assert(offset % 512 == 0 && n % 512 == 0 && n && offset + n <= sizeof m->bytes);
	cr_assert_not(b->readonly);
	m->writes++;
	if (m->result == BLOCK_OK)
		memcpy(m->bytes + offset, in, n);
	return m->result;
}

static enum block_result disk_flush(struct block_backend *b)
{
	struct memory_disk *m = (struct memory_disk *)b;
	m->flushes++;
	return m->result;
}

static struct driver d;
static struct virtio_blk blk;
static struct memory_disk disk;

#define BLK_FEATURES (RING_FEATURES | FEATURE(2) | FEATURE(6) | FEATURE(9))

static void start(bool readonly, uint64_t accept)
{
	disk.b = (struct block_backend){.size = sizeof disk.bytes,
	    .readonly = readonly,
	    .read = disk_read,
	    .write = disk_write,
	    .flush = disk_flush};
	disk.flushes = disk.writes = 0;
	disk.result = BLOCK_OK;
	for (size_t i = 0; i < sizeof disk.bytes; i++)
		disk.bytes[i] = (uint8_t)(i / 512 + i);
	driver_machine(&d);
	virtio_blk_init(&blk, &d.m, "disk0", &disk.b);
	driver_attach(&d, &blk.function, &blk.dev);
	bring_up(&d, accept, 16);
}

static void setup(void)
{
	start(false, BLK_FEATURES);
}

static void teardown(void)
{
	driver_free(&d);
}

TestSuite(virtio_blk, .init = setup, .fini = teardown);

static void put_header(uint32_t type, uint64_t sector)
{
	memset(at(&d, HEADER), 0, 16);
	memcpy(at(&d, HEADER), &type, 4);
	memcpy(at(&d, HEADER) + 8, &sector, 8);
	*at(&d, STATUS_BYTE) = UNTOUCHED;
}

/* Offer the chain at descriptor 0, wait, and return the status byte. */
static uint8_t submit(uint32_t *len)
{
	uint32_t head;
	offer(&d, 0, 0);
	notify(&d, 0);
	machine_run(&d.m, 2000 * US);
	if (!take_used(&d, 0, &head, len))
		return UNTOUCHED;
	return *at(&d, STATUS_BYTE);
}

/* A request with one data descriptor of `n` bytes at DATA, or none. */
static uint8_t request(uint32_t type, uint64_t sector, uint32_t n, uint32_t *len)
{
	bool in = type == IN || type == GET_ID;
	put_header(type, sector);
	put_desc(&d, desc_at(0), 0, HEADER, 16, NEXT, n ? 1 : 2);
	put_desc(&d, desc_at(0), 1, DATA, n, NEXT | (in ? WRITE : 0), 2);
	put_desc(&d, desc_at(0), 2, STATUS_BYTE, 1, WRITE, 0);
	return submit(len);
}

static uint8_t ask(uint32_t type, uint64_t sector, uint32_t n)
{
	uint32_t len;
	return request(type, sector, n, &len);
}

Test(virtio_blk, tells_its_shape)
{
	cr_expect_eq(reg(&d, DEVICE_ID), 2);
	cr_expect_eq(features(&d), BLK_FEATURES);
	cr_expect_eq(bench_read(d.m.bus, SLOT_BASE + CONFIG, 8), SECTORS);
	cr_expect_eq(reg(&d, CONFIG), SECTORS);
	cr_expect_eq(reg(&d, CONFIG + 12), 254);
	cr_expect_eq(reg(&d, CONFIG + 20), 512);
	cr_expect_eq(bench_read(d.m.bus, SLOT_BASE + CONFIG + 21, 1), 2);
	/* Past the end there is nothing. */
	cr_expect_eq(reg(&d, CONFIG + 24), 0);
	cr_expect_eq(reg(&d, CONFIG + 0xfc), 0);
	/* The configuration cannot be written. */
	set_reg(&d, CONFIG, 1);
	cr_expect_eq(reg(&d, CONFIG), SECTORS);
}

Test(virtio_blk, reads)
{
	uint32_t len;
	cr_expect_eq(request(IN, 3, 4096, &len), OK);
	cr_expect_eq(len, 4097);
	cr_expect_eq(memcmp(at(&d, DATA), disk.bytes + 3 * 512, 4096), 0);
	cr_expect_eq(request(IN, 0, sizeof disk.bytes, &len), OK);
	cr_expect_eq(memcmp(at(&d, DATA), disk.bytes, sizeof disk.bytes), 0);
	cr_expect_eq(blk.s.reads, 2);
}

Test(virtio_blk, writes)
{
	uint32_t len;
	uint8_t expected[SECTORS * 512];
	memcpy(expected, disk.bytes, sizeof expected);
	memset(expected + 255 * 512, 0x5a, 512);
	memset(at(&d, DATA), 0x5a, 512);
	cr_expect_eq(request(OUT, 255, 512, &len), OK);
	cr_expect_eq(len, 1);
	cr_expect_eq(memcmp(disk.bytes, expected, sizeof expected), 0);
	cr_expect_neq(blk.s.written, 0);
}

/* 2.7.4.3: nothing depends on where the driver divides header, data and status. */
Test(virtio_blk, takes_requests_of_any_shape)
{
	uint32_t len;
	put_header(OUT, 8);
	for (unsigned i = 0; i < 1024; i++)
		*at(&d, DATA + i) = (uint8_t)(i * 7);
	/* Header in two pieces, the second runs on into the data; data in odd pieces. */
	memmove(at(&d, DATA + 2048), at(&d, HEADER) + 5, 11);
	memcpy(at(&d, DATA + 2048 + 11), at(&d, DATA), 300);
	put_desc(&d, desc_at(0), 0, HEADER, 5, NEXT, 1);
	put_desc(&d, desc_at(0), 1, DATA + 2048, 311, NEXT, 2);
	put_desc(&d, desc_at(0), 2, DATA + 300, 1, NEXT, 3);
	put_desc(&d, desc_at(0), 3, DATA + 301, 723, NEXT, 4);
	put_desc(&d, desc_at(0), 4, STATUS_BYTE, 1, WRITE, 0);
	cr_expect_eq(submit(&len), OK);
	cr_expect_eq(memcmp(disk.bytes + 8 * 512, at(&d, DATA), 1024), 0);
	/* Data and status in one descriptor. */
	put_header(IN, 8);
	memset(at(&d, DATA), 0, 2048);
	put_desc(&d, desc_at(0), 0, HEADER, 16, NEXT, 1);
	put_desc(&d, desc_at(0), 1, DATA, 100, WRITE | NEXT, 2);
	put_desc(&d, desc_at(0), 2, DATA + 100, 925, WRITE, 0);
	*at(&d, DATA + 1024) = UNTOUCHED;
	submit(&len);
	cr_expect_eq(len, 1025);
	cr_expect_eq(*at(&d, DATA + 1024), OK);
	cr_expect_eq(memcmp(disk.bytes + 8 * 512, at(&d, DATA), 1024), 0);
}

Test(virtio_blk, flushes_before_it_says_so)
{
	cr_expect_eq(ask(OUT, 0, 512), OK);
	cr_expect_eq(disk.flushes, 0);
	cr_expect_eq(ask(FLUSH, 0, 0), OK);
	cr_expect_eq(disk.flushes, 1);
	disk.result = BLOCK_NO_SPACE;
	cr_expect_eq(ask(FLUSH, 0, 0), IOERR);
}

/* 5.2.6.2: without F_FLUSH a write that has come back must be stable. */
Test(virtio_blk, flushes_by_itself_for_a_driver_that_cannot_ask)
{
	driver_free(&d);
	start(false, BLK_FEATURES & ~FEATURE(9));
	cr_expect_eq(ask(OUT, 0, 512), OK);
	cr_expect_eq(disk.flushes, 1);
}

Test(virtio_blk, gives_its_name)
{
	uint32_t len;
	memset(at(&d, DATA), 0xff, 32);
	cr_expect_eq(request(GET_ID, 0, 20, &len), OK);
	cr_expect_str_eq((char *)at(&d, DATA), "myna-disk0");
	cr_expect_eq(*at(&d, DATA + 19), 0);
	cr_expect_eq(*at(&d, DATA + 20), 0xff);
	cr_expect_eq(ask(GET_ID, 0, 19), IOERR);
}

Test(virtio_blk, refuses_what_is_out_of_range)
{
	const struct {
		uint32_t type;
		uint64_t sector;
		uint32_t n;
	} bad[] = {
	    {IN, SECTORS, 512},
	    {IN, SECTORS - 1, 1024},
	    {IN, UINT64_MAX, 512},
	    {IN, UINT64_MAX / 512, 512},
	    {IN, UINT64_MAX / 512 + 1, 512},
	    {IN, 0, 511},
	    {IN, 0, 513},
	    {IN, 0, 0},
	    {IN, 0, SECTORS * 512 + 512},
	    {OUT, SECTORS, 512},
	    {OUT, UINT64_C(1) << 55, 512},
	    {OUT, 0, 100},
	    {OUT, 0, 0},
	};
	for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
		cr_expect_eq(ask(bad[i].type, bad[i].sector, bad[i].n), IOERR, "row %u", i);
	cr_expect_eq(disk.writes, 0);
	cr_expect_eq(blk.s.errors, sizeof bad / sizeof bad[0]);
	cr_expect_eq(ask(99, 0, 512), UNSUPP);
	cr_expect_eq(ask(IN, 0, 512), OK, "the device still works");
}

Test(virtio_blk, passes_on_what_the_backend_says)
{
	disk.result = BLOCK_IO_ERROR;
	cr_expect_eq(ask(IN, 0, 512), IOERR);
	cr_expect_eq(ask(OUT, 0, 512), IOERR);
	disk.result = BLOCK_NO_SPACE;
	cr_expect_eq(ask(OUT, 0, 512), IOERR);
	cr_expect_eq(d.m.log.count, 0, "the guest made no mistake");
	disk.result = BLOCK_OK;
	cr_expect_eq(ask(OUT, 0, 512), OK);
}

Test(virtio_blk, a_readonly_disk_is_not_written)
{
	driver_free(&d);
	start(true, BLK_FEATURES | FEATURE(5));
	cr_expect_eq(features(&d), BLK_FEATURES | FEATURE(5));
	cr_expect_eq(ask(OUT, 0, 512), IOERR);
	cr_expect_eq(disk.writes, 0);
	cr_expect_eq(ask(IN, 0, 512), OK);
	cr_expect_eq(ask(FLUSH, 0, 0), OK);
}

Test(virtio_blk, a_request_without_header_or_status_breaks_the_device)
{
	uint32_t len;
	put_desc(&d, desc_at(0), 0, HEADER, 15, NEXT, 1);
	put_desc(&d, desc_at(0), 1, STATUS_BYTE, 1, WRITE, 0);
	cr_expect_eq(submit(&len), UNTOUCHED);
	cr_expect(reg(&d, STATUS) & NEEDS_RESET);
	bring_up(&d, BLK_FEATURES, 16);
	put_desc(&d, desc_at(0), 0, HEADER, 16, 0, 0);
	cr_expect_eq(submit(&len), UNTOUCHED);
	cr_expect(reg(&d, STATUS) & NEEDS_RESET);
}

Test(virtio_blk, time_passes_with_the_length)
{
	uint32_t head, len;
	put_header(IN, 0);
	put_desc(&d, desc_at(0), 0, HEADER, 16, NEXT, 1);
	put_desc(&d, desc_at(0), 1, DATA, 100 * 512, NEXT | WRITE, 2);
	put_desc(&d, desc_at(0), 2, STATUS_BYTE, 1, WRITE, 0);
	offer(&d, 0, 0);
	notify(&d, 0);
	machine_run(&d.m, 101 * US);
	cr_expect_not(take_used(&d, 0, &head, &len));
	machine_run(&d.m, US);
	cr_expect(take_used(&d, 0, &head, &len));
}

/* All 1 MiB of RAM, a hundred times in one request, asked for sixteen times: the host's work is
 * refused or paid for in guest time. */
Test(virtio_blk, a_huge_request_is_refused)
{
	uint64_t table = DATA + 0x40000;
	uint32_t len;
	put_header(IN, 0);
	put_desc(&d, desc_at(0), 0, HEADER, 16, NEXT, 1);
	put_desc(&d, desc_at(0), 1, table, 16 * 100, INDIRECT, 0);
	for (unsigned i = 0; i < 100; i++)
		put_desc(&d, table, i, DATA, 0x40000, WRITE | NEXT, (uint16_t)(i + 1));
	put_desc(&d, table, 99, STATUS_BYTE, 1, WRITE, 0);
	offer(&d, 0, 0);
	notify(&d, 0);
	machine_run(&d.m, 100000 * US);
	uint32_t head;
	cr_assert(take_used(&d, 0, &head, &len));
	cr_expect_eq(*at(&d, STATUS_BYTE), IOERR);
}

/* A read that lands on the rings, with the disk's bytes for ring contents. */
Test(virtio_blk, reading_the_disk_over_the_rings)
{
	for (unsigned seed = 0; seed < 64; seed++) {
		bring_up(&d, BLK_FEATURES, 16);
		memset(disk.bytes, (int)seed, 0x2000);
		put_header(IN, 0);
		put_desc(&d, desc_at(0), 0, HEADER, 16, NEXT, 1);
		put_desc(&d, desc_at(0), 1, desc_at(0) + 0x1000, 0x2000, NEXT | WRITE, 2);
		put_desc(&d, desc_at(0), 2, STATUS_BYTE, 1, WRITE, 0);
		for (unsigned n = 0; n < 4; n++)
			offer(&d, 0, 0);
		notify(&d, 0);
		uint64_t before = machine_now(&d.m);
		machine_run(&d.m, 10000 * US);
		cr_expect_eq(machine_now(&d.m), before + 10000 * US);
	}
}
