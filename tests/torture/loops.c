/* Loops that walk through memory in known steps, which a translator may check once for many passes:
 * up, down and in place, over pages that appear when they are missed, that the timer takes away,
 * that are read-only at first, that share their places in TLBs, or that hold code; beside them
 * accesses that walk nowhere, and looks at the clock; in one part, or entered in the middle. */
#include "guest.h"

#define WINDOW  0x80000000u
#define PAGES   6
#define BYTES   (PAGES * PAGE_SIZE)
#define STREAMS 3
/* Two streams go through one window, the third through one that differs by a number of pages that
 * any TLB's size divides. */
#define WINDOWS       2
#define WINDOW_STRIDE 0x01000000u
#define MOST_PASSES   300

static u8 *page[PAGES]; /* of every window, not in this order in memory */

/* --- One stream: an access each pass, then a step --- */

struct kind {
	u32 word; /* of x9, x11 or v0 at [x1] */
	unsigned bytes;
	bool store;
};

static const struct kind kinds[] = {
    {0xf9400029, 8, false},  /* ldr x9, [x1] */
    {0xb9400029, 4, false},  /* ldr w9, [x1] */
    {0x79400029, 2, false},  /* ldrh w9, [x1] */
    {0x39400029, 1, false},  /* ldrb w9, [x1] */
    {0xa9402c29, 16, false}, /* ldp x9, x11, [x1] */
    {0x3dc00020, 16, false}, /* ldr q0, [x1] */
    {0xf900002c, 8, true},   /* str x12, [x1] */
    {0xb900002c, 4, true},   /* str w12, [x1] */
    {0x3900002c, 1, true},   /* strb w12, [x1] */
    {0xa900282c, 16, true},  /* stp x12, x10, [x1] */
    {0x3d800021, 16, true},  /* str q1, [x1] */
};

struct stream {
	const struct kind *kind;
	s64 step;
	u64 start; /* offset in the window */
};

struct walk {
	unsigned streams;
	struct stream stream[STREAMS];
	u64 passes;
	bool chase; /* an access each pass that is no stream, and misses */
	bool clock; /* the time is read each pass */
	enum shape { ONE_PART, BODY_IN_SECOND, BODY_IN_FIRST, SHAPES } shape;
};

/* --- The model --- */

static u8 *byte_at(u64 offset)
{
	return page[offset / PAGE_SIZE] + offset % PAGE_SIZE;
}

static u64 model_load(u64 offset, unsigned bytes)
{
	u64 v = 0;
	for (unsigned n = 0; n < bytes; n++)
		v |= (u64)*byte_at(offset + n) << 8 * n;
	return v;
}

static void model_store(u64 offset, unsigned bytes, u64 v)
{
	for (unsigned n = 0; n < bytes; n++)
		*byte_at(offset + n) = (u8)(v >> 8 * n);
}

/* x12 and the halves of q1 are what is stored; x10 is the sum of all that is loaded. */
static void model_access(const struct kind *k, u64 at, u64 x12, u64 *x10)
{
	unsigned low = k->bytes > 8 ? 8 : k->bytes;
	if (!k->store) {
		*x10 += model_load(at, low);
		*x10 += k->bytes > 8 ? model_load(at + 8, 8) : 0;
		return;
	}
	u64 sum = *x10;
	model_store(at, low, x12);
	if (k->bytes > 8)
		model_store(at + 8, 8, k->word == kinds[COUNT(kinds) - 1].word ? ~x12 : sum);
}

static u64 model(const struct walk *w, u64 x12)
{
	u64 x10 = 0;
	for (u64 pass = 0; pass < w->passes; pass++) {
		for (unsigned n = 0; n < w->streams; n++) {
			const struct stream *s = &w->stream[n];
			model_access(s->kind, s->start + (u64)s->step * pass, x12, &x10);
		}
		x12 += 0x101;
	}
	return x10;
}

/* --- The loop --- */

#define INSN_ADD_REG(d, n, m) (0x8b000000u | (m) << 16 | (n) << 5 | (d))

