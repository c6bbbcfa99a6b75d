/* Finds the window's module beside the program or where it is installed. */
#include "frontend/window.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The module at `path`; NULL if there is none or it cannot be loaded, then `why` says so. */
static void *load(const char *path, char *why, size_t size)
{
	void *module;

	if (access(path, R_OK)) {
		if (!why[0])
			snprintf(why, size, "%s is missing; is this myna built without SDL?",
			    WINDOW_MODULE);
		return NULL;
	}
	module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!module)
		snprintf(why, size, "%s", dlerror());
	return module;
}

static void *find(char *why, size_t size)
{
	char self[512], path[600];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;
	void *module = NULL;

	why[0] = 0;
	self[n > 0 ? n : 0] = 0;
	slash = strrchr(self, '/');
	if (slash) {
		*slash = 0;
		snprintf(path, sizeof(path), "%s/%s", self, WINDOW_MODULE);
		module = load(path, why, size);
	}
	return module ? module : load(MYNA_MODULES "/" WINDOW_MODULE, why, size);
}

bool window_available(char *why, size_t size)
{
	return find(why, size) != NULL;
}

bool window_run(struct window_config *w, char *why, size_t size)
{
	void *module = find(why, size), *entry = module ? dlsym(module, WINDOW_ENTRY) : NULL;
	window_run_fn *run;

	if (module && !entry)
		snprintf(why, size, "%s is of another version", WINDOW_MODULE);
	if (!entry)
		return false;
	memcpy(&run, &entry, sizeof(run)); /* ISO C has no cast for this */
	return run(w, why, size);
}
