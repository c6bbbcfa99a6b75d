/* Loads and stores of SIMD&FP registers: single registers, pairs, structures (DDI 0487 C6.2,
 * C7.2).  A load reads everything before it writes a register, and the base register is written
 * back last, so a fault leaves the state as it was. */
#include "cpu/arm64/bitmask.h"
#include "cpu/arm64/lanes.h"

/* 1, 2, 4, 8 or 16 bytes of memory to or from the low end of `v`; `host` is where they are, if
 * known. */

static ALWAYS_INLINE bool load(struct arm64 *c, const struct insn *i, uint64_t va,
    const uint8_t *host, unsigned bytes, union vreg *v)
{
	*v = (union vreg){0};
	if (host)
		memcpy(v, host, bytes);
	return host ||
	       (bytes == 16 ? mem_read128(c, i, va, v->d) : mem_read(c, i, va, bytes, v->d));
}

static ALWAYS_INLINE bool store(struct arm64 *c, const struct insn *i, uint64_t va, uint8_t *host,
    unsigned bytes, const union vreg *v)
{
	if (host)
		memcpy(host, v, bytes);
	return host ||
	       (bytes == 16 ? mem_write128(c, i, va, v->d) : mem_write(c, i, va, bytes, v->d[0]));
}

enum transfer { LOAD, STORE };
enum indexing { OFFSET, POST, PRE };

/* `count` registers, numbers `regs`, at base + offset. */
static ALWAYS_INLINE const struct insn *transfer(struct arm64 *c, const struct insn *i,
    enum transfer direction, enum indexing mode, unsigned bytes, uint64_t offset, unsigned count,
    const unsigned *regs)
{
	unsigned base = BITS(i->w, 9, 5);
	union vreg v[2];
	uint64_t va;
	if (!mem_base(c, i, base, &va))
		return FAULT;
	if (mode != POST)
		va += offset;
	uint8_t *host = mem_host(c, va, count * bytes, direction == STORE);
	for (unsigned k = 0; k < count; k++) {
		uint64_t at = va + k * bytes;
		uint8_t *there = host ? host + k * bytes : NULL;
		if (direction == STORE)
			v[k] = v_get(c, regs[k]);
		if (!(direction == LOAD ? load(c, i, at, there, bytes, &v[k])
					: store(c, i, at, there, bytes, &v[k])))
			return FAULT;
	}
	for (unsigned k = 0; k < count && direction == LOAD; k++)
		v_set(c, regs[k], v[k]);
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
	union vreg v;
	if (!load(c, i, va, NULL, 4u << BITS(i->w, 31, 30), &v))
		return FAULT;
	v_set(c, BITS(i->w, 4, 0), v);
	return NEXT;
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

static bool elements_load(struct arm64 *c, const struct insn *i, uint64_t va, unsigned count,
    unsigned element, uint8_t *bytes)
{
	const uint8_t *host = mem_host(c, va, count, false);
	if (host) {
		memcpy(bytes, host, count);
		return true;
	}
	for (unsigned at = 0; at < count; at += element) {
		uint64_t x;
		if (!mem_read(c, i, va + at, element, &x))
			return false;
		memcpy(bytes + at, &x, element);
	}
	return true;
}

static bool elements_store(struct arm64 *c, const struct insn *i, uint64_t va, unsigned count,
    unsigned element, const uint8_t *bytes)
{
	uint8_t *host = mem_host(c, va, count, true);
	if (host) {
		memcpy(host, bytes, count);
		return true;
	}
	if (!mem_writable(c, i, va, count))
		return false;
	for (unsigned at = 0; at < count; at += element) {
		uint64_t x = 0;
		memcpy(&x, bytes + at, element);
		if (!mem_write(c, i, va + at, element, x))
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

/* LD1 and ST1 (`parts` is 1) take register after register: their unit is the whole register. */
static ALWAYS_INLINE const struct insn *multiple(struct arm64 *c, const struct insn *i,
    enum transfer direction, unsigned parts, unsigned registers)
{
	uint32_t w = i->w;
	unsigned width = 8u << BIT(w, 30), element = 1u << BITS(w, 11, 10);
	unsigned unit = parts == 1 ? width : element;
	union vreg v[4] = {0};
	uint8_t memory[64];
	uint64_t va;
	if (!mem_base(c, i, BITS(w, 9, 5), &va))
		return FAULT;
	if (direction == STORE) {
		for (unsigned r = 0; r < registers; r++)
			v[r] = v_get(c, (BITS(w, 4, 0) + r) & 31);
		interleave(STORE, v, memory, registers, width, unit);
	}
	if (!(direction == LOAD ? elements_load(c, i, va, registers * width, element, memory)
				: elements_store(c, i, va, registers * width, element, memory)))
		return FAULT;
	if (direction == LOAD) {
		interleave(LOAD, v, memory, registers, width, unit);
		for (unsigned r = 0; r < registers; r++)
			v_set(c, (BITS(w, 4, 0) + r) & 31, v[r]);
	}
	structure_writeback(c, w, va, registers * width);
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
	unsigned size = 1u << log2, e = place >> log2;
	uint8_t memory[32];
	uint64_t va;
	if (!mem_base(c, i, BITS(w, 9, 5), &va))
		return FAULT;
	for (unsigned p = 0; p < parts && direction == STORE; p++) {
		union vreg v = v_get(c, (BITS(w, 4, 0) + p) & 31);
		memcpy(memory + p * size, v.b + e * size, size);
	}
	if (!(direction == LOAD ? elements_load(c, i, va, parts * size, size, memory)
				: elements_store(c, i, va, parts * size, size, memory)))
		return FAULT;
	for (unsigned p = 0; p < parts && direction == LOAD; p++) {
		unsigned reg = (BITS(w, 4, 0) + p) & 31;
		union vreg v = v_get(c, reg);
		memcpy(v.b + e * size, memory + p * size, size);
		v_set(c, reg, v);
	}
	structure_writeback(c, w, va, parts * size);
	return NEXT;
}

/* One element to all lanes of each of `parts` registers. */
static ALWAYS_INLINE const struct insn *replicate(
    struct arm64 *c, const struct insn *i, unsigned parts)
{
	uint32_t w = i->w;
	unsigned size = 1u << BITS(w, 11, 10);
	uint8_t memory[32];
	uint64_t va;
	if (!mem_base(c, i, BITS(w, 9, 5), &va) ||
	    !elements_load(c, i, va, parts * size, size, memory))
		return FAULT;
	for (unsigned p = 0; p < parts; p++) {
		union vreg v = {0};
		for (unsigned at = 0; at < 8u << BIT(w, 30); at += size)
			memcpy(v.b + at, memory + p * size, size);
		v_set(c, (BITS(w, 4, 0) + p) & 31, v);
	}
	structure_writeback(c, w, va, parts * size);
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
SINGLE(ld1r, replicate(c, i, 1))
SINGLE(ld2r, replicate(c, i, 2))
SINGLE(ld3r, replicate(c, i, 3))
SINGLE(ld4r, replicate(c, i, 4))
