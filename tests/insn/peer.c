#include "tests/insn/peer.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool read_all(int fd, void *buffer, size_t size)
{
	for (char *p = buffer; size;) {
		ssize_t n = read(fd, p, size);
		if (n <= 0)
			return false;
		p += n;
		size -= (size_t)n;
	}
	return true;
}

static bool write_all(int fd, const void *buffer, size_t size)
{
	for (const char *p = buffer; size;) {
		ssize_t n = write(fd, p, size);
		if (n <= 0)
			return false;
		p += n;
		size -= (size_t)n;
	}
	return true;
}

bool peer_open(struct peer *p, const char *emulator, const char *program)
{
	int to[2], from[2];
	if (pipe(to) || pipe(from)) {
		perror("pipe");
		return false;
	}
	signal(SIGPIPE, SIG_IGN);
	p->pid = fork();
	if (p->pid == 0) {
		dup2(to[0], 0);
		dup2(from[1], 1);
		close(to[0]), close(to[1]), close(from[0]), close(from[1]);
		execlp(emulator, emulator, "-cpu", "max", program, (char *)NULL);
		perror(emulator);
		_exit(127);
	}
	close(to[0]);
	close(from[1]);
	p->to = to[1];
	p->from = from[0];
	if (p->pid > 0 && read_all(p->from, &p->exit_address, sizeof p->exit_address))
		return true;
	fprintf(stderr, "%s %s did not start\n", emulator, program);
	peer_close(p);
	return false;
}

void peer_close(struct peer *p)
{
	close(p->to);
	close(p->from);
	if (p->pid > 0)
		waitpid(p->pid, NULL, 0);
}

/* msr tpidr_el0, x30; ldr x30, <the address>; br x30; the address */
void peer_exit(const struct peer *p, uint32_t code[SLOT_EXIT])
{
	code[0] = 0xd51bd05e;
	code[1] = 0x5800005e;
	code[2] = 0xd61f03c0;
	memcpy(&code[3], &p->exit_address, sizeof p->exit_address);
}

bool peer_run(struct peer *p, struct batch *b)
{
	return write_all(p->to, b, sizeof *b) && read_all(p->from, b->image, sizeof b->image);
}
