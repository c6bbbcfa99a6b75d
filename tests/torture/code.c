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

/* DMA changes code: fw_cfg writes its number of CPUs, 1, in four bytes. */
enum { FW_CFG = 0x09020000, FW_CFG_DMA = 16, KEY_CPUS = 5, SELECT = 8, READ = 2 };

static void dma_one(void *to, u32 bytes)
{
	static volatile u32 request[4] __attribute__((aligned(16)));
	request[0] = __builtin_bswap32(KEY_CPUS << 16 | SELECT | READ);
	request[1] = __builtin_bswap32(bytes);
	request[2] = __builtin_bswap32((u32)((u64)to >> 32));
	request[3] = __builtin_bswap32((u32)(u64)to);
	synchronise();
	*(volatile u64 *)(FW_CFG + FW_CFG_DMA) = __builtin_bswap64((u64)request);
	CHECK(request[0], 0);
}

static void by_dma(void)
{
	map(FW_CFG, (void *)FW_CFG, PAGE_NORMAL | PAGE_DEVICE | PAGE_PXN);
	for (u32 n = 1; n < 200; n++) {
		u32 *f = pages + (n & 1 ? 0 : 1024); /* or over the end of a page, two bytes each */
		put(f, (const u32[]){INSN_MOVZ(0, n), INSN_ADD(0, 0, 1), INSN_RET}, 3);
		CHECK(call((u64)f, 0, 0), n + 1);
		dma_one(n & 1 ? (u8 *)f : (u8 *)f - 2, n & 1 ? 2 : 4);
		code_written(f, 16);
		/* The low half of the first word is 1: movz x1, #0; or 0: movz x0, #0. */
		CHECK(call((u64)f, 50, 0), n & 1 ? 51 : 1);
	}
}

/* --- At once --- */

/* Writes w5, in all ways, over the word behind the next one, which then runs without any
 * maintenance: the architecture leaves open what happens, this machine promises that the change is
 * seen. */
#define AT_ONCE(name, text)                                            \
	extern const u32 name[], name##_end[];                         \
	__asm__(".text\n.arch_extension lse\n.balign 16\n" #name ":\n" \
		"	adr	x9, 1f\n"                                        \
		"	dup	v0.4s, w5\n"                                     \
		"	ldr	w6, [x9, #4]\n"                                  \
		"	bfi	x5, x6, #32, #32\n"                              \
		"	" text "\n"                                    \
		"	nop\n.balign 16\n"                                   \
		"1:	mov	x0, #0\n"                                      \
		"	ret\n" #name "_end:\n");
AT_ONCE(once_str, "str w5, [x9]")
AT_ONCE(once_strb, "strb w5, [x9]")
AT_ONCE(once_str_x, "str x5, [x9]")
AT_ONCE(once_stp, "stp w5, w6, [x9]")
AT_ONCE(once_stnp, "stnp w5, w6, [x9]")
AT_ONCE(once_stlr, "stlr w5, [x9]")
AT_ONCE(once_str_s, "str s0, [x9]")
AT_ONCE(once_st1, "st1 {v0.s}[1], [x9]")
AT_ONCE(once_st1_x1, "ins v0.s[1], w6\nst1 {v0.2s}, [x9]")
AT_ONCE(once_stxr, "ldxr w7, [x9]\nstxr w7, w5, [x9]")
AT_ONCE(once_stxp, "ldxp w7, w8, [x9]\nstxp w7, w5, w6, [x9]")
AT_ONCE(once_swp, "swp w5, w7, [x9]")
AT_ONCE(once_cas, "ldr w7, [x9]\ncas w7, w5, [x9]")
AT_ONCE(once_casp, "ldp w10, w11, [x9]\nmov w12, w5\nmov w13, w6\ncasp w10, w11, w12, w13, [x9]")
AT_ONCE(once_unaligned, "sub x9, x9, #3\nldr w7, [x9]\nbfi w7, w5, #24, #8\nstr w7, [x9]")

static const struct {
	const u32 *from, *end;
	bool byte; /* changes the low byte alone */
} at_once[] = {{once_str, once_str_end, false}, {once_strb, once_strb_end, true},
    {once_str_x, once_str_x_end, false}, {once_stp, once_stp_end, false},
    {once_stnp, once_stnp_end, false}, {once_stlr, once_stlr_end, false},
    {once_str_s, once_str_s_end, false}, {once_st1, once_st1_end, false},
    {once_st1_x1, once_st1_x1_end, false}, {once_stxr, once_stxr_end, false},
    {once_stxp, once_stxp_end, false}, {once_swp, once_swp_end, false},
    {once_cas, once_cas_end, false}, {once_casp, once_casp_end, false},
    {once_unaligned, once_unaligned_end, true}};

static void seen_at_once(void)
{
	typedef u64 writer(u64 a, u64 b, u64 c, u64 d, u64 e, u64 word);
	for (unsigned n = 0; n < COUNT(at_once); n++) {
		u32 *f = code_copy(at_once[n].from, at_once[n].end);
		for (unsigned k = 1; k < 60; k++) {
			u64 number = at_once[n].byte ? k % 8 : k;
			CHECK(((writer *)f)(0, 0, 0, 0, 0, INSN_MOVZ(0, number)), number);
		}
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
	seen_at_once();
	return 0;
}
