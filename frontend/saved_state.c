/* Saved states as files. */
#include "frontend/saved_state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "frontend/replace.h"
#include "machine/snapshot.h"

enum status saved_state_check(const char *path, char *why, size_t size)
{
	char *directory = directory_of(path);
	enum status status = STATUS_OK;
	struct stat st;

	if (!directory) {
		snprintf(why, size, "out of memory");
		return STATUS_TRY_AGAIN;
	}
	if (!stat(path, &st) && !S_ISREG(st.st_mode)) {
		snprintf(
		    why, size, "--save-state %.200s: is not a regular file; name a new file", path);
		status = STATUS_USAGE;
	} else if (access(directory, W_OK | X_OK)) {
		snprintf(why, size, "--save-state %.200s: cannot create a file in %.100s: %s", path,
		    directory, strerror(errno));
		status = STATUS_USAGE;
	}
	free(directory);
	return status;
}

static bool write_machine(void *owner, int fd, char *why, size_t size)
{
	return snapshot_save(owner, fd, why, size);
}

/* Another form of the state in the descriptor `in`. */
struct conversion {
	int in;
	saved_state_fn *convert;
};

static bool write_converted(void *owner, int fd, char *why, size_t size)
{
	const struct conversion *c = owner;

	return c->convert(c->in, fd, why, size);
}

enum status saved_state_write(struct machine *m, const char *path, char *why, size_t size)
{
	char reason[512];

	if (replace_file(path, write_machine, m, reason, sizeof(reason)))
		return STATUS_OK;
	snprintf(why, size, "--save-state %.200s: %.300s; nothing was changed", path, reason);
	return STATUS_TRY_AGAIN;
}

enum status saved_state_convert(
    int in, const char *path, saved_state_fn *convert, char *why, size_t size)
{
	struct conversion c = {in, convert};
	char reason[512];

	if (replace_file(path, write_converted, &c, reason, sizeof(reason)))
		return STATUS_OK;
	snprintf(why, size, "%.200s: %.300s; nothing was changed", path, reason);
	return STATUS_MEDIA;
}

enum status saved_state_read(struct machine *m, const char *path, char *why, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char reason[512];
	struct stat st;
	bool loaded;

	if (fd < 0 || fstat(fd, &st)) {
		snprintf(why, size, "--load-state %.200s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return STATUS_MEDIA;
	}
	if (!S_ISREG(st.st_mode)) {
		snprintf(why, size,
		    "--load-state %.200s: is not a regular file; name a saved state", path);
		close(fd);
		return STATUS_MEDIA;
	}
	loaded = snapshot_load(m, fd, reason, sizeof(reason));
	close(fd);
	if (loaded)
		return STATUS_OK;
	snprintf(why, size, "--load-state %.200s: %.300s", path, reason);
	return STATUS_MEDIA;
}
