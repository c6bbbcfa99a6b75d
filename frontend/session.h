/* A run from power-on to its end: drives a machine in pieces and carries bytes in and out.
 *
 * What the guest sees depends on the machine and on the tick at which input is put into its ports.
 * Without input from the host - no terminal, no socket - nothing here reads a clock or descriptor
 * in a way the guest could notice.  Pieces only bound how long the host waits for attention.
 */
#ifndef MYNA_FRONTEND_SESSION_H
#define MYNA_FRONTEND_SESSION_H

#include "frontend/serial.h"
#include "frontend/shots.h"
#include "frontend/terminal.h"
#include "frontend/typist.h"
#include "frontend/until.h"
#include "machine/machine.h"

#define SESSION_PORTS 2 /* the first serial port and the virtio console */

enum session_end {
	END_NONE,
	END_POWER_OFF,
	END_RESET,  /* with `reboot` off */
	END_UNTIL,  /* until.reached says which */
	END_QUIT,   /* the user's Ctrl-A x */
	END_SIGNAL, /* terminal_signal() */
	END_WALL,
	END_STUCK,  /* every CPU waits for something that cannot come */
	END_OUTPUT, /* output cannot be written: see the host's `error` */
};

struct session {
	struct machine *machine;
	struct serial_host hosts[SESSION_PORTS];
	struct until until;
	struct typist typist;
	struct shots shots;
	struct terminal_keys keys;
	bool interactive; /* the terminal is in raw mode */
	bool pace;        /* guest time stays behind the wall clock */
	bool reboot;      /* go on after a reset */
	bool progress;
	bool input_open;     /* input may come from elsewhere than the ports */
	bool stop_at_frame;  /* a step ends when the screen has finished a picture */
	uint64_t wall_limit; /* nanoseconds, 0: none */
	/* Kept by the functions below. */
	unsigned port_count; /* of the machine's, at most SESSION_PORTS */
	enum session_end end;
	uint64_t wall_start, wall_ns;      /* host clock at the start; time taken */
	uint64_t tick_start, insn_start;   /* guest time and instructions at the start */
	uint64_t anchor_wall, anchor_tick; /* pacing: this tick belongs to that host time */
	uint64_t progress_due, progress_insn;
	unsigned resets;
	bool idle_for_good; /* the last piece ended with nothing to wait for but input */
};

/* Run to the end.  Everything above "Kept by" is the caller's. */
enum session_end session_run(struct session *s);

/* The same in parts, for a loop that has more to do.  The ports and the screen of the machine get
 * their sinks in session_begin(). */
void session_begin(struct session *s);
/* Run up to tick `end`, or to something due before it; then carry bytes in and out, and judge
 * whether that was the end. */
void session_step(struct session *s, uint64_t end);
void session_finish(struct session *s);

/* Guest time and the host's. */
uint64_t session_ticks(const struct session *s, uint64_t ns);
uint64_t session_ns(const struct session *s, uint64_t ticks);

/* A nanosecond clock of the host that never goes back. */
uint64_t host_clock(void);

#endif
