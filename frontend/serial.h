/* The host's end of a serial port: the terminal, a file, a Unix socket or nothing.
 *
 * Guest output is buffered and goes out with serial_host_flush(), which the run loop calls between
 * pieces of a run.  Only this side blocks or fails; the guest never notices.
 */
#ifndef MYNA_FRONTEND_SERIAL_H
#define MYNA_FRONTEND_SERIAL_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frontend/status.h"

enum serial_kind { SERIAL_NULL, SERIAL_STDIO, SERIAL_FILE, SERIAL_UNIX };

#define SERIAL_BUFFER 16384

struct serial_host {
	enum serial_kind kind;
	const char *path;
	int in, out;      /* -1: none; for a socket both are the client */
	int listener;     /* Unix socket waiting for a client, or -1 */
	bool reading;     /* input is wanted and has not ended */
	bool newline;     /* the last byte written ended a line, or nothing was written */
	int error;        /* errno of the write that failed for good, 0 so far */
	uint64_t dropped; /* bytes nobody was there to read */
	size_t used;
	uint8_t buffer[SERIAL_BUFFER];
};

/* Nothing: what serial_host_close() leaves and may be given. */
void serial_host_init(struct serial_host *h);

/* `spec` is the argument of `option`: stdio, file:F, unix:F, null and QEMU's mon:stdio, none and
 * trailing ,server,nowait.  With `read_input` false standard input is left alone. */
enum status serial_host_open(struct serial_host *h, const char *spec, const char *option,
    bool read_input, char *why, size_t size);
/* Flushes and closes; removes the socket. */
void serial_host_close(struct serial_host *h);

void serial_host_write(struct serial_host *h, const uint8_t *bytes, size_t n);
void serial_host_flush(struct serial_host *h);

/* Accept a client if one waits.  Then up to `n` bytes that are there already; 0 is none. */
size_t serial_host_read(struct serial_host *h, uint8_t *out, size_t n);

/* What to poll() for input, in at most one entry; returns how many were filled. */
unsigned serial_host_poll(const struct serial_host *h, struct pollfd *fds);

#endif
