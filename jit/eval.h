/* Evaluating a block in plain C: what emitted code must do, for tests and any host.
 *
 * The guest struct is the one `g` describes.  All effects are those of emitted code, with two
 * exceptions: flags are stored packed, and every way out returns to the caller with `site` 0 (there
 * is no code to be linked).  Helpers are called through libffi.
 */
#ifndef MYNA_JIT_EVAL_H
#define MYNA_JIT_EVAL_H

#include "jit/jit.h"

/* A finished block that ends with JUMP, JUMP_TO or LEAVE.  False if a helper cannot be called or
 * the block has no end; then the guest is in no useful state. */
bool ir_eval(const struct ir_block *b, const struct jit_guest *g, void *guest);

#endif
