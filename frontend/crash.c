/* The handler.
 *
 * It prints with stdio and may allocate.  That is safe where it does so: the interrupted code is
 * translated code, so the thread is in no function of the C library and holds none of its locks. If
 * the report fails nevertheless, a second crash ends the process as usual, and so does an alarm if
 * it hangs.
 */
#include "frontend/crash.h"

#include <cpuid.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#include "frontend/dump.h"
#include "frontend/fp_trap.h"
#include "frontend/status.h"
#include "frontend/terminal.h"
#include "machine/boards/virt_arm64.h"
#include "machine/machine.h"

#define STACK_SIZE    (256 << 10)
#define REPORT_SECOND 20 /* far more than a report takes */

static const int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE};
#define CRASHES (sizeof(crashes) / sizeof(crashes[0]))

/* The process has one set of handlers: like the terminal's, this state is global. */
static struct machine *machine;
static struct sigaction before[CRASHES];
static void *stack;

/* In the order of the numbers that instructions have for them. */
static const struct {
	const char *name;
	int greg;
} registers[16] = {
    {"rax", REG_RAX},
    {"rcx", REG_RCX},
    {"rdx", REG_RDX},
    {"rbx", REG_RBX},
    {"rsp", REG_RSP},
    {"rbp", REG_RBP},
    {"rsi", REG_RSI},
    {"rdi", REG_RDI},
    {"r8", REG_R8},
    {"r9", REG_R9},
    {"r10", REG_R10},
    {"r11", REG_R11},
    {"r12", REG_R12},
    {"r13", REG_R13},
    {"r14", REG_R14},
    {"r15", REG_R15},
};

/* Vector registers 0 to 15 are where FXSAVE puts them, 16 to 31 in component 7 of XSAVE, which is
 * there if the frame is extended (Intel SDM 1, 13.4; Linux,
 * arch/x86/include/uapi/asm/sigcontext.h). */
#define EXTENDED_MAGIC        0x46505853
#define EXTENDED_MAGIC_OFFSET 464
#define XSTATE_BV_OFFSET      512
#define UPPER_VECTORS         7
#define UPPER_STRIDE          64

static void take_vectors(struct engine_crash *c, const void *fpstate)
{
	const uint8_t *frame = fpstate;
	uint32_t magic, size = 0, offset = 0, unused;
	uint64_t present;

	if (!frame)
		return;
	memcpy(c->vector, ((const struct _libc_fpstate *)fpstate)->_xmm, 16 * 16);
	c->vectors = 16;
	memcpy(&magic, frame + EXTENDED_MAGIC_OFFSET, sizeof(magic));
	if (magic != EXTENDED_MAGIC ||
	    !__get_cpuid_count(0xd, UPPER_VECTORS, &size, &offset, &unused, &unused))
		return;
	memcpy(&present, frame + XSTATE_BV_OFFSET, sizeof(present));
	for (unsigned k = 0; k < 16 && size; k++)
		if (present >> UPPER_VECTORS & 1)
			memcpy(c->vector[16 + k], frame + offset + k * UPPER_STRIDE, 16);
	c->vectors = 32; /* those that are not present are 0 */
}

static void print_place(const struct engine_crash *c, const struct engine_block *b)
{
	static const char *const part[] = {"in its straight path", "in its part out of line"};

	if (!b->count) {
		fprintf(stderr, "not in a block but in the code around them, at host address %p\n",
		    (const void *)c->at);
		return;
	}
	fprintf(stderr, "in the block of %u guest instructions at guest pc %#" PRIx64 "\n",
	    b->count, b->pc);
	for (unsigned k = 0; k < 2; k++)
		if (c->at >= b->code[k].at && c->at < b->code[k].at + b->code[k].size)
			fprintf(stderr, "%s, +%#zx, at host address %p\n", part[k],
			    (size_t)(c->at - b->code[k].at), (const void *)c->at);
}

static void print_registers(const struct engine_crash *c)
{
	const struct device *cpu = &machine->running->dev;

	fputs("registers of the host:\n", stderr);
	for (unsigned k = 0; k < 16; k++)
		fprintf(stderr, "  %-3s %016" PRIx64 "%s", registers[k].name, c->gpr[k],
		    k % 4 == 3 ? "\n" : "");
	fprintf(stderr, "registers of the guest (%s):\n", cpu->tag);
	state_print(&cpu->type->table, cpu->state, stderr);
}

static void report(
    const struct engine_crash *c, const struct engine_block *b, const siginfo_t *info)
{
	struct dump dump = {stderr, DUMP_GUEST | DUMP_IR | DUMP_HOST, c->at};

	terminal_restore();
	fflush(stdout);
	fprintf(stderr,
	    "\nmyna: internal error: translated code crashed with signal %d (%s), address %p\n"
	    "This is a mistake of myna's own; please report it with all that follows. "
	    "--engine interp does without translated code.\n",
	    info->si_signo, strsignal(info->si_signo), info->si_addr);
	print_place(c, b);
	if (b->count) {
		dump_block(&dump, b, ENGINE_LOWERED);
		dump_block(&dump, b, ENGINE_TRANSLATED);
	}
	print_registers(c);
	fprintf(stderr, "instructions executed before this slice: %" PRIu64 "\n",
	    machine->running->retired);
}

/* Do what would have been done without us: a fault happens again when this returns. */
static void pass_on(int number, const siginfo_t *info)
{
	for (size_t i = 0; i < CRASHES; i++)
		if (crashes[i] == number)
			sigaction(number, &before[i], NULL);
	if (info->si_code <= 0) /* sent by somebody */
		raise(number);
}

static void on_crash(int number, siginfo_t *info, void *context)
{
	const greg_t *gregs = ((const ucontext_t *)context)->uc_mcontext.gregs;
	struct engine_crash crash = {.at = (const uint8_t *)gregs[REG_RIP]};
	struct engine_block block;

	if (number == SIGFPE && fp_trap_resume(context))
		return;
	for (unsigned k = 0; k < 16; k++)
		crash.gpr[k] = (uint64_t)gregs[registers[k].greg];
	take_vectors(&crash, ((const ucontext_t *)context)->uc_mcontext.fpregs);
	if (info->si_code <= 0 || !machine || !virt_engine_crashed(machine, &crash, &block)) {
		pass_on(number, info);
		return;
	}
	signal(SIGALRM, SIG_DFL);
	alarm(REPORT_SECOND);
	report(&crash, &block, info);
	_exit(STATUS_INTERNAL);
}

bool crash_catch(struct machine *m)
{
	struct sigaction catch = {.sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	stack_t own = {.ss_size = STACK_SIZE};

	stack = stack ? stack : malloc(STACK_SIZE);
	own.ss_sp = stack;
	if (!stack || sigaltstack(&own, NULL))
		return false;
	machine = m;
	for (size_t i = 0; i < CRASHES; i++)
		sigaction(crashes[i], &catch, &before[i]);
	return true;
}

void crash_forget(void)
{
	if (!machine)
		return;
	for (size_t i = 0; i < CRASHES; i++)
		sigaction(crashes[i], &before[i], NULL);
	machine = NULL;
}
