/* Files that become guest memory.  Every message names the file, the option and what to do. */
#include "frontend/media.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define READ_STEP (UINT64_C(1) << 20)
#define DTB_LIMIT (UINT64_C(2) << 20) /* booting.rst: a device tree has at most 2 MiB */

void media_free(struct media *m)
{
	free(m->bytes);
	*m = (struct media){0};
}

static enum status out_of_memory(const char *name, char *why, size_t size)
{
	snprintf(why, size, "%.300s: not enough memory on this host", name);
	return STATUS_TRY_AGAIN;
}

/* Make room for `need` bytes, growing by half; `*room` is what there is. */
static bool media_reserve(struct media *m, size_t *room, size_t need)
{
	size_t more = *room + *room / 2;
	uint8_t *bytes;

	if (need <= *room)
		return true;
	if (more < need)
		more = need;
	bytes = realloc(m->bytes, more);
	if (!bytes)
		return false;
	m->bytes = bytes;
	*room = more;
	return true;
}

static enum status open_media(
    int *fd, uint64_t *expected, const char *path, const char *name, char *why, size_t size)
{
	struct stat st;

	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (*fd < 0 || fstat(*fd, &st)) {
		snprintf(why, size, "%.300s: %s%s", name, strerror(errno),
		    errno == ENOENT ? "; check the path" : "");
		return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? STATUS_TRY_AGAIN
									     : STATUS_MEDIA;
	}
	if (S_ISDIR(st.st_mode))
		snprintf(why, size, "%.300s: is a directory; name a file in it", name);
	else if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode))
		snprintf(why, size, "%.300s: is a device or socket; give a regular file", name);
	else if (S_ISREG(st.st_mode) && !st.st_size)
		snprintf(why, size, "%.300s: is empty; fetch or build it again", name);
	else {
		*expected = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
		return STATUS_OK;
	}
	return STATUS_MEDIA;
}

enum status media_too_large(const char *name, const char *what, uint64_t limit,
    const char *limit_name, char *why, size_t size)
{
	snprintf(why, size, "%.300s: %s %llu MiB, %s", name, what,
	    (unsigned long long)(limit >> 20), limit_name);
	return STATUS_USAGE;
}

/* Read to the end of `fd` or past `limit` (then *m has more than `limit` bytes). */
static enum status read_all(struct media *m, int fd, uint64_t expected, uint64_t limit,
    const char *name, char *why, size_t size)
{
	size_t room = 0;
	ssize_t got;

	if (expected <= limit && !media_reserve(m, &room, (size_t)expected + 1))
		return out_of_memory(name, why, size);
	do {
		if (!media_reserve(m, &room, m->size + (m->size == room ? READ_STEP : 1)))
			return out_of_memory(name, why, size);
		got = read(fd, m->bytes + m->size, room - m->size);
		if (got < 0 && errno != EINTR) {
			snprintf(why, size, "%.300s: %s", name, strerror(errno));
			return STATUS_MEDIA;
		}
		m->size += got > 0 ? (size_t)got : 0;
	} while (got && m->size <= limit);
	if (!m->size) {
		snprintf(why, size, "%.300s: is empty; fetch or build it again", name);
		return STATUS_MEDIA;
	}
	return STATUS_OK;
}

enum status media_read(struct media *m, const char *path, const char *option, uint64_t limit,
    const char *limit_name, char *why, size_t size)
{
	char name[320];
	uint64_t expected = 0;
	int fd;
	enum status status;

	*m = (struct media){0};
	snprintf(name, sizeof(name), "%s %s", option, path);
	status = open_media(&fd, &expected, path, name, why, size);
	if (!status && expected <= limit)
		status = read_all(m, fd, expected, limit, name, why, size);
	if (fd >= 0)
		close(fd);
	if (!status && (expected > limit || m->size > limit))
		status = media_too_large(name, "is larger than", limit, limit_name, why, size);
	if (status)
		media_free(m);
	return status;
}

