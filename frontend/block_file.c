/* One image file: open, lock, whole reads and writes, and one report for each thing that fails. */
#include "frontend/block_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "machine/snapshot.h"

#define MAX_REPORTS   50
#define SAMPLE_BLOCKS 128
#define SAMPLE_BLOCK  4096

void block_file_say(struct block_file *f, const char *format, ...)
{
	char text[512];
	va_list args;

	if (!f->log.fn || f->reported++ >= MAX_REPORTS)
		return;
	va_start(args, format);
	int n = snprintf(text, sizeof text, "%s: ", f->name);
	if (n >= 0 && (size_t)n < sizeof text)
		vsnprintf(text + n, sizeof text - (size_t)n, format, args);
	va_end(args);
	f->log.fn(f->log.owner, text);
}

/* The result for a failed operation; the first failure since it last worked is reported. */
static enum block_result fail(
    struct block_file *f, enum block_failing what, const char *sentence, int error)
{
	bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
	if (!(f->failing & what))
		block_file_say(f, "%s%s%s; the guest gets an I/O error%s", sentence,
		    error ? ": " : "", error ? strerror(error) : "",
		    full ? ", nothing it wrote before is lost; make room and it can go on" : "");
	f->failing |= what;
	return full ? BLOCK_NO_SPACE : BLOCK_IO_ERROR;
}

/* --- opening ------------------------------------------------------------------------------ */

/* Locks belong to the open file, not the process: two openers exclude each other anywhere. */
static bool lock(const struct block_file *f, bool exclusive)
{
	struct flock l = {.l_type = exclusive ? F_WRLCK : F_RDLCK, .l_whence = SEEK_SET};
	if (fcntl(f->fd, F_OFD_SETLK, &l) == 0)
		return true;
	return errno != EAGAIN && errno != EACCES; /* a file system without locks is no reason */
}

static enum status open_error(
    const char *option, const char *path, enum block_mode mode, int error, char *why, size_t size)
{
	const char *remedy = "";
	if (error == ENOENT)
		remedy = mode == BLOCK_CREATE
			     ? "; the directory must exist"
			     : "; check the name, or make an empty disk with: truncate -s 1G FILE";
	else if ((error == EACCES || error == EPERM || error == EROFS) && mode == BLOCK_WRITE)
		remedy = "; to use it without writing to it add readonly=on or overlay=memory";
	snprintf(why, size, "%s=%s: %s%s", option, path, strerror(error), remedy);
	return error == ENOMEM || error == EMFILE || error == ENFILE || error == ENOSPC
		   ? STATUS_TRY_AGAIN
		   : STATUS_MEDIA;
}

static enum status examine(struct block_file *f, const char *option, char *why, size_t size)
{
	struct stat st;
	if (fstat(f->fd, &st)) {
		snprintf(why, size, "%s=%s: %s", option, f->name, strerror(errno));
		return STATUS_MEDIA;
	}
	f->regular = S_ISREG(st.st_mode);
	if (!f->regular && !S_ISBLK(st.st_mode)) {
		snprintf(why, size, "%s=%s: not a file or block device; give a disk image", option,
		    f->name);
		return STATUS_MEDIA;
	}
	off_t end = lseek(f->fd, 0, SEEK_END);
	f->size = end > 0 ? (uint64_t)end : 0;
	f->mtime = f->regular ? st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec : 0;
	return STATUS_OK;
}

enum status block_file_open(struct block_file *f, const char *option, const char *path,
    enum block_mode mode, struct block_log log, char *why, size_t size)
{
	static const int flags[] = {O_RDONLY, O_RDWR, O_RDWR | O_CREAT};
	memset(f, 0, sizeof *f);
	f->log = log;
	/* O_NONBLOCK: a FIFO is refused, not waited for. */
	f->fd = open(path, flags[mode] | O_CLOEXEC | O_NONBLOCK, 0666);
	if (f->fd < 0)
		return open_error(option, path, mode, errno, why, size);
	enum status status = STATUS_TRY_AGAIN;
	f->name = strdup(path);
	if (!f->name) {
		snprintf(why, size, "%s=%s: out of memory", option, path);
	} else if ((status = examine(f, option, why, size)) == STATUS_OK &&
		   !lock(f, mode != BLOCK_READ)) {
		snprintf(why, size, "%s=%s: in use by another machine or --drive; stop that one%s",
		    option, path,
		    mode == BLOCK_WRITE ? ", or share the file with overlay=memory in both" : "");
		status = STATUS_MEDIA;
	}
	if (status != STATUS_OK)
		block_file_close(f);
	return status;
}

