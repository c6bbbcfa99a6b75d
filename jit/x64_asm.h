/* x86-64 instruction encoder: just what the host emits (Intel SDM volume 2).
 *
 * Every function appends at a->p; room is checked once per block by the caller.  `w` chooses 64-bit
 * operands.  Memory operands are [base + disp] or [base + index + disp].
 */
#ifndef MYNA_JIT_X64_ASM_H
#define MYNA_JIT_X64_ASM_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "jit/jit.h"

enum x64_reg {
	RAX,
	RCX,
	RDX,
	RBX,
	RSP,
	RBP,
	RSI,
	RDI,
	R8,
	R9,
	R10,
	R11,
	R12,
	R13,
	R14,
	R15,
	X64_NO_REG = 0xff
};

/* Condition codes, as in Jcc and SETcc. */
enum x64_cc {
	CC_O,
	CC_NO,
	CC_B,
	CC_AE,
	CC_E,
	CC_NE,
	CC_BE,
	CC_A,
	CC_S,
	CC_NS,
	CC_P,
	CC_NP,
	CC_L,
	CC_GE,
	CC_LE,
	CC_G
};

/* Numbers of the eight classic operations: opcode = n * 8 + 1 or 3, or /n with an immediate. */
enum x64_alu { ALU_ADD, ALU_OR, ALU_ADC, ALU_SBB, ALU_AND, ALU_SUB, ALU_XOR, ALU_CMP };

/* Shifts by immediate: /n of C1. */
enum x64_shift { SH_ROL = 0, SH_ROR = 1, SH_SHL = 4, SH_SHR = 5, SH_SAR = 7 };

#define CMC 0xf5

struct assembler {
	uint8_t *p;
};

static inline void put8(struct assembler *a, unsigned v)
{
	*a->p++ = (uint8_t)v;
}

static inline void put32(struct assembler *a, uint32_t v)
{
	memcpy(a->p, &v, 4);
	a->p += 4;
}

static inline void put64(struct assembler *a, uint64_t v)
{
	memcpy(a->p, &v, 8);
	a->p += 8;
}

static inline void put_bytes(struct assembler *a, const void *bytes, size_t n)
{
	memcpy(a->p, bytes, n);
	a->p += n;
}

static inline bool fits8(int64_t v)
{
	return v == (int8_t)v;
}

static inline bool fits32(int64_t v)
{
	return v == (int32_t)v;
}

/* A memory operand; index X64_NO_REG for none (never RSP). */
struct mem {
	uint8_t base, index;
	int32_t disp;
	uint8_t shift; /* of the index */
};

/* With base RBP, `disp` is an offset in the guest struct. */
static inline struct mem at_index(unsigned base, unsigned index, int32_t disp)
{
	return (struct mem){.base = (uint8_t)base,
	    .index = (uint8_t)index,
	    .disp = base == RBP ? disp - JIT_BASE : disp};
}

static inline struct mem at_shifted(unsigned base, unsigned index, unsigned shift, int32_t disp)
{
	struct mem m = at_index(base, index, disp);
	m.shift = (uint8_t)shift;
	return m;
}

static inline struct mem at(unsigned base, int32_t disp)
{
	return at_index(base, X64_NO_REG, disp);
}

static inline void rex(
    struct assembler *a, bool w, unsigned reg, unsigned index, unsigned base, bool force)
{
	unsigned v = 0x40 | w << 3 | (reg >> 3 & 1) << 2 | (index >> 3 & 1) << 1 | (base >> 3 & 1);
	if (v != 0x40 || force)
		put8(a, v);
}

static inline void modrm_reg(struct assembler *a, unsigned reg, unsigned rm)
{
	put8(a, 0xc0 | (reg & 7) << 3 | (rm & 7));
}

static inline void modrm_mem(struct assembler *a, unsigned reg, struct mem m)
{
	bool sib = m.index != X64_NO_REG || (m.base & 7) == RSP;
	unsigned mod = m.disp == 0 && (m.base & 7) != RBP ? 0 : fits8(m.disp) ? 1 : 2;
	put8(a, mod << 6 | (reg & 7) << 3 | (sib ? 4 : (m.base & 7)));
	if (sib)
		put8(a, (unsigned)m.shift << 6 |
			    ((m.index != X64_NO_REG ? m.index : RSP) & 7) << 3 | (m.base & 7));
	if (mod == 1)
		put8(a, (uint8_t)m.disp);
	else if (mod == 2)
		put32(a, (uint32_t)m.disp);
}

/* op reg, rm with a one-byte opcode; `byte`: rm is a byte register, so SPL.. need a REX. */
static inline void op_rr(struct assembler *a, unsigned opcode, bool w, unsigned reg, unsigned rm)
{
	rex(a, w, reg, 0, rm, false);
	put8(a, opcode);
	modrm_reg(a, reg, rm);
}

