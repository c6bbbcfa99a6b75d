/* Constants of 16 bytes that emitted code reads, relative to itself. */
#ifndef MYNA_JIT_X64_CONST_H
#define MYNA_JIT_X64_CONST_H

#include <stdint.h>

enum x64_const {
	X64_SIGN32, /* in every lane */
	X64_SIGN64,
	X64_ABS32,
	X64_ABS64,
	X64_TINY32, /* the smallest normal number, shifted left by one */
	X64_TINY64,
	X64_HALF32, /* 0.5, in lane 0 */
	X64_HALF64,
	X64_ONE32,
	X64_ONE64,
	X64_LIMIT32, /* 2^23, 2^52: what is not smaller has no fraction */
	X64_LIMIT64,
	X64_TWO30_32, /* 2^30 */
	X64_TWO30_64,
	X64_SIGN32_LOW, /* in lane 0 */
	X64_SIGN64_LOW,
	X64_ABOVE32, /* what is above the low 32 bits, the low 64 */
	X64_ABOVE64,
	X64_BYTES_0F,
	X64_WORDS_00FF,
	X64_WORDS_FF00,
	X64_COUNTS, /* set bits of 0 to 15 */
	X64_ZEROS,
	X64_ONES,
	X64_CONSTANTS
};

static const uint64_t x64_constants[X64_CONSTANTS][2] = {
    [X64_SIGN32] = {UINT64_C(0x8000000080000000), UINT64_C(0x8000000080000000)},
    [X64_SIGN64] = {UINT64_C(1) << 63, UINT64_C(1) << 63},
    [X64_ABS32] = {UINT64_C(0x7fffffff7fffffff), UINT64_C(0x7fffffff7fffffff)},
    [X64_ABS64] = {INT64_MAX, INT64_MAX},
    [X64_TINY32] = {UINT64_C(0x0100000001000000), UINT64_C(0x0100000001000000)},
    [X64_TINY64] = {UINT64_C(1) << 53, UINT64_C(1) << 53},
    [X64_HALF32] = {0x3f000000, 0},
    [X64_HALF64] = {UINT64_C(0x3fe0000000000000), 0},
    [X64_ONE32] = {0x3f800000, 0},
    [X64_ONE64] = {UINT64_C(0x3ff0000000000000), 0},
    [X64_LIMIT32] = {0x4b000000, 0},
    [X64_LIMIT64] = {UINT64_C(0x4330000000000000), 0},
    [X64_TWO30_32] = {0x4e800000, 0},
    [X64_TWO30_64] = {UINT64_C(0x41d0000000000000), 0},
    [X64_SIGN32_LOW] = {UINT64_C(1) << 31, 0},
    [X64_SIGN64_LOW] = {UINT64_C(1) << 63, 0},
    [X64_ABOVE32] = {UINT64_MAX << 32, UINT64_MAX},
    [X64_ABOVE64] = {0, UINT64_MAX},
    [X64_BYTES_0F] = {UINT64_C(0x0f0f0f0f0f0f0f0f), UINT64_C(0x0f0f0f0f0f0f0f0f)},
    [X64_WORDS_00FF] = {UINT64_C(0x00ff00ff00ff00ff), UINT64_C(0x00ff00ff00ff00ff)},
    [X64_WORDS_FF00] = {UINT64_C(0xff00ff00ff00ff00), UINT64_C(0xff00ff00ff00ff00)},
    [X64_ONES] = {UINT64_MAX, UINT64_MAX},
    [X64_COUNTS] = {UINT64_C(0x0302020102010100), UINT64_C(0x0403030203020201)},
};

#endif
