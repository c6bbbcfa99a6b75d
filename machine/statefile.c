/* The container of state files, docs/state-format.md.
 *
 * Everything read is checked against the size of the file before it is used, and nothing is
 * allocated larger than the file is or than a fixed bound. */
#include "machine/statefile.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "machine/snapshot.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "structs are written as they are");
_Static_assert(sizeof(struct state_header) == 56, "no padding in the file");
_Static_assert(sizeof(struct state_entry) == 40, "no padding in the file");
_Static_assert(sizeof(struct stored_chunk) == 32, "no padding in the file");

const uint8_t state_magic[8] = {'m', 'y', 'n', 'a', 's', 't', 'a', 't'};

#define DIR_MAX       (1u << 20)
#define SECTIONS_MAX  4096u
#define NAME_SIZE_MAX 255u

bool state_fail(char *why, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, size, format, args);
	va_end(args);
	return false;
}

bool read_at(int fd, uint64_t offset, void *out, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t got = pread(fd, (uint8_t *)out + done, n - done, (off_t)(offset + done));
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		done += (size_t)got;
	}
	return true;
}

bool write_at(int fd, uint64_t offset, const void *in, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t put =
		    pwrite(fd, (const uint8_t *)in + done, n - done, (off_t)(offset + done));
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0) {
			errno = put ? errno : ENOSPC;
			return false;
		}
		done += (size_t)put;
	}
	return true;
}

static size_t page_part(size_t n)
{
	return n < STATE_PAGE ? n : STATE_PAGE;
}

/* As few calls as there are runs of pages that are not zero. */
bool write_sparse(int fd, uint64_t offset, const uint8_t *bytes, size_t n)
{
	for (size_t at = 0; at < n;) {
		size_t end = at;
		while (end < n && !all_zero(bytes + end, page_part(n - end)))
			end += page_part(n - end);
		if (end > at && !write_at(fd, offset + at, bytes + at, end - at))
			return false;
		at = end > at ? end : end + page_part(n - end);
	}
	return true;
}

bool all_zero(const uint8_t *bytes, size_t n)
{
	/* A byte equal to the next, all along, from a first one of 0. */
	return n == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, n - 1) == 0);
}

struct chunk_hash chunk_hash(const uint8_t *bytes, size_t n)
{
	if (all_zero(bytes, n))
		return (struct chunk_hash){0, 0};
	XXH128_hash_t h = XXH3_128bits(bytes, n);
	return (struct chunk_hash){h.high64, h.low64};
}

uint64_t chunk_count(uint64_t size)
{
	return size / STATE_CHUNK + (size % STATE_CHUNK != 0);
}

static bool inside(const struct state_file *f, uint64_t offset, uint64_t n)
{
	return offset <= f->size && n <= f->size - offset;
}

static bool header_check(
    const struct state_file *f, const struct state_header *h, char *why, size_t size)
{
	if (memcmp(h->magic, state_magic, sizeof h->magic) != 0)
		return state_fail(why, size, "not a state file");
	if (h->version != STATE_VERSION)
		return state_fail(why, size, "state format %u; this version reads format %u",
		    h->version, STATE_VERSION);
	if (h->header_hash != XXH3_64bits(h, offsetof(struct state_header, header_hash)))
		return state_fail(why, size, "damaged header");
	if (h->file_size != f->size)
		return state_fail(why, size, "file has %llu bytes, %llu were written",
		    (unsigned long long)f->size, (unsigned long long)h->file_size);
	if (h->dir_size > DIR_MAX || !inside(f, h->dir_offset, h->dir_size) ||
	    h->sections > SECTIONS_MAX || h->sections > h->dir_size / sizeof(struct state_entry))
		return state_fail(why, size, "impossible directory");
	return true;
}

static bool entry_check(const struct state_file *f, const struct state_entry *e)
{
	if (!inside(f, e->offset, e->stored))
		return false;
	if (e->form == FORM_RAW)
		return e->stored == e->size;
	return e->form == FORM_CHUNKED && e->size <= UINT64_MAX / 2 &&
	       e->stored == chunk_count(e->size) * sizeof(struct chunk_hash);
}

/* Among the first `count` sections. */
static const struct section *find_kind(
    const struct state_file *f, unsigned count, unsigned kind, const char *name)
{
	for (unsigned i = 0; i < count; i++)
		if (f->sections[i].e.kind == kind && strcmp(f->sections[i].name, name) == 0)
			return &f->sections[i];
	return NULL;
}

bool printable(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (text[i] < ' ' || text[i] > '~')
			return false;
	return true;
}

