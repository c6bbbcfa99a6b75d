/* The instruction table and its decoder, built once for the process (constant afterwards). */
#include "cpu/arm64/table.h"

#include <pthread.h>
#include <stdlib.h>

#include "cpu/arm64/bitmask.h"
#include "cpu/arm64/crc32.h"
#include "cpu/arm64/exec.h"
#include "cpu/arm64/sysreg.h"
#include "cpu/arm64/valid.h"

const struct insn *fp_trap(struct arm64 *c, const struct insn *i);

/* FP and AdvSIMD instructions run behind a guard, so none can forget the trap of CPACR_EL1. */
#define INSN(name, pattern, text, flags, valid)                                                \
	__attribute__((unused)) static EXEC(guarded_##name)                                    \
	{                                                                                      \
		return __builtin_expect(c->fp_trapped, 0) ? fp_trap(c, i) : exec_##name(c, i); \
	}
#include "cpu/arm64/insns.def"
#undef INSN

#define EXEC_OF(name, flags) (((flags)&INSN_FP) ? exec_guarded_##name : exec_##name)
#define INSN(name, pattern, text, flags, valid) \
	{#name, pattern, text, flags, valid, (void (*)(void))EXEC_OF(name, flags), 0, 0},
static struct insn_row rows[] = {
#include "cpu/arm64/insns.def"
};
#undef INSN

static struct decoder decoder;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void build(void)
{
	arm64_bitmask_init();
	crc32_init();
	sysreg_init();
	if (!decoder_init(&decoder, rows, sizeof rows / sizeof rows[0]))
		abort(); /* 100 KB at start-up */
}

const struct decoder *arm64_decoder(void)
{
	pthread_once(&once, build);
	return &decoder;
}

void arm64_decode(uint32_t word, struct insn *out)
{
	const struct decoder *d = arm64_decoder();
	const struct insn_row *r = decode(d, word);
	out->w = word;
	out->row = r ? (uint32_t)(r - d->rows) : ARM64_NO_ROW;
	out->exec = r ? (arm64_exec_fn *)r->exec : undefined;
}
