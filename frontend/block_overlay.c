/* An overlay: what was written to a disk, kept apart from the base image, which is only read.
 *
 * The format and the reasons for it are in docs/overlay-format.md.  In short: the disk is divided
 * into clusters of 64 KiB; a table has 8 bytes for each: where in the overlay it lies, and which of
 * its sixteen 4 KiB blocks are there.  Data is written at once, the table when the guest flushes:
 * first the data is synced, then changed parts of the table are written, then they are synced.  A
 * crash therefore shows every block either as of the last flush or as written after it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "frontend/block_file.h"
#include "machine/snapshot.h"

#define MAGIC        "MYNAOVL" /* eight bytes with its end */
#define VERSION      1
#define CLUSTER      UINT64_C(65536)
#define BLOCK        UINT64_C(4096)
#define BLOCKS       (CLUSTER / BLOCK)
#define ALL_BLOCKS   UINT64_C(0xffff)
#define HEADER_SIZE  4096
#define PAGE_ENTRIES (BLOCK / sizeof(uint64_t)) /* of the table, written together */
#define MAX_DISK     (UINT64_C(16) << 40)       /* its table takes 2 GiB of memory */

struct header {
	char magic[8];
	uint32_t version;
	uint32_t cluster_size;
	uint32_t block_size;
	uint32_t active; /* which of the two tables counts */
	uint64_t base_size;
	int64_t base_mtime;   /* ns since 1970; 0 for a block device */
	uint64_t base_sample; /* block_file_sample() */
	uint64_t checksum;    /* XXH3-64 of everything before it */
};

/* A table entry: place in the data area plus one, then a bit for each block that is there; 0 when
 * nothing is. */
static uint64_t entry_of(uint64_t place, uint64_t blocks)
{
	return (place + 1) << BLOCKS | blocks;
}

static uint64_t entry_blocks(uint64_t entry)
{
	return entry & ALL_BLOCKS;
}

static uint64_t entry_place(uint64_t entry)
{
	return (entry >> BLOCKS) - 1;
}

struct overlay {
	struct block_disk disk;
	struct block_file base, file;
	bool memory;   /* `file` vanishes with the process: no header, no table in it */
	bool unsynced; /* data written since the last sync */
	struct header header;
	uint64_t clusters; /* of the disk */
	uint64_t *table;   /* clusters entries, rounded up to whole pages */
	uint64_t *staged;  /* the table that a state brought, until it is in force; or NULL */
	uint8_t *dirty;    /* a byte for each page of the table that differs from the file's */
	uint64_t *used;    /* a bit for each cluster of the data area; twice as many as the disk */
	uint64_t first_free; /* no free cluster before this one */
};

static uint64_t divide_up(uint64_t a, uint64_t b)
{
	return a / b + (a % b != 0);
}

static uint64_t table_pages(const struct overlay *o)
{
	return divide_up(o->clusters, PAGE_ENTRIES);
}

static uint64_t table_at(const struct overlay *o, uint32_t which)
{
	return HEADER_SIZE + which * table_pages(o) * BLOCK;
}

static uint64_t data_at(const struct overlay *o, uint64_t place)
{
	uint64_t tables = o->memory ? 0 : table_at(o, 2);
	return divide_up(tables, CLUSTER) * CLUSTER + place * CLUSTER;
}

/* --- clusters of the data area ------------------------------------------------------------ */

static bool is_used(const struct overlay *o, uint64_t place)
{
	return o->used[place / 64] >> place % 64 & 1;
}

static void mark(struct overlay *o, uint64_t place, bool used)
{
	uint64_t bit = UINT64_C(1) << place % 64;
	o->used[place / 64] = used ? o->used[place / 64] | bit : o->used[place / 64] & ~bit;
	if (!used && place < o->first_free)
		o->first_free = place;
}

/* There always is one: the area has two for each cluster of the disk, and during a load at most
 * the old and the new contents are in it. */
static uint64_t take_place(struct overlay *o)
{
	while (is_used(o, o->first_free))
		o->first_free++;
	mark(o, o->first_free, true);
	return o->first_free;
}

/* --- reading and writing ------------------------------------------------------------------ */

static bool present(const struct overlay *o, uint64_t offset)
{
	return o->table[offset / CLUSTER] >> offset % CLUSTER / BLOCK & 1;
}

