/* Disassembler: the text column of insns.def and aliases.def with its operands filled in.
 *
 * Spelling follows the preferred disassembly of DDI 0487, part C6 and C7; aliases.def is tried
 * first, but only on words that are allocated.
 */
#include "cpu/arm64/disasm.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cpu/arm64/exec.h"
#include "cpu/arm64/table.h"

void text_add(struct text *t, const char *format, ...)
{
	va_list args;
	size_t room = (size_t)(t->end - t->at);
	va_start(args, format);
	int n = vsnprintf(t->at, room, format, args);
	va_end(args);
	if (n > 0)
		t->at += (size_t)n < room ? (size_t)n : room - 1;
}

void text_imm(struct text *t, uint64_t v)
{
	text_add(t, v < 10 ? "#%" PRIu64 : "#0x%" PRIx64, v);
}

void text_simm(struct text *t, int64_t v)
{
	uint64_t magnitude = v < 0 ? -(uint64_t)v : (uint64_t)v;
	text_add(t, magnitude < 10 ? "#%s%" PRIu64 : "#%s0x%" PRIx64, v < 0 ? "-" : "", magnitude);
}

static size_t name_length(const char *s)
{
	size_t n = 0;
	while (isalnum((unsigned char)s[n]) || s[n] == '_')
		n++;
	return n;
}

bool arm64_print(struct text *t, const char *pattern, uint32_t word, uint64_t pc)
{
	bool known = true;
	while (*pattern) {
		size_t literal = strcspn(pattern, "%");
		text_add(t, "%.*s", (int)literal, pattern);
		pattern += literal;
		if (!*pattern)
			break;
		size_t n = name_length(++pattern);
		const struct operand *o = arm64_operand(pattern, n);
		if (o)
			o->print(t, word, pc, o->arg);
		else
			text_add(t, "?%.*s", (int)n, pattern);
		known = known && o;
		pattern += n;
	}
	return known;
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
