/* One instruction at a time on an engine: a CPU whose memory holds each word that was asked for
 * once, in a block of its own, so that it is translated once however often it runs. */
#ifndef MYNA_TESTS_INSN_SINGLE_H
#define MYNA_TESTS_INSN_SINGLE_H

#include "cpu/arm64/arm64.h"
#include "cpu/engine.h"

struct single;

/* NULL, with a word on stderr, when the host cannot. */
struct single *single_open(enum engine_kind engine);
void single_close(struct single *p);

/* What system registers `s` must hold for single_run(): EL1, with the MMU on. */
void single_set_up(struct arm64_state *s);

/* Execute `word` at EL1 from the state `s`, which becomes what it leaves; its PC counts from 0 at
 * the word and is 4 if execution went on behind it. */
void single_run(struct single *p, uint32_t word, struct arm64_state *s);

/* The same for `count` words, at most SINGLE_TOGETHER, in one block; its PC is 4 * count behind it.
 */
#define SINGLE_TOGETHER 16
void single_run_together(
    struct single *p, const uint32_t *words, unsigned count, struct arm64_state *s);

/* Words seen so far, and what the engine did. */
unsigned single_words(const struct single *p);
struct engine_stats single_stats(const struct single *p);

#endif
