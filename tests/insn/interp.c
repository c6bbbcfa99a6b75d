#include "tests/insn/interp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "cpu/arm64/arm64.h"
#include "cpu/arm64/engine.h"
#include "cpu/arm64/exception.h"
#include "cpu/arm64/registers.h"
#include "cpu/arm64/run.h"
#include "frontend/fp_trap.h"

/* RAM from BATCH_ADDRESS: the batch, then the translation table and the vectors.  The table has
 * two blocks of 1 GiB: the first maps RAM for EL0 at its own address; the second maps it again
 * for EL1, which may not execute what EL0 can write. */
#define RAM_SIZE  (UINT64_C(8) << 20)
#define TABLE     (BATCH_ADDRESS + (UINT64_C(6) << 20))
#define VECTORS   (BATCH_ADDRESS + (UINT64_C(7) << 20))
#define EL1_ALIAS (UINT64_C(1) << 30)
#define BLOCK_EL0 UINT64_C(0x40000741) /* 1 GiB, AF, inner shareable, EL0 read/write */
#define BLOCK_EL1 UINT64_C(0x40000701)

#define SVC             0xd4000001
#define HVC             0xd4000002
#define VECTOR_FROM_EL0 0x400
#define BLOCK_TICKS     10000 /* far more than a block's instructions */

struct interp {
	struct machine machine;
	struct arm64 cpu;
	uint8_t *ram;
	uint64_t digest[BATCH_BLOCKS];
};

_Static_assert(
    sizeof(struct batch) < TABLE - BATCH_ADDRESS, "the batch fits in front of the table");

/* HVC in the vector for EL0's exceptions: the block has ended. */
static bool on_call(void *owner, struct arm64 *c, bool smc)
{
	struct interp *p = owner;
	machine_stop_soon(&p->machine);
	return true;
}

static void store(struct interp *p, uint64_t address, const void *value, size_t size)
{
	memcpy(p->ram + (address - BATCH_ADDRESS), value, size);
}

static void set_up(struct interp *p)
{
	static const uint64_t blocks[3] = {0, BLOCK_EL0, BLOCK_EL1};
	static const uint32_t hvc = HVC;
	struct arm64_state *s = &p->cpu.s;
	store(p, TABLE, blocks, sizeof blocks);
	store(p, VECTORS + VECTOR_FROM_EL0, &hvc, sizeof hvc);
	arm64_power_on(&p->cpu, 0, 0);
	s->vbar_el1 = VECTORS + EL1_ALIAS;
	s->ttbr0_el1 = TABLE;
	s->tcr_el1 = 25 | UINT64_C(1) << 23 | UINT64_C(2) << 32; /* 39 bits, no TTBR1, 40-bit PA */
	s->mair_el1 = 0xff;
	s->cpacr_el1 = 3 << 20;
	s->sctlr_el1 = SCTLR_RES1 | SCTLR_M | SCTLR_UCT | SCTLR_UCI | SCTLR_DZE;
}

struct interp *interp_open(const struct engine_options *options)
{
	struct interp *p = calloc(1, sizeof *p);
	if (!p)
		return NULL;
	machine_init(&p->machine, "insn-test", 1000000000);
	p->machine.bus = bus_new(40);
	p->ram =
	    p->machine.bus ? machine_add_ram(&p->machine, "ram", BATCH_ADDRESS, RAM_SIZE) : NULL;
	if (!p->ram || !arm64_init(&p->cpu, &p->machine, 0, "cpu0")) {
		free(p);
		return NULL;
	}
	machine_add_cpu(&p->machine, &p->cpu.cpu);
	p->cpu.call = on_call;
	p->cpu.call_owner = p;
	struct arm64 *const cpus[] = {&p->cpu};
	char why[240];
	if (options->traps && !fp_trap_catch()) {
		interp_close(p);
		return NULL;
	}
	if (options->kind != ENGINE_INTERP && !engine_attach(cpus, 1, options, why, sizeof why)) {
		fprintf(stderr, "%s\n", why);
		interp_close(p);
		return NULL;
	}
	machine_reset(&p->machine);
	set_up(p);
	return p;
}

