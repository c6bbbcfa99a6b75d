/* Floating point whose mode changes in a hot loop: rounding, flush to zero, default NaN; cumulative
 * flags read and cleared between instructions; FP switched off and on as lazy kernels do. */
#include "mixed.h"

#define CODE     0x80400000u
#define DATA     0x80000000u
#define EL0_DATA (PAGE_NORMAL | PAGE_EL0 | PAGE_NG | PAGE_UXN | PAGE_PXN)
#define EL0_CODE (PAGE_NORMAL | PAGE_EL0 | PAGE_READ_ONLY | PAGE_PXN)

/* FPCR */
#define ROUND_NEAREST UINT64_C(0)
#define ROUND_UP      (UINT64_C(1) << 22)
#define ROUND_DOWN    (UINT64_C(2) << 22)
#define ROUND_ZERO    (UINT64_C(3) << 22)
#define FLUSH         (UINT64_C(1) << 24)
#define DEFAULT_NAN   (UINT64_C(1) << 25)

/* FPSR */
#define INVALID        0x01u
#define DIVIDE         0x02u
#define OVERFLOW       0x04u
#define UNDERFLOW      0x08u
#define INEXACT        0x10u
#define INPUT_DENORMAL 0x80u
#define SATURATED      (1u << 27)

/* Doubles and a pair of equal singles. */
#define ONE        0x3ff0000000000000
#define THREE      0x4008000000000000
#define MINUS      0x8000000000000000
#define HALF       0x3fe0000000000000
#define LARGEST    0x7fefffffffffffff
#define SMALLEST   0x0010000000000000 /* normal */
#define TINY       0x0000000000000001
#define INFINITY_  0x7ff0000000000000
#define QUIET      0x7ff8000000000000
#define PAYLOAD    0x7ff8000000012345
#define SIGNAL     0x7ff0000000012345
#define SINGLES(v) ((u64)(v) << 32 | (v))

/* What an operation makes of two values in a mode. */
enum operation { ADD, MULTIPLY, DIVIDE_, SQUARE_ROOT, MULTIPLY_ADD, ADD_V, DIVIDE_V, OPERATIONS };
struct example {
	enum operation operation;
	u64 a, b, fpcr, result;
	u32 fpsr;
};