bool block_file_memory(struct block_file *f, struct block_log log)
{
	memset(f, 0, sizeof *f);
	f->log = log;
	f->regular = true;
	f->fd = memfd_create("overlay", MFD_CLOEXEC);
	f->name = strdup("overlay in memory");
	if (f->fd >= 0 && f->name)
		return true;
	block_file_close(f);
	return false;
}

void block_file_close(struct block_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	free(f->name);
	f->name = NULL;
	f->fd = -1;
}

/* --- reading and writing ------------------------------------------------------------------ */

enum block_result block_file_read(struct block_file *f, uint64_t offset, void *out, size_t n)
{
	uint8_t *to = out;
	while (n) {
		ssize_t got = pread(f->fd, to, n, (off_t)offset);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail(f, FAILING_READ, "read failed", errno);
		if (got == 0)
			return fail(f, FAILING_READ, "the file became shorter while in use", 0);
		to += got;
		offset += (uint64_t)got;
		n -= (size_t)got;
	}
	f->failing &= ~(unsigned)FAILING_READ;
	return BLOCK_OK;
}

/* A write past the end of a file that somebody cut would quietly fill the gap with zeros. */
static bool shrunk(const struct block_file *f)
{
	struct stat st;
	return f->regular && (fstat(f->fd, &st) || (uint64_t)st.st_size < f->size);
}

enum block_result block_file_write(struct block_file *f, uint64_t offset, const void *in, size_t n)
{
	const uint8_t *from = in;
	if (shrunk(f))
		return fail(f, FAILING_WRITE, "the file became shorter while in use", 0);
	while (n) {
		ssize_t put = pwrite(f->fd, from, n, (off_t)offset);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return fail(f, FAILING_WRITE, "write failed", put ? errno : ENOSPC);
		from += put;
		offset += (uint64_t)put;
		n -= (size_t)put;
		if (offset > f->size)
			f->size = offset;
	}
	f->failing &= ~(unsigned)FAILING_WRITE;
	return BLOCK_OK;
}

enum block_result block_file_sync(struct block_file *f)
{
	if (!f->sync_failed && fdatasync(f->fd) == 0)
		return BLOCK_OK;
	if (!f->sync_failed) {
		f->sync_failed = true;
		return fail(f, FAILING_SYNC,
		    "the host could not write the disk's data; every flush fails from now on",
		    errno);
	}
	return BLOCK_IO_ERROR;
}

bool block_file_sample(struct block_file *f, uint64_t *hash)
{
	uint8_t block[SAMPLE_BLOCK];
	uint64_t blocks = (f->size + SAMPLE_BLOCK - 1) / SAMPLE_BLOCK;
	uint64_t count = blocks < SAMPLE_BLOCKS ? blocks : SAMPLE_BLOCKS;
	*hash = XXH3_64bits(&f->size, sizeof f->size);
	for (uint64_t i = 0; i < count; i++) {
		uint64_t at = (count > 1 ? (blocks - 1) * i / (count - 1) : 0) * SAMPLE_BLOCK;
		size_t n = f->size - at < SAMPLE_BLOCK ? f->size - at : SAMPLE_BLOCK;
		if (block_file_read(f, at, block, n) != BLOCK_OK)
			return false;
		*hash = XXH3_64bits_withSeed(block, n, *hash);
	}
	return true;
}

/* --- in a state file ---------------------------------------------------------------------- */

struct state_head {
	uint32_t kind;
	uint32_t reserved;
	uint64_t size;
	uint64_t sample;
};

bool block_state_write(struct block_file *f, enum block_state_kind kind, struct state_writer *w)
{
	struct state_head h = {.kind = kind, .size = f->size};
	return block_file_sample(f, &h.sample) && state_write(w, &h, sizeof h);
}

bool block_state_read(struct block_file *f, enum block_state_kind kind, struct state_reader *r,
    bool *same, char *why, size_t size)
{
	struct state_head h;
	uint64_t sample;
	if (!state_read(r, &h, sizeof h))
		snprintf(why, size, "%s: the state file ends before the disk's state", f->name);
	else if (h.kind != kind)
		snprintf(why, size, "%s: the state was saved %s; give --drive the same way",
		    f->name, kind == BLOCK_STATE_RAW ? "with an overlay=" : "without an overlay=");
	else if (h.size != f->size)
		snprintf(why, size,
		    "%s: has %llu bytes, the state was saved with a disk of %llu; "
		    "give that one",
		    f->name, (unsigned long long)f->size, (unsigned long long)h.size);
	else if (!block_file_sample(f, &sample))
		snprintf(why, size, "%s: cannot be read", f->name);
	else {
		*same = sample == h.sample;
		return true;
	}
	return false;
}
