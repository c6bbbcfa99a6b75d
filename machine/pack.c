/* The two forms of a state file, and checking one completely.
 *
 * Packing copies section after section; RAM and device data become lists of chunk hashes, and each
 * distinct chunk goes once, compressed, into the store.  A state and the one saved a second later
 * share most of their chunks, and so do copies of a page inside one state.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "machine/snapshot.h"
#include "machine/statefile.h"

/* zstd's own default: packs RAM of a booted Linux at about the speed of a disk. */
#define LEVEL 3

struct packing {
	struct state_file in;
	struct state_writer out;
	struct stored_chunk *index; /* in the order of storing */
	size_t count, room;
	uint32_t *table; /* open addressing: number in `index` plus 1, 0 for free */
	size_t slots;    /* a power of two, more than twice `count` */
	uint64_t store;  /* where the next compressed chunk goes */
	uint8_t *chunk, *packed;
	ZSTD_CCtx *zstd;
	char *why;
	size_t size;
};

static size_t slot_of(const struct packing *p, struct chunk_hash h)
{
	size_t slot = h.low & (p->slots - 1);

	while (p->table[slot]) {
		const struct chunk_hash *g = &p->index[p->table[slot] - 1].hash;
		if (g->high == h.high && g->low == h.low)
			break;
		slot = (slot + 1) & (p->slots - 1);
	}
	return slot;
}

static bool index_grow(struct packing *p)
{
	size_t room = p->room ? 2 * p->room : 1024;
	struct stored_chunk *index = realloc(p->index, room * sizeof *index);
	uint32_t *table = calloc(4 * room, sizeof *table);

	if (index)
		p->index = index;
	if (!index || !table || room > UINT32_MAX / 8) {
		free(table);
		return state_fail(p->why, p->size, "out of memory");
	}
	free(p->table);
	p->table = table;
	p->slots = 4 * room;
	p->room = room;
	for (size_t i = 0; i < p->count; i++)
		p->table[slot_of(p, index[i].hash)] = (uint32_t)i + 1;
	return true;
}

/* Store the chunk unless it is there. */
static bool chunk_add(struct packing *p, struct chunk_hash h, const uint8_t *bytes, size_t n)
{
	if (p->count == p->room && !index_grow(p))
		return false;
	size_t slot = slot_of(p, h);
	if (p->table[slot])
		return true;
	size_t stored =
	    ZSTD_compressCCtx(p->zstd, p->packed, ZSTD_compressBound(STATE_CHUNK), bytes, n, LEVEL);
	if (ZSTD_isError(stored))
		return state_fail(
		    p->why, p->size, "cannot compress: %s", ZSTD_getErrorName(stored));
	if (!write_at(p->out.fd, p->store, p->packed, stored))
		return state_fail(p->why, p->size, "cannot write the state: %s", strerror(errno));
	p->index[p->count++] = (struct stored_chunk){
	    .hash = h, .offset = p->store, .stored = (uint32_t)stored, .size = (uint32_t)n};
	p->table[slot] = (uint32_t)p->count;
	p->store += stored;
	return true;
}

/* Bytes of chunk `i` of `s` into p->chunk. */
static bool chunk_get(struct packing *p, const struct section *s, const struct chunk_hash *list,
    uint64_t i, size_t *n)
{
	uint64_t at = i * STATE_CHUNK, left = s->e.size - at;

	*n = left < STATE_CHUNK ? left : STATE_CHUNK;
	if (s->e.form == FORM_CHUNKED ? chunk_load(&p->in, list[i], p->chunk, *n)
				      : read_at(p->in.fd, s->e.offset + at, p->chunk, *n))
		return true;
	return state_fail(p->why, p->size, "section '%s' is damaged", s->name);
}

/* A raw RAM section must be what its hashes say; other sections have been checked as a whole. */
static bool chunk_matches(
    const struct section *s, const struct chunk_hash *list, uint64_t i, struct chunk_hash h)
{
	return s->e.kind != SECTION_RAM || (h.high == list[i].high && h.low == list[i].low);
}

