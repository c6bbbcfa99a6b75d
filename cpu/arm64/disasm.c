/* Disassembler: the text column of insns.def and aliases.def with its operands filled in.
 *
 * Spelling follows the preferred disassembly of DDI 0487, part C6 and C7; aliases.def is tried
 * first, but only on words that are allocated.
 */
#include "cpu/arm64/disasm.h"

#include <inttypes.h>

#include "cpu/arm64/exec.h"
#include "cpu/arm64/table.h"

bool arm64_print(struct text *t, const char *pattern, uint32_t word, uint64_t pc)
{
	return disasm_print(t, &arm64_operands, pattern, word, pc);
}

void arm64_disassemble(uint32_t word, uint64_t pc, char *text, size_t size)
{
	if (!size)
		return;
	struct text t = {text, text + size};
	*text = 0;
	const struct insn_row *r = decode(arm64_decoder(), word);
	const char *alias = r ? arm64_alias(word) : NULL;
	if (r)
		arm64_print(&t, alias ? alias : r->text, word, pc);
	else
		text_add(&t, ".inst 0x%08" PRIx32 " ; undefined", word);
}
