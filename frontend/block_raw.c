/* A raw image: byte n of the file is byte n of the disk.
 *
 * Its contents are not part of a snapshot; the snapshot notes size and a sampled fingerprint, so
 * that loading can refuse another disk and warn of one that has been written since.
 */
#include <stdio.h>
#include <stdlib.h>

#include "frontend/block_file.h"
#include "machine/snapshot.h"

struct raw {
	struct block_disk disk;
	struct block_file file;
	bool unsynced; /* written since the last sync */
};

static enum block_result raw_read(struct block_backend *b, uint64_t offset, void *out, size_t n)
{
	struct raw *r = (struct raw *)b;
	return block_file_read(&r->file, offset, out, n);
}

static enum block_result raw_write(
    struct block_backend *b, uint64_t offset, const void *in, size_t n)
{
	struct raw *r = (struct raw *)b;
	if (b->readonly)
		return BLOCK_IO_ERROR;
	r->unsynced = true;
	return block_file_write(&r->file, offset, in, n);
}

static enum block_result raw_flush(struct block_backend *b)
{
	struct raw *r = (struct raw *)b;
	if (!r->unsynced)
		return BLOCK_OK;
	enum block_result result = block_file_sync(&r->file);
	if (result == BLOCK_OK)
		r->unsynced = false;
	return result;
}

static bool raw_save(struct block_backend *b, struct state_writer *w)
{
	struct raw *r = (struct raw *)b;
	if (!b->readonly && state_saving(w))
		block_file_say(&r->file,
		    "is writable and not part of the state; it must be "
		    "unchanged when the state is loaded (overlay=FILE puts it into the state)");
	return raw_flush(b) == BLOCK_OK && block_state_write(&r->file, BLOCK_STATE_RAW, w);
}

static bool raw_load(struct block_backend *b, struct state_reader *rd, char *why, size_t size)
{
	struct raw *r = (struct raw *)b;
	bool same;
	if (!block_state_read(&r->file, BLOCK_STATE_RAW, rd, &same, why, size))
		return false;
	if (same)
		return true;
	if (b->readonly) {
		snprintf(why, size, "%s: not the disk the state was saved with; give that one",
		    r->file.name);
		return false;
	}
	block_file_say(&r->file, "has been written since the state was saved; the guest may find "
				 "its file system damaged");
	return true;
}

static void raw_close(struct block_disk *d)
{
	struct raw *r = (struct raw *)d;
	block_file_close(&r->file);
	free(r);
}

enum status block_raw_new(
    struct block_file *f, bool readonly, struct block_disk **out, char *why, size_t size)
{
	struct raw *r = calloc(1, sizeof *r);
	if (!r) {
		snprintf(why, size, "--drive file=%s: out of memory", f->name);
		return STATUS_TRY_AGAIN;
	}
	r->file = *f;
	r->disk.close = raw_close;
	r->disk.backend = (struct block_backend){
	    .size = f->size,
	    .readonly = readonly,
	    .read = raw_read,
	    .write = raw_write,
	    .flush = raw_flush,
	    .save = raw_save,
	    .load = raw_load,
	};
	*out = &r->disk;
	return STATUS_OK;
}
