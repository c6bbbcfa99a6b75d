/* Other disassemblers: Capstone as a library, objdump as a process. */
#ifndef MYNA_TESTS_INSN_JUDGE_H
#define MYNA_TESTS_INSN_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JUDGE_PC   UINT64_C(0x40001000)
#define JUDGE_TEXT 256

struct judge;

/* `name` is "capstone" or the command of an objdump for aarch64.  The words stand one behind the
 * other from JUDGE_PC on; they are not copied.  NULL with a message on failure. */
struct judge *judge_open(const char *name, const uint32_t *words, size_t count);
/* Capstone for ARM or Thumb; of a Thumb word the lower halfword counts, and they stand two bytes
 * apart. */
struct judge *judge_open_arm(const uint32_t *words, size_t count, bool thumb);
void judge_close(struct judge *j);

/* The next word's normalised text, "undefined" if it has none; false at the end or on failure. */
bool judge_next(struct judge *j, char text[JUDGE_TEXT]);

#endif
