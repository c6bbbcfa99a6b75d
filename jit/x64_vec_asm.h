/* Encoder of vector instructions (Intel SDM volume 2): VEX where all registers are below 16, else
 * EVEX with a length of 128 bits.
 *
 * An opcode is one number: map (1 0F, 2 0F38, 3 0F3A), mandatory prefix (0 none, 1 66, 2 F3, 3 F2),
 * W, and the opcode byte.  W is EVEX's; VEX has it where it chooses an operation (V_W below).
 */
#ifndef MYNA_JIT_X64_VEC_ASM_H
#define MYNA_JIT_X64_VEC_ASM_H

#include "jit/x64_asm.h"

#define V(map, pp, w, opcode) \
	((uint32_t)(map) << 16 | (uint32_t)(pp) << 12 | (uint32_t)(w) << 8 | (opcode))
#define V_W         (1u << 9)  /* VEX has the same W */
#define V_EVEX      (1u << 10) /* there is no VEX form */
#define V_MAP(op)   ((op) >> 16 & 3)
#define V_PP(op)    ((op) >> 12 & 3)
#define V_BIT_W(op) ((op) >> 8 & 1)

static inline uint8_t *vex_prefix_at(
    uint8_t *p, uint32_t op, unsigned reg, unsigned vvvv, unsigned index, unsigned base)
{
	bool w = op & V_W && V_BIT_W(op);
	if (V_MAP(op) == 1 && !w && index < 8 && base < 8) {
		p = byte_at(p, 0xc5);
		p = byte_at(p, (~reg >> 3 & 1) << 7 | (~vvvv & 15) << 3 | V_PP(op));
	} else {
		p = byte_at(p, 0xc4);
		p = byte_at(p, (~reg >> 3 & 1) << 7 | (~index >> 3 & 1) << 6 |
				   (~base >> 3 & 1) << 5 | V_MAP(op));
		p = byte_at(p, w << 7 | (~vvvv & 15) << 3 | V_PP(op));
	}
	return byte_at(p, op & 0xff);
}

/* `index` carries bit 4 of a register operand in its bit 3; `mask` is k0 to k7. */
static inline uint8_t *evex_prefix_at(uint8_t *p, uint32_t op, unsigned reg, unsigned vvvv,
    unsigned index, unsigned base, unsigned mask)
{
	p = byte_at(p, 0x62);
	p = byte_at(p, (~reg >> 3 & 1) << 7 | (~index >> 3 & 1) << 6 | (~base >> 3 & 1) << 5 |
			   (~reg >> 4 & 1) << 4 | V_MAP(op));
	p = byte_at(p, V_BIT_W(op) << 7 | (~vvvv & 15) << 3 | 1 << 2 | V_PP(op));
	p = byte_at(p, (~vvvv >> 4 & 1) << 3 | mask);
	return byte_at(p, op & 0xff);
}

/* op reg, vvvv, rm; vvvv 0 where the instruction has none. */
static inline void vop(struct assembler *a, uint32_t op, unsigned reg, unsigned vvvv, unsigned rm)
{
	uint8_t *p = (reg | vvvv | rm) < 16 && !(op & V_EVEX)
			 ? vex_prefix_at(a->p, op, reg, vvvv, 0, rm)
			 : evex_prefix_at(a->p, op, reg, vvvv, rm >> 1, rm, 0);
	a->p = modrm_reg_at(p, reg, rm);
}

static inline void vop_imm(
    struct assembler *a, uint32_t op, unsigned reg, unsigned vvvv, unsigned rm, unsigned imm)
{
	vop(a, op, reg, vvvv, rm);
	put8(a, imm);
}

/* Without VEX or a mandatory prefix: op reg, rm; registers below 16. */
static inline void legacy_op(struct assembler *a, uint32_t op, unsigned reg, unsigned rm)
{
	uint8_t *p = rex_at(a->p, false, reg, 0, rm, false);
	p = byte_at(p, 0x0f);
	p = byte_at(p, V_MAP(op) == 2 ? 0x38 : 0x3a);
	p = byte_at(p, op & 0xff);
	a->p = modrm_reg_at(p, reg, rm);
}

/* EVEX whatever the registers: the result is a mask register. */
static inline void vop_mask(
    struct assembler *a, uint32_t op, unsigned k, unsigned vvvv, unsigned rm)
{
	a->p = modrm_reg_at(evex_prefix_at(a->p, op, k, vvvv, rm >> 1, rm, 0), k, rm);
}

