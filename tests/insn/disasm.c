/* The disassembler against Capstone, over random words of every row of the instruction table.
 *
 *	disasm EXCEPTIONS [words per row]
 *
 * EXCEPTIONS lists where Capstone is known to be wrong or too old (see its head). */
#include <capstone/capstone.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/arm64/arm64.h"
#include "cpu/arm64/disasm.h"
#include "cpu/arm64/table.h"
#include "tests/insn/exceptions.h"
#include "tests/insn/generate.h"
#include "tests/insn/normalise.h"

#define PC UINT64_C(0x40001000)
#define SHOWN 5 /* differences a row */

static unsigned unknown_operands(const struct decoder *d)
{
	unsigned bad = 0;
	char buffer[200];
	const char *text;
	for (unsigned i = 0; i < d->count; i++) {
		struct text t = {buffer, buffer + sizeof buffer};
		if (arm64_print(&t, d->rows[i].text, d->rows[i].value, 0))
			continue;
		printf("row %s names an unknown operand: %s\n", d->rows[i].name, buffer);
		bad++;
	}
	for (unsigned i = 0; (text = arm64_alias_text(i)); i++) {
		struct text t = {buffer, buffer + sizeof buffer};
		if (arm64_print(&t, text, 0, 0))
			continue;
		printf("alias names an unknown operand: %s\n", text);
		bad++;
	}
	return bad;
}

static void ask_capstone(csh handle, uint32_t word, char *out, size_t size)
{
	uint8_t bytes[4] = {(uint8_t)word, (uint8_t)(word >> 8), (uint8_t)(word >> 16),
	    (uint8_t)(word >> 24)};
	char text[256] = "undefined";
	cs_insn *insn;
	size_t n = cs_disasm(handle, bytes, sizeof bytes, PC, 1, &insn);
	if (n) {
		snprintf(text, sizeof text, "%s %s", insn->mnemonic, insn->op_str);
		cs_free(insn, n);
	}
	normalise(text, out, size);
}

struct tally {
	unsigned words, excused, different;
};

static void compare_row(csh handle, const struct decoder *d, uint32_t row, unsigned words,
    struct exceptions *known, struct tally *t)
{
	struct random r = {row};
	unsigned shown = 0;
	for (unsigned i = 0; i < words; i++) {
		char text[256], ours[256], theirs[256];
		uint32_t word;
		if (!generate_word(&r, d, row, &word))
			continue;
		t->words++;
		arm64_disassemble(word, PC, text, sizeof text);
		normalise(text, ours, sizeof ours);
		ask_capstone(handle, word, theirs, sizeof theirs);
		if (!strcmp(ours, theirs))
			continue;
		if (exception_for(known, d->rows[row].name, ours, theirs)) {
			t->excused++;
			continue;
		}
		t->different++;
		if (shown++ < SHOWN)
			printf("%-16s %08" PRIx32 " myna: %-44s capstone: %s\n", d->rows[row].name, word,
			    ours, theirs);
	}
}

int main(int argc, char **argv)
{
	const struct decoder *d = arm64_decoder();
	unsigned words = argc > 2 ? (unsigned)atoi(argv[2]) : 400, sparse = 0;
	struct exceptions known;
	struct tally total = {0};
	csh handle;
	if (argc < 2 || !exceptions_load(&known, argv[1]) ||
	    cs_open(CS_ARCH_ARM64, CS_MODE_ARM, &handle) != CS_ERR_OK)
		return 2;
	unsigned unknown = unknown_operands(d);
	for (uint32_t row = 0; row < d->count; row++) {
		struct tally before = total;
		compare_row(handle, d, row, words, &known, &total);
		if ((total.words - before.words) * 2 >= words)
			continue;
		printf("%s: only %u random words\n", d->rows[row].name, total.words - before.words);
		sparse++;
	}
	unsigned unused = exceptions_unused(&known);
	printf("%u rows, %u words, %u excused, %u different\n", d->count, total.words, total.excused,
	    total.different);
	cs_close(&handle);
	exceptions_free(&known);
	return unknown || sparse || unused || total.different;
}
