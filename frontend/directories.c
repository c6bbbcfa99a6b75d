/* The XDG base directories (freedesktop.org, version 0.8). */
#include "frontend/directories.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct {
	const char *variable, *below_home, *own;
} places[] = {
    [DIRECTORY_CONFIG] = {"XDG_CONFIG_HOME", ".config", "config"},
    [DIRECTORY_DATA] = {"XDG_DATA_HOME", ".local/share", "data"},
    [DIRECTORY_STATE] = {"XDG_STATE_HOME", ".local/state", "state"},
};

/* Our directory; free it.  A relative path in a variable is to be ignored. */
static char *directory_path(enum directory d)
{
	const char *own = getenv("MYNA_HOME"), *xdg = getenv(places[d].variable);
	const char *home = getenv("HOME");
	char *path = NULL;
	int n = -1;

	if (own && own[0])
		n = asprintf(&path, "%s/%s", own, places[d].own);
	else if (xdg && xdg[0] == '/')
		n = asprintf(&path, "%s/myna", xdg);
	else if (home && home[0])
		n = asprintf(&path, "%s/%s/myna", home, places[d].below_home);
	return n < 0 ? NULL : path;
}

char *directory_file(enum directory d, const char *format, ...)
{
	char *directory = directory_path(d), *name = NULL, *path = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&name, format, args) < 0)
		name = NULL;
	va_end(args);
	if (!directory || !name || asprintf(&path, "%s/%s", directory, name) < 0)
		path = NULL;
	free(directory);
	free(name);
	return path;
}

bool directory_make_for(const char *path)
{
	char *copy = strdup(path);
	bool good = copy != NULL;

	for (char *p = copy ? strchr(copy + 1, '/') : NULL; p && good; p = strchr(p + 1, '/')) {
		*p = 0;
		good = !mkdir(copy, 0700) || errno == EEXIST;
		*p = '/';
	}
	free(copy);
	return good;
}
