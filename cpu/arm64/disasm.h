/* The disassembler's parts: operands of the text column, preferred spellings, system registers. */
#ifndef MYNA_CPU_ARM64_DISASM_H
#define MYNA_CPU_ARM64_DISASM_H

#include "cpu/disasm.h"

extern const struct operand_table arm64_operands;

/* Write `pattern`, the text column of a row or alias, with its operands filled in.
 * False if it names an unknown operand. */
bool arm64_print(struct text *t, const char *pattern, uint32_t word, uint64_t pc);

/* The preferred spelling of an allocated word, if it is not its row's own text; else NULL. */
const char *arm64_alias(uint32_t word);

/* All of them, for tests and documents: text and pattern of alias number `i`, NULL at the end. */
const char *arm64_alias_text(unsigned i);
const char *arm64_alias_pattern(unsigned i);

/* System registers and the operations of SYS, as named in sysregs.def. */
struct sysreg_name {
	const char *name;
	uint32_t key;    /* bits 20:5 of MRS, MSR and SYS: op0:op1:CRn:CRm:op2 */
	uint32_t access; /* 1 readable, 2 writable */
};

/* The one `word` (MRS, MSR, SYS) names, or NULL. */
const struct sysreg_name *arm64_sysreg_name(uint32_t word);

#endif
