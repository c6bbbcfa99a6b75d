/* Changed code: written, copied, patched in place, through other addresses, and beside the data
 * that it works on, each time with the cache maintenance that the architecture asks for. */
#include "guest.h"

#define CODE  0x80000000u /* executable */
#define ALIAS 0x80400000u /* the same page, to write through */

static u32 *pages;

static void put(u32 *at, const u32 *words, unsigned count)
{
	for (unsigned n = 0; n < count; n++)
		((volatile u32 *)at)[n] = words[n];
	code_written(at, count * 4);
}

/* Functions that have never been there before, through the page and from its start again. */
static void fresh_functions(void)
{
	for (u32 n = 0; n < 4000; n++) {
		u32 *f = pages + n * 2 % 1024;
		put(f, (const u32[]){INSN_MOVZ(0, n), INSN_RET}, 2);
		CHECK(call((u64)f, 0, 0), n);
	}
}

/* One function that changes between calls, hot in between. */
static void patched_function(void)
{
	for (u32 n = 0; n < 1000; n++) {
		put(pages, (const u32[]){INSN_ADD(0, 0, n), INSN_RET}, 2);
		u64 sum = 0;
		for (unsigned k = 0; k < 20; k++)
			sum = call((u64)pages, sum, 0);
		CHECK(sum, 20 * n);
	}
}

/* A loop that patches the instruction it will run next, on its own page: x0 calls for words, the
 * one in `patch` being an add of 0 to 4095. */
u64 patches_itself(u64 count);
__asm__(".text\n"
	".balign 4096\n"
	"patches_itself:\n"
	"	mov	x5, #0\n"
	"	mov	x4, #0\n"
	"	ldr	w6, =0x910000a5\n" /* add x5, x5, #0 */
	"	adr	x7, 2f\n"
	"1:	and	w1, w4, #0xfff\n"
	"	orr	w1, w6, w1, lsl #10\n"
	"	str	w1, [x7]\n"
	"	dc	cvau, x7\n"
	"	dsb	ish\n"
	"	ic	ivau, x7\n"
	"	dsb	ish\n"
	"	isb\n"
	"2:	add	x5, x5, #0\n"
	"	add	x4, x4, #1\n"
	"	cmp	x4, x0\n"
	"	b.ne	1b\n"
	"	mov	x0, x5\n"
	"	ret\n"
	"	.ltorg\n"
	"	.balign 4096\n");

/* Two functions of different shape, to be copied: x0 rounds of a loop over x1. */
extern const u32 shape_a[], shape_a_end[], shape_b[], shape_b_end[];
__asm__("shape_a:\n"
	"	mov	x2, #0\n"
	"1:	add	x2, x2, x1\n"
	"	subs	x0, x0, #1\n"
	"	b.ne	1b\n"
	"	mov	x0, x2\n"
	"	ret\n"
	"shape_a_end:\n"
	"shape_b:\n"
	"	mov	x2, x1\n"
	"	cbz	x0, 2f\n"
	"1:	eor	x2, x2, x0\n"
	"	tbz	x2, #0, 3f\n"
	"	add	x2, x2, #1\n"
	"3:	sub	x0, x0, #1\n"
	"	cbnz	x0, 1b\n"
	"2:	mov	x0, x2\n"
	"	ret\n"
	"shape_b_end:\n");

static u64 model_b(u64 count, u64 v)
{
	for (; count; count--) {
		v ^= count;
		v += v & 1;
	}
	return v;
}

/* Ways of writing 16 bytes of code. */
static void write_bytes(u8 *to, const u8 *from)
{
	for (unsigned n = 0; n < 16; n++)
		((volatile u8 *)to)[n] = from[n];
}

static void write_pair(u8 *to, const u8 *from)
{
	__asm__ volatile("ldp x9, x10, [%1]\n\tstp x9, x10, [%0]"
			 :
			 : "r"(to), "r"(from)
			 : "x9", "x10", "memory");
}

static void write_vector(u8 *to, const u8 *from)
{
	__asm__ volatile("ldr q0, [%1]\n\tstr q0, [%0]" : : "r"(to), "r"(from) : "memory");
}

static void write_structures(u8 *to, const u8 *from)
{
	__asm__ volatile("ld1 {v0.16b}, [%1]\n\tst1 {v0.16b}, [%0]"
			 :
			 : "r"(to), "r"(from)
			 : "memory");
}

static void write_atomically(u8 *to, const u8 *from)
{
	for (unsigned n = 0; n < 16; n += 8) {
		u64 v;
		__asm__ volatile(".arch_extension lse\n\tldr %0, [%2]\n\tswp %0, xzr, [%1]"
				 : "=&r"(v)
				 : "r"(to + n), "r"(from + n)
				 : "memory");
	}
}

static void write_exclusively(u8 *to, const u8 *from)
{
	for (unsigned n = 0; n < 16; n += 4) {
		u32 v, failed;
		__asm__ volatile("1:	ldr %w0, [%3]\n\tldxr w9, [%2]\n\tstxr %w1, %w0, [%2]\n"
				 "	cbnz %w1, 1b"
				 : "=&r"(v), "=&r"(failed)
				 : "r"(to + n), "r"(from + n)
				 : "x9", "memory");
	}
}

/* Unaligned: the first byte apart, then 8 and 7 at odd addresses. */
static void write_unaligned(u8 *to, const u8 *from)
{
	*(volatile u8 *)to = *from;
	__asm__ volatile("ldur x9, [%1, #1]\n\tldur x10, [%1, #8]\n"
			 "	stur x9, [%0, #1]\n\tstur x10, [%0, #8]"
			 :
			 : "r"(to), "r"(from)
			 : "x9", "x10", "memory");
}

