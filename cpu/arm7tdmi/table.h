/* The instruction tables: rows, decoders, and the functions by the bits that decide. */
#ifndef MYNA_CPU_ARM7TDMI_TABLE_H
#define MYNA_CPU_ARM7TDMI_TABLE_H

#include "cpu/arm7tdmi/arm7tdmi.h"
#include "cpu/decode.h"

/* Executes an instruction with `left` cycles of budget and returns how many that leaves. */
typedef int64_t arm7_exec_fn(struct arm7tdmi *c, int64_t left, uint32_t w);

struct arm7_tables {
	struct decoder arm, thumb;
	arm7_exec_fn *arm_exec[4096];   /* by bits 27:20 and 7:4 of the word */
	arm7_exec_fn *thumb_exec[1024]; /* by bits 15:6 of the halfword */
};

/* Built once for the process, constant afterwards. */
const struct arm7_tables *arm7_tables(void);

static inline unsigned arm7_arm_index(uint32_t w)
{
	return (w >> 16 & 0xff0) | (w >> 4 & 15);
}

static inline unsigned arm7_thumb_index(uint32_t w)
{
	return w >> 6;
}

/* The row of an instruction, NULL if it is undefined or (condition 1111) never executed. */
const struct insn_row *arm7_row(uint32_t word, bool thumb);

#endif
