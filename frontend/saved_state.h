/* Saved states as files: a state appears whole under its name or not at all. */
#ifndef MYNA_FRONTEND_SAVED_STATE_H
#define MYNA_FRONTEND_SAVED_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "frontend/status.h"

struct machine;

/* Can a state be saved under `path`?  Asked before a long run rather than after it. */
enum status saved_state_check(const char *path, char *why, size_t size);
enum status saved_state_write(struct machine *m, const char *path, char *why, size_t size);
/* Write to `path` what `convert` makes of the state in the descriptor `in`. */
typedef bool saved_state_fn(int in, int out, char *why, size_t size);
enum status saved_state_convert(
    int in, const char *path, saved_state_fn *convert, char *why, size_t size);

enum status saved_state_read(struct machine *m, const char *path, char *why, size_t size);

#endif
