/* Saving goes to a temporary file in the same directory, which is synced and then renamed, so a
 * crash or a full disk leaves the old state as it was. */
#include "frontend/state_file.h"

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

enum status state_file_check(const char *path, char *why, size_t size)
{
	char *directory = directory_of(path);
	enum status status = STATUS_OK;
	struct stat st;

	if (!directory) {
		snprintf(why, size, "out of memory");
		return STATUS_TRY_AGAIN;
	}
	if (!stat(path, &st) && !S_ISREG(st.st_mode)) {
		snprintf(why, size, "--save-state %.200s: is not a regular file; name a new file", path);
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

enum status state_file_save(struct machine *m, const char *path, char *why, size_t size)
{
	char reason[512], *temporary = NULL;
	int fd = asprintf(&temporary, "%s.XXXXXX", path) < 0 ? -1 : mkstemp(temporary);
	bool saved;

	if (fd < 0) {
		snprintf(why, size, "--save-state %.200s: %s", path, strerror(errno));
		free(temporary);
		return STATUS_TRY_AGAIN;
	}
	usual_mode(fd);
	saved = snapshot_save(m, fd, reason, sizeof(reason));
	if (saved && fsync(fd)) {
		snprintf(reason, sizeof(reason), "%s", strerror(errno));
		saved = false;
	}
	if (close(fd) && saved) {
		snprintf(reason, sizeof(reason), "%s", strerror(errno));
		saved = false;
	}
	if (saved && rename(temporary, path)) {
		snprintf(reason, sizeof(reason), "%s", strerror(errno));
		saved = false;
	}
	if (saved)
		sync_directory(path);
	else
		unlink(temporary);
	if (!saved)
		snprintf(why, size, "--save-state %.200s: %.300s; nothing was changed", path, reason);
	free(temporary);
	return saved ? STATUS_OK : STATUS_TRY_AGAIN;
}

enum status state_file_load(struct machine *m, const char *path, char *why, size_t size)
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
		snprintf(why, size, "--load-state %.200s: is not a regular file; name a saved state", path);
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
