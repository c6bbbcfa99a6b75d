/* The user's terminal and the signals that end a run.
 *
 * Both belong to the process, so this is the one file of the frontend with global state.  The
 * terminal is put back on every way out: return, exit(), signals asked for and signals of a crash.
 */
#ifndef MYNA_FRONTEND_TERMINAL_H
#define MYNA_FRONTEND_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From now on SIGINT, SIGTERM, SIGHUP and SIGQUIT are requests; a second one of them ends the
 * process at once.  False when the host refuses. */
bool terminal_catch_signals(void);

/* The signal that asked to end the run, or 0. */
int terminal_signal(void);

/* A descriptor that becomes readable when such a signal arrives, for poll(). */
int terminal_signal_fd(void);

/* Switch standard input, if it is a terminal, to one byte at a time without echo.  True if it is
 * now in that mode. */
bool terminal_raw(void);
void terminal_restore(void);

/* The escape key and what follows it. */
enum terminal_command {
	TERMINAL_NONE,
	TERMINAL_QUIT,
	TERMINAL_HELP,
	TERMINAL_POWER_KEY,
	TERMINAL_MONITOR
};

struct terminal_keys {
	bool escaped; /* Ctrl-A was typed */
};

/* Take the escape sequences out of `n` typed bytes; returns how many remain.  `command` is the
 * last one asked for. */
size_t terminal_filter(
    struct terminal_keys *k, uint8_t *bytes, size_t n, enum terminal_command *command);

extern const char terminal_help[];

#endif
