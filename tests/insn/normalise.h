/* Assembly text in a form in which two disassemblers can be compared: one space after the
 * mnemonic, none elsewhere, every number in hexadecimal, no '#', lists of registers written out,
 * one name for each condition. */
#ifndef MYNA_TESTS_INSN_NORMALISE_H
#define MYNA_TESTS_INSN_NORMALISE_H

#include <stddef.h>

void normalise(const char *text, char *out, size_t size);

#endif
