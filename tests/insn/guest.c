/* The differential test's other side: an aarch64 Linux program without libc.  It tells the host
 * where a block's exit must go, then reads batches from standard input, runs their blocks and
 * writes the states back.  Run under qemu-aarch64. */
#include "image.h"

#define BATCH ((struct batch *)(uintptr_t)BATCH_ADDRESS)

enum {
	SYS_EXIT = 93,
	SYS_READ = 63,
	SYS_WRITE = 64,
	SYS_MMAP = 222,
	SYS_SIGALTSTACK = 132,
	SYS_SIGACTION = 134
};
enum { PROT_RWX = 7, MAP_PRIVATE_FIXED_ANONYMOUS = 0x32 };
enum { SIGILL = 4, SIGTRAP = 5, SIGBUS = 7, SIGFPE = 8, SIGSEGV = 11 };
#define SA_FLAGS (UINT64_C(0x48000004)) /* SA_ONSTACK, SA_NODEFER, SA_SIGINFO */

void enter(struct image *image, uint32_t *code);
void leave_faulted(void) __attribute__((noreturn));
void runner_exit(void);

/* Written by enter() for whoever leaves the block. */
uint64_t runner_sp;
struct image *runner_image;

static long call(long number, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;
	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}

static void finish(int status)
{
	for (;;)
		call(SYS_EXIT, status, 0, 0, 0, 0, 0);
}

static int transfer(long number, int fd, void *buffer, long size)
{
	char *p = buffer;
	while (size > 0) {
		long n = call(number, fd, (long)p, size, 0, 0, 0);
		if (n <= 0)
			return 0;
		p += n;
		size -= n;
	}
	return 1;
}

/* The kernel's signal frame: struct ucontext, of which only the program counter is wanted. */
struct guest_ucontext {
	uint64_t flags, link, stack[3];
	uint8_t mask[128];
	uint8_t pad[8];
	uint64_t fault_address, x[31], sp, pc, pstate;
};

static void on_signal(int number, void *info, struct guest_ucontext *u)
{
	runner_image->fault = number == SIGILL                        ? FAULT_UNDEFINED
			      : number == SIGSEGV || number == SIGBUS ? FAULT_MEMORY
								      : FAULT_OTHER;
	runner_image->fault_pc = u->pc;
	leave_faulted();
}

static void catch_signals(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	static struct {
		void *sp;
		uint64_t flags;
		uint64_t size;
	} alt;
	static struct {
		void (*handler)(int, void *, struct guest_ucontext *);
		uint64_t flags;
		void *restorer;
		uint64_t mask;
	} action;
	static const int numbers[] = {SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV};
	alt.sp = stack;
	alt.size = sizeof stack;
	call(SYS_SIGALTSTACK, (long)&alt, 0, 0, 0, 0, 0);
	action.handler = on_signal;
	action.flags = SA_FLAGS;
	for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		call(SYS_SIGACTION, numbers[i], (long)&action, 0, 8, 0, 0);
}

/* 16 bytes is the smallest cache line there can be. */
static void make_executable(void *code, uint64_t size)
{
	for (uint64_t at = 0; at < size; at += 16)
		__asm__ volatile("dc cvau, %0\n\tic ivau, %0"
				 :
				 : "r"((char *)code + at)
				 : "memory");
	__asm__ volatile("dsb ish\n\tisb" : : : "memory");
}

void start(void);

void start(void)
{
	long got = call(
	    SYS_MMAP, BATCH_ADDRESS, sizeof *BATCH, PROT_RWX, MAP_PRIVATE_FIXED_ANONYMOUS, -1, 0);
	if (got != (long)BATCH_ADDRESS)
		finish(2);
	catch_signals();
	uint64_t exit_address = (uintptr_t)runner_exit;
	if (!transfer(SYS_WRITE, 1, &exit_address, sizeof exit_address))
		finish(3);
	while (transfer(SYS_READ, 0, BATCH, sizeof *BATCH)) {
		make_executable(BATCH->code, sizeof BATCH->code);
		for (uint64_t i = 0; i < BATCH->count; i++)
			enter(&BATCH->image[i], BATCH->code[i]);
		if (!transfer(SYS_WRITE, 1, BATCH->image, sizeof BATCH->image))
			finish(3);
	}
	finish(0);
}
