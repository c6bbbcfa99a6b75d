/*
 * Runs the benchmark's kernels: the same program for the guest and for the host.
 *
 *	kernels list                          name, class, scale, comparable, text: a line each,
 *tabs between kernels run NAME[:SCALE]...           run them, with marks around each kernels time
 *ITEM COMMAND [ARG...]    run a command, with the same marks
 *
 * The marks are for a harness that looks at its own clock when they arrive: a clock of the guest
 *may count instructions.
 *
 *	bench begin NAME
 *	bench end NAME
 *	bench sum NAME CHECKSUM NANOSECONDS   as the guest's own clock saw it
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "kernel.h"

static const struct kernel {
	const char *name;
	const char *class;
	unsigned scale;
	int comparable;
	const char *text;
	uint64_t (*run)(unsigned scale);
} kernels[] = {
#define KERNEL(name, class, usual, comparable, text) \
	{#name, #class, usual, comparable, text, kernel_##name},
#include "kernels.def"
#undef KERNEL
};

#define KERNELS (sizeof kernels / sizeof *kernels)

uint64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

void mark_begin(const char *item)
{
	printf("bench begin %s\n", item);
	fflush(stdout);
}

void mark_end(const char *item)
{
	printf("bench end %s\n", item);
	fflush(stdout);
}

void print_checksum(const char *item, uint64_t checksum, uint64_t ns)
{
	printf("bench sum %s %016llx %llu\n", item, (unsigned long long)checksum,
	    (unsigned long long)ns);
	fflush(stdout);
}

static const struct kernel *find(const char *name, size_t length)
{
	for (size_t i = 0; i < KERNELS; i++)
		if (strlen(kernels[i].name) == length && !memcmp(kernels[i].name, name, length))
			return &kernels[i];
	return NULL;
}

/* `word` is NAME or NAME:SCALE. */
static int run(const char *word)
{
	size_t length = strcspn(word, ":");
	const struct kernel *k = find(word, length);
	unsigned scale;
	uint64_t start, end, sum;

	if (!k) {
		fprintf(stderr, "kernels: no kernel '%s'\n", word);
		return 1;
	}
	scale = word[length] ? (unsigned)strtoul(word + length + 1, NULL, 10) : k->scale;
	mark_begin(k->name);
	start = clock_ns();
	sum = k->run(scale);
	end = clock_ns();
	mark_end(k->name);
	print_checksum(k->name, sum, end - start);
	return 0;
}

static int list(void)
{
	for (const struct kernel *k = kernels; k < kernels + KERNELS; k++)
		printf("%s\t%s\t%u\t%d\t%s\n", k->name, k->class, k->scale, k->comparable, k->text);
	return 0;
}

int main(int argc, char **argv)
{
	int failed = 0;

	if (argc == 2 && !strcmp(argv[1], "list"))
		return list();
	if (argc > 3 && !strcmp(argv[1], "time"))
		return timeit(argv[2], argv + 3);
	if (argc < 3 || strcmp(argv[1], "run")) {
		fprintf(
		    stderr, "usage: kernels list | run NAME[:SCALE]... | time ITEM COMMAND...\n");
		return 2;
	}
	for (int i = 2; i < argc; i++)
		failed |= run(argv[i]);
	return failed;
}
