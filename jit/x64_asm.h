/* x86-64 instruction encoder: just what the host emits (Intel SDM volume 2).
 *
 * Every function appends at a->p; room is checked once per block by the caller.  `w` chooses 64-bit
 * operands.  Memory operands are [base + disp] or [base + index + disp].
 *
 * An instruction is put together by *_at() functions, which take the place of the next byte and
 * return the one after: the compiler must assume that a byte stored changes a->p.  They may write a
 * few bytes more than they append.
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

static inline uint8_t *byte_at(uint8_t *p, unsigned v)
{
	*p = (uint8_t)v;
	return p + 1;
}

static inline uint8_t *imm32_at(uint8_t *p, uint32_t v)
{
	memcpy(p, &v, 4);
	return p + 4;
}

/* One byte if it fits, else four. */
static inline uint8_t *imm_at(uint8_t *p, int32_t v)
{
	memcpy(p, &v, 4);
	return p + (fits8(v) ? 1 : 4);
}

static inline uint8_t *rex_at(
    uint8_t *p, bool w, unsigned reg, unsigned index, unsigned base, bool force)
{
	unsigned v = 0x40 | w << 3 | (reg >> 3 & 1) << 2 | (index >> 3 & 1) << 1 | (base >> 3 & 1);
	*p = (uint8_t)v;
	return p + (v != 0x40 || force);
}

static inline uint8_t *modrm_reg_at(uint8_t *p, unsigned reg, unsigned rm)
{
	return byte_at(p, 0xc0 | (reg & 7) << 3 | (rm & 7));
}

/* All of it but the displacement. */
static inline uint8_t *modrm_base_at(uint8_t *p, unsigned mod, unsigned reg, struct mem m)
{
	bool sib = m.index != X64_NO_REG || (m.base & 7) == RSP;
	p[0] = (uint8_t)(mod << 6 | (reg & 7) << 3 | (sib ? 4 : (m.base & 7)));
	p[1] = (uint8_t)((unsigned)m.shift << 6 |
			 ((m.index != X64_NO_REG ? m.index : RSP) & 7) << 3 | (m.base & 7));
	return p + 1 + sib;
}

static inline uint8_t *modrm_mem_at(uint8_t *p, unsigned reg, struct mem m)
{
	unsigned mod = m.disp == 0 && (m.base & 7) != RBP ? 0 : fits8(m.disp) ? 1 : 2;
	p = modrm_base_at(p, mod, reg, m);
	memcpy(p, &m.disp, 4);
	return p + (mod == 2 ? 4 : mod);
}

/* op reg, rm with a one-byte opcode; `byte`: rm is a byte register, so SPL.. need a REX. */
static inline uint8_t *op_rr_at(uint8_t *p, unsigned opcode, bool w, unsigned reg, unsigned rm)
{
	p = rex_at(p, w, reg, 0, rm, false);
	p = byte_at(p, opcode);
	return modrm_reg_at(p, reg, rm);
}

static inline uint8_t *op_rm_at(uint8_t *p, unsigned opcode, bool w, unsigned reg, struct mem m)
{
	p = rex_at(p, w, reg, m.index == X64_NO_REG ? 0 : m.index, m.base, false);
	p = byte_at(p, opcode);
	return modrm_mem_at(p, reg, m);
}

static inline void op_rr(struct assembler *a, unsigned opcode, bool w, unsigned reg, unsigned rm)
{
	a->p = op_rr_at(a->p, opcode, w, reg, rm);
}

static inline void op_rm(struct assembler *a, unsigned opcode, bool w, unsigned reg, struct mem m)
{
	a->p = op_rm_at(a->p, opcode, w, reg, m);
}

/* ... with a 0F opcode and optional mandatory prefix. */
static inline void op0f_rr(struct assembler *a, unsigned prefix, unsigned opcode, bool w,
    unsigned reg, unsigned rm, bool byte)
{
	uint8_t *p = a->p;
	if (prefix)
		p = byte_at(p, prefix);
	p = rex_at(p, w, reg, 0, rm, byte);
	p = byte_at(p, 0x0f);
	p = byte_at(p, opcode);
	a->p = modrm_reg_at(p, reg, rm);
}