/* Bytes from `offset`, at most `n` and to the end of its cluster, that come from one source. */
static size_t run_length(const struct overlay *o, uint64_t offset, size_t n)
{
	uint64_t end = offset / BLOCK * BLOCK + BLOCK;
	while (end % CLUSTER && end < offset + n && present(o, end) == present(o, offset))
		end += BLOCK;
	return end - offset < n ? end - offset : n;
}

static enum block_result overlay_read(struct block_backend *b, uint64_t offset, void *out, size_t n)
{
	struct overlay *o = (struct overlay *)b;
	uint8_t *to = out;
	while (n) {
		size_t run = run_length(o, offset, n);
		uint64_t entry = o->table[offset / CLUSTER];
		enum block_result r =
		    present(o, offset)
			? block_file_read(
			      &o->file, data_at(o, entry_place(entry)) + offset % CLUSTER, to, run)
			: block_file_read(&o->base, offset, to, run);
		if (r != BLOCK_OK)
			return r;
		to += run;
		offset += run;
		n -= run;
	}
	return BLOCK_OK;
}

/* Write `n` bytes that lie in one block, which is made whole from the base if it is not there. */
static enum block_result write_part(
    struct overlay *o, uint64_t at, uint64_t offset, const void *in, size_t n)
{
	uint8_t whole[BLOCK] = {0};
	uint64_t start = offset / BLOCK * BLOCK, inside = offset % BLOCK;
	uint64_t left = o->disk.backend.size - start;
	if (present(o, offset))
		return block_file_write(&o->file, at + inside, in, n);
	enum block_result r = block_file_read(&o->base, start, whole, left < BLOCK ? left : BLOCK);
	if (r != BLOCK_OK)
		return r;
	memcpy(whole + inside, in, n);
	return block_file_write(&o->file, at, whole, sizeof whole);
}

/* Write bytes of one cluster that lies at `place`.  The table learns of each block that is
 * there, also when a later one fails. */
static enum block_result write_cluster(
    struct overlay *o, uint64_t place, uint64_t offset, const uint8_t *in, size_t n)
{
	uint64_t cluster = offset / CLUSTER;
	while (n) {
		uint64_t first = offset % CLUSTER / BLOCK;
		uint64_t at = data_at(o, place) + first * BLOCK;
		bool whole = offset % BLOCK == 0 && n >= BLOCK;
		size_t piece = whole ? n / BLOCK * BLOCK : BLOCK - offset % BLOCK;
		if (piece > n)
			piece = n;
		enum block_result r = whole ? block_file_write(&o->file, at, in, piece)
					    : write_part(o, at, offset, in, piece);
		if (r != BLOCK_OK)
			return r;
		uint64_t count = divide_up(piece, BLOCK);
		uint64_t blocks = entry_blocks(o->table[cluster]) | ((UINT64_C(1) << count) - 1)
									<< first;
		uint64_t entry = entry_of(place, blocks);
		if (o->table[cluster] != entry)
			o->dirty[cluster / PAGE_ENTRIES] = 1;
		o->table[cluster] = entry;
		in += piece;
		offset += piece;
		n -= piece;
	}
	return BLOCK_OK;
}

static enum block_result overlay_write(
    struct block_backend *b, uint64_t offset, const void *in, size_t n)
{
	struct overlay *o = (struct overlay *)b;
	const uint8_t *from = in;
	o->unsynced = true;
	while (n) {
		uint64_t cluster = offset / CLUSTER;
		uint64_t left = CLUSTER - offset % CLUSTER;
		size_t piece = n < left ? n : left;
		bool fresh = o->table[cluster] == 0;
		uint64_t place = fresh ? take_place(o) : entry_place(o->table[cluster]);
		enum block_result r = write_cluster(o, place, offset, from, piece);
		if (fresh && o->table[cluster] == 0)
			mark(o, place, false);
		if (r != BLOCK_OK)
			return r;
		from += piece;
		offset += piece;
		n -= piece;
	}
	return BLOCK_OK;
}

static enum block_result write_header(struct overlay *o)
{
	uint8_t page[HEADER_SIZE] = {0};
	o->header.checksum = XXH3_64bits(&o->header, offsetof(struct header, checksum));
	memcpy(page, &o->header, sizeof o->header);
	return block_file_write(&o->file, 0, page, sizeof page);
}

/* Write the pages of the table that `dirty` names (NULL: all) into one of the two places. */
static enum block_result write_table(
    struct overlay *o, uint32_t which, const uint64_t *table, const uint8_t *dirty)
{
	for (uint64_t p = 0; p < table_pages(o); p++) {
		if (dirty && !dirty[p])
			continue;
		enum block_result r = block_file_write(
		    &o->file, table_at(o, which) + p * BLOCK, table + p * PAGE_ENTRIES, BLOCK);
		if (r != BLOCK_OK)
			return r;
	}
	return BLOCK_OK;
}

