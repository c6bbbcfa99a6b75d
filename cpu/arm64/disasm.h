/* The disassembler's parts: a text being written, and the operands of the text column. */
#ifndef MYNA_CPU_ARM64_DISASM_H
#define MYNA_CPU_ARM64_DISASM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A bounded string; what does not fit is dropped. */
struct text {
	char *at, *end; /* end: room for the final NUL */
};

void text_add(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* An immediate: "#5", "#0x10", "#-0x10". */
void text_imm(struct text *t, uint64_t v);
void text_simm(struct text *t, int64_t v);

/* One %operand: formats fields of `word` located at `pc`. */
struct operand {
	const char *name;
	void (*print)(struct text *t, uint32_t word, uint64_t pc, uint32_t arg);
	uint32_t arg;
};

/* The operand named by the first `n` bytes of `name`, or NULL. */
const struct operand *arm64_operand(const char *name, size_t n);

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
