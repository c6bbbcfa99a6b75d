/* The instruction table itself. */
#include <criterion/criterion.h>
#include <string.h>

#include "cpu/arm64/disasm.h"
#include "cpu/arm64/table.h"

Test(arm64_table, no_word_has_two_rows)
{
	const struct insn_row *a, *b;
	if (decoder_ambiguity(arm64_decoder(), &a, &b))
		cr_assert_fail("%s and %s can match the same word", a->name, b->name);
}

Test(arm64_table, names_are_unique)
{
	const struct decoder *d = arm64_decoder();
	for (unsigned i = 0; i < d->count; i++)
		for (unsigned j = i + 1; j < d->count; j++)
			cr_expect(
			    strcmp(d->rows[i].name, d->rows[j].name), "%s twice", d->rows[i].name);
}

Test(arm64_state, table_tiles)
{
	const char *row = state_tiles(&arm64_type.table);
	cr_assert_null(row, "the table does not tile the state at %s", row);
}

Test(arm64_disassembler, text_is_bounded)
{
	char text[16];
	memset(text, '#', sizeof text);
	arm64_disassemble(0x8b030041, 0, text, 8); /* add x1, x2, x3 */
	cr_assert_str_eq(text, "add x1,");
	cr_assert_eq(text[8], '#');
	arm64_disassemble(0x8b030041, 0, text, 1);
	cr_assert_str_empty(text);
	arm64_disassemble(0x8b030041, 0, NULL, 0);
}

Test(arm64_disassembler, unallocated_words_are_data)
{
	char text[64];
	arm64_disassemble(0xffffffff, 0, text, sizeof text);
	cr_assert_str_eq(text, ".inst 0xffffffff ; undefined");
}