void interp_close(struct interp *p)
{
	arm64_free(&p->cpu);
	machine_free(&p->machine);
	free(p);
}

void interp_exit(uint32_t code[SLOT_EXIT])
{
	memset(code, 0, SLOT_EXIT * sizeof *code);
	code[0] = SVC;
}

static void load_image(struct interp *p, const struct image *image, uint64_t pc)
{
	struct arm64_state *s = &p->cpu.s;
	memcpy(s->x, image->x, sizeof image->x);
	s->x[32] = image->sp;
	memcpy(s->v, image->v, sizeof s->v);
	s->nzcv = (uint32_t)(image->nzcv >> 28);
	s->fpcr = (uint32_t)image->fpcr;
	s->fpsr = (uint32_t)image->fpsr;
	s->el = s->spsel = s->pan = s->uao = s->il = s->ss = 0;
	s->daif = 0;
	s->excl_addr = EXCL_NONE;
	s->pc = pc;
	mode_changed(&p->cpu);
}

static unsigned fault_of(uint64_t esr)
{
	switch (esr >> 26) {
	case EC_SVC64: return FAULT_NONE;
	case EC_UNKNOWN:
	case EC_SYSTEM: return FAULT_UNDEFINED; /* Linux makes one signal of both */
	case EC_FETCH_ABORT:
	case EC_DATA_ABORT:
	case EC_PC_ALIGNMENT:
	case EC_SP_ALIGNMENT: return FAULT_MEMORY;
	default: return FAULT_OTHER;
	}
}

static void save_image(const struct interp *p, struct image *image)
{
	const struct arm64_state *s = &p->cpu.s;
	memcpy(image->x, s->x, sizeof image->x);
	image->sp = s->sp_el[0];
	memcpy(image->v, s->v, sizeof image->v);
	image->nzcv = s->spsr_el1 & 0xf0000000;
	image->fpcr = s->fpcr;
	image->fpsr = s->fpsr;
	image->fault = fault_of(s->esr_el1);
	image->fault_pc = image->fault ? s->elr_el1 : 0;
}

static struct batch *load(struct interp *p, const struct batch *b)
{
	struct batch *ours = (struct batch *)p->ram;
	if (p->cpu.engine && memcmp(ours->code, b->code, sizeof b->code))
		engine_written(p->cpu.engine, BATCH_ADDRESS, sizeof *b);
	*ours = *b;
	return ours;
}

static void run_slot(struct interp *p, struct batch *ours, unsigned n)
{
	uint64_t start = machine_now(&p->machine);
	load_image(p, &ours->image[n],
	    BATCH_ADDRESS + ((uint8_t *)&ours->code[n][SLOT_BODY - 1] - p->ram));
	machine_run(&p->machine, BLOCK_TICKS);
	save_image(p, &ours->image[n]);
	p->digest[n] =
	    XXH3_64bits_withSeed(&p->cpu.s, sizeof p->cpu.s, machine_now(&p->machine) - start);
}

void interp_run(struct interp *p, struct batch *b)
{
	struct batch *ours = load(p, b);
	for (uint64_t n = 0; n < b->count; n++)
		run_slot(p, ours, (unsigned)n);
	memcpy(b->image, ours->image, sizeof b->image);
}

void interp_run_one(struct interp *p, struct batch *b, unsigned n)
{
	struct batch *ours = load(p, b);
	run_slot(p, ours, n);
	memcpy(b->image, ours->image, sizeof b->image);
}

uint64_t interp_digest(const struct interp *p, unsigned n)
{
	return p->digest[n];
}

void interp_coverage(const struct interp *p, uint64_t *words)
{
	code_cache_rows(p->cpu.cache, words);
}

struct engine_stats interp_stats(const struct interp *p)
{
	return p->cpu.engine ? engine_stats(p->cpu.engine) : (struct engine_stats){0};
}