static const struct example examples[] = {
    {DIVIDE_, ONE, THREE, ROUND_NEAREST, 0x3fd5555555555555, INEXACT},
    {DIVIDE_, ONE, THREE, ROUND_UP, 0x3fd5555555555556, INEXACT},
    {DIVIDE_, ONE, THREE, ROUND_DOWN, 0x3fd5555555555555, INEXACT},
    {DIVIDE_, ONE | MINUS, THREE, ROUND_DOWN, 0xbfd5555555555556, INEXACT},
    {DIVIDE_, ONE | MINUS, THREE, ROUND_ZERO, 0xbfd5555555555555, INEXACT},
    {DIVIDE_, THREE, ONE, ROUND_UP, THREE, 0},
    {DIVIDE_, ONE, 0, ROUND_NEAREST, INFINITY_, DIVIDE},
    {DIVIDE_, 0, 0, ROUND_NEAREST, QUIET, INVALID},
    {ADD, ONE, ONE, ROUND_NEAREST, 0x4000000000000000, 0},
    {ADD, ONE, TINY, ROUND_UP, ONE + 1, INEXACT},
    {ADD, ONE, TINY, ROUND_DOWN, ONE, INEXACT},
    {ADD, ONE, TINY, ROUND_UP | FLUSH, ONE, INPUT_DENORMAL},
    {ADD, TINY, TINY, ROUND_NEAREST, 2, 0},
    {ADD, TINY, TINY, FLUSH, 0, INPUT_DENORMAL},
    {ADD, LARGEST, LARGEST, ROUND_NEAREST, INFINITY_, OVERFLOW | INEXACT},
    {ADD, LARGEST, LARGEST, ROUND_ZERO, LARGEST, OVERFLOW | INEXACT},
    {ADD, PAYLOAD, ONE, ROUND_NEAREST, PAYLOAD, 0},
    {ADD, PAYLOAD, ONE, DEFAULT_NAN, QUIET, 0},
    {ADD, ONE, SIGNAL, ROUND_NEAREST, SIGNAL | QUIET, INVALID},
    {ADD, ONE, SIGNAL, DEFAULT_NAN, QUIET, INVALID},
    {MULTIPLY, SMALLEST, HALF, ROUND_NEAREST, 0x0008000000000000, 0},
    {MULTIPLY, SMALLEST, HALF, FLUSH, 0, UNDERFLOW},
    {MULTIPLY, TINY, HALF, ROUND_UP, TINY, UNDERFLOW | INEXACT},
    {MULTIPLY, TINY, HALF, ROUND_NEAREST, 0, UNDERFLOW | INEXACT},
    {MULTIPLY, INFINITY_, 0, ROUND_NEAREST, QUIET, INVALID},
    {SQUARE_ROOT, 0x4000000000000000, 0, ROUND_NEAREST, 0x3ff6a09e667f3bcd, INEXACT},
    {SQUARE_ROOT, 0x4000000000000000, 0, ROUND_DOWN, 0x3ff6a09e667f3bcc, INEXACT},
    {SQUARE_ROOT, ONE | MINUS, 0, ROUND_NEAREST, QUIET, INVALID},
    {MULTIPLY_ADD, ONE, TINY, ROUND_UP, ONE + 1, INEXACT}, /* 1 + tiny * 1 */
    {MULTIPLY_ADD, ONE, HALF, ROUND_UP, 0x3ff8000000000000, 0},
    {ADD_V, SINGLES(0x3f800000), SINGLES(1), ROUND_UP, SINGLES(0x3f800001), INEXACT},
    {ADD_V, SINGLES(0x3f800000), SINGLES(1), FLUSH, SINGLES(0x3f800000), INPUT_DENORMAL},
    {ADD_V, SINGLES(0x7f812345), SINGLES(0), DEFAULT_NAN, SINGLES(0x7fc00000), INVALID},
    {DIVIDE_V, SINGLES(0x3f800000), SINGLES(0x40400000), ROUND_NEAREST, SINGLES(0x3eaaaaab),
	INEXACT},
    {DIVIDE_V, SINGLES(0x3f800000), SINGLES(0x40400000), ROUND_ZERO, SINGLES(0x3eaaaaaa), INEXACT},
};

/* `rounds` times the mode, the operation, and its flags, all in one block; the results must be
 * equal each time. FPCR and FPSR are other ones before and behind. */
struct outcome {
	u64 result, changes, fpsr, changed_flags;
};
#define OPERATION(name, text)                                                                     \
	static struct outcome name(u64 rounds, u64 a, u64 b, u64 fpcr)                            \
	{                                                                                         \
		struct outcome o = {0};                                                           \
		u64 count = rounds, result, fpsr;                                                 \
		__asm__ volatile("	dup	v1.2d, %[a]\n"                                             \
				 "	dup	v2.2d, %[b]\n"                                             \
				 "	fmov	d3, #1.0\n"                                               \
				 "1:	msr	fpsr, xzr\n"                                             \
				 "	msr	fpcr, %[fpcr]\n"                                           \
				 "	" text "\n"                                               \
				 "	mrs	%[fpsr], fpsr\n"                                           \
				 "	msr	fpcr, xzr\n"                                               \
				 "	fdiv	d5, d3, d3\n"                                             \
				 "	fmov	%[result], d0\n"                                          \
				 "	eor	%[result], %[result], %[first]\n"                          \
				 "	eor	%[fpsr], %[fpsr], %[flags]\n"                              \
				 "	orr	%[changes], %[changes], %[result]\n"                       \
				 "	orr	%[changed], %[changed], %[fpsr]\n"                         \
				 "	eor	%[first], %[first], %[result]\n"                           \
				 "	eor	%[flags], %[flags], %[fpsr]\n"                             \
				 "	cmp	%[rounds], %[count]\n"                                     \
				 "	csel	%[changes], xzr, %[changes], eq\n"                        \
				 "	csel	%[changed], xzr, %[changed], eq\n"                        \
				 "	subs	%[count], %[count], #1\n"                                 \
				 "	b.ne	1b"                                                       \
				 : [first] "+r"(o.result), [changes] "+r"(o.changes),             \
				 [flags] "+r"(o.fpsr), [changed] "+r"(o.changed_flags),           \
				 [result] "=&r"(result), [fpsr] "=&r"(fpsr), [count] "+r"(count)  \
				 : [rounds] "r"(rounds), [a] "r"(a), [b] "r"(b), [fpcr] "r"(fpcr) \
				 : "cc");                                                         \
		return o;                                                                         \
	}
