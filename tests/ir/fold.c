/* What the builder folds, forwards and drops; folded constants agree with the evaluator. */
#include <criterion/criterion.h>
#include <stddef.h>

#include "jit/eval.h"

static struct ir_block b;

static ir_ref unknown(void)
{
	return ir_get(&b, IR_I64, 8);
}

static void begin(void)
{
	ir_begin(&b, 0x1000, 0);
	b.guest_count = 1;
}

static void expect_const(ir_ref v, uint64_t expected)
{
	uint64_t value;
	cr_expect(ir_is_const(&b, v, &value));
	cr_expect_eq(value, expected, "%#llx instead of %#llx", (unsigned long long)value,
	    (unsigned long long)expected);
}

Test(ir_fold, constants)
{
	begin();
	ir_ref a = ir_const(&b, 0xfffffffffffffff0), c = ir_const(&b, 0x21);
	expect_const(ir_binary(&b, IR_ADD, IR_I64, a, c), 0x11);
	expect_const(ir_binary(&b, IR_SUB, IR_I32, c, a), 0x31);
	expect_const(ir_binary(&b, IR_MUL, IR_I32, a, c), 0xfffffdf0);
	expect_const(ir_binary(&b, IR_AND, IR_I32, a, a), 0xfffffff0);
	expect_const(ir_binary(&b, IR_SHL, IR_I64, a, c), 0xffffffe000000000);
	expect_const(ir_binary(&b, IR_SHL, IR_I32, a, c), 0xffffffe0); /* by 1 */
	expect_const(ir_binary(&b, IR_SHR, IR_I32, a, c), 0x7ffffff8);
	expect_const(ir_unary(&b, IR_SEXT8, IR_I64, a), 0xfffffffffffffff0);
	expect_const(ir_unary(&b, IR_SEXT16, IR_I32, a), 0xfffffff0);
	expect_const(ir_unary(&b, IR_ZEXT16, IR_I64, a), 0xfff0);
	expect_const(ir_unary(&b, IR_NOT, IR_I32, c), 0xffffffde);
	expect_const(ir_unary(&b, IR_NEG, IR_I64, c), (uint64_t)-0x21);
}

struct guest {
	int64_t budget;
	uint64_t slot[4], pc, site, reason;
};

static const struct jit_guest described = {
    .budget = offsetof(struct guest, budget),
    .pc = offsetof(struct guest, pc),
    .site = offsetof(struct guest, site),
    .reason = offsetof(struct guest, reason),
};

/* slot[2] = the operation on slots 0 and 1, evaluated. */
static uint64_t evaluated(enum ir_op op, enum ir_type type, uint64_t x, uint64_t y)
{
	struct guest g = {.budget = 10, .slot = {x, y}};
	begin();
	ir_ref a = ir_get(&b, IR_I64, offsetof(struct guest, slot[0]));
	ir_ref c = ir_get(&b, IR_I64, offsetof(struct guest, slot[1]));
	ir_set(&b, offsetof(struct guest, slot[2]), ir_append(&b, op, type, a, c, 0, 0, 0));
	ir_jump(&b, 0x2000);
	ir_finish(&b);
	struct eval *e = eval_new(&described);
	cr_assert(e && eval_run(e, &b, &g));
	eval_free(e);
	return g.slot[2];
}

Test(ir_fold, as_evaluated)
{
	static const uint64_t values[] = {0, 1, 31, 32, 33, 63, 64, 0x80, 0x8000, 0x80000000,
	    0xffffffff, 0x123456789abcdef0, INT64_MAX, (uint64_t)INT64_MIN, UINT64_MAX};
	enum { COUNT = sizeof values / sizeof *values };
	unsigned folded = 0;
	for (unsigned k = 0; k < COUNT * COUNT * 2 * (IR_BSWAP - IR_ADD + 1); k++) {
		enum ir_op op = IR_ADD + k / (COUNT * COUNT * 2);
		enum ir_type type = k / (COUNT * COUNT) & 1 ? IR_I64 : IR_I32;
		uint64_t x = values[k / COUNT % COUNT], y = values[k % COUNT], value;
		if (op == IR_EXTR)
			continue;
		begin();
		ir_ref a = ir_const(&b, x);
		ir_ref v = ir_ops[op].args == 1 ? ir_unary(&b, op, type, a)
						: ir_binary(&b, op, type, a, ir_const(&b, y));
		if (!ir_is_const(&b, v, &value))
			continue;
		uint64_t expected = evaluated(op, type, x, y);
		cr_expect_eq(value, expected, "%s %#llx, %#llx", ir_ops[op].name,
		    (unsigned long long)x, (unsigned long long)y);
		folded++;
	}
	cr_assert(folded > 16 * 2 * COUNT, "%u", folded);
}