static inline void op_rm(struct assembler *a, unsigned opcode, bool w, unsigned reg, struct mem m)
{
	rex(a, w, reg, m.index == X64_NO_REG ? 0 : m.index, m.base, false);
	put8(a, opcode);
	modrm_mem(a, reg, m);
}

/* ... with a 0F opcode and optional mandatory prefix. */
static inline void op0f_rr(struct assembler *a, unsigned prefix, unsigned opcode, bool w,
    unsigned reg, unsigned rm, bool byte)
{
	if (prefix)
		put8(a, prefix);
	rex(a, w, reg, 0, rm, byte);
	put8(a, 0x0f);
	put8(a, opcode);
	modrm_reg(a, reg, rm);
}

static inline void op0f_rm(struct assembler *a, unsigned opcode, bool w, unsigned reg, struct mem m)
{
	rex(a, w, reg, m.index == X64_NO_REG ? 0 : m.index, m.base, false);
	put8(a, 0x0f);
	put8(a, opcode);
	modrm_mem(a, reg, m);
}

static inline void mov_rr(struct assembler *a, bool w, unsigned dst, unsigned src)
{
	op_rr(a, 0x8b, w, dst, src);
}

static inline void mov_load(struct assembler *a, bool w, unsigned dst, struct mem m)
{
	op_rm(a, 0x8b, w, dst, m);
}

static inline void mov_store(struct assembler *a, bool w, struct mem m, unsigned src)
{
	op_rm(a, 0x89, w, src, m);
}

/* The shortest form that leaves the flags alone. */
static inline void mov_imm(struct assembler *a, unsigned dst, uint64_t v)
{
	if (v <= UINT32_MAX) {
		rex(a, false, 0, 0, dst, false);
		put8(a, 0xb8 | (dst & 7));
		put32(a, (uint32_t)v);
	} else if (fits32((int64_t)v)) {
		rex(a, true, 0, 0, dst, false);
		put8(a, 0xc7);
		modrm_reg(a, 0, dst);
		put32(a, (uint32_t)v);
	} else {
		rex(a, true, 0, 0, dst, false);
		put8(a, 0xb8 | (dst & 7));
		put64(a, v);
	}
}

/* mov [m], imm32 sign-extended to 64 bits if w. */
static inline void mov_store_imm(struct assembler *a, bool w, struct mem m, int32_t v)
{
	op_rm(a, 0xc7, w, 0, m);
	put32(a, (uint32_t)v);
}

static inline void alu_rr(struct assembler *a, enum x64_alu op, bool w, unsigned dst, unsigned src)
{
	op_rr(a, op * 8 + 3, w, dst, src);
}

static inline void alu_imm(struct assembler *a, enum x64_alu op, bool w, unsigned dst, int32_t v)
{
	rex(a, w, 0, 0, dst, false);
	put8(a, fits8(v) ? 0x83 : 0x81);
	modrm_reg(a, op, dst);
	if (fits8(v))
		put8(a, (uint8_t)v);
	else
		put32(a, (uint32_t)v);
}

static inline void alu_rm(struct assembler *a, enum x64_alu op, bool w, unsigned dst, struct mem m)
{
	op_rm(a, op * 8 + 3, w, dst, m);
}

static inline void alu_mem_imm(
    struct assembler *a, enum x64_alu op, bool w, struct mem m, int32_t v)
{
	op_rm(a, fits8(v) ? 0x83 : 0x81, w, op, m);
	if (fits8(v))
		put8(a, (uint8_t)v);
	else
		put32(a, (uint32_t)v);
}

static inline void alu_rm8(struct assembler *a, enum x64_alu op, unsigned dst, struct mem m)
{
	op_rm(a, op * 8 + 2, false, dst, m); /* RAX to RDX, or R8 and above */
}

static inline void cmp_mem8(struct assembler *a, struct mem m, unsigned v)
{
	op_rm(a, 0x80, false, ALU_CMP, m);
	put8(a, v);
}

static inline void mov_store_imm8(struct assembler *a, struct mem m, unsigned v)
{
	op_rm(a, 0xc6, false, 0, m);
	put8(a, v);
}

static inline void dec_mem8(struct assembler *a, struct mem m)
{
	op_rm(a, 0xfe, false, 1, m);
}

static inline void test_rr(struct assembler *a, bool w, unsigned x, unsigned y)
{
	op_rr(a, 0x85, w, x, y);
}

static inline void test_imm(struct assembler *a, bool w, unsigned x, int32_t v)
{
	op_rr(a, 0xf7, w, 0, x);
	put32(a, (uint32_t)v);
}

static inline void lea(struct assembler *a, bool w, unsigned dst, struct mem m)
{
	op_rm(a, 0x8d, w, dst, m);
}

