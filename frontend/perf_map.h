/* Names for translated code in `perf report`: /tmp/perf-PID.map, a line a block.
 *
 * The format is perf's (tools/perf/Documentation/jit-interface.txt): START SIZE NAME, the numbers
 * in hexadecimal.  perf reads it when it reports, so code that was flushed in between may bear the
 * name of what took its place.
 */
#ifndef MYNA_FRONTEND_PERF_MAP_H
#define MYNA_FRONTEND_PERF_MAP_H

#include <stdio.h>

#include "cpu/engine.h"

struct perf_map {
	FILE *out; /* NULL: closed */
	long left; /* bytes that may still be written */
	char path[40];
};

/* False with a reason in `why`. */
bool perf_map_open(struct perf_map *p, char *why, size_t size);
void perf_map_close(struct perf_map *p);

void perf_map_block(struct perf_map *p, const struct engine_block *b);

#endif