static bool chunk_list(struct packing *p, const struct section *s, struct chunk_hash **list)
{
	*list = NULL;
	if (s->e.kind != SECTION_RAM && s->e.form == FORM_RAW)
		return true;
	*list = section_chunks(&p->in, s, p->why, p->size);
	return *list;
}

static bool pack_chunks(struct packing *p, const struct section *s)
{
	struct chunk_hash *list = NULL;
	uint64_t count = chunk_count(s->e.size);
	uint8_t *hashes = malloc(count * sizeof *list + 1);
	bool good = hashes || state_fail(p->why, p->size, "out of memory");
	size_t n;

	good = good && chunk_list(p, s, &list);
	for (uint64_t i = 0; good && i < count; i++) {
		good = chunk_get(p, s, list, i, &n);
		struct chunk_hash h = chunk_hash(p->chunk, good ? n : 0);
		if (good && !chunk_matches(s, list, i, h))
			good = state_fail(p->why, p->size, "section '%s' is damaged", s->name);
		memcpy(hashes + i * sizeof h, &h, sizeof h);
		good = good && ((!h.high && !h.low) || chunk_add(p, h, p->chunk, n));
	}
	if (good) {
		/* The store is written around the writer, which then goes on behind it. */
		p->out.offset = p->store;
		section_begin(&p->out, (enum section_kind)s->e.kind, s->name);
		state_write(&p->out, hashes, count * sizeof *list);
		section_end_chunked(&p->out, s->e.size);
		p->store = p->out.offset;
	}
	free(list);
	free(hashes);
	return good;
}

static bool copy_raw(struct packing *p, const struct section *s)
{
	uint8_t *bytes = section_load(&p->in, s, p->why, p->size);

	if (!bytes)
		return false;
	p->out.offset = p->store;
	section_begin(&p->out, (enum section_kind)s->e.kind, s->name);
	state_write(&p->out, bytes, s->e.size);
	section_end(&p->out);
	p->store = p->out.offset;
	free(bytes);
	return true;
}

static int index_order(const void *a, const void *b)
{
	return chunk_order(
	    &((const struct stored_chunk *)a)->hash, &((const struct stored_chunk *)b)->hash);
}

static void write_index(struct packing *p)
{
	if (p->count)
		qsort(p->index, p->count, sizeof *p->index, index_order);
	p->out.offset = p->store;
	section_begin(&p->out, SECTION_INDEX, "");
	state_write(&p->out, p->index, p->count * sizeof *p->index);
	section_end(&p->out);
}

static bool pack_section(struct packing *p, const struct section *s)
{
	switch (s->e.kind) {
	case SECTION_RAM: return pack_chunks(p, s);
	case SECTION_BLOB:
		if (!section_intact(&p->in, s))
			return state_fail(p->why, p->size, "section '%s' is damaged", s->name);
		return pack_chunks(p, s);
	case SECTION_HASHES:
	case SECTION_INDEX: return true; /* made anew */
	default: return copy_raw(p, s);
	}
}

