/* The page on a CPU's instructions, made from the rows.
 *
 *	document CPU          writes it to standard output; CPU is arm64 or arm7tdmi
 *	document CPU FILE     fails if FILE is not what would be written
 */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/arm64/disasm.h"
#include "cpu/arm64/table.h"
#include "cpu/arm7tdmi/table.h"

static const char *feature_of(const char *row)
{
	static const struct {
		const char *feature, *rows;
	} features[] = {
#define FEATURE(feature, rows) {feature, rows},
#include "cpu/arm64/features.def"
#undef FEATURE
	};
	for (size_t i = 0; i < sizeof features / sizeof features[0]; i++)
		if (!fnmatch(features[i].rows, row, FNM_EXTMATCH))
			return features[i].feature;
	return "";
}

/* Groups of DDI 0487 C4.1 by op0, bits 28:25 of the word. */
static const char *group_of(const struct insn_row *row)
{
	uint32_t op0 = row->value >> 25 & 15;
	if (op0 == 0)
		return "Reserved";
	if ((op0 & 14) == 8)
		return "Data processing, immediate";
	if ((op0 & 14) == 10)
		return "Branches, exceptions and system instructions";
	if ((op0 & 5) == 4)
		return row->flags & INSN_FP ? "Loads and stores of vector registers"
					    : "Loads and stores of general registers";
	if ((op0 & 7) == 5)
		return "Data processing, register";
	return "Floating point and AdvSIMD";
}

/* "add %Rd_sp, %imm12_sh" becomes "add <Rd_sp>, <imm12_sh>". */
static void print_syntax(FILE *out, const char *text)
{
	bool operand = false;
	for (; *text; text++) {
		bool inside = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
			      (*text >= '0' && *text <= '9') || *text == '_';
		if (operand && !inside) {
			fputc('>', out);
			operand = false;
		}
		if (*text == '%')
			operand = true;
		fputc(*text == '%' ? '<' : *text, out);
	}
	if (operand)
		fputc('>', out);
}

static void print_group(FILE *out, const struct decoder *d, const char *group)
{
	fprintf(out, "\n## %s\n\n| row | syntax | extension |\n|---|---|---|\n", group);
	for (unsigned i = 0; i < d->count; i++) {
		if (strcmp(group_of(&d->rows[i]), group))
			continue;
		fprintf(out, "| `%s` | `", d->rows[i].name);
		print_syntax(out, d->rows[i].text);
		fprintf(out, "` | %s |\n", feature_of(d->rows[i].name));
	}
}

static void print_arm64(FILE *out)
{
	static const char *const groups[] = {"Data processing, immediate",
	    "Data processing, register", "Branches, exceptions and system instructions",
	    "Loads and stores of general registers", "Loads and stores of vector registers",
	    "Floating point and AdvSIMD", "Reserved"};
	const struct decoder *d = arm64_decoder();
	const char *text;
	fprintf(out,
	    "# A64 instructions of the arm64 CPU\n"
	    "\n"
	    "Made from `cpu/arm64/insns*.def`; write it again with\n"
	    "`build/tests/insn/insn_document arm64 > docs/arm64-instructions.md`.\n"
	    "%u rows; a word that no row matches is undefined. Operands in <> are those of\n"
	    "`cpu/arm64/operands.def`. All of Armv8.0's A64 for EL0 and EL1 is here, and the\n"
	    "extensions named in the last column; FEAT_FP16 also brings the half-precision forms "
	    "of the\n"
	    "rows with <Fd>.\n",
	    d->count);
	for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
		print_group(out, d, groups[i]);
	fprintf(out, "\n## Preferred spellings\n\n"
		     "What the disassembler writes instead where it applies (`aliases.def`).\n\n");
	for (unsigned i = 0; (text = arm64_alias_text(i)); i++) {
		fprintf(out, "* `");
		print_syntax(out, text);
		fprintf(out, "`\n");
	}
}

static void print_rows(FILE *out, const struct decoder *d, const char *title)
{
	fprintf(out, "\n## %s\n\n| row | syntax | encoding |\n|---|---|---|\n", title);
	for (unsigned i = 0; i < d->count; i++) {
		fprintf(out, "| `%s` | `", d->rows[i].name);
		print_syntax(out, d->rows[i].text);
		fprintf(out, "` | `%s` |\n", d->rows[i].pattern);
	}
}

static void print_arm7tdmi(FILE *out)
{
	fprintf(out,
	    "# ARM and Thumb instructions of the arm7tdmi CPU\n"
	    "\n"
	    "Made from `cpu/arm7tdmi/insns_*.def`; write it again with\n"
	    "`build/tests/insn/insn_document arm7tdmi > docs/arm7tdmi-instructions.md`.\n"
	    "All of ARMv4T is here. A word that no row matches is undefined; one with condition "
	    "1111 "
	    "is never\n"
	    "executed. Operands in <> are those of `cpu/arm7tdmi/operands.def`. In an encoding, "
	    "letters are\n"
	    "fields, x should be one, a dot should be zero, and both are ignored.\n");
	print_rows(out, &arm7_tables()->arm, "ARM");
	print_rows(out, &arm7_tables()->thumb, "Thumb");
}

/* True if the file holds exactly `page`. */
static bool same(const char *path, const char *page, size_t size)
{
	FILE *f = fopen(path, "rb");
	char *text = malloc(size + 1);
	bool equal = f && text && fread(text, 1, size + 1, f) == size && !memcmp(text, page, size);
	free(text);
	if (f)
		fclose(f);
	return equal;
}

int main(int argc, char **argv)
{
	char *page;
	size_t size;
	if (argc < 2)
		return 2;
	void (*print)(FILE *) = strcmp(argv[1], "arm64") ? print_arm7tdmi : print_arm64;
	if (argc < 3) {
		print(stdout);
		return 0;
	}
	FILE *out = open_memstream(&page, &size);
	if (!out)
		return 2;
	print(out);
	fclose(out);
	bool good = same(argv[2], page, size);
	if (!good)
		printf("%s is out of date: run insn_document %s > %s\n", argv[2], argv[1], argv[2]);
	free(page);
	return !good;
}