Test(ir_fold, neutral_constants)
{
	begin();
	ir_ref x = unknown(), zero = ir_const(&b, 0), ones = ir_const(&b, UINT64_MAX);
	cr_expect_eq(ir_binary(&b, IR_ADD, IR_I64, x, zero), x);
	cr_expect_eq(ir_binary(&b, IR_OR, IR_I64, zero, x), x);
	cr_expect_eq(ir_binary(&b, IR_AND, IR_I64, ones, x), x);
	cr_expect_eq(ir_binary(&b, IR_SAR, IR_I64, x, zero), x);
	cr_expect_eq(ir_binary(&b, IR_MUL, IR_I64, ir_const(&b, 1), x), x);
	/* 32-bit operations cut their operand. */
	cr_expect_neq(ir_binary(&b, IR_ADD, IR_I32, x, zero), x);
	cr_expect_neq(ir_binary(&b, IR_SUB, IR_I64, zero, x), x);
}

Test(ir_fold, extensions)
{
	begin();
	ir_ref x = unknown(), w = ir_binary(&b, IR_ADD, IR_I32, x, x);
	ir_ref byte = ir_load(&b, IR_I64, 0, x, 0);
	ir_ref low = ir_binary(&b, IR_AND, IR_I64, x, ir_const(&b, 0xff));
	cr_expect_eq(b.insn[low].op, IR_ZEXT8);
	cr_expect_eq(ir_unary(&b, IR_ZEXT32, IR_I64, w), w);
	cr_expect_eq(ir_unary(&b, IR_ZEXT8, IR_I64, byte), byte);
	cr_expect_eq(ir_unary(&b, IR_ZEXT16, IR_I32, low), low);
	cr_expect_eq(ir_binary(&b, IR_ADD, IR_I32, w, ir_const(&b, 0)), w);
	cr_expect_neq(ir_unary(&b, IR_ZEXT32, IR_I64, x), x);
	cr_expect_neq(ir_unary(&b, IR_ZEXT8, IR_I64, w), w);
	cr_expect_neq(ir_unary(&b, IR_SEXT32, IR_I64, w), w);
	ir_ref sign = ir_load(&b, IR_I64, 0 | IR_MEM_SIGNED, x, 0);
	cr_expect_neq(ir_unary(&b, IR_ZEXT8, IR_I64, sign), sign);
}

Test(ir_fold, shifted_addends)
{
	begin();
	ir_ref x = unknown(), y = ir_binary(&b, IR_SHL, IR_I64, x, ir_const(&b, 3));
	ir_ref four = ir_binary(&b, IR_SHL, IR_I64, x, ir_const(&b, 4));
	ir_ref sum = ir_binary(&b, IR_ADD, IR_I64, y, four);
	cr_expect_eq(b.insn[sum].a, four);
	cr_expect_eq(b.insn[sum].b, x);
	cr_expect_eq(b.insn[sum].imm, 3);
	cr_expect_eq(b.insn[ir_binary(&b, IR_ADD, IR_I32, x, y)].b, y, "of another width");
	cr_expect_eq(b.insn[ir_binary(&b, IR_ADD, IR_I64, x, four)].b, four);
}

Test(ir_fold, constants_go_right)
{
	begin();
	ir_ref x = unknown(), five = ir_const(&b, 5);
	ir_ref sum = ir_binary(&b, IR_ADD, IR_I64, five, x);
	cr_expect_eq(b.insn[sum].a, x);
	cr_expect_eq(b.insn[sum].b, five);
	ir_ref difference = ir_binary(&b, IR_SUB, IR_I64, five, x);
	cr_expect_eq(b.insn[difference].a, five);
}