OPERATION(add, "fadd d0, d1, d2")
OPERATION(multiply, "fmul d0, d1, d2")
OPERATION(divide, "fdiv d0, d1, d2")
OPERATION(square_root, "fsqrt d0, d1")
OPERATION(multiply_add, "fmadd d0, d2, d3, d1")
OPERATION(add_v, "fadd v0.4s, v1.4s, v2.4s")
OPERATION(divide_v, "fdiv v0.4s, v1.4s, v2.4s")

static struct outcome (*const operations[OPERATIONS])(u64 rounds, u64 a, u64 b, u64 fpcr) = {
    add, multiply, divide, square_root, multiply_add, add_v, divide_v};

static void check_outcome(const struct example *e, u64 rounds)
{
	struct outcome o = operations[e->operation](rounds, e->a, e->b, e->fpcr);
	CHECK(o.result, e->result);
	CHECK(o.changes, 0);
	CHECK(o.fpsr, e->fpsr);
	CHECK(o.changed_flags, 0);
}

static void modes_and_flags(void)
{
	for (unsigned n = 0; n < COUNT(examples); n++)
		check_outcome(&examples[n], 100);
	/* And all mixed: a mode lasts for one operation. */
	for (unsigned n = 0; n < 4000; n++)
		check_outcome(&examples[random_next() % COUNT(examples)], 1);
}

/* Flags accumulate over a loop that never reads them, and what was written to FPSR stays. */
static void accumulated(void)
{
	u64 fpsr;
	for (u64 kept = 0; kept < 32; kept++) {
		WRITE_REGISTER(fpsr, kept);
		__asm__ volatile("	fmov	d1, #1.0\n"
				 "	fmov	d2, #3.0\n"
				 "	movi	v3.16b, #255\n"
				 "	mov	w9, #50\n"
				 "1:	fdiv	d0, d1, d2\n"
				 "	uqadd	v4.16b, v3.16b, v3.16b\n"
				 "	subs	w9, w9, #1\n"
				 "	b.ne	1b"
				 :
				 :
				 : "x9", "cc");
		fpsr = READ_REGISTER(fpsr);
		CHECK(fpsr, kept | INEXACT | SATURATED);
	}
}

/* A function on a page of its own, called in one mode after the other: a + a. */
static void called_in_all_modes(void)
{
	static const struct {
		u64 a, fpcr, result;
	} calls[] = {
	    {TINY, ROUND_NEAREST, 2 * TINY},
	    {TINY, FLUSH, 0},
	    {PAYLOAD, ROUND_NEAREST, PAYLOAD},
	    {PAYLOAD, DEFAULT_NAN, QUIET},
	    {LARGEST, ROUND_ZERO, LARGEST},
	    {LARGEST, ROUND_UP, INFINITY_},
	};
	static const u32 twice[] = {
	    0x9e670001, /* fmov d1, x0 */
	    0x1e612820, /* fadd d0, d1, d1 */
	    0x9e660000, /* fmov x0, d0 */
	    INSN_RET,
	};
	u32 *f = code_copy(twice, twice + COUNT(twice));
	for (unsigned n = 0; n < 600; n++) {
		WRITE_REGISTER(fpcr, calls[n % COUNT(calls)].fpcr);
		CHECK(call((u64)f, calls[n % COUNT(calls)].a, 0), calls[n % COUNT(calls)].result);
	}
	WRITE_REGISTER(fpcr, 0);
}

