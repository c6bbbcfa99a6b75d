/* Patches of cartridges: IPS, UPS and BPS, applied in memory. */
#ifndef MYNA_FRONTEND_PATCH_H
#define MYNA_FRONTEND_PATCH_H

#include "frontend/media.h"

/* Replace `image` by what `patch` makes of it, at most `limit` bytes.  Not STATUS_OK: `image` is as
 * it was, and `why` is a sentence that begins with `name`, the patch's. */
enum status patch_apply(struct media *image, const struct media *patch, const char *name,
    uint64_t limit, char *why, size_t size);

/* patch_apply() with the file `path`, which `option` gave. */
enum status patch_apply_file(struct media *image, const char *path, const char *option,
    uint64_t limit, char *why, size_t size);

/* The patch that lies beside the cartridge `rom` and is called like it, to be freed; NULL in
 * `*path`: there is none.  More than one is a mistake. */
enum status patch_beside(char **path, const char *rom, char *why, size_t size);

#endif
