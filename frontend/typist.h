/* --type: somebody at the serial port who waits for a text and then types another.
 *
 * Everything happens in guest time, so a run with a typist is still a function of its options.
 */
#ifndef MYNA_FRONTEND_TYPIST_H
#define MYNA_FRONTEND_TYPIST_H

#include "frontend/match.h"
#include "frontend/options.h"
#include "machine/endpoint.h"

struct typist_line {
	struct text_match after;
	uint8_t *text;
	size_t size;
};

struct typist {
	struct typist_line lines[OPTION_LIST_MAX];
	unsigned count;
	unsigned seen;  /* lines whose `after` has appeared */
	unsigned typed; /* lines typed to the end */
	size_t at;      /* bytes typed of the line in hand */
	uint64_t due;   /* tick of the next byte, UINT64_MAX while there is none */
	uint64_t step;  /* ticks between bytes */
};

/* `now` is the tick the run starts at: lines that wait for nothing are due then. */
enum status typist_parse(struct typist *t, const struct option_list *list, uint64_t tick_hz,
    uint64_t now, char *why, size_t size);
void typist_free(struct typist *t);

/* A byte came out of the port at tick `now`.  True if a line became due. */
bool typist_byte(struct typist *t, uint8_t byte, uint64_t now);

/* Type what is due at `now` into the port. */
void typist_type(struct typist *t, struct serial_port *port, uint64_t now);

#endif
