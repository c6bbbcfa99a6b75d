/* The disassembler of ARMv4T against Capstone: random words of every ARM row, or all halfwords.
 *
 *	arm7_disasm arm|thumb EXCEPTIONS */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/arm7tdmi/arm7tdmi.h"
#include "cpu/arm7tdmi/disasm.h"
#include "cpu/arm7tdmi/table.h"
#include "tests/insn/exceptions.h"
#include "tests/insn/judge.h"
#include "tests/insn/normalise.h"
#include "tests/insn/words.h"

#define EACH        400 /* words of a row */
#define ALIAS_WORDS 100
#define SHOWN       5 /* differences a row */
#define MOST        65536
#define ALWAYS      0xe0000000

struct sample {
	bool thumb;
	const struct decoder *decoder;
	uint32_t words[MOST];
	size_t count;
};

static bool operands_known(const char *owner, const char *text)
{
	char buffer[JUDGE_TEXT];
	struct text t = {buffer, buffer + sizeof buffer};
	if (disasm_print(&t, &arm7_operands, text, 0, 0))
		return true;
	printf("%s names an unknown operand: %s\n", owner, buffer);
	return false;
}

static unsigned unknown_operands(const struct sample *s)
{
	unsigned bad = 0;
	const struct alias *a;
	for (unsigned i = 0; i < s->decoder->count; i++)
		bad += !operands_known(s->decoder->rows[i].name, s->decoder->rows[i].text);
	for (unsigned i = 0; (a = arm7_alias(i, s->thumb)); i++)
		bad += !operands_known("an alias", a->text);
	return bad;
}

/* Condition 1111 belongs to other instructions. */
static bool never(const struct insn_row *row, uint32_t word)
{
	return word >> 28 == 15;
}

/* Words of every row, and of every alias, which are rare among them. */
static unsigned draw_arm(struct sample *s)
{
	unsigned sparse = 0;
	const struct alias *a;
	for (uint32_t row = 0; row < s->decoder->count; row++) {
		struct random r = random_of_row(&s->decoder->rows[row]);
		size_t first = s->count;
		for (unsigned n = 0; n < EACH; n++)
			s->count += word_of_row(&r, s->decoder, row, never, &s->words[s->count]);
		if (s->count - first < EACH) {
			printf("%s: only %zu random words\n", s->decoder->rows[row].name,
			    s->count - first);
			sparse++;
		}
	}
	struct random r = {1};
	for (unsigned i = 0; (a = arm7_alias(i, false)); i++)
		for (unsigned n = 0; n < ALIAS_WORDS; n++)
			s->words[s->count++] =
			    (word_from_pattern(&r, a->pattern) & 0x0fffffff) | ALWAYS;
	return sparse;
}

static void draw_thumb(struct sample *s)
{
	for (uint32_t w = 0; w < 1u << 16; w++)
		if (arm7_row(w, true))
			s->words[s->count++] = w;
}

static unsigned unused_aliases(const struct sample *s)
{
	unsigned bad = 0;
	const struct alias *a;
	for (unsigned i = 0; (a = arm7_alias(i, s->thumb)); i++) {
		bool found = false;
		for (size_t k = 0; k < s->count && !found; k++) {
			const char *used = arm7_text(s->words[k], s->thumb);
			found = used && !strcmp(used, a->text);
		}
		if (!found)
			printf("no word is spelled %s\n", a->text);
		bad += !found;
	}
	return bad;
}

static unsigned compare(const struct sample *s, struct judge *judge, struct exceptions *known)
{
	unsigned excused = 0, different = 0, shown = 0;
	const struct insn_row *last = NULL;
	for (size_t i = 0; i < s->count; i++) {
		char text[JUDGE_TEXT], ours[JUDGE_TEXT], theirs[JUDGE_TEXT];
		const struct insn_row *row = arm7_row(s->words[i], s->thumb);
		uint32_t pc = (uint32_t)JUDGE_PC + (uint32_t)i * (s->thumb ? 2 : 4);
		if (!judge_next(judge, theirs))
			return 1;
		arm7tdmi_disassemble(s->words[i], s->thumb, pc, text, sizeof text);
		normalise(text, ours, sizeof ours);
		shown = row == last ? shown : 0;
		last = row;
		if (!strcmp(ours, theirs))
			continue;
		if (exception_for(known, row->name, ours, theirs)) {
			excused++;
			continue;
		}
		different++;
		if (shown++ < SHOWN)
			printf("%-12s %08" PRIx32 " myna: %-44s other: %s\n", row->name,
			    s->words[i], ours, theirs);
	}
	printf("%u rows, %zu words, %u excused, %u different\n", s->decoder->count, s->count,
	    excused, different);
	return different;
}

int main(int argc, char **argv)
{
	static struct sample s;
	struct exceptions known;
	if (argc < 3 || !exceptions_load(&known, argv[2]))
		return 2;
	s.thumb = !strcmp(argv[1], "thumb");
	s.decoder = s.thumb ? &arm7_tables()->thumb : &arm7_tables()->arm;
	unsigned bad = unknown_operands(&s);
	if (s.thumb)
		draw_thumb(&s);
	else
		bad += draw_arm(&s);
	bad += unused_aliases(&s);
	struct judge *judge = judge_open_arm(s.words, s.count, s.thumb);
	if (!judge)
		return 2;
	bad += compare(&s, judge, &known);
	bad += exceptions_unused(&known);
	judge_close(judge);
	exceptions_free(&known);
	return bad != 0;
}
