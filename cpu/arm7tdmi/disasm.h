/* The disassembler. */
#ifndef MYNA_CPU_ARM7TDMI_DISASM_H
#define MYNA_CPU_ARM7TDMI_DISASM_H

#include "cpu/disasm.h"

extern const struct operand_table arm7_operands;

/* One instruction at `pc`; in Thumb state `word` is a halfword. */
void arm7tdmi_disassemble(uint32_t word, bool thumb, uint32_t pc, char *text, size_t size);

/* All aliases, for tests: number `i`, NULL at the end. */
const struct alias *arm7_alias(unsigned i, bool thumb);

/* The text of an instruction with its operands still to be filled in; NULL if it is undefined. */
const char *arm7_text(uint32_t word, bool thumb);

#endif
