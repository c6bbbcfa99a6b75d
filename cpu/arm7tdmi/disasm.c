/* The disassembler: the rows' text with its operands filled in. */
#include "cpu/arm7tdmi/disasm.h"

#include <inttypes.h>
#include <pthread.h>

#include "cpu/arm7tdmi/exec.h"
#include "cpu/arm7tdmi/table.h"

static bool shifts(uint32_t w)
{
	return BITS(w, 11, 5);
}

/* PUSH and POP of one register are other words. */
static bool several(uint32_t w)
{
	return BITS(w, 15, 0) & (BITS(w, 15, 0) - 1);
}

#define ALIAS(pattern, applies, text) {pattern, applies, text, 0, 0},
static struct alias arm_aliases[] = {
#include "cpu/arm7tdmi/aliases_arm.def"
};
static struct alias thumb_aliases[] = {
#include "cpu/arm7tdmi/aliases_thumb.def"
};
#define ARM_ALIASES   (sizeof arm_aliases / sizeof arm_aliases[0])
#define THUMB_ALIASES (sizeof thumb_aliases / sizeof thumb_aliases[0])

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void parse_patterns(void)
{
	alias_init(arm_aliases, ARM_ALIASES);
	alias_init(thumb_aliases, THUMB_ALIASES);
}

const struct alias *arm7_alias(unsigned i, bool thumb)
{
	pthread_once(&once, parse_patterns);
	if (thumb)
		return i < THUMB_ALIASES ? &thumb_aliases[i] : NULL;
	return i < ARM_ALIASES ? &arm_aliases[i] : NULL;
}

const char *arm7_text(uint32_t word, bool thumb)
{
	const struct insn_row *r = arm7_row(word, thumb);
	pthread_once(&once, parse_patterns);
	if (!r)
		return NULL;
	const char *alias = thumb ? alias_find(thumb_aliases, THUMB_ALIASES, word << 16)
				  : alias_find(arm_aliases, ARM_ALIASES, word);
	return alias ? alias : r->text;
}

void arm7tdmi_disassemble(uint32_t word, bool thumb, uint32_t pc, char *text, size_t size)
{
	if (!size)
		return;
	struct text t = {text, text + size};
	*text = 0;
	const char *pattern = arm7_text(word, thumb);
	if (pattern)
		disasm_print(&t, &arm7_operands, pattern, word, pc);
	else if (thumb)
		text_add(&t, ".inst.n 0x%04" PRIx32 " ; undefined", word);
	else
		text_add(&t, ".inst 0x%08" PRIx32 " ; undefined", word);
}
