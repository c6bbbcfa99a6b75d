/* Blocks as text: what is printed reads back as the same block; nonsense is refused with a reason.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "jit/ir_text.h"

static char *print(const struct ir_block *b)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	cr_assert(f);
	ir_print(b, f);
	fclose(f);
	return text;
}

#define EVERYTHING                                         \
	"block pc 0xffff000040001000 context 2 guest 9\n"  \
	"v1 = CONST i64 #0xffffffffffffffff @0\n"          \
	"v2 = GET i64 #0x10 @0\n"                          \
	"v3 = CONST i64 @0\n"                              \
	"v4 = GET_FLAGS i32 @0\n"                          \
	"v5 = SUBS i32 v2, v1 @1\n"                        \
	"v6 = CCMP i32 v4, v5, #0xc1 @1\n"                 \
	"SET_FLAGS v6 @1\n"                                \
	"v8 = SELECT i64 v6, v1, v2, #0xd @2\n"            \
	"v9 = EXTR i32 v8, v2, #0x1f @2\n"                 \
	"v10 = LOAD i32 v2, #0xffffffffffffff00 /0x9 @3\n" \
	"STORE v2, v10, #0x7fffffff /0x2 @4\n"             \
	"v12 = PROBE i64 v2 /0x14 @5\n"                    \
	"v13 = LOAD_HOST i64 v12, #0x8 /0x3 @5\n"          \
	"STORE_HOST v12, v13 @5\n"                         \
	"SET v13, #0x18 @5\n"                              \
	"REFUSE i64 v2, #0xf @6\n"                         \
	"EXIT_COND v6, #0x40001000 /0xe @6\n"              \
	"EXIT_ZERO i32 v9 @6\n"                            \
	"EXIT_BIT i64 v9, #0x4 /0x7f @6\n"                 \
	"CALL #0x40001020 @7\n"                            \
	"JUMP_TO v13 @8\n"

Test(ir_text, round_trip)
{
	static struct ir_block b;
	char why[120] = "";
	cr_assert(ir_read(&b, EVERYTHING, why, sizeof why), "%s", why);
	char *text = print(&b);
	cr_assert_str_eq(text, EVERYTHING);
	cr_assert_eq(b.pc, UINT64_C(0xffff000040001000));
	cr_assert_eq(b.context, 2);
	cr_assert_eq(b.guest_count, 9);
	cr_assert_eq(b.insn[10].op, IR_LOAD);
	cr_assert_eq(b.insn[10].type, IR_I32);
	cr_assert_eq(b.insn[10].info, 1 | IR_MEM_SIGNED);
	cr_assert_eq((int64_t)b.insn[10].imm, -256);
	cr_assert_eq(b.insn[10].at, 3);
	free(text);
}

#define VECTORS                                        \
	"block pc 0x1000 context 0 guest 2\n"          \
	"v1 = GET v128 #0x100 @0\n"                    \
	"v2 = CONST i64 #0x8080808080808080 @0\n"      \
	"v3 = VCONST v128 v2, #0x102030405060708 @0\n" \
	"v4 = SHUFFLE v128 v1, v3, v2, #0x1f1e00 @0\n" \
	"v5 = VADD v128 v4, v1 /0x3 @0\n"              \
	"v6 = VSEL v128 v5, v4, v3 @0\n"               \
	"v7 = VSAR v128 v6, #0x1f /0x2 @0\n"           \
	"v8 = EXTRACT i64 v7, #0xf @0\n"               \
	"v9 = INSERT v128 v7, v8, #0x1 /0x3 @0\n"      \
	"v10 = SPLAT v128 v8 /0x1 @0\n"                \
	"v11 = AESE v128 v9, v10 /0x1 @0\n"            \
	"v12 = VCLZ v128 v11 /0x2 @0\n"                \
	"v13 = VPERM v128 v12, v9 @0\n"                \
	"v14 = VSAD v128 v13, v9 /0x3 @0\n"            \
	"v15 = VPAIRSB v128 v14, v9 /0x1 @0\n"         \
	"v16 = VMULRS v128 v15, v9 /0x1 @0\n"          \
	"STICKY v16, #0x44 /0x1b @0\n"                 \
	"v18 = LOAD v128 v8, #0x10 /0x4 @1\n"          \
	"STORE v128 v8, v18 /0x4 @1\n"                 \
	"SET v128 v18, #0x100 @1\n"                    \
	"v21 = FCMP i32 v18, v16 /0x9 @1\n"            \
	"v22 = FCCMP i32 v1, v18, v21, #0xc4 @1\n"     \
	"SET_FLAGS v22 @1\n"                           \
	"JUMP #0x1008 @1\n"

Test(ir_text, vectors)
{
	static struct ir_block b;
	char why[120] = "";
	cr_assert(ir_read(&b, VECTORS, why, sizeof why), "%s", why);
	char *text = print(&b);
	cr_assert_str_eq(text, VECTORS);
	cr_assert(b.vectors);
	free(text);
}

Test(ir_text, every_field_of_a_built_block_survives)
{
	static struct ir_block b, c;
	char why[120] = "";
	ir_begin(&b, 0x1000, 1);
	b.guest_count = 2;
	ir_ref x = ir_get(&b, IR_I64, 8), y = ir_const(&b, 77);
	ir_ref sum = ir_append(&b, IR_ADDS, IR_I64, x, y, 0, 0, 0);
	ir_set_flags(&b, sum);
	b.at = 1;
	ir_store(&b, 2, x, -8, ir_select(&b, IR_I32, sum, 11, x, sum));
	ir_set(&b, 16, ir_load(&b, IR_I64, 2 | IR_MEM_SIGNED, sum, 4));
	ir_jump(&b, 0x1008);
	ir_finish(&b);
	char *text = print(&b);
	cr_assert(ir_read(&c, text, why, sizeof why), "%s", why);
	free(text);
	ir_finish(&c);
	cr_assert_eq(c.count, b.count);
	for (unsigned n = 1; n < b.count; n++)
		cr_assert_eq(
		    memcmp(&b.insn[n], &c.insn[n], sizeof b.insn[n]), 0, "operation %u", n);
}

Test(ir_text, comments_and_blank_lines)
{
	static struct ir_block b;
	char why[120] = "";
	cr_assert(
	    ir_read(&b, "; a block\n\n block pc 16 context 0 guest 1 ; of one\n\n\tJUMP #0x14 @0",
		why, sizeof why),
	    "%s", why);
	cr_assert_eq(b.pc, 16);
	cr_assert_eq(b.count, 2);
}

#define HEAD "block pc 0x1000 context 0 guest 2\n"
#define TAIL "JUMP #0x1008 @1\n"

static const struct {
	const char *text, *why;
} nonsense[] = {
    {"", "line 1: 'block' expected"},
    {"block", "line 1: 'pc' expected"},
    {"block pc", "line 1: pc: a number is missing"},
    {"block pc 0x10000000000000000 context 0 guest 1\n",
	"line 1: pc: more than 18446744073709551615"},
    {"block pc 0 context 9 guest 1\n", "line 1: context: more than 2"},
    {"block pc 0 context 0 guest 256\n", "line 1: guest: more than 255"},
    {HEAD, "line 2: the block does not end with JUMP, JUMP_TO or LEAVE"},
    {HEAD TAIL TAIL, "line 3: JUMP was the last operation"},
    {HEAD "FROB @0\n" TAIL, "line 2: unknown operation 'FROB'"},
    {HEAD "v1 = GET #0x10 @0\n" TAIL, "line 2: GET needs a type, as i64"},
    {HEAD "v1 = CONST v128 @0\n" TAIL, "line 2: CONST does not exist for v128"},
    {HEAD "v1 = CONST i64 @0\nv2 = VADD i64 v1, v1 @0\n" TAIL,
	"line 3: VADD does not exist for i64"},
    {HEAD "v1 = CONST i64 @0\nv2 = VADD v128 v1, v1 @0\n" TAIL,
	"line 3: VADD cannot have operands of these types"},
    {HEAD "v1 = GET v128 @0\nv2 = NOT i64 v1 @0\n" TAIL,
	"line 3: NOT cannot have operands of these types"},
    {HEAD "v1 = GET v128 @0\nSET v1, #0x10 @0\n" TAIL,
	"line 3: SET cannot have operands of these types"},
    {HEAD "v1 = GET i64 @0\nv2 = VCONST v128 v1 @0\n" TAIL,
	"line 3: VCONST cannot have operands of these types"},
    {HEAD "v1 = GET v128 @0\nv2 = CONST i64 @0\nv3 = SHUFFLE v128 v1, v1, v2, #0x20 @0\n" TAIL,
	"line 4: SHUFFLE cannot have #0x20"},
    {HEAD "v1 = GET v128 @0\nv2 = VSHL v128 v1, #0x20 /0x2 @0\n" TAIL,
	"line 3: VSHL cannot have #0x20"},
    {HEAD "v1 = GET v128 @0\nv2 = VCLZ v128 v1 @0\n" TAIL, "line 3: VCLZ cannot have /0x0"},
    {HEAD "v1 = GET v128 @0\nv2 = EXTRACT i64 v1, #0x2 /0x3 @0\n" TAIL,
	"line 3: EXTRACT cannot have #0x2"},
    {HEAD "v1 = GET v128 @0\nv2 = FADD v128 v1, v1 @0\n" TAIL,
	"line 3: FADD names addresses of the process that printed it"},
    {HEAD "v1 = GET i64 @0\nv2 = FCMP i32 v1, v1 @0\n" TAIL,
	"line 3: FCMP cannot have operands of these types"},
    {HEAD "v1 = GET v128 @0\nv2 = FCMP i32 v1, v1 /0x2 @0\n" TAIL, "line 3: FCMP cannot have /0x2"},
    {HEAD "v1 = GET v128 @0\nv2 = CONST i64 @0\nv3 = FCCMP i32 v1, v1, v2 @0\n" TAIL,
	"line 4: v2 carries no flags"},
    {HEAD "v1 = GET v128 @0\nv2 = GET_FLAGS i32 @0\nv3 = FCCMP i32 v1, v1, v2, #0x100 @0\n" TAIL,
	"line 4: FCCMP cannot have #0x100"},
    {HEAD "v1 = GET i64 #0x80000000 @0\n" TAIL, "line 2: GET cannot have #0x80000000"},
    {HEAD "v2 = GET i64 #0x10 @0\n" TAIL, "line 2: GET here is operation 1"},
    {HEAD "GET i64 #0x10 @0\n" TAIL, "line 2: GET here is operation 1"},
    {HEAD "v1 = NOT i64 v1 @0\n" TAIL, "line 2: v1 is no value of an operation above"},
    {HEAD "v1 = NOT i64 v0 @0\n" TAIL, "line 2: v0 is no value of an operation above"},
    {HEAD "v1 = NOT i64 v9999 @0\n" TAIL, "line 2: operand: more than 1023"},
    {HEAD "CALL @0\nSET v1, #0x10 @0\n" TAIL, "line 3: v1 is no value of an operation above"},
    {HEAD "v1 = CONST i64 @0\nv2 = ADD i64 v1 @0\n" TAIL, "line 3: ADD has 2 operands"},
    {HEAD "v1 = CONST i64 @0\nv2 = NOT i64 v1, v1 @0\n" TAIL, "line 3: NOT has 1 operands"},
    {HEAD "v1 = CONST i64 @0\nSET_FLAGS v1 @0\n" TAIL, "line 3: v1 carries no flags"},
    {HEAD "v1 = CONST i64 @0\nv2 = EXTR i32 v1, v1, #0x20 @0\n" TAIL,
	"line 3: EXTR cannot have #0x20"},
    {HEAD "v1 = CONST i64 @0\nv2 = LOAD i32 v1 /0x3 @0\n" TAIL,
	"line 3: LOAD of this type cannot have /0x3"},
    {HEAD "v1 = CONST i64 @2\n" TAIL, "line 2: @2: the block has 2 guest instructions"},
    {HEAD "v1 = CONST i64 @1\nv2 = CONST i64 @0\n" TAIL, "line 3: @0 after @1"},
    {HEAD "v1 = CONST i64\n" TAIL, "line 2: '@' and the guest instruction expected"},
    {HEAD "v1 = CONST i64 @0 x\n" TAIL, "line 2: more after the operation"},
    {HEAD "v1 = CONST i64 @0\nHELPER v1, v1, v1 @0\n" TAIL,
	"line 3: HELPER names addresses of the process that printed it"},
    {HEAD "v1 = CONST i64 #1z @0\n" TAIL, "line 2: #: not a number: 1z"},
};

Test(ir_text, nonsense_is_refused)
{
	static struct ir_block b;
	for (size_t k = 0; k < sizeof nonsense / sizeof *nonsense; k++) {
		char why[120] = "";
		cr_expect_not(ir_read(&b, nonsense[k].text, why, sizeof why), "accepted: %s",
		    nonsense[k].text);
		cr_expect_str_eq(
		    why, nonsense[k].why, "'%s' instead of '%s'", why, nonsense[k].why);
	}
}

Test(ir_text, too_many_operations)
{
	static struct ir_block b;
	static char text[IR_MAX_OPS * 24 + 100];
	char why[120] = "", *p = text;
	p += sprintf(p, "block pc 0 context 0 guest 1\n");
	for (unsigned n = 1; n <= IR_MAX_OPS; n++)
		p += sprintf(p, "v%u = CONST i64 @0\n", n < IR_MAX_OPS ? n : 1);
	cr_assert_not(ir_read(&b, text, why, sizeof why));
	cr_assert_str_eq(why, "line 1025: more than 1023 operations");
}

/* Every prefix of a good text is refused. */
Test(ir_text, cut_short)
{
	static struct ir_block b;
	char text[] = EVERYTHING, why[120];
	for (size_t n = strlen(text) - 1; n-- > 0;) {
		text[n] = 0;
		cr_expect_not(ir_read(&b, text, why, sizeof why));
	}
}
