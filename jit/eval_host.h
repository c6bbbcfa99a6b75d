/* The evaluator as a host: a bounded store of finished blocks, run by eval.h. */
#ifndef MYNA_JIT_EVAL_HOST_H
#define MYNA_JIT_EVAL_HOST_H

#include "jit/eval.h"

struct eval_host;

/* Room for `bytes` of blocks.  NULL when memory is short or libffi does not know the host. */
struct eval_host *eval_host_new(const struct jit_guest *guest, size_t bytes);
void eval_host_free(struct eval_host *h);

/* Keep a copy of `b`; what to enter, or NULL when the store is full. */
void *eval_host_keep(struct eval_host *h, const struct ir_block *b);
void eval_host_flush(struct eval_host *h);
void eval_host_enter(struct eval_host *h, void *guest, const void *code);
size_t eval_host_used(const struct eval_host *h);

#endif
