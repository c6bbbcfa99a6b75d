/* What instruction functions share: fields of the word, register access, exceptions, memory.
 *
 * An exec function looks like
 *
 *	EXEC(add_imm)
 *	{
 *		uint64_t imm = ...FIELD bits of i->w...;
 *		set_x_or_sp(c, BITS(i->w, 4, 0), x_or_sp(c, BITS(i->w, 9, 5)) + imm);
 *		return NEXT;
 *	}
 *
 * Faults: a memory accessor that returns false has already taken the exception; the function
 * returns FAULT at once, having changed no register.
 */
#ifndef MYNA_CPU_ARM64_EXEC_H
#define MYNA_CPU_ARM64_EXEC_H

#include <string.h>

#include "cpu/arm64/arm64.h"

#define EXEC(name) const struct insn *exec_##name(struct arm64 *c, const struct insn *i)
#define NEXT       (i + 1)
#define FAULT      NULL

/* Prototypes of all instruction functions. */
#define INSN(name, pattern, text, flags, valid) EXEC(name);
#include "cpu/arm64/insns.def"
#undef INSN

#define ALWAYS_INLINE inline __attribute__((always_inline))

#define BITS(w, hi, lo) (((uint32_t)(w) >> (lo)) & (UINT32_MAX >> (31 - ((hi) - (lo)))))
#define BIT(w, n)       (((uint32_t)(w) >> (n)) & 1)

/* `width` low bits of v as a signed number. */
static inline int64_t sign_extend(uint64_t v, unsigned width)
{
	return (int64_t)(v << (64 - width)) >> (64 - width);
}

/* Register 31 reads as zero. */
static inline uint64_t x_get(const struct arm64 *c, unsigned n)
{
	return c->s.x[n];
}

static inline void x_set(struct arm64 *c, unsigned n, uint64_t v)
{
	c->s.x[n] = v;
	c->s.x[31] = 0;
}

/* Register 31 is the stack pointer. */
static inline uint64_t x_or_sp(const struct arm64 *c, unsigned n)
{
	return c->s.x[n + (n == 31)];
}

static inline void set_x_or_sp(struct arm64 *c, unsigned n, uint64_t v)
{
	c->s.x[n + (n == 31)] = v;
}

static inline union vreg v_get(const struct arm64 *c, unsigned n)
{
	return (union vreg){.d = {c->s.v[2 * n], c->s.v[2 * n + 1]}};
}

static inline void v_set(struct arm64 *c, unsigned n, union vreg r)
{
	c->s.v[2 * n] = r.d[0];
	c->s.v[2 * n + 1] = r.d[1];
}

/* Write a scalar: bits above it become zero. */
static inline void v_set_low(struct arm64 *c, unsigned n, uint64_t low)
{
	c->s.v[2 * n] = low;
	c->s.v[2 * n + 1] = 0;
}

/* ConditionHolds() of the manual. */
bool condition_holds(uint32_t nzcv, unsigned cond);

/* Undefined instruction at `i`; returns FAULT. */
const struct insn *undefined(struct arm64 *c, const struct insn *i);

/* Memory.  `size` is 1, 2, 4 or 8; values are zero-extended, little-endian.  An access may be
 * unaligned (Normal memory) and may cross a page.  False: exception taken, nothing changed. */
bool mem_read(struct arm64 *c, const struct insn *i, uint64_t va, unsigned size, uint64_t *value);
bool mem_write(struct arm64 *c, const struct insn *i, uint64_t va, unsigned size, uint64_t value);
bool mem_read128(struct arm64 *c, const struct insn *i, uint64_t va, uint64_t value[2]);
bool mem_write128(struct arm64 *c, const struct insn *i, uint64_t va, const uint64_t value[2]);

/* Takes the fault that a write of `size` bytes (at most a page) at `va`, in elements of `unit`
 * bytes, would cause, if any. */
bool mem_writable(struct arm64 *c, const struct insn *i, uint64_t va, unsigned size, unsigned unit);

/* Takes an alignment fault unless `va` is a multiple of `size`. */
bool mem_aligned(struct arm64 *c, const struct insn *i, uint64_t va, unsigned size, bool write);

bool mem_read_slow(struct arm64 *c, const struct insn *i, enum tlb_context context, uint64_t va,
    unsigned size, uint64_t *value);
bool mem_write_slow(struct arm64 *c, const struct insn *i, enum tlb_context context, uint64_t va,
    unsigned size, uint64_t value);

/* The addend that takes `va` to host memory for an access of `size` bytes that needs nothing more,
 * filling the TLB; 0 if it faults, crosses a page, or is not plain memory. */
uintptr_t mem_probe(
    struct arm64 *c, enum tlb_context context, uint64_t va, unsigned size, bool write);

/* The entry is chosen by the first byte and compared with the page of the last one, so one
 * comparison refuses accesses that cross a page as well. */
static inline bool mem_read_in(struct arm64 *c, const struct insn *i, enum tlb_context context,
    uint64_t va, unsigned size, uint64_t *value)
{
	const struct tlb_entry *e = &c->tlb[context][va >> BUS_PAGE_BITS & (TLB_ENTRIES - 1)];
	if (__builtin_expect(((va + size - 1) & ~(BUS_PAGE_SIZE - 1)) != e->read, 0))
		return mem_read_slow(c, i, context, va, size, value);
	uint64_t v = 0;
	memcpy(&v, (const void *)(va + e->addend), size);
	*value = v;
	return true;
}

static inline bool mem_write_in(struct arm64 *c, const struct insn *i, enum tlb_context context,
    uint64_t va, unsigned size, uint64_t value)
{
	const struct tlb_entry *e = &c->tlb[context][va >> BUS_PAGE_BITS & (TLB_ENTRIES - 1)];
	if (__builtin_expect(((va + size - 1) & ~(BUS_PAGE_SIZE - 1)) != e->write, 0))
		return mem_write_slow(c, i, context, va, size, value);
	memcpy((void *)(va + e->addend), &value, size);
	return true;
}

/* Host address of `size` bytes (at most a page) where the TLB grants the access, else NULL: the
 * functions above find out why. */
static inline uint8_t *mem_host(struct arm64 *c, uint64_t va, unsigned size, bool write)
{
	const struct tlb_entry *e = &c->tlb[c->context][va >> BUS_PAGE_BITS & (TLB_ENTRIES - 1)];
	uint64_t last = (va + size - 1) & ~(BUS_PAGE_SIZE - 1);
	return last == (write ? e->write : e->read) ? (uint8_t *)(va + e->addend) : NULL;
}

/* The base register of a load or store with its SP alignment check (SCTLR_EL1.SA, SA0). */
bool mem_base(struct arm64 *c, const struct insn *i, unsigned n, uint64_t *va);

#endif
