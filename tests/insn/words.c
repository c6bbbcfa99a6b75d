/* Random words of a pattern; see words.h. */
#include "tests/insn/words.h"

#define TRIES 64

/* Bits of the field with this letter. */
static uint32_t letter_mask(const char *pattern, char letter)
{
	uint32_t mask = 0, bit = UINT32_C(1) << 31;
	for (; *pattern; pattern++) {
		if (*pattern == ' ')
			continue;
		mask |= *pattern == letter ? bit : 0;
		bit >>= 1;
	}
	return mask;
}

/* Registers are drawn from a few, so that results are used again. */
static uint32_t random_register(struct random *r)
{
	static const uint8_t few[] = {0, 1, 2, 3, 4, 5, 30, 31};
	return random_chance(r, 60) ? few[random_below(r, sizeof few)] : random_below(r, 32);
}

static bool is_register_field(uint32_t mask)
{
	return mask == 0x1f || mask == 0x1f << 5 || mask == 0x1f << 10 || mask == 0x1f << 16;
}

static uint32_t random_field(struct random *r, uint32_t mask)
{
	if (is_register_field(mask))
		return random_register(r) << __builtin_ctz(mask);
	switch (random_below(r, 8)) {
	case 0: return 0;
	case 1: return mask;
	case 2: return mask & (mask - 1);
	case 3: return UINT32_C(1) << random_below(r, 32) & mask;
	default: return (uint32_t)random_next(r) & mask;
	}
}

uint32_t word_from_pattern(struct random *r, const char *pattern)
{
	uint32_t mask, w;
	insn_pattern(pattern, &mask, &w);
	for (char letter = 'A'; letter <= 'z'; letter++) {
		uint32_t field = letter_mask(pattern, letter);
		if (letter == 'x') /* should be one */
			w |= field;
		else if (field)
			w |= random_field(r, field);
	}
	return w;
}

bool word_of_row(struct random *r, const struct decoder *d, uint32_t row,
    bool (*skip)(const struct insn_row *row, uint32_t word), uint32_t *word)
{
	const struct insn_row *want = &d->rows[row];
	for (unsigned try = 0; try < TRIES; try++) {
		*word = word_from_pattern(r, want->pattern);
		if (decode(d, *word) == want && !(skip && skip(want, *word)))
			return true;
	}
	return false;
}

/* Of its name. */
struct random random_of_row(const struct insn_row *row)
{
	uint64_t hash = 0;
	for (const char *p = row->name; *p; p++)
		hash = hash * 31 + (uint8_t)*p;
	return (struct random){hash};
}
