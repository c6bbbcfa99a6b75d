/*
 * Times a command: its standard output goes to a file, and a checksum of that file is printed after
 * the mark of the end, so that the checksum's own time counts for nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <fcntl.h>
#include <unistd.h>
#include <sys/wait.h>

#include "kernel.h"

#define OUTPUT "/tmp/bench-output"

static int run_command(char **command)
{
	int status;
	pid_t child = fork();

	if (child < 0)
		return -1;
	if (child == 0) {
		int out = open(OUTPUT, O_WRONLY | O_CREAT | O_TRUNC, 0600);

		if (out >= 0 && dup2(out, 1) == 1)
			execvp(command[0], command);
		perror(command[0]);
		_exit(127);
	}
	if (waitpid(child, &status, 0) != child)
		return -1;
	return status;
}

static uint64_t checksum_of(const char *path)
{
	static unsigned char block[65536];
	uint64_t sum = 0;
	size_t n;
	FILE *f = fopen(path, "rb");

	if (!f)
		return 0;
	while ((n = fread(block, 1, sizeof block, f)))
		sum = mix_bytes(sum, block, n);
	fclose(f);
	return sum;
}

int timeit(const char *item, char **command)
{
	uint64_t start, end;
	int status;

	mark_begin(item);
	start = clock_ns();
	status = run_command(command);
	end = clock_ns();
	mark_end(item);
	if (status) {
		printf("bench failed %s %d\n", item, status);
		return 1;
	}
	print_checksum(item, checksum_of(OUTPUT), end - start);
	unlink(OUTPUT);
	return 0;
}
