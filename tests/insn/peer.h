/* The differential test's other side: guest.c run by an independent emulator as a process. */
#ifndef MYNA_TESTS_INSN_PEER_H
#define MYNA_TESTS_INSN_PEER_H

#include <stdbool.h>

#include "tests/insn/image.h"

struct peer {
	int pid, to, from;
	uint64_t exit_address; /* where a block's exit branches to */
};

/* Start `emulator` -cpu max `program`.  False, with a message, if that fails. */
bool peer_open(struct peer *p, const char *emulator, const char *program);
void peer_close(struct peer *p);

/* The exit to put behind a block's body. */
void peer_exit(const struct peer *p, uint32_t code[SLOT_EXIT]);

/* Run all blocks of `b`, which gets the states they end in.  False if the process died. */
bool peer_run(struct peer *p, struct batch *b);

#endif
