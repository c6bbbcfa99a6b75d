/* Translations that change under running loops: by every TLB operation, by the timer at any
 * instruction, by ASIDs and by table bases. */
#include "guest.h"

#define DATA 0x80000000u
#define CODE 0x80400000u
#define FAR  0x01000000u /* pages that TLBs keep in the same place */
#define ASID 5u          /* what TTBR0_EL1 holds outside of the tests of ASIDs */

static u64 *page_a, *page_b, *page_c;

static void fill(u64 *page, u64 value)
{
	for (unsigned n = 0; n < PAGE_SIZE / 8; n++)
		((volatile u64 *)page)[n] = value;
}

/* --- Every operation --- */

#define ARGUMENT_ALL(va)  0
#define ARGUMENT_VA(va)   (TLBI_VA(va) | TLBI_ASID(ASID))
#define ARGUMENT_VAA(va)  TLBI_VA(va)
#define ARGUMENT_ASID(va) TLBI_ASID(ASID)
#define OPERAND_ALL       ""
#define OPERAND_VA        ", %[argument]"
#define OPERAND_VAA       ", %[argument]"
#define OPERAND_ASID      ", %[argument]"

struct kind {
	/* Sum of what `count` loads at `va` find while the descriptor alternates, every 16 loads,
	 * between two values. No ISB, so nothing ends a block. */
	u64 (*loads)(u64 count, u64 va, u64 *entry, u64 now, u64 next);
	void (*invalidate)(u64 va);
	bool global; /* also entries that are */
};