/* Split the directory into sections. */
static bool dir_parse(
    struct state_file *f, const uint8_t *dir, size_t dir_size, char *why, size_t size)
{
	const uint8_t *end = dir + dir_size;
	char *name = f->names;

	for (unsigned i = 0; i < f->count; i++) {
		struct section *s = &f->sections[i];
		if ((size_t)(end - dir) < sizeof s->e)
			return state_fail(why, size, "directory ends early");
		memcpy(&s->e, dir, sizeof s->e);
		dir += sizeof s->e;
		if (s->e.name_size > (size_t)(end - dir) || s->e.name_size > NAME_SIZE_MAX)
			return state_fail(why, size, "directory ends early");
		if (!entry_check(f, &s->e))
			return state_fail(why, size, "section %u lies outside the file", i);
		memcpy(name, dir, s->e.name_size);
		name[s->e.name_size] = 0;
		if (!printable(name, s->e.name_size) || find_kind(f, i, s->e.kind, name))
			return state_fail(why, size, "section %u has an impossible name", i);
		s->name = name;
		name += s->e.name_size + 1;
		dir += s->e.name_size;
	}
	return true;
}

static bool index_load(struct state_file *f, char *why, size_t size)
{
	const struct section *s = state_file_find(f, SECTION_INDEX, "");

	if (!s)
		return true;
	if (s->e.form != FORM_RAW || s->e.size % sizeof *f->index)
		return state_fail(why, size, "impossible index of chunks");
	f->index = (struct stored_chunk *)section_load(f, s, why, size);
	if (!f->index)
		return false;
	f->index_count = s->e.size / sizeof *f->index;
	for (size_t i = 0; i < f->index_count; i++) {
		const struct stored_chunk *c = &f->index[i];
		if (!inside(f, c->offset, c->stored) ||
		    c->stored > ZSTD_compressBound(STATE_CHUNK) || c->size > STATE_CHUNK)
			return state_fail(why, size, "impossible index of chunks");
	}
	f->packed = malloc(ZSTD_compressBound(STATE_CHUNK));
	f->zstd = ZSTD_createDCtx();
	return (f->packed && f->zstd) || state_fail(why, size, "out of memory");
}

