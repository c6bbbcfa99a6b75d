/* Predicates used by insns_fp*.def. */
#ifndef MYNA_CPU_ARM64_VALID_FP_H
#define MYNA_CPU_ARM64_VALID_FP_H

#include <stdbool.h>
#include <stdint.h>

/* ftype (bits 23:22) is single, double or half; 10 is unallocated. */
static inline bool valid_ftype(uint32_t w)
{
	return (w >> 22 & 3) != 2;
}

/* The scale of a 32-bit fixed-point register: at most 32 fraction bits. */
static inline bool valid_fp_fixed(uint32_t w)
{
	return valid_ftype(w) && (w >> 31 || (w >> 15 & 1));
}

/* FMOV between registers of equal size, or any with half. */
static inline bool valid_fmov_int(uint32_t w)
{
	unsigned ftype = w >> 22 & 3;
	return ftype == 3 || ftype == w >> 31;
}

/* FCVT: from a precision to another. */
static inline bool valid_fcvt(uint32_t w)
{
	return valid_ftype(w) && (w >> 22 & 3) != (w >> 15 & 3);
}

/* A vector of singles or doubles (sz): there is no 1D. */
static inline bool valid_fp_t(uint32_t w)
{
	return !(w >> 22 & 1) || (w >> 30 & 1);
}

/* By element: the index of a double is H alone, so L is 0. */
static inline bool valid_fp_element(uint32_t w)
{
	return !(w >> 22 & 1) || !(w >> 21 & 1);
}

static inline bool valid_fp_element_v(uint32_t w)
{
	return valid_fp_t(w) && valid_fp_element(w);
}

/* immh, bits 22:19, of half, single or double elements. */
static inline bool valid_fp_immh(uint32_t w)
{
	return (w >> 19 & 15) >= 2;
}

static inline bool valid_fp_immh_v(uint32_t w)
{
	return valid_fp_immh(w) && valid_fp_t(w);
}

#endif
