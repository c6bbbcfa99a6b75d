/* AdvSIMD shifts, by immediate and by register (DDI 0487 C7.2). */
#include "cpu/arm64/lanes.h"

/* Shift by a signed count from the low byte of m; down when negative.  A count past the lane's
 * width is as good as one past it by a bit. */

static ALWAYS_INLINE wide shift_down(wide n, unsigned count, bool round, unsigned bits)
{
	count = count > bits ? bits + 1 : count;
	return (n + (round ? (wide)1 << (count - 1) : 0)) >> count;
}

static ALWAYS_INLINE wide shift_by(wide n, wide m, bool round, struct lane *l)
{
	int count = (int8_t)m;
	if (count < 0)
		return shift_down(n, (unsigned)-count, round, l->bits);
	return count >= (int)l->bits ? 0 : (wide)((unsigned __int128)n << count);
}

static ALWAYS_INLINE wide saturating_shift_by(wide n, wide m, bool round, struct lane *l)
{
	int count = (int8_t)m;
	if (count < 0)
		return shift_down(n, (unsigned)-count, round, l->bits);
	if (count >= (int)l->bits && n != 0)
		return saturate(n > 0 ? (wide)1 << 64 : -((wide)1 << 64), l);
	return n == 0 ? 0 : saturate((wide)((unsigned __int128)n << count), l);
}

static wide shift(wide d, wide n, wide m, struct lane *l)
{
	return shift_by(n, m, false, l);
}

static wide rounding_shift(wide d, wide n, wide m, struct lane *l)
{
	return shift_by(n, m, true, l);
}

static wide saturating_shift(wide d, wide n, wide m, struct lane *l)
{
	return saturating_shift_by(n, m, false, l);
}

static wide saturating_rounding_shift(wide d, wide n, wide m, struct lane *l)
{
	return saturating_shift_by(n, m, true, l);
}

/* SQSHLU: signed in, unsigned out. */
static wide saturating_shift_unsigned(wide d, wide n, wide m, struct lane *l)
{
	return saturate_to((wide)((unsigned __int128)n << m), l->bits, UNSIGNED, l);
}

LANES(sshl_v, SAME, SIGNED, shift)
LANES(sshl_s, SAME, SIGNED, shift)
LANES(ushl_v, SAME, UNSIGNED, shift)
LANES(ushl_s, SAME, UNSIGNED, shift)
LANES(srshl_v, SAME, SIGNED, rounding_shift)
LANES(srshl_s, SAME, SIGNED, rounding_shift)
LANES(urshl_v, SAME, UNSIGNED, rounding_shift)
LANES(urshl_s, SAME, UNSIGNED, rounding_shift)
LANES(sqshl_v, SAME, SIGNED, saturating_shift)
LANES(sqshl_s, SAME, SIGNED, saturating_shift)
LANES(uqshl_v, SAME, UNSIGNED, saturating_shift)
LANES(uqshl_s, SAME, UNSIGNED, saturating_shift)
LANES(sqrshl_v, SAME, SIGNED, saturating_rounding_shift)
LANES(sqrshl_s, SAME, SIGNED, saturating_rounding_shift)
LANES(uqrshl_v, SAME, UNSIGNED, saturating_rounding_shift)
LANES(uqrshl_s, SAME, UNSIGNED, saturating_rounding_shift)

/* Shifts by immediate: m is the count, 0..bits-1 up, 1..bits down. */

static wide shift_up(wide d, wide n, wide m, struct lane *l)
{
	return (wide)((unsigned __int128)n << m);
}

static wide shift_right(wide d, wide n, wide m, struct lane *l)
{
	return n >> m;
}

static wide shift_right_add(wide d, wide n, wide m, struct lane *l)
{
	return d + (n >> m);
}

static wide rounding_shift_right(wide d, wide n, wide m, struct lane *l)
{
	return (n + ((wide)1 << (m - 1))) >> m;
}

static wide rounding_shift_right_add(wide d, wide n, wide m, struct lane *l)
{
	return d + rounding_shift_right(d, n, m, l);
}

static wide shift_right_insert(wide d, wide n, wide m, struct lane *l)
{
	wide mask = (((wide)1 << l->bits) - 1) >> m;
	return (d & ~mask) | (n >> m);
}

static wide shift_left_insert(wide d, wide n, wide m, struct lane *l)
{
	return low_bits(d, (unsigned)m) | (wide)((unsigned __int128)n << m);
}

static wide narrowing_shift(wide d, wide n, wide m, struct lane *l)
{
	return saturate(n >> m, l);
}

static wide narrowing_rounding_shift(wide d, wide n, wide m, struct lane *l)
{
	return saturate(rounding_shift_right(d, n, m, l), l);
}

static wide narrowing_shift_unsigned(wide d, wide n, wide m, struct lane *l)
{
	return saturate_to(n >> m, l->bits, UNSIGNED, l);
}

static wide narrowing_rounding_shift_unsigned(wide d, wide n, wide m, struct lane *l)
{
	return saturate_to(rounding_shift_right(d, n, m, l), l->bits, UNSIGNED, l);
}