Test(ir_fold, slots_are_forwarded)
{
	begin();
	ir_ref x = ir_get(&b, IR_I64, 8), y = ir_get(&b, IR_I64, 16);
	cr_expect_eq(ir_get(&b, IR_I64, 8), x);
	ir_set(&b, 8, y);
	cr_expect_eq(ir_get(&b, IR_I64, 8), y);
	unsigned count = b.count;
	ir_set(&b, 8, y);
	cr_expect_eq(b.count, count, "the slot holds it already");
	cr_expect_eq(ir_get_flags(&b), ir_get_flags(&b));
	ir_call(&b, 0x1000);
	cr_expect_neq(ir_get(&b, IR_I64, 8), y);
}

static unsigned op_after_finish(ir_ref v)
{
	return b.insn[v].op;
}

Test(ir_dead, unused_values)
{
	begin();
	ir_ref x = unknown();
	ir_ref dead = ir_unary(&b, IR_NOT, IR_I64, ir_unary(&b, IR_NEG, IR_I64, x));
	ir_ref live = ir_unary(&b, IR_BSWAP, IR_I64, x);
	ir_set(&b, 16, live);
	ir_ref load = ir_load(&b, IR_I64, 3, x, 0);
	ir_jump(&b, 0x1004);
	ir_finish(&b);
	cr_expect_eq(op_after_finish(dead), IR_CONST);
	cr_expect_eq(op_after_finish((ir_ref)(dead - 1)), IR_CONST);
	cr_expect_eq(op_after_finish(live), IR_BSWAP);
	cr_expect_eq(op_after_finish(load), IR_LOAD, "it may fault");
	cr_expect_eq(b.insn[x].uses, 2);
	cr_expect_eq(b.insn[live].uses, 1);
}

Test(ir_dead, overwritten_slots)
{
	begin();
	ir_ref x = unknown(), y = ir_get(&b, IR_I64, 16);
	ir_ref set[4];
	for (unsigned k = 0; k < 4; k++) {
		ir_set(&b, 24, k & 1 ? y : x);
		set[k] = (ir_ref)(b.count - 1);
		if (k == 1) /* the guest's registers must be complete here */
			ir_exit(&b, IR_EXIT_ZERO, IR_I64, x, 0, 0x2000);
	}
	ir_jump(&b, 0x1004);
	ir_finish(&b);
	static const uint8_t expected[4] = {IR_CONST, IR_SET, IR_CONST, IR_SET};
	for (unsigned k = 0; k < 4; k++)
		cr_expect_eq(op_after_finish(set[k]), expected[k], "number %u", k);
}

Test(ir_dead, overwritten_flags)
{
	begin();
	ir_ref x = unknown();
	ir_ref first = ir_append(&b, IR_ADDS, IR_I64, x, x, 0, 0, 0);
	ir_set_flags(&b, first);
	ir_ref second = ir_append(&b, IR_SUBS, IR_I64, x, x, 0, 0, 0);
	ir_set_flags(&b, second);
	ir_jump(&b, 0x1004);
	ir_finish(&b);
	cr_expect_eq(op_after_finish(first), IR_CONST);
	cr_expect_eq(op_after_finish(second), IR_SUBS);
}

/* --- Accesses that share a check --- */

static ir_ref access_at(ir_ref base, int64_t distance, bool write)
{
	ir_ref address = ir_binary(&b, IR_ADD, IR_I64, base, ir_const(&b, (uint64_t)distance));
	ir_ref host = ir_probe(&b, 3, write, address, 8);
	if (write)
		ir_store_host(&b, 3, host, 0, base);
	else
		ir_set(&b, 24, ir_load_host(&b, IR_I64, 3, host, 0));
	return host;
}

static unsigned count_of(enum ir_op op)
{
	unsigned count = 0;
	for (unsigned n = 1; n < b.count; n++)
		count += b.insn[n].op == op;
	return count;
}

