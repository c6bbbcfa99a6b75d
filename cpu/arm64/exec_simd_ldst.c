/* Loads and stores of SIMD&FP registers: single registers, pairs, structures (DDI 0487 C6.2,
 * C7.2).  A load reads everything before it writes a register, and the base register is written
 * back last, so a fault leaves the state as it was. */
#include "cpu/arm64/bitmask.h"
#include "cpu/arm64/lanes.h"

enum transfer { LOAD, STORE };
enum indexing { OFFSET, POST, PRE };

/* The low `bytes` of a register from or to memory that is at hand; a load clears what is above. */
static ALWAYS_INLINE void move(
    struct arm64 *c, enum transfer direction, unsigned reg, uint8_t *host, unsigned bytes)
{
	uint64_t *v = &c->s.v[2 * reg], low = 0;
	if (direction == STORE) {
		memcpy(host, v, bytes);
	} else if (bytes == 16) {
		memcpy(v, host, 16);
	} else {
		memcpy(&low, host, bytes);
		v[0] = low;
		v[1] = 0;
	}
}

/* The same through the accessors, for up to two registers. */
static bool move_slowly(struct arm64 *c, const struct insn *i, enum transfer direction, uint64_t va,
    unsigned bytes, unsigned count, const unsigned *regs)
{
	union vreg v[2] = {0};
	if (direction == STORE && !mem_writable(c, i, va, count * bytes, bytes))
		return false;
	for (unsigned k = 0; k < count; k++) {
		uint64_t *x = direction == STORE ? &c->s.v[2 * regs[k]] : v[k].d,
			 at = va + k * bytes;
		bool good;
		if (direction == STORE)
			good = bytes == 16 ? mem_write128(c, i, at, x)
					   : mem_write(c, i, at, bytes, x[0]);
		else
			good =
			    bytes == 16 ? mem_read128(c, i, at, x) : mem_read(c, i, at, bytes, x);
		if (!good)
			return false;
	}
	for (unsigned k = 0; k < count && direction == LOAD; k++)
		v_set(c, regs[k], v[k]);
	return true;
}

/* `count` registers, numbers `regs`, at base + offset. */
static ALWAYS_INLINE const struct insn *transfer(struct arm64 *c, const struct insn *i,
    enum transfer direction, enum indexing mode, unsigned bytes, uint64_t offset, unsigned count,
    const unsigned *regs)
{
	unsigned base = BITS(i->w, 9, 5);
	uint64_t va;
	if (!mem_base(c, i, base, &va))
		return FAULT;
	if (mode != POST)
		va += offset;
	uint8_t *host = mem_host(c, va, count * bytes, direction == STORE);
	if (!host && !move_slowly(c, i, direction, va, bytes, count, regs))
		return FAULT;
	for (unsigned k = 0; host && k < count; k++)
		move(c, direction, regs[k], host + k * bytes, bytes);
	if (mode != OFFSET)
		set_x_or_sp(c, base, mode == POST ? va + offset : va);
	return NEXT;
}

static ALWAYS_INLINE const struct insn *one(struct arm64 *c, const struct insn *i,
    enum transfer direction, enum indexing mode, unsigned bytes, uint64_t offset)
{
	const unsigned reg = BITS(i->w, 4, 0);
	switch (bytes) {
	case 1: return transfer(c, i, direction, mode, 1, offset, 1, &reg);
	case 2: return transfer(c, i, direction, mode, 2, offset, 1, &reg);
	case 4: return transfer(c, i, direction, mode, 4, offset, 1, &reg);
	case 8: return transfer(c, i, direction, mode, 8, offset, 1, &reg);
	default: return transfer(c, i, direction, mode, 16, offset, 1, &reg);
	}
}

static ALWAYS_INLINE uint64_t imm9(uint32_t w)
{
	return (uint64_t)sign_extend(BITS(w, 20, 12), 9);
}

static ALWAYS_INLINE uint64_t register_offset(const struct arm64 *c, uint32_t w, unsigned bytes)
{
	return extend_reg(x_get(c, BITS(w, 20, 16)), BITS(w, 15, 13)) * (BIT(w, 12) ? bytes : 1);
}

