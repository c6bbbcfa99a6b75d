/* Files that appear whole under their name or not at all. */
#include "frontend/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *directory_of(const char *path)
{
	char *copy = strdup(path);
	char *directory = copy ? strdup(dirname(copy)) : NULL;

	free(copy);
	return directory;
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

static bool failed(char *why, size_t size)
{
	snprintf(why, size, "%s", strerror(errno));
	return false;
}

bool replace_file(const char *path, replace_fn *write, void *owner, char *why, size_t size)
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
	good = write(owner, fd, why, size) && (!fsync(fd) || failed(why, size));
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
