/* myna doctor: is this host fit, and what would make it fitter?  Each check is a row. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "frontend/commands.h"
#include "frontend/window.h"
#include "jit/cache.h"

struct finding {
	bool good;
	char text[200];
	const char *remedy; /* when not good */
};

static struct finding found(bool good, const char *remedy, const char *format, ...)
{
	struct finding f = {.good = good, .remedy = remedy};
	va_list args;

	va_start(args, format);
	vsnprintf(f.text, sizeof(f.text), format, args);
	va_end(args);
	return f;
}

/* The rest of the first line in `path` that starts with `key`, or "". */
static const char *line_of(const char *path, const char *key, char *text, size_t size)
{
	FILE *in = fopen(path, "re");
	char line[512];
	size_t n = strlen(key);

	text[0] = 0;
	while (in && fgets(line, sizeof(line), in)) {
		if (strncmp(line, key, n))
			continue;
		line[strcspn(line, "\n")] = 0;
		snprintf(text, size, "%s", line + n + strspn(line + n, " \t:"));
		break;
	}
	if (in)
		fclose(in);
	return text;
}

static struct finding check_cpu(void)
{
	char model[100];

	line_of("/proc/cpuinfo", "model name", model, sizeof(model));
	return found(sysconf(_SC_NPROCESSORS_ONLN) > 0, "", "%ld of %s",
	    sysconf(_SC_NPROCESSORS_ONLN), model[0] ? model : "an unknown CPU");
}

static struct finding check_features(void)
{
	bool good = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") &&
		    __builtin_cpu_supports("fma");

	return found(good,
	    "the translator needs bmi2 and is faster with the others; --engine interp and eval run "
	    "on any CPU",
	    "avx2 %s, bmi2 %s, fma %s, avx512f %s", __builtin_cpu_supports("avx2") ? "yes" : "no",
	    __builtin_cpu_supports("bmi2") ? "yes" : "no",
	    __builtin_cpu_supports("fma") ? "yes" : "no",
	    __builtin_cpu_supports("avx512f") ? "yes" : "no");
}

static struct finding check_memory(void)
{
	char text[64];
	unsigned long long available;

	line_of("/proc/meminfo", "MemAvailable", text, sizeof(text));
	available = strtoull(text, NULL, 10) >> 10;
	return found(available >= 1024, "close programs, or give machines less with --memory",
	    "%llu MiB available", available);
}

static struct finding check_address_space(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_AS, &limit) || limit.rlim_cur == RLIM_INFINITY)
		return found(true, "", "unlimited");
	return found(limit.rlim_cur >> 30 >= 4, "ulimit -v unlimited", "limited to %llu MiB",
	    (unsigned long long)limit.rlim_cur >> 20);
}

static struct finding check_huge_pages(void)
{
	char text[100];

	line_of("/sys/kernel/mm/transparent_hugepage/enabled", "", text, sizeof(text));
	return found(strstr(text, "[always]") || strstr(text, "[madvise]"),
	    "guest memory is faster with them: as root, echo madvise > "
	    "/sys/kernel/mm/transparent_hugepage/enabled",
	    "%s", text[0] ? text : "not available");
}

static struct finding check_memfd(void)
{
	int fd = memfd_create("myna-doctor", MFD_CLOEXEC);
	bool good = fd >= 0 && !ftruncate(fd, 4096);
	void *page =
	    good ? mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0) : MAP_FAILED;
	int error = errno;

	good = page != MAP_FAILED;
	if (good)
		munmap(page, 4096);
	if (fd >= 0)
		close(fd);
	return found(good, "needs Linux 3.17 and no filter against memfd_create", "%s",
	    good ? "works" : strerror(error));
}

static struct finding check_executable(void)
{
	struct code_memory m;
	bool good = code_memory_map(&m, 1 << 16, false);
	int error = errno;

	if (good)
		code_memory_unmap(&m);
	return found(good,
	    "the translator needs it: allow shared PROT_EXEC mappings (seccomp, SELinux execmem)",
	    "%s", good ? "works" : strerror(error));
}

static struct finding check_terminal(void)
{
	const char *term = getenv("TERM");

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return found(true, "", "none; runs work with --headless");
	return found(term && strcmp(term, "dumb"), "set TERM, or use --headless", "%s",
	    term ? term : "TERM is not set");
}

static struct finding check_window(void)
{
	char why[150];
	bool display = getenv("DISPLAY") || getenv("WAYLAND_DISPLAY");

	if (!window_available(why, sizeof(why)))
		return found(false, "build with libsdl2-dev installed", "%s", why);
	return found(true, "", "%s",
	    display ? "a display is there" : "no display; runs go on without a window");
}

static struct finding check_directory(const char *variable, const char *fallback)
{
	const char *set = getenv(variable), *home = getenv("HOME");
	char path[4096];
	struct stat st;

	if (set && set[0] == '/')
		snprintf(path, sizeof(path), "%s", set);
	else if (home && home[0] == '/')
		snprintf(path, sizeof(path), "%s/%s", home, fallback);
	else
		return found(false, "set HOME", "HOME is not set");
	if (stat(path, &st))
		return found(errno == ENOENT, "make it writable", "%.120s: %s", path,
		    errno == ENOENT ? "will be made when needed" : strerror(errno));
	return found(S_ISDIR(st.st_mode) && !access(path, W_OK | X_OK),
	    "make it a directory you can write to", "%.120s", path);
}

static struct finding check_cache(void)
{
	return check_directory("XDG_CACHE_HOME", ".cache");
}

static struct finding check_state(void)
{
	return check_directory("XDG_STATE_HOME", ".local/state");
}

static struct finding check_files(void)
{
	struct rlimit limit = {0};

	getrlimit(RLIMIT_NOFILE, &limit);
	return found(limit.rlim_cur >= 64, "ulimit -n 1024", "%llu open files allowed",
	    (unsigned long long)limit.rlim_cur);
}

static const struct check {
	const char *name;
	struct finding (*run)(void);
} checks[] = {
    {"cpu", check_cpu},
    {"cpu features", check_features},
    {"memory", check_memory},
    {"address space", check_address_space},
    {"huge pages", check_huge_pages},
    {"memfd", check_memfd},
    {"executable memory", check_executable},
    {"open files", check_files},
    {"terminal", check_terminal},
    {"window", check_window},
    {"cache directory", check_cache},
    {"state directory", check_state},
};

enum status command_doctor(const struct options *o)
{
	if (o->operand_count)
		return complain(
		    STATUS_USAGE, "doctor: '%.60s' is one operand too many", o->operands[0]);
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		struct finding f = checks[i].run();

		printf("%-5s %-18s %s\n", f.good ? "ok" : "warn", checks[i].name, f.text);
		if (!f.good)
			printf("%-5s %-18s -> %s\n", "", "", f.remedy);
	}
	return STATUS_OK;
}
