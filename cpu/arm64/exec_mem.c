/* Loads and stores of general registers: DDI 0487 C4.1 "Loads and Stores".
 *
 * One CPU runs at a time, so barriers and acquire/release order need no work here; atomic and
 * ordered accesses differ from plain ones by their alignment check (FEAT_LSE2 is absent). */
#include "cpu/arm64/bitmask.h"
#include "cpu/arm64/exec.h"

#define RT   BITS(i->w, 4, 0)
#define RN   BITS(i->w, 9, 5)
#define RT2  BITS(i->w, 14, 10)
#define RS   BITS(i->w, 20, 16)
#define SIZE (1u << (i->w >> 30))

/* --- Single registers --- */

/* What the two opc bits make of a value; the size is the operation's own. */
enum conversion { STORE, LOAD_ZERO, LOAD_SIGNED64, LOAD_SIGNED32 };

static inline const struct insn *access(struct arm64 *c, const struct insn *i,
    enum tlb_context context, uint64_t va, unsigned size, enum conversion conv)
{
	uint64_t v;
	if (conv == STORE)
		return mem_write_in(c, i, context, va, size, x_get(c, RT)) ? NEXT : FAULT;
	if (!mem_read_in(c, i, context, va, size, &v))
		return FAULT;
	if (conv == LOAD_SIGNED64)
		v = (uint64_t)sign_extend(v, size * 8);
	else if (conv == LOAD_SIGNED32)
		v = (uint32_t)sign_extend(v, size * 8);
	x_set(c, RT, v);
	return NEXT;
}

static inline uint64_t imm9(const struct insn *i)
{
	return (uint64_t)sign_extend(BITS(i->w, 20, 12), 9);
}

static inline const struct insn *access_offset(
    struct arm64 *c, const struct insn *i, uint64_t offset, unsigned size, enum conversion conv)
{
	uint64_t va;
	if (!mem_base(c, i, RN, &va))
		return FAULT;
	return access(c, i, c->context, va + offset, size, conv);
}

/* Writeback comes last, so a fault leaves the base as it was.  With Rn = Rt (constrained
 * unpredictable) a load's value is lost to the writeback and a store uses the old value. */
static inline const struct insn *access_writeback(struct arm64 *c, const struct insn *i,
    uint64_t before, uint64_t after, unsigned size, enum conversion conv)
{
	uint64_t base;
	if (!mem_base(c, i, RN, &base) || !access(c, i, c->context, base + before, size, conv))
		return FAULT;
	set_x_or_sp(c, RN, base + after);
	return NEXT;
}

/* LDTR and STTR act as EL0 unless PSTATE.UAO says otherwise. */
static inline const struct insn *access_unprivileged(
    struct arm64 *c, const struct insn *i, unsigned size, enum conversion conv)
{
	uint64_t va;
	if (!mem_base(c, i, RN, &va))
		return FAULT;
	return access(c, i, c->s.uao ? c->context : TLB_EL0, va + imm9(i), size, conv);
}

static inline uint64_t index_register(const struct arm64 *c, const struct insn *i, unsigned scale)
{
	return extend_reg(x_get(c, RS), BITS(i->w, 15, 13)) << (BIT(i->w, 12) ? scale : 0);
}

