/* The text form of a block, one operation a line:
 *
 *	block pc 0x40001000 context 1 guest 2
 *	v1 = GET i64 #0x10 @0
 *	v2 = LOAD i64 v1, #0xfffffffffffffff8 /0x3 @0
 *	SET v2, #0x18 @0
 *	JUMP #0x40001008 @1
 *
 * An operation: its number if it has a value, name, type, operands, #imm and /info if they are not
 * 0, and the guest instruction.  Operations without a value count too: numbers are positions.
 * A semicolon starts a comment.
 */
#ifndef MYNA_JIT_IR_TEXT_H
#define MYNA_JIT_IR_TEXT_H

#include <stddef.h>
#include <stdio.h>

#include "jit/ir.h"

void ir_print(const struct ir_block *b, FILE *f);

/* Read what ir_print() writes; ir_finish() is the caller's.  Everything is checked that makes a
 * block safe to finish, evaluate and compile; that its slots exist and that its LOAD_HOSTs follow
 * a PROBE is not.  False with "line N: ..." in `why`. */
bool ir_read(struct ir_block *b, const char *text, char *why, size_t size);

#endif
