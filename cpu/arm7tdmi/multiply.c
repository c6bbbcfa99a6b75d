/* The multiplier array of the ARM7TDMI, for the carry flag.
 *
 * It recodes the multiplier to digits -2..2 (Booth, two bits each, four rows of carry-save adders a
 * cycle) and leaves a sum and a carry word, which the ALU adds in the end.  On its way there the
 *carry word passes through the barrel shifter, and the shifter's carry-out becomes the C flag: that
 *is the "meaningless value" of the data sheet.
 *
 * A row is 33 bits wide and moves up by two bits.  What leaves it below is final.  Above it the
 *digit's multiple, the carry word and the accumulator are continued, by a constant instead of
 *adders: with bits of the accumulator p, q at the window's upper edge, carry word and multiple
 *negative by their sign bits c and d,
 *
 *	p + 2q - c - d  =  (p + !c + !d) - 2 * !q
 *
 * so p + !c + !d enters the sum word, and !q is the carry word's new sign. */
#include "cpu/arm7tdmi/multiply.h"

#define WIDTH 33
#define MASK  ((UINT64_C(1) << WIDTH) - 1)

/* The multiple of `m` for three bits of the multiplier; a negative one lacks the one that completes
 * it. */
static uint64_t booth(uint64_t m, unsigned digit, bool *negative)
{
	*negative = digit >= 4 && digit != 7;
	switch (digit) {
	case 1:
	case 2: return m;
	case 3: return 2 * m;
	case 4: return ~(2 * m);
	case 5:
	case 6: return ~m;
	default: return 0;
	}
}

/* What the rows work on: the window, and the accumulator's bits above it. */
struct window {
	uint64_t sum, carry, above;
};

static void row(struct window *w, uint64_t multiple, bool negative)
{
	uint64_t a = w->sum & MASK, b = w->carry & MASK, c = multiple & MASK;
	uint64_t top = (w->above & 1) + !(w->carry >> (WIDTH - 1) & 1) + !(multiple >> WIDTH & 1);
	w->sum = (a ^ b ^ c) | top << WIDTH;
	w->carry = ((a & b) | (b & c) | (c & a)) << 1 | negative |
		   (uint64_t) !(w->above >> 1 & 1) << (WIDTH + 1);
	w->above >>= 2;
}

struct multiply_array multiply_array(uint64_t m, uint64_t s, uint64_t accumulator, unsigned cycles)
{
	/* The lowest bit is a digit of its own, -1 or 0, in front of the rows. */
	uint64_t first = s & 1 ? ~m : 0;
	struct multiply_array a = {accumulator & 1, first & 1, s & 1};
	struct window w = {accumulator >> 1 & MASK, first >> 1 & MASK, accumulator >> (WIDTH + 1)};
	unsigned place = 1;
	for (unsigned n = 0; n < 4 * cycles; n++, place += 2) {
		bool negative;
		uint64_t multiple = booth(m, s >> 2 * n & 7, &negative);
		row(&w, multiple, negative);
		a.sum |= (w.sum & 3) << place;
		a.carry |= (w.carry & 3) << place;
		w.sum >>= 2;
		w.carry >>= 2;
	}
	uint64_t sign = w.carry >> (WIDTH - 1) & 1 ? ~MASK : 0;
	a.sum |= (w.sum | w.above << WIDTH) << place;
	a.carry |= ((w.carry & MASK) | sign) << place;
	return a;
}

bool multiply_carry(uint64_t m, uint64_t s, uint64_t accumulator, unsigned cycles, bool wide)
{
	uint64_t carry = multiply_array(m, s, accumulator, cycles).carry;
	return carry >> (wide && cycles == 4 ? 63 : 31) & 1;
}