static u32 *put_access(u32 *p, const struct stream *s, unsigned pointer)
{
	bool vector = s->kind->word >> 24 == 0x3d;
	if (vector && s->kind->store) {
		*p++ = 0x4e080d81; /* dup v1.2d, x12 */
		*p++ = 0xaa2c03ed; /* mvn x13, x12 */
		*p++ = 0x4e181da1; /* mov v1.d[1], x13 */
	}
	*p++ = (s->kind->word & ~(31u << 5)) | pointer << 5;
	if (vector && !s->kind->store) {
		*p++ = 0x9e660009; /* fmov x9, d0 */
		*p++ = 0x9eae000b; /* fmov x11, v0.d[1] */
	}
	if (!s->kind->store) {
		*p++ = INSN_ADD_REG(10, 10, 9);
		if (s->kind->bytes > 8)
			*p++ = INSN_ADD_REG(10, 10, 11);
	}
	return p;
}

static u32 *put_step(u32 *p, s64 step, unsigned pointer)
{
	u64 size = (u64)(step < 0 ? -step : step);
	u32 op = step < 0 ? 0xd1000000u : 0x91000000u;
	if (size == PAGE_SIZE)
		*p++ = op | 1 << 22 | 1 << 10 | pointer << 5 | pointer;
	else if (size)
		*p++ = op | (u32)size << 10 | pointer << 5 | pointer;
	return p;
}

static u32 *put_others(u32 *p, const struct walk *w)
{
	if (w->chase)
		*p++ = 0xf94000a5; /* ldr x5, [x5] */
	if (w->clock) {
		*p++ = 0xd53be04d; /* mrs x13, cntvct_el0 */
		*p++ = 0xca0d01ce; /* eor x14, x14, x13 */
	}
	return p;
}

static u32 *put_body(u32 *p, const struct walk *w)
{
	for (unsigned n = 0; n < w->streams; n++)
		p = put_access(p, &w->stream[n], 1 + n);
	for (unsigned n = 0; n < w->streams; n++)
		p = put_step(p, w->stream[n].step, 1 + n);
	*p++ = INSN_ADD(12, 12, 0x101);
	return p;
}

static u32 *put_return(u32 *p)
{
	*p++ = 0xaa0a03e0; /* mov x0, x10 */
	*p++ = 0xaa0e03e1; /* mov x1, x14 */
	*p++ = INSN_RET;
	return p;
}

static u32 branch_to(const u32 *to, const u32 *from, unsigned bits)
{
	return ((u32)(to - from) & ((1u << bits) - 1)) << 5;
}

static u32 *put_one_part(u32 *p, const struct walk *w)
{
	u32 *top = p;
	p = put_others(p, w);
	p = put_body(p, w);
	*p++ = 0xf1000400; /* subs x0, x0, #1 */
	*p = 0x54000001 | branch_to(top, p, 19);
	return put_return(p + 1);
}

/* The first part ends with a branch over the return to the second, which goes back. */
static u32 *put_two_parts(u32 *p, const struct walk *w)
{
	const bool second = w->shape == BODY_IN_SECOND;
	u32 *top = p, *over;
	p = second ? put_others(p, w) : put_body(p, w);
	*p++ = 0xf1000400; /* subs x0, x0, #1 */
	over = p++;
	p = put_return(p);
	*over = (second ? 0x54000005 /* b.pl */ : 0x54000001 /* b.ne */) | branch_to(p, over, 19);
	p = second ? put_body(p, w) : put_others(p, w);
	if (second)
		*p = 0xb6f80000 | branch_to(top, p, 14); /* tbz x0, #63 */
	else
		*p = 0xb5000000 | branch_to(top, p, 19); /* cbnz x0 */
	return p + 1;
}

/* x0 passes with pointers in x1 and up, x10 = 0, x12 given; x10 to x0, the time to x1. */
static void put_loop(u32 *code, const struct walk *w)
{
	u32 *p = code;
	*p++ = 0xaa0403ec; /* mov x12, x4 */
	*p++ = INSN_MOVZ(10, 0);
	*p++ = INSN_MOVZ(14, 0);
	p = w->shape == ONE_PART ? put_one_part(p, w) : put_two_parts(p, w);
	code_written(code, (size_t)(p - code) * 4);
}

/* Pages in one place of any TLB, each of which names the next. */
#define RING       5
#define RING_AT(n) (WINDOW + (WINDOWS + (n) % RING) * (u64)WINDOW_STRIDE)

