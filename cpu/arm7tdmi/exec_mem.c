/* ARM loads and stores, and block transfers of both states (DDI 0100, A3.11 to A3.13; cycles: TRM
 * DDI 0210, 7.7 to 7.12).  A store is followed by a nonsequential fetch, a load by an internal
 * cycle in which the register is written. */
#include "cpu/arm7tdmi/alu.h"

#define RD BITS(w, 15, 12)
#define RN BITS(w, 19, 16)
#define RM BITS(w, 3, 0)

/* --- single registers --- */

/* Apply `offset` to the base: returns the address, puts what is written back into `*updated`. */
static ALWAYS_INLINE uint32_t indexed(
    const struct arm7tdmi *c, uint32_t w, uint32_t offset, uint32_t *updated)
{
	uint32_t base = c->s.r[RN];
	*updated = BIT(w, 23) ? base + offset : base - offset;
	return BIT(w, 24) ? *updated : base;
}

/* Post-indexed always writes back. */
static ALWAYS_INLINE void write_back(struct arm7tdmi *c, uint32_t w, uint32_t updated)
{
	if (BIT(w, 21) || !BIT(w, 24))
		set_general(c, RN, updated);
}

static ALWAYS_INLINE uint32_t offset_imm(const struct arm7tdmi *c, uint32_t w)
{
	return BITS(w, 11, 0);
}

static ALWAYS_INLINE uint32_t offset_reg(const struct arm7tdmi *c, uint32_t w)
{
	uint32_t carry = c->carry;
	return shift_by_immediate(c->s.r[RM], BITS(w, 6, 5), BITS(w, 11, 7), &carry);
}

static ALWAYS_INLINE uint32_t offset_imm8(const struct arm7tdmi *c, uint32_t w)
{
	return BITS(w, 11, 8) << 4 | BITS(w, 3, 0);
}

static ALWAYS_INLINE uint32_t offset_reg8(const struct arm7tdmi *c, uint32_t w)
{
	return c->s.r[RM];
}

/* r15 is stored as the instruction's address + 12. */
static ALWAYS_INLINE uint32_t stored_register(const struct arm7tdmi *c, unsigned n)
{
	return c->s.r[n] + (n == 15 ? 4 : 0);
}

/* A loaded register wins over a base that is written back. */
#define LOAD(name, offset, access)                                        \
	EXEC_ARM(name)                                                    \
	{                                                                 \
		uint32_t updated;                                         \
		uint32_t address = indexed(c, w, offset(c, w), &updated); \
		uint32_t v = access;                                      \
		internal(c, left, 1);                                     \
		write_back(c, w, updated);                                \
		set_register(c, left, RD, v);                             \
	}
#define STORE(name, offset, size)                                                   \
	EXEC_ARM(name)                                                              \
	{                                                                           \
		uint32_t updated;                                                   \
		uint32_t address = indexed(c, w, offset(c, w), &updated);           \
		store(c, left, address, size, stored_register(c, RD), ARM7_NONSEQ); \
		c->s.fetch = ARM7_NONSEQ;                                           \
		write_back(c, w, updated);                                          \
	}

LOAD(ldr_imm, offset_imm, load_word(c, left, address, ARM7_NONSEQ))
LOAD(ldr_reg, offset_reg, load_word(c, left, address, ARM7_NONSEQ))
LOAD(ldrb_imm, offset_imm, load(c, left, address, 1, ARM7_NONSEQ))
LOAD(ldrb_reg, offset_reg, load(c, left, address, 1, ARM7_NONSEQ))
LOAD(ldrh_imm, offset_imm8, load_half(c, left, address))
LOAD(ldrh_reg, offset_reg8, load_half(c, left, address))
LOAD(ldrsb_imm, offset_imm8, load_signed_byte(c, left, address))
LOAD(ldrsb_reg, offset_reg8, load_signed_byte(c, left, address))
LOAD(ldrsh_imm, offset_imm8, load_signed_half(c, left, address))
LOAD(ldrsh_reg, offset_reg8, load_signed_half(c, left, address))
STORE(str_imm, offset_imm, 4)
STORE(str_reg, offset_reg, 4)
STORE(strb_imm, offset_imm, 1)
STORE(strb_reg, offset_reg, 1)
STORE(strh_imm, offset_imm8, 2)
STORE(strh_reg, offset_reg8, 2)

