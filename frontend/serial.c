/* Backends of serial ports. */
#include "frontend/serial.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "frontend/terminal.h"

/* A client that reads nothing for this long is disconnected, so that it cannot stop the guest. */
#define CLIENT_PATIENCE_MS 10000

static enum status fail_open(
    const char *option, const char *spec, const char *what, char *why, size_t size)
{
	snprintf(why, size, "%s %.200s: %s: %s", option, spec, what, strerror(errno));
	return STATUS_USAGE;
}

static enum status open_file(
    struct serial_host *h, const char *spec, const char *option, char *why, size_t size)
{
	h->out = open(h->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	return h->out < 0 ? fail_open(option, spec, "cannot create the file", why, size)
			  : STATUS_OK;
}

/* Remove a socket that a process which is gone left behind; anything else stays. */
static void remove_stale_socket(const struct sockaddr_un *address)
{
	struct stat st;
	int probe;

	if (lstat(address->sun_path, &st) || !S_ISSOCK(st.st_mode))
		return;
	probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (probe < 0)
		return;
	if (connect(probe, (const struct sockaddr *)address, sizeof(*address)) &&
	    errno == ECONNREFUSED)
		unlink(address->sun_path);
	close(probe);
}

static enum status open_socket(
    struct serial_host *h, const char *spec, const char *option, char *why, size_t size)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	mode_t mask;
	int failed;

	if (strlen(h->path) >= sizeof(address.sun_path)) {
		snprintf(why, size, "%s %.60s...: the path of a socket has at most %zu bytes",
		    option, spec, sizeof(address.sun_path) - 1);
		return STATUS_USAGE;
	}
	strcpy(address.sun_path, h->path);
	remove_stale_socket(&address);
	h->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (h->listener < 0)
		return fail_open(option, spec, "cannot make a socket", why, size);
	/* Whoever may connect controls the guest: the owner alone. */
	mask = umask(0177);
	failed = bind(h->listener, (const struct sockaddr *)&address, sizeof(address));
	umask(mask);
	if (failed || listen(h->listener, 1)) {
		enum status status = fail_open(option, spec, "cannot listen there", why, size);

		close(h->listener);
		h->listener = -1;
		return status;
	}
	return STATUS_OK;
}

void serial_host_init(struct serial_host *h)
{
	*h = (struct serial_host){.in = -1, .out = -1, .listener = -1, .newline = true};
}

enum status serial_host_open(struct serial_host *h, const char *spec, const char *option,
    bool read_input, char *why, size_t size)
{
	serial_host_init(h);
	if (!strcmp(spec, "null") || !strcmp(spec, "none"))
		return STATUS_OK;
	h->reading = true;
	if (!strcmp(spec, "stdio") || !strcmp(spec, "mon:stdio")) {
		h->kind = SERIAL_STDIO;
		h->out = STDOUT_FILENO;
		h->in = read_input ? STDIN_FILENO : -1;
		return STATUS_OK;
	}
	if (!strncmp(spec, "file:", 5) && spec[5]) {
		h->kind = SERIAL_FILE;
		h->path = spec + 5;
		return open_file(h, spec, option, why, size);
	}
	if (!strncmp(spec, "unix:", 5) && spec[5]) {
		h->kind = SERIAL_UNIX;
		h->path = spec + 5;
		return open_socket(h, spec, option, why, size);
	}
	snprintf(why, size, "%s %.60s: write stdio, file:F, unix:F or null", option, spec);
	return STATUS_USAGE;
}

void serial_host_close(struct serial_host *h)
{
	serial_host_flush(h);
	if (h->kind == SERIAL_FILE && h->out >= 0 && close(h->out) && !h->error)
		h->error = errno;
	if (h->kind == SERIAL_UNIX && h->out >= 0)
		close(h->out);
	if (h->listener >= 0) {
		close(h->listener);
		unlink(h->path);
	}
	h->in = h->out = h->listener = -1;
}

static void drop_client(struct serial_host *h)
{
	close(h->out);
	h->in = h->out = -1;
}

/* One write.  Returns bytes taken; 0 when the output is gone. */
static size_t write_some(struct serial_host *h, const uint8_t *bytes, size_t n)
{
	struct pollfd wait = {.fd = h->out, .events = POLLOUT};
	ssize_t done;

	if (h->kind != SERIAL_UNIX) {
		do
			done = write(h->out, bytes, n);
		while (done < 0 && errno == EINTR && !terminal_signal());
		if (done < 0 && errno == EAGAIN) /* somebody made our terminal non-blocking */
			return poll(&wait, 1, 100) < 0 && terminal_signal()
				   ? n
				   : write_some(h, bytes, n);
		if (done < 0)
			h->error = errno;
		return done < 0 ? 0 : (size_t)done;
	}
	done = send(h->out, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (done < 0 && errno == EAGAIN && poll(&wait, 1, CLIENT_PATIENCE_MS) == 1)
		done = send(h->out, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (done > 0)
		return (size_t)done;
	drop_client(h);
	return 0;
}

void serial_host_flush(struct serial_host *h)
{
	size_t at = 0;

	while (at < h->used && h->out >= 0 && !h->error) {
		size_t done = write_some(h, h->buffer + at, h->used - at);

		if (!done)
			break;
		at += done;
	}
	h->dropped += h->used - at;
	h->used = 0;
}

void serial_host_write(struct serial_host *h, const uint8_t *bytes, size_t n)
{
	if (!n || h->kind == SERIAL_NULL)
		return;
	h->newline = bytes[n - 1] == '\n';
	while (n) {
		size_t part = n < SERIAL_BUFFER - h->used ? n : SERIAL_BUFFER - h->used;

		memcpy(h->buffer + h->used, bytes, part);
		h->used += part;
		bytes += part;
		n -= part;
		if (h->used == SERIAL_BUFFER)
			serial_host_flush(h);
	}
}

static void accept_client(struct serial_host *h)
{
	if (h->listener < 0 || h->out >= 0)
		return;
	h->in = h->out = accept4(h->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

size_t serial_host_read(struct serial_host *h, uint8_t *out, size_t n)
{
	struct pollfd wait = {.events = POLLIN};
	ssize_t got;

	accept_client(h);
	if (h->in < 0 || !h->reading || !n)
		return 0;
	wait.fd = h->in;
	if (poll(&wait, 1, 0) <= 0)
		return 0;
	got = read(h->in, out, n);
	if (got > 0)
		return (size_t)got;
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (h->kind == SERIAL_UNIX)
		drop_client(h);
	else
		h->reading = false;
	return 0;
}

unsigned serial_host_poll(const struct serial_host *h, struct pollfd *fds)
{
	int fd = h->in >= 0 ? h->in : h->listener;

	if (fd < 0 || !h->reading)
		return 0;
	*fds = (struct pollfd){.fd = fd, .events = POLLIN};
	return 1;
}
