/* Operations on vectors in plain C: what a host without the instruction calls, and eval.c. */
#ifndef MYNA_JIT_VECTOR_H
#define MYNA_JIT_VECTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "jit/ir.h"

/* `what` is the operation in bits 7:0, its info in 15:8, its imm in 63:16; v[0], v[1], v[2] are its
 * operands, low half first.  The result replaces the first. */
void vector_lanes(uint64_t what, uint64_t v[3][2]);

/* The operations that take and give vectors, and have no effect. */
bool vector_is_lanes(enum ir_op op);
/* The info that such an operation may have, as bits: for most, log2 of a lane's bytes. */
unsigned vector_infos(enum ir_op op);

#endif
