/* Predicates used by insns_simd*.def.  Named after the element sizes they leave: b h s d; _t stands
 * for every arrangement but 1D. */
#ifndef MYNA_CPU_ARM64_VALID_SIMD_H
#define MYNA_CPU_ARM64_VALID_SIMD_H

#include <stdbool.h>
#include <stdint.h>

static inline uint32_t simd_size(uint32_t w)
{
	return w >> 22 & 3;
}

static inline uint32_t simd_q(uint32_t w)
{
	return w >> 30 & 1;
}

/* Element size in bits 23:22. */
static inline bool simd_t(uint32_t w)
{
	return simd_size(w) != 3 || simd_q(w);
}

static inline bool simd_b(uint32_t w)
{
	return simd_size(w) == 0;
}

static inline bool simd_bh(uint32_t w)
{
	return simd_size(w) < 2;
}

static inline bool simd_bhs(uint32_t w)
{
	return simd_size(w) < 3;
}

static inline bool simd_hs(uint32_t w)
{
	return simd_size(w) == 1 || simd_size(w) == 2;
}

/* At least four lanes. */
static inline bool simd_across(uint32_t w)
{
	return simd_size(w) < 2 + simd_q(w);
}

/* Element size as the lowest bit set in imm5, bits 20:16. */
static inline bool simd_imm5(uint32_t w)
{
	return (w >> 16 & 15) != 0;
}

static inline bool simd_imm5_t(uint32_t w)
{
	uint32_t imm5 = w >> 16 & 15;
	return imm5 != 0 && (imm5 != 8 || simd_q(w));
}

/* The element is narrower than the general register. */
static inline bool simd_smov(uint32_t w)
{
	uint32_t imm5 = w >> 16 & 31;
	return (imm5 & 3) || (simd_q(w) && (imm5 & 7));
}

/* W takes b, h, s; X takes d. */
static inline bool simd_umov(uint32_t w)
{
	uint32_t imm5 = w >> 16 & 15;
	return simd_q(w) ? imm5 == 8 : (imm5 & 7) != 0;
}

/* The first byte lies in the first vector. */
static inline bool simd_ext(uint32_t w)
{
	return simd_q(w) || !(w >> 14 & 1);
}

/* Element size as the highest bit set in immh, bits 22:19; none is a modified immediate. */
static inline bool simd_immh(uint32_t w)
{
	return (w >> 19 & 15) != 0;
}

static inline bool simd_immh_t(uint32_t w)
{
	return simd_immh(w) && (!(w >> 22 & 1) || simd_q(w));
}

static inline bool simd_immh_bhs(uint32_t w)
{
	return simd_immh(w) && !(w >> 22 & 1);
}

/* S, D or Q in bits 31:30. */
static inline bool simd_pair(uint32_t w)
{
	return w >> 30 != 3;
}

/* Structures: element size in bits 11:10. */
static inline bool simd_ls_t(uint32_t w)
{
	return (w >> 10 & 3) != 3 || simd_q(w);
}

/* One lane: opcode 15:14 gives the size, the lane number uses what is left of Q:S:size. */
static inline bool simd_ls_lane(uint32_t w)
{
	uint32_t size = w >> 10 & 3, s = w >> 12 & 1;
	switch (w >> 14 & 3) {
	case 0: return true;
	case 1: return !(size & 1);
	case 2: return size == 0 || (size == 1 && s == 0);
	default: return false;
	}
}

#endif