#define KIND(name, argument_, global)                                                            \
	static u64 loads_##name(u64 count, u64 va, u64 *entry, u64 now, u64 next)                \
	{                                                                                        \
		u64 sum = 0, t;                                                                  \
		__asm__ volatile(                                                                \
		    "1:	ldr	%[t], [%[va]]\n"                                                     \
		    "	add	%[sum], %[sum], %[t]\n"                                                \
		    "	sub	%[count], %[count], #1\n"                                              \
		    "	tst	%[count], #15\n"                                                       \
		    "	b.ne	2f\n"                                                                 \
		    "	str	xzr, [%[entry]]\n"                                                     \
		    "	dsb	ishst\n"                                                               \
		    "	tlbi	" #name OPERAND_##argument_                                      \
		    "\n"                                                                         \
		    "	dsb	ish\n"                                                                 \
		    "	str	%[next], [%[entry]]\n"                                                 \
		    "	dsb	ish\n"                                                                 \
		    "	eor	%[now], %[now], %[next]\n"                                             \
		    "	eor	%[next], %[now], %[next]\n"                                            \
		    "	eor	%[now], %[now], %[next]\n"                                             \
		    "2:	cbnz	%[count], 1b\n"                                                     \
		    : [sum] "+r"(sum), [t] "=&r"(t), [count] "+r"(count), [now] "+r"(now),       \
		    [next] "+r"(next)                                                            \
		    : [va] "r"(va), [entry] "r"(entry), [argument] "r"(ARGUMENT_##argument_(va)) \
		    : "cc", "memory");                                                           \
		return sum;                                                                      \
	}                                                                                        \
	static void invalidate_##name(u64 va)                                                    \
	{                                                                                        \
		__asm__ volatile("dsb	ishst\n"                                                   \
				 "	tlbi	" #name OPERAND_##argument_ "\n"                 \
									    "	dsb	ish\n"         \
									    "	isb"               \
				 :                                                               \
				 : [argument] "r"(ARGUMENT_##argument_(va))                      \
				 : "memory");                                                    \
	}
#include "tlbi.def"
#undef KIND

#define KIND(name, argument, global) {loads_##name, invalidate_##name, global},
static const struct kind kinds[] = {
#include "tlbi.def"
};
#undef KIND

/* What pages, blocks and code are mapped with, where an operation spares global entries. */
static u64 scope(const struct kind *k)
{
	return k->global ? 0 : PAGE_NG;
}

static void remap_by(const struct kind *k, u64 va, u64 *entry, u64 value)
{
	*(volatile u64 *)entry = 0;
	k->invalidate(va);
	*(volatile u64 *)entry = value;
	synchronise();
}

static void data_page(const struct kind *k)
{
	u64 *entry = descriptor(kernel_root, DATA, 3), attributes = PAGE_NORMAL | scope(k);
	u64 now = (u64)page_a | attributes, next = (u64)page_b | attributes;
	remap_by(k, DATA, entry, now);
	CHECK(k->loads(1600, DATA + 8, entry, now, next), 800 * 1 + 800 * 1000);
	remap_by(k, DATA, entry, 0);
}

/* A block of 2 MiB: many pages of it are in use, and the operation names one that is not. */
static void large_block(const struct kind *k)
{
	const u64 block[2] = {0x40600000, 0x40800000};
	u64 *entry = descriptor(kernel_root, 0x80800000, 2), attributes = BLOCK_NORMAL | scope(k);
	for (unsigned n = 0; n < 2; n++) {
		remap_by(k, 0x80812345, entry, block[n] | attributes);
		for (u64 at = 0x80800000; at < 0x80a00000; at += 0x21008)
			store64(at & ~7u, n + 1);
	}
	u64 sum = 0;
	for (unsigned n = 0; n < 8; n++) {
		remap_by(k, 0x808ff000, entry, block[n % 2] | attributes);
		for (u64 at = 0x80800000; at < 0x80a00000; at += 0x21008)
			sum += load64(at & ~7u);
	}
	CHECK(sum, 8 * 3 / 2 * (0x200000 / 0x21008 + 1));
	remap_by(k, 0x80800000, entry, 0);
}

/* A block of 1 GiB becomes a table of pages that lead elsewhere, and a block again. */
static void huge_block(const struct kind *k)
{
	const u64 va = 0xc0000000;
	u64 *entry = descriptor(kernel_root, va, 1), attributes = BLOCK_NORMAL | scope(k);
	u64 *table = pages_new(1), offset = (u64)page_a - 0x40000000;
	u64 with_block = 0x40000000 | attributes, with_table = (u64)table | PAGE_VALID;
	u64 *root = pages_new(1), sum = 0;
	/* Built under another root, where it does no harm. */
	root[3] = with_table;
	*descriptor(root, va + offset, 3) = (u64)page_b | PAGE_NORMAL | scope(k);
	for (unsigned n = 0; n < 32; n++) {
		remap_by(k, va + 0x10123000, entry, n & 1 ? with_table : with_block);
		for (unsigned m = 0; m < 10; m++)
			sum += load64(va + offset + 8 * m);
	}
	CHECK(sum, 160 * 1 + 160 * 1000);
	remap_by(k, va, entry, 0);
}

/* In between another page is called whose place in TLBs is the same. */
static void code_page(const struct kind *k, u32 *code_a, u32 *code_b)
{
	u64 *entry = descriptor(kernel_root, CODE, 3), sum = 0;
	map(CODE + FAR, code_a, PAGE_NORMAL);
	for (unsigned n = 0; n < 100; n++) {
		u64 page = (u64)(n & 1 ? code_b : code_a);
		remap_by(k, CODE, entry, page | PAGE_NORMAL | scope(k));
		for (unsigned m = 0; m < 10; m++)
			sum = call(CODE, sum, 0);
		CHECK(call(CODE + FAR + 0x10, 5, 0), 8);
	}
	CHECK(sum, 500 * 3 + 500 * 40);
	remap_by(k, CODE, entry, 0);
	remap(CODE + FAR, 0);
}

/* A loop whose own page changes while it runs: x0 rounds; each adds a number that differs between
 * the two pages, and calls x1 to exchange them. */
static const u32 calling_loop[] = {
    0xaa1e03e9, /* mov x9, x30 */
    0xd280000a, /* mov x10, #0 */
    0x9100014a, /* add x10, x10, #0, patched */
    0xd63f0020, /* blr x1 */
    0xf1000400, /* subs x0, x0, #1 */
    0x54ffffa1, /* b.ne 8 */
    0xaa0a03e0, /* mov x0, x10 */
    0xd65f0120, /* ret x9 */
};

static const struct kind *exchange_kind;
static u64 exchange_now, exchange_next;

/* Called from the page that it takes away; keeps x0, x1, x9 and x10. */
void exchange(void);
void exchange_in_c(void);
__asm__(".text\nexchange:\n"
	"	stp	x0, x1, [sp, #-48]!\n"
	"	stp	x9, x10, [sp, #16]\n"
	"	str	x30, [sp, #32]\n"
	"	bl	exchange_in_c\n"
	"	ldr	x30, [sp, #32]\n"
	"	ldp	x9, x10, [sp, #16]\n"
	"	ldp	x0, x1, [sp], #48\n"
	"	ret\n");

void exchange_in_c(void)
{
	u64 now = exchange_now;
	exchange_now = exchange_next;
	exchange_next = now;
	remap_by(exchange_kind, CODE, descriptor(kernel_root, CODE, 3), exchange_now);
}

static void own_page(const struct kind *k, u32 *code_a, u32 *code_b)
{
	exchange_kind = k;
	exchange_now = (u64)code_a | PAGE_NORMAL | scope(k);
	exchange_next = (u64)code_b | PAGE_NORMAL | scope(k);
	remap_by(k, CODE, descriptor(kernel_root, CODE, 3), exchange_now);
	CHECK(call(CODE + 0x100, 200, (u64)exchange), 100 * 3 + 100 * 40);
	remap_by(k, CODE, descriptor(kernel_root, CODE, 3), 0);
}

/* In each page: at 0 and 0x10 a function that adds `n`, at 0x100 the loop that does. */
static u32 *code_page_new(u32 n)
{
	u32 *page = pages_new(1);
	page[0] = page[4] = INSN_ADD(0, 0, n);
	page[1] = page[5] = INSN_RET;
	for (unsigned k = 0; k < COUNT(calling_loop); k++)
		page[64 + k] = calling_loop[k];
	page[66] = INSN_ADD(10, 10, n);
	code_written(page, PAGE_SIZE);
	return page;
}

/* --- Without ISB --- */

/* Its own page changes, and no ISB follows: which page goes on, the architecture leaves open. This
 * machine promises the new one at once, under every engine and wherever a run is cut. x0 is where
 * the descriptor is, x1 its new value, x2 a value for TTBR0_EL1; the sum of numbers that differ. */
extern const u32 hasty_tlbi[], hasty_tlbi_end[], hasty_ttbr[], hasty_ttbr_end[];
__asm__(".text\n"
	"hasty_tlbi:\n"
	"	str	x1, [x0]\n"
	"	mov	x0, #0\n"
	"	mov	x3, #40\n"
	"	dsb	ishst\n"
	"	tlbi	vmalle1\n"
	"	add	x0, x0, #0\n" /* patched */
	"	dsb	ish\n"
	"1:	add	x0, x0, #0\n" /* patched */
	"	subs	x3, x3, #1\n"
	"	b.ne	1b\n"
	"	ret\n"
	"hasty_tlbi_end:\n"
	"hasty_ttbr:\n"
	"	mov	x0, #0\n"
	"	mov	x3, #40\n"
	"	nop\n"
	"	nop\n"
	"	msr	ttbr0_el1, x2\n"
	"	add	x0, x0, #0\n" /* patched */
	"	dsb	ish\n"
	"1:	add	x0, x0, #0\n" /* patched */
	"	subs	x3, x3, #1\n"
	"	b.ne	1b\n"
	"	ret\n"
	"hasty_ttbr_end:\n");

static u32 *hasty_page(const u32 *from, const u32 *to, u32 n)
{
	u32 *page = code_copy(from, to);
	page[5] = INSN_ADD(0, 0, n);
	page[7] = INSN_ADD(0, 0, n);
	code_written(page, PAGE_SIZE);
	return page;
}

typedef u64 hasty(u64 *entry, u64 value, u64 ttbr);

static void without_isb(void)
{
	u64 *entry = descriptor(kernel_root, CODE, 3), *other = tables_new();
	u32 *a = hasty_page(hasty_tlbi, hasty_tlbi_end, 1);
	u32 *b = hasty_page(hasty_tlbi, hasty_tlbi_end, 100);
	for (unsigned n = 0; n < 100; n++) {
		remap(CODE, (u64)(n & 1 ? a : b) | PAGE_NORMAL);
		u64 next = (u64)(n & 1 ? b : a) | PAGE_NORMAL;
		CHECK(((hasty *)(u64)CODE)(entry, next, 0), n & 1 ? 41 * 100 : 41);
	}
	a = hasty_page(hasty_ttbr, hasty_ttbr_end, 1);
	b = hasty_page(hasty_ttbr, hasty_ttbr_end, 100);
	remap(CODE, (u64)a | PAGE_NORMAL | PAGE_NG);
	*descriptor(other, CODE, 3) = (u64)b | PAGE_NORMAL | PAGE_NG;
	for (unsigned n = 0; n < 100; n++) {
		u64 to = (u64)other | TLBI_ASID(ASID + 1);
		CHECK(((hasty *)(u64)CODE)(NULL, 0, to), 41 * 100);
		to = (u64)kernel_root | TLBI_ASID(ASID);
		CHECK(((hasty *)(u64)CODE)(NULL, 0, to), 41);
	}
	remap(CODE, 0);
}

static void every_operation(void)
{
	u32 *code_a = code_page_new(3), *code_b = code_page_new(40);
	for (unsigned n = 0; n < COUNT(kinds); n++) {
		data_page(&kinds[n]);
		code_page(&kinds[n], code_a, code_b);
		own_page(&kinds[n], code_a, code_b);
		large_block(&kinds[n]);
		code_page(&kinds[n], code_a, code_b); /* with a block somewhere in the TLB */
		huge_block(&kinds[n]);
		data_page(&kinds[n]);
		TLBI_ALL(vmalle1);
	}
}

/* Code in a large block, which the operation names by another page of it. */
static void code_in_a_block(void)
{
	u64 *entry = descriptor(kernel_root, 0x80800000, 2);
	for (unsigned n = 0; n < 2; n++) {
		u32 *f = (u32 *)0x8080a000;
		remap_by(&kinds[0], 0, entry, (n ? 0x40600000u : 0x40800000u) | BLOCK_NORMAL);
		((volatile u32 *)f)[0] = INSN_ADD(0, 0, n + 1);
		((volatile u32 *)f)[1] = INSN_RET;
		code_written(f, 8);
	}
	for (unsigned n = 0; n < 100; n++) {
		remap_by(&kinds[n % 5], 0x809ff000, entry,
		    (n & 1 ? 0x40600000u : 0x40800000u) | BLOCK_NORMAL);
		for (unsigned m = 0; m < 3; m++)
			CHECK(call(0x8080a000, 0, 0), n & 1 ? 2 : 1);
	}
	remap_by(&kinds[0], 0, entry, 0);
}

/* --- Remapped by the timer's interrupt, at any instruction --- */

static volatile u64 mapped_value;
static u64 interrupts;

static void remap_at_interrupt(struct frame *f)
{
	u64 attributes = PAGE_NORMAL | (interrupts & 2 ? PAGE_NG : 0);
	mapped_value = interrupts & 1 ? 1 : 1000;
	*descriptor(kernel_root, DATA, 3) = 0;
	TLBI(vae1, TLBI_VA(DATA) | TLBI_ASID(ASID));
	*descriptor(kernel_root, DATA, 3) = (u64)(interrupts & 1 ? page_a : page_b) | attributes;
	synchronise();
	interrupts++;
	timer_again(8 + random_next() % 16);
}

static void by_the_timer(void)
{
	u64 wrong = 0, rounds = 0, before, v, after;
	mapped_value = 1;
	map(DATA, page_a, PAGE_NORMAL);
	timer_start(remap_at_interrupt, 20);
	__asm__ volatile(
	    "	msr	daifclr, #2\n"
	    "1:	ldr	%[before], [%[value]]\n"
	    "	ldr	%[v], [%[data]]\n"
	    "	ldr	%[after], [%[value]]\n"
	    "	cmp	%[before], %[after]\n"
	    "	ccmp	%[before], %[v], #4, eq\n" /* "equal" if interrupted */
	    "	cinc	%[wrong], %[wrong], ne\n"
	    "	add	%[rounds], %[rounds], #1\n"
	    "	ldr	%[v], [%[interrupts]]\n"
	    "	cmp	%[v], #1000\n"
	    "	b.lo	1b\n"
	    "	msr	daifset, #2"
	    : [wrong] "+r"(wrong), [rounds] "+r"(rounds), [before] "=&r"(before), [v] "=&r"(v),
	    [after] "=&r"(after)
	    : [value] "r"(&mapped_value), [data] "r"((u64)DATA + 16), [interrupts] "r"(&interrupts)
	    : "cc", "memory");
	timer_stop();
	CHECK(wrong, 0);
	CHECK(rounds > 2 * interrupts, true);
	say_number("rounds", rounds);
	remap(DATA, 0);
}

/* --- ASIDs --- */

static void use(const u64 *root, u64 asid)
{
	WRITE_REGISTER(ttbr0_el1, (u64)root | asid << 48);
	ISB();
}

struct space {
	u64 *root, asid;
};

static void put_page(struct space s, u64 va, const void *page, u64 attributes)
{
	*descriptor(s.root, va, 3) = (u64)page | attributes;
	DSB();
}

/* One address, two ASIDs, two pages; beside it one that is the same for all. */
static void two_asids(struct space one, struct space two)
{
	u64 sum = 0, shared = 0;
	put_page(one, DATA, page_a, PAGE_NORMAL | PAGE_NG);
	put_page(two, DATA, page_b, PAGE_NORMAL | PAGE_NG);
	put_page(one, DATA + PAGE_SIZE, page_c, PAGE_NORMAL);
	put_page(two, DATA + PAGE_SIZE, page_c, PAGE_NORMAL);
	for (unsigned n = 0; n < 1000; n++) {
		struct space s = n & 1 ? two : one;
		use(s.root, s.asid);
		sum += load64(DATA) + load64(DATA + 8);
		shared += load64(DATA + PAGE_SIZE);
	}
	CHECK(sum, 1000 * 1 + 1000 * 1000);
	CHECK(shared, 1000 * 7);
}

/* While the second ASID runs, the first one's page changes and the first is invalidated. */
static void asid_reused(struct space one, struct space two)
{
	u64 sum = 0;
	for (unsigned n = 0; n < 400; n++) {
		use(two.root, two.asid);
		sum += load64(DATA);
		put_page(one, DATA, n & 1 ? page_c : page_a, PAGE_NORMAL | PAGE_NG);
		if (n & 2)
			TLBI(aside1, TLBI_ASID(one.asid));
		else
			TLBI(vae1is, TLBI_ASID(one.asid) | TLBI_VA(DATA));
		use(one.root, one.asid);
		sum += load64(DATA);
	}
	CHECK(sum, 400 * 1000 + 200 * 1 + 200 * 7);
	put_page(one, DATA, page_a, PAGE_NORMAL | PAGE_NG);
	TLBI(aside1, TLBI_ASID(one.asid));
}

/* One ASID given to another table while it is in use. */
static void asid_of_another_table(struct space one, struct space two)
{
	u64 sum = 0;
	for (unsigned n = 0; n < 400; n++) {
		use(n & 1 ? two.root : one.root, one.asid);
		TLBI(aside1is, TLBI_ASID(one.asid));
		sum += load64(DATA) + load64(DATA + PAGE_SIZE);
	}
	CHECK(sum, 200 * 1 + 200 * 1000 + 400 * 7);
}

/* A loop in a page of its own ASID, which changes the ASID it runs in: x0 rounds, x1 and x2 two
 * values of TTBR0_EL1. The two pages add different numbers. */
static const u32 switching_loop[] = {
    0xd280000a, /* mov x10, #0 */
    0x9100014a, /* add x10, x10, #0, patched */
    0xca020021, /* eor x1, x1, x2 */
    0xca020022, /* eor x2, x1, x2 */
    0xca020021, /* eor x1, x1, x2 */
    0xd5182001, /* msr ttbr0_el1, x1 */
    0xd5033fdf, /* isb */
    0xf1000400, /* subs x0, x0, #1 */
    0x54ffff21, /* b.ne 4 */
    0xaa0a03e0, /* mov x0, x10 */
    INSN_RET,
};

static void *switching_page(u32 number)
{
	u32 *page = pages_new(1);
	for (unsigned k = 0; k < COUNT(switching_loop); k++)
		page[k] = switching_loop[k];
	page[1] = INSN_ADD(10, 10, number);
	code_written(page, PAGE_SIZE);
	return page;
}

static void code_of_an_asid(struct space one, struct space two)
{
	typedef u64 loop(u64 rounds, u64 ttbr_a, u64 ttbr_b);
	u64 a = (u64)one.root | one.asid << 48, b = (u64)two.root | two.asid << 48;
	put_page(one, CODE, switching_page(5), PAGE_NORMAL | PAGE_NG);
	put_page(two, CODE, switching_page(60), PAGE_NORMAL | PAGE_NG);
	use(one.root, one.asid);
	CHECK(((loop *)(u64)CODE)(2000, a, b), 1000 * 5 + 1000 * 60);
}

/* The ASID comes from TTBR1_EL1 then. */
static void asid_from_ttbr1(struct space one, struct space two)
{
	u64 tcr = READ_REGISTER(tcr_el1), sum = 0;
	WRITE_REGISTER(ttbr1_el1, one.asid << 48);
	WRITE_REGISTER(tcr_el1, tcr | 1 << 22);
	ISB();
	TLBI_ALL(vmalle1);
	for (unsigned n = 0; n < 400; n++) {
		struct space s = n & 1 ? two : one;
		/* As kernels do: nothing that is not global is touched in between. */
		WRITE_REGISTER(ttbr0_el1, s.root);
		ISB();
		WRITE_REGISTER(ttbr1_el1, s.asid << 48);
		ISB();
		sum += load64(DATA);
	}
	CHECK(sum, 200 * 1 + 200 * 1000);
	WRITE_REGISTER(tcr_el1, tcr);
	WRITE_REGISTER(ttbr1_el1, 0);
	ISB();
	TLBI_ALL(vmalle1);
}

static void asids(void)
{
	struct space one = {tables_new(), 1}, two = {tables_new(), 0x1002};
	two_asids(one, two);
	asid_reused(one, two);
	asid_of_another_table(one, two);
	code_of_an_asid(one, two);
	asid_from_ttbr1(one, two);
	use(kernel_root, ASID);
}

/* --- Control registers --- */

static void skip_and_count(struct frame *f)
{
	skip_instruction(f);
}

/* With the top byte ignored, every tag leads to the same page, also after it changed. */
static void top_byte(void)
{
	u64 tcr = READ_REGISTER(tcr_el1), sum = 0;
	map(DATA, page_a, PAGE_NORMAL);
	on_exception = skip_and_count;
	taken_count = 0;
	for (unsigned n = 0; n < 200; n++) {
		WRITE_REGISTER(tcr_el1, n & 1 ? tcr | TCR_TBI0 : tcr);
		ISB();
		TLBI_ALL(vmalle1);
		for (u64 tag = 0; tag < 4; tag++)
			__asm__ volatile("mov x9, #0\n\tldr x9, [%1]\n\tadd %0, %0, x9"
					 : "+r"(sum)
					 : "r"((DATA + 8) | tag << 56)
					 : "x9", "memory");
		remap(DATA, (u64)(n & 2 ? page_a : page_b) | PAGE_NORMAL);
	}
	CHECK(taken_count, 100 * 3);
	CHECK(FAULT_STATUS(&taken), FAULT_TRANSLATION);
	CHECK(taken.far, (DATA + 8) | UINT64_C(3) << 56);
	CHECK(sum, 50 * 1 + 50 * 1000 + 200 * 1 + 200 * 1000);
	on_exception = NULL;
	WRITE_REGISTER(tcr_el1, tcr);
	ISB();
	TLBI_ALL(vmalle1);
	remap(DATA, 0);
}

/* What was looked up under a tag goes by an operation that names the page without. */
static void tagged_page_changes(void)
{
	u64 tcr = READ_REGISTER(tcr_el1), tagged = (DATA + 8) | UINT64_C(0x5a) << 56;
	map(DATA, page_a, PAGE_NORMAL);
	WRITE_REGISTER(tcr_el1, tcr | TCR_TBI0);
	ISB();
	TLBI_ALL(vmalle1);
	for (unsigned n = 0; n < 200; n++) {
		CHECK(load64(tagged), n & 1 ? 1000 : 1);
		store64(tagged, n & 1 ? 1000 : 1);
		remap(DATA, (u64)(n & 1 ? page_a : page_b) | PAGE_NORMAL);
	}
	WRITE_REGISTER(tcr_el1, tcr);
	ISB();
	TLBI_ALL(vmalle1);
	remap(DATA, 0);
}

/* A smaller address space: what lies beyond is gone, and comes back. */
static void address_space_size(void)
{
	const u64 far_away = 0x2000000000;
	u64 tcr = READ_REGISTER(tcr_el1), sum = 0;
	map(far_away, page_b, PAGE_NORMAL);
	on_exception = skip_and_count;
	taken_count = 0;
	for (unsigned n = 0; n < 200; n++) {
		WRITE_REGISTER(tcr_el1, n & 1 ? tcr + 3 : tcr); /* T0SZ: 39 bits, 36 bits */
		ISB();
		TLBI_ALL(vmalle1);
		__asm__ volatile("mov x9, #0\n\tldr x9, [%1]\n\tadd %0, %0, x9"
				 : "+r"(sum)
				 : "r"(far_away)
				 : "x9", "memory");
	}
	CHECK(taken_count, 100);
	CHECK(sum, 100 * 1000);
	on_exception = NULL;
	WRITE_REGISTER(tcr_el1, tcr);
	ISB();
	TLBI_ALL(vmalle1);
	remap(far_away, 0);
}

/* A page that is not mapped onto itself, seen with the MMU on and off in turn. */
static void mmu_off_and_on(void)
{
	u64 sum = 0, on = READ_REGISTER(sctlr_el1);
	fill(page_a, 1);
	remap((u64)page_a, (u64)page_b | PAGE_NORMAL);
	for (unsigned n = 0; n < 500; n++) {
		sum += load64((u64)page_a);
		WRITE_REGISTER(sctlr_el1, on & ~(u64)SCTLR_M);
		ISB();
		sum += load64((u64)page_a + 8);
		WRITE_REGISTER(sctlr_el1, on);
		ISB();
	}
	CHECK(sum, 500 * 1 + 500 * 1000);
	remap((u64)page_a, (u64)page_a | PAGE_NORMAL);
}

int main(void)
{
	page_a = pages_new(1);
	page_b = pages_new(1);
	page_c = pages_new(1);
	fill(page_a, 1);
	fill(page_b, 1000);
	fill(page_c, 7);
	use(kernel_root, ASID);
	every_operation();
	without_isb();
	code_in_a_block();
	by_the_timer();
	asids();
	top_byte();
	tagged_page_changes();
	address_space_size();
	mmu_off_and_on();
	return 0;
}