#define CONV(size, opc)   ((enum conversion)((opc)[0] == '0' ? (opc)[1] - '0' : (opc)[1] - '0' + 2))
#define SINGLE_SIZE(size) (1u << (((size)[0] - '0') * 2 + (size)[1] - '0'))
#define SINGLE(op, m, u, r, size, opc, R, scale, flags)                                            \
	EXEC(op##_uoff)                                                                            \
	{                                                                                          \
		uint64_t offset = (uint64_t)BITS(i->w, 21, 10) * SINGLE_SIZE(size);                \
		return access_offset(c, i, offset, SINGLE_SIZE(size), CONV(size, opc));            \
	}                                                                                          \
	EXEC(op##_unscaled)                                                                        \
	{                                                                                          \
		return access_offset(c, i, imm9(i), SINGLE_SIZE(size), CONV(size, opc));           \
	}                                                                                          \
	EXEC(op##_post)                                                                            \
	{                                                                                          \
		return access_writeback(c, i, 0, imm9(i), SINGLE_SIZE(size), CONV(size, opc));     \
	}                                                                                          \
	EXEC(op##_unpriv)                                                                          \
	{                                                                                          \
		return access_unprivileged(c, i, SINGLE_SIZE(size), CONV(size, opc));              \
	}                                                                                          \
	EXEC(op##_pre)                                                                             \
	{                                                                                          \
		uint64_t offset = imm9(i);                                                         \
		return access_writeback(c, i, offset, offset, SINGLE_SIZE(size), CONV(size, opc)); \
	}                                                                                          \
	EXEC(op##_reg)                                                                             \
	{                                                                                          \
		uint64_t offset = index_register(c, i, BITS(i->w, 31, 30));                        \
		return access_offset(c, i, offset, SINGLE_SIZE(size), CONV(size, opc));            \
	}
#include "cpu/arm64/singles.def"
#undef SINGLE

static inline uint64_t literal(const struct arm64 *c, const struct insn *i)
{
	return arm64_pc_of(c, i) + (uint64_t)(sign_extend(BITS(i->w, 23, 5), 19) * 4);
}

EXEC(ldr_lit_w)
{
	return access(c, i, c->context, literal(c, i), 4, LOAD_ZERO);
}

EXEC(ldr_lit_x)
{
	return access(c, i, c->context, literal(c, i), 8, LOAD_ZERO);
}

EXEC(ldrsw_lit)
{
	return access(c, i, c->context, literal(c, i), 4, LOAD_SIGNED64);
}

/* Prefetches are hints without effect. */
EXEC(prfm_lit)
{
	return NEXT;
}

EXEC(prfm_uoff)
{
	return NEXT;
}

EXEC(prfum)
{
	return NEXT;
}

EXEC(prfm_reg)
{
	return NEXT;
}

/* --- Pairs --- */

static inline bool load_pair(
    struct arm64 *c, const struct insn *i, uint64_t va, unsigned size, enum conversion conv)
{
	uint64_t a, b;
	if (!mem_read_in(c, i, c->context, va, size, &a) ||
	    !mem_read_in(c, i, c->context, va + size, size, &b))
		return false;
	if (conv == LOAD_SIGNED64) {
		a = (uint64_t)sign_extend(a, size * 8);
		b = (uint64_t)sign_extend(b, size * 8);
	}
	x_set(c, RT, a);
	x_set(c, RT2, b);
	return true;
}

/* Nothing is stored unless both can be. */
static inline bool store_pair(struct arm64 *c, const struct insn *i, uint64_t va, unsigned size)
{
	bool split = ((va ^ (va + 2 * size - 1)) & ~(BUS_PAGE_SIZE - 1)) != 0;
	if (__builtin_expect(split, 0) && !mem_writable(c, i, va, 2 * size, size))
		return false;
	return mem_write_in(c, i, c->context, va, size, x_get(c, RT)) &&
	       mem_write_in(c, i, c->context, va + size, size, x_get(c, RT2));
}

static inline const struct insn *pair(
    struct arm64 *c, const struct insn *i, unsigned size, enum conversion conv, bool pre, bool post)
{
	uint64_t base, offset = (uint64_t)(sign_extend(BITS(i->w, 21, 15), 7) * (int64_t)size);
	if (!mem_base(c, i, RN, &base))
		return FAULT;
	uint64_t va = post ? base : base + offset;
	if (!(conv == STORE ? store_pair(c, i, va, size) : load_pair(c, i, va, size, conv)))
		return FAULT;
	if (pre || post)
		set_x_or_sp(c, RN, base + offset);
	return NEXT;
}

#define PAIR_FORMS(op, size, conv)                           \
	EXEC(op##_post)                                      \
	{                                                    \
		return pair(c, i, size, conv, false, true);  \
	}                                                    \
	EXEC(op##_off)                                       \
	{                                                    \
		return pair(c, i, size, conv, false, false); \
	}                                                    \
	EXEC(op##_pre)                                       \
	{                                                    \
		return pair(c, i, size, conv, true, false);  \
	}
PAIR_FORMS(stp_w, 4, STORE)
PAIR_FORMS(ldp_w, 4, LOAD_ZERO)
PAIR_FORMS(ldpsw, 4, LOAD_SIGNED64)
PAIR_FORMS(stp_x, 8, STORE)
PAIR_FORMS(ldp_x, 8, LOAD_ZERO)

EXEC(stnp_w)
{
	return exec_stp_w_off(c, i);
}

EXEC(ldnp_w)
{
	return exec_ldp_w_off(c, i);
}

EXEC(stnp_x)
{
	return exec_stp_x_off(c, i);
}

EXEC(ldnp_x)
{
	return exec_ldp_x_off(c, i);
}

/* --- Ordered and exclusive --- */

static inline bool ordered_base(
    struct arm64 *c, const struct insn *i, unsigned size, bool write, uint64_t *va)
{
	return mem_base(c, i, RN, va) && mem_aligned(c, i, *va, size, write);
}

static inline const struct insn *ordered(
    struct arm64 *c, const struct insn *i, enum conversion conv)
{
	uint64_t va;
	if (!ordered_base(c, i, SIZE, conv == STORE, &va))
		return FAULT;
	return access(c, i, c->context, va, SIZE, conv);
}

EXEC(stllr)
{
	return ordered(c, i, STORE);
}

EXEC(stlr)
{
	return ordered(c, i, STORE);
}

EXEC(ldlar)
{
	return ordered(c, i, LOAD_ZERO);
}

EXEC(ldar)
{
	return ordered(c, i, LOAD_ZERO);
}

EXEC(ldapr)
{
	return ordered(c, i, LOAD_ZERO);
}

/* The monitor remembers address, size and value; a store-exclusive succeeds if all three still
 * hold.  Another CPU that stored the same value in between is not noticed (as with any monitor
 * built on compare-and-swap). */
static void monitor_set(struct arm64 *c, uint64_t va, unsigned size, uint64_t low, uint64_t high)
{
	c->s.excl_addr = va;
	c->s.excl_size = size;
	c->s.excl_val[0] = low;
	c->s.excl_val[1] = high;
}

EXEC(ldxr)
{
	uint64_t va, v;
	if (!ordered_base(c, i, SIZE, false, &va) || !mem_read_in(c, i, c->context, va, SIZE, &v))
		return FAULT;
	monitor_set(c, va, SIZE, v, 0);
	x_set(c, RT, v);
	return NEXT;
}

EXEC(ldaxr)
{
	return exec_ldxr(c, i);
}

EXEC(ldxp)
{
	const unsigned size = SIZE;
	uint64_t va, a, b;
	if (!ordered_base(c, i, 2 * size, false, &va) ||
	    !mem_read_in(c, i, c->context, va, size, &a) ||
	    !mem_read_in(c, i, c->context, va + size, size, &b))
		return FAULT;
	monitor_set(c, va, 2 * size, a, b);
	x_set(c, RT, a);
	x_set(c, RT2, b);
	return NEXT;
}

EXEC(ldaxp)
{
	return exec_ldxp(c, i);
}

static inline bool monitor_matches(const struct arm64 *c, uint64_t va, unsigned size)
{
	return c->s.excl_addr == va && c->s.excl_size == size;
}

EXEC(stxr)
{
	uint64_t va, now;
	if (!ordered_base(c, i, SIZE, true, &va))
		return FAULT;
	bool success = monitor_matches(c, va, SIZE);
	if (success) {
		if (!mem_writable(c, i, va, SIZE, SIZE) ||
		    !mem_read_in(c, i, c->context, va, SIZE, &now))
			return FAULT;
		success = now == c->s.excl_val[0];
		if (success && !mem_write_in(c, i, c->context, va, SIZE, x_get(c, RT)))
			return FAULT;
	}
	c->s.excl_addr = EXCL_NONE;
	x_set(c, RS, !success);
	return NEXT;
}

EXEC(stlxr)
{
	return exec_stxr(c, i);
}

EXEC(stxp)
{
	const unsigned size = SIZE;
	uint64_t va, a, b;
	if (!ordered_base(c, i, 2 * size, true, &va))
		return FAULT;
	bool success = monitor_matches(c, va, 2 * size);
	if (success) {
		if (!mem_writable(c, i, va, 2 * size, size) ||
		    !mem_read_in(c, i, c->context, va, size, &a) ||
		    !mem_read_in(c, i, c->context, va + size, size, &b))
			return FAULT;
		success = a == c->s.excl_val[0] && b == c->s.excl_val[1];
		if (success && !store_pair(c, i, va, size))
			return FAULT;
	}
	c->s.excl_addr = EXCL_NONE;
	x_set(c, RS, !success);
	return NEXT;
}

EXEC(stlxp)
{
	return exec_stxp(c, i);
}

/* --- LSE atomics --- */

enum atomic { ADD, CLR, EOR, SET, SMAX, SMIN, UMAX, UMIN, SWP };

static inline uint64_t atomic_result(enum atomic op, uint64_t old, uint64_t v, unsigned size)
{
	int64_t so = sign_extend(old, size * 8), sv = sign_extend(v, size * 8);
	v &= ~UINT64_C(0) >> (64 - size * 8);
	switch (op) {
	case ADD: return old + v;
	case CLR: return old & ~v;
	case EOR: return old ^ v;
	case SET: return old | v;
	case SMAX: return so > sv ? old : v;
	case SMIN: return so < sv ? old : v;
	case UMAX: return old > v ? old : v;
	case UMIN: return old < v ? old : v;
	default: return v;
	}
}

/* What a read would fault on as well, alignment included, is reported as a read (ESR_EL1.WnR). */
static inline const struct insn *atomic(struct arm64 *c, const struct insn *i, enum atomic op)
{
	uint64_t va, old;
	if (!ordered_base(c, i, SIZE, false, &va) ||
	    !mem_read_in(c, i, c->context, va, SIZE, &old) ||
	    !mem_write_in(c, i, c->context, va, SIZE, atomic_result(op, old, x_get(c, RS), SIZE)))
		return FAULT;
	x_set(c, RT, old);
	return NEXT;
}

#define ATOMIC(name, o3, opc, op)        \
	EXEC(name)                       \
	{                                \
		return atomic(c, i, op); \
	}
#include "cpu/arm64/atomics.def"
#undef ATOMIC

/* A failed comparison writes the old value back, which the architecture permits: the access
 * needs write permission either way. */
EXEC(cas)
{
	uint64_t va, old;
	if (!ordered_base(c, i, SIZE, false, &va) || !mem_read_in(c, i, c->context, va, SIZE, &old))
		return FAULT;
	uint64_t expected = x_get(c, RS) & (~UINT64_C(0) >> (64 - SIZE * 8));
	uint64_t v = old == expected ? x_get(c, RT) : old;
	if (!mem_write_in(c, i, c->context, va, SIZE, v))
		return FAULT;
	x_set(c, RS, old);
	return NEXT;
}

EXEC(casp)
{
	const unsigned size = BIT(i->w, 30) ? 8 : 4;
	const uint64_t mask = ~UINT64_C(0) >> (64 - size * 8);
	uint64_t va, a, b;
	if (!ordered_base(c, i, 2 * size, false, &va) ||
	    !mem_read_in(c, i, c->context, va, size, &a) ||
	    !mem_read_in(c, i, c->context, va + size, size, &b))
		return FAULT;
	bool equal = a == (x_get(c, RS) & mask) && b == (x_get(c, RS + 1) & mask);
	if (!mem_write_in(c, i, c->context, va, size, equal ? x_get(c, RT) : a) ||
	    !mem_write_in(c, i, c->context, va + size, size, equal ? x_get(c, RT + 1) : b))
		return FAULT;
	x_set(c, RS, a);
	x_set(c, RS + 1, b);
	return NEXT;
}
