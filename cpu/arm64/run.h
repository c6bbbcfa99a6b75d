/* The interpreter's loop and its cache of decoded pages. */
#ifndef MYNA_CPU_ARM64_RUN_H
#define MYNA_CPU_ARM64_RUN_H

#include "cpu/arm64/arm64.h"

/* NULL when memory is short. */
struct code_cache *code_cache_new(void);
void code_cache_free(struct code_cache *cache);

/* Coverage: add to `words`, indexed by row, how many decoded words in the cache are of each row.
 * A word is decoded when it is first reached, so these are the instructions executed. */
void code_cache_rows(const struct code_cache *cache, uint64_t *words);

/* Pieces of the interpreter that the translator's loop shares. */

/* The instruction at PC with c->code, c->fetch, c->pc_page set, or NULL when fetching it took an
 * exception. */
const struct insn *arm64_fetch(struct arm64 *c);
/* What is known of the page of `pc` without a walk, or NULL. */
const struct fetch_entry *fetch_cached(const struct arm64 *c, uint64_t pc);
/* Interpret until the budget is used up, the CPU's attention is wanted, or it waits. */
void arm64_interpret(struct arm64 *c);
/* Interpret one instruction (of a budget of at least one). */
void arm64_interpret_one(struct arm64 *c);

/* struct cpu_type of the interpreter. */
void arm64_run(struct cpu *cpu);
bool arm64_waiting(struct cpu *cpu);

#endif
