/* Cartridges in archives: ZIP, 7z and gzip. */
#ifndef MYNA_FRONTEND_ARCHIVE_H
#define MYNA_FRONTEND_ARCHIVE_H

#include "frontend/media.h"

/* If `m` is an archive, replace it by the one file in it that has one of the `suffixes` ("gba
 * agb"), at most `limit` bytes; what is gzipped is unpacked, whatever its name.  Other files are
 * left alone.  Not STATUS_OK: `m` is as it was, and `why` a sentence that begins with `name`. */
enum status archive_open(struct media *m, const char *name, const char *suffixes, uint64_t limit,
    const char *limit_name, char *why, size_t size);

/* media_read() and archive_open(). */
enum status archive_read_media(struct media *m, const char *path, const char *option,
    const char *suffixes, uint64_t limit, const char *limit_name, char *why, size_t size);

#endif