static void make_ring(void)
{
	u8 *pages = pages_new(RING);
	for (unsigned n = 0; n < RING; n++) {
		*(u64 *)(pages + n * PAGE_SIZE) = RING_AT(n + 1);
		map(RING_AT(n), pages + n * PAGE_SIZE, PAGE_NORMAL);
	}
}

static u64 times; /* read by loops */

static u64 run(u32 *code, const struct walk *w, u64 x12)
{
	struct result {
		u64 sum, time;
	};
	typedef struct result loop(u64 passes, u64 a, u64 b, u64 c, u64 x12, u64 ring);
	u64 at[STREAMS];
	for (unsigned n = 0; n < STREAMS; n++)
		at[n] = WINDOW + n / 2 * WINDOW_STRIDE + w->stream[n].start;
	struct result r = ((loop *)code)(w->passes, at[0], at[1], at[2], x12, RING_AT(0));
	times = times * 31 + r.time;
	return r.sum;
}

/* --- Pages that come and go --- */

static u64 faults, losses;

static void set_entry(u64 va, u64 value)
{
	*(volatile u64 *)descriptor(kernel_root, va, 3) = value;
	TLBI(vaale1, TLBI_VA(va));
}

static u64 frame_of(u64 va)
{
	return (u64)page[va % WINDOW_STRIDE / PAGE_SIZE];
}

/* First for reading only, then for writing. */
static void bring(struct frame *f)
{
	u64 va = f->far & ~(u64)(PAGE_SIZE - 1);
	bool write = FAULT_WRITE(f);
	CHECK(EXCEPTION_CLASS(f), EC_DATA_ABORT);
	CHECK(va % WINDOW_STRIDE < BYTES, true);
	set_entry(va, frame_of(va) | PAGE_NORMAL | (write ? 0 : PAGE_READ_ONLY));
	faults++;
}

static void lose(struct frame *f)
{
	u64 va =
	    WINDOW + random_next() % WINDOWS * WINDOW_STRIDE + random_next() % PAGES * PAGE_SIZE;
	set_entry(va, random_next() % 2 ? 0 : frame_of(va) | PAGE_NORMAL | PAGE_READ_ONLY);
	losses++;
	timer_again(4 + random_next() % 40);
}

static void unmap_windows(void)
{
	for (unsigned n = 0; n < WINDOWS; n++)
		for (unsigned k = 0; k < PAGES; k++)
			*descriptor(kernel_root, WINDOW + n * WINDOW_STRIDE + k * PAGE_SIZE, 3) = 0;
	TLBI_ALL(vmalle1);
}

/* --- Walks of all kinds --- */

static const s64 steps[] = {0, 1, 3, 4, 8, 8, 16, 16, 24, 32, 100, 1000, 2048, 2049, 4095, 4096};

static struct stream random_stream(u64 *passes)
{
	struct stream s;
	s.kind = &kinds[random_next() % COUNT(kinds)];
	s.step = steps[random_next() % COUNT(steps)];
	u64 room = BYTES - s.kind->bytes, fits = s.step ? room / (u64)s.step : MOST_PASSES;
	if (*passes > fits)
		*passes = fits;
	s.start = random_next() % PAGE_SIZE;
	if (random_next() % 2)
		s.start &= ~15u;
	return s;
}

/* Starts where all passes stay in the window, at its end for those that go down. */
static void place(struct walk *w)
{
	for (unsigned n = 0; n < w->streams; n++) {
		struct stream *s = &w->stream[n];
		u64 way = (u64)s->step * (w->passes - 1), room = BYTES - s->kind->bytes - way;
		if (s->start > room)
			s->start = room;
		if (random_next() % 3 == 0) {
			s->start += way;
			s->step = -s->step;
		}
	}
}

static struct walk random_walk(void)
{
	struct walk w = {.streams = 1 + random_next() % STREAMS,
	    .passes = MOST_PASSES,
	    .chase = random_next() % 3 == 0,
	    .clock = random_next() % 3 == 0,
	    .shape = random_next() % SHAPES};
	for (unsigned n = 0; n < w.streams; n++)
		w.stream[n] = random_stream(&w.passes);
	place(&w);
	return w;
}

