/* What the differential test's two sides exchange: blocks of code, and CPU states before and
 * after.  Also compiled for the guest, so it needs nothing but <stdint.h>.
 *
 * A batch lives at one address in both, so code that computes addresses gives equal results.
 */
#ifndef MYNA_TESTS_INSN_IMAGE_H
#define MYNA_TESTS_INSN_IMAGE_H

#include <stdint.h>

#define BATCH_ADDRESS 0x50000000u
#define BATCH_BLOCKS  256
#define BLOCK_WORDS   128  /* of a slot: entry, body and exit */
#define IMAGE_MEMORY  1024 /* bytes that loads and stores of the block may touch */

struct image {
	uint64_t x[31], sp;
	uint64_t v[64]; /* V0..V31, low half first */
	uint64_t nzcv;  /* as in the system register: bits 31:28 */
	uint64_t fpcr, fpsr;
	uint64_t fault; /* nonzero: the block ended in an exception (FAULT_*) */
	uint64_t fault_pc;
	uint64_t reserved;
	uint8_t memory[IMAGE_MEMORY];
};

enum { FAULT_NONE, FAULT_UNDEFINED, FAULT_MEMORY, FAULT_OTHER };

/* A slot starts with the value of x30, since entering needs a register to branch with; then an
 * instruction that loads it, the body, and an exit that differs between the two sides. */
#define SLOT_BODY 3
#define SLOT_EXIT 5 /* words */

struct batch {
	struct image image[BATCH_BLOCKS];
	uint32_t code[BATCH_BLOCKS][BLOCK_WORDS];
	uint64_t count;
};

#endif
