#include "tests/insn/single.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/arm64/engine.h"
#include "cpu/arm64/exception.h"
#include "cpu/arm64/registers.h"
#include "cpu/arm64/run.h"
#include "frontend/fp_trap.h"

/* RAM: a block of two words for each word, one of several, then the translation table, which maps
 * the RAM's 1 GiB at its own address for EL1. */
#define RAM       UINT64_C(0x40000000)
#define RAM_SIZE  (UINT64_C(1) << 20)
#define TABLE     (RAM + RAM_SIZE - 4096)
#define TOGETHER  (TABLE - 4096)
#define MAX_WORDS ((unsigned)((TOGETHER - RAM) / 8))
#define BLOCK_EL1 UINT64_C(0x40000701) /* 1 GiB, AF, inner shareable, EL1 read/write */
#define BRANCH    0x14000000           /* b . */
#define BUCKETS   (1u << 18)

struct single {
	struct machine machine;
	struct arm64 cpu;
	uint8_t *ram;
	unsigned words;
	uint32_t slot_of[BUCKETS]; /* slot number + 1 by a hash of its word */
};

struct single *single_open(enum engine_kind engine)
{
	const struct engine_options options = {.kind = engine, .traps = ENGINE_TRAPS_ALWAYS};
	const uint64_t table[2] = {0, BLOCK_EL1};
	struct single *p = calloc(1, sizeof *p);
	char why[240] = "out of memory";
	if (!p || !fp_trap_catch()) {
		free(p);
		return NULL;
	}
	machine_init(&p->machine, "single", 1000000000);
	p->machine.bus = bus_new(40);
	p->ram = p->machine.bus ? machine_add_ram(&p->machine, "ram", RAM, RAM_SIZE) : NULL;
	bool good = p->ram && arm64_init(&p->cpu, &p->machine, 0, "cpu0");
	if (good)
		machine_add_cpu(&p->machine, &p->cpu.cpu);
	struct arm64 *const cpus[] = {&p->cpu};
	good =
	    good && (engine == ENGINE_INTERP || engine_attach(cpus, 1, &options, why, sizeof why));
	if (!good) {
		fprintf(stderr, "%s\n", why);
		free(p);
		return NULL;
	}
	machine_reset(&p->machine);
	memcpy(p->ram + (TABLE - RAM), table, sizeof table);
	return p;
}

void single_close(struct single *p)
{
	arm64_free(&p->cpu);
	machine_free(&p->machine);
	free(p);
}

void single_set_up(struct arm64_state *s)
{
	s->ttbr0_el1 = TABLE;
	s->tcr_el1 = 25 | UINT64_C(1) << 23 | UINT64_C(2) << 32; /* 39 bits, no TTBR1, 40-bit PA */
	s->mair_el1 = 0xff;
	s->cpacr_el1 = 3 << 20;
	s->sctlr_el1 = SCTLR_RES1 | SCTLR_M;
	s->el = 1;
	s->powered = 1;
	s->excl_addr = EXCL_NONE;
}

static void put_block(struct single *p, uint64_t at, const uint32_t *words, unsigned count)
{
	uint32_t block[SINGLE_TOGETHER + 1];
	memcpy(block, words, count * sizeof *words);
	block[count] = BRANCH;
	memcpy(p->ram + (at - RAM), block, (count + 1) * sizeof *block);
	if (p->cpu.engine)
		engine_written(p->cpu.engine, at, (count + 1) * sizeof *block);
}

static void put_word(struct single *p, unsigned slot, uint32_t word)
{
	if (slot == MAX_WORDS) {
		fprintf(stderr, "more than %u different words\n", MAX_WORDS);
		exit(2);
	}
	put_block(p, RAM + slot * UINT64_C(8), &word, 1);
}

static uint64_t address_of(struct single *p, uint32_t word)
{
	for (uint32_t k = word * UINT32_C(0x9e3779b1) >> 14;; k = (k + 1) % BUCKETS) {
		uint32_t *slot = &p->slot_of[k];
		if (!*slot) {
			put_word(p, p->words++, word);
			*slot = p->words;
		}
		uint64_t at = (*slot - 1) * UINT64_C(8);
		if (!memcmp(p->ram + at, &word, sizeof word))
			return RAM + at;
	}
}

static void run(struct single *p, uint64_t pc, unsigned count, struct arm64_state *s)
{
	struct arm64 *c = &p->cpu;
	c->s = *s;
	c->s.pc = pc;
	mode_changed(c);
	/* The branch leads to itself: whether it is reached once or twice cannot be seen. */
	c->cpu.slice = count + 1;
	c->cpu.budget = count + 1;
	c->cpu.held = 0;
	arm64_run(&c->cpu);
	*s = c->s;
	s->pc -= pc;
}

void single_run(struct single *p, uint32_t word, struct arm64_state *s)
{
	run(p, address_of(p, word), 1, s);
}

void single_run_together(
    struct single *p, const uint32_t *words, unsigned count, struct arm64_state *s)
{
	put_block(p, TOGETHER, words, count);
	run(p, TOGETHER, count, s);
}

unsigned single_words(const struct single *p)
{
	return p->words;
}

struct engine_stats single_stats(const struct single *p)
{
	return p->cpu.engine ? engine_stats(p->cpu.engine) : (struct engine_stats){0};
}
