/* Runs a fuzz target over kept inputs: files, or folders of them, named on the command line. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_MAX (1u << 20)

static unsigned replayed;

static void replay_file(const char *path)
{
	/* Its own allocation of the exact size, so that a sanitizer sees a byte too far. */
	FILE *f = fopen(path, "rb");
	uint8_t *all = malloc(INPUT_MAX);
	size_t n = f && all ? fread(all, 1, INPUT_MAX, f) : 0;
	uint8_t *data = malloc(n ? n : 1);
	if (!f || !all || !data) {
		fprintf(stderr, "%s: cannot be read\n", path);
		exit(1);
	}
	memcpy(data, all, n);
	fclose(f);
	LLVMFuzzerTestOneInput(data, n);
	free(all);
	free(data);
	replayed++;
}

int main(int argc, char **argv)
{
	char path[4096];
	for (int i = 1; i < argc; i++) {
		DIR *d = opendir(argv[i]);
		if (!d) {
			replay_file(argv[i]);
			continue;
		}
		for (struct dirent *e; (e = readdir(d));) {
			snprintf(path, sizeof path, "%s/%s", argv[i], e->d_name);
			if (e->d_name[0] != '.')
				replay_file(path);
		}
		closedir(d);
	}
	printf("%u inputs replayed\n", replayed);
	return replayed ? 0 : 1;
}