bool state_file_open(struct state_file *f, int fd, char *why, size_t size)
{
	struct state_header h;
	struct stat st;

	*f = (struct state_file){.fd = fd};
	if (fstat(fd, &st) != 0)
		return state_fail(why, size, "%s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return state_fail(why, size, "not a regular file");
	f->size = (uint64_t)st.st_size;
	if (f->size < sizeof h || !read_at(fd, 0, &h, sizeof h))
		return state_fail(
		    why, size, "not a state file (%llu bytes)", (unsigned long long)f->size);
	if (!header_check(f, &h, why, size))
		return false;
	uint8_t *dir = malloc(h.dir_size + 1);
	f->sections = calloc(h.sections + 1, sizeof *f->sections);
	f->names = malloc(h.dir_size + h.sections + 1);
	f->count = h.sections;
	bool good = dir && f->sections && f->names;
	if (!good)
		state_fail(why, size, "out of memory");
	else if (!read_at(fd, h.dir_offset, dir, h.dir_size) ||
		 XXH3_64bits(dir, h.dir_size) != h.dir_hash)
		good = state_fail(why, size, "damaged directory");
	else
		good = dir_parse(f, dir, h.dir_size, why, size) && index_load(f, why, size);
	free(dir);
	if (!good)
		state_file_close(f);
	return good;
}

void state_file_close(struct state_file *f)
{
	free(f->sections);
	free(f->names);
	free(f->index);
	free(f->packed);
	ZSTD_freeDCtx(f->zstd);
	*f = (struct state_file){.fd = -1};
}

const struct section *state_file_find(
    const struct state_file *f, enum section_kind kind, const char *name)
{
	return find_kind(f, f->count, kind, name);
}

static bool hash_checked(const struct state_entry *e)
{
	return e->form == FORM_CHUNKED || (e->kind != SECTION_RAM && e->kind != SECTION_STORE);
}

bool section_intact(const struct state_file *f, const struct section *s)
{
	XXH3_state_t *hash = XXH3_createState();
	uint8_t *buffer = malloc(STATE_CHUNK);
	bool good = hash && buffer && XXH3_64bits_reset(hash) == XXH_OK;

	for (uint64_t at = 0; good && at < s->e.stored; at += STATE_CHUNK) {
		uint64_t left = s->e.stored - at;
		size_t n = left < STATE_CHUNK ? left : STATE_CHUNK;
		good = read_at(f->fd, s->e.offset + at, buffer, n);
		XXH3_64bits_update(hash, buffer, good ? n : 0);
	}
	good = good && (!hash_checked(&s->e) || XXH3_64bits_digest(hash) == s->e.hash);
	free(buffer);
	XXH3_freeState(hash);
	return good;
}

static uint8_t *stored_load(
    const struct state_file *f, const struct section *s, char *why, size_t size)
{
	if (s->e.stored > STATE_IN_MEMORY) {
		state_fail(why, size, "section '%s' is too large", s->name);
		return NULL;
	}
	uint8_t *bytes = malloc(s->e.stored + 1);
	if (!bytes) {
		state_fail(why, size, "out of memory");
		return NULL;
	}
	if (read_at(f->fd, s->e.offset, bytes, s->e.stored) &&
	    (!hash_checked(&s->e) || XXH3_64bits(bytes, s->e.stored) == s->e.hash)) {
		bytes[s->e.stored] = 0;
		return bytes;
	}
	state_fail(why, size, "section '%s' is damaged", s->name);
	free(bytes);
	return NULL;
}

uint8_t *section_load(const struct state_file *f, const struct section *s, char *why, size_t size)
{
	if (s->e.form == FORM_RAW)
		return stored_load(f, s, why, size);
	state_fail(why, size, "section '%s' is in chunks", s->name);
	return NULL;
}

struct chunk_hash *section_chunks(
    const struct state_file *f, const struct section *s, char *why, size_t size)
{
	if (s->e.form == FORM_CHUNKED)
		return (struct chunk_hash *)stored_load(f, s, why, size);
	const struct section *list = state_file_find(f, SECTION_HASHES, s->name);
	if (list && list->e.form == FORM_RAW &&
	    list->e.size == chunk_count(s->e.size) * sizeof(struct chunk_hash))
		return (struct chunk_hash *)stored_load(f, list, why, size);
	state_fail(why, size, "section '%s' has no hashes", s->name);
	return NULL;
}

int chunk_order(const void *a, const void *b)
{
	const struct chunk_hash *x = a, *y = b;

	if (x->high != y->high)
		return x->high < y->high ? -1 : 1;
	return x->low < y->low ? -1 : x->low > y->low;
}

bool chunk_load(const struct state_file *f, struct chunk_hash hash, uint8_t *out, size_t n)
{
	if (!hash.high && !hash.low) {
		memset(out, 0, n);
		return true;
	}
	/* The hash is a stored_chunk's first member. */
	const struct stored_chunk *c =
	    f->index ? bsearch(&hash, f->index, f->index_count, sizeof *c, chunk_order) : NULL;
	if (!c || c->size != n || !read_at(f->fd, c->offset, f->packed, c->stored) ||
	    ZSTD_decompressDCtx(f->zstd, out, n, f->packed, c->stored) != n)
		return false;
	struct chunk_hash got = chunk_hash(out, n);
	return got.high == hash.high && got.low == hash.low;
}

/* Writing. */

static void writer_fail(struct state_writer *w)
{
	if (!w->failed)
		w->error = errno;
	w->failed = true;
}

bool state_writer_open(struct state_writer *w, int fd)
{
	*w = (struct state_writer){.fd = fd, .offset = STATE_PAGE};
	w->buffer = malloc(STATE_CHUNK);
	w->hash = XXH3_createState();
	if (w->buffer && w->hash && XXH3_128bits_reset(w->hash) == XXH_OK)
		return true;
	state_writer_free(w);
	return false;
}

void state_writer_free(struct state_writer *w)
{
	free(w->buffer);
	free(w->dir);
	XXH3_freeState(w->hash);
	*w = (struct state_writer){.fd = -1};
}

static void writer_flush(struct state_writer *w)
{
	if (!w->failed && !write_at(w->fd, w->offset, w->buffer, w->used))
		writer_fail(w);
	w->offset += w->used;
	w->used = 0;
}

bool state_saving(const struct state_writer *w)
{
	return w->fd >= 0;
}

bool state_write(struct state_writer *w, const void *bytes, size_t n)
{
	const uint8_t *from = bytes;

	if (!n)
		return !w->failed;
	if (w->fd < 0)
		return XXH3_128bits_update(w->hash, bytes, n) == XXH_OK;
	XXH3_64bits_update(w->hash, bytes, n);
	while (n && !w->failed) {
		size_t part = STATE_CHUNK - w->used < n ? STATE_CHUNK - w->used : n;
		memcpy(w->buffer + w->used, from, part);
		w->used += part;
		from += part;
		n -= part;
		if (w->used == STATE_CHUNK)
			writer_flush(w);
	}
	return !w->failed;
}

void section_begin(struct state_writer *w, enum section_kind kind, const char *name)
{
	w->offset = (w->offset + 7) / 8 * 8;
	w->open = (struct state_entry){.kind = (uint16_t)kind, .offset = w->offset};
	w->open_name = name;
	XXH3_64bits_reset(w->hash);
}

static void section_close(struct state_writer *w, enum section_form form, uint64_t size)
{
	w->open.form = (uint16_t)form;
	w->open.stored = w->offset - w->open.offset;
	w->open.size = size;
	w->open.hash = XXH3_64bits_digest(w->hash);
	section_enter(w, &w->open, w->open_name);
}

void section_end(struct state_writer *w)
{
	writer_flush(w);
	section_close(w, FORM_RAW, w->offset - w->open.offset);
}

void section_end_chunked(struct state_writer *w, uint64_t size)
{
	writer_flush(w);
	section_close(w, FORM_CHUNKED, size);
}

void section_enter(struct state_writer *w, const struct state_entry *e, const char *name)
{
	struct state_entry entry = *e;
	size_t more = sizeof entry + strlen(name);

	entry.name_size = (uint32_t)strlen(name);
	if (w->dir_size + more > w->dir_room) {
		size_t room = 2 * w->dir_room + more + 4096;
		uint8_t *dir = room <= DIR_MAX ? realloc(w->dir, room) : NULL;
		if (!dir) {
			errno = ENOMEM;
			writer_fail(w);
			return;
		}
		w->dir = dir;
		w->dir_room = room;
	}
	memcpy(w->dir + w->dir_size, &entry, sizeof entry);
	memcpy(w->dir + w->dir_size + sizeof entry, name, strlen(name));
	w->dir_size += more;
	w->sections++;
}

bool state_writer_finish(struct state_writer *w, char *why, size_t size)
{
	struct state_header h = {.version = STATE_VERSION,
	    .sections = w->sections,
	    .dir_offset = w->offset,
	    .dir_size = w->dir_size,
	    .dir_hash = XXH3_64bits(w->dir, w->dir_size),
	    .file_size = w->offset + w->dir_size};

	memcpy(h.magic, state_magic, sizeof h.magic);
	h.header_hash = XXH3_64bits(&h, offsetof(struct state_header, header_hash));
	/* The size last of all but the header: a RAM section may end in a hole. */
	if (!w->failed &&
	    (!write_at(w->fd, w->offset, w->dir, w->dir_size) ||
		ftruncate(w->fd, (off_t)h.file_size) != 0 || !write_at(w->fd, 0, &h, sizeof h)))
		writer_fail(w);
	if (w->failed)
		return state_fail(why, size, "cannot write the state: %s", strerror(w->error));
	return true;
}

/* Reading back what a device wrote. */

bool state_reader_open(struct state_reader *r, const struct state_file *f, const struct section *s,
    char *why, size_t size)
{
	*r = (struct state_reader){.file = f, .section = s, .buffered = UINT64_MAX};
	if (!section_intact(f, s))
		return state_fail(why, size, "section '%s' is damaged", s->name);
	r->buffer = malloc(STATE_CHUNK);
	if (!r->buffer)
		return state_fail(why, size, "out of memory");
	if (s->e.form == FORM_CHUNKED && !(r->chunks = section_chunks(f, s, why, size))) {
		state_reader_free(r);
		return false;
	}
	return true;
}

void state_reader_free(struct state_reader *r)
{
	free(r->buffer);
	free(r->chunks);
	*r = (struct state_reader){.buffered = UINT64_MAX};
}

/* Bring chunk number `n` of the contents into the buffer. */
static bool reader_fill(struct state_reader *r, uint64_t n)
{
	uint64_t at = n * STATE_CHUNK, left = r->section->e.size - at;
	size_t bytes = left < STATE_CHUNK ? left : STATE_CHUNK;

	if (r->buffered == n)
		return true;
	r->buffered = n;
	if (r->chunks ? chunk_load(r->file, r->chunks[n], r->buffer, bytes)
		      : read_at(r->file->fd, r->section->e.offset + at, r->buffer, bytes))
		return true;
	r->buffered = UINT64_MAX;
	return false;
}

bool state_read(struct state_reader *r, void *bytes, size_t n)
{
	uint8_t *to = bytes;

	if (n > state_left(r))
		return false;
	while (n) {
		size_t skip = r->at % STATE_CHUNK;
		size_t part = STATE_CHUNK - skip < n ? STATE_CHUNK - skip : n;
		if (!reader_fill(r, r->at / STATE_CHUNK))
			return false;
		memcpy(to, r->buffer + skip, part);
		r->at += part;
		to += part;
		n -= part;
	}
	return true;
}

size_t state_left(const struct state_reader *r)
{
	return r->section->e.size - r->at;
}
