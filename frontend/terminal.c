/* Raw mode (termios(3)), signals (signal-safety(7)) and the escape key. */
#include "frontend/terminal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <termios.h>
#include <unistd.h>

#define ESCAPE_KEY 0x01 /* Ctrl-A */

const char terminal_help[] = "Ctrl-A x       quit\n"
			     "Ctrl-A h       this list\n"
			     "Ctrl-A p       press the machine's power key\n"
			     "Ctrl-A c       reserved for the monitor, which does not exist yet\n"
			     "Ctrl-A Ctrl-A  send Ctrl-A\n";

static struct termios cooked, raw;
static volatile sig_atomic_t is_raw;    /* what the terminal is to be while we run */
static volatile sig_atomic_t requested; /* signal that asked for the end */
static int wake_fd = -1;

static void restore_from_handler(void)
{
	if (is_raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &cooked); /* async-signal-safe */
}

/* Let the signal do what it does without a handler. */
static void die_of(int number)
{
	struct sigaction standard = {.sa_handler = SIG_DFL};

	restore_from_handler();
	sigaction(number, &standard, NULL);
	raise(number);
}

static void on_request(int number)
{
	const uint64_t one = 1;
	int saved = errno;

	if (requested) {
		die_of(number);
		return;
	}
	requested = number;
	if (write(wake_fd, &one, sizeof(one)) < 0) {
		/* The counter is full: it is readable already. */
	}
	errno = saved;
}

static void on_crash(int number)
{
	die_of(number);
}

static void on_stop(int number)
{
	int saved = errno;

	(void)number;
	restore_from_handler();
	raise(SIGSTOP);
	if (is_raw) /* continued */
		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	errno = saved;
}

bool terminal_catch_signals(void)
{
	static const int requests[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	/* No SA_RESTART: a blocked write or poll comes back to look at the request. */
	struct sigaction request = {.sa_handler = on_request};
	struct sigaction stop = {.sa_handler = on_stop, .sa_flags = SA_RESTART};

	wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (wake_fd < 0)
		return false;
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		struct sigaction before;

		/* nohup and background jobs ignore some of them on purpose. */
		if (!sigaction(requests[i], NULL, &before) && before.sa_handler != SIG_IGN)
			sigaction(requests[i], &request, NULL);
	}
	sigaction(SIGTSTP, &stop, NULL);
	return true;
}

int terminal_signal(void)
{
	return requested;
}

int terminal_signal_fd(void)
{
	return wake_fd;
}

static void catch_crashes(void)
{
	static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
	struct sigaction crash = {.sa_handler = on_crash, .sa_flags = SA_NODEFER | SA_RESETHAND};

	for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
		sigaction(crashes[i], &crash, NULL);
}

bool terminal_raw(void)
{
	static bool registered;

	if (is_raw)
		return true;
	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &cooked))
		return false;
	if (!registered && atexit(terminal_restore))
		return false;
	registered = true;
	catch_crashes();
	raw = cooked;
	cfmakeraw(&raw);
	/* A guest that ends lines with a bare newline stays readable. */
	raw.c_oflag = cooked.c_oflag;
	is_raw = 1;
	if (tcsetattr(STDIN_FILENO, TCSANOW, &raw))
		is_raw = 0;
	return is_raw;
}

void terminal_restore(void)
{
	if (!is_raw)
		return;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &cooked);
	is_raw = 0;
}

size_t terminal_filter(
    struct terminal_keys *k, uint8_t *bytes, size_t n, enum terminal_command *command)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (!k->escaped) {
			k->escaped = bytes[i] == ESCAPE_KEY;
			if (!k->escaped)
				bytes[kept++] = bytes[i];
			continue;
		}
		k->escaped = false;
		switch (bytes[i]) {
		case 'x': *command = TERMINAL_QUIT; return kept;
		case 'h': *command = TERMINAL_HELP; break;
		case 'p': *command = TERMINAL_POWER_KEY; break;
		case 'c': *command = TERMINAL_MONITOR; break;
		case ESCAPE_KEY: bytes[kept++] = ESCAPE_KEY; break;
		default: break; /* not a command: swallowed */
		}
	}
	return kept;
}