/* Memory operands: a displacement of EVEX always has 32 bits, so none needs scaling. */
static inline uint8_t *modrm_mem32_at(uint8_t *p, unsigned reg, struct mem m)
{
	return imm32_at(modrm_base_at(p, 2, reg, m), (uint32_t)m.disp);
}

static inline void vop_mem(
    struct assembler *a, uint32_t op, unsigned reg, unsigned vvvv, struct mem m)
{
	unsigned index = m.index == X64_NO_REG ? 0 : m.index;
	if ((reg | vvvv) < 16 && !(op & V_EVEX))
		a->p = modrm_mem_at(vex_prefix_at(a->p, op, reg, vvvv, index, m.base), reg, m);
	else
		a->p =
		    modrm_mem32_at(evex_prefix_at(a->p, op, reg, vvvv, index, m.base, 0), reg, m);
}

static inline uint8_t *modrm_near_at(uint8_t *p, unsigned reg, const uint8_t *target)
{
	p = byte_at(p, (reg & 7) << 3 | 5); /* [RIP + disp32] */
	patch_to(p, target);
	return p + 4;
}

/* The operand is the constant at `target`, near the code. */
static inline void vop_const(
    struct assembler *a, uint32_t op, unsigned reg, unsigned vvvv, const uint8_t *target)
{
	uint8_t *p = (reg | vvvv) < 16 && !(op & V_EVEX)
			 ? vex_prefix_at(a->p, op, reg, vvvv, 0, 0)
			 : evex_prefix_at(a->p, op, reg, vvvv, 0, 0, 0);
	a->p = modrm_near_at(p, reg, target);
}

/* A general register and 64 bits in memory. */
static inline void alu_const(
    struct assembler *a, enum x64_alu op, unsigned reg, const uint8_t *target)
{
	uint8_t *p = rex_at(a->p, true, reg, 0, 0, false);
	a->p = modrm_near_at(byte_at(p, (unsigned)op * 8 + 3), reg, target);
}

static inline void vop_mask_const(
    struct assembler *a, uint32_t op, unsigned k, unsigned vvvv, const uint8_t *target)
{
	a->p = modrm_near_at(evex_prefix_at(a->p, op, k, vvvv, 0, 0, 0), k, target);
}

/* Loads, stores, moves. */
#define VMOVUPS_LOAD  V(1, 0, 0, 0x10)
#define VMOVUPS_STORE V(1, 0, 0, 0x11)
#define VMOVAPS       V(1, 0, 0, 0x28)
#define VMOVD_FROM    V(1, 1, 0, 0x6e) /* from a general register or memory, zeros above */
#define VMOVD_TO      V(1, 1, 0, 0x7e)
#define VMOVQ_FROM    (V(1, 1, 1, 0x6e) | V_W)
#define VMOVQ_TO      (V(1, 1, 1, 0x7e) | V_W)
#define VMOVQ         V(1, 2, 1, 0x7e) /* the low half, zeros above */
#define VMOVSS_LOAD   V(1, 2, 0, 0x10)
#define VMOVQ_STORE   V(1, 1, 1, 0xd6)
#define VMOVSS_STORE  V(1, 2, 0, 0x11)
#define VINSERTPS     V(3, 1, 0, 0x21)
#define VPXOR         V(1, 1, 0, 0xef)
#define VPTEST        V(2, 1, 0, 0x17) /* VEX only */

static inline void vec_move(struct assembler *a, unsigned dst, unsigned src)
{
	if (dst != src)
		vop(a, VMOVAPS, dst, 0, src);
}

static inline void vec_load(struct assembler *a, unsigned dst, struct mem m)
{
	vop_mem(a, VMOVUPS_LOAD, dst, 0, m);
}

static inline void vec_store(struct assembler *a, struct mem m, unsigned src)
{
	vop_mem(a, VMOVUPS_STORE, src, 0, m);
}

/* The low half of a VEX instruction's mask registers: KORTESTB k1, k2 (VEX.L0.66.0F.W0 98). */
static inline void kortestb(struct assembler *a, unsigned k1, unsigned k2)
{
	uint8_t *p = byte_at(byte_at(byte_at(a->p, 0xc5), 0xf9), 0x98);
	a->p = modrm_reg_at(p, k1, k2);
}

/* LDMXCSR (2) and STMXCSR (3) of [m]. */
static inline void mxcsr(struct assembler *a, unsigned n, struct mem m)
{
	op0f_rm(a, 0xae, false, n, m);
}

#endif
