/* Saved states as files: a state appears whole under its name or not at all. */
#ifndef MYNA_FRONTEND_STATE_FILE_H
#define MYNA_FRONTEND_STATE_FILE_H

#include <stddef.h>

#include "frontend/status.h"

struct machine;

/* Can a state be saved under `path`?  Asked before a long run rather than after it. */
enum status state_file_check(const char *path, char *why, size_t size);
enum status state_file_save(struct machine *m, const char *path, char *why, size_t size);
enum status state_file_load(struct machine *m, const char *path, char *why, size_t size);

#endif
