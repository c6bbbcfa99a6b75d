/* Saving goes to a temporary file in the same directory, which is synced and then renamed, so a
 * crash or a full disk leaves the old state as it was. */
#include "frontend/saved_state.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machine/snapshot.h"

/* The directory a file called `path` is in; free it. */
static char *directory_of(const char *path)
{
	char *copy = strdup(path);
	char *directory = copy ? strdup(dirname(copy)) : NULL;

	free(copy);
	return directory;
}

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

static void sync_directory(const char *path)
{
	char *directory = directory_of(path);
	int fd = directory ? open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	free(directory);
}

/* What mkstemp() denies others, the user's umask decides as for any file. */
static void usual_mode(int fd)
{
	mode_t mask = umask(0);

	umask(mask);
	fchmod(fd, 0666 & ~mask);
}

/* Writing through a function: what goes into the file is its business. */
struct writing {
	bool (*write)(const struct writing *w, int fd, char *why, size_t size);
	struct machine *machine;
	int in;
	saved_state_fn *convert;
};

static bool write_machine(const struct writing *w, int fd, char *why, size_t size)
{
	return snapshot_save(w->machine, fd, why, size);
}

static bool write_converted(const struct writing *w, int fd, char *why, size_t size)
{
	return w->convert(w->in, fd, why, size);
}

static bool failed(char *why, size_t size)
{
	snprintf(why, size, "%s", strerror(errno));
	return false;
}

/* False with a reason: `path` is as it was. */
static bool replace_file(const char *path, const struct writing *w, char *why, size_t size)
{
	char *temporary = NULL;
	int fd = asprintf(&temporary, "%s.XXXXXX", path) < 0 ? -1 : mkstemp(temporary);
	bool good;

	if (fd < 0) {
		failed(why, size);
		free(temporary);
		return false;
	}
	usual_mode(fd);
	good = w->write(w, fd, why, size) && (!fsync(fd) || failed(why, size));
	if (close(fd) && good)
		good = failed(why, size);
	good = good && (!rename(temporary, path) || failed(why, size));
	if (good)
		sync_directory(path);
	else
		unlink(temporary);
	free(temporary);
	return good;
}

enum status saved_state_write(struct machine *m, const char *path, char *why, size_t size)
{
	const struct writing w = {.write = write_machine, .machine = m};
	char reason[512];

	if (replace_file(path, &w, reason, sizeof(reason)))
		return STATUS_OK;
	snprintf(why, size, "--save-state %.200s: %.300s; nothing was changed", path, reason);
	return STATUS_TRY_AGAIN;
}

enum status saved_state_convert(
    int in, const char *path, saved_state_fn *convert, char *why, size_t size)
{
	const struct writing w = {.write = write_converted, .in = in, .convert = convert};
	char reason[512];

	if (replace_file(path, &w, reason, sizeof(reason)))
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
