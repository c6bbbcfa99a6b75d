/* The other side of the FP differential test: an aarch64 Linux program without libc.  It reads
 * exchanges from standard input, executes each case and writes the cases back.  Run under
 * qemu-aarch64. */
#include "exchange.h"

enum { SYS_READ = 63, SYS_WRITE = 64, SYS_EXIT = 93, SYS_MMAP = 222 };
enum { PROT_RWX = 7, MAP_PRIVATE_ANONYMOUS = 0x22 };

static struct exchange exchange;
static uint32_t *code; /* each word and a return */

static long call(long number, long a, long b, long c, long d, long e)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4)
			 : "memory");
	return x0;
}

static int transfer(long number, int fd, void *buffer, long size)
{
	char *p = buffer;
	while (size > 0) {
		long n = call(number, fd, (long)p, size, 0, 0);
		if (n <= 0)
			return 0;
		p += n;
		size -= n;
	}
	return 1;
}

static void write_code(void)
{
	for (unsigned n = 0; n < EXCHANGE_WORDS; n++) {
		code[2 * n] = exchange.words[n];
		code[2 * n + 1] = 0xd65f03c0; /* ret */
	}
	for (unsigned n = 0; n < 2 * EXCHANGE_WORDS; n++)
		__asm__ volatile("dc cvau, %0\n\tic ivau, %0" : : "r"(&code[n]) : "memory");
	__asm__ volatile("dsb ish\n\tisb" : : : "memory");
}

static void execute(struct fp_case *c)
{
	register struct fp_case *p __asm__("x19") = c;
	register const uint32_t *at __asm__("x20") = &code[2 * c->word];
	__asm__ volatile(
	    "ldp q0, q1, [x19]\n\t"
	    "ldp q2, q3, [x19, 32]\n\t"
	    "mov v18.16b, v2.16b\n\t"
	    "ldp x2, x3, [x19, 80]\n\t"
	    "ldr x4, [x19, 96]\n\t"
	    "msr nzcv, x2\n\t"
	    "msr fpcr, x3\n\t"
	    "msr fpsr, x4\n\t"
	    "ldp x0, x1, [x19, 64]\n\t"
	    "blr x20\n\t"
	    "stp q0, q1, [x19]\n\t"
	    "stp q2, q3, [x19, 32]\n\t"
	    "stp x0, x1, [x19, 64]\n\t"
	    "mrs x2, nzcv\n\t"
	    "mrs x4, fpsr\n\t"
	    "str x2, [x19, 80]\n\t"
	    "str x4, [x19, 96]\n\t"
	    "msr fpcr, xzr\n\t"
	    :
	    : "r"(p), "r"(at)
	    : "x0", "x1", "x2", "x3", "x4", "x30", "v0", "v1", "v2", "v3", "v18", "cc", "memory");
}

void start(void);

void start(void)
{
	code =
	    (uint32_t *)call(SYS_MMAP, 0, 8 * EXCHANGE_WORDS, PROT_RWX, MAP_PRIVATE_ANONYMOUS, -1);
	while (transfer(SYS_READ, 0, &exchange, sizeof exchange)) {
		write_code();
		for (unsigned n = 0; n < EXCHANGE_CASES; n++)
			execute(&exchange.cases[n]);
		if (!transfer(SYS_WRITE, 1, exchange.cases, sizeof exchange.cases))
			break;
	}
	for (;;)
		call(SYS_EXIT, 0, 0, 0, 0, 0);
}