static inline void op0f_rm(struct assembler *a, unsigned opcode, bool w, unsigned reg, struct mem m)
{
	uint8_t *p = rex_at(a->p, w, reg, m.index == X64_NO_REG ? 0 : m.index, m.base, false);
	p = byte_at(p, 0x0f);
	p = byte_at(p, opcode);
	a->p = modrm_mem_at(p, reg, m);
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

static inline void mov_store8(struct assembler *a, struct mem m, unsigned src)
{
	unsigned index = m.index == X64_NO_REG ? 0 : m.index;
	uint8_t *p = rex_at(a->p, false, src, index, m.base, src >= RSP);
	a->p = modrm_mem_at(byte_at(p, 0x88), src, m);
}

/* The shortest form that leaves the flags alone. */
static inline void mov_imm(struct assembler *a, unsigned dst, uint64_t v)
{
	bool zero_extended = v <= UINT32_MAX;
	if (!zero_extended && fits32((int64_t)v)) {
		a->p = imm32_at(op_rr_at(a->p, 0xc7, true, 0, dst), (uint32_t)v);
		return;
	}
	uint8_t *p = rex_at(a->p, !zero_extended, 0, 0, dst, false);
	p = byte_at(p, 0xb8 | (dst & 7));
	memcpy(p, &v, 8);
	a->p = p + (zero_extended ? 4 : 8);
}

/* mov [m], imm32 sign-extended to 64 bits if w. */
static inline void mov_store_imm(struct assembler *a, bool w, struct mem m, int32_t v)
{
	a->p = imm32_at(op_rm_at(a->p, 0xc7, w, 0, m), (uint32_t)v);
}

static inline void alu_rr(struct assembler *a, enum x64_alu op, bool w, unsigned dst, unsigned src)
{
	op_rr(a, op * 8 + 3, w, dst, src);
}

static inline void alu_imm(struct assembler *a, enum x64_alu op, bool w, unsigned dst, int32_t v)
{
	a->p = imm_at(op_rr_at(a->p, fits8(v) ? 0x83 : 0x81, w, op, dst), v);
}

static inline void alu_rm(struct assembler *a, enum x64_alu op, bool w, unsigned dst, struct mem m)
{
	op_rm(a, op * 8 + 3, w, dst, m);
}

static inline void alu_mem_imm(
    struct assembler *a, enum x64_alu op, bool w, struct mem m, int32_t v)
{
	a->p = imm_at(op_rm_at(a->p, fits8(v) ? 0x83 : 0x81, w, op, m), v);
}

static inline void alu_rm8(struct assembler *a, enum x64_alu op, unsigned dst, struct mem m)
{
	op_rm(a, op * 8 + 2, false, dst, m); /* RAX to RDX, or R8 and above */
}

static inline void cmp_mem8(struct assembler *a, struct mem m, unsigned v)
{
	a->p = byte_at(op_rm_at(a->p, 0x80, false, ALU_CMP, m), v);
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
	a->p = imm32_at(op_rr_at(a->p, 0xf7, w, 0, x), (uint32_t)v);
}

static inline void lea(struct assembler *a, bool w, unsigned dst, struct mem m)
{
	op_rm(a, 0x8d, w, dst, m);
}

static inline void shift_imm(
    struct assembler *a, enum x64_shift op, bool w, unsigned dst, unsigned n)
{
	a->p = byte_at(op_rr_at(a->p, 0xc1, w, op, dst), n);
}

static inline void shift_cl(struct assembler *a, enum x64_shift op, bool w, unsigned dst)
{
	op_rr(a, 0xd3, w, op, dst);
}

/* CDQ, CQO: RDX = the sign of RAX in every bit. */
static inline void sign_to_rdx(struct assembler *a, bool w)
{
	a->p = byte_at(rex_at(a->p, w, 0, 0, 0, false), 0x99);
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
	a->p = imm32_at(op_rr_at(a->p, 0x69, w, dst, src), (uint32_t)v);
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
static inline uint8_t *vex_gpr_at(uint8_t *p, unsigned map, unsigned pp, bool w, unsigned opcode,
    unsigned reg, unsigned vvvv, unsigned rm)
{
	p = byte_at(p, 0xc4);
	p = byte_at(p, (~reg >> 3 & 1) << 7 | 1 << 6 | (~rm >> 3 & 1) << 5 | map);
	p = byte_at(p, w << 7 | (~vvvv & 15) << 3 | pp);
	p = byte_at(p, opcode);
	return modrm_reg_at(p, reg, rm);
}

/* SHLX, SHRX, SARX dst, src, count; the prefix tells them apart. */
enum { X_SHLX = 1, X_SARX = 2, X_SHRX = 3 };
static inline void shift_x(
    struct assembler *a, unsigned pp, bool w, unsigned dst, unsigned src, unsigned count)
{
	a->p = vex_gpr_at(a->p, 2, pp, w, 0xf7, dst, count, src);
}

static inline void rorx(struct assembler *a, bool w, unsigned dst, unsigned src, unsigned n)
{
	a->p = byte_at(vex_gpr_at(a->p, 3, 3, w, 0xf0, dst, 0, src), n);
}

static inline void mulx(struct assembler *a, bool w, unsigned high, unsigned low, unsigned src)
{
	a->p = vex_gpr_at(a->p, 2, 3, w, 0xf6, high, low, src);
}

static inline void pext(struct assembler *a, bool w, unsigned dst, unsigned src, unsigned mask)
{
	a->p = vex_gpr_at(a->p, 2, 2, w, 0xf5, dst, src, mask);
}

static inline void shrd(struct assembler *a, bool w, unsigned dst, unsigned src, unsigned n)
{
	op0f_rr(a, 0, 0xac, w, src, dst, false);
	put8(a, n);
}

static inline void bswap(struct assembler *a, bool w, unsigned dst)
{
	uint8_t *p = rex_at(a->p, w, 0, 0, dst, false);
	p = byte_at(p, 0x0f);
	a->p = byte_at(p, 0xc8 | (dst & 7));
}

static inline void push(struct assembler *a, unsigned reg)
{
	a->p = byte_at(rex_at(a->p, false, 0, 0, reg, false), 0x50 | (reg & 7));
}

static inline void pop(struct assembler *a, unsigned reg)
{
	a->p = byte_at(rex_at(a->p, false, 0, 0, reg, false), 0x58 | (reg & 7));
}

/* Jumps with a 32-bit displacement; the site is where it will be patched. */
static inline uint8_t *jump(struct assembler *a)
{
	a->p = imm32_at(byte_at(a->p, 0xe9), 0);
	return a->p - 4;
}

static inline uint8_t *jump_if(struct assembler *a, enum x64_cc cc)
{
	a->p = imm32_at(byte_at(byte_at(a->p, 0x0f), 0x80 | cc), 0);
	return a->p - 4;
}

static inline uint8_t *call_rel(struct assembler *a)
{
	a->p = imm32_at(byte_at(a->p, 0xe8), 0);
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
