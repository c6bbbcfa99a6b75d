/* Which rows of the instruction table a kernel executes on its way.
 *
 *	coverage KERNEL INITRD [milliseconds of guest time]
 *
 * Prints each row with the number of different words executed; rows without any come last. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cpu/arm64/run.h"
#include "cpu/arm64/table.h"
#include "machine/boards/virt_arm64.h"

static void *read_file(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	char *data = NULL;
	if (f && !fseek(f, 0, SEEK_END)) {
		*size = (size_t)ftell(f);
		rewind(f);
		data = malloc(*size + 1);
		if (data && fread(data, 1, *size, f) != *size) {
			free(data);
			data = NULL;
		}
	}
	if (!data)
		perror(path);
	if (f)
		fclose(f);
	return data;
}

int main(int argc, char **argv)
{
	struct board_config config = {
	    .memory = UINT64_C(512) << 20, .smp = 1, .gic_version = 3, .append = "console=ttyAMA0"};
	uint64_t ms = argc > 3 ? strtoull(argv[3], NULL, 0) : 20000;
	char why[200];
	if (argc < 3)
		return 2;
	void *kernel = read_file(argv[1], &config.kernel_size);
	void *initrd = read_file(argv[2], &config.initrd_size);
	if (!kernel || !initrd)
		return 2;
	config.kernel = kernel;
	config.initrd = initrd;
	struct machine *m = virt_arm64_new(&config, why, sizeof why);
	if (!m) {
		fprintf(stderr, "%s\n", why);
		return 2;
	}
	const struct decoder *d = arm64_decoder();
	uint64_t *words = calloc(d->count, sizeof *words);
	if (!words)
		return 2;
	machine_run(m, ms * (m->tick_hz / 1000));
	code_cache_rows(((struct arm64 *)m->cpus[0])->cache, words);
	unsigned rows = 0;
	for (unsigned i = 0; i < d->count; i++) {
		rows += words[i] != 0;
		if (words[i])
			printf("%-20s %" PRIu64 "\n", d->rows[i].name, words[i]);
	}
	printf("%u of %u rows; not executed:", rows, d->count);
	for (unsigned i = 0; i < d->count; i++)
		if (!words[i])
			printf(" %s", d->rows[i].name);
	printf("\n");
	machine_free(m);
	free(words);
	free(kernel);
	free(initrd);
	return 0;
}
