/* Rewind: the recent past of a machine in bounded memory. */
#include "frontend/rewind.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "machine/snapshot.h"

#define PAGE  4096
#define PIECE (64 * 1024) /* read and compared at once */
#define LEVEL 1           /* of zstd: a state is pushed while somebody plays */

/* How an older state differs from the one after it. */
struct change {
	struct change *older, *newer;
	off_t length; /* of the older file */
	size_t raw;   /* bytes when unpacked: entries of page number and page */
	size_t packed;
	uint8_t bytes[];
};

struct entry {
	uint64_t page;
	uint8_t bytes[PAGE];
};

struct rewind {
	size_t limit;
	int newest;                     /* file of the newest state, -1: none */
	size_t newest_bytes;            /* memory it takes */
	struct change *latest, *oldest; /* from the newest to the one before it, and so on */
	size_t bytes;                   /* of the changes */
	unsigned count;                 /* of the changes */
	struct entry *entries;          /* while a change is made; grows */
	size_t room, used;              /* entries */
};

static bool failed(char *why, size_t size)
{
	snprintf(why, size, "%s", strerror(errno));
	return false;
}

int state_in_memory(struct machine *m, char *why, size_t size)
{
	int fd = memfd_create("myna-state", MFD_CLOEXEC);

	if (fd < 0)
		failed(why, size);
	else if (snapshot_save(m, fd, why, size))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

struct rewind *rewind_new(size_t bytes)
{
	struct rewind *r = calloc(1, sizeof(*r));

	if (r) {
		r->limit = bytes;
		r->newest = -1;
	}
	return r;
}

void rewind_clear(struct rewind *r)
{
	while (r->latest) {
		struct change *c = r->latest;

		r->latest = c->older;
		free(c);
	}
	r->oldest = NULL;
	r->bytes = 0;
	r->count = 0;
	if (r->newest >= 0)
		close(r->newest);
	r->newest = -1;
	r->newest_bytes = 0;
}

void rewind_free(struct rewind *r)
{
	if (!r)
		return;
	rewind_clear(r);
	free(r->entries);
	free(r);
}

unsigned rewind_count(const struct rewind *r)
{
	return r->newest < 0 ? 0 : r->count + 1;
}

size_t rewind_bytes(const struct rewind *r)
{
	return r->bytes + r->newest_bytes;
}

static off_t length_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) ? 0 : st.st_size;
}

static size_t memory_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) ? 0 : (size_t)st.st_blocks * 512;
}

/* The next offset from `at` on where one of the files has data, at a piece's start; -1: none. */
static off_t next_data(int a, int b, off_t at)
{
	off_t x = lseek(a, at, SEEK_DATA), y = lseek(b, at, SEEK_DATA);
	off_t next = x < 0 ? y : y < 0 ? x : x < y ? x : y;

	return next < 0 ? -1 : next / PIECE * PIECE;
}

/* What lies beyond a file's end, or in a hole, is zero. */
static bool read_piece(int fd, off_t at, uint8_t *to)
{
	ssize_t n = pread(fd, to, PIECE, at);

	if (n < 0)
		return false;
	memset(to + n, 0, (size_t)(PIECE - n));
	return true;
}

static bool add_entry(struct rewind *r, uint64_t page, const uint8_t *bytes)
{
	struct entry *grown;

	if (r->used == r->room) {
		grown = realloc(r->entries, (r->room * 2 + 64) * sizeof(*grown));
		if (!grown)
			return false;
		r->entries = grown;
		r->room = r->room * 2 + 64;
	}
	r->entries[r->used].page = page;
	memcpy(r->entries[r->used++].bytes, bytes, PAGE);
	return true;
}

/* A file, mapped to be read where it has data. */
struct view {
	int fd;
	const uint8_t *bytes;
	size_t length;
};

static bool view_open(struct view *v, int fd)
{
	v->fd = fd;
	v->length = (size_t)length_of(fd);
	v->bytes = mmap(NULL, v->length ? v->length : 1, PROT_READ, MAP_SHARED, fd, 0);
	return v->bytes != MAP_FAILED;
}

static void view_close(struct view *v)
{
	if (v->bytes != MAP_FAILED)
		munmap((void *)(uintptr_t)v->bytes, v->length ? v->length : 1);
}

/* The piece at `at`: in place, or a copy filled up with zeros at the end of the file. */
static const uint8_t *piece_of(const struct view *v, off_t at, uint8_t *copy)
{
	if ((size_t)at + PIECE <= v->length)
		return v->bytes + at;
	return read_piece(v->fd, at, copy) ? copy : NULL;
}

static bool compare_piece(
    struct rewind *r, const struct view *older, const struct view *newer, off_t at)
{
	uint8_t ends[2][PIECE];
	const uint8_t *a = piece_of(older, at, ends[0]), *b = piece_of(newer, at, ends[1]);

