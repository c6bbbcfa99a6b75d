/* Field tables: tiling, access, reset, difference. */
#include <criterion/criterion.h>
#include <string.h>

#include "machine/state.h"

struct sample {
	uint32_t control;
	int16_t level;
	uint8_t fifo[10];
	uint64_t wide;
	int64_t below;
};

#define CONTROL FIELD(struct sample, control, 0x300)
#define LEVEL   FIELD(struct sample, level, 0xfffe)
#define FIFO    FIELD_ARRAY(struct sample, fifo, 0x11)
#define WIDE    FIELD(struct sample, wide, UINT64_C(0x123456789abcdef0))
#define BELOW   FIELD(struct sample, below, 0)

static const struct field good[] = {CONTROL, LEVEL, FIFO, WIDE, BELOW};
static const struct state_table table = STATE_TABLE(struct sample, good);

Test(state, good_table_tiles)
{
	cr_assert_null(state_tiles(&table));
}

Test(state, broken_tables_are_reported)
{
	const struct field forgotten[] = {CONTROL, FIFO, WIDE, BELOW};
	const struct field swapped[] = {LEVEL, CONTROL, FIFO, WIDE, BELOW};
	const struct field twice[] = {CONTROL, CONTROL, LEVEL, FIFO, WIDE, BELOW};
	const struct field short_table[] = {CONTROL, LEVEL, FIFO, WIDE};
	struct state_table t;

	t = (struct state_table)STATE_TABLE(struct sample, forgotten);
	cr_assert_str_eq(state_tiles(&t), "fifo");
	t = (struct state_table)STATE_TABLE(struct sample, swapped);
	cr_assert_str_eq(state_tiles(&t), "level");
	t = (struct state_table)STATE_TABLE(struct sample, twice);
	cr_assert_str_eq(state_tiles(&t), "control");
	t = (struct state_table)STATE_TABLE(struct sample, short_table);
	cr_assert_str_eq(state_tiles(&t), "(end)");
}

struct padded {
	uint8_t small;
	uint32_t large;
};

Test(state, padding_is_reported)
{
	const struct field rows[] = {
	    FIELD(struct padded, small, 0),
	    FIELD(struct padded, large, 0),
	};
	const struct state_table t = STATE_TABLE(struct padded, rows);

	cr_assert_str_eq(state_tiles(&t), "large");
}

Test(state, reset_and_access)
{
	struct sample s;

	memset(&s, 0xff, sizeof s);
	state_reset(&table, &s);
	cr_assert_eq(s.control, 0x300);
	cr_assert_eq(s.level, -2);
	cr_assert_eq(s.fifo[9], 0x11);
	cr_assert_eq(s.wide, UINT64_C(0x123456789abcdef0));

	const struct field *f = state_field(&table, "fifo");
	state_set(f, &s, 9, 0x1ab);
	cr_assert_eq(s.fifo[9], 0xab);
	cr_assert_eq(s.wide, UINT64_C(0x123456789abcdef0));
	cr_assert_eq(state_get(f, &s, 9), 0xab);
	cr_assert_eq(state_get(state_field(&table, "level"), &s, 0), 0xfffe);
	cr_assert_null(state_field(&table, "fif"));
}

Test(state, difference_names_the_first)
{
	struct sample a, b;
	char text[80];

	state_reset(&table, &a);
	state_reset(&table, &b);
	cr_assert_not(state_difference(&table, &a, &b, text, sizeof text));
	b.wide++;
	b.fifo[3] = 0x12;
	cr_assert(state_difference(&table, &a, &b, text, sizeof text));
	cr_assert_str_eq(text, "fifo[3]: 0x11 != 0x12");
	b.fifo[3] = 0x11;
	cr_assert(state_difference(&table, &a, &b, text, sizeof text));
	cr_assert_str_eq(text, "wide: 0x123456789abcdef0 != 0x123456789abcdef1");
	cr_assert(state_difference(&table, &a, &b, text, 6));
	cr_assert_str_eq(text, "wide:");
}