/* The highest bit of immh, 22:19, gives the element size; immh:immb counts up from it. */
static ALWAYS_INLINE const struct insn *immediate(struct arm64 *c, const struct insn *i,
    enum shape shape, enum sign sign, bool right, lane_fn *op)
{
	unsigned log2 = 31 - (unsigned)__builtin_clz(BITS(i->w, 22, 19)), bits = 8u << log2;
	unsigned value = BITS(i->w, 22, 16);
	const wide count = right ? 2 * bits - value : value - bits;
	lanes_sized(c, i->w, shape, sign, log2, &count, op);
	return NEXT;
}

#define RIGHT(name, shape, sign, op)                           \
	EXEC(name)                                             \
	{                                                      \
		return immediate(c, i, shape, sign, true, op); \
	}
#define LEFT(name, shape, sign, op)                             \
	EXEC(name)                                              \
	{                                                       \
		return immediate(c, i, shape, sign, false, op); \
	}

RIGHT(sshr_v, SAME, SIGNED, shift_right)
RIGHT(sshr_s, SAME, SIGNED, shift_right)
RIGHT(ushr_v, SAME, UNSIGNED, shift_right)
RIGHT(ushr_s, SAME, UNSIGNED, shift_right)
RIGHT(ssra_v, SAME, SIGNED, shift_right_add)
RIGHT(ssra_s, SAME, SIGNED, shift_right_add)
RIGHT(usra_v, SAME, UNSIGNED, shift_right_add)
RIGHT(usra_s, SAME, UNSIGNED, shift_right_add)
RIGHT(srshr_v, SAME, SIGNED, rounding_shift_right)
RIGHT(srshr_s, SAME, SIGNED, rounding_shift_right)
RIGHT(urshr_v, SAME, UNSIGNED, rounding_shift_right)
RIGHT(urshr_s, SAME, UNSIGNED, rounding_shift_right)
RIGHT(srsra_v, SAME, SIGNED, rounding_shift_right_add)
RIGHT(srsra_s, SAME, SIGNED, rounding_shift_right_add)
RIGHT(ursra_v, SAME, UNSIGNED, rounding_shift_right_add)
RIGHT(ursra_s, SAME, UNSIGNED, rounding_shift_right_add)
RIGHT(sri_v, SAME, UNSIGNED, shift_right_insert)
RIGHT(sri_s, SAME, UNSIGNED, shift_right_insert)

LEFT(shl_v, SAME, UNSIGNED, shift_up)
LEFT(shl_s, SAME, UNSIGNED, shift_up)
LEFT(sli_v, SAME, UNSIGNED, shift_left_insert)
LEFT(sli_s, SAME, UNSIGNED, shift_left_insert)
LEFT(sqshl_imm_v, SAME, SIGNED, saturating_shift)
LEFT(sqshl_imm_s, SAME, SIGNED, saturating_shift)
LEFT(uqshl_imm_v, SAME, UNSIGNED, saturating_shift)
LEFT(uqshl_imm_s, SAME, UNSIGNED, saturating_shift)
LEFT(sqshlu_imm_v, SAME, SIGNED, saturating_shift_unsigned)
LEFT(sqshlu_imm_s, SAME, SIGNED, saturating_shift_unsigned)
LEFT(sshll_v, LONG, SIGNED, shift_up)
LEFT(ushll_v, LONG, UNSIGNED, shift_up)

RIGHT(shrn_v, NARROW, UNSIGNED, shift_right)
RIGHT(rshrn_v, NARROW, UNSIGNED, rounding_shift_right)
RIGHT(sqshrn_v, NARROW, SIGNED, narrowing_shift)
RIGHT(sqshrn_s, NARROW, SIGNED, narrowing_shift)
RIGHT(uqshrn_v, NARROW, UNSIGNED, narrowing_shift)
RIGHT(uqshrn_s, NARROW, UNSIGNED, narrowing_shift)
RIGHT(sqrshrn_v, NARROW, SIGNED, narrowing_rounding_shift)
RIGHT(sqrshrn_s, NARROW, SIGNED, narrowing_rounding_shift)
RIGHT(uqrshrn_v, NARROW, UNSIGNED, narrowing_rounding_shift)
RIGHT(uqrshrn_s, NARROW, UNSIGNED, narrowing_rounding_shift)
RIGHT(sqshrun_v, NARROW, SIGNED, narrowing_shift_unsigned)
RIGHT(sqshrun_s, NARROW, SIGNED, narrowing_shift_unsigned)
RIGHT(sqrshrun_v, NARROW, SIGNED, narrowing_rounding_shift_unsigned)
RIGHT(sqrshrun_s, NARROW, SIGNED, narrowing_rounding_shift_unsigned)

/* SHLL shifts by the element size. */
EXEC(shll_v)
{
	const wide count = 8u << BITS(i->w, 23, 22);
	lanes_sized(c, i->w, LONG, UNSIGNED, BITS(i->w, 23, 22), &count, shift_up);
	return NEXT;
}
