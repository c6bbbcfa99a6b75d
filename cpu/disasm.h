/* Disassembly from rows: the text column with its %operands filled in, and preferred spellings.
 * Shared by all CPUs; each brings a table of operands and one of aliases. */
#ifndef MYNA_CPU_DISASM_H
#define MYNA_CPU_DISASM_H

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

struct operand_table {
	const struct operand *operands;
	unsigned count;
};

/* Write `pattern`, the text column of a row or alias, with its operands filled in.
 * False if it names an unknown operand. */
bool disasm_print(struct text *t, const struct operand_table *operands, const char *pattern,
    uint32_t word, uint64_t pc);

/* A preferred spelling of some words of a row. */
struct alias {
	const char *pattern; /* as in insns.def */
	bool (*applies)(uint32_t word);
	const char *text;
	uint32_t mask, value; /* computed from the pattern by alias_init() */
};

void alias_init(struct alias *aliases, unsigned count);

/* The text of the first alias that applies, or NULL. */
const char *alias_find(const struct alias *aliases, unsigned count, uint32_t word);

#endif
