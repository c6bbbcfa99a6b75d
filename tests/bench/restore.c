/* Measures what saving and restoring a machine of 1 GiB costs, half of its RAM in use.
 *
 *	bench_restore FOLDER	(the state file of about 512 MiB is made and removed there)
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "machine/snapshot.h"

#define RAM_SIZE (UINT64_C(1) << 30)
#define RUNS     21

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void check(bool good, const char *why)
{
	if (good)
		return;
	fprintf(stderr, "bench_restore: %s\n", why);
	exit(1);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static int file_new(const char *folder)
{
	char name[4096];

	snprintf(name, sizeof name, "%s/restore-XXXXXX", folder);
	int fd = mkstemp(name);
	check(fd >= 0, name);
	unlink(name);
	return fd;
}

/* Every other MiB filled: half of it with text-like bytes, half with noise. */
static void fill(uint8_t *ram)
{
	uint64_t x = 1;

	for (uint64_t at = 0; at < RAM_SIZE; at += 8) {
		if (at >> 20 & 1)
			continue;
		x = x * UINT64_C(6364136223846793005) + 1442695040888963407;
		uint64_t v = at >> 21 & 1 ? x : x >> 60;
		memcpy(ram + at, &v, 8);
	}
}

static void report(const char *what, double from)
{
	printf("%s: %.1f ms\n", what, now_ms() - from);
}

static void measure_restore(struct machine *m, int fd)
{
	double ms[RUNS], first[RUNS];
	char why[256];

	for (unsigned i = 0; i < RUNS; i++) {
		double start = now_ms();
		check(snapshot_load(m, fd, why, sizeof why), why);
		ms[i] = now_ms() - start;
		/* The first touch of a page is what mapping puts off. */
		start = now_ms();
		for (uint64_t at = 0; at < 16u << 20; at += BUS_PAGE_SIZE)
			m->ram[0].host[at]++;
		first[i] = now_ms() - start;
	}
	qsort(ms, RUNS, sizeof ms[0], by_value);
	qsort(first, RUNS, sizeof first[0], by_value);
	printf(
	    "restore: %.3f ms, of %d runs %.3f to %.3f\n", ms[RUNS / 2], RUNS, ms[0], ms[RUNS - 1]);
	printf("first write to 4096 pages: %.1f ms\n", first[RUNS / 2]);
}

int main(int argc, char **argv)
{
	static struct machine m;
	char why[256];
	double start;

	check(argc == 2, "usage: bench_restore FOLDER");
	machine_init(&m, "bench", 1000000000);
	m.bus = bus_new(40);
	check(m.bus && machine_add_ram(&m, "ram", 0, RAM_SIZE), "out of memory");
	machine_reset(&m);
	fill(m.ram[0].host);
	int fd = file_new(argv[1]), packed = file_new(argv[1]);

	start = now_ms();
	struct state_hash before = machine_hash(&m);
	report("hash", start);
	start = now_ms();
	check(snapshot_save(&m, fd, why, sizeof why), why);
	report("save", start);
	measure_restore(&m, fd);
	check(snapshot_load(&m, fd, why, sizeof why), why);
	struct state_hash after = machine_hash(&m);
	check(before.high == after.high && before.low == after.low, "restored state differs");
	start = now_ms();
	check(snapshot_verify(fd, why, sizeof why), why);
	report("verify", start);
	start = now_ms();
	check(snapshot_pack(fd, packed, why, sizeof why), why);
	report("pack", start);
	printf("packed: %lld MiB\n", (long long)lseek(packed, 0, SEEK_END) >> 20);
	start = now_ms();
	check(snapshot_load(&m, packed, why, sizeof why), why);
	report("restore packed", start);
	machine_free(&m);
	return 0;
}