static void (*const writers[])(u8 *to, const u8 *from) = {write_bytes, write_pair, write_vector,
    write_structures, write_atomically, write_exclusively, write_unaligned};

static void copy_with(unsigned writer, void *to, const u32 *from, const u32 *end)
{
	size_t bytes = (size_t)(end - from) * 4;
	for (size_t n = 0; n < bytes; n += 16)
		writers[writer]((u8 *)to + n, (const u8 *)from + n);
	code_written(to, bytes);
}

/* Code copied over other code in every way there is of writing; zeroed whole as well. */
static void copied_over(void)
{
	for (unsigned n = 0; n < 700; n++) {
		unsigned writer = n % COUNT(writers);
		copy_with(writer, pages, shape_a, shape_a_end);
		CHECK(call((u64)pages, 30, n), 30 * n);
		copy_with((writer + n) % COUNT(writers), pages, shape_b, shape_b_end);
		CHECK(call((u64)pages, 30, n), model_b(30, n));
	}
	__asm__ volatile("dc zva, %0" : : "r"(pages) : "memory");
	code_written(pages, 64);
	on_exception = skip_instruction;
	taken_count = 0;
	put(pages + 1, (const u32[]){INSN_MOVZ(0, 7), INSN_RET}, 2); /* behind a zero: undefined */
	CHECK(call((u64)pages, 0, 0), 7);
	CHECK(taken_count, 1);
	CHECK(EXCEPTION_CLASS(&taken), EC_UNKNOWN);
	on_exception = NULL;
}

/* Written through one address, executed at another, and the other way round. */
static void through_an_alias(void)
{
	map(CODE, pages, PAGE_NORMAL);
	map(ALIAS, pages, PAGE_NORMAL | PAGE_PXN);
	for (u32 n = 0; n < 1000; n++) {
		u32 *write = n & 1 ? (u32 *)(u64)ALIAS : pages;
		put(write + 16, (const u32[]){INSN_ADD(0, 1, n), INSN_RET}, 2);
		code_written((void *)(u64)(CODE + 64), 8);
		CHECK(call(CODE + 64, 0, 5), n + 5);
		CHECK(call((u64)(pages + 16), 0, 6), n + 6);
		CHECK(call(CODE + 64, 0, 7), n + 7);
	}
	remap(CODE, 0);
	remap(ALIAS, 0);
}

/* A loop that counts in memory of its own page. */
static void beside_data(void)
{
	static const u32 loop[] = {
	    0x10000802, /* adr x2, 0x100 */
	    0xf9400043, /* ldr x3, [x2] */
	    0x8b010063, /* add x3, x3, x1 */
	    0xf9000043, /* str x3, [x2] */
	    0xf1000400, /* subs x0, x0, #1 */
	    0x54ffff81, /* b.ne 4 */
	    0xaa0303e0, /* mov x0, x3 */
	    INSN_RET,
	};
	*(volatile u64 *)(pages + 64) = 0;
	put(pages, loop, COUNT(loop));
	u64 expected = 0;
	for (u64 n = 1; n <= 20; n++) {
		expected += 100 * n;
		CHECK(call((u64)pages, 100, n), expected);
	}
}

/* A function over the boundary of two pages, of which now one half changes, now the other; a store
 * over the boundary changes both. */
static void over_a_boundary(void)
{
	u32 *f = pages + 1023;
	put(f - 1, (const u32[]){INSN_ADD(0, 0, 1), INSN_ADD(0, 0, 2), INSN_ADD(0, 0, 3), INSN_RET},
	    4);
	u64 first = 2, second = 3;
	for (u32 n = 0; n < 1000; n++) {
		u64 both;
		switch (n % 3) {
		case 0: put(f, (const u32[]){INSN_ADD(0, 0, first = n)}, 1); break;
		case 1: put(f + 1, (const u32[]){INSN_ADD(0, 0, second = n)}, 1); break;
		case 2:
			both = INSN_ADD(0, 0, first = n + 1) | (u64)INSN_ADD(0, 0, second = n + 2)
								   << 32;
			store64((u64)f, both);
			code_written(f, 8);
		}
		CHECK(call((u64)(f - 1), 100, 0), 101 + first + second);
	}
}

/* DMA changes code: fw_cfg writes four bytes, its number of CPUs, over an instruction's low half.
 */
static void by_dma(void)
{
	enum { FW_CFG = 0x09020000, KEY_CPUS = 5, SELECT = 8, READ = 2 };
	static volatile u32 request[4] __attribute__((aligned(16)));
	map(FW_CFG, (void *)FW_CFG, PAGE_NORMAL | PAGE_DEVICE | PAGE_PXN);
	for (u32 n = 1; n < 200; n++) {
		put(pages,
		    (const u32[]){INSN_MOVZ(0, n), INSN_MOVZ(1, 0), INSN_ADD(0, 0, 1), INSN_RET},
		    4);
		CHECK(call((u64)pages, 0, 0), n + 1);
		request[0] = __builtin_bswap32(KEY_CPUS << 16 | SELECT | READ);
		request[1] = __builtin_bswap32(2); /* movz x0, #n becomes movz x1, #0 */
		request[2] = __builtin_bswap32((u32)((u64)pages >> 32));
		request[3] = __builtin_bswap32((u32)(u64)pages);
		synchronise();
		*(volatile u64 *)(FW_CFG + 16) = __builtin_bswap64((u64)request);
		CHECK(request[0], 0);
		code_written(pages, 16);
		CHECK(call((u64)pages, 50, 0), 51);
	}
}

int main(void)
{
	pages = pages_new(2);
	fresh_functions();
	patched_function();
	CHECK(patches_itself(4000), 4000 * 3999 / 2);
	copied_over();
	through_an_alias();
	beside_data();
	over_a_boundary();
	by_dma();
	return 0;
}