/* RAM as snapshot_save() writes it, page-aligned with holes; other contents as they are. */
static bool unpack_chunks(struct packing *p, const struct section *s)
{
	struct chunk_hash *list = NULL;
	uint64_t align = s->e.kind == SECTION_RAM ? STATE_PAGE : 8;
	uint64_t base = (p->store + align - 1) / align * align;
	struct state_entry e = {
	    .kind = s->e.kind, .offset = base, .stored = s->e.size, .size = s->e.size};
	XXH3_state_t *hash = XXH3_createState();
	bool good = hash && XXH3_64bits_reset(hash) == XXH_OK && chunk_list(p, s, &list);
	size_t n;

	for (uint64_t i = 0; good && i < chunk_count(s->e.size); i++) {
		good = chunk_get(p, s, list, i, &n);
		if (!good)
			break;
		if (s->e.kind != SECTION_RAM)
			XXH3_64bits_update(hash, p->chunk, n);
		else if (!chunk_matches(s, list, i, chunk_hash(p->chunk, n)))
			good = state_fail(p->why, p->size, "section '%s' is damaged", s->name);
		if (good && !write_sparse(p->out.fd, base + i * STATE_CHUNK, p->chunk, n))
			good = state_fail(
			    p->why, p->size, "cannot write the state: %s", strerror(errno));
	}
	if (good) {
		e.hash = s->e.kind == SECTION_RAM ? 0 : XXH3_64bits_digest(hash);
		p->out.offset = base + s->e.size;
		section_enter(&p->out, &e, s->name);
		if (s->e.kind == SECTION_RAM) {
			section_begin(&p->out, SECTION_HASHES, s->name);
			state_write(&p->out, list, chunk_count(s->e.size) * sizeof *list);
			section_end(&p->out);
		}
		p->store = p->out.offset;
	}
	XXH3_freeState(hash);
	free(list);
	return good;
}

static bool unpack_section(struct packing *p, const struct section *s)
{
	if (s->e.kind == SECTION_RAM || s->e.form == FORM_CHUNKED)
		return unpack_chunks(p, s);
	return s->e.kind == SECTION_HASHES || s->e.kind == SECTION_INDEX || copy_raw(p, s);
}

static bool convert(int in, int out, bool pack, char *why, size_t size)
{
	struct packing p = {.why = why, .size = size, .store = STATE_PAGE};

	if (!state_file_open(&p.in, in, why, size))
		return false;
	bool good = state_writer_open(&p.out, out);
	p.chunk = malloc(STATE_CHUNK);
	p.packed = malloc(ZSTD_compressBound(STATE_CHUNK));
	p.zstd = ZSTD_createCCtx();
	if (!good || !p.chunk || !p.packed || !p.zstd)
		good = state_fail(why, size, "out of memory");
	for (unsigned i = 0; good && i < p.in.count; i++)
		good = (pack ? pack_section : unpack_section)(&p, &p.in.sections[i]);
	if (good && pack)
		write_index(&p);
	good = good && state_writer_finish(&p.out, why, size);
	state_writer_free(&p.out);
	state_file_close(&p.in);
	free(p.index);
	free(p.table);
	free(p.chunk);
	free(p.packed);
	ZSTD_freeCCtx(p.zstd);
	return good;
}

bool snapshot_pack(int in, int out, char *why, size_t size)
{
	return convert(in, out, true, why, size);
}

bool snapshot_unpack(int in, int out, char *why, size_t size)
{
	return convert(in, out, false, why, size);
}

/* All chunks of RAM, or of anything in chunks. */
static bool chunks_intact(struct packing *p, const struct section *s)
{
	struct chunk_hash *list = NULL;
	bool good = chunk_list(p, s, &list);
	size_t n;

	for (uint64_t i = 0; good && list && i < chunk_count(s->e.size); i++) {
		good = chunk_get(p, s, list, i, &n);
		if (good && !chunk_matches(s, list, i, chunk_hash(p->chunk, n)))
			good = state_fail(p->why, p->size, "RAM '%s' is damaged at 0x%llx", s->name,
			    (unsigned long long)(i * STATE_CHUNK));
	}
	free(list);
	return good;
}

bool snapshot_verify(int fd, char *why, size_t size)
{
	struct packing p = {.why = why, .size = size};

	if (!state_file_open(&p.in, fd, why, size))
		return false;
	p.chunk = malloc(STATE_CHUNK);
	bool good = p.chunk || state_fail(why, size, "out of memory");
	for (unsigned i = 0; good && i < p.in.count; i++) {
		const struct section *s = &p.in.sections[i];
		good = section_intact(&p.in, s) ||
		       state_fail(why, size, "section '%s' is damaged", s->name);
		good = good && chunks_intact(&p, s);
	}
	free(p.chunk);
	state_file_close(&p.in);
	return good;
}