#define FORMS(op, kind, direction, bytes)                                                         \
	EXEC(op##_##kind##_uimm)                                                                  \
	{                                                                                         \
		return one(c, i, direction, OFFSET, bytes, (uint64_t)BITS(i->w, 21, 10) * bytes); \
	}                                                                                         \
	EXEC(op##_##kind##_unscaled)                                                              \
	{                                                                                         \
		return one(c, i, direction, OFFSET, bytes, imm9(i->w));                           \
	}                                                                                         \
	EXEC(op##_##kind##_post)                                                                  \
	{                                                                                         \
		return one(c, i, direction, POST, bytes, imm9(i->w));                             \
	}                                                                                         \
	EXEC(op##_##kind##_pre)                                                                   \
	{                                                                                         \
		return one(c, i, direction, PRE, bytes, imm9(i->w));                              \
	}                                                                                         \
	EXEC(op##_##kind##_reg)                                                                   \
	{                                                                                         \
		return one(c, i, direction, OFFSET, bytes, register_offset(c, i->w, bytes));      \
	}

FORMS(ldr, q, LOAD, 16)
FORMS(str, q, STORE, 16)
FORMS(ldr, v, LOAD, (1u << BITS(i->w, 31, 30)))
FORMS(str, v, STORE, (1u << BITS(i->w, 31, 30)))

EXEC(ldr_v_literal)
{
	uint64_t va = arm64_pc_of(c, i) + (uint64_t)sign_extend(BITS(i->w, 23, 5), 19) * 4;
	const unsigned reg = BITS(i->w, 4, 0);
	return move_slowly(c, i, LOAD, va, 4u << BITS(i->w, 31, 30), 1, &reg) ? NEXT : FAULT;
}

static ALWAYS_INLINE const struct insn *pair_sized(struct arm64 *c, const struct insn *i,
    enum transfer direction, enum indexing mode, unsigned bytes)
{
	const unsigned regs[2] = {BITS(i->w, 4, 0), BITS(i->w, 14, 10)};
	uint64_t offset = (uint64_t)sign_extend(BITS(i->w, 21, 15), 7) * bytes;
	return transfer(c, i, direction, mode, bytes, offset, 2, regs);
}

static ALWAYS_INLINE const struct insn *pair(
    struct arm64 *c, const struct insn *i, enum transfer direction, enum indexing mode)
{
	switch (BITS(i->w, 31, 30)) {
	case 0: return pair_sized(c, i, direction, mode, 4);
	case 1: return pair_sized(c, i, direction, mode, 8);
	default: return pair_sized(c, i, direction, mode, 16);
	}
}

#define PAIR(name, direction, mode)                 \
	EXEC(name)                                  \
	{                                           \
		return pair(c, i, direction, mode); \
	}

PAIR(ldnp_v, LOAD, OFFSET)
PAIR(ldp_v_offset, LOAD, OFFSET)
PAIR(ldp_v_post, LOAD, POST)
PAIR(ldp_v_pre, LOAD, PRE)
PAIR(stnp_v, STORE, OFFSET)
PAIR(stp_v_offset, STORE, OFFSET)
PAIR(stp_v_post, STORE, POST)
PAIR(stp_v_pre, STORE, PRE)

/* Structures.  Memory holds element 0 of each of the `parts` registers, then element 1 ...
 * Where the TLB does not cover all of it, accesses are those of the manual, element by element. */

static ALWAYS_INLINE bool element_read(
    struct arm64 *c, const struct insn *i, uint64_t va, unsigned log2, uint64_t *x)
{
	switch (log2) {
	case 0: return mem_read_in(c, i, c->context, va, 1, x);
	case 1: return mem_read_in(c, i, c->context, va, 2, x);
	case 2: return mem_read_in(c, i, c->context, va, 4, x);
	default: return mem_read_in(c, i, c->context, va, 8, x);
	}
}

static ALWAYS_INLINE bool element_write(
    struct arm64 *c, const struct insn *i, uint64_t va, unsigned log2, uint64_t x)
{
	switch (log2) {
	case 0: return mem_write_in(c, i, c->context, va, 1, x);
	case 1: return mem_write_in(c, i, c->context, va, 2, x);
	case 2: return mem_write_in(c, i, c->context, va, 4, x);
	default: return mem_write_in(c, i, c->context, va, 8, x);
	}
}

static bool elements_load(
    struct arm64 *c, const struct insn *i, uint64_t va, unsigned bytes, unsigned log2, uint8_t *to)
{
	for (unsigned at = 0; at < bytes; at += 1u << log2) {
		uint64_t x;
		if (!element_read(c, i, va + at, log2, &x))
			return false;
		memcpy(to + at, &x, 1u << log2);
	}
	return true;
}

static bool elements_store(struct arm64 *c, const struct insn *i, uint64_t va, unsigned bytes,
    unsigned log2, const uint8_t *from)
{
	if (!mem_writable(c, i, va, bytes, 1u << log2))
		return false;
	for (unsigned at = 0; at < bytes; at += 1u << log2) {
		uint64_t x = 0;
		memcpy(&x, from + at, 1u << log2);
		if (!element_write(c, i, va + at, log2, x))
			return false;
	}
	return true;
}

/* Post-index: by a register, or by what was transferred if that is number 31. */
static ALWAYS_INLINE void structure_writeback(struct arm64 *c, uint32_t w, uint64_t va, unsigned n)
{
	unsigned m = BITS(w, 20, 16);
	if (BIT(w, 23))
		set_x_or_sp(c, BITS(w, 9, 5), va + (m == 31 ? n : x_get(c, m)));
}

static ALWAYS_INLINE void interleave_sized(enum transfer direction, union vreg *v, uint8_t *memory,
    unsigned registers, unsigned lanes_count, unsigned size)
{
	for (unsigned e = 0; e < lanes_count; e++) {
		for (unsigned r = 0; r < registers; r++, memory += size) {
			if (direction == LOAD)
				memcpy(v[r].b + e * size, memory, size);
			else
				memcpy(memory, v[r].b + e * size, size);
		}
	}
}

/* Registers of `width` bytes to or from memory, where elements of `size` bytes alternate between
 * them. */
static ALWAYS_INLINE void interleave(enum transfer direction, union vreg *v, uint8_t *memory,
    unsigned registers, unsigned width, unsigned size)
{
	switch (size) {
	case 1: interleave_sized(direction, v, memory, registers, width, 1); break;
	case 2: interleave_sized(direction, v, memory, registers, width / 2, 2); break;
	case 4: interleave_sized(direction, v, memory, registers, width / 4, 4); break;
	case 8: interleave_sized(direction, v, memory, registers, width / 8, 8); break;
	default: interleave_sized(direction, v, memory, registers, 1, 16); break;
	}
}

/* LD1 and ST1 take register after register: their unit is the whole register.  `memory` is the
 * guest's, or a copy of it. */
static ALWAYS_INLINE void spread(struct arm64 *c, enum transfer direction, uint8_t *memory,
    unsigned first, unsigned registers, unsigned width, unsigned unit)
{
	union vreg v[4] = {0};
	for (unsigned r = 0; r < registers && direction == STORE; r++)
		v[r] = v_get(c, (first + r) & 31);
	interleave(direction, v, memory, registers, width, unit);
	for (unsigned r = 0; r < registers && direction == LOAD; r++)
		v_set(c, (first + r) & 31, v[r]);
}

static ALWAYS_INLINE const struct insn *multiple(struct arm64 *c, const struct insn *i,
    enum transfer direction, unsigned parts, unsigned registers)
{
	uint32_t w = i->w;
	unsigned width = 8u << BIT(w, 30), log2 = BITS(w, 11, 10), first = BITS(w, 4, 0);
	unsigned unit = parts == 1 ? width : 1u << log2, bytes = registers * width;
	uint8_t copy[64];
	uint64_t va;
	if (!mem_base(c, i, BITS(w, 9, 5), &va))
		return FAULT;
	uint8_t *host = mem_host(c, va, bytes, direction == STORE);
	if (!host && direction == LOAD && !elements_load(c, i, va, bytes, log2, copy))
		return FAULT;
	spread(c, direction, host ? host : copy, first, registers, width, unit);
	if (!host && direction == STORE && !elements_store(c, i, va, bytes, log2, copy))
		return FAULT;
	structure_writeback(c, w, va, bytes);
	return NEXT;
}

#define MULTIPLE(name, direction, parts, registers)                 \
	EXEC(name)                                                  \
	{                                                           \
		return multiple(c, i, direction, parts, registers); \
	}                                                           \
	EXEC(name##_post)                                           \
	{                                                           \
		return multiple(c, i, direction, parts, registers); \
	}

MULTIPLE(ld1_x1, LOAD, 1, 1)
MULTIPLE(ld1_x2, LOAD, 1, 2)
MULTIPLE(ld1_x3, LOAD, 1, 3)
MULTIPLE(ld1_x4, LOAD, 1, 4)
MULTIPLE(ld2, LOAD, 2, 2)
MULTIPLE(ld3, LOAD, 3, 3)
MULTIPLE(ld4, LOAD, 4, 4)
MULTIPLE(st1_x1, STORE, 1, 1)
MULTIPLE(st1_x2, STORE, 1, 2)
MULTIPLE(st1_x3, STORE, 1, 3)
MULTIPLE(st1_x4, STORE, 1, 4)
MULTIPLE(st2, STORE, 2, 2)
MULTIPLE(st3, STORE, 3, 3)
MULTIPLE(st4, STORE, 4, 4)

/* One lane of each of `parts` registers.  opcode 15:14 is the size, and with it how much of
 * Q:S:size is the lane number; D has S = 0 and size = 01. */
static ALWAYS_INLINE const struct insn *single(
    struct arm64 *c, const struct insn *i, enum transfer direction, unsigned parts)
{
	uint32_t w = i->w;
	unsigned log2 = BITS(w, 15, 14), place = BIT(w, 30) << 3 | BITS(w, 12, 10);
	log2 += log2 == 2 && BIT(w, 10);
	unsigned e = place >> log2, first = BITS(w, 4, 0);
	uint64_t va, x[4];
	if (!mem_base(c, i, BITS(w, 9, 5), &va) ||
	    (direction == STORE && !mem_writable(c, i, va, parts << log2, 1u << log2)))
		return FAULT;
	for (unsigned p = 0; p < parts; p++) {
		uint64_t at = va + (p << log2);
		if (!(direction == LOAD ? element_read(c, i, at, log2, &x[p])
					: element_write(c, i, at, log2,
					      lane_bits(c, (first + p) & 31, e, log2))))
			return FAULT;
	}
	for (unsigned p = 0; p < parts && direction == LOAD; p++)
		lane_insert(c, (first + p) & 31, e, log2, x[p]);
	structure_writeback(c, w, va, parts << log2);
	return NEXT;
}

/* One element to all lanes of each of `parts` registers. */
static ALWAYS_INLINE const struct insn *to_all_lanes(
    struct arm64 *c, const struct insn *i, unsigned parts)
{
	uint32_t w = i->w;
	unsigned log2 = BITS(w, 11, 10), first = BITS(w, 4, 0);
	uint64_t va, x[4];
	if (!mem_base(c, i, BITS(w, 9, 5), &va))
		return FAULT;
	for (unsigned p = 0; p < parts; p++)
		if (!element_read(c, i, va + (p << log2), log2, &x[p]))
			return FAULT;
	for (unsigned p = 0; p < parts; p++) {
		uint64_t all = replicate(x[p], log2);
		v_set(c, (first + p) & 31, (union vreg){.d = {all, BIT(w, 30) ? all : 0}});
	}
	structure_writeback(c, w, va, parts << log2);
	return NEXT;
}

#define SINGLE(name, call)   \
	EXEC(name)           \
	{                    \
		return call; \
	}                    \
	EXEC(name##_post)    \
	{                    \
		return call; \
	}

SINGLE(ld1_lane, single(c, i, LOAD, 1))
SINGLE(ld2_lane, single(c, i, LOAD, 2))
SINGLE(ld3_lane, single(c, i, LOAD, 3))
SINGLE(ld4_lane, single(c, i, LOAD, 4))
SINGLE(st1_lane, single(c, i, STORE, 1))
SINGLE(st2_lane, single(c, i, STORE, 2))
SINGLE(st3_lane, single(c, i, STORE, 3))
SINGLE(st4_lane, single(c, i, STORE, 4))
SINGLE(ld1r, to_all_lanes(c, i, 1))
SINGLE(ld2r, to_all_lanes(c, i, 2))
SINGLE(ld3r, to_all_lanes(c, i, 3))
SINGLE(ld4r, to_all_lanes(c, i, 4))