static enum block_result overlay_flush(struct block_backend *b)
{
	struct overlay *o = (struct overlay *)b;
	if (o->memory || !o->unsynced)
		return BLOCK_OK;
	enum block_result r = block_file_sync(&o->file);
	if (r == BLOCK_OK && memchr(o->dirty, 1, table_pages(o))) {
		r = write_table(o, o->header.active, o->table, o->dirty);
		if (r == BLOCK_OK)
			r = block_file_sync(&o->file);
	}
	if (r == BLOCK_OK) {
		memset(o->dirty, 0, table_pages(o));
		o->unsynced = false;
	}
	return r;
}

/* --- in a snapshot: the blocks that are there --------------------------------------------- */

struct saved_cluster {
	uint64_t number;
	uint64_t blocks;
};

static uint64_t present_clusters(const struct overlay *o)
{
	uint64_t count = 0;
	for (uint64_t i = 0; i < o->clusters; i++)
		count += o->table[i] != 0;
	return count;
}

static bool save_cluster(struct overlay *o, uint64_t number, struct state_writer *w)
{
	uint8_t block[BLOCK];
	struct saved_cluster head = {number, entry_blocks(o->table[number])};
	uint64_t at = data_at(o, entry_place(o->table[number]));
	if (!state_write(w, &head, sizeof head))
		return false;
	for (unsigned i = 0; i < BLOCKS; i++)
		if (head.blocks >> i & 1 &&
		    (block_file_read(&o->file, at + i * BLOCK, block, BLOCK) != BLOCK_OK ||
			!state_write(w, block, BLOCK)))
			return false;
	return true;
}

static bool overlay_save(struct block_backend *b, struct state_writer *w)
{
	struct overlay *o = (struct overlay *)b;
	uint64_t count = present_clusters(o);
	bool ok = block_state_write(&o->base, BLOCK_STATE_OVERLAY, w) &&
		  state_write(w, &count, sizeof count);
	for (uint64_t i = 0; ok && i < o->clusters; i++)
		if (o->table[i])
			ok = save_cluster(o, i, w);
	return ok;
}

static bool load_cluster(struct overlay *o, struct state_reader *r, uint64_t *table,
    uint64_t *least, char *why, size_t size)
{
	struct saved_cluster head;
	uint8_t block[BLOCK];
	if (!state_read(r, &head, sizeof head) || head.number < *least ||
	    head.number >= o->clusters || !head.blocks || head.blocks > ALL_BLOCKS) {
		snprintf(why, size, "%s: the state file's overlay is damaged", o->base.name);
		return false;
	}
	uint64_t place = take_place(o);
	table[head.number] = entry_of(place, head.blocks);
	*least = head.number + 1;
	for (unsigned i = 0; i < BLOCKS; i++) {
		if (!(head.blocks >> i & 1))
			continue;
		if (!state_read(r, block, BLOCK)) {
			snprintf(
			    why, size, "%s: the state file ends inside the overlay", o->base.name);
			return false;
		}
		if (block_file_write(&o->file, data_at(o, place) + i * BLOCK, block, BLOCK)) {
			snprintf(why, size,
			    "%s: the overlay in the state file does not fit on the "
			    "host's disk",
			    o->file.name);
			return false;
		}
	}
	return true;
}

/* Make `table` the one in the file: written beside the old one, then the header's word turns. */
static bool commit_table(struct overlay *o, const uint64_t *table)
{
	if (o->memory)
		return true;
	if (block_file_sync(&o->file) != BLOCK_OK ||
	    write_table(o, !o->header.active, table, NULL) != BLOCK_OK ||
	    block_file_sync(&o->file) != BLOCK_OK)
		return false;
	o->header.active = !o->header.active;
	if (write_header(o) == BLOCK_OK && block_file_sync(&o->file) == BLOCK_OK)
		return true;
	o->header.active = !o->header.active;
	(void)write_header(o); /* what it can still do, should the new header have got there */
	return false;
}

static void release_places(struct overlay *o, const uint64_t *table)
{
	for (uint64_t i = 0; i < o->clusters; i++)
		if (table[i])
			mark(o, entry_place(table[i]), false);
}

static void drop_staged(struct overlay *o)
{
	if (o->staged)
		release_places(o, o->staged);
	free(o->staged);
	o->staged = NULL;
}

