/* Fuzz target: an overlay file that holds anything.
 *
 * The input is the start of the file: its header (the checksum and the base's identity are set
 * right, or nothing would get past them), its tables, and then a program of reads and writes.
 * Either the file is refused with a reason, or it works: what is written is read back, also after
 * closing and opening again.
 */
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xxhash.h>

#include "frontend/block.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SECTORS   ((5 * 65536 + 3 * 512) / 512)
#define DISK_SIZE (SECTORS * 512)
#define TABLE     4096
#define DATA_AT   65536
#define HEADER    56 /* bytes, the checksum being the last eight */

static int base_fd = -1, overlay_fd;
static uint8_t good_header[HEADER];
static char spec[128];

static void require(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "block_overlay: %s\n", what);
	abort();
}

static struct block_backend *open_overlay(void)
{
	char why[512] = "";
	struct block_backend *b;
	enum status status = block_open(spec, (struct block_log){0}, &b, why, sizeof why);
	require((status == STATUS_OK) == (b != NULL) && (b || why[0]), "refused without a reason");
	return b;
}

/* Once: a base, and what the header of a new overlay over it says. */
static void prepare(void)
{
	uint8_t sector[512];
	base_fd = memfd_create("base", 0);
	overlay_fd = memfd_create("overlay", 0);
	for (unsigned i = 0; i < SECTORS; i++) {
		memset(sector, (int)(i * 7 + 1), sizeof sector);
		require(write(base_fd, sector, sizeof sector) == sizeof sector, "no base");
	}
	snprintf(spec, sizeof spec, "file=/proc/self/fd/%d,overlay=/proc/self/fd/%d", base_fd,
	    overlay_fd);
	block_close(open_overlay());
	require(pread(overlay_fd, good_header, HEADER, 0) == HEADER, "no header");
}

/* Lay out the file; returns the bytes of `data` used. */
static size_t make_file(const uint8_t *data, size_t size)
{
	uint8_t header[HEADER], table[64];
	uint64_t length, checksum;
	size_t used = 3 + sizeof table < size ? 3 + sizeof table : size;
	uint8_t plan[3 + sizeof table] = {0};
	memcpy(plan, data, used);
	memcpy(header, good_header, HEADER);
	header[20] = plan[0] & 3; /* which table counts */
	length = plan[1] & 1 ? DATA_AT + (uint64_t)plan[2] * 4096 : (uint64_t)plan[2] * 1024;
	if (plan[1] & 2)
		header[plan[1] >> 3] ^= plan[2];
	checksum = XXH3_64bits(header, HEADER - 8);
	memcpy(header + HEADER - 8, &checksum, 8);
	memcpy(table, plan + 3, sizeof table);
	bool ok = ftruncate(overlay_fd, 0) == 0 &&
		  pwrite(overlay_fd, header, HEADER, 0) == HEADER &&
		  pwrite(overlay_fd, table, sizeof table, TABLE) == sizeof table &&
		  pwrite(overlay_fd, table, sizeof table, 2 * TABLE) == sizeof table &&
		  ftruncate(overlay_fd, (off_t)length) == 0;
	require(ok, "no overlay file");
	return used;
}

static void use(struct block_backend *b, uint8_t *shadow, const uint8_t *data, size_t size)
{
	uint8_t buffer[8192];
	for (size_t i = 0; i + 3 <= size; i += 3) {
		uint64_t sector = (data[i] | data[i + 1] << 8) % SECTORS;
		uint64_t n = 1 + data[i + 2] % 16;
		if (n > SECTORS - sector)
			n = SECTORS - sector;
		memset(buffer, data[i + 2], sizeof buffer);
		require(b->write(b, sector * 512, buffer, n * 512) == BLOCK_OK, "write failed");
		memcpy(shadow + sector * 512, buffer, n * 512);
	}
}

static void compare(struct block_backend *b, const uint8_t *shadow, const char *what)
{
	static uint8_t contents[DISK_SIZE];
	require(b->read(b, 0, contents, DISK_SIZE) == BLOCK_OK, "read failed");
	require(memcmp(contents, shadow, DISK_SIZE) == 0, what);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t shadow[DISK_SIZE];
	if (base_fd < 0)
		prepare();
	size_t used = make_file(data, size);
	struct block_backend *b = open_overlay();
	if (!b)
		return 0;
	require(b->read(b, 0, shadow, DISK_SIZE) == BLOCK_OK, "read failed");
	use(b, shadow, data + used, size - used);
	compare(b, shadow, "what was written is not there");
	block_close(b);
	b = open_overlay();
	require(b != NULL, "an overlay of our own was refused");
	compare(b, shadow, "what was written is not there after opening again");
	block_close(b);
	return 0;
}
