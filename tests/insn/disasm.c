/* The disassembler against another one, over random words of every row of the instruction table.
 *
 *	disasm JUDGE EXCEPTIONS [words per row]
 *
 * JUDGE is "capstone" or an objdump; EXCEPTIONS says where it is known to be wrong, too old, or of
 * another taste. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/arm64/arm64.h"
#include "cpu/arm64/disasm.h"
#include "cpu/arm64/table.h"
#include "tests/insn/exceptions.h"
#include "tests/insn/generate.h"
#include "tests/insn/judge.h"
#include "tests/insn/normalise.h"
#include "tests/insn/words.h"

#define SHOWN            5 /* differences a row */
#define ALIAS_WORDS      100
#define SYSTEM_REGISTERS (1u << 14) /* of op1, CRn, CRm, op2 */
#define ALIASES_MOST     200
#define RARE_WORDS       (ALIASES_MOST * ALIAS_WORDS + 5 * SYSTEM_REGISTERS)

static bool operands_known(const char *owner, const char *text)
{
	char buffer[JUDGE_TEXT];
	struct text t = {buffer, buffer + sizeof buffer};
	if (arm64_print(&t, text, 0, 0))
		return true;
	printf("%s names an unknown operand: %s\n", owner, buffer);
	return false;
}

static unsigned unknown_operands(const struct decoder *d)
{
	unsigned bad = 0;
	const char *text;
	for (unsigned i = 0; i < d->count; i++)
		bad += !operands_known(d->rows[i].name, d->rows[i].text);
	for (unsigned i = 0; (text = arm64_alias_text(i)); i++)
		bad += !operands_known("an alias", text);
	return bad;
}

struct sample {
	uint32_t *words, *rows;
	size_t count;
	unsigned sparse; /* rows with too few words */
};

static void keep(struct sample *s, const struct decoder *d, uint32_t word)
{
	const struct insn_row *row = decode(d, word);
	if (!row)
		return;
	s->words[s->count] = word;
	s->rows[s->count++] = (uint32_t)(row - d->rows);
}

/* Words of every alias, which are rare among the words of its row, and all of SYS, MRS and MSR,
 * because names are sparse. */
static void draw_rare(struct sample *s, const struct decoder *d)
{
	struct random r = {1};
	const char *pattern;
	for (unsigned i = 0; i < ALIASES_MOST && (pattern = arm64_alias_pattern(i)); i++)
		for (unsigned k = 0; k < ALIAS_WORDS; k++)
			keep(s, d, word_from_pattern(&r, pattern));
	for (uint32_t reg = 0; reg < SYSTEM_REGISTERS; reg++) {
		keep(s, d, 0xd5080000 | reg << 5 | (reg & 1 ? 31 : 3)); /* sys: op0 = 1 */
		for (uint32_t op0 = 2; op0 < 4; op0++) {
			keep(s, d, 0xd5300000 | (op0 & 1) << 19 | reg << 5 | 3);
			keep(s, d, 0xd5100000 | (op0 & 1) << 19 | reg << 5 | 3);
		}
	}
}

/* `each` words of every row; a row with fewer than a quarter of that has a pattern that says too
 * little. */
static bool draw(struct sample *s, const struct decoder *d, unsigned each)
{
	size_t room = (size_t)d->count * each + RARE_WORDS;
	s->words = calloc(room, sizeof *s->words);
	s->rows = calloc(room, sizeof *s->rows);
	if (!s->words || !s->rows)
		return false;
	for (uint32_t row = 0; row < d->count; row++) {
		struct random r = random_of_row(&d->rows[row]);
		size_t first = s->count;
		for (unsigned i = 0; i < each; i++) {
			if (!generate_word(&r, d, row, &s->words[s->count]))
				continue;
			s->rows[s->count++] = row;
		}
		if ((s->count - first) * 4 >= each)
			continue;
		printf("%s: only %zu random words\n", d->rows[row].name, s->count - first);
		s->sparse++;
	}
	draw_rare(s, d);
	return true;
}

/* Every preferred spelling occurs, or its pattern or condition is wrong. */
static unsigned unused_aliases(const struct sample *s)
{
	unsigned bad = 0;
	const char *text, *used;
	for (unsigned i = 0; (text = arm64_alias_text(i)); i++) {
		bool found = false;
		for (size_t k = 0; k < s->count && !found; k++)
			found = (used = arm64_alias(s->words[k])) && !strcmp(used, text);
		if (found)
			continue;
		printf("no word is spelled %s\n", text);
		bad++;
	}
	return bad;
}

static unsigned compare(
    const struct decoder *d, const struct sample *s, struct judge *judge, struct exceptions *known)
{
	unsigned excused = 0, different = 0, shown = 0;
	for (size_t i = 0; i < s->count; i++) {
		char text[JUDGE_TEXT], ours[JUDGE_TEXT], theirs[JUDGE_TEXT];
		const char *row = d->rows[s->rows[i]].name;
		if (!judge_next(judge, theirs)) {
			printf("the other disassembler stopped at word %zu\n", i);
			return 1;
		}
		arm64_disassemble(s->words[i], JUDGE_PC + 4 * i, text, sizeof text);
		normalise(text, ours, sizeof ours);
		shown = i && s->rows[i] == s->rows[i - 1] ? shown : 0;
		if (!strcmp(ours, theirs))
			continue;
		if (exception_for(known, row, ours, theirs)) {
			excused++;
			continue;
		}
		different++;
		if (shown++ < SHOWN)
			printf("%-16s %08" PRIx32 " myna: %-44s other: %s\n", row, s->words[i],
			    ours, theirs);
	}
	printf("%u rows, %zu words, %u excused, %u different\n", d->count, s->count, excused,
	    different);
	return different;
}

int main(int argc, char **argv)
{
	const struct decoder *d = arm64_decoder();
	unsigned each = argc > 3 ? (unsigned)atoi(argv[3]) : 400;
	struct exceptions known;
	struct sample s = {0};
	if (argc < 3 || !exceptions_load(&known, argv[2]) || !draw(&s, d, each))
		return 2;
	unsigned bad = unknown_operands(d) + s.sparse + unused_aliases(&s);
	struct judge *judge = judge_open(argv[1], s.words, s.count);
	if (!judge)
		return 2;
	bad += compare(d, &s, judge, &known);
	bad += exceptions_unused(&known);
	judge_close(judge);
	exceptions_free(&known);
	free(s.words);
	free(s.rows);
	return bad != 0;
}
