/* The map for perf. */
#include "frontend/perf_map.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define LIMIT (64L << 20) /* bytes: several million blocks */

/* Somebody else's file of that name is in the way, not to be written to. */
static FILE *create(const char *path)
{
	int fd;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return fd < 0 ? NULL : fdopen(fd, "w");
}

bool perf_map_open(struct perf_map *p, char *why, size_t size)
{
	snprintf(p->path, sizeof(p->path), "/tmp/perf-%ld.map", (long)getpid());
	p->out = create(p->path);
	p->left = LIMIT;
	if (!p->out)
		snprintf(why, size, "--perf-map: %s: %s", p->path, strerror(errno));
	return p->out;
}

void perf_map_close(struct perf_map *p)
{
	if (p->out)
		fclose(p->out);
	p->out = NULL;
}

void perf_map_block(struct perf_map *p, const struct engine_block *b)
{
	static const char *const part[] = {"", " (out of line)"};

	for (unsigned k = 0; k < 2 && p->left > 0; k++) {
		const struct engine_code *c = &b->code[k];

		if (c->size)
			p->left -= fprintf(p->out, "%" PRIxPTR " %zx guest_%#" PRIx64 "%s\n",
			    (uintptr_t)c->at, c->size, b->pc, part[k]);
	}
}