/* --- FP switched off: all registers go away and come back with the first use --- */

static struct {
	u64 v[64];
	u64 fpcr, fpsr;
} kept __attribute__((aligned(16)));
static bool away;
static u64 restored, taken_away;

#define EACH_PAIR(op)                                                               \
	op " q0, q1, [%0]\n" op " q2, q3, [%0, #32]\n" op " q4, q5, [%0, #64]\n" op \
	   " q6, q7, [%0, #96]\n"

static void set_fp(u64 fpen)
{
	WRITE_REGISTER(cpacr_el1, fpen << 20);
	ISB();
}

#define FP_TRAPPED     0
#define FP_TRAPPED_EL0 1
#define FP_ON          3

static void take_fp_away(struct frame *f)
{
	bool el0 = f->vector >= 8;
	timer_again(10 + random_next() % 20);
	if (away)
		return;
	__asm__ volatile(EACH_PAIR("stp") : : "r"(&kept) : "memory");
	kept.fpcr = READ_REGISTER(fpcr);
	kept.fpsr = READ_REGISTER(fpsr);
	__asm__ volatile(
	    "movi v0.16b, #1\n\tmovi v1.16b, #2\n\tmovi v2.16b, #3\n\tmovi v3.16b, #4\n"
	    "movi v4.16b, #5\n\tmovi v5.16b, #6\n\tmovi v6.16b, #7\n\tmovi v7.16b, #8");
	WRITE_REGISTER(fpsr, INVALID | SATURATED);
	if (taken_away & 1)
		WRITE_REGISTER(fpcr, ROUND_UP);
	set_fp(el0 ? FP_TRAPPED_EL0 : FP_TRAPPED);
	away = true;
	taken_away++;
}

static void give_fp_back(struct frame *f)
{
	CHECK(EXCEPTION_CLASS(f), EC_FP_ACCESS);
	CHECK(f->esr & 0x1ffffff, 0x1e00000);
	set_fp(FP_ON);
	WRITE_REGISTER(fpcr, kept.fpcr);
	WRITE_REGISTER(fpsr, kept.fpsr);
	__asm__ volatile(EACH_PAIR("ldp") : : "r"(&kept) : "memory");
	away = false;
	restored++;
}

static void lazy(bool el0)
{
	static struct mixed model;
	struct mixed *m = pages_new(1);
	u32 *code = mixed_copy(el0 ? INSN_SVC0 : INSN_RET);
	mixed_model(&model, 1000);
	mixed_start(m);
	map(CODE, code, el0 ? EL0_CODE : PAGE_NORMAL);
	map(DATA, m, el0 ? EL0_DATA : PAGE_NORMAL);
	restored = taken_away = 0;
	on_exception = give_fp_back;
	timer_start(take_fp_away, 10);
	if (el0) {
		CHECK(call_el0((void *)(u64)CODE, 1000, DATA), 1000);
	} else {
		INTERRUPTS_ON();
		CHECK(call(CODE, 1000, DATA), 1000);
		INTERRUPTS_OFF();
	}
	timer_stop();
	on_exception = NULL;
	away = false;
	set_fp(FP_ON);
	CHECK(mixed_same(m, &model), true);
	CHECK(restored > 100 && restored + 1 >= taken_away, true);
	say_number("restored", restored);
	remap(CODE, 0);
	remap(DATA, 0);
}

int main(void)
{
	modes_and_flags();
	accumulated();
	called_in_all_modes();
	WRITE_REGISTER(fpsr, 0);
	lazy(false);
	lazy(true);
	return 0;
}
