/* Branches: DDI 0487 C4.1 "Branches, Exception Generating and System instructions". */
#include "cpu/arm64/exec.h"

/* The sets of flags, one bit for each value of NZCV, under which a condition holds. */
#define WHEN(v, expr) ((expr) ? 1u << (v) : 0)
#define N(v)          ((v) >> 3 & 1)
#define Z(v)          ((v) >> 2 & 1)
#define C(v)          ((v) >> 1 & 1)
#define V(v)          ((v)&1)
#define FLAGS_EQ(v)   WHEN(v, Z(v))
#define FLAGS_CS(v)   WHEN(v, C(v))
#define FLAGS_MI(v)   WHEN(v, N(v))
#define FLAGS_VS(v)   WHEN(v, V(v))
#define FLAGS_HI(v)   WHEN(v, C(v) && !Z(v))
#define FLAGS_GE(v)   WHEN(v, N(v) == V(v))
#define FLAGS_GT(v)   WHEN(v, N(v) == V(v) && !Z(v))
#define FLAGS_AL(v)   WHEN(v, 1)
#define ALL16(f)                                                                               \
	(f(0) | f(1) | f(2) | f(3) | f(4) | f(5) | f(6) | f(7) | f(8) | f(9) | f(10) | f(11) | \
	    f(12) | f(13) | f(14) | f(15))
#define PAIR(f) ALL16(f), (uint16_t)~ALL16(f)

static const uint16_t condition_sets[16] = {PAIR(FLAGS_EQ), PAIR(FLAGS_CS), PAIR(FLAGS_MI),
    PAIR(FLAGS_VS), PAIR(FLAGS_HI), PAIR(FLAGS_GE), PAIR(FLAGS_GT), 0xffff, 0xffff};

bool condition_holds(uint32_t nzcv, unsigned cond)
{
	return condition_sets[cond] >> nzcv & 1;
}

/* Go `offset` instructions ahead: inside the page by pointer, else through the lookup. */
static inline const struct insn *branch_relative(
    struct arm64 *c, const struct insn *i, int64_t offset)
{
	int64_t target = i - c->code->insn + offset;
	if ((uint64_t)target < ARM64_PAGE_INSNS)
		return &c->code->insn[target];
	c->s.pc = arm64_pc_of(c, i) + (uint64_t)offset * 4;
	return NULL;
}

static inline const struct insn *branch_to(struct arm64 *c, uint64_t target)
{
	c->s.pc = target;
	return NULL;
}

EXEC(b)
{
	return branch_relative(c, i, sign_extend(BITS(i->w, 25, 0), 26));
}

EXEC(bl)
{
	c->s.x[30] = arm64_pc_of(c, i) + 4;
	return branch_relative(c, i, sign_extend(BITS(i->w, 25, 0), 26));
}

static inline int64_t imm19(const struct insn *i)
{
	return sign_extend(BITS(i->w, 23, 5), 19);
}

EXEC(b_cond)
{
	return condition_holds(c->s.nzcv, BITS(i->w, 3, 0)) ? branch_relative(c, i, imm19(i))
							    : NEXT;
}

static inline bool register_is_zero(const struct arm64 *c, const struct insn *i)
{
	uint64_t v = x_get(c, BITS(i->w, 4, 0));
	return (i->w >> 31 ? v : (uint32_t)v) == 0;
}

EXEC(cbz)
{
	return register_is_zero(c, i) ? branch_relative(c, i, imm19(i)) : NEXT;
}

EXEC(cbnz)
{
	return register_is_zero(c, i) ? NEXT : branch_relative(c, i, imm19(i));
}

static inline bool tested_bit(const struct arm64 *c, const struct insn *i)
{
	unsigned bit = BIT(i->w, 31) << 5 | BITS(i->w, 23, 19);
	return x_get(c, BITS(i->w, 4, 0)) >> bit & 1;
}

EXEC(tbz)
{
	return tested_bit(c, i) ? NEXT : branch_relative(c, i, sign_extend(BITS(i->w, 18, 5), 14));
}

EXEC(tbnz)
{
	return tested_bit(c, i) ? branch_relative(c, i, sign_extend(BITS(i->w, 18, 5), 14)) : NEXT;
}

EXEC(br)
{
	return branch_to(c, x_get(c, BITS(i->w, 9, 5)));
}

EXEC(blr)
{
	uint64_t target = x_get(c, BITS(i->w, 9, 5));
	c->s.x[30] = arm64_pc_of(c, i) + 4;
	return branch_to(c, target);
}

EXEC(ret)
{
	return branch_to(c, x_get(c, BITS(i->w, 9, 5)));
}