static ALWAYS_INLINE void swap(struct arm7tdmi *c, int64_t *left, uint32_t w, unsigned size)
{
	uint32_t address = c->s.r[RN], new = c->s.r[RM];
	uint32_t old = size == 4 ? load_word(c, left, address, ARM7_NONSEQ | ARM7_LOCK)
				 : load(c, left, address, 1, ARM7_NONSEQ | ARM7_LOCK);
	store(c, left, address, size, new, ARM7_NONSEQ | ARM7_LOCK);
	internal(c, left, 1);
	set_general(c, RD, old);
}

EXEC_ARM(swp)
{
	swap(c, left, w, 4);
}

EXEC_ARM(swpb)
{
	swap(c, left, w, 1);
}

/* --- block transfers --- */

uint32_t load_block(struct arm7tdmi *c, int64_t *left, uint32_t address, uint32_t list, bool user)
{
	unsigned access = ARM7_NONSEQ;
	uint32_t v = 0;
	for (uint32_t rest = list ? list : 1u << 15; rest; rest &= rest - 1) {
		unsigned n = (unsigned)__builtin_ctz(rest);
		v = load(c, left, address, 4, access);
		if (n != 15)
			*(user ? psr_user_register(c, n) : &c->s.r[n]) = v;
		address += 4;
		access = ARM7_SEQ;
	}
	internal(c, left, 1);
	return v;
}

/* The base register is written back as the second word is stored: if it is in the list, it is
 * stored as it was when it is the first, else as it becomes. */
void store_block(struct arm7tdmi *c, int64_t *left, uint32_t address, uint32_t list, bool user,
    unsigned base, uint32_t written)
{
	unsigned access = ARM7_NONSEQ;
	list = list ? list : 1u << 15;
	for (uint32_t rest = list; rest; rest &= rest - 1) {
		unsigned n = (unsigned)__builtin_ctz(rest);
		uint32_t v = user ? *psr_user_register(c, n) : c->s.r[n];
		if (n == 15)
			v += c->thumb ? 2 : 4;
		store(c, left, address, 4, v, access);
		if (rest == list)
			set_general(c, base, written);
		address += 4;
		access = ARM7_SEQ;
	}
	c->s.fetch = ARM7_NONSEQ;
}

/* The lowest address and the new base of LDM and STM. */
static ALWAYS_INLINE uint32_t block_address(const struct arm7tdmi *c, uint32_t w, uint32_t *updated)
{
	uint32_t base = c->s.r[RN], bytes = block_bytes(BITS(w, 15, 0));
	*updated = BIT(w, 23) ? base + bytes : base - bytes;
	return (BIT(w, 23) ? base : *updated) + (BIT(w, 24) == BIT(w, 23) ? 4 : 0);
}

/* S bit: user registers, or with r15 in the list of LDM a return from an exception. */
EXEC_ARM(ldm)
{
	uint32_t list = BITS(w, 15, 0), updated, address = block_address(c, w, &updated);
	const bool jump = !list || list >> 15;
	if (BIT(w, 21))
		set_general(c, RN, updated);
	uint32_t last = load_block(c, left, address, list, BIT(w, 22) && !jump);
	if (!jump)
		return;
	if (BIT(w, 22))
		return_psr(c, left);
	branch(c, left, last);
}

EXEC_ARM(stm)
{
	uint32_t updated, address = block_address(c, w, &updated);
	store_block(c, left, address, BITS(w, 15, 0), BIT(w, 22), BIT(w, 21) ? RN : 15, updated);
}
