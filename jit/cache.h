/* Code memory: one memfd mapped twice, writable here and executable there, never both.
 *
 * perf takes a memfd for a file and does not look for its own map of names; for its sake the memory
 * can be anonymous.  That needs mprotect() to make it executable, which a hardened process may not
 * be allowed where it may map a memfd so (systemd's MemoryDenyWriteExecute). */
#ifndef MYNA_JIT_CACHE_H
#define MYNA_JIT_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct code_memory {
	uint8_t *write; /* read and write */
	uint8_t *run;   /* read and execute, the same bytes */
	size_t size;
};

/* False with errno if the host refuses. */
bool code_memory_map(struct code_memory *m, size_t size, bool anonymous);
void code_memory_unmap(struct code_memory *m);

#endif