static void fill(void)
{
	for (unsigned n = 0; n < PAGES; n++)
		for (unsigned k = 0; k < PAGE_SIZE / 8; k++)
			((u64 *)page[n])[k] = n * 0x1000193 + k * 0x10001000100010;
}

static u64 sum_of_pages(void)
{
	u64 sum = 0;
	for (unsigned n = 0; n < PAGES; n++)
		for (unsigned k = 0; k < PAGE_SIZE / 8; k++)
			sum = (sum << 1 | sum >> 63) ^ ((u64 *)page[n])[k];
	return sum;
}

static void walks(void)
{
	u32 *code = pages_new(1);
	on_exception = bring;
	timer_start(lose, 100);
	for (unsigned n = 0; n < 120; n++) {
		struct walk w = random_walk();
		u64 x12 = random_next(), expected, sum;
		fill();
		expected = model(&w, x12);
		sum = sum_of_pages();
		fill();
		put_loop(code, &w);
		if (n % 4 == 0)
			unmap_windows();
		INTERRUPTS_ON();
		CHECK(run(code, &w, x12), expected);
		INTERRUPTS_OFF();
		CHECK(sum_of_pages(), sum);
	}
	timer_stop();
	on_exception = NULL;
	CHECK(faults > 300 && losses > 300, true);
	say_number("faults", faults);
	say_number("losses", losses);
	say_number("times", times);
}

/* --- Streams over code --- */

/* Every eight bytes of the page become a function, all the same; some have run before. */
static void over_code(void)
{
	u32 *code = pages_new(1);
	struct walk w = {1, {{&kinds[6], 8, 0}}, PAGE_SIZE / 8, false, false, ONE_PART};
	map(WINDOW, page[0], PAGE_NORMAL);
	put_loop(code, &w);
	code[3 + 2] = INSN_NOP; /* x12 stays */
	code_written(code, PAGE_SIZE);
	for (u32 n = 0; n < 60; n++) {
		u64 number = n;
		run(code, &w, INSN_MOVZ(0, n) | (u64)INSN_RET << 32);
		code_written((void *)(u64)WINDOW, PAGE_SIZE);
		code_written(page[0], PAGE_SIZE);
		for (unsigned k = 0; k < 10; k++)
			CHECK(call((u64)page[0] + random_next() % 512 * 8, 0, 0), number);
	}
	remap(WINDOW, 0);
}

/* A loop whose stores walk up its own page and in the end change its own branch. The next pass is
 * the changed one without any maintenance: the architecture leaves that open, this machine promises
 * it. */
static void over_itself(void)
{
	enum { LOOP = 512, BRANCH = 515, OUT = 500 };
	static const u32 loop[] = {
	    0xb9000025, /* str w5, [x1] */
	    0x91040021, /* add x1, x1, #256 */
	    0x91000442, /* add x2, x2, #1 */
	    0x35ffffa5, /* cbnz w5, to the start */
	    0xd4200000, /* brk #0 */
	};
	typedef u64 stores(u64 a, u32 * at, u64 passes, u64 b, u64 c, u64 word);
	u32 *code = (u32 *)page[0], out = 0x14000000u | ((OUT - BRANCH) & 0x3ffffff);
	for (unsigned n = 0; n < 80; n++) {
		unsigned before = n % 8 + 1; /* passes that change nothing that runs */
		memset(code, 0, PAGE_SIZE);
		memcpy(code + LOOP, loop, sizeof loop);
		code[OUT] = 0xaa0203e0; /* mov x0, x2 */
		code[OUT + 1] = INSN_RET;
		code_written(code, PAGE_SIZE);
		u32 *from = code + BRANCH - 64 * before;
		CHECK(((stores *)(code + LOOP))(0, from, 0, 0, 0, out), before + 1);
	}
}

int main(void)
{
	/* In one order in the windows, in another in memory. */
	u8 *frames = pages_new(PAGES);
	for (unsigned n = 0; n < PAGES; n++)
		page[n] = frames + (PAGES - 1 - n) * PAGE_SIZE;
	make_ring();
	walks();
	over_code();
	over_itself();
	return 0;
}
