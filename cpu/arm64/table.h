/* The A64 instruction table: rows of insns.def and the decoder over them. */
#ifndef MYNA_CPU_ARM64_TABLE_H
#define MYNA_CPU_ARM64_TABLE_H

#include "cpu/arm64/arm64.h"
#include "cpu/decode.h"

#define ARM64_NO_ROW UINT32_MAX

const struct decoder *arm64_decoder(void);

/* Fill `out` for `word`; unallocated words get undefined(). */
void arm64_decode(uint32_t word, struct insn *out);

#endif
