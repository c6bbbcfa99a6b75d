/* The instruction tables.
 *
 * No row of ARMv4T fixes a bit outside of those that index the tables of functions (bits that
 * should be zero or one are ignored), so one look there replaces decoding; build() would stop
 * otherwise. */
#include "cpu/arm7tdmi/table.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "cpu/arm7tdmi/exec.h"

#define INSN(name, pattern, text, flags, valid) \
	{#name, pattern, text, flags, valid, (void (*)(void))exec_arm_##name, 0, 0},
static struct insn_row arm_rows[] = {
#include "cpu/arm7tdmi/insns_arm.def"
};
#undef INSN
#define INSN(name, pattern, text, flags, valid) \
	{#name, pattern, text, flags, valid, (void (*)(void))exec_thumb_##name, 0, 0},
static struct insn_row thumb_rows[] = {
#include "cpu/arm7tdmi/insns_thumb.def"
};
#undef INSN

#define ARM_INDEXED   0x0ff000f0
#define THUMB_INDEXED 0xffc00000

static struct arm7_tables tables;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static int64_t exec_undefined(struct arm7tdmi *c, int64_t left, uint32_t w)
{
	undefined_instruction(c, &left);
	return left;
}

static arm7_exec_fn *function_of(const struct decoder *d, uint32_t word)
{
	const struct insn_row *r = decode(d, word);
	return r ? (arm7_exec_fn *)r->exec : exec_undefined;
}

static void build_decoder(
    struct decoder *d, struct insn_row *rows, unsigned count, uint32_t indexed)
{
	if (!decoder_init(d, rows, count))
		abort(); /* some KB at start-up */
	for (unsigned i = 0; i < count; i++)
		assert(!(rows[i].mask & ~indexed) && !rows[i].valid);
}

static void build(void)
{
	build_decoder(&tables.arm, arm_rows, sizeof arm_rows / sizeof *arm_rows, ARM_INDEXED);
	build_decoder(
	    &tables.thumb, thumb_rows, sizeof thumb_rows / sizeof *thumb_rows, THUMB_INDEXED);
	for (uint32_t i = 0; i < 4096; i++)
		tables.arm_exec[i] = function_of(&tables.arm, (i & 0xff0) << 16 | (i & 15) << 4);
	for (uint32_t i = 0; i < 1024; i++)
		tables.thumb_exec[i] = function_of(&tables.thumb, i << 22);
}

const struct arm7_tables *arm7_tables(void)
{
	pthread_once(&once, build);
	return &tables;
}

const struct insn_row *arm7_row(uint32_t word, bool thumb)
{
	const struct arm7_tables *t = arm7_tables();
	if (thumb)
		return decode(&t->thumb, word << 16);
	return word >> 28 == 15 ? NULL : decode(&t->arm, word);
}