Test(ir_coalesce, one_check_for_a_range)
{
	begin();
	ir_ref x = unknown(), first = access_at(x, 16, false);
	access_at(x, -8, false);
	access_at(x, 32, false);
	ir_coalesce(&b, true);
	cr_expect_eq(count_of(IR_PROBE), 1);
	cr_expect_eq(count_of(IR_LOAD_HOST), 3);
	cr_expect_eq(b.insn[first].info & 7, 6, "48 bytes, rounded up");
	cr_expect_eq(b.insn[first].imm, (uint64_t)-16 + 0, "from x + 0; the operand is x + 16");
	unsigned distance[3], k = 0;
	for (unsigned n = 1; n < b.count; n++) {
		if (b.insn[n].op != IR_LOAD_HOST)
			continue;
		cr_expect_eq(b.insn[n].a, first);
		distance[k++] = (unsigned)b.insn[n].imm;
	}
	cr_expect_eq(distance[0], 24);
	cr_expect_eq(distance[1], 0);
	cr_expect_eq(distance[2], 40);
}

Test(ir_coalesce, lone_accesses)
{
	begin();
	ir_ref x = unknown(), y = ir_get(&b, IR_I64, 16);
	ir_ref probe = access_at(x, 16, false);
	access_at(y, 16, true);
	access_at(x, 1000, false);
	ir_coalesce(&b, true);
	cr_expect_eq(count_of(IR_PROBE), 0);
	cr_expect_eq(count_of(IR_LOAD), 2);
	cr_expect_eq(count_of(IR_STORE), 1);
	cr_expect_eq(b.insn[probe + 1].op, IR_LOAD);
	cr_expect_eq(b.insn[probe + 1].imm, 8);
}

Test(ir_coalesce, a_write_that_is_sure_to_follow_widens_a_check_for_reading)
{
	begin();
	ir_ref x = unknown();
	ir_ref read = access_at(x, 0, false);
	access_at(x, 8, true);
	ir_coalesce(&b, true);
	cr_expect_eq(count_of(IR_LOAD) + count_of(IR_STORE), 0);
	cr_expect_eq(count_of(IR_PROBE), 1);
	cr_expect(b.insn[read].info & IR_MEM_WRITE);
}

Test(ir_coalesce, a_check_for_reading_covers_no_write_after_an_exit)
{
	begin();
	ir_ref x = unknown();
	access_at(x, 0, false);
	ir_exit(&b, IR_EXIT_ZERO, IR_I64, x, 0, 0x2000);
	ir_ref written = access_at(x, 8, true);
	access_at(x, 16, false);
	ir_coalesce(&b, true);
	cr_expect_eq(count_of(IR_LOAD), 1);
	cr_expect_eq(count_of(IR_PROBE), 1);
	cr_expect(b.insn[written].info & IR_MEM_WRITE);
	cr_expect_eq(b.insn[written].info & 7, 4);
}

Test(ir_fold, the_same_sum_is_computed_once)
{
	begin();
	ir_ref x = unknown(), y = ir_get(&b, IR_I64, 16);
	ir_ref shifted = ir_binary(&b, IR_SHL, IR_I64, y, ir_const(&b, 3));
	cr_expect_eq(ir_binary(&b, IR_ADD, IR_I64, x, y), ir_binary(&b, IR_ADD, IR_I64, x, y));
	cr_expect_eq(
	    ir_binary(&b, IR_ADD, IR_I64, x, shifted), ir_binary(&b, IR_ADD, IR_I64, x, shifted));
	cr_expect_neq(ir_binary(&b, IR_ADD, IR_I64, x, y), ir_binary(&b, IR_ADD, IR_I32, x, y));
	cr_expect_neq(
	    ir_binary(&b, IR_ADD, IR_I64, x, y), ir_binary(&b, IR_ADD, IR_I64, x, shifted));
}

Test(ir_coalesce, calls_end_it)
{
	begin();
	ir_ref x = unknown();
	access_at(x, 0, false);
	ir_call(&b, 0x1000);
	access_at(x, 8, false);
	ir_coalesce(&b, true);
	cr_expect_eq(count_of(IR_LOAD), 2);
}

Test(ir_coalesce, only_on_demand)
{
	begin();
	ir_ref x = unknown();
	access_at(x, 0, false);
	access_at(x, 8, false);
	ir_coalesce(&b, false);
	cr_expect_eq(count_of(IR_LOAD), 2);
}
