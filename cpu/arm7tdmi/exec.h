/* What instruction functions share.
 *
 * A function performs what comes after the fetch that begins every instruction: r[15] is the
 * address fetched from, which is what the instruction reads as PC (its own address + 8, in Thumb
 * state + 4), and the condition has passed.  It leaves the kind of the next fetch in s.fetch unless
 * that is sequential, and continues elsewhere with branch(). */
#ifndef MYNA_CPU_ARM7TDMI_EXEC_H
#define MYNA_CPU_ARM7TDMI_EXEC_H

#include "cpu/arm7tdmi/access.h"
#include "cpu/arm7tdmi/psr.h"

#define ALWAYS_INLINE inline __attribute__((always_inline))

/* The function of a row takes what is left of the budget and returns what it leaves of it; its
 * body, which follows the macro, sees `left`, a pointer. */
#define EXEC(function)                                                                            \
	static ALWAYS_INLINE void body_##function(struct arm7tdmi *c, int64_t *left, uint32_t w); \
	int64_t exec_##function(struct arm7tdmi *c, int64_t left, uint32_t w)                     \
	{                                                                                         \
		body_##function(c, &left, w);                                                     \
		return left;                                                                      \
	}                                                                                         \
	static ALWAYS_INLINE void body_##function(struct arm7tdmi *c, int64_t *left, uint32_t w)
#define EXEC_ARM(name)   EXEC(arm_##name)
#define EXEC_THUMB(name) EXEC(thumb_##name)

/* Prototypes of all instruction functions. */
#define INSN(name, pattern, text, flags, valid) \
	int64_t exec_arm_##name(struct arm7tdmi *c, int64_t left, uint32_t w);
#include "cpu/arm7tdmi/insns_arm.def"
#undef INSN
#define INSN(name, pattern, text, flags, valid) \
	int64_t exec_thumb_##name(struct arm7tdmi *c, int64_t left, uint32_t w);
#include "cpu/arm7tdmi/insns_thumb.def"
#undef INSN

#define BITS(w, hi, lo) (((uint32_t)(w) >> (lo)) & (UINT32_MAX >> (31 - ((hi) - (lo)))))
#define BIT(w, n)       (((uint32_t)(w) >> (n)) & 1)

/* `width` low bits of v as a signed number. */
static inline uint32_t sign_extend(uint32_t v, unsigned width)
{
	return (uint32_t)((int32_t)(v << (32 - width)) >> (32 - width));
}

static inline uint32_t rotate_right(uint32_t v, unsigned n)
{
	n &= 31;
	return v >> n | v << (-n & 31);
}

/* Write a register of which 15 is a jump in the present state. */
static inline void set_register(struct arm7tdmi *c, int64_t *left, unsigned n, uint32_t v)
{
	if (__builtin_expect(n == 15, 0))
		branch(c, left, v);
	else
		c->s.r[n] = v;
}

/* Where 15 is unpredictable: it is left alone. */
static inline void set_general(struct arm7tdmi *c, unsigned n, uint32_t v)
{
	if (n != 15)
		c->s.r[n] = v;
}

/* BX: bit 0 chooses the state. */
static inline void branch_exchange(struct arm7tdmi *c, int64_t *left, uint32_t target)
{
	c->thumb = target & 1;
	branch(c, left, target);
}

/* Address of the instruction that follows the one executing. */
static inline uint32_t next_address(const struct arm7tdmi *c)
{
	return c->thumb ? c->s.r[15] - 2 : c->s.r[15] - 4;
}

/* psr_restore() inside an instruction. */
static inline void return_psr(struct arm7tdmi *c, int64_t *left)
{
	spill(c, left);
	psr_restore(c);
	reload(c, left);
}

/* Undefined instruction: an internal cycle while coprocessors are asked, then the exception. */
void undefined_instruction(struct arm7tdmi *c, int64_t *left);

/* Words and halfwords as LDR, LDRH and LDRSH deliver them from an address that is not aligned:
 * rotated, and LDRSH of an odd address is a LDRSB. */
static ALWAYS_INLINE uint32_t load_word(
    struct arm7tdmi *c, int64_t *left, uint32_t address, unsigned access)
{
	return rotate_right(load(c, left, address, 4, access), address * 8);
}

static ALWAYS_INLINE uint32_t load_half(struct arm7tdmi *c, int64_t *left, uint32_t address)
{
	return rotate_right(load(c, left, address, 2, ARM7_NONSEQ), (address & 1) * 8);
}

static ALWAYS_INLINE uint32_t load_signed_byte(struct arm7tdmi *c, int64_t *left, uint32_t address)
{
	return sign_extend(load(c, left, address, 1, ARM7_NONSEQ), 8);
}

/* The bus performs an access of 16 bits also for an odd address. */
static ALWAYS_INLINE uint32_t load_signed_half(struct arm7tdmi *c, int64_t *left, uint32_t address)
{
	uint32_t half = load(c, left, address, 2, ARM7_NONSEQ);
	return address & 1 ? sign_extend(half >> 8, 8) : sign_extend(half, 16);
}

/* Block transfers from `address` up.  `list` is a set of registers; an empty one transfers r15, and
 * the base moves by 16 words.  `user`: user mode's registers.  The last word loaded is returned: it
 * is r15's if that is in the list, and the caller jumps.  `written` goes to the register `base`
 * unless that is 15. */
uint32_t load_block(struct arm7tdmi *c, int64_t *left, uint32_t address, uint32_t list, bool user);
void store_block(struct arm7tdmi *c, int64_t *left, uint32_t address, uint32_t list, bool user,
    unsigned base, uint32_t written);

static inline uint32_t block_bytes(uint32_t list)
{
	return list ? 4 * (uint32_t)__builtin_popcount(list) : 64;
}

#endif
