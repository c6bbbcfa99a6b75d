/* Disks in files: what --drive names, as a block_backend.
 *
 * A file is locked while it is open, so two machines never write one image and nobody writes what
 * another reads.  Messages name the file, the option and the remedy.
 */
#ifndef MYNA_FRONTEND_BLOCK_H
#define MYNA_FRONTEND_BLOCK_H

#include "frontend/status.h"
#include "machine/endpoint.h"

/* --drive file=FILE[,format=raw][,readonly=on|off][,overlay=FILE|memory][,snapshot=on|off]
 * A comma in a name is written twice.  snapshot=on is overlay=memory. */
struct block_spec {
	char *file;
	char *overlay; /* NULL: none, or in memory */
	bool overlay_memory;
	bool readonly;
	bool raw; /* format=raw was given: take the bytes as they are */
};

/* False with a sentence in `why`.  Free with block_spec_free() either way. */
bool block_spec_parse(const char *text, struct block_spec *spec, char *why, size_t size);
void block_spec_free(struct block_spec *spec);

/* Where a disk reports what goes wrong under way, one line each; `fn` may be NULL. */
struct block_log {
	void (*fn)(void *owner, const char *text);
	void *owner;
};

/* Open what --drive's value `text` describes.  On failure `*out` is NULL, the result says what
 * kind of failure it was and `why` holds a sentence. */
enum status block_open(
    const char *text, struct block_log log, struct block_backend **out, char *why, size_t size);

/* Flush and close. */
void block_close(struct block_backend *b);

#endif
