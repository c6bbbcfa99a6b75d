/* Predicates used by insns_int.def, insns_mem.def and insns_sys.def. */
#ifndef MYNA_CPU_ARM64_VALID_INT_H
#define MYNA_CPU_ARM64_VALID_INT_H

#include <stdbool.h>
#include <stdint.h>

/* DecodeBitMasks(): N = 1 only with sf, an element length exists, and imms is not all ones in it.
 */
static inline bool valid_bitmask(uint32_t w)
{
	uint32_t sf = w >> 31, n = w >> 22 & 1, imms = w >> 10 & 63;
	if (n > sf)
		return false;
	uint32_t key = n << 6 | (~imms & 63);
	if (key < 2)
		return false;
	uint32_t levels = (1u << (31 - __builtin_clz(key))) - 1;
	return (imms & levels) != levels;
}

/* hw: a 32-bit register has two halfwords. */
static inline bool valid_movw(uint32_t w)
{
	return w >> 31 || !(w >> 22 & 1);
}

static inline bool valid_imms32(uint32_t w)
{
	return w >> 31 || !(w >> 15 & 1);
}

/* N = sf, and positions inside the register. */
static inline bool valid_bitfield(uint32_t w)
{
	return (w >> 31) == (w >> 22 & 1) && (w >> 31 || !(w & (1u << 21 | 1u << 15)));
}

static inline bool valid_extr(uint32_t w)
{
	return (w >> 31) == (w >> 22 & 1) && valid_imms32(w);
}

/* Shifted register, arithmetic: no ROR. */
static inline bool valid_addsub_shift(uint32_t w)
{
	return (w >> 22 & 3) != 3 && valid_imms32(w);
}

/* Extended register: a left shift of at most 4. */
static inline bool valid_addsub_ext(uint32_t w)
{
	return (w >> 10 & 7) <= 4;
}

/* CRC32: the doubleword form, and only it, has sf set. */
static inline bool valid_crc32(uint32_t w)
{
	return (w >> 31) == ((w >> 10 & 3) == 3);
}

/* Register offset: the index is a word or a doubleword. */
static inline bool valid_index(uint32_t w)
{
	return w >> 14 & 1;
}

/* CASP: both register pairs start even. */
static inline bool valid_casp(uint32_t w)
{
	return !(w >> 16 & 1) && !(w & 1);
}

#endif