static bool overlay_load(struct block_backend *b, struct state_reader *r, char *why, size_t size)
{
	struct overlay *o = (struct overlay *)b;
	uint64_t count, least = 0;
	bool same, ok;
	if (!block_state_read(&o->base, BLOCK_STATE_OVERLAY, r, &same, why, size))
		return false;
	if (!same) {
		snprintf(why, size,
		    "%s: not the base image the state was saved with; give that one", o->base.name);
		return false;
	}
	drop_staged(o);
	o->staged = calloc(table_pages(o), BLOCK);
	if (!o->staged || !state_read(r, &count, sizeof count)) {
		snprintf(why, size, "%s: %s", o->base.name,
		    o->staged ? "the state file ends before the overlay" : "out of memory");
		drop_staged(o);
		return false;
	}
	for (ok = true; ok && count; count--)
		ok = load_cluster(o, r, o->staged, &least, why, size);
	if (!ok)
		drop_staged(o);
	return ok;
}

static bool overlay_commit(struct block_backend *b, char *why, size_t size)
{
	struct overlay *o = (struct overlay *)b;
	if (!o->staged)
		return true;
	if (!commit_table(o, o->staged)) {
		snprintf(why, size, "%s: the overlay cannot be written", o->file.name);
		drop_staged(o);
		return false;
	}
	uint64_t *old = o->table;
	o->table = o->staged;
	o->staged = old;
	drop_staged(o);
	memset(o->dirty, 0, table_pages(o));
	return true;
}

/* --- opening ------------------------------------------------------------------------------ */

static void overlay_free(struct overlay *o)
{
	block_file_close(&o->file);
	free(o->table);
	free(o->staged);
	free(o->dirty);
	free(o->used);
	free(o);
}

static void overlay_close(struct block_disk *d)
{
	struct overlay *o = (struct overlay *)d;
	block_file_close(&o->base);
	overlay_free(o);
}

static bool initialise(struct overlay *o)
{
	o->file.size = 0;
	return write_header(o) == BLOCK_OK && ftruncate(o->file.fd, (off_t)data_at(o, 0)) == 0 &&
	       block_file_sync(&o->file) == BLOCK_OK;
}

/* Is the overlay in the file one of this base?  `h` is what a new one would say. */
static const char *check_header(
    const struct overlay *o, const struct header *f, char *remedy, size_t size)
{
	const struct header *h = &o->header;
	snprintf(remedy, size, "give the base it was made for, or another overlay file");
	if (memcmp(f->magic, MAGIC, sizeof f->magic))
		return "is not a myna overlay";
	if (f->checksum != XXH3_64bits(f, offsetof(struct header, checksum))) {
		snprintf(remedy, size, "it cannot be repaired; take a new overlay file");
		return "has a damaged header";
	}
	if (f->version != VERSION || f->cluster_size != CLUSTER || f->block_size != BLOCK ||
	    f->active > 1) {
		snprintf(remedy, size, "use the version of myna that made it");
		return "has an unknown version";
	}
	if (f->base_size != h->base_size)
		return "was made for a base image of another size";
	if (f->base_sample != h->base_sample)
		return "was made for a base image with other contents";
	if (f->base_mtime != h->base_mtime) {
		snprintf(remedy, size,
		    "the base was modified since, so the two no longer fit; if it is only a copy, "
		    "set its time back: touch -d @%lld.%09lld %s",
		    (long long)(f->base_mtime / 1000000000),
		    (long long)(f->base_mtime % 1000000000), o->base.name);
		return "was made for a base image of another modification time";
	}
	return NULL;
}

/* Every entry must lie inside the file and no two at one place. */
static const char *check_table(struct overlay *o)
{
	uint64_t past = o->clusters * 2;
	for (uint64_t i = 0; i < table_pages(o) * PAGE_ENTRIES; i++) {
		uint64_t entry = o->table[i];
		if (!entry)
			continue;
		uint64_t blocks = entry_blocks(entry);
		if (i >= o->clusters || !blocks || entry >> BLOCKS == 0 ||
		    entry_place(entry) >= past || is_used(o, entry_place(entry)))
			return "has a damaged table";
		uint64_t last = 64 - (uint64_t)__builtin_clzll(blocks);
		if (data_at(o, entry_place(entry)) + last * BLOCK > o->file.size)
			return "is truncated";
		mark(o, entry_place(entry), true);
	}
	return NULL;
}