/* Inflate all of `m` into `out`, at most `limit` bytes; returns zlib's verdict. */
static int inflate_all(struct media *out, const struct media *m, uint64_t limit)
{
	z_stream z = {.next_in = m->bytes};
	size_t left = m->size, room = 0;
	int result = inflateInit2(&z, 15 + 16); /* 16: a gzip wrapper, checked with its CRC */

	while (result == Z_OK) {
		if (out->size > limit || !media_reserve(out, &room, out->size + READ_STEP)) {
			result = out->size > limit ? Z_BUF_ERROR : Z_MEM_ERROR;
			break;
		}
		if (!z.avail_in) {
			z.avail_in = (uInt)(left < READ_STEP ? left : READ_STEP);
			left -= z.avail_in;
		}
		z.next_out = out->bytes + out->size;
		z.avail_out = (uInt)(room - out->size < READ_STEP ? room - out->size : READ_STEP);
		result = inflate(&z, Z_NO_FLUSH);
		out->size = (size_t)(z.next_out - out->bytes);
		if (result == Z_BUF_ERROR && left)
			result = Z_OK;
	}
	inflateEnd(&z);
	return result;
}

enum status media_unpack(struct media *m, const char *name, uint64_t limit, const char *limit_name,
    char *why, size_t size)
{
	struct media out = {0};
	int result = inflate_all(&out, m, limit);

	if (result == Z_STREAM_END && out.size && out.size <= limit) {
		free(m->bytes);
		*m = out;
		return STATUS_OK;
	}
	if (out.size > limit) {
		media_free(&out);
		return media_too_large(name, "unpacks to more than", limit, limit_name, why, size);
	}
	media_free(&out);
	if (result == Z_MEM_ERROR)
		return out_of_memory(name, why, size);
	snprintf(why, size, "%.300s: the gzip file is %s; fetch it again", name,
	    result == Z_BUF_ERROR    ? "cut short"
	    : result == Z_STREAM_END ? "empty"
				     : "damaged");
	return STATUS_MEDIA;
}

static enum status check_kernel(const struct media *m, const char *name, char *why, size_t size)
{
	struct media_info info = media_recognise(m->bytes, m->size);
	struct image_header h;

	if (!image_header_read(&h, m->bytes, m->size)) {
		snprintf(why, size, "%.300s: is %s, not an arm64 kernel; %s", name, info.name,
		    info.remedy);
		return STATUS_MEDIA;
	}
	if (h.file_bytes > m->size) {
		snprintf(why, size, "%.300s: is cut short, %zu bytes of %llu; fetch it again", name,
		    m->size, (unsigned long long)h.file_bytes);
		return STATUS_MEDIA;
	}
	if (h.big_endian) {
		snprintf(why, size,
		    "%.300s: is a big-endian kernel, which no machine here runs; give a "
		    "little-endian one",
		    name);
		return STATUS_MEDIA;
	}
	return STATUS_OK;
}

enum status media_read_kernel(
    struct media *m, const char *path, uint64_t limit, char *why, size_t size)
{
	char name[320];
	static const char in_memory[] = "the machine's memory; raise --memory";
	enum status status = media_read(m, path, "--kernel", limit, in_memory, why, size);

	if (status)
		return status;
	snprintf(name, sizeof(name), "--kernel %s", path);
	if (media_recognise(m->bytes, m->size).kind == MEDIA_GZIP)
		status = media_unpack(m, name, limit, in_memory, why, size);
	if (!status)
		status = check_kernel(m, name, why, size);
	if (status)
		media_free(m);
	return status;
}

enum status media_read_dtb(struct media *m, const char *path, char *why, size_t size)
{
	enum status status = media_read(m, path, "--dtb", DTB_LIMIT,
	    "the most a device tree may have; give a .dtb file", why, size);
	uint32_t total;

	if (status)
		return status;
	if (media_recognise(m->bytes, m->size).kind != MEDIA_DTB || m->size < 40) {
		snprintf(why, size,
		    "--dtb %.300s: is %s, not a compiled device tree; make one with dtc", path,
		    media_recognise(m->bytes, m->size).name);
		status = STATUS_MEDIA;
	} else {
		memcpy(&total, m->bytes + 4, sizeof(total));
		total = be32toh(total);
		if (total > m->size) {
			snprintf(why, size,
			    "--dtb %.300s: is cut short, %zu bytes of %u; fetch it again", path,
			    m->size, total);
			status = STATUS_MEDIA;
		}
	}
	if (status)
		media_free(m);
	return status;
}

static size_t without_suffix(const char *name, size_t n)
{
	for (size_t dot = n; dot-- > 1;) {
		if (name[dot] == '.')
			return dot;
	}
	return n;
}

int media_stem(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	size_t n = strlen(name), stem = without_suffix(name, n);

	if (!strcasecmp(name + stem, ".gz"))
		stem = without_suffix(name, stem);
	return (int)(name - path) + (int)stem;
}
