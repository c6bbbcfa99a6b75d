/* Text of instructions from rows; see disasm.h. */
#include "cpu/disasm.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cpu/decode.h"

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

/* The operand named by the first `n` bytes of `name`, or NULL. */
static const struct operand *find_operand(const struct operand_table *t, const char *name, size_t n)
{
	for (size_t i = 0; i < t->count; i++)
		if (!strncmp(t->operands[i].name, name, n) && !t->operands[i].name[n])
			return &t->operands[i];
	return NULL;
}

bool disasm_print(struct text *t, const struct operand_table *operands, const char *pattern,
    uint32_t word, uint64_t pc)
{
	bool known = true;
	while (*pattern) {
		size_t literal = strcspn(pattern, "%");
		text_add(t, "%.*s", (int)literal, pattern);
		pattern += literal;
		if (!*pattern)
			break;
		size_t n = name_length(++pattern);
		const struct operand *o = find_operand(operands, pattern, n);
		if (o)
			o->print(t, word, pc, o->arg);
		else
			text_add(t, "?%.*s", (int)n, pattern);
		known = known && o;
		pattern += n;
	}
	return known;
}

void alias_init(struct alias *aliases, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		insn_pattern(aliases[i].pattern, &aliases[i].mask, &aliases[i].value);
}

const char *alias_find(const struct alias *aliases, unsigned count, uint32_t word)
{
	for (unsigned i = 0; i < count; i++) {
		const struct alias *a = &aliases[i];
		if ((word & a->mask) == a->value && (!a->applies || a->applies(word)))
			return a->text;
	}
	return NULL;
}