static inline void shift_imm(
    struct assembler *a, enum x64_shift op, bool w, unsigned dst, unsigned n)
{
	op_rr(a, 0xc1, w, op, dst);
	put8(a, n);
}

static inline void shift_cl(struct assembler *a, enum x64_shift op, bool w, unsigned dst)
{
	op_rr(a, 0xd3, w, op, dst);
}

/* F7 /n: 2 NOT, 3 NEG, 4 MUL, 5 IMUL, 6 DIV, 7 IDIV. */
static inline void unary(struct assembler *a, unsigned n, bool w, unsigned dst)
{
	op_rr(a, 0xf7, w, n, dst);
}

static inline void imul_rr(struct assembler *a, bool w, unsigned dst, unsigned src)
{
	op0f_rr(a, 0, 0xaf, w, dst, src, false);
}

static inline void imul_imm(struct assembler *a, bool w, unsigned dst, unsigned src, int32_t v)
{
	op_rr(a, 0x69, w, dst, src);
	put32(a, (uint32_t)v);
}

static inline void cmov(struct assembler *a, enum x64_cc cc, bool w, unsigned dst, unsigned src)
{
	op0f_rr(a, 0, 0x40 + cc, w, dst, src, false);
}

static inline void setcc(struct assembler *a, enum x64_cc cc, unsigned dst)
{
	op0f_rr(a, 0, 0x90 + cc, false, 0, dst, dst >= RSP);
}

static inline void setcc_mem(struct assembler *a, enum x64_cc cc, struct mem m)
{
	op0f_rm(a, 0x90 + cc, false, 0, m);
}

/* VEX-encoded general-purpose operations: map 2 or 3, pp prefix, vvvv operand. */
static inline void vex_gpr(struct assembler *a, unsigned map, unsigned pp, bool w, unsigned opcode,
    unsigned reg, unsigned vvvv, unsigned rm)
{
	put8(a, 0xc4);
	put8(a, (~reg >> 3 & 1) << 7 | 1 << 6 | (~rm >> 3 & 1) << 5 | map);
	put8(a, w << 7 | (~vvvv & 15) << 3 | pp);
	put8(a, opcode);
	modrm_reg(a, reg, rm);
}

/* SHLX, SHRX, SARX dst, src, count; the prefix tells them apart. */
enum { X_SHLX = 1, X_SARX = 2, X_SHRX = 3 };
static inline void shift_x(
    struct assembler *a, unsigned pp, bool w, unsigned dst, unsigned src, unsigned count)
{
	vex_gpr(a, 2, pp, w, 0xf7, dst, count, src);
}

static inline void rorx(struct assembler *a, bool w, unsigned dst, unsigned src, unsigned n)
{
	vex_gpr(a, 3, 3, w, 0xf0, dst, 0, src);
	put8(a, n);
}

static inline void mulx(struct assembler *a, bool w, unsigned high, unsigned low, unsigned src)
{
	vex_gpr(a, 2, 3, w, 0xf6, high, low, src);
}

static inline void pext(struct assembler *a, bool w, unsigned dst, unsigned src, unsigned mask)
{
	vex_gpr(a, 2, 2, w, 0xf5, dst, src, mask);
}

static inline void shrd(struct assembler *a, bool w, unsigned dst, unsigned src, unsigned n)
{
	op0f_rr(a, 0, 0xac, w, src, dst, false);
	put8(a, n);
}

static inline void bswap(struct assembler *a, bool w, unsigned dst)
{
	rex(a, w, 0, 0, dst, false);
	put8(a, 0x0f);
	put8(a, 0xc8 | (dst & 7));
}

static inline void push(struct assembler *a, unsigned reg)
{
	rex(a, false, 0, 0, reg, false);
	put8(a, 0x50 | (reg & 7));
}

static inline void pop(struct assembler *a, unsigned reg)
{
	rex(a, false, 0, 0, reg, false);
	put8(a, 0x58 | (reg & 7));
}

/* Jumps with a 32-bit displacement; the site is where it will be patched. */
static inline uint8_t *jump(struct assembler *a)
{
	put8(a, 0xe9);
	put32(a, 0);
	return a->p - 4;
}

static inline uint8_t *jump_if(struct assembler *a, enum x64_cc cc)
{
	put8(a, 0x0f);
	put8(a, 0x80 | cc);
	put32(a, 0);
	return a->p - 4;
}

static inline uint8_t *call_rel(struct assembler *a)
{
	put8(a, 0xe8);
	put32(a, 0);
	return a->p - 4;
}

static inline void jump_mem(struct assembler *a, struct mem m)
{
	op_rm(a, 0xff, false, 4, m);
}

static inline void patch_to(uint8_t *site, const uint8_t *target)
{
	int32_t d = (int32_t)(target - (site + 4));
	memcpy(site, &d, 4);
}

#endif
