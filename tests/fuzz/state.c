/* Fuzz target: a state file from anybody.
 *
 * The input becomes a file whose checksums are made right first, or nothing behind them would ever
 * be reached.  Loading it must either fail and leave a machine that runs as after a reset, or
 * leave one that runs, can be saved again, and whose saved state is equal to it.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xxhash.h>

#include "machine/snapshot.h"
#include "machine/statefile.h"
#include "tests/unit/fake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FILE_MAX (1u << 18)
#define TICKS    3000

/* The bytes of one file; inputs may leave out zeros at the end. */
static uint8_t file[FILE_MAX];

static bool inside(uint64_t offset, uint64_t n)
{
	return offset <= FILE_MAX && n <= FILE_MAX - offset;
}

static void seal_sections(const struct state_header *h)
{
	uint64_t at = h->dir_offset, end = at + h->dir_size;
	struct state_entry e;

	for (uint32_t i = 0; i < h->sections && end - at >= sizeof e; i++) {
		memcpy(&e, file + at, sizeof e);
		if (inside(e.offset, e.stored))
			e.hash = XXH3_64bits(file + e.offset, e.stored);
		memcpy(file + at, &e, sizeof e);
		if (e.name_size > end - at - sizeof e)
			break;
		at += sizeof e + e.name_size;
	}
}

/* Make every checksum right and return the size of the file. */
static size_t seal(const uint8_t *data, size_t size)
{
	struct state_header h;

	memset(file, 0, sizeof file);
	memcpy(file, data, size);
	memcpy(&h, file, sizeof h);
	memcpy(h.magic, state_magic, sizeof h.magic);
	h.version = STATE_VERSION;
	if (h.file_size > FILE_MAX || h.file_size < size)
		h.file_size = size;
	if (inside(h.dir_offset, h.dir_size)) {
		/* The directory last: a section may lie on top of it. */
		seal_sections(&h);
		h.dir_hash = XXH3_64bits(file + h.dir_offset, h.dir_size);
	}
	h.header_hash = XXH3_64bits(&h, offsetof(struct state_header, header_hash));
	memcpy(file, &h, sizeof h);
	return h.file_size;
}

static void check_saved(struct fake *f)
{
	struct fake *again = fake_new(2, 3, 1, FAKE_ALL);
	char why[256] = "", text[256] = "";
	int raw = memfd_create("raw", 0), packed = memfd_create("packed", 0);

	if (!snapshot_save(&f->m, raw, why, sizeof why) ||
	    !snapshot_pack(raw, packed, why, sizeof why) ||
	    !snapshot_verify(packed, why, sizeof why) ||
	    !snapshot_load(&again->m, packed, why, sizeof why) ||
	    machine_difference(&f->m, &again->m, text, sizeof text)) {
		fprintf(stderr, "saved state: %s%s\n", why, text);
		abort();
	}
	close(raw);
	close(packed);
	fake_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fake *f;
	char why[256] = "";
	int fd = memfd_create("state", 0), back = memfd_create("back", 0);

	if (size < sizeof(struct state_header) || size > FILE_MAX || fd < 0 || back < 0)
		goto done;
	size = seal(data, size);
	if (!write_sparse(fd, 0, file, size) || ftruncate(fd, (off_t)size) != 0)
		abort();
	f = fake_new(2, 3, 1, FAKE_ALL);
	if (snapshot_load(&f->m, fd, why, sizeof why)) {
		machine_run(&f->m, TICKS);
		check_saved(f);
	} else {
		if (!why[0])
			abort();
		machine_run(&f->m, TICKS);
	}
	fake_free(f);
	snapshot_verify(fd, why, sizeof why);
	snapshot_unpack(fd, back, why, sizeof why);
done:
	close(fd);
	close(back);
	return 0;
}
