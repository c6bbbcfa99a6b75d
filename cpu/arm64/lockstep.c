/* Comparing translated blocks with the interpreter. */
#include "cpu/arm64/lockstep.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/arm64/run.h"

#define MAX_WRITES 512 /* per block: 64 instructions in at most 8 pieces */
#define MAX_BYTES  128

struct write {
	uint8_t *host;
	unsigned size;
	uint8_t before[MAX_BYTES], after[MAX_BYTES];
};

struct lockstep {
	struct arm64_state start, translated;
	int64_t budget;
	struct write write[MAX_WRITES];
	unsigned writes;
};

struct lockstep *lockstep_new(void)
{
	return calloc(1, sizeof(struct lockstep));
}

void lockstep_free(struct lockstep *l)
{
	free(l);
}

void lockstep_note(struct lockstep *l, uint8_t *host, unsigned size)
{
	if (l->writes == MAX_WRITES || size > MAX_BYTES)
		return;
	struct write *w = &l->write[l->writes++];
	w->host = host;
	w->size = size;
	memcpy(w->before, host, size);
}

void lockstep_before(struct lockstep *l, struct arm64 *c)
{
	l->start = c->s;
	l->budget = c->cpu.budget;
	l->writes = 0;
}

static void undo_writes(struct lockstep *l)
{
	for (unsigned n = 0; n < l->writes; n++)
		memcpy(l->write[n].after, l->write[n].host, l->write[n].size);
	for (unsigned n = l->writes; n-- > 0;)
		memcpy(l->write[n].host, l->write[n].before, l->write[n].size);
}

static void report(struct arm64 *c, const struct lockstep *l, int64_t executed, const char *what)
{
	machine_log(c->cpu.machine,
	    "lockstep: block of %" PRId64 " at pc %#" PRIx64
	    " (EL%u): %s (translated != interpreted)",
	    executed, l->start.pc, l->start.el, what);
}

static bool same_memory(struct arm64 *c, const struct lockstep *l, int64_t executed)
{
	for (unsigned n = 0; n < l->writes; n++) {
		const struct write *w = &l->write[n];
		if (memcmp(w->host, w->after, w->size)) {
			char text[64];
			snprintf(text, sizeof text, "memory written by store number %u", n);
			report(c, l, executed, text);
			return false;
		}
	}
	return true;
}

/* Interpret until `rest` is left of the budget, however often the CPU is kicked. */
static void interpret_to(struct arm64 *c, int64_t rest)
{
	struct cpu *cpu = &c->cpu;
	cpu->budget += cpu->held;
	cpu->held = 0;
	while (cpu->budget > rest) {
		cpu->budget -= rest;
		cpu->held += rest;
		arm64_interpret(c);
		cpu->budget += cpu->held;
		cpu->held = 0;
	}
}

bool lockstep_after(struct lockstep *l, struct arm64 *c)
{
	char text[160];
	int64_t executed = l->budget - c->cpu.budget, rest = c->cpu.budget;
	l->translated = c->s;
	undo_writes(l);
	c->s = l->start;
	c->cpu.budget = rest + executed;
	interpret_to(c, rest);
	if (state_difference(&arm64_type.table, &l->translated, &c->s, text, sizeof text)) {
		report(c, l, executed, text);
		return false;
	}
	return same_memory(c, l, executed);
}
