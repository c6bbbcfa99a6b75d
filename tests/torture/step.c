/* Debug exceptions in a loop that runs translated otherwise: software step of all of it or of
 * stretches that the timer chooses, breakpoints and watchpoints with the step a debugger passes
 * them by. */
#include "mixed.h"

#define CODE     0x80400000u
#define DATA     0x80000000u
#define EL0_DATA (PAGE_NORMAL | PAGE_EL0 | PAGE_NG | PAGE_UXN | PAGE_PXN)
#define EL0_CODE (PAGE_NORMAL | PAGE_EL0 | PAGE_READ_ONLY | PAGE_PXN)

#define MDSCR_SS  (1u << 0)
#define MDSCR_KDE (1u << 13)
#define MDSCR_MDE (1u << 15)
#define SPSR_SS   (UINT64_C(1) << 21)
#define SPSR_D    (UINT64_C(1) << 9)

static u64 code_at, steps, last_pc, wrong_order;

/* --- The order of a loop's instructions --- */

static s64 field(u32 word, unsigned low, unsigned bits)
{
	return (s64)((u64)word << (64 - low - bits)) >> (64 - bits);
}

static bool follows(u64 from, u64 to)
{
	u32 word = *(const u32 *)from;
	if (to == from + 4)
		return true;
	if (word >> 24 == 0x54) /* b.cond */
		return to == from + 4 * (u64)field(word, 5, 19);
	if (word >> 24 == 0x36 || word >> 24 == 0xb6) /* tbz */
		return to == from + 4 * (u64)field(word, 5, 14);
	return false;
}

/* `mirror` is where the code can be read. */
static void note_step(const struct frame *f, u64 mirror)
{
	u64 pc = f->elr - code_at + mirror;
	wrong_order += last_pc && !follows(last_pc, pc);
	last_pc = pc;
	steps++;
}

/* --- A run of the loop at either level --- */

struct run {
	bool el0;
	u32 *code;
	struct mixed *data;
	u64 level; /* of breakpoints: PMC or PAC */
};

static struct run el0_run, el1_run;
static const struct run *run;

static void use(const struct run *r)
{
	run = r;
	code_at = r->el0 ? CODE : (u64)r->code;
	steps = last_pc = wrong_order = 0;
	mixed_start(r->data);
}

static u64 go(u64 rounds)
{
	u64 count;
	if (run->el0)
		return call_el0((void *)(u64)CODE, rounds, DATA);
	__asm__ volatile("msr daifclr, #10" : : : "memory");
	count = call((u64)run->code, rounds, (u64)run->data);
	__asm__ volatile("msr daifset, #10" : : : "memory");
	return count;
}

static void prepare(void)
{
	el1_run = (struct run){false, mixed_copy(INSN_RET), pages_new(1), 1};
	el0_run = (struct run){true, mixed_copy(INSN_SVC0), pages_new(1), 2};
	map(CODE, el0_run.code, EL0_CODE);
	map(DATA, el0_run.data, EL0_DATA);
	WRITE_REGISTER(oslar_el1, 0);
	ISB();
}

static void set_debug(u64 mdscr)
{
	WRITE_REGISTER(mdscr_el1, mdscr);
	ISB();
}

static void check_result(u64 rounds)
{
	static struct mixed model;
	mixed_model(&model, rounds);
	CHECK(mixed_same(run->data, &model), true);
	CHECK(wrong_order, 0);
}

static void expect_step(const struct frame *f)
{
	CHECK(EXCEPTION_CLASS(f), run->el0 ? EC_STEP_EL0 : EC_STEP);
	CHECK(FAULT_STATUS(f), 0x22);
}

/* --- All of it --- */

static void step_on(struct frame *f)
{
	if (EXCEPTION_CLASS(f) == EC_SVC) { /* EL1's: stepping begins and ends at svc */
		bool begin = (f->esr & 0xffff) == 1;
		set_debug(begin ? MDSCR_SS | MDSCR_KDE : 0);
		f->spsr = begin ? (f->spsr & ~SPSR_D) | SPSR_SS : f->spsr | SPSR_D;
		return;
	}
	expect_step(f);
	note_step(f, (u64)run->code);
	f->spsr |= SPSR_SS;
}

static void all_stepped_at_el0(void)
{
	use(&el0_run);
	on_exception = step_on;
	set_debug(MDSCR_SS);
	CHECK(go(200), 200);
	set_debug(0);
	on_exception = NULL;
	check_result(200);
	CHECK(steps > 200u * (u64)(mixed_loop_end - mixed_loop - 6), true);
	say_number("steps", steps);
}

/* With SVC before and behind the call, so its own instructions are stepped as well. */
static void all_stepped_at_el1(void)
{
	u64 count;
	use(&el1_run);
	on_exception = step_on;
	__asm__ volatile("	mov	x0, %[rounds]\n"
			 "	mov	x1, %[data]\n"
			 "	svc	#1\n"
			 "	blr	%[code]\n"
			 "	svc	#2\n"
			 "	mov	%[count], x0"
			 : [count] "=r"(count)
			 : [rounds] "r"(UINT64_C(200)), [data] "r"(run->data), [code] "r"(run->code)
			 : "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11",
			 "x12", "x30", "cc", "memory");
	on_exception = NULL;
	CHECK(count, 200);
	CHECK(wrong_order, 1); /* the return */
	wrong_order = 0;
	check_result(200);
	say_number("steps", steps);
}

