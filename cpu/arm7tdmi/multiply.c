/* The multiplier array of the ARM7TDMI, for the carry flag.
 *
 * It recodes the multiplier to digits -2..2 (Booth, two bits each, four rows of carry-save adders a
 * cycle) and leaves a sum and a carry word, which the ALU adds in the end.  On its way there the
 * carry word passes through the barrel shifter, and the shifter's carry-out, the word's highest
 * bit, becomes the C flag: that is the "meaningless value" of the data sheet.
 *
 * The hardware computes 34 bits a row and extends the sign by other means.  That is the same for
 * the bits up to 31, so for MUL and MLA; whether it is for bit 63, which the long multiplies show,
 * has not been compared with hardware. */
#include "cpu/arm7tdmi/multiply.h"

/* The multiple of `m` for the three bits `digit` of the multiplier; a negative one lacks the one
 * that completes it. */
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

struct multiply_array multiply_array(uint64_t m, uint64_t s, uint64_t accumulator, unsigned cycles)
{
	/* The lowest bit is a digit of its own, -1 or 0, in front of the rows. */
	struct multiply_array a = {accumulator, s & 1 ? ~m : 0, s & 1};
	for (unsigned row = 0; row < 4 * cycles; row++) {
		unsigned place = 2 * row + 1;
		uint64_t below = (UINT64_C(1) << place) - 1;
		bool negative;
		uint64_t addend = booth(m, s >> 2 * row & 7, &negative) << place;
		uint64_t carries = (a.sum & a.carry) | (a.carry & addend) | (addend & a.sum);
		a.sum ^= (a.carry ^ addend) & ~below;
		a.carry = (a.carry & below) | (carries & ~below) << 1 | (uint64_t)negative << place;
	}
	return a;
}
