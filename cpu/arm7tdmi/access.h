/* Bus cycles: fetches, loads, stores, internal cycles; see arm7tdmi.h for who passes the time. */
#ifndef MYNA_CPU_ARM7TDMI_ACCESS_H
#define MYNA_CPU_ARM7TDMI_ACCESS_H

#include <string.h>

#include "cpu/arm7tdmi/arm7tdmi.h"

/* While instructions execute, what is left of the budget is in a register, `left`; it is put back
 * into struct cpu whenever anything outside of the CPU may look at it or change it. */
static inline void spill(struct arm7tdmi *c, const int64_t *left)
{
	c->cpu.budget = *left;
}

static inline void reload(const struct arm7tdmi *c, int64_t *left)
{
	*left = c->cpu.budget;
}

/* The budget is used up: let whoever wanted it so act.  This and the accesses that follow work on
 * struct cpu's budget. */
void arm7_attend(struct arm7tdmi *c);

/* A fetch outside of the stretch that code has been running in. */
uint32_t arm7_fetch_slow(struct arm7tdmi *c, uint32_t address, bool word);

/* Accesses that no window serves. */
uint32_t arm7_load_slow(struct arm7tdmi *c, uint32_t address, unsigned size, unsigned access);
void arm7_store_slow(
    struct arm7tdmi *c, uint32_t address, unsigned size, uint32_t value, unsigned access);

static inline void attend(struct arm7tdmi *c, int64_t *left)
{
	if (__builtin_expect(*left > 0, 1))
		return;
	spill(c, left);
	arm7_attend(c);
	reload(c, left);
}

/* Little-endian host memory; a halfword or word that is aligned. */
static inline uint32_t host_read(const uint8_t *p, unsigned size)
{
	uint32_t v = 0;
	memcpy(&v, p, size);
	return v;
}

/* The opcode at `address`, which is aligned.  The next fetch is sequential to it. */
static inline uint32_t fetch(struct arm7tdmi *c, int64_t *left, uint32_t address, bool word)
{
	uint32_t at = address - c->code.base;
	if (__builtin_expect(at >= c->code.size, 0)) {
		spill(c, left);
		uint32_t w = arm7_fetch_slow(c, address, word);
		reload(c, left);
		return w;
	}
	*left -= c->code.cycles[c->s.fetch][word];
	c->s.fetch = ARM7_SEQ;
	return host_read(c->code.host + at, word ? 4 : 2);
}

/* Whether a window takes a sequential access at offset `at` for a nonsequential one. */
static inline bool breaks_burst(const struct arm7tdmi_window *w, uint32_t at)
{
	return w->burst && !(at & (w->burst - 1));
}

static inline unsigned access_cycles(
    const struct arm7tdmi_window *w, uint32_t at, bool word, unsigned access)
{
	unsigned kind = access & ARM7_KIND;
	if (kind == ARM7_SEQ && breaks_burst(w, at))
		kind = ARM7_NONSEQ;
	return w->cycles[kind][word];
}

/* Read `size` bytes (1, 2, 4): zero-extended, not rotated. */
static inline uint32_t load(
    struct arm7tdmi *c, int64_t *left, uint32_t address, unsigned size, unsigned access)
{
	attend(c, left);
	const struct arm7tdmi_window *w = &c->windows->read[address >> 24];
	uint32_t at = address & w->mask & ~(size - 1);
	if (__builtin_expect(at >= w->size, 0)) {
		spill(c, left);
		uint32_t v = arm7_load_slow(c, address, size, access);
		reload(c, left);
		return v;
	}
	*left -= access_cycles(w, at, size == 4, access);
	return host_read(w->host + at, size);
}

static inline void store(struct arm7tdmi *c, int64_t *left, uint32_t address, unsigned size,
    uint32_t value, unsigned access)
{
	attend(c, left);
	const struct arm7tdmi_window *w = &c->windows->write[address >> 24];
	uint32_t at = address & w->mask & ~(size - 1);
	if (__builtin_expect(at >= w->size, 0)) {
		spill(c, left);
		arm7_store_slow(c, address, size, value, access);
		reload(c, left);
		return;
	}
	*left -= access_cycles(w, at, size == 4, access);
	memcpy(w->host + at, &value, size);
}

/* `cycles` I cycles; the fetch after them is merged with the last one. */
static inline void internal(struct arm7tdmi *c, int64_t *left, unsigned cycles)
{
	if (c->bus.idle) {
		attend(c, left);
		spill(c, left);
		c->bus.idle(c->bus.owner, cycles);
		reload(c, left);
	} else {
		*left -= cycles;
	}
	c->s.fetch = ARM7_MERGED;
}

/* Fill the pipeline from `target`: N and S cycle. */
static inline __attribute__((always_inline)) void fill_pipeline(
    struct arm7tdmi *c, int64_t *left, uint32_t target, bool word)
{
	const uint32_t size = word ? 4 : 2;
	target &= ~(size - 1);
	c->s.fetch = ARM7_NONSEQ;
	attend(c, left);
	c->s.pipe[0] = fetch(c, left, target, word);
	attend(c, left);
	c->s.pipe[1] = fetch(c, left, target + size, word);
	c->s.r[15] = target + size;
	c->jumped = true;
}

/* Continue at `target`, in the present state (ARM or Thumb). */
static inline void branch(struct arm7tdmi *c, int64_t *left, uint32_t target)
{
	if (c->thumb)
		fill_pipeline(c, left, target, false);
	else
		fill_pipeline(c, left, target, true);
}

#endif