	if (!a || !b)
		return false;
	if (!memcmp(a, b, PIECE))
		return true;
	for (size_t i = 0; i < PIECE; i += PAGE) {
		if (memcmp(a + i, b + i, PAGE) && !add_entry(r, ((uint64_t)at + i) / PAGE, a + i))
			return false;
	}
	return true;
}

/* The pages of `older` that are not so in `newer`. */
static bool compare(struct rewind *r, int older, int newer)
{
	struct view a, b;
	bool good = view_open(&a, older);

	good = view_open(&b, newer) && good;
	r->used = 0;
	for (off_t at = 0; good && (at = next_data(older, newer, at)) >= 0; at += PIECE)
		good = compare_piece(r, &a, &b, at);
	view_close(&a);
	view_close(&b);
	return good;
}

static bool add_change(struct rewind *r, int newer)
{
	size_t raw, most;
	struct change *c;

	if (!compare(r, r->newest, newer))
		return false;
	raw = r->used * sizeof(struct entry);
	most = ZSTD_compressBound(raw);
	c = malloc(sizeof(*c) + most);
	if (!c)
		return false;
	*c = (struct change){.older = r->latest, .length = length_of(r->newest), .raw = raw};
	c->packed = ZSTD_compress(c->bytes, most, r->entries, raw, LEVEL);
	if (ZSTD_isError(c->packed)) {
		free(c);
		return false;
	}
	r->latest = realloc(c, sizeof(*c) + c->packed); /* smaller: cannot fail to be something */
	r->latest = r->latest ? r->latest : c;
	if (r->latest->older)
		r->latest->older->newer = r->latest;
	else
		r->oldest = r->latest;
	r->bytes += sizeof(*c) + r->latest->packed;
	r->count++;
	return true;
}

/* Take the change at the oldest end away. */
static void drop_oldest(struct rewind *r)
{
	struct change *c = r->oldest;

	r->oldest = c->newer;
	if (c->newer)
		c->newer->older = NULL;
	else
		r->latest = NULL;
	r->bytes -= sizeof(*c) + c->packed;
	r->count--;
	free(c);
}

static void make_room(struct rewind *r)
{
	/* The list of pages may once have been long. */
	if (r->room * sizeof(struct entry) > r->limit / 8) {
		free(r->entries);
		r->entries = NULL;
		r->room = 0;
	}
	while (r->oldest && rewind_bytes(r) > r->limit)
		drop_oldest(r);
}

bool rewind_push(struct rewind *r, struct machine *m, char *why, size_t size)
{
	int fd = state_in_memory(m, why, size);

	if (fd < 0)
		return false;
	if (memory_of(fd) > r->limit) {
		snprintf(why, size, "a state takes %zu MiB, more than rewind may have",
		    memory_of(fd) >> 20);
		close(fd);
		rewind_clear(r);
		return false;
	}
	if (r->newest >= 0) {
		if (!add_change(r, fd))
			rewind_clear(r);
		else
			close(r->newest);
	}
	r->newest = fd;
	r->newest_bytes = memory_of(fd);
	make_room(r);
	return true;
}

static bool copy_file(int from, int to)
{
	uint8_t piece[PIECE];

	for (off_t at = 0; (at = next_data(from, from, at)) >= 0; at += PIECE) {
		if (!read_piece(from, at, piece) || pwrite(to, piece, PIECE, at) != PIECE)
			return false;
	}
	return true;
}

static bool apply(const struct change *c, int fd)
{
	struct entry *entries = malloc(c->raw ? c->raw : 1);
	bool good = entries && ZSTD_decompress(entries, c->raw, c->bytes, c->packed) == c->raw;

	for (size_t i = 0; good && i < c->raw / sizeof(*entries); i++)
		good = pwrite(fd, entries[i].bytes, PAGE, (off_t)entries[i].page * PAGE) == PAGE;
	free(entries);
	return good && !ftruncate(fd, c->length);
}

/* The state before the newest becomes the newest.  A new file: the machine may have mapped the old
 * one. */
static bool step_back(struct rewind *r)
{
	struct change *c = r->latest;
	int fd = memfd_create("myna-state", MFD_CLOEXEC);

	if (fd < 0)
		return false;
	if (!copy_file(r->newest, fd) || !apply(c, fd)) {
		close(fd);
		return false;
	}
	close(r->newest);
	r->newest = fd;
	r->newest_bytes = memory_of(fd);
	r->latest = c->older;
	if (c->older)
		c->older->newer = NULL;
	else
		r->oldest = NULL;
	r->bytes -= sizeof(*c) + c->packed;
	r->count--;
	free(c);
	return true;
}

bool rewind_back(struct rewind *r, struct machine *m, char *why, size_t size)
{
	if (r->newest < 0) {
		snprintf(why, size, "nothing is remembered");
		return false;
	}
	if (!snapshot_load(m, r->newest, why, size))
		return false;
	if (r->latest && !step_back(r)) {
		snprintf(why, size, "out of memory");
		rewind_clear(r);
		return false;
	}
	/* The machine maps the file of the oldest state: the next push replaces it, and nothing
	 * writes to it. */
	return true;
}
