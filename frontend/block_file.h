/* One image file: opened, locked, and never trusted to stay as it was. */
#ifndef MYNA_FRONTEND_BLOCK_FILE_H
#define MYNA_FRONTEND_BLOCK_FILE_H

#include "frontend/block.h"

/* An image as opened from disk: every disk of frontend/block*.c starts with one. */
struct block_disk {
	struct block_backend backend;
	void (*close)(struct block_disk *d);
};

/* What failed and was reported since it last worked. */
enum block_failing { FAILING_READ = 1, FAILING_WRITE = 2, FAILING_SYNC = 4 };

struct block_file {
	int fd;
	char *name;
	bool regular;      /* a file, not a block device */
	bool sync_failed;  /* for good: see block_file_sync() */
	unsigned failing;  /* enum block_failing */
	unsigned reported; /* lines so far; a disk that flaps must not fill a log */
	uint64_t size;     /* bytes it had when opened, or has grown to by our writes */
	int64_t mtime;     /* modification time when opened, ns since 1970; 0 for a device */
	struct block_log log;
};

enum block_mode { BLOCK_READ, BLOCK_WRITE, BLOCK_CREATE };

/* `option` names the file in messages ("--drive file").  BLOCK_CREATE makes a file that is not
 * there. */
enum status block_file_open(struct block_file *f, const char *option, const char *path,
    enum block_mode mode, struct block_log log, char *why, size_t size);
/* An unnamed file in memory. */
bool block_file_memory(struct block_file *f, struct block_log log);
void block_file_close(struct block_file *f);

/* All or nothing, apart from what a failing write has already changed.  A file that became
 * shorter than `size` fails; a write may extend it. */
enum block_result block_file_read(struct block_file *f, uint64_t offset, void *out, size_t n);
enum block_result block_file_write(struct block_file *f, uint64_t offset, const void *in, size_t n);

/* Returns after everything written is on the disk.  Once it has failed it fails for ever: the host
 * may have dropped what it could not write, and a second attempt would "succeed" without it. */
enum block_result block_file_sync(struct block_file *f);

/* A hash over 4 KiB blocks evenly spread over the file, the first and the last included. */
bool block_file_sample(struct block_file *f, uint64_t *hash);

/* What a state file says first about a disk, so that another disk is recognised. */
enum block_state_kind { BLOCK_STATE_RAW = 1, BLOCK_STATE_OVERLAY = 2 };

bool block_state_write(struct block_file *f, enum block_state_kind kind, struct state_writer *w);
/* `*same` tells whether the file still is what it was when saved. */
bool block_state_read(struct block_file *f, enum block_state_kind kind, struct state_reader *r,
    bool *same, char *why, size_t size);

/* Report one line about the file. */
void block_file_say(struct block_file *f, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The two kinds of disk.  They take over `f` when they succeed. */
enum status block_raw_new(
    struct block_file *f, bool readonly, struct block_disk **out, char *why, size_t size);
enum status block_overlay_new(struct block_file *base, const struct block_spec *spec,
    struct block_disk **out, char *why, size_t size);

#endif