static const char *read_existing(struct overlay *o, char *remedy, size_t size)
{
	struct header f;
	snprintf(remedy, size, "give another overlay file");
	if (o->file.size < HEADER_SIZE)
		return "is not a myna overlay";
	if (block_file_read(&o->file, 0, &f, sizeof f) != BLOCK_OK)
		return "cannot be read";
	const char *wrong = check_header(o, &f, remedy, size);
	if (wrong)
		return wrong;
	o->header = f;
	snprintf(remedy, size, "take a new overlay file, or a backup of this one");
	if (o->file.size < data_at(o, 0))
		return "is truncated";
	if (block_file_read(&o->file, table_at(o, f.active), o->table, table_pages(o) * BLOCK))
		return "cannot be read";
	return check_table(o);
}

static bool is_base(const struct overlay *o, const char *path)
{
	struct stat x, y;
	return !stat(path, &x) && !fstat(o->base.fd, &y) && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

static enum status open_file(struct overlay *o, const char *path, char *why, size_t size)
{
	char remedy[512];
	/* Asked before it is opened: the lock on the base would be taken for another machine's. */
	if (is_base(o, path)) {
		snprintf(why, size,
		    "--drive overlay=%s: is the base image itself; name another file", path);
		return STATUS_USAGE;
	}
	enum status status = block_file_open(
	    &o->file, "--drive overlay", path, BLOCK_CREATE, o->base.log, why, size);
	if (status != STATUS_OK)
		return status;
	if (o->file.size == 0) {
		if (initialise(o))
			return STATUS_OK;
		snprintf(why, size, "--drive overlay=%s: %s; make room", path, strerror(errno));
		(void)!ftruncate(
		    o->file.fd, 0); /* it was empty: half a header would be no overlay */
		return STATUS_TRY_AGAIN;
	}
	const char *wrong = read_existing(o, remedy, sizeof remedy);
	if (!wrong)
		return STATUS_OK;
	snprintf(why, size, "--drive overlay=%s: %s; %s", path, wrong, remedy);
	return STATUS_MEDIA;
}

static bool allocate(struct overlay *o)
{
	o->clusters = divide_up(o->base.size, CLUSTER);
	o->table = calloc(table_pages(o), BLOCK);
	o->dirty = calloc(table_pages(o), 1);
	o->used = calloc(divide_up(o->clusters * 2, 64), sizeof *o->used);
	return o->table && o->dirty && o->used;
}

static enum status open_overlay(
    struct overlay *o, const struct block_spec *spec, char *why, size_t size)
{
	struct header *h = &o->header;
	memcpy(h->magic, MAGIC, sizeof h->magic);
	h->version = VERSION;
	h->cluster_size = CLUSTER;
	h->block_size = BLOCK;
	h->base_size = o->base.size;
	h->base_mtime = o->base.mtime;
	if (!allocate(o) || (o->memory && !block_file_memory(&o->file, o->base.log))) {
		snprintf(why, size, "--drive file=%s: out of memory for the overlay", o->base.name);
		return STATUS_TRY_AGAIN;
	}
	if (o->memory)
		return STATUS_OK;
	if (!block_file_sample(&o->base, &h->base_sample)) {
		snprintf(why, size, "--drive file=%s: cannot be read", o->base.name);
		return STATUS_MEDIA;
	}
	return open_file(o, spec->overlay, why, size);
}

enum status block_overlay_new(struct block_file *base, const struct block_spec *spec,
    struct block_disk **out, char *why, size_t size)
{
	if (base->size > MAX_DISK) {
		snprintf(why, size,
		    "--drive file=%s: larger than 16 TiB, the most an overlay can "
		    "cover",
		    base->name);
		return STATUS_MEDIA;
	}
	struct overlay *o = calloc(1, sizeof *o);
	if (!o) {
		snprintf(why, size, "--drive file=%s: out of memory", base->name);
		return STATUS_TRY_AGAIN;
	}
	o->base = *base;
	o->file.fd = -1;
	o->memory = spec->overlay_memory;
	o->disk.close = overlay_close;
	o->disk.backend = (struct block_backend){
	    .size = base->size,
	    .read = overlay_read,
	    .write = overlay_write,
	    .flush = overlay_flush,
	    .save = overlay_save,
	    .load = overlay_load,
	    .commit = overlay_commit,
	};
	enum status status = open_overlay(o, spec, why, size);
	if (status == STATUS_OK)
		*out = &o->disk;
	else
		overlay_free(o);
	return status;
}
