/* Rewind: the recent past of a machine in bounded memory.
 *
 * The newest state is kept whole, in a file in memory; each older one as the pages in which it
 * differs from the one after it, compressed.  States are those of machine/snapshot.h, nothing
 * knows what is in them.
 */
#ifndef MYNA_FRONTEND_REWIND_H
#define MYNA_FRONTEND_REWIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct machine;
struct rewind;

/* Keeps at most about `bytes`.  NULL: out of memory. */
struct rewind *rewind_new(size_t bytes);
void rewind_free(struct rewind *r);
/* Forget everything, for a machine that went elsewhere. */
void rewind_clear(struct rewind *r);

/* Remember the machine as it is; the oldest states make room.  False with a reason: the host is
 * out of memory, or one state alone is too large. */
bool rewind_push(struct rewind *r, struct machine *m, char *why, size_t size);

/* Put the machine into the newest state that is remembered, and forget it, but for the oldest one,
 * which stays.  False: there is none, or it cannot be loaded (reason in `why`). */
bool rewind_back(struct rewind *r, struct machine *m, char *why, size_t size);

unsigned rewind_count(const struct rewind *r); /* states remembered */
size_t rewind_bytes(const struct rewind *r);   /* memory they take */

/* One state alone, in a file in memory: its descriptor, or -1 with a reason. */
int state_in_memory(struct machine *m, char *why, size_t size);

#endif
