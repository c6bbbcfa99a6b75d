/* Evaluating a block in plain C: what emitted code must do, for tests and any host.
 *
 * The guest struct is the one that the evaluator was made for.  All effects are those of emitted
 * code, with two exceptions: flags are stored packed, and every way out returns to the caller with
 * `site` 0 (there is no code to be linked).  Helpers are called through libffi.
 */
#ifndef MYNA_JIT_EVAL_H
#define MYNA_JIT_EVAL_H

#include "jit/jit.h"

struct eval;

/* NULL when memory is short or libffi cannot call the host's functions. */
struct eval *eval_new(const struct jit_guest *g);
void eval_free(struct eval *e);

/* A finished block that ends with JUMP, JUMP_TO or LEAVE.  False if it has no such end; then the
 * guest is in no useful state. */
bool eval_run(struct eval *e, const struct ir_block *b, void *guest);

#endif