/* --- Stretches --- */

static u64 stretches, left;

static void begin_stretch(struct frame *f)
{
	stretches++;
	left = 1 + random_next() % 60;
	last_pc = 0;
	set_debug(MDSCR_SS | MDSCR_KDE);
	f->spsr |= SPSR_SS;
}

static void step_in_stretch(struct frame *f)
{
	expect_step(f);
	note_step(f, (u64)run->code);
	if (left--) {
		f->spsr |= SPSR_SS;
		return;
	}
	set_debug(0);
	timer_again(8 + random_next() % 16);
}

static void some_stepped(const struct run *r)
{
	use(r);
	stretches = 0;
	on_exception = step_in_stretch;
	timer_start(begin_stretch, 20);
	CHECK(go(2000), 2000);
	timer_stop();
	set_debug(0);
	on_exception = NULL;
	check_result(2000);
	CHECK(stretches > 100, true);
	say_number("stretches", stretches);
	say_number("steps", steps);
}

/* --- Breakpoints and watchpoints --- */

#define CONTROL_ON    1u
#define BREAK_WHOLE   (0xfu << 5)
#define WATCH_LOADS   (1u << 3)
#define WATCH_STORES  (2u << 3)
#define WATCH_BYTES   (0xffu << 5)
#define WHILE_ARMED   (MDSCR_MDE | MDSCR_KDE)
#define WHILE_PASSING (MDSCR_SS | MDSCR_KDE)

static u64 hits, expected_pc, expected_far;

static void hit_and_pass(struct frame *f)
{
	unsigned class = EXCEPTION_CLASS(f) & ~1u; /* from EL1 it is one more */
	if (class == (EC_STEP_EL0 & ~1u)) {
		set_debug(WHILE_ARMED);
		return;
	}
	if (expected_far) {
		CHECK(class, EC_WATCHPOINT & ~1u);
		CHECK(f->far - expected_far < 16, true);
	} else {
		CHECK(class, 0x30);
		CHECK(f->elr, expected_pc);
	}
	hits++;
	set_debug(WHILE_PASSING);
	f->spsr |= SPSR_SS;
}

/* Armed for all of it, or by the timer in the middle for a number of hits. */
static void hit_then_disarm(struct frame *f)
{
	hit_and_pass(f);
	if ((EXCEPTION_CLASS(f) & ~1u) == (EC_STEP_EL0 & ~1u) && !--left) {
		set_debug(0);
		timer_again(20 + random_next() % 50);
	}
}

static void arm(struct frame *f)
{
	stretches++;
	left = 1 + random_next() % 5;
	set_debug(WHILE_ARMED);
}

static void with_points_armed(const struct run *r, u64 hits_a_round)
{
	use(r);
	hits = 0;
	on_exception = hit_and_pass;
	set_debug(WHILE_ARMED);
	CHECK(go(100), 100);
	set_debug(0);
	check_result(100);
	CHECK(hits, 100 * hits_a_round);

	use(r);
	hits = stretches = 0;
	on_exception = hit_then_disarm;
	timer_start(arm, 40);
	CHECK(go(2000), 2000);
	timer_stop();
	set_debug(0);
	check_result(2000);
	CHECK(stretches > 50, true);
	say_number("hits", hits);
	on_exception = NULL;
}

static void breakpoint(const struct run *r, s64 index)
{
	u64 pc = (r->el0 ? CODE : (u64)r->code) + (u64)index * 4;
	expected_pc = pc;
	expected_far = 0;
	WRITE_REGISTER(dbgbvr0_el1, pc);
	WRITE_REGISTER(dbgbcr0_el1, CONTROL_ON | r->level << 1 | BREAK_WHOLE);
	ISB();
	with_points_armed(r, 1);
	WRITE_REGISTER(dbgbcr0_el1, 0);
}

static void watchpoint(const struct run *r, u64 offset, u64 what, u64 hits_a_round)
{
	expected_far = (r->el0 ? DATA : (u64)r->data) + offset;
	WRITE_REGISTER(dbgwvr0_el1, expected_far);
	WRITE_REGISTER(dbgwcr0_el1, CONTROL_ON | r->level << 1 | what | WATCH_BYTES);
	expected_far &= ~UINT64_C(15); /* a pair's or vector's address lies below */
	ISB();
	with_points_armed(r, hits_a_round);
	WRITE_REGISTER(dbgwcr0_el1, 0);
}

static void points(const struct run *r)
{
	breakpoint(r, mixed_loop - mixed);
	breakpoint(r, mixed_loop_end - mixed - 1);
	watchpoint(r, offsetof(struct mixed, rounds), WATCH_LOADS, 1);
	watchpoint(r, offsetof(struct mixed, rounds), WATCH_STORES, 1);
	watchpoint(r, offsetof(struct mixed, rounds), WATCH_LOADS | WATCH_STORES, 2);
	watchpoint(r, offsetof(struct mixed, stored[1]), WATCH_STORES, 1);
	watchpoint(r, offsetof(struct mixed, stored[0]), WATCH_LOADS, 1);
	watchpoint(r, offsetof(struct mixed, vector[1]), WATCH_STORES, 1);
}

int main(void)
{
	prepare();
	all_stepped_at_el0();
	all_stepped_at_el1();
	some_stepped(&el0_run);
	some_stepped(&el1_run);
	points(&el0_run);
	points(&el1_run);
	return 0;
}
