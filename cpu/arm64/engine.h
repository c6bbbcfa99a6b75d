/* Running translated code: the translator's loop, its table of blocks, and what keeps it exact.
 *
 * Blocks are keyed by virtual and physical page and by mode.  They are entered only when their
 * instructions fit the budget; what does not fit, single instructions that fault or touch devices,
 * and everything while the MMU is off is interpreted, so events land on the same instruction as
 * under the interpreter.  A page that holds translated code is never in a TLB for writing: a write
 * to it, by CPU or DMA, drops its code first.
 */
#ifndef MYNA_CPU_ARM64_ENGINE_H
#define MYNA_CPU_ARM64_ENGINE_H

#include "cpu/arm64/arm64.h"
#include "cpu/engine.h"

struct engine;

/* Give a machine's CPUs the translator that `o` asks for.  False with a reason in `why` when the
 * host cannot; the CPUs then stay with the interpreter. */
bool engine_attach(struct arm64 *const *cpus, unsigned count, const struct engine_options *o,
    char *why, size_t size);
/* Of the CPU that all were attached with first. */
void engine_free(struct engine *e);

/* Guest memory has been replaced: drop all code. */
void engine_forget_code(struct engine *e);

/* Does any translated code come from this physical page? */
bool engine_has_code(const struct engine *e, uint64_t pa);
/* Drop what was translated from the pages of these bytes. */
void engine_written(struct engine *e, uint64_t pa, uint64_t size);

/* The CPU's translations of addresses have changed: forget direct jumps. */
void engine_forget_jumps(struct arm64 *c);
/* ... unless none lead to the page of `va`. */
void engine_forget_page_jumps(struct arm64 *c, uint64_t va);

/* Translate the block at PC, for whoever watches, without running it.  False if it cannot be. */
bool engine_translate(struct arm64 *c);

/* A decoded instruction that lives as long as the code that refers to it. */
const struct insn *engine_keep(struct engine *e, uint32_t word);

/* Is it this engine's code that crashed on `c`?  If so `c` holds the guest's registers of that
 * moment and `b` is the block, with its IR made anew; count 0: none, it was in the code around
 * them. */
bool engine_crashed(
    struct engine *e, struct arm64 *c, const struct engine_crash *crash, struct engine_block *b);

struct engine_stats engine_stats(const struct engine *e);

#endif
