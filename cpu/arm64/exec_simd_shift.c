/* AdvSIMD shifts by register, and saturating shifts by immediate (DDI 0487 C7.2).  The other shifts
 * by immediate are in exec_simd_host.c. */
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

static wide rounding_shift_right(wide d, wide n, wide m, struct lane *l)
{
	return (n + ((wide)1 << (m - 1))) >> m;
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

static ALWAYS_INLINE const struct insn *immediate(struct arm64 *c, const struct insn *i,
    enum shape shape, enum sign sign, bool right, lane_fn *op)
{
	const wide count = immh_count(i->w, right);
	lanes_sized(c, i->w, shape, sign, immh_log2(i->w), &count, op);
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

LEFT(sqshl_imm_v, SAME, SIGNED, saturating_shift)
LEFT(sqshl_imm_s, SAME, SIGNED, saturating_shift)
LEFT(uqshl_imm_v, SAME, UNSIGNED, saturating_shift)
LEFT(uqshl_imm_s, SAME, UNSIGNED, saturating_shift)
LEFT(sqshlu_imm_v, SAME, SIGNED, saturating_shift_unsigned)
LEFT(sqshlu_imm_s, SAME, SIGNED, saturating_shift_unsigned)

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
