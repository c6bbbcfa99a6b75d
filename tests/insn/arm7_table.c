/* The tables of ARMv4T. */
#include <criterion/criterion.h>
#include <string.h>

#include "cpu/arm7tdmi/disasm.h"
#include "cpu/arm7tdmi/table.h"

static void check_decoder(const struct decoder *d)
{
	const struct insn_row *a, *b;
	if (decoder_ambiguity(d, &a, &b))
		cr_assert_fail("%s and %s can match the same word", a->name, b->name);
	for (unsigned i = 0; i < d->count; i++)
		for (unsigned j = i + 1; j < d->count; j++)
			cr_expect(
			    strcmp(d->rows[i].name, d->rows[j].name), "%s twice", d->rows[i].name);
}

Test(arm7_table, no_word_has_two_rows)
{
	check_decoder(&arm7_tables()->arm);
	check_decoder(&arm7_tables()->thumb);
}

/* What the index leaves out decides nothing. */
Test(arm7_table, functions_are_those_of_the_rows)
{
	const struct arm7_tables *t = arm7_tables();
	uint32_t w = 0;
	for (unsigned n = 0; n < 1u << 20; n++, w = w * 1664525 + 1013904223) {
		const struct insn_row *row = decode(&t->arm, w);
		arm7_exec_fn *exec = t->arm_exec[arm7_arm_index(w)];
		if (row)
			cr_assert_eq(exec, (arm7_exec_fn *)row->exec, "%08x %s", w, row->name);
	}
	for (w = 0; w < 1u << 16; w++) {
		const struct insn_row *row = arm7_row(w, true);
		arm7_exec_fn *exec = t->thumb_exec[arm7_thumb_index(w)];
		if (row)
			cr_assert_eq(exec, (arm7_exec_fn *)row->exec, "%04x %s", w, row->name);
	}
}

/* DDI 0100, A7.1: what is left of Thumb's halfwords in ARMv4T. */
Test(arm7_table, undefined_halfwords)
{
	unsigned undefined = 0;
	for (uint32_t w = 0; w < 1u << 16; w++) {
		bool expected =
		    w >> 11 == 0x1d || (w >> 12 == 0xb && (w & 0x0600) != 0x0400 && w >> 8 != 0xb0);
		cr_expect_eq(!arm7_row(w, true), expected, "%04x", w);
		undefined += expected;
	}
	cr_assert_gt(undefined, 2048);
}

Test(arm7_state, table_tiles)
{
	const char *row = state_tiles(&arm7tdmi_type.table);
	cr_assert_null(row, "the table does not tile the state at %s", row);
}

Test(arm7_disassembler, text_is_bounded)
{
	char text[16];
	memset(text, '#', sizeof text);
	arm7tdmi_disassemble(0xe0811002, false, 0, text, 8); /* add r1, r1, r2 */
	cr_assert_str_eq(text, "add r1,");
	cr_assert_eq(text[8], '#');
	arm7tdmi_disassemble(0x1888, true, 0, NULL, 0);
}

Test(arm7_disassembler, undefined_words_are_data)
{
	char text[64];
	arm7tdmi_disassemble(0xffffffff, false, 0, text, sizeof text);
	cr_assert_str_eq(text, ".inst 0xffffffff ; undefined");
	arm7tdmi_disassemble(0xe800, true, 0, text, sizeof text);
	cr_assert_str_eq(text, ".inst.n 0xe800 ; undefined");
}
